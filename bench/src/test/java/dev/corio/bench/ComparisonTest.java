package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.uring.RingFeatures;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// Whole comparisons, with real processes, as short as they can be. What they assert is that every
/// message came back whole (an unanswered one is an error), never how many: on a machine with other
/// work, that number is the other work's.
class ComparisonTest {
    private static final int CONNECTIONS = 4;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();

    @Test
    void measuresAPeerAndLeavesOutOneThatCannotStart() throws Exception {
        Peer broken =
                new Peer(
                        "broken",
                        "not installed",
                        site -> {
                            throw new IOException("nothing to run; install it");
                        });
        List<Round> sink = new ArrayList<>();
        try (Workbench workbench = workbench()) {
            Comparison comparison = comparison(workbench, broken, EchoPeers.nio());
            List<Round> rounds = comparison.run(load(), 1, sink::add);
            assertEquals(1, rounds.size());
            assertEquals(rounds, sink);
            Round round = rounds.getFirst();
            assertEquals("nio", round.peer());
            assertEquals(0, round.result().errors());
            assertTrue(round.result().requestsInAll() >= CONNECTIONS);
            assertTrue(round.cpuMicrosPerRequest() > 0.5);
            assertEquals(
                    List.of("broken is left out: nothing to run; install it"),
                    comparison.leftOut());
        }
        assertEquals(0, ProcessHandle.current().children().filter(ProcessHandle::isAlive).count());
    }

    @Test
    void everyPeerOfOursEchoesWhatItGets() throws Exception {
        try (Workbench workbench = workbench()) {
            List<Peer> java =
                    EchoPeers.ALL.stream().filter(peer -> !peer.name().startsWith("c-")).toList();
            Comparison comparison = comparison(workbench, java.toArray(new Peer[0]));
            for (Round round : comparison.run(load(), 1, round -> {})) {
                assertEquals(0, round.result().errors(), round::peer);
                assertTrue(round.result().requestsInAll() >= CONNECTIONS, round::peer);
                boolean isCorio = round.peer().startsWith("corio");
                boolean isCounted = isCorio || comparison.untraced() == null;
                assertEquals(isCounted, round.systemCallsPerRequest() != null, round::peer);
            }
            for (String reason : comparison.leftOut()) {
                assertTrue(reason.contains("io_uring"), reason);
            }
        }
    }

    @Test
    void cTwinsEchoUnderTheLoadInC() throws Exception {
        try (Workbench workbench = workbench()) {
            List<String> load = loadInC(workbench.twins());
            Peer[] c =
                    Stream.concat(EchoPeers.ALL.stream(), EchoPeers.C_VARIANTS.stream())
                            .filter(peer -> peer.name().startsWith("c-"))
                            .toArray(Peer[]::new);
            Comparison comparison =
                    new Comparison(workbench, load, null, List.of(c), Patience.NONE);
            for (Round round : comparison.run(load(), 1, round -> {})) {
                assertEquals(0, round.result().errors(), round::peer);
                assertTrue(round.result().requestsInAll() >= CONNECTIONS, round::peer);
            }
            for (String reason : comparison.leftOut()) {
                assertTrue(reason.contains("io_uring"), reason);
            }
        }
    }

    @Test
    void messagesThatCrossTheEndOfAnIncrementalBufferComeBackWhole() throws Exception {
        LoadOptions crossing =
                new LoadOptions(
                        LoadOptions.NO_TARGET,
                        CONNECTIONS,
                        1,
                        5_000, // no divisor of a buffer
                        4,
                        0.2,
                        1,
                        0);
        try (Workbench workbench = workbench()) {
            List<String> load = loadInC(workbench.twins());
            List<Peer> incremental =
                    EchoPeers.C_VARIANTS.stream()
                            .filter(peer -> peer.name().equals("c-incremental"))
                            .toList();
            Comparison comparison =
                    new Comparison(workbench, load, null, incremental, Patience.NONE);
            for (Round round : comparison.run(crossing, 1, round -> {})) {
                assertEquals(0, round.result().errors());
                assertTrue(round.result().requestsInAll() >= CONNECTIONS);
            }
            for (String reason : comparison.leftOut()) {
                assertTrue(reason.contains("io_uring"), reason);
            }
        }
    }

