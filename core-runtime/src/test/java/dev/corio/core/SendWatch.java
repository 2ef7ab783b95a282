package dev.corio.core;

import dev.corio.uring.CqeFlags;
import dev.corio.uring.IoUring;
import dev.corio.uring.Sqe;
import java.lang.foreign.Arena;
import java.lang.reflect.Proxy;
import java.util.HashSet;
import java.util.Set;

/// Reads each request that a task's core makes of its driver, and tells the bytes that are sent
/// from the memory in which the driver put them from those that are sent from elsewhere: somebody
/// has copied these. A copy to the heap and back into the same memory it cannot see.
///
/// It stands between the core and its driver until it is closed.
///
/// **Threading:** confined to its core.
public final class SendWatch implements AutoCloseable {
    private final Core core;
    private final Driver driver;
    private final Set<Descriptor> watched;
    private final Arena arena = Arena.ofConfined();
    private final Sqe sqe = Sqe.over(arena.allocate(Sqe.BYTES, Long.BYTES).address());

    /// Where receives have put bytes that are not sent yet, apart from the driver's group.
    private final Set<Long> received = new HashSet<>();

    private long bytes;
    private long copiedBytes;

    private SendWatch(Core core, Set<Descriptor> watched) {
        this.core = core;
        this.watched = watched;
        driver = core.loop.driver;
    }

    /// Watches what arrives on these and is sent to these.
    public static SendWatch on(Core core, Descriptor... watched) {
        SendWatch watch = new SendWatch(core, Set.of(watched));
        core.loop.driver =
                (Driver)
                        Proxy.newProxyInstance(
                                Driver.class.getClassLoader(),
                                new Class<?>[] {Driver.class},
                                (proxy, method, arguments) -> {
                                    if (method.getName().equals("submit")) {
                                        watch.see((Operation) arguments[0]);
                                    }
                                    return method.invoke(watch.driver, arguments);
                                });
        return watch;
    }

    /// All that was sent.
    public long bytes() {
        return bytes;
    }

    /// Of those, the ones that did not lie where they had arrived.
    public long copiedBytes() {
        return copiedBytes;
    }

    private void see(Operation operation) {
        sqe.clear();
        if (!watched.contains(operation.descriptor()) || !operation.write(sqe)) {
            return;
        }
        boolean selects = (sqe.flags() & IoUring.IOSQE_BUFFER_SELECT) != 0;
        if (sqe.opcode() == IoUring.IORING_OP_RECV && !selects) {
            received.add(sqe.address());
        } else if (sqe.opcode() == IoUring.IORING_OP_SEND) {
            bytes += sqe.length();
            if (!received.remove(sqe.address()) && !isInGroup(sqe.address())) {
                copiedBytes += sqe.length();
            }
        }
    }

    /// Only the driver fills the buffers of its group: nobody can lease one to copy to.
    private boolean isInGroup(long address) {
        for (int id = 0; id < core.options().groupBuffers(); id++) {
            int named = id << CqeFlags.IORING_CQE_BUFFER_SHIFT;
            BufferMemory member = core.buffers().member(CqeFlags.IORING_CQE_F_BUFFER | named);
            if (address >= member.address && address < member.address + member.bytes()) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() {
        core.loop.driver = driver;
        arena.close();
    }
}
