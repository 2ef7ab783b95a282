package dev.corio.bench;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/// How long the rest of a run will take, as far as what it has done tells: a peer's round takes
/// what those before it have taken on average, before the first of them what the first ones of all
/// have, and before these what the options add up to. Only the last is a guess: how long the
/// compilers are at work in a server, and how often it is disturbed, no option says. What a peer
/// has already had of a round is taken off.
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

    /// Each of these peers has at least so many rounds before it, of such a load.
    void expect(List<Peer> peers, int rounds, LoadOptions load) {
        for (Peer peer : peers) {
            Share share = shares.computeIfAbsent(peer, each -> new Share());
            share.left = Math.max(share.left, rounds);
            share.guessNanos =
                    (load.warmupSeconds() + load.seconds() + START_SECONDS) * SECOND_NANOS;
        }
    }

    /// Something begins that is part of a round.
    void begin() {
        beganNanos = nanoClock.getAsLong();
    }

    /// What began last is done, and was of this peer.
    void end(Peer peer) {
        Share share = shares.get(peer);
        if (share != null) {
            share.roundNanos += nanoClock.getAsLong() - beganNanos;
        }
    }

    /// A round of this peer is over.
    void round(Peer peer) {
        Share share = shares.get(peer);
        if (share != null) {
            all.add(share.roundNanos);
            share.add(share.roundNanos);
            share.roundNanos = 0;
            share.left = Math.max(0, share.left - 1);
        }
    }

    /// This peer is measured no more.
    void leaveOut(Peer peer) {
        shares.remove(peer);
    }

    /// Of the whole run.
    Duration left() {
        double nanos = 0;
        for (Share share : shares.values()) {
            nanos += Math.max(0, share.left * share.eachNanos(all) - share.roundNanos);
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

        /// Of the round that has begun.
        private long roundNanos;

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
