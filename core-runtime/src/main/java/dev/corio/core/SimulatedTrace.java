package dev.corio.core;

import java.util.Arrays;
import java.util.Locale;

/// What happened in a simulation, event by event: the last ones as text for whoever looks for a
/// fault, and a hash over all of them by which two runs are compared.
///
/// **Threading:** confined to its core; anyone may read it once the core has ended.
final class SimulatedTrace {
    private static final int FIELDS = 4;
    private static final int TAIL_EVENTS = 100;

    /// What an event was; the text names its two numbers.
    enum Kind {
        SUBMIT("submit fd=%d opcode=%d"),
        COMPLETE("complete result=%d flags=%x"),
        CANCEL("cancel, arrives in %d ns"),
        CANCELLED("cancelled, result=%d"),
        SOCKET("socket fd=%d"),
        CLOSE("close fd=%d"),
        SHUTDOWN("shutdown fd=%d how=%d"),
        BIND("bind fd=%d port=%d"),
        CONNECT("connect to port=%d, from port=%d"),
        CONNECTED("connected, from port=%d"),
        REFUSED("connect refused, errno=%d"),
        ARRIVED("bytes arrived, up to %d of port=%d"),
        END_ARRIVED("end arrived, after %d of port=%d"),
        RESET("reset, errno=%d of port=%d"),
        SENT("put %d bytes, port=%d"),
        RECEIVED("took %d bytes, port=%d"),
        WAIT("wait ended, %d completions, deadline in %d ns");

        private final String text;

        Kind(String text) {
            this.text = text;
        }
    }

    private final boolean whole;
    private Kind[] kinds = new Kind[TAIL_EVENTS];
    private long[] events = new long[TAIL_EVENTS * FIELDS];
    private long count;
    private long hash = 1;

    /// @param whole whether every event is kept, not only the last ones
    SimulatedTrace(boolean whole) {
        this.whole = whole;
    }

    /// @param slot of the operation, or -1
    void add(long nanos, Kind kind, long slot, long first, long second) {
        int index = index(count++);
        if (index == kinds.length) {
            kinds = Arrays.copyOf(kinds, index * 2);
            events = Arrays.copyOf(events, index * 2 * FIELDS);
        }
        kinds[index] = kind;
        int at = index * FIELDS;
        events[at] = nanos;
        events[at + 1] = slot;
        events[at + 2] = first;
        events[at + 3] = second;
        mix(kind.text.hashCode());
        for (int i = 0; i < FIELDS; i++) {
            mix(events[at + i]);
        }
    }

    long count() {
        return count;
    }

    long hash() {
        return hash;
    }

    /// The events that are kept, a line for each.
    String text() {
        StringBuilder text = new StringBuilder();
        long kept = whole ? count : Math.min(count, TAIL_EVENTS);
        for (long event = count - kept; event < count; event++) {
            int at = index(event) * FIELDS;
            text.append(String.format(Locale.ROOT, "%,15d ns  ", events[at]));
            if (events[at + 1] >= 0) {
                text.append("operation ").append(events[at + 1]).append(": ");
            }
            String line = kinds[index(event)].text;
            text.append(String.format(Locale.ROOT, line, events[at + 2], events[at + 3]))
                    .append('\n');
        }
        return text.toString();
    }

    private int index(long event) {
        return (int) (whole ? event : event % TAIL_EVENTS);
    }

    private void mix(long value) {
        hash = (hash ^ value) * 0x9E3779B97F4A7C15L;
        hash ^= hash >>> 32;
    }
}
