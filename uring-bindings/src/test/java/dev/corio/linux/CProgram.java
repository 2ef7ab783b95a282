package dev.corio.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Asks the C compiler for the values of expressions.
public final class CProgram {
    private static final String HEADERS =
            """
            #define _GNU_SOURCE
            #include <stddef.h>
            #include <stdio.h>
            #include <errno.h>
            #include <fcntl.h>
            #include <linux/io_uring.h>
            #include <linux/time_types.h>
            #include <netinet/in.h>
            #include <netinet/tcp.h>
            #include <netinet/udp.h>
            #include <poll.h>
            #include <sched.h>
            #include <sys/epoll.h>
            #include <sys/eventfd.h>
            #include <sys/mman.h>
            #include <sys/resource.h>
            #include <sys/socket.h>
            #include <sys/uio.h>
            #include <sys/un.h>
            #include <sys/utsname.h>
            #include <time.h>
            """;

    private static final Pattern ERROR_LINE = Pattern.compile("^\\S+?:(\\d+):\\d+: error: (.*)$");
    private static final Pattern NOT_THERE =
            Pattern.compile(".*(has no member named|undeclared \\(first use).*");

    /// What the compiler knows, and what its headers are too old for.
    public record Answers(Map<String, Long> values, List<String> unknown) {}

    private CProgram() {}

    /// The values of C expressions of integer type.
    public static Answers evaluate(List<String> expressions) throws Exception {
        List<String> asked = new ArrayList<>(expressions);
        List<String> unknown = new ArrayList<>();
        Path directory = Files.createTempDirectory("corio-layout");
        try {
            while (true) {
                String errors = compile(directory, asked);
                if (errors.isEmpty()) {
                    return new Answers(run(directory, asked), unknown);
                }
                List<String> rejected = rejected(errors, asked);
                asked.removeAll(rejected);
                unknown.addAll(rejected);
            }
        } finally {
            for (String name : List.of("a.c", "a.out")) {
                Files.deleteIfExists(directory.resolve(name));
            }
            Files.delete(directory);
        }
    }

    private static String compile(Path directory, List<String> expressions) throws Exception {
        StringBuilder source = new StringBuilder(HEADERS).append("int main(void) {\n");
        expressions.forEach(e -> source.append("printf(\"%lld\\n\", (long long) (" + e + "));\n"));
        Files.writeString(directory.resolve("a.c"), source.append("}\n"));
        try {
            return output(directory, List.of("gcc", "-w", "-fmax-errors=0", "-o", "a.out", "a.c"));
        } catch (IOException e) {
            throw new AssertionError(
                    "the layouts are checked with a C compiler: apt install gcc libc6-dev"
                            + " linux-libc-dev",
                    e);
        }
    }

    /// Only what newer headers bring may be missing; every other error is one.
    private static List<String> rejected(String errors, List<String> asked) {
        int firstLine = (int) HEADERS.lines().count() + 2;
        List<String> rejected = new ArrayList<>();
        for (String line : errors.lines().toList()) {
            Matcher error = ERROR_LINE.matcher(line);
            if (!error.matches()) {
                continue;
            }
            if (!NOT_THERE.matcher(error.group(2)).matches()) {
                throw new AssertionError("gcc: " + line);
            }
            rejected.add(asked.get(Integer.parseInt(error.group(1)) - firstLine));
        }
        if (rejected.isEmpty()) {
            throw new AssertionError("gcc: " + errors);
        }
        return rejected;
    }

    private static Map<String, Long> run(Path directory, List<String> expressions)
            throws Exception {
        List<String> lines = output(directory, List.of("./a.out")).lines().toList();
        Map<String, Long> values = new LinkedHashMap<>();
        for (int i = 0; i < lines.size(); i++) {
            values.put(expressions.get(i), Long.valueOf(lines.get(i)));
        }
        return values;
    }

    private static String output(Path directory, List<String> command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C");
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes());
        process.waitFor();
        return output;
    }
}
