package dev.corio.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;

/// curl and wrk through the proxy to nginx.
final class NginxIT {
    private static final int[] FILE_BYTES = {
        0, 1, 1000, 16_383, 16_384, 16_385, 1_000_000, 10_000_000
    };
    private static final long HUGE_BYTES = 1L << 30;
    private static final long UPLOAD_BYTES = 256L << 20;

    @TempDir(factory = InBuildDirectory.class)
    private static Path directory;

    private static ServerProcess nginx;
    private static byte[] hugeDigest;

    @BeforeAll
    static void startNginx() throws Exception {
        nginx = ServerProcess.nginx(directory);
        for (int bytes : FILE_BYTES) {
            writePages(directory.resolve("files/" + bytes), bytes);
        }
        hugeDigest = writePages(directory.resolve("files/huge"), HUGE_BYTES);
    }

    @AfterAll
    static void stopNginx() throws Exception {
        nginx.close();
    }

    @EveryDriver
    void filesOfEverySizeArriveOverOneConnection(ProxyUnderTest driver) throws Exception {
        Path target = Files.createDirectories(directory.resolve("fetched by " + driver));
        driver.run(
                proxy -> {
                    List<String> arguments = new ArrayList<>(List.of("-sS", "--fail"));
                    arguments.addAll(List.of("-w", "%{num_connects}\n"));
                    for (int bytes : FILE_BYTES) {
                        arguments.add("-o");
                        arguments.add(target.resolve("" + bytes).toString());
                        arguments.add(proxy.url("/" + bytes));
                    }
                    Program.Ended ended =
                            Program.CURL.run(arguments.toArray(String[]::new)).succeeded();
                    assertEquals("1\n" + "0\n".repeat(FILE_BYTES.length - 1), ended.text());
                    for (int bytes : FILE_BYTES) {
                        Path served = directory.resolve("files/" + bytes);
                        Path fetched = target.resolve("" + bytes);
                        assertEquals(-1, Files.mismatch(served, fetched), fetched::toString);
                    }
                },
                "--to",
                nginx.address());
    }

    @EveryDriver
    void oldHeadAndRangeRequestsAreAnswered(ProxyUnderTest driver) throws Exception {
        byte[] file = Files.readAllBytes(directory.resolve("files/1000000"));
        driver.run(
                proxy -> {
                    String url = proxy.url("/1000000");
                    // HTTP/1.0: the end of the body is the end of the connection.
                    Program.Ended old = Program.CURL.run("-sS", "--fail", "--http1.0", url);
                    assertArrayEquals(file, old.succeeded().output());
                    Program.Ended head = Program.CURL.run("-sS", "--fail", "--head", url);
                    assertTrue(
                            head.succeeded().text().contains("Content-Length: 1000000"),
                            head::toString);
                    Program.Ended range = Program.CURL.run("-sS", "--fail", "-r", "500-99999", url);
                    assertArrayEquals(
                            Arrays.copyOfRange(file, 500, 100_000), range.succeeded().output());
                    Program.Ended missing =
                            Program.CURL.run(
                                    "-sS", "-o", "-", "-w", "%{http_code}", proxy.url("/none"));
                    assertTrue(missing.succeeded().text().endsWith("404"), missing::toString);
                },
                "--to",
                nginx.address());
    }

    @EveryDriver
    void manyConnectionsAtFullSpeedSeeNoError(ProxyUnderTest driver) throws Exception {
        driver.run(
                proxy -> {
                    for (String file : List.of("/1000", "/16384")) {
                        Program.Ended ended =
                                Program.WRK.run("-t2", "-c64", "-d2s", proxy.url(file));
                        String report = ended.succeeded().text();
                        assertFalse(report.contains("Socket errors"), report);
                        assertFalse(report.contains("Non-2xx"), report);
                        Matcher requests = Pattern.compile("(\\d+) requests in").matcher(report);
                        assertTrue(requests.find(), report);
                        assertTrue(Long.parseLong(requests.group(1)) > 0, report);
                    }
                },
                "--to",
                nginx.address());
    }

    @EveryDriver
    void aGibibyteArrivesAsItWas(ProxyUnderTest driver) throws Exception {
        driver.run(
                proxy -> {
                    MessageDigest digest = MessageDigest.getInstance("SHA-256");
                    try (OutputStream fetched =
                            new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
                        Program.CURL
                                .runInto(fetched, new byte[0], "-sS", "--fail", proxy.url("/huge"))
                                .succeeded();
                    }
                    assertArrayEquals(hugeDigest, digest.digest());
                },
                "--to",
                nginx.address());
    }

    @EveryDriver
    void anUploadArrivesAsItWas(ProxyUnderTest driver) throws Exception {
        Path source = directory.resolve("upload");
        Path uploaded = directory.resolve("uploads/" + driver);
        writePages(source, UPLOAD_BYTES);
        driver.run(
                proxy ->
                        Program.CURL
                                .run(
                                        "-sS",
                                        "--fail",
                                        "-T",
                                        source.toString(),
                                        proxy.url("/uploads/" + driver))
                                .succeeded(),
                "--to",
                nginx.address());
        assertEquals(-1, Files.mismatch(source, uploaded));
        Files.delete(source);
        Files.delete(uploaded);
    }

    /// Fills a file, quickly; returns the SHA-256. No two pages are equal, so that one which is
    /// lost, moved or repeated on the way is seen.
    private static byte[] writePages(Path file, long bytes) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        byte[] block = new byte[1 << 20];
        new Random(bytes).nextBytes(block);
        ByteBuffer pages = ByteBuffer.wrap(block);
        try (OutputStream output = new DigestOutputStream(Files.newOutputStream(file), digest)) {
            for (long left = bytes; left > 0; left -= block.length) {
                for (int page = 0; page < block.length; page += 4096) {
                    pages.putLong(page, left - page);
                }
                output.write(block, 0, (int) Math.min(left, block.length));
            }
        }
        return digest.digest();
    }

    /// Beside the classes: a directory for temporary files may be a small one in memory.
    private static final class InBuildDirectory implements TempDirFactory {
        @Override
        public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext test)
                throws IOException {
            return Files.createTempDirectory(Path.of("target").toAbsolutePath(), "nginx");
        }
    }
}
