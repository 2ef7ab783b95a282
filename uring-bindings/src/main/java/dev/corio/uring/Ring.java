package dev.corio.uring;

import dev.corio.linux.Errno;
import dev.corio.linux.Memory;
import dev.corio.linux.SyscallException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// One io_uring. Write operations into [#submissions()], hand them over with one of the submit
/// methods, drain [#completions()]:
///
/// ```java
/// try (Ring ring = Ring.open(new RingOptions(256, 1024, RingFeatures.probe()))) {
///     ring.submissions().next().recv(fd, address, length, 0).userData(7);
///     ring.submitAndWait(-1);
///     ring.completions().drain((userData, result, flags) -> …, Integer.MAX_VALUE);
/// }
/// ```
///
/// What the submit methods answer: how many submissions the kernel consumed, or `-errno` if it
/// consumed none and something is in the way. EINTR: a signal; just go on. EBUSY and EAGAIN: drain
/// completions, then try again. ETIME: the time to wait is over. EBADR: a completion was lost and
/// an operation will never end. It may consume fewer than were pending, for instance behind one it
/// refused without [RingFeature#SUBMIT_ALL]; [SubmissionQueue#pending()] says how many are left,
/// and the next submit hands over those.
///
/// **Threading:** opened, used and closed by one thread of the kernel's, which refuses others with
/// EEXIST where it can tell. Tasks that run on that thread may share it.
public final class Ring implements AutoCloseable {
    private static final int ENTRIES_MIN = 8;

    /// Locked memory of rings that were closed comes back a little later.
    private static final int ENOMEM_RETRIES = 20;

    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final int SIGNAL_SET_BYTES = 8;
    private static final int NOT_REGISTERED = -1;

    // struct io_uring_napi: the time in front, then whether interrupts are to stay off meanwhile.
    private static final int NAPI_BYTES = 16;
    private static final int NAPI_PREFER = 4;

    /// Optional set-up flags, the first to go first when the kernel refuses all of them together.
    private static final RingFeature[] SETUP_FEATURES = {
        RingFeature.NO_SQARRAY,
        RingFeature.DEFER_TASKRUN,
        RingFeature.SINGLE_ISSUER,
        RingFeature.TASKRUN_FLAG,
        RingFeature.COOP_TASKRUN,
        RingFeature.SUBMIT_ALL,
    };

    private final RingSetup setup;
    private final RingFeatures features;
    private final SubmissionQueue submissions;
    private final CompletionQueue completions;

    /// What io_uring_enter is called with: the registered number and its flag, or the descriptor.
    private final int enterFd;

    private final int enterFlags;
    private final int waitFlags;
    private final int registeredRing;

    /// A timespec and behind it the io_uring_getevents_arg that points to it. Held so that the
    /// collector does not give back what is used by its addresses.
    private final MemorySegment waitArgument;

    private final long waitTime;
    private final long waitArgumentAddress;

    private long enters;
    private boolean isClosed;

    private Ring(RingSetup setup, RingFeatures wanted) {
        this.setup = setup;
        this.submissions = new SubmissionQueue(setup);
        this.completions = new CompletionQueue(setup);
        boolean wantsRegistered = wanted.has(RingFeature.REGISTERED_RING);
        this.registeredRing = wantsRegistered ? registerRing(setup.fd) : NOT_REGISTERED;
        boolean isRegistered = registeredRing >= 0;
        this.features = isRegistered ? wanted : wanted.without(RingFeature.REGISTERED_RING);
        this.enterFd = isRegistered ? registeredRing : setup.fd;
        this.enterFlags = isRegistered ? IoUring.IORING_ENTER_REGISTERED_RING : 0;
        this.waitFlags =
                enterFlags
                        | IoUring.IORING_ENTER_GETEVENTS
                        | (features.has(RingFeature.NO_IOWAIT)
                                ? IoUring.IORING_ENTER_NO_IOWAIT
                                : 0);
        this.waitArgument =
                Arena.ofAuto()
                        .allocate(Layouts.Timespec.BYTES + Layouts.GeteventsArg.BYTES, Long.BYTES);
        this.waitTime = waitArgument.address();
        this.waitArgumentAddress = waitTime + Layouts.Timespec.BYTES;
        Memory.putInt(waitArgumentAddress + Layouts.GeteventsArg.SIGMASK_SZ, SIGNAL_SET_BYTES);
        Memory.putLong(waitArgumentAddress + Layouts.GeteventsArg.TS, waitTime);
    }