    @Test
    void rungsAreMasksThatCorioKnowsAndTheLowestOneEchoes() throws Exception {
        try (Workbench workbench = workbench()) {
            Peer.Site site = workbench.site(EchoPeers.nio(), new InetSocketAddress(7), null);
            List<Peer> rungs =
                    RungsCommand.peers(false).stream()
                            .filter(peer -> !peer.name().startsWith("c-"))
                            .toList();
            for (Peer rung : rungs) {
                List<String> command = rung.launch().command(site);
                int server = command.indexOf("corio-echo");
                assertTrue(server > 0, command.toString());
                // After the address and the driver.
                RingFeatures.none().masked(command.get(server + 3));
            }
            Comparison comparison = comparison(workbench, rungs.get(rungs.size() - 2));
            for (Round round : comparison.run(load(), 1, round -> {})) {
                assertEquals("kernel-5.7", round.peer());
                assertEquals(0, round.result().errors());
            }
            for (String reason : comparison.leftOut()) {
                assertTrue(reason.contains("io_uring"), reason);
            }
        }
    }

    @Test
    void aServerThatEndsAtOnceIsReportedWithItsLastWords() throws Exception {
        Peer dying =
                new Peer("dying", "", site -> List.of("sh", "-c", "echo no such device; exit 3"));
        try (Workbench workbench = workbench()) {
            Comparison comparison = comparison(workbench, dying);
            assertTrue(comparison.run(load(), 1, round -> {}).isEmpty());
            assertEquals(
                    List.of("dying is left out: it did not start: no such device"),
                    comparison.leftOut());
        }
    }

    @Test
    void aServerIsWarmedUpByBriefConnectionsTooAndAJvmUntilItsCompilersRest(@TempDir Path directory)
            throws Exception {
        Path count = directory.resolve("count");
        Patience patience = new Patience(1, 1, 0, 3, false);
        try (Workbench workbench = workbench()) {
            Peer c = EchoPeers.ALL.getFirst();
            Peer nio = EchoPeers.nio();
            long inC = loads(workbench, c, load(), patience, count);
            long inCAtARate = loads(workbench, c, load().at(100), patience, count);
            long brief = loads(workbench, nio, load(), Patience.NONE, count);
            long steady = loads(workbench, nio, load(), patience, count);
            long churned = loads(workbench, nio, load(), new Patience(1, 1, 2, 0, false), count);
            assertEquals(inC, brief);
            assertEquals(inC + 1, inCAtARate);
            assertEquals(brief + 2, churned);
            assertTrue(steady > brief, () -> steady + " loads instead of " + brief);
        }
    }

    @Test
    void turnsOfARoundAreInterleavedOnServersThatStay(@TempDir Path directory) throws Exception {
        Path targets = directory.resolve("targets");
        try (Workbench workbench = workbench()) {
            List<String> load = RecordedLoad.command(loadInC(workbench.twins()), targets);
            List<Peer> two = List.of(EchoPeers.ALL.getFirst(), EchoPeers.nio());
            Comparison comparison =
                    new Comparison(workbench, load, null, two, new Patience(2, 1, 0, 0, false));
            List<Round> rounds = comparison.run(load(), 2, round -> {});
            assertEquals(List.of(), comparison.leftOut());
            String c = two.getFirst().name();
            String nio = two.getLast().name();
            assertEquals(
                    List.of(c, c, nio, nio, c, c, nio, nio),
                    rounds.stream().map(Round::peer).toList());
            assertEquals(
                    List.of(1, 2, 1, 2, 3, 4, 3, 4), rounds.stream().map(Round::number).toList());
            for (Round round : rounds) {
                assertEquals(0.5, round.load().seconds());
                assertEquals(0.5, round.result().seconds(), 0.1);
            }
        }
        List<String> order =
                Files.readAllLines(targets).stream()
                        .map(line -> line.replaceFirst(".*--to (\\S+).*", "$1"))
                        .toList();
        // Behind those of the first round their system calls may have been counted.
        for (int begin : new int[] {0, order.size() - 6}) {
            List<String> round = order.subList(begin, begin + 6);
            String first = round.get(0);
            String second = round.get(1);
            assertNotEquals(first, second);
            assertEquals(
                    List.of(first, second, first, second, first, second),
                    round,
                    "each warmed up, and then in turns");
        }
    }

