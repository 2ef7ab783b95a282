package dev.corio.bench;

import java.io.IOException;

/// What every comparison works with.
///
/// @param scratch logs, configurations, compiled twins
/// @param twins the C programs
/// @param placement who gets which CPU
/// @param progress what the waiting person sees
///
///   **Threading:** used by one thread.
record Workbench(Scratch scratch, CTwins twins, Placement placement, Progress progress)
        implements AutoCloseable {

    static Workbench open(Placement placement, Progress progress) throws IOException {
        Scratch scratch = Scratch.create();
        return new Workbench(scratch, new CTwins(scratch.directory()), placement, progress);
    }

    @Override
    public void close() throws IOException {
        scratch.close();
    }
}
