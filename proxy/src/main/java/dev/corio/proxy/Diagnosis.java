package dev.corio.proxy;

import dev.corio.core.Cpus;
import dev.corio.core.DriverChoice;
import dev.corio.core.DriverKind;
import java.util.ArrayList;
import java.util.List;

/// Conclusions from facts. Each problem is one text that ends with its remedy; none of them stops
/// Corio unless [#isUsable] says so.
///
/// @param isUsable whether Corio runs here at all, on whatever driver
/// @param problems most important first
record Diagnosis(boolean isUsable, List<String> problems) {
    /// Two descriptors per connection, and the 50,000 connections of the default limit.
    private static final long DESCRIPTORS_WANTED = 100_000;

    /// What a few cores' rings take where the kernel charges them to the user.
    private static final long LOCKED_BYTES_WANTED = 1 << 20;

    static Diagnosis of(Machine machine, Cpus cpus, DriverChoice choice, boolean isPackageOpen) {
        List<String> problems = new ArrayList<>();
        if (!isPackageOpen) {
            problems.add(
                    "tasks cannot be made: start java with --add-opens java.base/java.lang=ALL-UNNAMED, or with -jar");
        }
        if (choice.kind() == DriverKind.EPOLL) {
            problems.add(choice.reason() + hint(machine));
        }
        Machine.Limit nofile = machine.nofile();
        if (nofile != null && nofile.hard() < DESCRIPTORS_WANTED) {
            problems.add(
                    "at most "
                            + nofile.hard() / 2
                            + " proxied connections, for the hard limit of open"
                            + " files is "
                            + nofile.hard()
                            + ": raise it (ulimit -Hn, LimitNOFILE=, docker --ulimit"
                            + " nofile=) to "
                            + DESCRIPTORS_WANTED);
        }
        Machine.Limit memlock = machine.memlock();
        Integer uid = machine.uid();
        if (choice.kind() == DriverKind.IO_URING
                && memlock != null
                && memlock.soft() < LOCKED_BYTES_WANTED
                && uid != null
                && uid != 0) {
            problems.add(
                    "little locked memory, "
                            + memlock.soft()
                            + " bytes, so io_uring may get small rings or none:"
                            + " raise it (ulimit -l, LimitMEMLOCK=, docker --ulimit memlock=) to "
                            + LOCKED_BYTES_WANTED);
        }
        if (!cpus.isPinningUseful()) {
            problems.add(
                    "the cgroup grants %.2f CPUs of the %d allowed, so cores are not pinned: give whole CPUs (docker --cpuset-cpus) instead of a quota"
                            .formatted(cpus.quota(), cpus.allowed().size()));
        }
        return new Diagnosis(isPackageOpen, List.copyOf(problems));
    }

    /// What the kernel's error number does not tell: who forbids io_uring.
    private static String hint(Machine machine) {
        Integer disabled = machine.uringDisabled();
        if (disabled != null && disabled != 0) {
            return "; kernel.io_uring_disabled is "
                    + disabled
                    + ": sysctl -w kernel.io_uring_disabled=0";
        }
        Integer seccomp = machine.seccomp();
        if (seccomp != null && seccomp == 2) {
            return "; a seccomp filter is active: allow io_uring_setup, io_uring_enter and io_uring_register"
                    + " in the container's profile (docker --security-opt seccomp=FILE)";
        }
        return "";
    }
}
