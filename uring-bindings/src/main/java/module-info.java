import org.jspecify.annotations.NullMarked;

/// System calls and io_uring for Java, on the Foreign Function and Memory API.
///
/// `dev.corio.linux` has one static method per system call, `dev.corio.uring` the rings. The
/// package `dev.corio.generated` holds what jextract makes of the C headers and stays inside.
@NullMarked
module dev.corio.uring {
    requires static transitive org.jspecify;

    exports dev.corio.linux;
    exports dev.corio.uring;
}
