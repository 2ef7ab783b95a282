package dev.corio.core;

import dev.corio.uring.RingFeature;
import java.io.IOException;

/// A driver that is open, and what became of the choice when it was opened: memory may have been
/// short for the rings, or io_uring out of reach although it answered when it was chosen.
///
/// **Threading:** the driver belongs to the thread that opened it.
///
/// @param driver of the kind that was taken
/// @param choice which one, and why
record OpenDriver(Driver driver, DriverChoice choice) {
    /// Opens the driver of a core, on its thread.
    ///
    /// @throws IOException when io_uring is demanded and cannot be had
    static OpenDriver of(DriverChoice wanted, Core core, InFlight inFlight, Dispatcher dispatcher)
            throws IOException {
        CoreOptions options = core.options();
        SimulatedWorld world = core.world();
        if (world != null) {
            return new OpenDriver(
                    new SimulatedDriver(world, options, inFlight, dispatcher), wanted);
        }
        if (wanted.kind() == DriverKind.EPOLL) {
            return new OpenDriver(new EpollDriver(options, inFlight, dispatcher), wanted);
        }
        try {
            UringDriver ring = openRing(wanted, core, inFlight, dispatcher);
            return new OpenDriver(ring, wanted.withEntries(ring.entries(), options.ringEntries()));
        } catch (IOException e) {
            if (options.driver() == DriverKind.IO_URING) {
                throw e;
            }
            return new OpenDriver(
                    new EpollDriver(options, inFlight, dispatcher), DriverChoice.fallback(e));
        }
    }

    /// The pool learns that buffers are used up bit by bit when the ring is open, and not before:
    /// another driver would use whole ones.
    private static UringDriver openRing(
            DriverChoice wanted, Core core, InFlight inFlight, Dispatcher dispatcher)
            throws IOException {
        if (!wanted.features().has(RingFeature.PBUF_INC)) {
            return new UringDriver(core.options(), wanted.features(), inFlight, dispatcher);
        }
        BufferParts parts = new BufferParts(core.buffers(), dispatcher);
        UringDriver ring = new UringDriver(core.options(), wanted.features(), inFlight, parts);
        core.buffers().inParts(parts);
        return ring;
    }
}
