package dev.corio.bench;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/// How long the rest of a run will take, as far as what it has done tells: a measurement takes what
/// those of its peer have taken so far on average, before the first of them what all have, and
/// before the first of all what the options add up to. Only the last is a guess: how long the
/// compilers are at work in a server, and how often it is disturbed, no option says.
///
/// **Threading:** used by one thread.
final class TimeLeft {
    /// What a start and an end take beside the load.
    private static final double START_SECONDS = 2.0;

    private static final double SECOND_NANOS = 1e9;

    private final LongSupplier nanoClock;
    private final Map<Peer, Share> shares = new HashMap<>();
    private final Share all = new Share();
    private long beganNanos;

    /// @param nanoClock as `System::nanoTime`
    TimeLeft(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /// Each of these peers has at least so many measurements before it, of such a load.
    void expect(List<Peer> peers, int measurements, LoadOptions load) {
        for (Peer peer : peers) {
            Share share = shares.computeIfAbsent(peer, each -> new Share());
            share.left = Math.max(share.left, measurements);
            share.guessNanos =
                    (load.warmupSeconds() + load.seconds() + START_SECONDS) * SECOND_NANOS;
        }
    }

    /// A measurement begins.
    void begin() {
        beganNanos = nanoClock.getAsLong();
    }

    /// The measurement that began last is done, and was one of this peer.
    void end(Peer peer) {
        long tookNanos = nanoClock.getAsLong() - beganNanos;
        all.add(tookNanos);
        Share share = shares.get(peer);
        if (share != null) {
            share.add(tookNanos);
            share.left = Math.max(0, share.left - 1);
        }
    }

    /// This peer is measured no more.
    void leaveOut(Peer peer) {
        shares.remove(peer);
    }

    /// Of the whole run, before its next measurement.
    Duration left() {
        double nanos = 0;
        for (Share share : shares.values()) {
            nanos += share.left * share.eachNanos(all);
        }
        return Duration.ofNanos(Math.round(nanos));
    }

    /// In minutes and seconds.
    String text() {
        long seconds = Math.round(left().toNanos() / SECOND_NANOS);
        return "%d:%02d".formatted(seconds / 60, seconds % 60);
    }

    /// What one peer has had of the run, and will have.
    private static final class Share {
        private int left;
        private double guessNanos;
        private int done;
        private long tookNanos;

        void add(long nanos) {
            done++;
            tookNanos += nanos;
        }

        double eachNanos(Share all) {
            return done > 0 ? mean() : all.done > 0 ? all.mean() : guessNanos;
        }

        private double mean() {
            return (double) tookNanos / done;
        }
    }
}
