package dev.corio.bench;

import io.netty.util.Version;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The versions of what is compared, by its name; what is not here has none.
///
/// **Threading:** safe from any thread.
final class Versions {
    private static final Pattern VERSION = Pattern.compile("\\d+\\.\\d\\S*");

    private Versions() {}

    static Map<String, String> read() throws IOException {
        Map<String, String> versions = new LinkedHashMap<>();
        // Only a jar has it.
        Optional.ofNullable(Versions.class.getPackage().getImplementationVersion())
                .ifPresent(version -> versions.put("Corio", version));
        Version.identify().values().stream()
                .findAny() // they are released together
                .ifPresent(version -> versions.put("Netty", version.artifactVersion()));
        Optional<Path> haproxy = ProxyPeers.find("haproxy");
        if (haproxy.isPresent()) {
            versions.put("HAProxy", said(haproxy.get()));
        }
        Optional<Path> nginx = ProxyPeers.find("nginx");
        if (nginx.isPresent()) {
            versions.put("nginx", said(nginx.get()));
        }
        return versions;
    }

    static String text(Map<String, String> versions) {
        return versions.entrySet().stream()
                .map(each -> each.getKey() + " " + each.getValue())
                .collect(Collectors.joining(", "));
    }

    private static String said(Path program) throws IOException {
        Process process =
                new ProcessBuilder(program.toString(), "-v").redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return VERSION.matcher(said)
                .results()
                .map(MatchResult::group)
                .findFirst()
                .orElse("(unknown)");
    }
}
