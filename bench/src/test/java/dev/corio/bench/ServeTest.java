package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ServeTest {
    private static final Pattern LISTENS =
            Pattern.compile(
                    "nio \\(.*\\) listens on 127\\.0\\.0\\.1:(\\d+), .*, process (\\d+); .*");
    private static final long SECONDS_MAX = 20;

    /// On Linux all of 127.0.0.0/8 is this machine.
    private static final String ELSEWHERE = "127.0.0.2";

    @TempDir private Path directory;

    @Test
    void servesAndTellsWhatItUsedAndLeavesNothingBehind() throws Exception {
        Process serve = serve("nio", "--listen", "127.0.0.1:0", "--report", "1");
        try (BufferedReader said = serve.inputReader()) {
            Matcher listens = next(said, LISTENS);
            long pid = Long.parseLong(listens.group(2));
            int port = Integer.parseInt(listens.group(1));
            assertTrue(echoes(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)));
            next(
                    said,
                    Pattern.compile(
                            "[1-9][\\d.]* s: CPU [\\d.]+ s \\([\\d.]+ %\\), others [\\d.]+ %,"
                                    + " stolen [\\d.]+ %"));
            assertTrue(ProcessHandle.of(pid).isPresent());
            serve.toHandle().destroy(); // the process alone: what it says last is to be read
            Matcher sum =
                    next(
                            said,
                            Pattern.compile(
                                    "in all [\\d.]+ s: CPU ([\\d.]+) s \\(.*\\), starting included"));
            assertTrue(Double.parseDouble(sum.group(1)) > 0, sum::group);
            assertTrue(serve.waitFor(SECONDS_MAX, TimeUnit.SECONDS));
            assertFalse(ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false));
        } finally {
            serve.destroy();
        }
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(List.of(), left.filter(path -> !isOfTheJvm(path)).toList());
        }
    }

    @Test
    void aServerThatEndsByItselfIsAFailure() throws Exception {
        Process serve = serve("nio", "--listen", "127.0.0.1:0");
        try (BufferedReader said = serve.inputReader()) {
            long pid = Long.parseLong(next(said, LISTENS).group(2));
            ProcessHandle.of(pid).orElseThrow().destroyForcibly();
            next(said, Pattern.compile("serve: it ended by itself: .*"));
            assertTrue(serve.waitFor(SECONDS_MAX, TimeUnit.SECONDS));
            assertEquals(1, serve.exitValue());
        } finally {
            serve.destroy();
        }
    }

    @Test
    void everyTwinListensWhereItIsTold() throws Exception {
        try (Workbench workbench = QuietWorkbench.open();
                ServerProcess behind =
                        workbench.start(EchoPeers.nio(), workbench.placement().loadCpu(), null)) {
            for (Peer peer : EchoPeers.ALL) {
                checkWhereItListens(workbench, peer, null);
            }
            for (Peer peer : ProxyPeers.ALL) {
                if (peer.name().startsWith("netty")
                        || List.of("nio", "loom").contains(peer.name())) {
                    checkWhereItListens(workbench, peer, behind.address());
                }
            }
        }
    }

    @Test
    void addressesAreWrittenAsCommandLinesHaveThem() throws IOException {
        assertEquals("10.0.0.7:80", text("10.0.0.7"));
        assertEquals("[fd00:0:0:0:0:0:0:7]:80", text("fd00::7"));
    }

    @Test
    void namesThatAreNotThereOrOfTheOtherKindAreRefused() {
        assertRefused("no peer is named nobody; there are c-uring, ", "nobody", false);
        assertRefused("no peer is named nobody; there are haproxy, ", "nobody", true);
        assertRefused("haproxy is a proxy; name the echo server behind it", "haproxy", false);
        assertRefused("c-uring is an echo server and takes no --to", "c-uring", true);
        assertEquals("kernel-5.10", ServeCommand.peer("kernel-5.10", true).name(), "a rung");
    }

    @Test
    void anAddressThatIsTakenIsRefused() throws Exception {
        try (EchoThread other = new EchoThread(EchoThread.Manner.HONEST)) {
            String address = Peer.Site.text(other.address());
            assertTrue(
                    refusal("serve", "nio", "--listen", address)
                            .startsWith("serve: cannot listen on " + address + ": "));
        }
        assertTrue(
                refusal("serve", "nio", "--listen", "nowhere.invalid:1")
                        .contains("no host nowhere"));
        assertTrue(
                refusal("serve", "loom", "--listen", "127.0.0.1:0", "--to", "127.0.0.1:1")
                        .contains("start the echo server behind the proxy first; 127.0.0.1:1"));
    }

    @Test
    void anIntervalIsToldByItsShareOfTheCpu() {
        ServerAccount begin =
                new ServerAccount(0, new ProcessCpu(0, Map.of("1", 0L)), new MachineCpu(0, 0));
        ServerAccount end =
                new ServerAccount(
                        10_000_000_000L,
                        new ProcessCpu(0, Map.of("1", 3_214_000_000L)),
                        new MachineCpu(3_260_000_000L, 100_000_000));
        assertEquals("10.0 s: CPU 3.214 s (32.1 %), others 0.5 %, stolen 1.0 %", end.since(begin));
    }

    private static void checkWhereItListens(
            Workbench workbench, Peer peer, @Nullable InetSocketAddress behind) throws Exception {
        InetSocketAddress address =
                new InetSocketAddress(ELSEWHERE, ServerProcess.freeAddress().getPort());
        try {
            List<String> command = peer.launch().command(workbench.site(peer, address, behind));
            int cpu = workbench.placement().serverCpu();
            try (ServerProcess server =
                    ServerProcess.start(cpu, address, command, workbench.log(peer))) {
                assertTrue(server.startMillis() > 0, "it has echoed there");
                assertThrows(
                        ConnectException.class,
                        () ->
                                echoes(
                                        new InetSocketAddress(
                                                InetAddress.getLoopbackAddress(),
                                                address.getPort())),
                        peer::name);
            }
        } catch (IOException e) {
            String reason = String.valueOf(e.getMessage());
            assertTrue(reason.contains("io_uring") || reason.contains("need gcc"), reason);
        }
    }

    private static boolean echoes(InetSocketAddress address) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(address);
            socket.getOutputStream().write('x');
            return socket.getInputStream().read() == 'x';
        }
    }

    private Process serve(String... arguments) throws IOException {
        return new ProcessBuilder(
                        JavaCommand.of(
                                List.of("-Djava.io.tmpdir=" + directory),
                                Stream.concat(Stream.of("serve"), Stream.of(arguments))
                                        .toArray(String[]::new)))
                .redirectErrorStream(true)
                .start();
    }

    private static boolean isOfTheJvm(Path path) {
        return String.valueOf(path.getFileName()).startsWith("hsperfdata");
    }

    private static Matcher next(BufferedReader said, Pattern pattern) throws IOException {
        StringBuilder all = new StringBuilder();
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            all.append(line).append('\n');
            Matcher matcher = pattern.matcher(line);
            if (matcher.matches()) {
                return matcher;
            }
        }
        throw new AssertionError(pattern + " is not in: " + all);
    }

    private static String refusal(String... arguments) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        CommandLine line = Main.commandLine();
        line.setErr(new PrintWriter(said, true, StandardCharsets.UTF_8));
        assertEquals(1, line.execute(arguments));
        return said.toString(StandardCharsets.UTF_8);
    }

    private static void assertRefused(String begin, String name, boolean isProxy) {
        String message =
                assertThrows(IllegalArgumentException.class, () -> ServeCommand.peer(name, isProxy))
                        .getMessage();
        assertTrue(message != null && message.startsWith(begin), message);
    }

    private static String text(String host) throws IOException {
        return Peer.Site.text(new InetSocketAddress(InetAddress.getByName(host), 80));
    }
}
