package dev.corio.bench;

import dev.corio.bench.Profile.Place;
import java.util.List;
import java.util.stream.Stream;

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
                new Table(
                        "server",
                        "samples",
                        "kernel µs",
                        "program µs",
                        "JVM µs",
                        "libraries µs",
                        "hottest in the kernel",
                        "hottest elsewhere");
        for (Summary summary : summaries) {
            Stream.ofNullable(summary.profile()).forEach(profile -> add(table, summary, profile));
        }
        return table;
    }

    private static void add(Table table, Summary summary, Profile profile) {
        double micros = summary.cpuMicrosPerRequest().median();
        table.add(
                summary.peer(),
                ComparisonTable.thousands(profile.count()),
                cell(profile, Place.KERNEL, micros),
                cell(profile, Place.PROGRAM, micros),
                cell(profile, Place.JVM, micros),
                cell(profile, Place.LIBRARIES, micros),
                String.join(", ", profile.hottest(HOTTEST, Place.KERNEL)),
                String.join(
                        ", ", profile.hottest(HOTTEST, Place.PROGRAM, Place.JVM, Place.LIBRARIES)));
    }

    private static String cell(Profile profile, Place place, double micros) {
        double part = profile.part(place);
        return "%.2f (%.0f %%)".formatted(micros * part, 100 * part);
    }
}
