package dev.corio.core;

import dev.corio.uring.Sqe;
import java.io.IOException;

/// Starts cores in a JVM of its own and says which driver they got. The argument is the one wanted.
final class StartedCores {
    private StartedCores() {}

    public static void main(String[] arguments) throws Exception {
        CoreOptions options = CoreOptions.defaults().driver(DriverKind.parse(arguments[0]));
        try (Cores cores = Cores.start(options)) {
            int result =
                    cores.core(0)
                            .spawn("nop", () -> Core.current().await(Request.of(Sqe::nop)))
                            .join();
            System.out.println(cores.driver().kind() + " " + result);
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
