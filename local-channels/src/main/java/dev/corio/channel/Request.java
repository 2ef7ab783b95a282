package dev.corio.channel;

import dev.corio.core.Core;
import dev.corio.core.Doorbell;
import dev.corio.core.Suspension;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/// A question to another core, which carries the place for its answer: no channel back is needed,
/// and nothing is looked up.
///
/// ```java
/// CrossCoreChannel<Request<String, Integer>> lengths = CrossCoreChannel.mpsc(other, 1024);
/// other.spawn("lengths", () -> {
///     Request<String, Integer> asked;
///     while ((asked = lengths.receive()) != null) {
///         asked.reply(asked.question().length());
///     }
/// });
/// Request<String, Integer> request = new Request<>();
/// int length = request.ask(lengths, "hello"); // suspends this task, and can be asked again
/// ```
///
/// Whoever receives a request answers it once, later and from elsewhere if it likes. It is waited
/// for until the asking task is interrupted, or the core that it was sent to has ended: where an
/// answer may be forgotten, ask within a [dev.corio.core.Deadline].
///
/// **Threading:** `ask` is confined to the core that made the request; the rest is for the one that
/// received it, on any thread.
///
/// @param <Q> the question
/// @param <R> the answer
public final class Request<Q, R> {
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Request.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final int IDLE = 0;
    private static final int ASKED = 1;
    private static final int ANSWERING = 2;
    private static final int ANSWERED = 3;
    private static final int ABANDONED = 4;

    private final Core core;
    private final Suspension suspension;
    private final Doorbell answered;

    /// Where it is told that there will be no answer.
    private final Waiter place;

    @SuppressWarnings("unused") // through STATE
    private volatile int state = IDLE;

    private @Nullable Q question;
    private @Nullable R answer;
    private @Nullable Throwable failure;

    /// A request of the calling core, to be asked by one task at a time, as often as it likes.
    public Request() {
        this(Core.current());
    }

    Request(Core core) {
        this.core = core;
        suspension = new Suspension(core, "the answer to a Request");
        place = new Waiter(suspension);
        answered =
                new Doorbell(core) {
                    @Override
                    protected void rung() {
                        suspension.resume();
                    }
                };
    }

    /// Sends a question, and suspends the calling task until it is answered.
    ///
    /// @throws ExecutionException with what the other side failed with as its cause
    /// @throws ClosedException with this request, when the channel is closed; without it, when the
    ///   question was sent and the receiving core has ended: then the request is abandoned
    /// @throws InterruptedException when the task is interrupted first. If the question was sent by
    ///   then, the request is abandoned: it cannot be asked again, for it may still be answered.
    /// @throws IllegalStateException when it is being asked already, or was abandoned
    public R ask(CrossCoreChannel<Request<Q, R>> channel, Q question)
            throws InterruptedException, ExecutionException {
        assert core.isCurrent() : "Request asked off its core; make one where it is asked";
        core.checkTask();
        begin(question);
        boolean sent = false;
        try {
            channel.send(this);
            sent = true;
        } finally {
            if (!sent) {
                STATE.setRelease(this, IDLE);
            }
        }
        awaitAnswer(channel);
        return outcome();
    }

    /// What was asked.
    public Q question() {
        Q asked = question;
        if (asked == null) {
            throw new IllegalStateException(this + " has not been asked");
        }
        return asked;
    }

    /// Answers.
    ///
    /// @return false when nobody waits for it any more
    /// @throws IllegalStateException when it was answered before
    public boolean reply(R answer) {
        if (!beginAnswer()) {
            return false;
        }
        this.answer = answer;
        endAnswer();
        return true;
    }

    /// Answers with a failure.
    ///
    /// @return false when nobody waits for it any more
    /// @throws IllegalStateException when it was answered before
    public boolean fail(Throwable failure) {
        if (!beginAnswer()) {
            return false;
        }
        this.failure = failure;
        endAnswer();
        return true;
    }

    /// Whether nobody waits for the answer any more, so that it need not be made.
    public boolean isAbandoned() {
        return (int) STATE.getAcquire(this) == ABANDONED;
    }

    @Override
    public String toString() {
        return "Request from " + core;
    }

    void begin(Q question) {
        if (!STATE.compareAndSet(this, IDLE, ASKED)) {
            throw new IllegalStateException(this + " cannot be asked now; make another");
        }
        this.question = question;
    }

    /// Gives the answer up. False when it came first, or is just being written down.
    boolean abandon() {
        return STATE.compareAndSet(this, ASKED, ABANDONED);
    }

    boolean isAnswered() {
        // Partner: the write in endAnswer.
        return (int) STATE.getAcquire(this) == ANSWERED;
    }

    @SuppressWarnings("NullAway") // answered without a failure
    R outcome() throws ExecutionException {
        R given = answer;
        Throwable failed = failure;
        question = null;
        answer = null;
        failure = null;
        STATE.setRelease(this, IDLE);
        if (failed != null) {
            throw new ExecutionException(this + " failed: " + failed, failed);
        }
        return given;
    }

    private boolean beginAnswer() {
        int found = (int) STATE.compareAndExchange(this, ASKED, ANSWERING);
        if (found != ASKED && found != ABANDONED) {
            throw new IllegalStateException(this + " has no question open; answer it once");
        }
        return found == ASKED;
    }

    private void endAnswer() {
        // Partner: the look in isAnswered, which the answer then comes before.
        STATE.setRelease(this, ANSWERED);
        answered.ring();
    }

    private void awaitAnswer(CrossCoreChannel<Request<Q, R>> channel) throws InterruptedException {
        SenderSide<?> side = channel.room().sideOf(core);
        side.enlistAsker(place);
        try {
            while (!isAnswered()) {
                if (place.closed) {
                    throw new ClosedException(this + " gets no answer: " + channel);
                }
                answered.listen();
                if (!isAnswered()) {
                    suspension.await();
                }
            }
        } catch (Throwable e) {
            if (abandon()) {
                throw e;
            }
            while (!isAnswered()) {
                // The other side is two stores away from that.
                Thread.onSpinWait();
            }
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
        } finally {
            side.delistAsker(place);
            place.clear();
        }
    }
}
