package dev.corio.core;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.StringTokenizer;
import org.jspecify.annotations.Nullable;

/// How much CPU time the control groups of this process grant: the smallest limit of its own group
/// and of those above it, in the hierarchies of both versions.
///
/// `/proc/self/cgroup` names the groups, `/proc/self/mountinfo` tells where their hierarchy can be
/// seen; a container may see only a part of it, or none. See cgroups(7).
///
/// Without regular expressions and streams, for it is the first thing that a program does, and the
/// JVM would load and interpret them for this alone.
///
/// **Threading:** safe from any thread.
final class CpuQuota {
    static final double NONE = Double.POSITIVE_INFINITY;

    private CpuQuota() {}

    /// CPUs' worth of time, [#NONE] without a limit.
    ///
    /// @param proc of this process: `/proc/self` outside of tests
    static double read(Path proc) {
        List<Mount> mounts = new ArrayList<>();
        for (String line : lines(proc.resolve("mountinfo"))) {
            Mount mount = Mount.parse(line);
            if (mount != null) {
                mounts.add(mount);
            }
        }
        double least = NONE;
        for (String line : lines(proc.resolve("cgroup"))) {
            // hierarchy:controllers:path; version 2 has no controllers here.
            String[] fields = line.split(":", 3);
            if (fields.length == 3) {
                for (Mount mount : mounts) {
                    if (mount.isOf(fields[1])) {
                        least = Math.min(least, below(mount, fields[2]));
                    }
                }
            }
        }
        return least;
    }

    private static boolean has(String list, String word) {
        return Arrays.asList(list.split(",", -1)).contains(word);
    }

    /// The least of a group and of those above it that can be seen.
    private static double below(Mount mount, String group) {
        Path root = Path.of(mount.root);
        Path path = Path.of(group);
        Path place = Path.of(mount.place);
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
        StringTokenizer words = new StringTokenizer(text);
        if (words.countTokens() != 2) {
            return NONE;
        }
        try {
            long quota = Long.parseLong(words.nextToken());
            long period = Long.parseLong(words.nextToken());
            return quota < 0 || period <= 0 ? NONE : (double) quota / period;
        } catch (NumberFormatException e) {
            return NONE;
        }
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

    /// A hierarchy of control groups, as far as it can be seen.
    ///
    /// @param root the part of it that is mounted
    /// @param place where
    /// @param options of its kind: the controllers, in version 1
    private record Mount(String root, String place, String kind, String options) {
        /// Null for a mount of another kind. See proc_pid_mountinfo(5); spaces in paths are
        /// escaped.
        static @Nullable Mount parse(String line) {
            int dash = line.indexOf(" - cgroup");
            String[] first = line.split(" ", 6);
            if (dash < 0 || first.length < 6) {
                return null;
            }
            String[] last = line.substring(dash + 3).split(" ", 3);
            boolean isKnown = last[0].equals("cgroup") || last[0].equals("cgroup2");
            return isKnown && last.length == 3
                    ? new Mount(first[3], first[4], last[0], last[2])
                    : null;
        }

        boolean isOf(String controllers) {
            return kind.equals("cgroup2")
                    ? controllers.isEmpty()
                    : has(controllers, "cpu") && has(options, "cpu");
        }
    }
}
