package dev.corio.core;

import dev.corio.linux.SyscallException;
import dev.corio.uring.RingFeatures;
import java.io.IOException;

/// A core that is to use buffers up bit by bit, in a JVM of its own in which the first ring of each
/// thread is refused: its driver is chosen by a thread that has had its refusal, and opened by
/// another one. Says what it was given, and how many bytes the buffer of a short message has.
final class RefusedRing {
    private RefusedRing() {}

    public static void main(String[] arguments) throws Exception {
        try {
            RingFeatures.probe();
            throw new IllegalStateException("no ring was refused");
        } catch (SyscallException refused) {
            System.out.println(refused.getMessage());
        }
        CoreOptions options =
                CoreOptions.defaults().driver(DriverKind.AUTO).featureMask("+PBUF_INC");
        try (Cores cores = Cores.start(options)) {
            Core core = cores.core(0);
            int bytes = core.spawn("receive", () -> receive(core)).join();
            System.out.println(cores.driver().kind() + " " + bytes);
        }
    }

    private static int receive(Core core) throws IOException {
        try (Pair pair = Pair.open();
                IoBuffer message = IoBuffer.lease(1).put((byte) 1)) {
            Pair.send(pair.left, message);
            Request receive =
                    Request.on(
                            pair.right,
                            sqe -> sqe.recvSelect(pair.right.fd(), 0, 0, core.bufferGroup()));
            core.await(receive);
            try (IoBuffer picked =
                    core.picked(core.buffers().unleased(), receive.flags, receive.result())) {
                return picked.capacity();
            }
        }
    }
}
