package dev.corio.bench;

/// Told how a load proceeds, on the load's own thread: whoever implements it must be quick.
///
/// **Threading:** called by one thread.
interface LoadListener {
    /// All connections stand; the warm-up begins.
    void connected();

    /// The warm-up is over; what follows is recorded.
    void measuring();

    /// A few times per second: how long this phase has lasted and what it has done so far.
    void progress(double seconds, long requests);

    /// The measured time is over; no more requests are sent.
    void measured();
}
