package dev.corio.bench;

import java.util.Map;

/// What a server took of the machine while it was measured.
///
/// @param cpuNanos its CPU time, all threads
/// @param stolen part of the measured time in which the hypervisor had the server's CPU, 0 to 1
/// @param foreign part of it in which other processes had it, 0 to 1
/// @param residentBytes its memory at the end: the resident set
/// @param startMillis from the start of its process to the first byte that it echoed
///
///   **Threading:** immutable.
record ServerUse(
        long cpuNanos, double stolen, double foreign, long residentBytes, double startMillis) {

    double disturbed() {
        return stolen + foreign;
    }

    /// Reads what [#addTo] wrote.
    static ServerUse of(Map<String, Object> map) {
        return new ServerUse(
                Json.count(map, "serverCpuNanos"),
                Json.number(map, "stolen"),
                Json.number(map, "foreign"),
                Json.count(map, "residentBytes"),
                Json.number(map, "startMillis"));
    }

    void addTo(Map<String, ? super Object> map) {
        map.put("serverCpuNanos", cpuNanos);
        map.put("stolen", stolen);
        map.put("foreign", foreign);
        map.put("residentBytes", residentBytes);
        map.put("startMillis", startMillis);
    }
}
