package dev.corio.proxy;

import dev.corio.core.Cpus;
import dev.corio.core.DriverChoice;
import dev.corio.core.DriverKind;
import dev.corio.linux.Errno;
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
            problems.add(choice.reason() + hint(machine, choice.errno()));
        } else if (choice.errno() != 0) {
            problems.add("io_uring is " + choice.reason());
        }
        Machine.Limit nofile = machine.nofile();
        if (nofile != null && nofile.hard() < DESCRIPTORS_WANTED) {
            problems.add(
                    "at most "
                            + OpenFiles.connections(nofile.hard(), cpus.usable().length)
                            + " proxied connections, for the hard limit of open files is "
                            + nofile.hard()
                            + ": raise it (ulimit -Hn, LimitNOFILE=, docker --ulimit nofile=) to "
                            + DESCRIPTORS_WANTED);
        }
        Machine.Limit memlock = machine.memlock();
        Boolean locksFreely = machine.locksFreely();
        if (choice.kind() == DriverKind.IO_URING
                && choice.errno() == 0
                && memlock != null
                && memlock.soft() < LOCKED_BYTES_WANTED
                && locksFreely != null
                && !locksFreely) {
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

    /// What the kernel's error number does not tell by itself: who it is that refuses.
    private static String hint(Machine machine, int errno) {
        Integer seccomp = machine.seccomp();
        boolean isFiltered = seccomp != null && seccomp == 2;
        Integer disabled = machine.uringDisabled();
        return switch (errno) {
            case Errno.EPERM -> {
                if (disabled != null && disabled == 2) {
                    yield "; it is the sysctl: kernel.io_uring_disabled is 2, for nobody:"
                            + " sysctl -w kernel.io_uring_disabled=0 on the host";
                }
                if (disabled != null && disabled == 1) {
                    yield "; kernel.io_uring_disabled is 1, for members of a group and privileged"
                            + " processes only: sysctl -w kernel.io_uring_disabled=0 on the host, or"
                            + " add the user to the group that kernel.io_uring_group names";
                }
                yield isFiltered
                        ? "; it is the seccomp filter of the container: EPERM is the answer of"
                                + " Docker and containerd, apply deploy/seccomp.json"
                                + " (docker run --security-opt seccomp=FILE)"
                        : "; no seccomp filter is active and the sysctl allows it: look for a"
                                + " security module or a sandbox around this machine";
            }
            case Errno.ENOSYS ->
                    isFiltered
                            ? "; it is the seccomp filter of the container: ENOSYS is the answer of"
                                    + " podman and CRI-O, apply deploy/seccomp.json"
                                    + " (podman run --security-opt seccomp=FILE)"
                            : "; no seccomp filter is active: the kernel is built without io_uring,"
                                    + " or is a sandbox such as gVisor, which has none";
            case Errno.EACCES ->
                    "; a security module refuses it: look for io_uring in the audit log"
                            + " (ausearch -m avc)";
            default -> "";
        };
    }
}
