package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Each layout is one that an engine makes, below a directory of the test's own.
final class CpuQuotaTest {
    @TempDir private Path directory;

    @ParameterizedTest
    @CsvSource({
        "50000 100000, 0.5",
        "'150000 100000\n', 1.5",
        "max 100000, Infinity",
        "-1 100000, Infinity",
        "'-1\n 100000\n', Infinity",
        "'200000\n 100000\n', 2.0",
        "100000 0, Infinity",
        "'', Infinity",
        "' ', Infinity"
    })
    void quotaIsReadFromWhatTheKernelWrites(String text, double expected) {
        assertEquals(expected, CpuQuota.ratio(text));
    }

    @Test
    void aContainerOfVersion2SeesItsOwnGroupAsTheTop() throws Exception {
        write("cgroup", "0::/");
        write("mountinfo", mount("/", "cgroup2 cgroup rw"));
        write("fs/cpu.max", "150000 100000");
        assertEquals(1.5, CpuQuota.read(directory));
    }

    @Test
    void aContainerWithoutNamespaceSeesItsGroupMountedAsTheTop() throws Exception {
        write("cgroup", "5:cpu,cpuacct:/docker/3f\n4:memory:/docker/3f");
        write("mountinfo", mount("/docker/3f", "cgroup cgroup rw,cpu,cpuacct"));
        write("fs/cpu.cfs_quota_us", "50000");
        write("fs/cpu.cfs_period_us", "100000");
        assertEquals(0.5, CpuQuota.read(directory));
    }

    @Test
    void aGroupOutsideOfWhatIsMountedIsTheTop() throws Exception {
        write("cgroup", "0::/../other");
        write("mountinfo", mount("/pods/a", "cgroup2 cgroup rw"));
        write("fs/cpu.max", "200000 100000");
        assertEquals(2, CpuQuota.read(directory));
    }

    @Test
    void theLeastOfTheGroupAndThoseAboveItHolds() throws Exception {
        write("cgroup", "0::/system.slice/proxy.service");
        write("mountinfo", mount("/", "cgroup2 cgroup2 rw"));
        write("fs/system.slice/cpu.max", "100000 100000");
        write("fs/system.slice/proxy.service/cpu.max", "400000 100000");
        assertEquals(1, CpuQuota.read(directory));
        write("fs/system.slice/proxy.service/cpu.max", "max 100000");
        assertEquals(1, CpuQuota.read(directory));
    }

    @Test
    void theLimitOfAnotherControllerOrHierarchyIsNotOurs() throws Exception {
        write("cgroup", "5:cpuacct:/a\n4:cpuset:/a\n0::/");
        write("mountinfo", mount("/", "cgroup cgroup rw,cpuacct"));
        write("fs/a/cpu.max", "1 100000");
        assertEquals(CpuQuota.NONE, CpuQuota.read(directory));
    }

    @Test
    void withoutControlGroupsThereIsNoLimit() {
        assertEquals(CpuQuota.NONE, CpuQuota.read(directory.resolve("absent")));
    }

    private String mount(String root, String kind) {
        return "31 23 0:28 / /sys rw,relatime - tmpfs tmpfs rw\n32 31 0:29 "
                + root
                + " "
                + directory.resolve("fs")
                + " rw,relatime shared:9 - "
                + kind;
    }

    private void write(String file, String text) throws IOException {
        Path path = directory.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text + "\n");
    }
}
