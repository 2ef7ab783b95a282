import dev.corio.channel.CrossCoreChannel;
import dev.corio.channel.LocalBarrier;
import dev.corio.channel.LocalBroadcast;
import dev.corio.channel.LocalCancellation;
import dev.corio.channel.LocalChannel;
import dev.corio.channel.LocalEvent;
import dev.corio.channel.LocalGate;
import dev.corio.channel.LocalMutex;
import dev.corio.channel.LocalOnce;
import dev.corio.channel.LocalOneshot;
import dev.corio.channel.LocalSemaphore;
import dev.corio.channel.LocalWatch;
import dev.corio.channel.Mesh;
import dev.corio.channel.Request;
import dev.corio.channel.Select;
import dev.corio.core.Core;
import dev.corio.core.CoreOptions;
import dev.corio.core.Cores;
import dev.corio.core.DriverKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.StructuredTaskScope;
import java.util.concurrent.StructuredTaskScope.Joiner;

/// A fork for each call that waits, and one that fails.
class StructuredWaits {
    public static void main(String[] arguments) throws Exception {
        var options = CoreOptions.defaults().driver(DriverKind.EPOLL);
        try (Cores cores = Cores.start(options)) {
            cores.core(0).spawn("scope", StructuredWaits::failureEndsAllWaits).join();
        }
        System.out.println("ok");
    }

    private static void failureEndsAllWaits() throws Exception {
        List<Callable<?>> waits = waits(Core.current());
        List<Integer> ended = new ArrayList<>();
        try (var scope = StructuredTaskScope.open(Joiner.<Object>allSuccessfulOrThrow())) {
            for (int i = 0; i < waits.size(); i++) {
                int index = i;
                scope.fork(() -> {
                    try {
                        return waits.get(index).call();
                    } catch (InterruptedException e) {
                        ended.add(index);
                        throw e;
                    }
                });
            }
            scope.fork(() -> {
                Core.sleep(Duration.ofMillis(20));
                throw new IllegalStateException("first");
            });
            scope.join();
            throw new AssertionError("the failure was lost");
        } catch (StructuredTaskScope.FailedException e) {
            if (ended.size() != waits.size()) {
                throw new AssertionError("ended " + ended + " of " + waits.size(), e);
            }
        }
    }

    private static List<Callable<?>> waits(Core core) throws Exception {
        LocalChannel<Integer> full = LocalChannel.bounded(1);
        full.send(0);
        CrossCoreChannel<Integer> fullAcross = CrossCoreChannel.mpsc(core, 2);
        fullAcross.send(0);
        fullAcross.send(0);
        CrossCoreChannel<Request<Integer, Integer>> questions = CrossCoreChannel.mpsc(core, 2);
        LocalMutex mutex = new LocalMutex();
        core.spawn("hold", () -> {
            mutex.lock();
            new LocalEvent().await();
        });
        LocalOnce<Integer> once = new LocalOnce<>();
        core.spawn("make", () -> once.get(() -> LocalChannel.<Integer>bounded(1).receive()));
        LocalGate gate = new LocalGate();
        gate.enter();
        Select select = Select.fair();
        select.receive(LocalChannel.bounded(1));
        Core.sleep(Duration.ofMillis(1));
        return List.of(
                () -> {
                    full.send(1);
                    return null;
                },
                full::reserve,
                LocalChannel.bounded(1)::receive,
                new LocalOneshot<>()::receive,
                new LocalBroadcast<>(1).subscribe()::receive,
                new LocalWatch<>(0).subscribe()::receive,
                () -> {
                    new LocalSemaphore(0).acquire();
                    return null;
                },
                mutex::lock,
                () -> {
                    new LocalEvent().await();
                    return null;
                },
                new LocalBarrier(2)::await,
                () -> once.get(() -> 1),
                () -> {
                    gate.awaitEmpty();
                    return null;
                },
                () -> {
                    new LocalCancellation().await();
                    return null;
                },
                select::await,
                () -> {
                    fullAcross.send(1);
                    return null;
                },
                CrossCoreChannel.mpsc(core, 2)::receive,
                () -> new Request<Integer, Integer>().ask(questions, 1),
                Mesh.of(core.cores(), 4).join()::receive);
    }
}
