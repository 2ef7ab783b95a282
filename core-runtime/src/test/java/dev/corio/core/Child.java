package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// A JVM in an environment of its own, for what cannot be done to the one that tests.
public record Child(int exit, String output) {
    public static final String CLASS_PATH = System.getProperty("java.class.path");
    public static final List<String> FLAGS =
            List.of(
                    "--enable-native-access=ALL-UNNAMED",
                    "--add-opens",
                    "java.base/java.lang=ALL-UNNAMED");

    /// Runs a main class of the tests, or a source file, behind a prefix such as strace.
    public static Child run(List<String> prefix, List<String> flags, String... main)
            throws Exception {
        List<String> command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-ea", "-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.addAll(flags);
        command.addAll(List.of(main));
        Path output = Files.createTempFile("corio-child", ".txt");
        try {
            Process process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile())
                            .start();
            boolean ended = process.waitFor(60, TimeUnit.SECONDS);
            if (!ended) {
                process.destroyForcibly().waitFor();
            }
            String text = Files.readString(output).strip();
            assertTrue(ended, () -> "still runs: " + command + "\n" + text);
            return new Child(process.exitValue(), text);
        } finally {
            Files.delete(output);
        }
    }

    static Child run(Class<?> main, String... arguments) throws Exception {
        return run(List.of(), main, arguments);
    }

    static Child run(List<String> prefix, Class<?> main, String... arguments) throws Exception {
        List<String> flags = new ArrayList<>(FLAGS);
        flags.addAll(List.of("-cp", CLASS_PATH, main.getName()));
        return run(prefix, flags, arguments);
    }

    /// Copies what the class path names to a directory, for a child of another user; answers the
    /// class path there.
    static String readableClassPath(Path directory) throws Exception {
        List<String> copies = new ArrayList<>();
        for (String each : CLASS_PATH.split(":")) {
            String copy = directory.resolve(String.valueOf(copies.size())).toString();
            assertEquals(0, new ProcessBuilder("cp", "-r", each, copy).start().waitFor(), each);
            copies.add(copy);
        }
        String readable = "a+rX";
        String path = directory.toString();
        assertEquals(0, new ProcessBuilder("chmod", "-R", readable, path).start().waitFor());
        return String.join(":", copies);
    }

    /// A source file among the test resources.
    public static String source(String name) throws Exception {
        return Path.of(Child.class.getResource("/" + name).toURI()).toString();
    }

    public static boolean isInstalled(String program) {
        return Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }

    Child expectSuccess() {
        assertTrue(exit == 0, () -> "exit " + exit + ": " + output);
        return this;
    }
}
