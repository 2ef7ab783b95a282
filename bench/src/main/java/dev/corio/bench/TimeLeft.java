package dev.corio.bench;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/// How long the rest of a run will take, as far as what it has done tells: a peer's round takes
/// what those before it have taken on average, before the first of them what the first ones of all
/// have. Before these the measuring is what the options say, and the warm-up what it took those
/// that are warm: how long the compilers are at work in a server no option says, and so before the
/// first is warm it is a guess. What a peer has already had of a round is taken off.
///
/// **Threading:** used by one thread.
final class TimeLeft {
    /// What a start and an end take beside the load.
    private static final double START_SECONDS = 2.0;

    private static final double SECOND_NANOS = 1e9;

    private final LongSupplier nanoClock;
    private final Map<Peer, Share> shares = new HashMap<>();
    private final Mean rounds = new Mean();
    private final Mean warmUps = new Mean();
    private long beganNanos;

    /// @param nanoClock as `System::nanoTime`
    TimeLeft(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /// Each of these peers has at least so many rounds before it, of such a load.
    void expect(List<Peer> peers, int count, LoadOptions load) {
        for (Peer peer : peers) {
            Share share = shares.computeIfAbsent(peer, each -> new Share());
            share.left = Math.max(share.left, count);
            share.warmUpNanos = (load.warmupSeconds() + START_SECONDS) * SECOND_NANOS;
            share.measuringNanos = load.seconds() * SECOND_NANOS;
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

    /// The server of this peer is warm: of its round the measuring is left.
    void warm(Peer peer) {
        Share share = shares.get(peer);
        if (share != null) {
            share.isWarm = true;
            share.warmUpNanos = share.roundNanos;
            warmUps.add(share.roundNanos);
        }
    }

    /// A round of this peer is over.
    void round(Peer peer) {
        Share share = shares.get(peer);
        if (share != null) {
            rounds.add(share.roundNanos);
            share.rounds.add(share.roundNanos);
            share.roundNanos = 0;
            share.isWarm = false;
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
            nanos += Math.max(0, share.left * eachNanos(share) - share.roundNanos);
        }
        return Duration.ofNanos(Math.round(nanos));
    }

    /// In minutes and seconds.
    String text() {
        long seconds = Math.round(left().toNanos() / SECOND_NANOS);
        return "%d:%02d".formatted(seconds / 60, seconds % 60);
    }

    private double eachNanos(Share share) {
        if (!share.rounds.isEmpty()) {
            return share.rounds.get();
        }
        if (!share.isWarm && !rounds.isEmpty()) {
            return rounds.get();
        }
        boolean isLikeOthers = !share.isWarm && !warmUps.isEmpty();
        return (isLikeOthers ? warmUps.get() : share.warmUpNanos) + share.measuringNanos;
    }

    /// What one peer has had of the run, and will have.
    private static final class Share {
        private final Mean rounds = new Mean();
        private int left;
        private double warmUpNanos;
        private double measuringNanos;

        /// Of the round that has begun.
        private long roundNanos;

        private boolean isWarm;
    }

    private static final class Mean {
        private int count;
        private long sum;

        void add(long nanos) {
            count++;
            sum += nanos;
        }

        boolean isEmpty() {
            return count == 0;
        }

        double get() {
            return (double) sum / count;
        }
    }
}
