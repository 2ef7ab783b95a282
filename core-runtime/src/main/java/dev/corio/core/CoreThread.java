package dev.corio.core;

/// The platform thread of a core; how code finds the core that it runs on.
///
/// **Threading:** immutable.
final class CoreThread extends Thread {
    final Core core;

    CoreThread(Core core, Runnable body) {
        super(null, body, "corio-core-" + core.index(), 0, false);
        this.core = core;
    }
}
