package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.CoreOptions;
import dev.corio.core.Corio;
import dev.corio.core.Signal;
import dev.corio.core.Signals;
import java.io.IOException;

/// The README's example of signals, which [ReadmeTest] compares with this and runs.
public final class Reloading {
    public static void main(String[] arguments) throws IOException {
        System.exit(Corio.run(CoreOptions.defaults(), Reloading::serve));
    }

    static int serve(Core core) throws InterruptedException {
        try (Signals signals = Signals.open(Signal.USR1, Signal.TERM)) {
            System.out.println("listening to USR1 and TERM");
            while (signals.next() == Signal.USR1) {
                System.out.println("the configuration is read anew");
            }
        }
        return 0; // TERM, and not 143: this program has ended as it was asked to
    }
}