    /// How many loads it takes to measure a server once.
    private static long loads(
            Workbench workbench, Peer peer, LoadOptions options, Patience patience, Path count)
            throws Exception {
        Files.deleteIfExists(count);
        List<String> load = RecordedLoad.command(loadInC(workbench.twins()), count);
        Comparison comparison = new Comparison(workbench, load, null, List.of(peer), patience);
        comparison.run(options, 1, round -> {});
        assertEquals(List.of(), comparison.leftOut());
        return Files.readAllLines(count).size();
    }

    @Test
    void aServerThatAnswersOnlyTheFirstConnectionIsLeftOut() throws Exception {
        try (Workbench workbench = workbench()) {
            Comparison comparison =
                    comparison(workbench, python("silent", "c,a=s.accept();c.send(c.recv(1))"));
            assertTrue(comparison.run(load(), 1, round -> {}).isEmpty());
            assertEquals(
                    List.of(
                            "silent is left out: it answered nothing in 1 s: 4 requests had no"
                                    + " answer in time"),
                    comparison.leftOut());
        }
    }

    @Test
    void aServerThatAcceptsAndEchoesNothingHasNotStarted() throws Exception {
        try (Workbench workbench = workbench()) {
            Peer mute = python("mute", "pass");
            List<String> leftOut = new ArrayList<>();
            assertEquals(
                    Map.of(), StartCommand.measure(workbench, List.of(mute), 2, leftOut), "starts");
            assertEquals(1, leftOut.size(), "it is tried once");
            assertTrue(leftOut.getFirst().contains("and echoes nothing"), leftOut::getFirst);
        }
    }

    @Test
    void aStartLastsUntilTheFirstByteIsEchoed() throws Exception {
        try (Workbench workbench = workbench()) {
            Peer late = python("late", "c,a=s.accept();b=c.recv(1);time.sleep(0.3);c.send(b)");
            List<Peer> peers = List.of(EchoPeers.nio(), late);
            Map<String, List<Double>> millis =
                    StartCommand.measure(workbench, peers, 2, new ArrayList<>());
            assertEquals(List.of("nio", "late"), List.copyOf(millis.keySet()));
            millis.values().forEach(each -> assertEquals(2, each.size()));
            assertTrue(millis.get("late").stream().allMatch(each -> each >= 300), millis::toString);
        }
    }

    @Test
    void aJvmStartsFromACacheOfItsClassesToo(@TempDir Path directory) throws Exception {
        String classPath = jars(directory.resolve("bench.jar"));
        Peer nio =
                new Peer(
                        "nio",
                        "from jars",
                        site ->
                                List.of(
                                        JavaCommand.java(),
                                        "-cp",
                                        classPath,
                                        Main.class.getName(),
                                        "nio-echo",
                                        site.address()));
        try (Workbench workbench = workbench()) {
            List<Peer> peers = StartCommand.withCaches(workbench, List.of(nio, python("c", "")));
            assertEquals(List.of("nio", "nio --aot", "c"), peers.stream().map(Peer::name).toList());
            // Otherwise a JVM that cannot use its cache only says so, and starts without.
            Peer strict = peers.get(1).withJvmOption("strict", "-XX:AOTMode=on");
            List<String> leftOut = new ArrayList<>();
            StartCommand.measure(workbench, List.of(strict), 1, leftOut);
            assertEquals(List.of(), leftOut);
        }
    }

