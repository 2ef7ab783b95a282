package dev.corio.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// All other tests use the class path. This one starts the real modules, with native access for the
/// bindings alone and denied to everybody else.
final class ModulesIT {
    private static final List<String> MODULE_PATH_PARTS =
            List.of("/classes", "/quick-classes", "corio-", "jctools", "picocli", "jspecify");

    @Test
    void theModulesRunWithTheLeastRights() throws Exception {
        String modulePath =
                Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                        .filter(entry -> MODULE_PATH_PARTS.stream().anyMatch(entry::contains))
                        .collect(Collectors.joining(File.pathSeparator));
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--illegal-native-access=deny",
                                "--enable-native-access=dev.corio.uring",
                                "--add-opens=java.base/java.lang=dev.corio.core",
                                "--sun-misc-unsafe-memory-access=deny",
                                "--module-path=" + modulePath,
                                "--module=dev.corio.proxy/dev.corio.proxy.Main",
                                "doctor")
                        .redirectErrorStream(true)
                        .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        assertTrue(output.contains("auto takes"), output);
        assertTrue(!output.contains("WARNING"), output);
    }
}
