package dev.corio.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/// Sends messages over many connections and measures how long each takes to come back. One thread,
/// one selector, nothing allocated per message, nothing of Corio in it.
///
/// - **Closed loop**: a connection sends its next message when an earlier one has come back. It
///   finds the peak; its latencies say how long the queue of its own making is.
/// - **Open loop**: messages have intended times, `rate` per second, dealt to the connections in
///   turn. Latency counts from the intended time, so a server that stalls is charged for every
///   request it held up and not for one (no coordinated omission). The loop spins, because a
///   selector's millisecond is too coarse for a schedule; give it a CPU of its own. It yields when
///   there is nothing to do, because the server behind a proxy shares that CPU.
///
/// Either way, a request that has no answer two seconds after the end is an error.
///
/// **Threading:** used by one thread.
final class LoadGenerator implements AutoCloseable {
    private static final long SECOND_NANOS = 1_000_000_000L;
    private static final long PROGRESS_NANOS = SECOND_NANOS / 5;
    private static final long DRAIN_NANOS = 2 * SECOND_NANOS;
    private static final long SELECT_MILLIS = 50;

    private final LoadOptions options;
    private final LoadListener listener;
    private final OperatingSystemMXBean process;
    private final Selector selector;
    private final List<SocketChannel> idle = new ArrayList<>();
    private final LoadConnection[] connections;
    private final ByteBuffer outgoing;
    private final Histogram latencies = LoadResult.emptyHistogram();
    private final Consumer<SelectionKey> onReady = this::onReady;

    private final double intervalNanos;
    private long scheduleNanos;
    private long scheduled;

    private boolean issuing = true;
    private long recordFromNanos = Long.MAX_VALUE;
    private long recordUntilNanos = Long.MAX_VALUE;
    private long answered;
    private long requests;
    private long errors;
    private @Nullable String failure;
    private int live;

    private LoadGenerator(LoadOptions options, LoadListener listener) throws IOException {
        this.options = options;
        this.listener = listener;
        this.process = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        this.selector = Selector.open();
        this.connections = new LoadConnection[options.connections()];
        this.outgoing = ByteBuffer.allocateDirect(options.sizeBytes() * options.pipeline());
        this.intervalNanos = options.isOpenLoop() ? SECOND_NANOS / options.ratePerSecond() : 0;
        while (outgoing.hasRemaining()) {
            outgoing.put((byte) ('a' + outgoing.position() % 26));
        }
    }

    /// Connects, warms up, measures and disconnects.
    static LoadResult run(LoadOptions options, LoadListener listener) throws IOException {
        try (LoadGenerator load = new LoadGenerator(options, listener)) {
            load.connect();
            return load.measure();
        }
    }

