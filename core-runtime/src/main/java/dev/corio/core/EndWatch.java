package dev.corio.core;

/// Someone elsewhere who has to know that a core has ended, because others wait for what only that
/// core could do: the queue that it receives from, for example.
///
/// A core does not hold its watches. One that nobody else holds is collected, so what comes and
/// goes together with its watch need not take leave.
///
/// **Threading:** safe from any thread.
public abstract class EndWatch {
    private final Core core;

    /// @param core the one that will end
    protected EndWatch(Core core) {
        this.core = core;
    }

    /// The core that will end.
    public final Core core() {
        return core;
    }

    /// Begins to watch. When the core has ended already, [#ended] is called before this returns.
    public final void begin() {
        core.endWatches().add(this);
    }

    /// The core has ended, in order or because it failed: no task of it runs any more. Called once,
    /// on the thread of that core or by [#begin], which it must not block.
    protected abstract void ended();
}
