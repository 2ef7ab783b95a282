package dev.corio.core;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What [LeakDetector] remembers of one buffer, stream or listener that it watches.
///
/// **Threading:** confined to its core.
final class Watch extends PhantomReference<Object> {
    /// Their frames are between the place and us, and the same for everybody.
    private static final Set<Class<?>> OURS =
            Set.of(
                    LeakDetector.class,
                    Watch.class,
                    IoBuffer.class,
                    BufferPool.class,
                    Descriptor.class);

    private static final int FRAMES_SHOWN = 3;
    private static final int FRAMES_OF_A_PLACE = 8;

    private final LeakDetector detector;
    private final String what;
    private final String task;
    private final Throwable beginning;
    private @Nullable String endingTask;
    private @Nullable Throwable ending;

    Watch(LeakDetector detector, Object holder, ReferenceQueue<Object> unreachable) {
        super(holder, unreachable);
        this.detector = detector;
        what = holder.toString();
        task = Thread.currentThread().getName();
        beginning = new Throwable("leased or opened here, by task " + task);
    }

    /// It was closed, as it should be.
    void end() {
        detector.ended(this);
    }

    /// As above, and remembers by whom.
    void endHere() {
        endingTask = Thread.currentThread().getName();
        ending = new Throwable("closed here, by task " + endingTask);
    }

    String what() {
        return what;
    }

    String task() {
        return task;
    }

    Throwable beginning() {
        return beginning;
    }

    /// Equal for what was leased by the same code.
    List<StackTraceElement> place() {
        return Arrays.stream(beginning.getStackTrace())
                .filter(Watch::isTheirs)
                .limit(FRAMES_OF_A_PLACE)
                .toList();
    }

    /// Why a closed buffer cannot be used.
    IllegalStateException refusal() {
        String text = "the buffer was closed (leased by task " + task + " at " + shown(beginning);
        if (ending != null) {
            text += ", closed by task " + endingTask + " at " + shown(ending);
        }
        return new IllegalStateException(
                text + "); lease another one", ending == null ? beginning : ending);
    }

    private static String shown(Throwable place) {
        return Arrays.stream(place.getStackTrace())
                .filter(Watch::isTheirs)
                .limit(FRAMES_SHOWN)
                .map(StackTraceElement::toString)
                .collect(Collectors.joining(" < "));
    }

    private static boolean isTheirs(StackTraceElement frame) {
        return OURS.stream().noneMatch(each -> each.getName().equals(frame.getClassName()));
    }
}
