package dev.corio.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The load generator of Redis, a client that others wrote, against an echo server: a command comes
/// back as it went out, and an array of strings is a reply as good as any.
///
/// **Threading:** used by one thread.
final class RedisBenchmark {
    private static final Path PROGRAM = Path.of("/usr/bin/redis-benchmark");
    private static final String COMMAND = "ECHO";
    private static final int FRAME_BYTES = "*2\r\n$4\r\nECHO\r\n$\r\n\r\n".length();
    private static final int DIGITS_MAX = 9;

    /// When its server is gone it connects again for ever.
    private static final long MINUTES_MAX = 5;

    private static final double MILLI_MICROS = 1_000.0;

    private RedisBenchmark() {}

    /// Sends `requests` requests by `cpu`, and answers what it says of them.
    static Answer run(
            InetSocketAddress target,
            int connections,
            int sizeBytes,
            long requests,
            int cpu,
            Path log)
            throws IOException, InterruptedException {
        if (!Files.isExecutable(PROGRAM)) {
            throw new IOException(PROGRAM + " is not there (apt-get install redis-tools)");
        }
        List<String> command = command(target, connections, sizeBytes, requests);
        try (ChildProcess child = ChildProcess.start("redis-benchmark", cpu, command, log)) {
            if (!child.process().waitFor(MINUTES_MAX, TimeUnit.MINUTES)) {
                throw child.failure("did not end in " + MINUTES_MAX + " minutes");
            }
            if (child.process().exitValue() != 0) {
                throw child.failure("failed");
            }
        }
        return Answer.of(Files.readAllLines(log));
    }

    static List<String> command(
            InetSocketAddress target, int connections, int sizeBytes, long requests) {
        return List.of(
                PROGRAM.toString(),
                "-h",
                target.getAddress().getHostAddress(),
                "-p",
                Integer.toString(target.getPort()),
                "-c",
                Integer.toString(connections),
                "-n",
                Long.toString(requests),
                "--csv",
                COMMAND,
                payload(sizeBytes));
    }

    /// What makes a message of `sizeBytes`, its frame included: `*2 $4 ECHO $106 xxx…`.
    static String payload(int sizeBytes) {
        for (int digits = 1; digits <= DIGITS_MAX; digits++) {
            int length = sizeBytes - FRAME_BYTES - digits;
            if (length > 0 && Integer.toString(length).length() == digits) {
                return "x".repeat(length);
            }
        }
        throw new IllegalArgumentException(
                "redis-benchmark has no message of that size: " + sizeBytes);
    }

    /// What it printed: a header, and below it the numbers.
    record Answer(double requestsPerSecond, double p50Micros, double p99Micros, double maxMicros) {

        static Answer of(List<String> lines) throws IOException {
            int header = 0;
            while (header < lines.size() && !lines.get(header).startsWith("\"test\"")) {
                header++; // a warning that an echo server has no configuration
            }
            if (header + 1 >= lines.size()) {
                throw new IOException("redis-benchmark said " + String.join(" ", lines));
            }
            List<String> names = cells(lines.get(header));
            List<String> values = cells(lines.get(header + 1));
            return new Answer(
                    number(names, values, "rps"),
                    number(names, values, "p50_latency_ms") * MILLI_MICROS,
                    number(names, values, "p99_latency_ms") * MILLI_MICROS,
                    number(names, values, "max_latency_ms") * MILLI_MICROS);
        }

        private static List<String> cells(String line) {
            return Arrays.asList(line.substring(1, line.length() - 1).split("\",\"", -1));
        }

        private static double number(List<String> names, List<String> values, String name)
                throws IOException {
            int index = names.indexOf(name);
            if (index < 0 || index >= values.size()) {
                throw new IOException("redis-benchmark did not say " + name);
            }
            return Double.parseDouble(values.get(index));
        }
    }
}
