import org.jspecify.annotations.NullMarked;

/// TCP on the cores of `dev.corio.core`.
@NullMarked
module dev.corio.net {
    requires transitive dev.corio.core;
    requires static transitive org.jspecify;

    exports dev.corio.net;
}
