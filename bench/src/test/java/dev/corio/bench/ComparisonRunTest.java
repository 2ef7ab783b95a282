package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ComparisonRunTest {
    private static final List<Peer> PEERS =
            List.of(
                    new Peer(
                            "broken",
                            "not installed",
                            site -> {
                                throw new IOException("nothing to run; install it");
                            }),
                    EchoPeers.nio());

    @TempDir private Path directory;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();

    @Test
    void tellsAtOnceWhoIsMissingAndKeepsWhatWasRun() throws Exception {
        run(
                "--load=JAVA",
                "--rounds=1",
                "--connections=4",
                "--sizes=128,256",
                "--warmup=0.2",
                "--seconds=0.5");
        String text = said.toString(StandardCharsets.UTF_8);
        String reason = "broken is left out: nothing to run; install it";
        int told = text.indexOf(reason);
        assertTrue(told >= 0, text);
        assertTrue(told < text.indexOf("× 256 B"), text);
        assertEquals(told, text.lastIndexOf(reason), text);
        RawData data = RawData.in(directory).getFirst();
        assertTrue(text.contains(Versions.text(data.versions())), text);
        assertTrue(data.versions().containsKey("Netty"), data::toString);
        assertEquals("not run: nothing to run; install it", data.commands().get("broken"));
        String nio = data.commands().getOrDefault("nio", "");
        assertTrue(nio.contains("-XX:+UseSerialGC"), nio);
        assertTrue(nio.endsWith("nio-echo 127.0.0.1:0"), nio);
    }

    @Test
    void dataOfAnEarlierRunDoesNotStayWhereNobodyTakesPart() throws Exception {
        Path old = Files.writeString(directory.resolve("echo.jsonl"), "old");
        Path other = Files.writeString(directory.resolve("other.jsonl"), "another comparison's");
        run("--peers=haproxy");
        assertFalse(Files.exists(old));
        assertTrue(Files.exists(other));
    }

    @Test
    void optionsThatMakeNoSenseLeaveTheDataOfAnEarlierRun() throws Exception {
        Path old = Files.writeString(directory.resolve("echo.jsonl"), "old");
        assertThrows(IllegalArgumentException.class, () -> run("--at=0"));
        assertTrue(Files.exists(old));
    }

    @Test
    void theLoadIsCheckedByAnotherClient() throws Exception {
        Assumptions.assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/redis-benchmark")), "needs redis-tools");
        comparison("--peers=nio", "--load=JAVA", "--rounds=1", "--warmup=0.2", "--seconds=0.5")
                .check(PEERS, PEERS);
        ClientCheck check = Objects.requireNonNull(ClientCheck.in(directory));
        assertEquals("nio", check.server());
        assertTrue(check.ours().getFirst().requests() > 0, check::toString);
        assertEquals(check.ours().getFirst().requests(), check.others().getFirst().requests());
        assertTrue(check.others().getFirst().cpuMicrosPerRequest() > 0, check::toString);
        String text = said.toString(StandardCharsets.UTF_8);
        assertTrue(text.contains("nio under two clients, 64 connections × 128 B"), text);
    }

    @Test
    void aLoadThatCannotBeCheckedSaysWhyAndLeavesNothing() throws Exception {
        new ClientCheck("old", QuietWorkbench.LOAD, List.of(), List.of()).write(directory);
        comparison("--peers=broken", "--load=JAVA").check(PEERS, PEERS);
        assertNull(ClientCheck.in(directory));
        String text = said.toString(StandardCharsets.UTF_8);
        assertTrue(
                text.contains("the load generator is not checked: nothing to run; install it"),
                text);
    }

    private void run(String... arguments) throws Exception {
        comparison(arguments).run("Echo servers", "echo", PEERS, PEERS, null);
    }

    private ComparisonRun comparison(String... arguments) {
        ComparisonOptions options = CommandLine.populateCommand(new ComparisonOptions(), arguments);
        PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
        return new ComparisonRun(options, directory, out, Patience.NONE);
    }
}
