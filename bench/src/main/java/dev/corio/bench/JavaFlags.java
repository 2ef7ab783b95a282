package dev.corio.bench;

import java.util.ArrayList;
import java.util.List;

/// The JVM flags of the Java twins. The heap and the collector are the same for all, the one that
/// the JVM itself chooses on one CPU; the rest is what each one's own documentation asks for.
///
/// **Threading:** immutable.
final class JavaFlags {
    private static final List<String> COMMON = List.of("-Xms256m", "-Xmx256m", "-XX:+UseSerialGC");

    static final List<String> JDK = COMMON;

    static final List<String> CORIO =
            with(
                    "--enable-native-access=ALL-UNNAMED",
                    "--add-opens",
                    "java.base/java.lang=ALL-UNNAMED");

    /// Unsafe and the internals of direct buffers allowed, leak detection and bounds checks off:
    /// Netty at its best.
    static final List<String> NETTY =
            with(
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow",
                    "--add-opens",
                    "java.base/java.nio=ALL-UNNAMED",
                    "--add-opens",
                    "java.base/jdk.internal.misc=ALL-UNNAMED",
                    "-Dio.netty.noUnsafe=false",
                    "-Dio.netty.tryReflectionSetAccessible=true",
                    "-Dio.netty.leakDetection.level=disabled",
                    "-Dio.netty.buffer.checkBounds=false",
                    "-Dio.netty.buffer.checkAccessible=false");

    private JavaFlags() {}

    private static List<String> with(String... more) {
        List<String> flags = new ArrayList<>(COMMON);
        flags.addAll(List.of(more));
        return List.copyOf(flags);
    }
}
