package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// With real processes and, because nobody can ask a machine to be quiet, a stranger that is loud.
class GaugeTest {
    private static final List<String> STRANGER = List.of("sh", "-c", "while :; do :; done");
    private static final long ENOUGH_NANOS = 300_000_000;

    @Test
    void theLoadsOwnTimeIsTakenOffItsCpuAndAStrangersIsNot() throws Exception {
        try (Workbench workbench = workbench();
                ServerProcess server = server(workbench, workbench.placement().serverCpu());
                ChildProcess stranger = stranger(workbench)) {
            Gauge gauge = new Gauge(server, null, workbench.placement(), new QuietListener());
            gauge.measuring();
            long usedNanos = awaitWork(stranger);
            gauge.measured();
            ServerUse asStranger = gauge.use(0);
            ServerUse asLoad = gauge.use(usedNanos);
            assertEquals(asStranger.loss(), asLoad.loss(), "it is on the other CPU");
            assertTrue(
                    asStranger.loadLoss().foreign() > asLoad.loadLoss().foreign(),
                    asStranger::toString);
            assertTrue(asStranger.disturbed() > Contestant.DISTURBED_MAX, asStranger::toString);
        }
    }

    @Test
    void whatStandsBehindAProxyIsNoStrangerBesideTheLoad() throws Exception {
        try (Workbench workbench = workbench();
                ServerProcess server = server(workbench, workbench.placement().serverCpu());
                ServerProcess behind = busyServer(workbench)) {
            Gauge knowing = new Gauge(server, behind, workbench.placement(), new QuietListener());
            Gauge ignorant = new Gauge(server, null, workbench.placement(), new QuietListener());
            long beginNanos = System.nanoTime();
            ignorant.measuring();
            knowing.measuring();
            ProcessCpu begin = behind.cpu();
            while (behind.cpu().nanosSince(begin) < ENOUGH_NANOS) {
                Thread.sleep(10);
            }
            knowing.measured();
            ignorant.measured();
            double used = (double) ENOUGH_NANOS / (System.nanoTime() - beginNanos);
            double taken = ignorant.use(0).loadLoss().foreign();
            double strange = knowing.use(0).loadLoss().foreign();
            assertTrue(taken - strange > used / 2, () -> strange + " of " + taken);
        }
    }

    @Test
    void aRoundWithADisturbedLoadIsMeasuredAgain(@TempDir Path directory) throws Exception {
        Path count = directory.resolve("count");
        List<String> counted = RecordedLoad.command(LoadProcess.java(), count);
        try (Workbench workbench = workbench();
                ChildProcess stranger = stranger(workbench)) {
            Comparison comparison =
                    new Comparison(
                            workbench,
                            counted,
                            null,
                            List.of(EchoPeers.nio()),
                            new Patience(1, 2, 0, 0, false));
            LoadOptions load = new LoadOptions(new InetSocketAddress(0), 4, 0, 128, 1, 0, 1, 0);
            Round round = comparison.run(load, 1, each -> {}).getFirst();
            int traced = comparison.untraced() == null ? 1 : 0;
            assertEquals(
                    3 + traced,
                    Files.readAllLines(count).size(),
                    () -> "to warm up, and twice: " + round.use());
            assertTrue(round.use().loadLoss().foreign() > Contestant.DISTURBED_MAX);
            assertTrue(round.result().cpuNanos() > 0, "the load tells its own");
            assertTrue(stranger.isAlive());
        }
    }

    private static ServerProcess server(Workbench workbench, int cpu) throws Exception {
        return workbench.start(EchoPeers.nio(), cpu, null);
    }

    private static ServerProcess busyServer(Workbench workbench) throws Exception {
        Peer busy =
                new Peer(
                        "busy",
                        "",
                        site ->
                                List.of(
                                        "python3",
                                        "-c",
                                        "import socket;s=socket.create_server(('127.0.0.1',"
                                                + site.port()
                                                + "));c,a=s.accept();c.send(c.recv(1))\n"
                                                + "while True: pass"));
        return workbench.start(busy, workbench.placement().loadCpu(), null);
    }

    private static ChildProcess stranger(Workbench workbench) throws IOException {
        return ChildProcess.start(
                "the stranger",
                workbench.placement().loadCpu(),
                STRANGER,
                workbench.scratch().file("stranger.log"));
    }

    private static long awaitWork(ChildProcess child) throws Exception {
        ProcessCpu begin = ProcessCpu.sample(child.pid());
        long usedNanos = 0;
        while (usedNanos < ENOUGH_NANOS) {
            Thread.sleep(10);
            usedNanos = ProcessCpu.sample(child.pid()).nanosSince(begin);
        }
        return usedNanos;
    }

    private static Workbench workbench() throws IOException {
        Placement placement = Placement.choose();
        Assumptions.assumeFalse(placement.isShared(), placement.remark());
        return QuietWorkbench.open(placement);
    }
}
