package dev.corio.core;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How much CPU time the control groups of this process grant: the smallest limit of its own group
/// and of those above it, in the hierarchies of both versions.
///
/// `/proc/self/cgroup` names the groups, `/proc/self/mountinfo` tells where their hierarchy can be
/// seen; a container may see only a part of it, or none. See cgroups(7).
///
/// **Threading:** safe from any thread.
final class CpuQuota {
    static final double NONE = Double.POSITIVE_INFINITY;

    private static final Pattern RATIO = Pattern.compile("\\s*(\\d+)\\s+([1-9]\\d*)\\s*");

    /// Its fields: the part of the hierarchy that is mounted, where, and after the dash what it is.
    private static final Pattern MOUNT =
            Pattern.compile("\\S+ \\S+ \\S+ (\\S+) (\\S+) .* - (cgroup2?) \\S+ (\\S+)");

    private CpuQuota() {}

    /// CPUs' worth of time, [#NONE] without a limit.
    ///
    /// @param proc of this process: `/proc/self` outside of tests
    static double read(Path proc) {
        List<Matcher> mounts =
                lines(proc.resolve("mountinfo")).stream()
                        .map(MOUNT::matcher)
                        .filter(Matcher::matches)
                        .toList();
        double least = NONE;
        for (String line : lines(proc.resolve("cgroup"))) {
            // hierarchy:controllers:path; version 2 has no controllers here.
            String[] fields = line.split(":", 3);
            if (fields.length == 3) {
                for (Matcher mount : mounts) {
                    if (isOf(mount, fields[1])) {
                        least = Math.min(least, below(mount, fields[2]));
                    }
                }
            }
        }
        return least;
    }

    private static boolean isOf(Matcher mount, String controllers) {
        return mount.group(3).equals("cgroup2")
                ? controllers.isEmpty()
                : has(controllers, "cpu") && has(mount.group(4), "cpu");
    }

    private static boolean has(String list, String word) {
        return Arrays.asList(list.split(",", -1)).contains(word);
    }

    /// The least of a group and of those above it that can be seen.
    private static double below(Matcher mount, String group) {
        Path root = Path.of(mount.group(1));
        Path path = Path.of(group);
        Path place = Path.of(mount.group(2));
        double least = limit(place);
        // A group outside of what is mounted is the namespace's own: the mount shows it as its top.
        if (path.startsWith(root)) {
            for (Path name : root.relativize(path)) {
                place = place.resolve(name);
                least = Math.min(least, limit(place));
            }
        }
        return least;
    }

    private static double limit(Path group) {
        double version2 = ratio(text(group.resolve("cpu.max")));
        double version1 =
                ratio(
                        text(group.resolve("cpu.cfs_quota_us"))
                                + " "
                                + text(group.resolve("cpu.cfs_period_us")));
        return Math.min(version1, version2);
    }

    /// Reads `quota period`; `max`, a negative quota or no text at all is no limit.
    static double ratio(String text) {
        Matcher matcher = RATIO.matcher(text);
        if (!matcher.matches()) {
            return NONE;
        }
        return Double.parseDouble(matcher.group(1)) / Double.parseDouble(matcher.group(2));
    }

    private static String text(Path file) {
        return String.join(" ", lines(file));
    }

    /// Nothing where there is no such file, or it may not be read: then there is no limit we know
    /// of.
    private static List<String> lines(Path file) {
        try {
            return Files.isReadable(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            return List.of();
        }
    }
}
