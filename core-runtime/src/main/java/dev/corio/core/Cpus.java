package dev.corio.core;

import dev.corio.linux.Linux;
import dev.corio.linux.SyscallException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/// The CPUs that this process may use: the affinity mask, whose numbers need not start at 0 in a
/// container, and the cgroup's quota, which the mask does not show.
///
/// @param allowed the numbers in the mask
/// @param quota how many CPUs' worth of time the cgroup grants; infinite when it has no limit
///
///   **Threading:** immutable.
public record Cpus(List<Integer> allowed, double quota) {
    private static final Path CGROUP_V2 = Path.of("/sys/fs/cgroup/cpu.max");
    private static final Pattern RATIO = Pattern.compile("\\s*(\\d+)\\s+([1-9]\\d*)\\s*");
    private static final Path CGROUP_V1 = Path.of("/sys/fs/cgroup/cpu");

    /// Reads both now.
    ///
    /// @throws SyscallException when the mask cannot be read
    public static Cpus read() throws SyscallException {
        return new Cpus(IntStream.of(Linux.affinity()).boxed().toList(), readQuota());
    }

    /// The CPUs to take when nobody says which: as many as mask and quota allow.
    public int[] usable() {
        int count = (int) Math.clamp(Math.ceil(quota), 1, allowed.size());
        return allowed.stream().limit(count).mapToInt(Integer::intValue).toArray();
    }

    /// Whether pinning is right. Under a quota smaller than the mask the kernel stops a pinned
    /// thread for the rest of the period although other CPUs are idle.
    public boolean isPinningUseful() {
        return quota >= allowed.size();
    }

    private static double readQuota() {
        double v2 = ratio(readText(CGROUP_V2));
        if (v2 != Double.POSITIVE_INFINITY) {
            return v2;
        }
        String limit = readText(CGROUP_V1.resolve("cpu.cfs_quota_us"));
        String period = readText(CGROUP_V1.resolve("cpu.cfs_period_us"));
        return ratio(limit + " " + period);
    }

    /// Reads `quota period`; `max`, a negative quota or no text at all is no limit.
    static double ratio(String text) {
        Matcher matcher = RATIO.matcher(text);
        if (!matcher.matches()) {
            return Double.POSITIVE_INFINITY;
        }
        return Double.parseDouble(matcher.group(1)) / Double.parseDouble(matcher.group(2));
    }

    /// The content, or nothing when there is no such cgroup file.
    private static String readText(Path file) {
        try {
            return Files.isReadable(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            return "";
        }
    }
}
