package dev.corio.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jcstress.Main;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.InProcessCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.grading.ReportUtils;
import org.openjdk.jcstress.infra.runners.TestList;

/// Runs every jcstress class of this module for a while. A class named `…Broken` lacks the guard
/// that its twin is about: it must show the bad outcome, or the twin's silence would prove nothing.
/// One that has not shown it yet is given more rounds.
///
/// `-Dcorio.stress.millis=60000` runs each for a minute; `target/jcstress` has jcstress's report.
final class StressIT {
    private static final int BROKEN_ROUNDS_MAX = 20;
    private static final String MILLIS = System.getProperty("corio.stress.millis", "1000");
    private static final Path RESULTS =
            Path.of(System.getProperty("corio.stress.results", "target/jcstress"));
    private static final Map<String, TestResult> FIRST_ROUND = new HashMap<>();

    static Collection<String> names() {
        return TestList.tests();
    }

    @BeforeAll
    static void runAll() throws Exception {
        assumeTrue(
                Runtime.getRuntime().availableProcessors() >= 2,
                "one CPU only: nothing can happen at the same time");
        FIRST_ROUND.putAll(run(".*"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("names")
    void showsWhatItMustAndNothingForbidden(String name) throws Exception {
        TestResult result = FIRST_ROUND.get(name);
        for (int round = 1; ; round++) {
            assertNotNull(result, "jcstress did not run " + name);
            String table = table(result);
            assertTrue(ReportUtils.statusToPassed(result), table);
            assertTrue(result.grading().isPassed, table);
            boolean isBroken = name.endsWith("Broken");
            if (result.grading().hasInteresting == isBroken) {
                return;
            }
            assertTrue(isBroken, "interesting outcomes are for broken twins:\n" + table);
            assertTrue(
                    round < BROKEN_ROUNDS_MAX,
                    "the broken twin never showed the bad outcome:\n" + table);
            result = run("^" + name.replace(".", "\\.") + "$").get(name);
        }
    }

    /// By name, over all configurations.
    private static Map<String, TestResult> run(String selection) throws Exception {
        if (Files.exists(RESULTS)) {
            for (Path old : resultFiles()) {
                Files.delete(old);
            }
        }
        Files.createDirectories(RESULTS);
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(Main.class.getName());
        command.addAll(List.of("-t", selection, "-time", MILLIS, "-iters", "1", "-f", "1"));
        // One JVM configuration: its report is about the collector that our commands use.
        command.addAll(List.of("-sc", "false", "-jvmArgs", "-XX:+UseSerialGC", "-r", "report"));
        Path log = RESULTS.resolve("jcstress.log");
        Process process =
                new ProcessBuilder(command)
                        .directory(RESULTS.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        try {
            process.waitFor();
        } finally {
            process.destroy();
        }
        List<Path> files = resultFiles();
        assertEquals(1, files.size(), () -> "no results; " + log.toAbsolutePath() + " says why");
        InProcessCollector collector = new InProcessCollector();
        DiskReadCollector reader = new DiskReadCollector(files.getFirst().toString(), collector);
        reader.dump();
        reader.close();
        Map<String, TestResult> results = new HashMap<>();
        for (TestResult each : ReportUtils.mergedByName(collector.getTestResults())) {
            results.put(each.getName(), each);
        }
        return results;
    }

    private static List<Path> resultFiles() throws IOException {
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(RESULTS, "jcstress-results-*.bin.gz")) {
            List<Path> found = new ArrayList<>();
            files.forEach(found::add);
            return found;
        }
    }

    private static String table(TestResult result) {
        StringWriter text = new StringWriter();
        PrintWriter writer = new PrintWriter(text);
        ReportUtils.printResult(writer, result, true);
        writer.flush();
        return text.toString();
    }
}
