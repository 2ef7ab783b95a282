package dev.corio.uring;

import static dev.corio.linux.Linux.EFD_CLOEXEC;
import static dev.corio.linux.Linux.POLLIN;

import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.linux.Memory;
import dev.corio.linux.SyscallException;
import java.lang.foreign.Arena;
import java.util.BitSet;
import java.util.EnumSet;

/// Finds out what the running kernel can do: by the features it answers, the operations it lists,
/// the set-up flags it takes, and for what it does not tell, by trying. Never by its version.
///
/// **Threading:** one thread, one use.
final class RingProbe {
    private static final int ENTRIES = 8;
    private static final int COMPLETION_ENTRIES = 16;
    private static final int OPCODES_MAX = 256;

    /// Nothing that is tried takes longer; what does is taken for unknown.
    private static final int LOOKS_MAX = 100;

    private static final int GROUP = 0;

    private final EnumSet<RingFeature> found = EnumSet.noneOf(RingFeature.class);
    private BitSet opcodes = new BitSet();
    private long lastUserData;
    private int lastResult;

    private RingProbe() {}

    static RingFeatures run() throws SyscallException {
        RingProbe probe = new RingProbe();
        probe.readFeatureBits();
        probe.trySetupFlags();
        probe.tryOperations();
        return new RingFeatures(probe.found, probe.opcodes);
    }

    private void readFeatureBits() throws SyscallException {
        int bits;
        try (RingSetup setup = open(0)) {
            bits = setup.features;
        }
        addIf(RingFeature.FAST_POLL, (bits & IoUring.IORING_FEAT_FAST_POLL) != 0);
        addIf(RingFeature.NODROP, (bits & IoUring.IORING_FEAT_NODROP) != 0);
        addIf(RingFeature.EXT_ARG, (bits & IoUring.IORING_FEAT_EXT_ARG) != 0);
        addIf(RingFeature.CQE_SKIP, (bits & IoUring.IORING_FEAT_CQE_SKIP) != 0);
        addIf(RingFeature.FIXED_FILES, (bits & IoUring.IORING_FEAT_RW_ATTR) != 0);
        addIf(RingFeature.NO_IOWAIT, (bits & IoUring.IORING_FEAT_NO_IOWAIT) != 0);
    }

    private void trySetupFlags() throws SyscallException {
        int submitAll = IoUring.IORING_SETUP_SUBMIT_ALL;
        int coop = IoUring.IORING_SETUP_COOP_TASKRUN;
        int coopFlag = coop | IoUring.IORING_SETUP_TASKRUN_FLAG;
        int single = IoUring.IORING_SETUP_SINGLE_ISSUER;
        int defer = single | IoUring.IORING_SETUP_DEFER_TASKRUN;
        int noArray = IoUring.IORING_SETUP_NO_SQARRAY;
        // Recent kernels take all at once, which spares them a ring for each.
        boolean all = isAccepted(submitAll | coopFlag | defer | noArray);
        addIf(RingFeature.SUBMIT_ALL, all || isAccepted(submitAll));
        addIf(RingFeature.COOP_TASKRUN, all || isAccepted(coop));
        addIf(RingFeature.TASKRUN_FLAG, all || isAccepted(coopFlag));
        addIf(RingFeature.SINGLE_ISSUER, all || isAccepted(single));
        addIf(RingFeature.DEFER_TASKRUN, all || isAccepted(defer));
        addIf(RingFeature.NO_SQARRAY, all || isAccepted(noArray));
    }

    private static boolean isAccepted(int flags) throws SyscallException {
        try {
            open(flags).close();
            return true;
        } catch (SyscallException e) {
            if (e.errno() == Errno.EINVAL) {
                return false;
            }
            throw e;
        }
    }

    private static RingSetup open(int flags) throws SyscallException {
        for (int looks = 0; ; looks++) {
            int allFlags = IoUring.IORING_SETUP_CQSIZE | flags;
            try {
                return RingSetup.open(ENTRIES, COMPLETION_ENTRIES, allFlags);
            } catch (SyscallException e) {
                // Locked memory of the rings before this one comes back a little later.
                if (e.errno() != Errno.ENOMEM || looks == LOOKS_MAX) {
                    throw e;
                }
                RingSetup.pause();
            }
        }
    }

    private void tryOperations() throws SyscallException {
        EnumSet<RingFeature> wanted = EnumSet.copyOf(found);
        wanted.add(RingFeature.REGISTERED_RING);
        RingFeatures features = new RingFeatures(wanted, new BitSet());
        int eventFd = Linux.eventfd(1, EFD_CLOEXEC);
        if (eventFd < 0) {
            throw new SyscallException("eventfd", -eventFd);
        }
        try (Ring ring = Ring.open(new RingOptions(ENTRIES, COMPLETION_ENTRIES, features))) {
            opcodes = readOpcodes(ring);
            addIf(RingFeature.REGISTERED_RING, ring.features().has(RingFeature.REGISTERED_RING));
            addIf(RingFeature.MSG_RING, opcodes.get(IoUring.IORING_OP_MSG_RING));
            addIf(RingFeature.SEND_ZC, opcodes.get(IoUring.IORING_OP_SEND_ZC));
            addIf(RingFeature.PBUF_RING, isRegistered(ring, 0));
            addIf(RingFeature.PBUF_INC, isRegistered(ring, IoUring.IOU_PBUF_RING_INC));
            addIf(RingFeature.SYNC_CANCEL, trySyncCancel(ring));
            addIf(RingFeature.NAPI, ring.busyPoll(1) == 0);
            tryFlags(ring, eventFd);
        } finally {
            Linux.close(eventFd);
        }
    }

