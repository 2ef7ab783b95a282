package dev.corio.proxy;

import dev.corio.core.Core;
import dev.corio.core.CoreOptions;
import dev.corio.core.Cores;
import dev.corio.core.Cpus;
import dev.corio.core.DriverChoice;
import dev.corio.core.DriverKind;
import dev.corio.uring.IoUring;
import dev.corio.uring.RingFeature;
import dev.corio.uring.RingFeatures;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `corio doctor`: facts, then problems with their remedies. It changes nothing.
@Command(
        name = "doctor",
        description =
                "Says what this machine can do, which driver is taken and why, and what to change.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        footer = {"", "Ends with 0 when Corio runs here, on whatever driver, else with 1."})
final class DoctorCommand implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--driver-only",
            description = "Prints only the driver that is taken: io_uring or epoll.")
    private boolean driverOnly;

    @Override
    public Integer call() throws IOException {
        PrintWriter output = spec.commandLine().getOut();
        boolean isOpen = Object.class.getModule().isOpen("java.lang", Core.class.getModule());
        DriverChoice choice = isOpen ? taken() : DriverChoice.of(DriverKind.AUTO);
        if (driverOnly) {
            output.println(choice.kind());
            output.flush();
            return 0;
        }
        Machine machine = Machine.read(Path.of("/proc"));
        Cpus cpus = Cpus.read();
        printFacts(output, machine, cpus, choice);
        Diagnosis diagnosis = Diagnosis.of(machine, cpus, choice, isOpen);
        output.println();
        output.println(diagnosis.problems().isEmpty() ? "no problems" : "problems");
        diagnosis.problems().forEach(problem -> output.println("  - " + problem));
        output.flush();
        return diagnosis.isUsable() ? 0 : 1;
    }

    /// What the proxy would run on. Only real cores tell: a small ring may work where large ones
    /// exceed a limit.
    private static DriverChoice taken() throws IOException {
        try (Cores cores = Cores.start(CoreOptions.defaults().driver(DriverKind.AUTO))) {
            return cores.driver();
        }
    }

    private static void printFacts(
            PrintWriter output, Machine machine, Cpus cpus, DriverChoice choice) {
        row(
                output,
                "kernel",
                System.getProperty("os.version") + " " + System.getProperty("os.arch"));
        row(
                output,
                "JDK",
                Runtime.version()
                        + " ("
                        + System.getProperty("java.vendor")
                        + ") "
                        + System.getProperty("java.home"));
        row(output, "liburing", IoUring.isLibraryPresent() ? "there" : "missing or older than 2.3");
        row(output, "driver", "auto takes " + choice.kind() + ": " + choice.reason());
        row(
                output,
                "cpus",
                cpus.allowed().stream().map(String::valueOf).collect(Collectors.joining(","))
                        + " allowed, cgroup quota "
                        + (Double.isInfinite(cpus.quota())
                                ? "none"
                                : String.valueOf(cpus.quota())));
        row(output, "memlock", text(machine.memlock()));
        row(output, "nofile", text(machine.nofile()));
        row(output, "seccomp", seccomp(machine.seccomp()));
        row(
                output,
                "sysctl",
                "kernel.io_uring_disabled = "
                        + Objects.requireNonNullElse(machine.uringDisabled(), "not there"));
        output.println();
        if (choice.kind() != DriverKind.IO_URING) {
            output.println("io_uring features are unknown");
            return;
        }
        String mask = CoreOptions.defaults().featureMask();
        output.println(
                "io_uring features, as probed"
                        + (mask.isEmpty()
                                ? ""
                                : ", less what corio.uring.features masks: " + mask));
        for (RingFeature feature : RingFeature.values()) {
            row(output, "  " + feature, text(feature, choice.features()));
        }
    }

    private static String text(RingFeature feature, RingFeatures used) {
        if (used.has(feature)) {
            return "yes";
        }
        return feature.isOnRequest()
                ? "only on request, where the kernel has it: corio.uring.features=+" + feature
                : "no";
    }

    private static void row(PrintWriter output, String name, String value) {
        output.printf("%-20s %s%n", name, value);
    }

    private static String text(Machine.@Nullable Limit limit) {
        return limit == null
                ? "unknown"
                : text(limit.soft()) + " soft, " + text(limit.hard()) + " hard";
    }

    private static String text(long limit) {
        return limit == Long.MAX_VALUE ? "unlimited" : String.valueOf(limit);
    }

    private static String seccomp(@Nullable Integer mode) {
        return switch (mode) {
            case null -> "unknown";
            case 0 -> "off";
            case 1 -> "strict";
            default -> "a filter is active";
        };
    }
}
