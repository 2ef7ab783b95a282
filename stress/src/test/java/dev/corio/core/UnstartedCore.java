package dev.corio.core;

/// A core that no thread runs, for classes that only need one to belong to.
public final class UnstartedCore {
    /// It is never asked for anything.
    public static final Core INSTANCE =
            Cores.unstarted(CoreOptions.defaults().bufferBytes(512).blockingThreadsMax(1));

    private UnstartedCore() {}

    /// Whether the core would be told; for the end of a test, as a bell that listened does no more.
    public static boolean isRung(Doorbell bell) {
        boolean rung = !bell.takeListener();
        forgetMail();
        return rung;
    }

    /// There is nobody to take it, and it would grow and grow.
    private static synchronized void forgetMail() {
        INSTANCE.loop.mailbox.drainResumes(each -> {});
    }
}
