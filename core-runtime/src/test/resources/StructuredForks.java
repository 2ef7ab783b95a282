import dev.corio.core.Core;
import dev.corio.core.CoreOptions;
import dev.corio.core.Cores;
import dev.corio.core.Deadline;
import dev.corio.core.DeadlineExceededException;
import dev.corio.core.DriverKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.StructuredTaskScope;
import java.util.concurrent.StructuredTaskScope.Joiner;

/// Forks of a StructuredTaskScope on a core: a preview of JDK 25, so run from its source.
class StructuredForks {
    public static void main(String[] arguments) throws Exception {
        var options = CoreOptions.defaults().driver(DriverKind.EPOLL).cpus(firstCpu()).pin(false);
        try (Cores cores = Cores.start(options)) {
            cores.core(0).spawn("scope", () -> {
                forksStay();
                failureCancelsSiblings();
                deadlineCancelsForks();
                return null;
            }).join();
        }
        System.out.println("ok");
    }

    private static void forksStay() throws Exception {
        Core core = Core.current();
        try (var scope = StructuredTaskScope.open(Joiner.<Core>allSuccessfulOrThrow())) {
            for (int i = 0; i < 20; i++) {
                scope.fork(() -> {
                    Core.sleep(Duration.ofMillis(1));
                    return Core.current();
                });
            }
            scope.join().forEach(fork -> {
                if (fork.get() != core) {
                    throw new AssertionError("a fork ran elsewhere");
                }
            });
        }
    }

    private static void failureCancelsSiblings() throws Exception {
        List<String> seen = new ArrayList<>();
        try (var scope = StructuredTaskScope.open(Joiner.<Object>allSuccessfulOrThrow())) {
            scope.fork(() -> {
                try {
                    Core.sleep(Duration.ofDays(1));
                } catch (InterruptedException e) {
                    seen.add("cancelled");
                }
                return null;
            });
            scope.fork(() -> {
                Core.sleep(Duration.ofMillis(5));
                throw new IllegalStateException("first");
            });
            scope.join();
            throw new AssertionError("the failure was lost");
        } catch (StructuredTaskScope.FailedException e) {
            if (!seen.equals(List.of("cancelled"))) {
                throw new AssertionError("the sibling was not cancelled: " + seen);
            }
        }
    }

    private static void deadlineCancelsForks() throws Exception {
        List<String> seen = new ArrayList<>();
        try {
            Deadline.within(Duration.ofMillis(5), () -> {
                try (var scope = StructuredTaskScope.open(Joiner.<Object>awaitAll())) {
                    for (int i = 0; i < 3; i++) {
                        scope.fork(() -> {
                            try {
                                Core.sleep(Duration.ofDays(1));
                            } catch (InterruptedException e) {
                                seen.add("cancelled");
                            }
                            return null;
                        });
                    }
                    scope.join();
                }
            });
            throw new AssertionError("the deadline was lost");
        } catch (DeadlineExceededException e) {
            if (!seen.equals(List.of("cancelled", "cancelled", "cancelled"))) {
                throw new AssertionError("forks were not cancelled: " + seen);
            }
        }
    }

    private static int firstCpu() throws Exception {
        return dev.corio.core.Cpus.read().allowed().getFirst();
    }
}