    private void connect() throws IOException {
        for (int index = 0; index < options.idleConnections(); index++) {
            idle.add(open());
        }
        for (int index = 0; index < connections.length; index++) {
            SocketChannel channel = open();
            connections[index] =
                    new LoadConnection(channel, index, options.sizeBytes(), options.pipeline());
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, connections[index]);
        }
        live = connections.length;
        listener.connected();
    }

    private SocketChannel open() throws IOException {
        SocketChannel channel = SocketChannel.open(options.target());
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        return channel;
    }

    private LoadResult measure() throws IOException {
        long begin = System.nanoTime();
        scheduleNanos = begin;
        if (!options.isOpenLoop()) {
            for (LoadConnection connection : connections) {
                send(connection, options.pipeline(), begin);
            }
        }
        long warm = begin + (long) (options.warmupSeconds() * SECOND_NANOS);
        runUntil(begin, warm);

        long cpuNanos = process.getProcessCpuTime();
        listener.measuring();
        long from = System.nanoTime();
        long until = from + (long) (options.seconds() * SECOND_NANOS);
        recordFromNanos = from;
        recordUntilNanos = until;
        runUntil(from, until);
        issuing = false;
        cpuNanos = process.getProcessCpuTime() - cpuNanos;
        listener.measured();
        drain();
        return new LoadResult(
                requests, options.seconds(), answered, latencies, errors, failure, cpuNanos);
    }

    /// Yielding is a courtesy here; nothing is right or wrong by it.
    @SuppressWarnings("ThreadPriorityCheck")
    private void runUntil(long phaseNanos, long untilNanos) throws IOException {
        long now = System.nanoTime();
        long reportNanos = now + PROGRESS_NANOS;
        while (now < untilNanos && live > 0) {
            if (options.isOpenLoop()) {
                boolean isIdle = selector.selectNow(onReady) == 0;
                if (!issueDue(System.nanoTime()) && isIdle) {
                    Thread.yield();
                }
            } else {
                selector.select(onReady, SELECT_MILLIS);
            }
            now = System.nanoTime();
            if (now >= reportNanos) {
                reportNanos = now + PROGRESS_NANOS;
                listener.progress((now - phaseNanos) / (double) SECOND_NANOS, answered);
            }
        }
        if (live == 0) {
            throw new IOException("all connections have failed; the first: " + failure);
        }
    }

    private void drain() throws IOException {
        long giveUp = System.nanoTime() + DRAIN_NANOS;
        while (owed() > 0 && System.nanoTime() < giveUp) {
            selector.select(onReady, SELECT_MILLIS);
        }
        long owed = owed();
        errors += owed;
        if (owed > 0 && failure == null) {
            failure = owed + " requests had no answer in time";
        }
    }

    /// Requests that were sent or due and have no answer yet.
    private long owed() {
        long owed = 0;
        for (int index = 0; index < connections.length; index++) {
            if (connections[index].channel().isOpen()) {
                owed += connections[index].outstanding();
                owed += options.isOpenLoop() ? due(index) - connections[index].sentCount() : 0;
            }
        }
        return owed;
    }

    /// How many requests the schedule has dealt to this connection so far.
    private long due(int index) {
        return (scheduled + connections.length - 1 - index) / connections.length;
    }

    private long intendedNanos(long request) {
        return scheduleNanos + (long) (request * intervalNanos);
    }

    /// Answers whether anything was due.
    private boolean issueDue(long now) {
        boolean any = intendedNanos(scheduled) <= now;
        while (intendedNanos(scheduled) <= now) {
            LoadConnection connection = connections[(int) (scheduled % connections.length)];
            scheduled++;
            if (connection.channel().isOpen() && connection.outstanding() < options.pipeline()) {
                sendDue(connection);
            }
        }
        return any;
    }

    private void onReady(SelectionKey key) {
        LoadConnection connection = (LoadConnection) key.attachment();
        try {
            if (key.isWritable() && connection.flush()) {
                key.interestOps(SelectionKey.OP_READ);
            }
            if (key.isReadable()) {
                receive(connection);
            }
        } catch (IOException e) {
            fail(connection, e);
        }
    }

    private void receive(LoadConnection connection) throws IOException {
        int count = connection.read();
        if (count < 0) {
            throw new IOException("the server closed the connection");
        }
        long now = System.nanoTime();
        for (int index = 0; index < count; index++) {
            record(connection.take(index), now);
        }
        connection.taken(count);
        if (count > 0 && !options.isOpenLoop()) {
            if (issuing) {
                send(connection, count, now);
            }
        } else if (count > 0) {
            if (due(connection.index()) > connection.sentCount()) {
                sendDue(connection);
            }
        }
    }

    /// A request of an open loop belongs to the measured time by its start, which the schedule
    /// made. One of a closed loop belongs to it by its end, or by being in flight when it ended: a
    /// server that falls silent must not have its longest waits left out.
    private void record(long start, long now) {
        boolean isMeasured =
                options.isOpenLoop()
                        ? start >= recordFromNanos && start < recordUntilNanos
                        : now >= recordFromNanos && start < recordUntilNanos;
        if (isMeasured) {
            latencies.recordValue(Math.min(now - start, LoadResult.LATENCY_NANOS_MAX));
        }
        if (now >= recordFromNanos && now < recordUntilNanos) {
            requests++;
        }
        answered++;
    }

    private void send(LoadConnection connection, int count, long startNanos) {
        outgoing.clear();
        for (int index = 0; index < count; index++) {
            connection.put(outgoing, startNanos);
        }
        write(connection);
    }

    private void sendDue(LoadConnection connection) {
        int index = connection.index();
        outgoing.clear();
        while (connection.outstanding() < options.pipeline()
                && connection.sentCount() < due(index)) {
            long request = connection.sentCount() * connections.length + index;
            connection.put(outgoing, intendedNanos(request));
        }
        write(connection);
    }

    private void write(LoadConnection connection) {
        outgoing.flip();
        try {
            connection.write(outgoing);
            if (connection.hasUnsent()) {
                connection
                        .channel()
                        .keyFor(selector)
                        .interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            }
        } catch (IOException e) {
            fail(connection, e);
        }
    }

    private void fail(LoadConnection connection, IOException cause) {
        errors += Math.max(1, connection.outstanding());
        if (failure == null) {
            failure = String.valueOf(cause.getMessage());
        }
        live--;
        closeQuietly(connection.channel());
    }

    private static void closeQuietly(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            System.err.println("close: " + e.getMessage());
        }
    }

    @Override
    public void close() throws IOException {
        for (LoadConnection connection : connections) {
            if (connection != null) {
                closeQuietly(connection.channel());
            }
        }
        idle.forEach(LoadGenerator::closeQuietly);
        selector.close();
    }
}