    /// Opens a ring with the best of the features that were given. Where the kernel refuses a
    /// set-up flag, that one is dropped; where memory is short, the sizes are halved down to 8
    /// entries. [#features()], [#entries()] and [#completionEntries()] say what came of it.
    ///
    /// @throws SyscallException if there is no ring to be had; the text says why and what to do
    public static Ring open(RingOptions options) throws SyscallException {
        RingFeatures features = options.features();
        int entries = options.entries();
        int completionEntries = options.completionEntries();
        int retries = ENOMEM_RETRIES;
        while (true) {
            features = withoutIdle(features);
            int flags =
                    IoUring.IORING_SETUP_CQSIZE | IoUring.IORING_SETUP_CLAMP | setupFlags(features);
            try {
                return new Ring(RingSetup.open(entries, completionEntries, flags), features);
            } catch (SyscallException e) {
                RingFeatures fewer = withoutFirstSetupFeature(features);
                if (e.errno() == Errno.EINVAL && fewer != features) {
                    features = fewer;
                } else if (e.errno() == Errno.ENOMEM && retries > 0) {
                    retries--;
                    RingSetup.pause();
                } else if (e.errno() == Errno.ENOMEM && entries > ENTRIES_MIN) {
                    entries /= 2;
                    completionEntries /= 2;
                } else {
                    throw e;
                }
            }
        }
    }

    /// Hands over what was written, without waiting and without asking for completions. No system
    /// call when nothing is pending.
    public int submit() {
        int pending = submissions.publish();
        return pending == 0 ? 0 : enter(pending, 0, enterFlags, 0, 0);
    }

    /// As [#submit()], and lets the kernel post what is done: with [RingFeature#DEFER_TASKRUN]
    /// completions appear only so, and those kept after an overflow too.
    public int submitAndGet() {
        int flags = enterFlags | IoUring.IORING_ENTER_GETEVENTS;
        return enter(submissions.publish(), 0, flags, 0, 0);
    }

    /// As [#submitAndGet()], and waits until there is a completion or `timeoutNanos` are over;
    /// negative means no limit. When the time is over the answer is -ETIME, or the count if
    /// something was submitted. A limit needs [RingFeature#EXT_ARG]; without it, submit a timeout
    /// operation and wait without limit.
    public int submitAndWait(long timeoutNanos) {
        if (timeoutNanos < 0) {
            return enter(submissions.publish(), 1, waitFlags, 0, SIGNAL_SET_BYTES);
        }
        assert features.has(RingFeature.EXT_ARG)
                : "without EXT_ARG submit a timeout operation and wait without limit";
        Memory.putLong(waitTime + Layouts.Timespec.TV_SEC, timeoutNanos / NANOS_PER_SECOND);
        Memory.putLong(waitTime + Layouts.Timespec.TV_NSEC, timeoutNanos % NANOS_PER_SECOND);
        int flags = waitFlags | IoUring.IORING_ENTER_EXT_ARG;
        return enter(
                submissions.publish(), 1, flags, waitArgumentAddress, Layouts.GeteventsArg.BYTES);
    }

    /// Where operations are written.
    public SubmissionQueue submissions() {
        return submissions;
    }

    /// Where results are read.
    public CompletionQueue completions() {
        return completions;
    }

    /// What this ring really uses: the features it was opened with, without the flags that the
    /// kernel refused or that another one replaces.
    public RingFeatures features() {
        return features;
    }

    /// The descriptor.
    public int fd() {
        return setup.fd;
    }

    /// The IORING_SETUP_ flags it was opened with.
    public int setupFlags() {
        return setup.flags;
    }

    /// Slots for submissions.
    public int entries() {
        return setup.entries;
    }

    /// Slots for completions.
    public int completionEntries() {
        return setup.completionEntries;
    }

    /// How often io_uring_enter was called.
    public long enters() {
        return enters;
    }

    /// io_uring_register: `>= 0` or `-errno`.
    public int register(int opcode, long argument, int count) {
        return isClosed ? -Errno.EBADF : RingCalls.register(setup.fd, opcode, argument, count);
    }

