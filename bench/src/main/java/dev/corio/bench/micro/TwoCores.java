package dev.corio.bench.micro;

import dev.corio.core.Core;
import dev.corio.core.CoreOptions;
import dev.corio.core.Cores;
import dev.corio.core.Task;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// Two cores, on two CPUs where the machine has them. They look for work for 50 µs before they
/// sleep, as those threads do that a bare queue is measured with.
///
/// **Threading:** [#run] is for the benchmark's thread.
@State(Scope.Benchmark)
public class TwoCores {
    @SuppressWarnings("NullAway.Init") // JMH calls start first
    private Cores cores;

    @SuppressWarnings("NullAway.Init") // JMH calls start first
    private Cores others;

    /// Starts them.
    @Setup
    public void start() throws IOException {
        CoreOptions options = CoreOptions.defaults().spin(Duration.ofNanos(50_000));
        cores = Cores.start(options);
        others = cores.size() > 1 ? cores : Cores.start(options);
    }

    /// Ends them.
    @TearDown
    public void close() {
        cores.close();
        others.close();
    }

    /// The one that sends.
    public Core sender() {
        return cores.core(0);
    }

    /// The one that receives.
    public Core receiver() {
        return others.core(others.size() - 1);
    }

    /// Runs a batch as a task on each, and waits for their end.
    public void run(Core.Body sending, Core.Body receiving)
            throws InterruptedException, ExecutionException {
        Task<Void> received = receiver().spawn("receive", receiving);
        sender().spawn("send", sending).join();
        received.join();
    }
}
