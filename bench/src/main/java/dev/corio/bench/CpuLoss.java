package dev.corio.bench;

import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// The part of a CPU that went elsewhere while it was to be ours, 0 to 1.
///
/// @param stolen what the hypervisor had of it
/// @param foreign what other processes had of it
///
///   **Threading:** immutable.
record CpuLoss(double stolen, double foreign) {
    static final CpuLoss NONE = new CpuLoss(0, 0);

    /// @param cpu what the CPU did meanwhile
    /// @param ownNanos what it did for us
    static CpuLoss of(MachineCpu cpu, long ownNanos, long elapsedNanos) {
        return new CpuLoss(
                (double) cpu.stolenNanos() / elapsedNanos,
                (double) Math.max(0, cpu.usedNanos() - ownNanos) / elapsedNanos);
    }

    /// Reads what [#addTo] wrote; files of before it was measured have nothing.
    static CpuLoss of(Map<String, Object> map, String stolenKey, String foreignKey) {
        return map.containsKey(foreignKey)
                ? new CpuLoss(Json.number(map, stolenKey), Json.number(map, foreignKey))
                : NONE;
    }

    /// The worst of some, where that is more than a measurement is believed with.
    static Optional<CpuLoss> disturbing(Stream<CpuLoss> losses) {
        return losses.max(Comparator.comparingDouble(CpuLoss::part)).filter(CpuLoss::isDisturbing);
    }

    boolean isDisturbing() {
        return part() > Contestant.DISTURBED_MAX;
    }

    double part() {
        return stolen + foreign;
    }

    void addTo(Map<String, ? super Object> map, String stolenKey, String foreignKey) {
        map.put(stolenKey, stolen);
        map.put(foreignKey, foreign);
    }
}
