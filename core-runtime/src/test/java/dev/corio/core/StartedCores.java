package dev.corio.core;

import dev.corio.uring.Sqe;
import java.io.IOException;

/// Starts cores in a JVM of its own and says which driver they got, or on which CPUs they are. The
/// arguments are the driver that is wanted, the entries of its rings, and `cpus` for those.
final class StartedCores {
    private StartedCores() {}

    public static void main(String[] arguments) throws Exception {
        int entries = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 256;
        CoreOptions options =
                CoreOptions.defaults().driver(DriverKind.parse(arguments[0])).ringEntries(entries);
        try (Cores cores = Cores.start(options)) {
            int result =
                    cores.core(0)
                            .spawn("nop", () -> Core.current().await(Request.of(Sqe::nop)))
                            .join();
            System.out.println(
                    arguments.length > 2
                            ? "cpus " + cores.all().stream().map(Core::cpu).toList()
                            : cores.driver().kind() + " " + result);
        } catch (IOException | IllegalStateException e) {
            e.printStackTrace();
            try {
                Cores.start(options).close();
            } catch (IOException | IllegalStateException again) {
                again.printStackTrace();
            }
            System.exit(1);
        }
    }
}
