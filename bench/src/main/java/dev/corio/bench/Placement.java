package dev.corio.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Which CPU the server gets and which one the load, out of those this process may use.
///
/// @param serverCpu the server's, alone
/// @param loadCpu the load's and everything else's
/// @param remark what spoils the separation, or an empty text
///
///   **Threading:** immutable.
record Placement(int serverCpu, int loadCpu, String remark) {
    private static final String STATUS_KEY = "Cpus_allowed_list:";

    /// Chooses by this process's affinity mask, which a container's cpuset limits too.
    static Placement choose() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith(STATUS_KEY)) {
                return choose(cpus(line.substring(STATUS_KEY.length())), Placement::siblings);
            }
        }
        throw new IOException("/proc/self/status has no line " + STATUS_KEY);
    }

    /// The load gets the first CPU allowed, the server the last that is not its hyper-thread.
    static Placement choose(List<Integer> allowed, Siblings siblings) throws IOException {
        int load = allowed.getFirst();
        if (allowed.size() == 1) {
            return new Placement(
                    load,
                    load,
                    "server and load share CPU "
                            + load
                            + ", the only one allowed: requests/s and latencies are those of both");
        }
        List<Integer> sameCore = siblings.of(load);
        for (int cpu : allowed.reversed()) {
            if (!sameCore.contains(cpu)) {
                return new Placement(cpu, load, "");
            }
        }
        int server = allowed.getLast();
        return new Placement(
                server,
                load,
                "CPUs %d and %d are hyper-threads of one core and slow each other"
                        .formatted(server, load));
    }

    boolean isShared() {
        return serverCpu == loadCpu;
    }

    /// Parses the kernel's list format, as in `0-3,8,10-11`.
    static List<Integer> cpus(String list) {
        List<Integer> cpus = new ArrayList<>();
        for (String part : list.strip().split(",", -1)) {
            int dash = part.indexOf('-');
            int first = Integer.parseInt(dash < 0 ? part : part.substring(0, dash));
            int last = dash < 0 ? first : Integer.parseInt(part.substring(dash + 1));
            for (int cpu = first; cpu <= last; cpu++) {
                cpus.add(cpu);
            }
        }
        return cpus;
    }

    private static List<Integer> siblings(int cpu) throws IOException {
        Path file = Path.of("/sys/devices/system/cpu/cpu" + cpu + "/topology/thread_siblings_list");
        try {
            return cpus(Files.readString(file));
        } catch (NoSuchFileException e) {
            return List.of(cpu);
        }
    }

    /// Answers the CPUs that share a core with this one, itself included.
    interface Siblings {
        List<Integer> of(int cpu) throws IOException;
    }
}
