package dev.corio.net;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.Signal;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// The README's code is this module's [EchoServer], [EchoSimulation] and [Reloading], to the
/// letter, and runs.
final class ReadmeTest {
    private static final Path README = Path.of("../README.md");
    private static final Path SOURCES = Path.of("src/test/java/dev/corio/net");
    private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

    @Test
    void codeIsWhatIsCompiled() throws IOException {
        Set<String> blocks =
                JAVA.matcher(Files.readString(README))
                        .results()
                        .map(block -> block.group(1))
                        .collect(Collectors.toSet());
        for (String name : List.of("EchoServer.java", "EchoSimulation.java", "Reloading.java")) {
            String source = Files.readString(SOURCES.resolve(name));
            String code = source.substring(source.indexOf("public final class"));
            assertTrue(blocks.contains(code), "the README does not show " + name + " as it is");
        }
    }

    @Test
    void simulationRuns() throws Exception {
        EchoSimulation.main(new String[0]);
    }

    @Test
    void codeEchoesForAPlainClient() throws Exception {
        int port = freePort();
        Process server = start(EchoServer.class, Integer.toString(port));
        try (Socket client = connect(port, server)) {
            client.getOutputStream().write("hello".getBytes(UTF_8));
            client.shutdownOutput();
            assertEquals("hello", new String(client.getInputStream().readAllBytes(), UTF_8));
        } finally {
            server.destroy();
            assertTrue(server.waitFor(10, TimeUnit.SECONDS), "the server does not end");
        }
        assertEquals(Signal.TERM.exitCode(), server.exitValue());
    }

    @Test
    void codeReloadsUntilItIsToldToEnd() throws Exception {
        Process program = start(Reloading.class);
        try (BufferedReader lines = program.inputReader()) {
            assertEquals("listening to USR1 and TERM", lines.readLine());
            kill("USR1", program);
            assertEquals("the configuration is read anew", lines.readLine());
            kill("TERM", program);
            assertTrue(program.waitFor(10, TimeUnit.SECONDS), "it does not end");
            assertEquals(0, program.exitValue());
        } finally {
            program.destroyForcibly();
        }
    }

    private static Process start(Class<?> main, String... arguments) throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                main.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    private static void kill(String signal, Process process) throws Exception {
        new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid())).start().waitFor();
    }

    private static Socket connect(int port, Process server) throws Exception {
        for (int i = 0; i < 300; i++) {
            assertTrue(server.isAlive(), "the server ended by itself");
            try {
                return new Socket("127.0.0.1", port);
            } catch (IOException e) {
                Thread.sleep(100);
            }
        }
        throw new AssertionError("the server does not listen");
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
