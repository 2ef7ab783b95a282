package dev.corio.proxy;

import dev.corio.core.CoreStats;
import dev.corio.core.Cores;
import dev.corio.core.DriverKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/// The line that `--stats` writes, for tools that measure: one JSON object with `driver`, `cores`,
/// `cpuNanos` (user and system time of the whole process, in steps of 10 ms), the four counts of
/// [Traffic], and all of [CoreStats#numbers], summed over the cores.
///
/// The states among them (`tasksLive`, `operationsInFlight`, `descriptorsOpen`, `buffersLeased`…)
/// are those after draining and before the cores close.
///
/// @param tasksLive without the task that asks
record Stats(DriverKind driver, int cores, CoreStats stats, long tasksLive) {
    /// Asked by a task.
    static Stats of(Cores cores) {
        CoreStats stats = cores.stats();
        return new Stats(cores.driver().kind(), cores.size(), stats, stats.tasksLive() - 1);
    }

    void write(Path file, Traffic traffic) throws IOException {
        Files.writeString(file, json(traffic, cpuTime()) + "\n");
    }

    String json(Traffic traffic, Duration cpu) {
        Map<String, Number> numbers = new LinkedHashMap<>();
        numbers.put("cores", cores);
        numbers.put("cpuNanos", cpu.toNanos());
        numbers.put("accepted", traffic.accepted());
        numbers.put("refused", traffic.refused());
        numbers.put("bytesForward", traffic.bytesForward());
        numbers.put("bytesBackward", traffic.bytesBackward());
        numbers.putAll(stats.numbers());
        numbers.put("tasksLive", tasksLive);
        return numbers.entrySet().stream()
                .map(entry -> "\"" + entry.getKey() + "\":" + entry.getValue())
                .collect(Collectors.joining(",", "{\"driver\":\"" + driver + "\",", "}"));
    }

    private static Duration cpuTime() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    }
}
