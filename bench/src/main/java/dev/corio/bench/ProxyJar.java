package dev.corio.bench;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Finds the proxy's jar, which the build leaves beside ours.
///
/// **Threading:** safe from any thread.
final class ProxyJar {
    private static final String PROPERTY = "corio.proxy.jar";

    private ProxyJar() {}

    /// The part of a Java command line that starts the proxy's main class.
    static List<String> arguments() throws IOException {
        return List.of("-jar", find().toString());
    }

    /// `-Dcorio.proxy.jar=FILE`, or `proxy/target/corio.jar` of the checkout our own jar is in.
    private static Path find() throws IOException {
        String given = System.getProperty(PROPERTY);
        if (given != null) {
            return Path.of(given);
        }
        for (Path at = ourselves(); at != null; at = at.getParent()) {
            Path jar = at.resolve("proxy/target/corio.jar");
            if (Files.exists(jar)) {
                return jar;
            }
        }
        throw new IOException(
                "proxy/target/corio.jar is not built; run `./corio demo` in the checkout, or name"
                        + " the jar with -D"
                        + PROPERTY
                        + "=FILE");
    }

    private static Path ourselves() throws IOException {
        try {
            return Path.of(
                            ProxyJar.class
                                    .getProtectionDomain()
                                    .getCodeSource()
                                    .getLocation()
                                    .toURI())
                    .toAbsolutePath();
        } catch (URISyntaxException e) {
            throw new IOException("our own jar lies at an odd place: " + e.getMessage(), e);
        }
    }
}
