package dev.corio.proxy;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// In a real container, made by podman and crun with this machine's root as its root, under the
/// profiles that engines have and under ours.
final class ContainerIT {
    private static final Path OURS = Path.of("..", "deploy", "seccomp.json");
    private static final Path PODMANS = Path.of("/usr/share/containers/seccomp.json");

    @TempDir private Path directory;

    @Test
    void underOurProfileItRunsOnIoUring() throws Exception {
        ProxyUnderTest.assumeIoUring();
        assertServes(OURS, "driver io_uring", "auto takes io_uring");
    }

    /// As the README starts it, but for what a container in a container cannot have.
    @Test
    void withoutCapabilitiesAndPrivilegesItRunsOnIoUring() throws Exception {
        ProxyUnderTest.assumeIoUring();
        List<String> container =
                container(OURS, "--cap-drop=ALL", "--security-opt=no-new-privileges");
        Confinement.assertServes(directory, container, "driver io_uring", "auto takes io_uring");
    }

    @Test
    void underPodmansProfileItRunsOnEpollAndTheDoctorNamesTheFilter() throws Exception {
        assertServes(podmans(), "ENOSYS", "it is the seccomp filter of the container: ENOSYS");
    }

    /// Docker's differs in what matters here by its answer alone.
    @Test
    void underDockersAnswerItRunsOnEpollAndTheDoctorNamesTheFilter() throws Exception {
        String text = Files.readString(podmans());
        String dockers =
                text.replace("\"defaultErrnoRet\": 38", "\"defaultErrnoRet\": 1")
                        .replace("\"defaultErrno\": \"ENOSYS\"", "\"defaultErrno\": \"EPERM\"");
        assumeTrue(!text.equals(dockers), PODMANS + " does not answer ENOSYS");
        Path profile = directory.resolve("docker.json");
        Files.writeString(profile, dockers);
        assertServes(profile, "EPERM", "it is the seccomp filter of the container: EPERM");
    }

    /// What the script makes of an engine's profile.
    @Test
    void underPodmansProfileAndThreeCallsItRunsOnIoUring() throws Exception {
        ProxyUnderTest.assumeIoUring();
        Path profile = directory.resolve("extended.json");
        Process script =
                new ProcessBuilder(OURS.resolveSibling("seccomp-extend").toString(), podmans() + "")
                        .redirectOutput(profile.toFile())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        assertTrue(script.waitFor() == 0, "seccomp-extend failed");
        assertServes(profile, "driver io_uring", "auto takes io_uring");
    }

    private void assertServes(Path profile, String started, String diagnosed) throws Exception {
        Confinement.assertServes(directory, container(profile), started, diagnosed);
    }

    /// The command that starts what follows it in a container; skips the test where none can be
    /// had.
    private List<String> container(Path profile, String... more) throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "containers here need root");
        List<String> options = new ArrayList<>();
        options.add("--cgroup-manager=cgroupfs");
        options.add("--storage-driver=vfs");
        options.add("--root=" + directory.resolve("storage"));
        options.add("--runroot=" + directory.resolve("run"));
        options.add("run");
        options.add("--rm");
        options.add("--cgroups=disabled");
        options.add("--network=host");
        options.add("--ulimit=nofile=1024:1024");
        options.add("--ulimit=nproc=1000:1000");
        options.add("--security-opt=seccomp=" + profile.toAbsolutePath().normalize());
        options.addAll(List.of(more));
        options.addAll(List.of("--rootfs", "/:O"));
        // crun refuses a machine that has both versions of control groups, and needs neither here.
        String script = "umount /sys/fs/cgroup/unified 2>/dev/null; exec \"$@\"";
        List<String> command = new ArrayList<>(List.of("unshare", "-m", "sh", "-c", script, "sh"));
        command.addAll(Program.PODMAN.command(options.toArray(String[]::new)));
        List<String> trial = new ArrayList<>(command);
        trial.add("true");
        Process process = new ProcessBuilder(trial).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assumeTrue(process.waitFor() == 0, () -> "no container can be started here: " + said);
        return command;
    }

    private static Path podmans() {
        assumeTrue(
                Files.exists(PODMANS),
                PODMANS + " is missing: apt install golang-github-containers-common");
        return PODMANS;
    }
}
