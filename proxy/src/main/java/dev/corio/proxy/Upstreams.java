package dev.corio.proxy;

import java.net.InetSocketAddress;
import java.util.List;

/// The upstreams as one core sees them: in turn, those that fail last. A failed one gets no new
/// connection for a while that doubles with each failure, unless all others fail too.
///
/// **Threading:** confined to its core.
final class Upstreams {
    static final long PAUSE_MIN_NANOS = 250_000_000L;
    static final long PAUSE_MAX_NANOS = 10_000_000_000L;

    private final InetSocketAddress[] addresses;
    private final int[] failures;
    private final long[] retryNanos;
    private int turn;

    /// `firstTurn` differs between cores, so that few connections spread over all upstreams too.
    Upstreams(List<InetSocketAddress> addresses, int firstTurn) {
        this.addresses = addresses.toArray(InetSocketAddress[]::new);
        failures = new int[this.addresses.length];
        retryNanos = new long[this.addresses.length];
        turn = firstTurn % this.addresses.length;
    }

    InetSocketAddress address(int index) {
        return addresses[index];
    }

    /// The order in which one connection tries them: the usable ones from its turn on, then the
    /// failed ones from its turn on. The next connection begins one further.
    int[] order(long nowNanos) {
        int[] order = new int[addresses.length];
        int usable = 0;
        int failed = addresses.length;
        for (int i = 0; i < addresses.length; i++) {
            if (isUsable((turn + i) % addresses.length, nowNanos)) {
                order[usable++] = (turn + i) % addresses.length;
            }
        }
        for (int i = addresses.length - 1; i >= 0; i--) {
            if (!isUsable((turn + i) % addresses.length, nowNanos)) {
                order[--failed] = (turn + i) % addresses.length;
            }
        }
        turn = (turn + 1) % addresses.length;
        return order;
    }

    /// Notes a failure. True when the upstream was well before: worth a line in the log.
    boolean failed(int index, long nowNanos) {
        int doublings = Math.min(failures[index], 16);
        retryNanos[index] = nowNanos + Math.min(PAUSE_MIN_NANOS << doublings, PAUSE_MAX_NANOS);
        return failures[index]++ == 0;
    }

    /// Notes a success. True when the upstream had failed before.
    boolean succeeded(int index) {
        boolean recovered = failures[index] > 0;
        failures[index] = 0;
        return recovered;
    }

    private boolean isUsable(int index, long nowNanos) {
        return failures[index] == 0 || nowNanos - retryNanos[index] >= 0;
    }
}
