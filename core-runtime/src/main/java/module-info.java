import org.jspecify.annotations.NullMarked;

/// A thread-per-core runtime: tasks on virtual threads that never leave their core, operations that
/// go to io_uring or epoll, buffers, timers.
@NullMarked
module dev.corio.core {
    requires transitive dev.corio.uring;
    requires static transitive org.jspecify;
    requires static jdk.jfr; // events, where the runtime image has it
    requires org.jctools.core;
    requires org.jctools.core.jdk11;

    exports dev.corio.core;
}
