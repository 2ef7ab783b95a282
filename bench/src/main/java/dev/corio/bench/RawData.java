package dev.corio.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// What one comparison left on disk, a JSON object a line: first the machine, then each measurement
/// as it was made.
///
/// @param machine what it ran on
/// @param title what was compared
/// @param reference the peer that ratios are taken to, or [Summary#TURN_MEDIAN]
/// @param versions of what was compared, by its name; files of before they were kept have none
/// @param commands the command line of each peer; files of before they were kept have none
/// @param rounds all measurements, in their order
///
///   **Threading:** immutable.
record RawData(
        String machine,
        String title,
        String reference,
        Map<String, String> versions,
        Map<String, String> commands,
        List<Round> rounds) {

    /// Reads the files of a directory, in the order of their names.
    static List<RawData> in(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            throw new NotDirectoryException(directory + " is not a directory");
        }
        List<RawData> all = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(RawData::isRaw).sorted().toList()) {
                all.add(read(file));
            }
        }
        return all;
    }

    /// The loads that were measured, in their order.
    List<LoadOptions> loads() {
        return rounds.stream().map(Round::load).distinct().toList();
    }

    List<Round> rounds(LoadOptions load) {
        return rounds.stream().filter(round -> round.load().equals(load)).toList();
    }

    List<String> peers() {
        return rounds.stream().map(Round::peer).distinct().toList();
    }

    private static boolean isRaw(Path file) {
        return file.toString().endsWith(".jsonl");
    }

    private static RawData read(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file);
        if (lines.isEmpty()) {
            throw new IOException(file + " is empty: the comparison did not begin");
        }
        try {
            Map<String, Object> head = Json.parse(lines.getFirst());
            return new RawData(
                    Json.text(head, "text"),
                    Json.text(head, "title"),
                    Json.text(head, "reference"),
                    Json.texts(head, "versions"),
                    Json.texts(head, "commands"),
                    lines.stream().skip(1).map(Json::parse).map(Round::of).toList());
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is not raw data of a comparison: " + e.getMessage(), e);
        }
    }
}
