package dev.corio.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/// What the numbers were made on, without which they mean nothing.
///
/// **Threading:** immutable.
record Machine(String cpu, boolean isVirtual, String kernel, String jdk, Placement placement) {

    static Machine read(Placement placement) throws IOException {
        String cpu = "unknown CPU (" + System.getProperty("os.arch") + ")";
        boolean isVirtual = false;
        for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
            if (line.startsWith("model name")) {
                cpu = line.substring(line.indexOf(':') + 1).strip();
            }
            isVirtual |= line.startsWith("flags") && line.contains(" hypervisor");
        }
        return new Machine(
                cpu,
                isVirtual,
                System.getProperty("os.version"),
                System.getProperty("java.vendor.version", "JDK")
                        + " "
                        + System.getProperty("java.vm.version"),
                placement);
    }

    String text() {
        String where =
                placement.isShared()
                        ? placement.remark()
                        : "server on CPU %d, load on CPU %d"
                                .formatted(placement.serverCpu(), placement.loadCpu());
        String remark =
                placement.isShared() || placement.remark().isEmpty()
                        ? ""
                        : " (" + placement.remark() + ")";
        return "%s, loopback, %s%s".formatted(platform(), where, remark);
    }

    /// Without who has which CPU, for what runs on all of them.
    String platform() {
        return "%s%s, Linux %s, %s".formatted(cpu, isVirtual ? " (virtual)" : "", kernel, jdk);
    }

    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("event", "machine");
        map.put("text", text());
        map.put("cpu", cpu);
        map.put("virtual", isVirtual);
        map.put("kernel", kernel);
        map.put("jdk", jdk);
        map.put("serverCpu", placement.serverCpu());
        map.put("loadCpu", placement.loadCpu());
        return map;
    }
}
