package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.Faults;
import dev.corio.core.IoBuffer;
import dev.corio.core.Simulation;
import dev.corio.core.SimulationOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.random.RandomGenerator;

/// The README's example of a simulation, which [ReadmeTest] compares with this and runs.
public final class EchoSimulation {
    static final InetSocketAddress ADDRESS = new InetSocketAddress("10.0.0.1", 7);

    public static void main(String[] arguments) throws Exception {
        var options = SimulationOptions.defaults().faults(Faults.mild());
        Simulation.seeds(1_000, options, EchoSimulation::run); // a second or so
    }

    static void run(Core core, RandomGenerator random) throws IOException, InterruptedException {
        core.spawn("server", () -> EchoServer.serve(core, ADDRESS));
        Core.sleep(Duration.ofSeconds(1)); // virtual time: costs nothing
        try (TcpStream stream = TcpStream.connect(ADDRESS);
                IoBuffer buffer = IoBuffer.lease()) {
            long sent = random.nextLong();
            stream.writeFully(buffer.putLong(sent));
            while (buffer.readableBytes() < Long.BYTES) {
                stream.read(buffer); // one byte at a time, if the seed wills it
            }
            if (buffer.getLong() != sent) {
                throw new AssertionError("the echo is not what was sent");
            }
        }
    }
}
