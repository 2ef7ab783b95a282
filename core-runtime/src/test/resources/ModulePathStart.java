import dev.corio.core.Core;
import dev.corio.core.CoreOptions;
import dev.corio.core.Cores;
import dev.corio.core.DriverKind;
import dev.corio.uring.Ring;
import java.time.Duration;

/// Starts cores where Corio is modules, with either driver; run from its source.
class ModulePathStart {
    public static void main(String[] arguments) throws Exception {
        int sum = 0;
        for (DriverKind kind : new DriverKind[] {DriverKind.AUTO, DriverKind.EPOLL}) {
            try (Cores cores = Cores.start(CoreOptions.defaults().driver(kind))) {
                sum += cores.core(0).spawn("sleeper", () -> {
                    Core.sleep(Duration.ofMillis(1));
                    return 21;
                }).join();
            }
        }
        System.out.println(
                Core.class.getModule().getName() + " " + Ring.class.getModule().getName() + " " + sum);
    }
}
