package dev.corio.channel;

import dev.corio.core.Core;
import dev.corio.core.Operation;
import dev.corio.core.Suspension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Waits for several things and answers the first: items that come, items that find room,
/// operations that end, events, time.
///
/// ```java
/// Select select = Select.fair();
/// Case<String> line = select.receive(lines);
/// Case<Void> idle = select.after(Duration.ofSeconds(30));
/// while (true) {
///     Case<?> first = select.await();
///     if (first == idle) {
///         return; // nothing came for 30 s
///     }
///     String text = line.value(); // null when the channel was closed
///     if (text == null) {
///         return;
///     }
///     write(text);
/// }
/// ```
///
/// A select is set up once and awaited as often as like, by one task at a time; that allocates
/// nothing. Exactly one case has its outcome when `await` returns, the others have taken and given
/// nothing; for operations, which cannot always be called back, see [OperationCase].
///
/// When several are ready, a fair select answers each in its turn, one in order the case that was
/// added first.
///
/// **Threading:** confined to its core.
public final class Select {
    private final Core core = Core.current();
    private final Suspension suspension = new Suspension(core, "the first of several");
    private final List<Case<?>> cases = new ArrayList<>();
    private final List<OperationCase> operations = new ArrayList<>();
    private final boolean fair;
    private int firstIndex;
    private boolean waiting;
    private @Nullable Case<?> winner;

    private Select(boolean fair) {
        this.fair = fair;
    }

    /// A select of the calling core that starves no case.
    public static Select fair() {
        return new Select(true);
    }

    /// A select of the calling core that prefers the cases that were added first.
    public static Select inOrder() {
        return new Select(false);
    }

    /// Adds the next item of a source. A source that is closed and drained is always ready, with
    /// null; [#remove] it then.
    public <T> Case<@Nullable T> receive(Source<T> source) {
        return add(new ReceiveCase<>(this, source));
    }

    /// Adds room for an item in a channel.
    public <T> SendCase<T> send(LocalChannel<T> channel, T item) {
        return add(new SendCase<>(this, channel, item, channel::trySend, channel::enlistSender));
    }

    /// Adds room for an item in a channel to another core.
    public <T> SendCase<T> send(CrossCoreChannel<T> channel, T item) {
        return add(new SendCase<>(this, channel, item, channel::trySend, channel::enlistSender));
    }

    /// Adds the end of an operation, which each `await` submits anew.
    public OperationCase operation(Operation operation) {
        OperationCase added = add(new OperationCase(this, core, operation));
        operations.add(added);
        return added;
    }

    /// Adds a time that begins with each `await`.
    public Case<@Nullable Void> after(Duration delay) {
        return add(new TimerCase(this, core, delay));
    }

    /// Adds an event. One that is set is ready until it is reset.
    public Case<@Nullable Void> event(LocalEvent event) {
        return add(new EventCase(this, event));
    }

    /// Adds the cancelling of a token. One that is cancelled stays ready.
    public Case<@Nullable Void> cancellation(LocalCancellation token) {
        return add(new EventCase(this, token.event()));
    }

    /// Waits for this case no more.
    public void remove(Case<?> removed) {
        ensureIdle();
        cases.remove(removed);
        if (removed instanceof OperationCase operation) {
            operations.remove(operation);
        }
        firstIndex = 0;
    }

    /// Suspends the calling task until the first of the cases has its outcome, and answers that
    /// one.
    ///
    /// @throws InterruptedException when the task is interrupted first. Operations are cancelled
    ///   and their outcome awaited; one that was done in spite of that is answered, with the
    ///   interrupt left pending for the next wait.
    public Case<?> await() throws InterruptedException {
        assert core.isCurrent() : "Select used off its core; make it where it is awaited";
        ensureIdle();
        if (cases.isEmpty()) {
            throw new IllegalStateException("a select without cases would wait for ever");
        }
        WaitQueue.checkInterrupt("the first of several");
        Case<?> first = takeReady();
        return first == null ? awaitFirst() : first;
    }

    /// Answers the first of the cases that has its outcome without a wait.
    ///
    /// @return null when there is none. Operations and times are only begun by [#await]
    public @Nullable Case<?> tryAwait() {
        assert core.isCurrent() : "Select used off its core; make it where it is awaited";
        ensureIdle();
        return takeReady();
    }

    // ---- for the cases

    Waiter waiter(Case<?> selectCase) {
        return new Waiter(suspension, selectCase);
    }

    Suspension suspension() {
        return suspension;
    }

    /// A case has its outcome: no other may get one any more.
    void won(Case<?> selectCase) {
        assert winner == null : "two cases of one select were granted";
        winner = selectCase;
        withdrawAll();
    }

    void timedOut(TimerCase selectCase) {
        won(selectCase);
        suspension.resume();
    }

    // ---- the wait

    private <C extends Case<?>> C add(C added) {
        ensureIdle();
        cases.add(added);
        return added;
    }

    private void ensureIdle() {
        if (waiting) {
            throw new IllegalStateException("a task waits for this select; each needs its own");
        }
    }

    private @Nullable Case<?> takeReady() {
        Case<?> kept = takeKept();
        if (kept != null) {
            return kept;
        }
        for (int i = 0; i < cases.size(); i++) {
            Case<?> candidate = cases.get(index(i));
            if (candidate.take()) {
                return answered(candidate);
            }
        }
        return null;
    }

    private @Nullable Case<?> takeKept() {
        for (int i = 0; i < operations.size(); i++) {
            if (operations.get(i).take()) {
                return answered(operations.get(i));
            }
        }
        return null;
    }

    private Case<?> awaitFirst() throws InterruptedException {
        // Before anything is begun.
        core.checkTask();
        waiting = true;
        winner = null;
        Case<?> first;
        try {
            beginAll();
            while ((first = winner) == null) {
                suspension.await();
                if (winner == null) {
                    winner = endedOperation();
                }
            }
        } catch (InterruptedException e) {
            settle();
            first = takeKept();
            if (first == null) {
                throw e;
            }
            Thread.currentThread().interrupt();
        } finally {
            settle();
            waiting = false;
        }
        return answered(first);
    }

    private void beginAll() {
        for (int i = 0; i < cases.size() && winner == null; i++) {
            Case<?> begun = cases.get(index(i));
            if (begun.begin()) {
                winner = begun;
            }
        }
    }

    private @Nullable Case<?> endedOperation() {
        for (int i = 0; i < operations.size(); i++) {
            if (operations.get(i).hasEnded()) {
                return operations.get(i);
            }
        }
        return null;
    }

    private void withdrawAll() {
        for (int i = 0; i < cases.size(); i++) {
            cases.get(i).withdraw();
        }
    }

    /// Ends everything that was begun, and waits for the operations that the driver still has.
    private void settle() {
        withdrawAll();
        for (int i = 0; i < operations.size(); i++) {
            OperationCase operation = operations.get(i);
            while (operation.isInFlight()) {
                suspension.awaitCompletions();
            }
            operation.settled(operation == winner);
        }
    }

    private int index(int distance) {
        int index = firstIndex + distance;
        return index < cases.size() ? index : index - cases.size();
    }

    private Case<?> answered(Case<?> first) {
        if (fair) {
            int next = cases.indexOf(first) + 1;
            firstIndex = next == cases.size() ? 0 : next;
        }
        return first;
    }
}
