import org.jspecify.annotations.NullMarked;

/// The `corio` application: a TCP proxy on the public API, and a doctor for the machine it runs on.
@NullMarked
module dev.corio.proxy {
    requires static org.jspecify;
    requires dev.corio.net;
    requires info.picocli;
    requires jdk.unsupported;

    opens dev.corio.proxy to
            info.picocli;
}
