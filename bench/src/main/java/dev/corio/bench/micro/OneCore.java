package dev.corio.bench.micro;

import dev.corio.core.Core;
import dev.corio.core.CoreOptions;
import dev.corio.core.Cores;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// The cores of the machine, on the driver of `corio.driver`; single steps run on the first.
///
/// **Threading:** [#run] is for the benchmark's thread.
@State(Scope.Benchmark)
public class OneCore {
    @SuppressWarnings("NullAway.Init") // JMH calls start first
    private Cores cores;

    /// Starts them.
    @Setup
    public void start() throws IOException {
        cores = Cores.start(CoreOptions.defaults());
    }

    /// Ends them.
    @TearDown
    public void close() {
        cores.close();
    }

    /// The one that is measured.
    public Core core() {
        return cores.core(0);
    }

    /// Runs a batch as a task and waits for its end.
    public void run(Core.Body batch) throws InterruptedException, ExecutionException {
        core().spawn("batch", batch).join();
    }
}
