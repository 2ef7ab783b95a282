package dev.corio.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.Core;
import dev.corio.core.Descriptor;
import dev.corio.core.DriverUnderTest;
import dev.corio.core.IoBuffer;
import dev.corio.core.RealDrivers;
import dev.corio.core.Task;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// A crowd before the listener and streams that always have something to read, at the same time.
/// Counted in turns and connections, which do not depend on the machine.
final class AcceptFairnessTest {
    private static final int CROWD = 1000;
    private static final int STREAMS = 32;

    /// The epoll driver looks for new events in each eighth turn at the latest.
    private static final int TURNS_BETWEEN_ACCEPTS_MAX = 2 * 8;

    /// A read takes a turn or two, and an accepting task takes 64 connections in each.
    private static final int ACCEPTS_BETWEEN_READS_MAX = 4 * 64;

    @RealDrivers // turns take no time on a simulated kernel
    void crowdAndReadersTakeTurns(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            List<Peers> peers = new ArrayList<>();
            List<Descriptor> crowd = new ArrayList<>();
            try (TcpListener listener = TcpListener.bind(Peers.anyPort())) {
                boolean[] over = {false};
                int[] reads = {0};
                List<Task<Void>> readers = new ArrayList<>();
                for (int i = 0; i < STREAMS; i++) {
                    Peers each = Peers.open();
                    peers.add(each);
                    fill(each.client);
                    readers.add(core.spawn("reader", () -> read(each.server, over, reads)));
                }
                while (reads[0] < STREAMS) {
                    Core.yield();
                }
                crowd.addAll(Peers.crowd(core, listener.localAddress(), CROWD));
                acceptAll(core, listener, reads);
                over[0] = true;
                for (Task<Void> each : readers) {
                    each.join();
                }
            } finally {
                peers.forEach(Peers::close);
                crowd.forEach(Descriptor::close);
            }
        });
    }

    private static void acceptAll(Core core, TcpListener listener, int[] reads) throws IOException {
        int readsSeen = reads[0];
        int acceptsSinceRead = 0;
        for (int i = 0; i < CROWD; i++) {
            long turn = core.stats().turns();
            listener.accept().close();
            long turns = core.stats().turns() - turn;
            assertTrue(turns <= TURNS_BETWEEN_ACCEPTS_MAX, "an accept took " + turns + " turns");
            acceptsSinceRead = reads[0] == readsSeen ? acceptsSinceRead + 1 : 0;
            readsSeen = reads[0];
            assertTrue(
                    acceptsSinceRead <= ACCEPTS_BETWEEN_READS_MAX,
                    "no read during " + acceptsSinceRead + " accepts");
        }
    }

    /// More than will be read, a byte at a time.
    private static void fill(TcpStream stream) throws IOException {
        try (IoBuffer buffer = IoBuffer.lease(1 << 16)) {
            buffer.advance(1 << 16);
            assertEquals(1 << 16, stream.write(buffer));
        }
    }

    private static Void read(TcpStream stream, boolean[] over, int[] reads) throws IOException {
        try (IoBuffer buffer = IoBuffer.lease(512)) {
            while (!over[0]) {
                buffer.clear().advance(buffer.capacity() - 1);
                assertEquals(1, stream.read(buffer));
                reads[0]++;
            }
        }
        return null;
    }
}
