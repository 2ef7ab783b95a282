package dev.corio.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.util.List;

/// A workbench that shows no progress, and the smallest comparison on it.
final class QuietWorkbench {
    /// For a moment.
    static final LoadOptions LOAD =
            new LoadOptions(new InetSocketAddress(0), 4, 0, 128, 1, 0.2, 0.5, 0);

    private QuietWorkbench() {}

    static Workbench open() throws IOException {
        return open(Placement.choose());
    }

    static Workbench open(Placement placement) throws IOException {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
        return Workbench.open(placement, new Progress(nowhere, false));
    }

    /// A server on the JDK's selector, alone, and a load in Java.
    static Comparison ofNio(Workbench workbench, Patience patience) {
        return new Comparison(
                workbench, LoadProcess.java(), null, List.of(EchoPeers.nio()), patience);
    }
}