    /// Socket operations on a descriptor that is no socket: ENOTSOCK means that the flags were
    /// fine.
    private void tryFlags(Ring ring, int eventFd) throws SyscallException {
        int accept = result(ring, next(ring).acceptMultishot(eventFd, 0));
        addIf(RingFeature.MULTISHOT_ACCEPT, accept == -Errno.ENOTSOCK);

        // Kernels before 5.19 did not look at the flags of a receive, so something else must have
        // come with them too: IORING_OP_SOCKET in 5.19, IORING_OP_SEND_ZC in 6.0.
        boolean is519 = opcodes.get(IoUring.IORING_OP_SOCKET);
        int first = result(ring, next(ring).recv(eventFd, 0, 0, 0).pollFirst());
        addIf(RingFeature.POLL_FIRST, is519 && first == -Errno.ENOTSOCK);
        boolean is600 = opcodes.get(IoUring.IORING_OP_SEND_ZC);
        int many = result(ring, next(ring).recvMultishot(eventFd, 0, GROUP));
        addIf(RingFeature.MULTISHOT_RECV, is600 && many == -Errno.ENOTSOCK);

        int cancel = result(ring, next(ring).cancelFd(eventFd));
        addIf(RingFeature.CANCEL_FD, cancel >= 0 || cancel == -Errno.ENOENT);

        // The counter is 1, so the descriptor is readable at once. Last, because it stays armed.
        int poll = result(ring, next(ring).pollMultishot(eventFd, POLLIN));
        addIf(RingFeature.MULTISHOT_POLL, poll == POLLIN);
    }

    private Sqe next(Ring ring) {
        Sqe sqe = ring.submissions().next();
        assert sqe != null : "each submission is consumed before the next";
        return sqe;
    }

    /// The first result of an operation, or -ETIME if it takes its time.
    ///
    /// @throws SyscallException where rings may be made but not entered
    private int result(Ring ring, Sqe sqe) throws SyscallException {
        long userData = ++lastUserData;
        sqe.userData(userData);
        lastResult = -Errno.ETIME;
        for (int looks = 0; looks < LOOKS_MAX && lastResult == -Errno.ETIME; looks++) {
            if (looks > 0) {
                RingSetup.pause();
            }
            int entered = ring.submitAndGet();
            if (RingSetup.isForbidden(-entered)) {
                throw RingSetup.failure("io_uring_enter(fd=" + ring.fd() + ")", -entered);
            }
            ring.completions()
                    .drain(
                            (of, result, flags) ->
                                    lastResult = of == userData ? result : lastResult,
                            COMPLETION_ENTRIES);
        }
        return lastResult;
    }

    private static BitSet readOpcodes(Ring ring) {
        long headBytes = Layouts.Probe.BYTES;
        long opBytes = Layouts.ProbeOp.BYTES;
        BitSet opcodes = new BitSet();
        try (Arena arena = Arena.ofConfined()) {
            long probe = arena.allocate(headBytes + OPCODES_MAX * opBytes, Long.BYTES).address();
            int opcode = IoUring.IORING_REGISTER_PROBE;
            int result = ring.register(opcode, probe, OPCODES_MAX);
            if (result < 0) {
                return opcodes; // Before 5.6, which is too old for anything.
            }
            int count = Byte.toUnsignedInt(Memory.getByte(probe + Layouts.Probe.OPS_LEN));
            for (int i = 0; i < count; i++) {
                long op = probe + headBytes + i * opBytes;
                int flags = Memory.getShort(op + Layouts.ProbeOp.FLAGS);
                int code = Byte.toUnsignedInt(Memory.getByte(op + Layouts.ProbeOp.OP));
                opcodes.set(code, (flags & IoUring.IO_URING_OP_SUPPORTED) != 0);
            }
        }
        return opcodes;
    }

    private static boolean isRegistered(Ring ring, int flags) {
        try (BufferRing buffers = BufferRing.register(ring, GROUP, ENTRIES, flags)) {
            return buffers.entries() == ENTRIES;
        } catch (SyscallException e) {
            return false; // EINVAL: unknown. ENOMEM: of no use.
        }
    }

    private static boolean trySyncCancel(Ring ring) {
        try (Arena arena = Arena.ofConfined()) {
            long argument = arena.allocate(Layouts.SyncCancelReg.BYTES, Long.BYTES).address();
            Memory.putLong(argument + Layouts.SyncCancelReg.ADDR, Long.MAX_VALUE); // Nobody's.
            Memory.putInt(argument + Layouts.SyncCancelReg.FD, -1);
            long timeout = argument + Layouts.SyncCancelReg.TIMEOUT;
            Memory.putLong(timeout + Layouts.Timespec.TV_SEC, -1);
            Memory.putLong(timeout + Layouts.Timespec.TV_NSEC, -1);
            int opcode = IoUring.IORING_REGISTER_SYNC_CANCEL;
            return ring.register(opcode, argument, 1) == -Errno.ENOENT;
        }
    }

    private void addIf(RingFeature feature, boolean isThere) {
        if (isThere) {
            found.add(feature);
        }
    }
}
