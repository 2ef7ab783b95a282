package dev.corio.bench;

import dev.corio.bench.Profile.Place;
import java.util.ArrayList;
import java.util.List;

/// Where the CPU time of a request goes.
///
/// **Threading:** safe from any thread.
final class ProfileTable {
    static final String TITLE = "where the CPU time of a request goes, by samples (perf)";

    private static final int HOTTEST = 6;

    private ProfileTable() {}

    /// Whether any of them was sampled.
    static boolean isThere(List<Summary> summaries) {
        return summaries.stream().anyMatch(summary -> summary.profile() != null);
    }

    /// A row for each peer that was sampled: microseconds of its median request, and in parentheses
    /// their part.
    static Table of(List<Summary> summaries) {
        Table table =
                new Table("server", "samples", "kernel µs", "program µs", "JVM µs", "libraries µs");
        for (Summary summary : summaries) {
            Profile profile = summary.profile();
            if (profile != null) {
                double micros = summary.cpuMicrosPerRequest().median();
                table.add(
                        summary.text(),
                        ComparisonTable.thousands((double) profile.count()),
                        cell(profile, Place.KERNEL, micros),
                        cell(profile, Place.PROGRAM, micros),
                        cell(profile, Place.JVM, micros),
                        cell(profile, Place.LIBRARIES, micros));
            }
        }
        return table;
    }

    /// The functions in which each of them spends most, a line for the kernel and one for the rest.
    static List<String> hottest(List<Summary> summaries) {
        List<String> lines = new ArrayList<>();
        for (Summary summary : summaries) {
            Profile profile = summary.profile();
            if (profile != null) {
                lines.add(line(summary, "in the kernel", profile, Place.KERNEL));
                lines.add(
                        line(
                                summary,
                                "elsewhere",
                                profile,
                                Place.PROGRAM,
                                Place.JVM,
                                Place.LIBRARIES));
            }
        }
        return lines;
    }

    private static String line(Summary summary, String where, Profile profile, Place... places) {
        return "%s, %s: %s"
                .formatted(
                        summary.text(), where, String.join(", ", profile.hottest(HOTTEST, places)));
    }

    private static String cell(Profile profile, Place place, double micros) {
        double part = profile.part(place);
        return "%.2f (%.0f %%)".formatted(micros * part, 100 * part);
    }
}
