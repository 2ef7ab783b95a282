package dev.corio.bench;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;

/// What one run of the load generator does.
///
/// @param target where to connect
/// @param connections busy connections
/// @param idleConnections connections that are opened and then left alone
/// @param sizeBytes bytes per message, at least [#SIZE_BYTES_MIN]
/// @param pipeline messages outstanding per connection
/// @param warmupSeconds time whose requests are not recorded
/// @param seconds time whose requests are
/// @param ratePerSecond requests over all connections (open loop), or 0 for a closed loop
///
///   **Threading:** immutable.
record LoadOptions(
        InetSocketAddress target,
        int connections,
        int idleConnections,
        int sizeBytes,
        int pipeline,
        double warmupSeconds,
        double seconds,
        double ratePerSecond) {

    /// Of a load whose server has not been started, or is gone.
    static final InetSocketAddress NO_TARGET =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    /// A message begins with its eight-byte sequence number.
    static final int SIZE_BYTES_MIN = 8;

    private static final double SETTLE_SECONDS = 0.5;
    private static final double SAMPLED_SECONDS = 3 + Sampling.DELAY_SECONDS;
    private static final int CHURN_CONNECTIONS = 250;
    private static final double CHURN_SECONDS = 0.25;

    LoadOptions {
        if (connections < 1) {
            throw new IllegalArgumentException("connections must be at least 1: " + connections);
        }
        if (idleConnections < 0) {
            throw new IllegalArgumentException("idle must not be negative: " + idleConnections);
        }
        if (sizeBytes < SIZE_BYTES_MIN) {
            throw new IllegalArgumentException(
                    "size must be at least " + SIZE_BYTES_MIN + ": " + sizeBytes);
        }
        if (pipeline < 1) {
            throw new IllegalArgumentException("pipeline must be at least 1: " + pipeline);
        }
        if (warmupSeconds < 0 || seconds <= 0) {
            throw new IllegalArgumentException(
                    "seconds must be positive: warm-up " + warmupSeconds + ", " + seconds);
        }
        if (ratePerSecond < 0) {
            throw new IllegalArgumentException("rate must not be negative: " + ratePerSecond);
        }
    }

    /// The part of this load that only warms the server up, in a closed loop. Its connections are
    /// gone when the measured ones come: what a server did while it was cold, such as a task that
    /// began in the interpreter, is not part of what is measured.
    LoadOptions warmup() {
        return with(target, 0, 0, Math.max(warmupSeconds, SETTLE_SECONDS), 0);
    }

    /// The same for so long, at the rate of what is measured.
    LoadOptions warmup(double forSeconds) {
        return with(target, 0, 0, forSeconds, ratePerSecond);
    }

    /// Many connections that say something and go, for the server to have seen some.
    LoadOptions churn() {
        return new LoadOptions(
                target, CHURN_CONNECTIONS, 0, sizeBytes, pipeline, 0, CHURN_SECONDS, 0);
    }

    /// The part of this load that is measured, after a moment in which its connections settle.
    LoadOptions measured() {
        return with(
                target,
                idleConnections,
                Math.min(warmupSeconds, SETTLE_SECONDS),
                seconds,
                ratePerSecond);
    }

    /// The same load for one of so many turns.
    LoadOptions turn(int turns) {
        return with(target, idleConnections, warmupSeconds, seconds / turns, ratePerSecond);
    }

    /// The same load for as long as so many turns of it take, each with a moment to settle.
    LoadOptions lasting(int turns) {
        double settling = turns * Math.min(warmupSeconds, SETTLE_SECONDS);
        return with(target, idleConnections, warmupSeconds, seconds + settling, ratePerSecond);
    }

    /// The same load for a moment: long enough to count, not to measure.
    LoadOptions traced() {
        return with(target, idleConnections, 0, SETTLE_SECONDS, ratePerSecond);
    }

    /// The same load for long enough to sample what the server runs.
    LoadOptions sampled() {
        return with(target, idleConnections, 0, SAMPLED_SECONDS, ratePerSecond);
    }

    /// Reads what [#addTo] wrote; who is the target nobody kept.
    static LoadOptions of(Map<String, Object> map) {
        return new LoadOptions(
                NO_TARGET,
                (int) Json.count(map, "connections"),
                (int) Json.count(map, "idleConnections"),
                (int) Json.count(map, "sizeBytes"),
                (int) Json.count(map, "pipeline"),
                Json.number(map, "warmupSeconds"),
                Json.number(map, "seconds"),
                Json.number(map, "ratePerSecond"));
    }

    void addTo(Map<String, ? super Object> map) {
        map.put("sizeBytes", sizeBytes);
        map.put("connections", connections);
        map.put("idleConnections", idleConnections);
        map.put("pipeline", pipeline);
        map.put("warmupSeconds", warmupSeconds);
        map.put("seconds", seconds);
        map.put("ratePerSecond", ratePerSecond);
    }

    /// As a heading: `64 connections × 128 B, closed loop`.
    String text() {
        return "%s, %s"
                .formatted(
                        shape(),
                        isOpenLoop()
                                ? "open loop at %,.0f/s".formatted(ratePerSecond)
                                : "closed loop");
    }

    /// For how long it is recorded: `2 s`, `0.5 s`.
    String duration() {
        BigDecimal rounded = BigDecimal.valueOf(seconds).setScale(2, RoundingMode.HALF_UP);
        return rounded.stripTrailingZeros().toPlainString() + " s";
    }

    /// What is sent, without how fast: `64 connections × 128 B`.
    String shape() {
        return "%,d connection%s × %s"
                .formatted(connections, connections == 1 ? "" : "s", message());
    }

    /// What each connection sends, and beside how many that are idle: `128 B, pipeline 16`.
    String message() {
        return "%,d B%s%s"
                .formatted(
                        sizeBytes,
                        pipeline > 1 ? ", pipeline " + pipeline : "",
                        idleConnections > 0
                                ? ", %,d idle beside them".formatted(idleConnections)
                                : "");
    }

    boolean isOpenLoop() {
        return ratePerSecond > 0;
    }

    /// The same in an open loop.
    LoadOptions at(double otherRatePerSecond) {
        return with(target, idleConnections, warmupSeconds, seconds, otherRatePerSecond);
    }

    LoadOptions to(InetSocketAddress other) {
        return with(other, idleConnections, warmupSeconds, seconds, ratePerSecond);
    }

    private LoadOptions with(
            InetSocketAddress otherTarget,
            int otherIdleConnections,
            double otherWarmupSeconds,
            double otherSeconds,
            double otherRatePerSecond) {
        return new LoadOptions(
                otherTarget,
                connections,
                otherIdleConnections,
                sizeBytes,
                pipeline,
                otherWarmupSeconds,
                otherSeconds,
                otherRatePerSecond);
    }
}
