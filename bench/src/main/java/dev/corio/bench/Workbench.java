package dev.corio.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

    /// Starts a peer on a CPU and on a free port of the loopback address, and waits until it
    /// echoes.
    ///
    /// @param behind the echo server behind a proxy, or null
    ServerProcess start(Peer peer, int cpu, @Nullable InetSocketAddress behind)
            throws IOException, InterruptedException {
        InetSocketAddress address = ServerProcess.freeAddress();
        return ServerProcess.start(
                cpu, address, peer.launch().command(site(peer, address, behind)), log(peer));
    }

    Peer.Site site(Peer peer, InetSocketAddress listen, @Nullable InetSocketAddress behind) {
        return new Peer.Site(listen, behind, stats(peer), twins, scratch.directory());
    }

    /// How a peer is started, for a reader: files of ours without their directory, and port 0 for
    /// the one that each start has for itself.
    String commandLine(Peer peer, boolean isProxy) throws IOException {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        Peer.Site site = site(peer, any, isProxy ? any : null);
        return String.join(" ", peer.launch().command(site)).replace(scratch.directory() + "/", "");
    }

    /// Whether it is a program for the JVM of ours.
    boolean isJvm(Peer peer) throws IOException {
        List<String> command = peer.launch().command(site(peer, ServerProcess.freeAddress(), null));
        return command.getFirst().equals(JavaCommand.java());
    }

    /// What a peer says.
    Path log(Peer peer) {
        return scratch.file(peer.name() + ".log");
    }

    /// Where a peer that counts its system calls writes them.
    Path stats(Peer peer) {
        return scratch.file(peer.name() + ".json");
    }

    /// A file of a name, gone at the end.
    Path file(String name) {
        return scratch.file(name);
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
