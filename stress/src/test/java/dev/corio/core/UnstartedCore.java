package dev.corio.core;

/// A core that no thread runs, for classes that only need one to belong to.
public final class UnstartedCore {
    /// It is never asked for anything.
    public static final Core INSTANCE =
            Cores.unstarted(CoreOptions.defaults().bufferBytes(512).blockingThreadsMax(1));

    private UnstartedCore() {}
}
