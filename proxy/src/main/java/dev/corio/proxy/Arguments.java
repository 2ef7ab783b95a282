package dev.corio.proxy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import picocli.CommandLine.TypeConversionException;

/// Texts of the command line as values. Each says what it expects when it cannot read a text.
final class Arguments {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(us|ms|s|m|h)");
    private static final Pattern ADDRESS =
            Pattern.compile("(?:\\[([^\\]]+)]|([^:\\[\\]]*)):(\\d{1,5})");
    private static final Pattern SIZE = Pattern.compile("(\\d{1,9})(?:([kKmM])(?:iB|B)?)?");
    private static final Pattern CPUS = Pattern.compile("(\\d{1,5})(?:-(\\d{1,5}))?");
    private static final int CPUS_MAX = 4096;

    private Arguments() {}

    /// Reads `20us`, `250ms`, `3s`, `5m`, `1h` or `0`.
    static Duration duration(String text) {
        if (text.equals("0")) {
            return Duration.ZERO;
        }
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw unreadable(text, "a duration such as 20us, 250ms, 3s, 5m, 1h or 0");
        }
        long count = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "us" -> Duration.of(count, ChronoUnit.MICROS);
            case "ms" -> Duration.ofMillis(count);
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            default -> Duration.ofHours(count);
        };
    }

    /// Writes a duration as [#duration] reads it.
    static String text(Duration duration) {
        return duration.toMillis() % 1000 == 0
                ? duration.toSeconds() + "s"
                : duration.toMillis() + "ms";
    }

    /// Reads a number of bytes: `4096`, `16k`, `16KiB`, `1M`.
    static int bytes(String text) {
        Matcher matcher = SIZE.matcher(text);
        if (matcher.matches()) {
            String unit = matcher.group(2);
            int shift = unit == null ? 0 : unit.equalsIgnoreCase("k") ? 10 : 20;
            long bytes = Long.parseLong(matcher.group(1)) << shift;
            if (bytes <= Integer.MAX_VALUE) {
                return (int) bytes;
            }
        }
        throw unreadable(text, "a number of bytes below 2 GiB, such as 4096, 16k or 1M");
    }

    /// Reads `host:port`, `[ipv6]:port`, and `:port` or `*:port` for every address of this machine.
    /// The answer is unresolved when the host is a name.
    static InetSocketAddress address(String text) {
        Matcher matcher = ADDRESS.matcher(text);
        if (!matcher.matches() || Integer.parseInt(matcher.group(3)) > 65535) {
            throw unreadable(text, "host:port, [ipv6]:port or :port, with a port up to 65535");
        }
        int port = Integer.parseInt(matcher.group(3));
        String host = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
        if (host.isEmpty() || host.equals("*")) {
            return new InetSocketAddress(port);
        }
        try {
            return new InetSocketAddress(InetAddress.ofLiteral(host), port);
        } catch (IllegalArgumentException notLiteral) {
            if (matcher.group(1) != null) {
                throw unreadable(text, "an IPv6 address between the brackets");
            }
            return InetSocketAddress.createUnresolved(host, port);
        }
    }

    /// Reads a list of CPUs as the kernel writes them: `0,2-3`.
    static int[] cpus(String text) {
        IntStream cpus = IntStream.empty();
        for (String part : text.split(",", -1)) {
            Matcher matcher = CPUS.matcher(part);
            if (!matcher.matches()) {
                throw unreadable(text, "a list of CPUs such as 0,2-3");
            }
            int first = Integer.parseInt(matcher.group(1));
            int last = matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2));
            if (last < first || last >= CPUS_MAX) {
                throw unreadable(text, "a list of ascending CPUs below " + CPUS_MAX);
            }
            cpus = IntStream.concat(cpus, IntStream.rangeClosed(first, last));
        }
        int[] all = cpus.toArray();
        if (IntStream.of(all).distinct().count() != all.length) {
            throw unreadable(text, "a list with each CPU once");
        }
        return all;
    }

    private static TypeConversionException unreadable(String text, String expected) {
        return new TypeConversionException("'" + text + "' is not " + expected);
    }
}
