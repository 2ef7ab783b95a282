package dev.corio.proxy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What `/proc` says about this process and its limits. A file that a container hides reads as
/// nothing; then the fact is null and nobody concludes anything from it.
///
/// @param memlock bytes that may be locked
/// @param nofile descriptors; the JVM raises its soft limit to the hard one when it starts
/// @param seccomp 0 off, 1 strict, 2 a filter such as Docker's
/// @param uringDisabled kernel.io_uring_disabled: 0 for all, 1 for a group, 2 for nobody
/// @param locksFreely whether `CAP_IPC_LOCK` is in effect, with which `memlock` limits nothing; a
///   container's root often lacks it
record Machine(
        @Nullable Limit memlock,
        @Nullable Limit nofile,
        @Nullable Integer seccomp,
        @Nullable Integer uringDisabled,
        @Nullable Boolean locksFreely) {
    private static final int CAP_IPC_LOCK = 14;

    /// A soft and a hard limit; [Long#MAX_VALUE] for none.
    record Limit(long soft, long hard) {}

    /// Reads below `proc`, which is `/proc` outside of tests.
    static Machine read(Path proc) {
        List<String> limits = lines(proc.resolve("self/limits"));
        List<String> status = lines(proc.resolve("self/status"));
        return new Machine(
                limit(limits, "Max locked memory"),
                limit(limits, "Max open files"),
                number(status, "Seccomp:\\s+(\\d+)"),
                number(lines(proc.resolve("sys/kernel/io_uring_disabled")), "(\\d+)"),
                locksFreely(status));
    }

    private static @Nullable Boolean locksFreely(List<String> status) {
        Matcher effective = find(status, "CapEff:\\s+([0-9a-f]+)");
        return effective == null
                ? null
                : (Long.parseUnsignedLong(effective.group(1), 16) >> CAP_IPC_LOCK & 1) != 0;
    }

    private static @Nullable Limit limit(List<String> lines, String name) {
        Matcher matcher = find(lines, name + "\\s+(\\d+|unlimited)\\s+(\\d+|unlimited).*");
        return matcher == null ? null : new Limit(bound(matcher.group(1)), bound(matcher.group(2)));
    }

    private static long bound(String text) {
        return text.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(text);
    }

    private static @Nullable Integer number(List<String> lines, String pattern) {
        Matcher matcher = find(lines, pattern);
        return matcher == null ? null : Integer.valueOf(matcher.group(1));
    }

    private static @Nullable Matcher find(List<String> lines, String pattern) {
        Pattern compiled = Pattern.compile(pattern);
        for (String line : lines) {
            Matcher matcher = compiled.matcher(line);
            if (matcher.matches()) {
                return matcher;
            }
        }
        return null;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException hidden) {
            return List.of();
        }
    }
}
