package dev.corio.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// The C programs of `src/main/c`, compiled here when first asked for.
///
/// **Threading:** used by one thread.
final class CTwins {
    private static final List<String> HEADERS =
            List.of("twin.h", "uring.h", "multishot.h", "histogram.h");
    private static final String REMEDY =
            "the C twins need gcc and liburing-dev (apt-get install gcc libc6-dev liburing-dev)";
    private static final long COMPILE_SECONDS_MAX = 60;

    private final Path directory;
    private final Map<String, Path> compiled = new HashMap<>();

    CTwins(Path directory) {
        this.directory = directory;
    }

    /// Answers the program compiled from `name.c`.
    ///
    /// @param definitions of the preprocessor, for variants: `NAME` or `NAME=VALUE`
    Path program(String name, String... definitions) throws IOException {
        String variant = name + String.join("-", definitions);
        Path program = compiled.get(variant);
        if (program == null) {
            program = compile(name, variant, definitions);
            compiled.put(variant, program);
        }
        return program;
    }

    private Path compile(String name, String variant, String... definitions) throws IOException {
        for (String header : HEADERS) {
            unpack(header);
        }
        unpack(name + ".c");
        Path program = directory.resolve(variant);
        Path log = directory.resolve(variant + ".gcc");
        List<String> command = new ArrayList<>(List.of("gcc", "-O2", "-Wall"));
        for (String definition : definitions) {
            command.add("-D" + definition);
        }
        command.addAll(List.of("-o", program.toString(), name + ".c", "-luring"));
        try {
            Process gcc =
                    new ProcessBuilder(command)
                            .directory(directory.toFile())
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile())
                            .start();
            if (!gcc.waitFor(COMPILE_SECONDS_MAX, TimeUnit.SECONDS)) {
                gcc.destroyForcibly();
                throw new IOException("gcc did not end; " + REMEDY);
            }
            if (gcc.exitValue() != 0) {
                throw new IOException(REMEDY + "; gcc: " + firstLine(log));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while compiling " + name, e);
        } catch (IOException e) {
            throw Files.exists(log) ? e : new IOException(REMEDY + "; " + e.getMessage(), e);
        }
        return program;
    }

    private void unpack(String file) throws IOException {
        try (InputStream source = CTwins.class.getResourceAsStream("/c/" + file)) {
            if (source == null) {
                throw new IOException("c/" + file + " is missing in corio-bench.jar");
            }
            Path target = directory.resolve(file);
            if (!Files.exists(target)) {
                Files.copy(source, target);
            }
        }
    }

    private static String firstLine(Path log) throws IOException {
        List<String> lines = Files.readAllLines(log);
        return lines.isEmpty() ? "no message" : lines.getFirst();
    }
}
