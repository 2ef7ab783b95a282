package dev.corio.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A load program that first writes its arguments to a file, a line for each time it is started.
final class RecordedLoad {
    private RecordedLoad() {}

    static List<String> command(List<String> load, Path file) {
        List<String> recorded =
                new ArrayList<>(List.of("sh", "-c", "echo \"$*\" >>" + file + "; exec \"$@\"", ""));
        recorded.addAll(load);
        return recorded;
    }
}