    /// The class path of this JVM without its directories, for which no cache can be made, but with
    /// our own classes, as one jar.
    private static String jars(Path jar) throws Exception {
        Path classes =
                Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(new ZipEntry(classes.relativize(file).toString()));
                Files.copy(file, out);
            }
        }
        return Stream.concat(
                        Stream.of(jar.toString()),
                        Stream.of(System.getProperty("java.class.path").split(":"))
                                .filter(each -> each.endsWith(".jar")))
                .collect(Collectors.joining(":"));
    }

    @Test
    void startsAreShownAsTheirMiddleAndTheirExtremes() {
        assertEquals(
                List.of(List.of("server", "ms"), List.of("a", "3.0 (2.0–9.2)")),
                StartCommand.table(Map.of("a", List.of(3.0, 9.2, 2.0))).rows());
    }

    @Test
    void aTurnThatOthersHadAllOfIsMadeAgain() throws Exception {
        try (Workbench workbench = workbench()) {
            // The warm-up is the first load, and the second has no answer while others are at work.
            Path runs = workbench.file("runs");
            String load =
                    """
                    echo >>%s
                    echo '{"event":"measuring"}'
                    requests=7
                    if [ "$(wc -l <%s)" = 2 ]; then
                        requests=0
                        timeout 0.3 sh -c 'while :; do :; done'
                    fi
                    echo '{"event":"measured"}'
                    echo '%s' | sed "s/REQUESTS/$requests/"
                    """
                            .formatted(runs, runs, resultLine());
            Comparison comparison =
                    new Comparison(
                            workbench,
                            List.of("sh", "-c", load),
                            null,
                            List.of(EchoPeers.nio()),
                            Patience.NONE);
            List<Round> rounds = comparison.run(load(), 1, round -> {});
            assertEquals(List.of(), comparison.leftOut());
            assertEquals(7, rounds.getFirst().result().requests());
            assertTrue(Files.readAllLines(runs).size() >= 3);
        }
    }

    private static String resultLine() {
        LoadResult result = new LoadResult(1, 1, 1, LoadResult.emptyHistogram(), 0, null, 0);
        Map<String, Object> line = new LinkedHashMap<>(result.toMap());
        line.put("event", "result");
        return Json.line(line).replace("\"requests\":1,", "\"requests\":REQUESTS,");
    }

    @Test
    void aServerThatIgnoresTermIsKilled() throws Exception {
        try (Workbench workbench = workbench()) {
            ChildProcess child =
                    ChildProcess.start(
                            "stubborn",
                            Placement.choose().serverCpu(),
                            List.of("sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"),
                            workbench.scratch().file("stubborn.log"));
            assertTrue(child.isAlive());
            Thread.sleep(200);
            child.close();
            assertFalse(child.isAlive());
        }
    }

    @Test
    void wrongOptionsAreUsageErrors() {
        assertEquals(2, execute("load"));
        assertEquals(2, execute("load", "--to", "nowhere"));
        assertEquals(2, execute("echo", "--size", "x"));
        assertEquals(0, execute("demo", "--help"));
        assertEquals(1, execute("echo", "--peers", "nobody"));
        assertTrue(said.toString(StandardCharsets.UTF_8).contains("no peer is named nobody"));
    }

    @Test
    void aLoadThatMakesNoSenseIsRefused() {
        IllegalArgumentException refusal =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> new LoadOptions(new InetSocketAddress(1), 64, 0, 7, 1, 1, 1, 0));
        assertEquals("size must be at least 8: 7", refusal.getMessage());
    }

    private int execute(String... arguments) {
        PrintWriter writer = new PrintWriter(said, true, StandardCharsets.UTF_8);
        CommandLine line = Main.commandLine();
        line.setErr(writer);
        line.setOut(writer);
        return line.execute(arguments);
    }

    /// A server in a few words: `s` listens, and what follows is done once.
    private static Peer python(String name, String once) {
        Assumptions.assumeTrue(Files.exists(Path.of("/usr/bin/python3")), "needs python3");
        return new Peer(
                name,
                "",
                site ->
                        List.of(
                                "python3",
                                "-c",
                                "import socket,time;s=socket.create_server(('127.0.0.1',"
                                        + site.port()
                                        + "));"
                                        + once
                                        + ";time.sleep(60)"));
    }

    private static List<String> loadInC(CTwins twins) {
        try {
            return LoadProcess.c(twins);
        } catch (IOException e) {
            return Assumptions.abort(e.getMessage());
        }
    }

    private static Comparison comparison(Workbench workbench, Peer... peers) {
        return new Comparison(workbench, LoadProcess.java(), null, List.of(peers), Patience.NONE);
    }

    private Workbench workbench() throws IOException {
        Progress progress =
                new Progress(new PrintStream(said, true, StandardCharsets.UTF_8), false);
        return Workbench.open(Placement.choose(), progress);
    }

    private static LoadOptions load() {
        return new LoadOptions(LoadOptions.NO_TARGET, CONNECTIONS, 1, 128, 1, 0.2, 1, 0);
    }
}
