package dev.corio.bench;

/// Whom it does not interest how a load proceeds.
///
/// **Threading:** safe from any thread.
final class QuietListener implements LoadListener {
    @Override
    public void connected() {}

    @Override
    public void measuring() {}

    @Override
    public void progress(double elapsedSeconds, long requests) {}

    @Override
    public void measured() {}
}