    /// Lets a waiting ring poll the queue of the network device (NAPI) for a time before it sleeps,
    /// in place of interrupts: for devices whose driver can, which loopback is not. Since 6.9;
    /// io_uring_register_napi(3).
    ///
    /// @param micros how long; 0 for not at all
    /// @return 0, or `-errno`: EINVAL where the kernel is older, EOPNOTSUPP where it was built
    ///   without
    public int busyPoll(int micros) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment napi = arena.allocate(NAPI_BYTES, Long.BYTES);
            napi.set(ValueLayout.JAVA_INT, 0, micros);
            napi.set(ValueLayout.JAVA_BYTE, NAPI_PREFER, (byte) 1);
            return register(IoUring.IORING_REGISTER_NAPI, napi.address(), 1);
        }
    }

    /// Gives the ring back. The kernel cancels what is in flight, but later: cancel and drain
    /// first, or the memory of those operations is written to after this. Closing twice does
    /// nothing.
    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        if (registeredRing >= 0) {
            unregisterRing(setup.fd, registeredRing);
        }
        isClosed = true;
        setup.close();
    }

    /// As [#close()], for a ring that has failed: asks nothing of it any more. Should it have been
    /// registered, its thread keeps it alive until it ends.
    public void abandon() {
        if (!isClosed) {
            isClosed = true;
            setup.close();
        }
    }

    private int enter(int pending, int minComplete, int flags, long argument, long bytes) {
        assert !isClosed : "the ring is closed";
        enters++;
        return RingCalls.enter(enterFd, pending, minComplete, flags, argument, bytes);
    }

    private static int setupFlags(RingFeatures features) {
        int flags = 0;
        if (features.has(RingFeature.SUBMIT_ALL)) {
            flags |= IoUring.IORING_SETUP_SUBMIT_ALL;
        }
        if (features.has(RingFeature.COOP_TASKRUN)) {
            flags |= IoUring.IORING_SETUP_COOP_TASKRUN;
        }
        if (features.has(RingFeature.TASKRUN_FLAG)) {
            flags |= IoUring.IORING_SETUP_TASKRUN_FLAG;
        }
        if (features.has(RingFeature.SINGLE_ISSUER)) {
            flags |= IoUring.IORING_SETUP_SINGLE_ISSUER;
        }
        if (features.has(RingFeature.DEFER_TASKRUN)) {
            flags |= IoUring.IORING_SETUP_DEFER_TASKRUN;
        }
        if (features.has(RingFeature.NO_SQARRAY)) {
            flags |= IoUring.IORING_SETUP_NO_SQARRAY;
        }
        return flags;
    }

    /// Deferred task work is cooperative already.
    private static RingFeatures withoutIdle(RingFeatures features) {
        boolean isIdle =
                features.has(RingFeature.DEFER_TASKRUN) && features.has(RingFeature.COOP_TASKRUN);
        return isIdle ? features.without(RingFeature.COOP_TASKRUN) : features;
    }

    private static RingFeatures withoutFirstSetupFeature(RingFeatures features) {
        for (RingFeature feature : SETUP_FEATURES) {
            if (features.has(feature)) {
                return features.without(feature);
            }
        }
        return features;
    }

    /// The number that io_uring_enter takes in place of the descriptor, or [#NOT_REGISTERED].
    private static int registerRing(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            long update = arena.allocate(Layouts.RsrcUpdate.BYTES, Long.BYTES).address();
            Memory.putInt(update + Layouts.RsrcUpdate.OFFSET, -1); // Any that is free.
            Memory.putLong(update + Layouts.RsrcUpdate.DATA, fd);
            int opcode = IoUring.IORING_REGISTER_RING_FDS;
            int result = RingCalls.register(fd, opcode, update, 1);
            return result == 1 ? Memory.getInt(update + Layouts.RsrcUpdate.OFFSET) : NOT_REGISTERED;
        }
    }

    /// Without this the registration would keep the ring alive until the thread ends.
    private static void unregisterRing(int fd, int index) {
        try (Arena arena = Arena.ofConfined()) {
            long update = arena.allocate(Layouts.RsrcUpdate.BYTES, Long.BYTES).address();
            Memory.putInt(update + Layouts.RsrcUpdate.OFFSET, index);
            int opcode = IoUring.IORING_UNREGISTER_RING_FDS;
            int result = RingCalls.register(fd, opcode, update, 1);
            assert result == 1 : "close the ring on the thread that opened it: " + result;
        }
    }
}
