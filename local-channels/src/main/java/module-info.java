import org.jspecify.annotations.NullMarked;

/// Channels and primitives for the tasks of one core, without an atomic instruction, and channels
/// between cores.
@NullMarked
module dev.corio.channel {
    requires transitive dev.corio.core;
    requires static transitive org.jspecify;
    requires org.jctools.core;
    requires org.jctools.core.jdk11;

    exports dev.corio.channel;
}
