package dev.corio.core;

import dev.corio.linux.Linux;
import dev.corio.linux.SyscallException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/// The CPUs that this process may use: the affinity mask, whose numbers need not start at 0 in a
/// container, and the cgroup's quota, which the mask does not show.
///
/// @param allowed the numbers in the mask
/// @param quota how many CPUs' worth of time the cgroup grants; infinite when it has no limit
///
///   **Threading:** immutable.
public record Cpus(List<Integer> allowed, double quota) {
    private static final Path PROC = Path.of("/proc/self");

    /// Reads both now.
    ///
    /// @throws SyscallException when the mask cannot be read
    public static Cpus read() throws SyscallException {
        return new Cpus(IntStream.of(Linux.affinity()).boxed().toList(), CpuQuota.read(PROC));
    }

    /// Pins the calling thread.
    static void pinTo(int cpu) throws SyscallException {
        int result = Linux.pinTo(cpu);
        if (result < 0) {
            throw new SyscallException(
                    "sched_setaffinity(cpu=" + cpu + ")",
                    -result,
                    "choose CPUs of the allowed set, or switch pinning off");
        }
    }

    /// The CPUs to take when nobody says which: as many as mask and quota allow.
    public int[] usable() {
        int count = (int) Math.clamp(Math.ceil(quota), 1, allowed.size());
        return allowed.stream().limit(count).mapToInt(Integer::intValue).toArray();
    }

    /// Whether pinning is right. Under a quota smaller than the mask the kernel stops a pinned
    /// thread for the rest of the period although other CPUs are idle.
    public boolean isPinningUseful() {
        return quota >= allowed.size();
    }
}
