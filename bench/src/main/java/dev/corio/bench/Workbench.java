package dev.corio.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

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

    /// Starts a peer on a CPU, and waits until it accepts.
    ///
    /// @param upstreamPort the echo server behind a proxy, or 0
    ServerProcess start(Peer peer, int cpu, int upstreamPort)
            throws IOException, InterruptedException {
        int port = ServerProcess.freePort();
        return ServerProcess.start(
                cpu,
                port,
                peer.launch().command(site(peer, port, upstreamPort)),
                scratch.file(peer.name() + ".log"));
    }

    Peer.Site site(Peer peer, int port, int upstreamPort) {
        return new Peer.Site(port, upstreamPort, stats(peer), twins, scratch.directory());
    }

    /// Where a peer that counts its system calls writes them.
    Path stats(Peer peer) {
        return scratch.file(peer.name() + ".json");
    }

    /// Runs a load program on its CPU.
    LoadResult run(List<String> program, LoadOptions load, LoadListener listener)
            throws IOException {
        return LoadProcess.run(
                program, load, placement.loadCpu(), scratch.file("load.log"), listener);
    }

    @Override
    public void close() throws IOException {
        scratch.close();
    }
}
