package dev.corio.bench;

import java.util.Map;

/// What a server took of the machine while it was measured, and what others took meanwhile.
///
/// @param cpuNanos its CPU time, all threads
/// @param loss what its CPU did for others
/// @param loadLoss what the load's CPU did for others, neither the load nor what is behind a proxy
/// @param residentBytes its memory at the end: the resident set
/// @param startMillis from the start of its process to the first byte that it echoed
///
///   **Threading:** immutable.
record ServerUse(
        long cpuNanos, CpuLoss loss, CpuLoss loadLoss, long residentBytes, double startMillis) {

    /// Of the two CPUs the one that suffered more.
    double disturbed() {
        return Math.max(loss.part(), loadLoss.part());
    }

    /// Reads what [#addTo] wrote.
    static ServerUse of(Map<String, Object> map) {
        return new ServerUse(
                Json.count(map, "serverCpuNanos"),
                CpuLoss.of(map, "stolen", "foreign"),
                CpuLoss.of(map, "loadStolen", "loadForeign"),
                Json.count(map, "residentBytes"),
                Json.number(map, "startMillis"));
    }

    void addTo(Map<String, ? super Object> map) {
        map.put("serverCpuNanos", cpuNanos);
        loss.addTo(map, "stolen", "foreign");
        loadLoss.addTo(map, "loadStolen", "loadForeign");
        map.put("residentBytes", residentBytes);
        map.put("startMillis", startMillis);
    }
}
