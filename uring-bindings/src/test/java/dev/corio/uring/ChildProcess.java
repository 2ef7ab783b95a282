package dev.corio.uring;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// A JVM in an environment of its own, for what cannot be done to the one that tests.
final class ChildProcess {
    record Outcome(int exit, String output) {}

    private ChildProcess() {}

    static boolean isInstalled(String program) {
        return Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }

    /// The command that runs a main class of the tests, without its arguments.
    static List<String> java(String classPath, Class<?> main) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-ea",
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath,
                main.getName());
    }

    static Outcome run(List<String> prefix, List<String> command) throws Exception {
        List<String> all = new ArrayList<>(prefix);
        all.addAll(command);
        Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), () -> "still runs: " + all);
        return new Outcome(process.exitValue(), output.strip());
    }

    /// Copies our classes to where another user can read them.
    static Path copyOfClasses() throws Exception {
        Path copy = Files.createTempDirectory("corio-classes");
        copy(Path.of(Ring.class.getProtectionDomain().getCodeSource().getLocation().toURI()), copy);
        copy(
                Path.of(
                        ChildProcess.class
                                .getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .toURI()),
                copy);
        try (Stream<Path> paths = Files.walk(copy)) {
            paths.forEach(path -> {
                boolean isReadable =
                        path.toFile().setReadable(true, false)
                                && (!Files.isDirectory(path)
                                        || path.toFile().setExecutable(true, false));
                assertTrue(isReadable, path.toString());
            });
        }
        return copy;
    }

    static void delete(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(path);
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> paths = Files.walk(from)) {
            for (Path path : paths.toList()) {
                Path target = to.resolve(from.relativize(path).toString());
                if (Files.isDirectory(path)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(path, target, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
    }
}
