package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A core whose driver cannot go on takes nobody along and leaves nobody waiting.
final class CoreFailureTest {
    @RealDrivers
    void allWhoWaitAreToldWhenTheDriversDescriptorIsGone(DriverUnderTest driver) throws Exception {
        driver.options();
        expectOneReport(Child.run(FailingCore.class, driver.name(), "close"));
    }

    /// EBADR: the kernel has lost a completion, so an operation will never end.
    @ParameterizedTest
    @CsvSource({
        "EBADR, IO_URING",
        "EFAULT, IO_URING",
        "ENXIO, IO_URING_5_10",
        "EBADF, IO_URING_5_15",
        "EBADF, EPOLL",
        "EINVAL, EPOLL"
    })
    void allWhoWaitAreToldWhenTheKernelRefusesToGoOn(String error, DriverUnderTest driver)
            throws Exception {
        driver.options();
        assumeTrue(Child.isInstalled("strace"), "strace is missing: apt install strace");
        String calls =
                driver == DriverUnderTest.EPOLL
                        ? "epoll_wait,epoll_pwait,epoll_pwait2"
                        : "io_uring_enter";
        List<String> strace =
                List.of(
                        "strace",
                        "-f",
                        "-qq",
                        "-o",
                        "/dev/null",
                        "-e",
                        "trace=" + calls,
                        "-e",
                        "inject=" + calls + ":error=" + error + ":when=100+");
        Child child = Child.run(strace, FailingCore.class, driver.name(), "nothing");
        expectOneReport(child);
        assertTrue(child.output().contains(error), child.output());
    }

    private static void expectOneReport(Child child) {
        child.expectSuccess();
        assertTrue(child.output().endsWith("ok"), child.output());
        assertEquals(
                1,
                child.output().lines().filter(each -> each.contains("has failed and ends")).count(),
                child.output());
    }
}
