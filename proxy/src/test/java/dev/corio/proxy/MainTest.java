package dev.corio.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MainTest {
    private final StringWriter output = new StringWriter();
    private final StringWriter errors = new StringWriter();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "proxy",
                "proxy --listen :1",
                "proxy --listen nowhere --to 127.0.0.1:1",
                "proxy --listen :1 --to 127.0.0.1:0",
                "proxy --listen :1 --to :2 --driver kqueue",
                "proxy --listen :1 --to :2 --drain soon",
                "proxy --listen :1 --to :2 --cores 0,0",
                "proxy --listen :1 --to :2 --max-connections 0",
                "proxy --listen :1 --to :2 --buffer 1",
                "proxy --listen :1 --to :2 --frobnicate",
                "doctor --frobnicate",
            })
    void aWrongCommandLineIsOneLineAndTwo(String line) {
        assertEquals(2, run(line), errors.toString());
        assertEquals(1, errors.toString().lines().count(), errors.toString());
        assertTrue(errors.toString().startsWith("corio"), errors.toString());
        assertTrue(errors.toString().contains("--help"), errors.toString());
        assertEquals("", output.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"--help", "proxy --help", "doctor --help", "--version", "proxy --version"})
    void helpAndVersionAreOutput(String line) {
        assertEquals(0, run(line));
        assertTrue(output.toString().contains("corio"), output.toString());
        assertEquals("", errors.toString());
    }

    @Test
    void theDriverAloneIsOneWord() {
        assertEquals(0, run("doctor --driver-only"), errors.toString());
        assertTrue(output.toString().strip().matches("io_uring|epoll"), output.toString());
    }

    @Test
    void theDoctorListsEveryFeature() {
        assertEquals(0, run("doctor"), errors.toString());
        assertTrue(output.toString().contains("MULTISHOT_ACCEPT"), output.toString());
        assertTrue(output.toString().contains("problems"), output.toString());
    }

    private int run(String line) {
        String[] arguments = line.isEmpty() ? new String[0] : line.split(" ");
        return Main.commandLine()
                .setOut(new PrintWriter(output))
                .setErr(new PrintWriter(errors))
                .execute(arguments);
    }
}
