package dev.corio.core;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// How cores are set up. Immutable: each setter answers changed options, and each word without an
/// argument answers the value.
///
/// `corio.driver`, `corio.uring.features`, `corio.multishot.receive`, `corio.send.zerocopy`,
/// `corio.napi.micros`, `corio.leaks` and `corio.guard` are read from the system properties, or
/// from the environment as `CORIO_DRIVER` and so on.
///
/// **Threading:** safe from any thread.
public final class CoreOptions implements Cloneable {
    private static final Duration NANO = Duration.ofNanos(1);
    private static final Duration MICRO = Duration.ofNanos(1_000);
    private static final Duration SECOND = Duration.ofSeconds(1);

    private DriverKind driver = DriverKind.AUTO;
    private String featureMask = "";
    private int @Nullable [] cpus;
    private boolean pin = true;
    private int ringEntries = 256;
    private int tasksPerTurn = 256;
    private int completionsPerTurn = 1024;
    private Duration turnBudget = Duration.ofMillis(1);
    private int operationsMax = 1 << 18;
    private int mailboxMax = 1 << 14;
    private int bufferBytes = 16 << 10;
    private int groupBuffers = 256;
    private boolean multishotReceive = true;
    private int sendZeroCopyBytes;
    private long poolBytesMax = 256L << 20;
    private int guardedBuffers;
    private LeakDetection leakDetection = LeakDetection.SAMPLED;
    private int blockingThreadsMax = 16;
    private Duration spin = Duration.ZERO;
    private Duration napiBusyPoll = Duration.ZERO;
    private Duration stallAfter = Duration.ofSeconds(1);
    private Duration closeTimeout = Duration.ofSeconds(10);
    private SimulatedWorld.Setup simulation = SimulatedWorld.Setup.open();
    private FatalErrors fatalErrors = FatalErrors.HALT;
    private @Nullable UncaughtHandler uncaught;

    private CoreOptions() {}

    /// What suits most: a pinned core per usable CPU, the driver chosen by trying.
    ///
    /// @throws IllegalArgumentException when a system property has a bad value
    public static CoreOptions defaults() {
        CoreOptions options = new CoreOptions();
        options.driver = DriverKind.parse(Settings.text("corio.driver", "auto"));
        options.featureMask = Settings.text("corio.uring.features", "");
        options.multishotReceive = Settings.isOn("corio.multishot.receive");
        options.leakDetection = LeakDetection.parse(Settings.text("corio.leaks", "sampled"));
        options = Settings.apply("corio.guard", options::guardedBuffers);
        options = Settings.apply("corio.send.zerocopy", options::sendZeroCopyBytes);
        return Settings.apply("corio.napi.micros", options::napiBusyPollMicros);
    }

    /// Which driver; [DriverKind#AUTO] by default.
    public CoreOptions driver(DriverKind driver) {
        CoreOptions changed = copy();
        changed.driver = driver;
        return changed;
    }

    public DriverKind driver() {
        return driver;
    }

    /// Probed io_uring features to leave unused, for example `-PBUF_RING,-DEFER_TASKRUN` or a
    /// preset such as `kernel-5.10`, and those to use that are used on request alone, for example
    /// `+FIXED_FILES`. See [dev.corio.uring.RingFeatures#masked].
    public CoreOptions featureMask(String mask) {
        CoreOptions changed = copy();
        changed.featureMask = mask;
        return changed;
    }

    public String featureMask() {
        return featureMask;
    }

    /// One core on each of these CPUs; by default as many as affinity and cgroup quota allow.
    public CoreOptions cpus(int... cpus) {
        if (cpus.length == 0) {
            throw new IllegalArgumentException("at least one CPU is needed");
        }
        CoreOptions changed = copy();
        changed.cpus = cpus.clone();
        return changed;
    }

    public int @Nullable [] cpus() {
        return cpus == null ? null : cpus.clone();
    }

    /// Whether cores are pinned to their CPUs; true by default. Under a cgroup quota only those
    /// that [#cpus(int...)] names are: who names CPUs means them.
    public CoreOptions pin(boolean pin) {
        CoreOptions changed = copy();
        changed.pin = pin;
        return changed;
    }

    public boolean pin() {
        return pin;
    }

    /// Entries of the submission queue, a power of two; the completion queue has four times as
    /// many.
    public CoreOptions ringEntries(int entries) {
        CoreOptions changed = copy();
        changed.ringEntries = Limits.powerOfTwo("ringEntries", entries, 8, 32768);
        return changed;
    }

    public int ringEntries() {
        return ringEntries;
    }

    /// How many tasks run before completions and timers have their turn again.
    public CoreOptions tasksPerTurn(int tasks) {
        CoreOptions changed = copy();
        changed.tasksPerTurn = Limits.atLeast("tasksPerTurn", tasks, 1);
        return changed;
    }

    public int tasksPerTurn() {
        return tasksPerTurn;
    }

    /// How many completions one turn hands out: a chain of operations that never has to wait keeps
    /// tasks and timers waiting for so many of its steps at most.
    public CoreOptions completionsPerTurn(int completions) {
        CoreOptions changed = copy();
        changed.completionsPerTurn = Limits.atLeast("completionsPerTurn", completions, 1);
        return changed;
    }

    public int completionsPerTurn() {
        return completionsPerTurn;
    }

    /// How long completions and tasks may take before the turn ends, with fewer tasks than
    /// [#tasksPerTurn] if need be; 1 ms by default. The clock is read after every eighth task, so a
    /// timer is late by this and eight tasks at most. Nothing interrupts a task that does not wait:
    /// it can call [Core#yield].
    public CoreOptions turnBudget(Duration budget) {
        CoreOptions changed = copy();
        changed.turnBudget = Limits.within("turnBudget", budget, NANO, SECOND);
        return changed;
    }

    public Duration turnBudget() {
        return turnBudget;
    }

    /// How many operations of one core may be in flight; a proxied connection has two, or four
    /// where it receives by multishot.
    public CoreOptions operationsMax(int operations) {
        CoreOptions changed = copy();
        changed.operationsMax = Limits.within("operationsMax", operations, 1, 1 << 24);
        return changed;
    }

    public int operationsMax() {
        return operationsMax;
    }

    /// How much work other threads may have handed to a core that it has not begun.
    public CoreOptions mailboxMax(int items) {
        CoreOptions changed = copy();
        changed.mailboxMax = Limits.atLeast("mailboxMax", items, 2);
        return changed;
    }

    public int mailboxMax() {
        return mailboxMax;
    }

    /// The size of a leased buffer, and of those that the kernel picks.
    public CoreOptions bufferBytes(int bytes) {
        CoreOptions changed = copy();
        changed.bufferBytes = Limits.within("bufferBytes", bytes, 512, 1 << 24);
        return changed;
    }

    public int bufferBytes() {
        return bufferBytes;
    }

    /// How many buffers a core provides to its driver to pick from, a power of two; 0 for none. Of
    /// its rings of buffers the kernel gets about as many as it uses, so more than are needed cost
    /// their memory only.
    ///
    /// With io_uring before Linux 5.19 up to half of them are held by receives that wait, and more
    /// such receives cost a request more: twice the number of busy connections is a good number
    /// there.
    public CoreOptions groupBuffers(int buffers) {
        CoreOptions changed = copy();
        changed.groupBuffers = Limits.zeroOrPowerOfTwo("groupBuffers", buffers, 32768);
        return changed;
    }

    public int groupBuffers() {
        return groupBuffers;
    }

    /// Whether one request of a connection serves many of its messages (`IORING_RECV_MULTISHOT`,
    /// Linux 6.0), in `TcpStream.receive` and in relays, where the kernel has it and there are
    /// buffers to pick from. On by default.
    ///
    /// It saves a request for each message. It costs where a stream is read in other ways too, for
    /// then it is cancelled and begun anew; and up to four received buffers wait on a stream whose
    /// task does not take them, some more while the cancel is under way that keeps the rest in the
    /// socket. Those bytes count as read: closing the stream does not reset the connection.
    public CoreOptions multishotReceive(boolean on) {
        CoreOptions changed = copy();
        changed.multishotReceive = on;
        return changed;
    }

    public boolean multishotReceive() {
        return multishotReceive;
    }

    /// From how many bytes on a send goes without a copy (`IORING_OP_SEND_ZC`, Linux 6.0); 0, the
    /// default, for none.
    ///
    /// It pays for large messages over a fast network: the card reads them where they are. Small
    /// ones cost more, and so do all over loopback, where the kernel copies even so. A send ends
    /// when the peer has acknowledged its bytes, not when they are in the kernel's buffer, so a
    /// stream sends one message per round trip. One that is cancelled, by an interrupt, a timeout
    /// or a close, resets the connection unless the acknowledgement comes within half a second.
    /// What is refused, for the want of `RLIMIT_MEMLOCK` or by its kind of socket, is copied, and
    /// so is what comes after it; writes of several buffers always are. See
    /// `io_uring_prep_send_zc(3)`.
    public CoreOptions sendZeroCopyBytes(int bytes) {
        CoreOptions changed = copy();
        changed.sendZeroCopyBytes = Limits.atLeast("sendZeroCopyBytes", bytes, 0);
        return changed;
    }

    public int sendZeroCopyBytes() {
        return sendZeroCopyBytes;
    }

    /// How many released buffers of a core are kept out of use, protected so that nobody can touch
    /// them: an operation that still uses one fails with `EFAULT`, and a `ByteBuffer` of it fails
    /// too, instead of corrupting whoever has the memory next. 0, the default, for none. Of a
    /// buffer that messages share (`+PBUF_INC`) all must be released.
    ///
    /// For tests. Each release costs system calls, and the smallest buffer takes a page.
    public CoreOptions guardedBuffers(int buffers) {
        CoreOptions changed = copy();
        changed.guardedBuffers = Limits.within("guardedBuffers", buffers, 0, 8192);
        return changed;
    }

    public int guardedBuffers() {
        return guardedBuffers;
    }

    /// How many buffers, streams and listeners are watched for being forgotten;
    /// [LeakDetection#SAMPLED] by default.
    public CoreOptions leakDetection(LeakDetection level) {
        CoreOptions changed = copy();
        changed.leakDetection = level;
        return changed;
    }

    public LeakDetection leakDetection() {
        return leakDetection;
    }

    /// The native memory that the pool of one core may take. `-XX:MaxDirectMemorySize` does not
    /// count it.
    public CoreOptions poolBytesMax(long bytes) {
        CoreOptions changed = copy();
        changed.poolBytesMax = Limits.atLeast("poolBytesMax", bytes, 1L << 20);
        return changed;
    }

    public long poolBytesMax() {
        return poolBytesMax;
    }

    /// How many threads [Blocking] may use.
    public CoreOptions blockingThreadsMax(int threads) {
        CoreOptions changed = copy();
        changed.blockingThreadsMax = Limits.atLeast("blockingThreadsMax", threads, 1);
        return changed;
    }

    public int blockingThreadsMax() {
        return blockingThreadsMax;
    }

    /// How long a core looks for work before it sleeps in the kernel: shorter latency of a lone
    /// connection and of [CoreCall]s, paid with CPU time. Off by default.
    public CoreOptions spin(Duration spin) {
        CoreOptions changed = copy();
        changed.spin = Limits.within("spin", spin, Duration.ZERO, SECOND);
        return changed;
    }

    public Duration spin() {
        return spin;
    }

    boolean isSpinning() {
        return !spin.isZero();
    }

    /// How long a ring that waits polls the network device for packets before it sleeps (NAPI busy
    /// polling), at most 1 s; off by default. For devices with a driver that can, on Linux 6.9 and
    /// later; elsewhere a warning says why not. See io_uring_register_napi(3).
    public CoreOptions napiBusyPoll(Duration time) {
        CoreOptions changed = copy();
        changed.napiBusyPoll = Limits.zeroOrWithin("napiBusyPoll", time, MICRO, SECOND);
        return changed;
    }

    public Duration napiBusyPoll() {
        return napiBusyPoll;
    }

    boolean isBusyPolling() {
        return !napiBusyPoll.isZero();
    }

    /// After how long a core that is kept from its loop, by a task or by a completion, is reported
    /// to the log and to JFR with the stack of what keeps it; zero for never. By default 1 s, which
    /// neither a collection of garbage nor class loading takes: who has less patience says so.
    public CoreOptions stallAfter(Duration time) {
        CoreOptions changed = copy();
        changed.stallAfter = Limits.zeroOrAtLeast("stallAfter", time, Duration.ofMillis(10));
        return changed;
    }

    public Duration stallAfter() {
        return stallAfter;
    }

    /// How long closing waits for tasks that were cancelled; then they are abandoned and named in
    /// the log.
    public CoreOptions closeTimeout(Duration timeout) {
        CoreOptions changed = copy();
        changed.closeTimeout = Limits.atLeast("closeTimeout", timeout, Duration.ZERO);
        return changed;
    }

    public Duration closeTimeout() {
        return closeTimeout;
    }

    /// The world of [DriverKind#SIMULATED]; without trouble, and open, by default.
    CoreOptions simulation(SimulatedWorld.Setup setup) {
        CoreOptions changed = copy();
        changed.driver = DriverKind.SIMULATED;
        changed.simulation = setup;
        return changed;
    }

    SimulatedWorld.Setup simulation() {
        return simulation;
    }

    /// What an error of the virtual machine does; [FatalErrors#HALT] by default.
    public CoreOptions fatalErrors(FatalErrors policy) {
        CoreOptions changed = copy();
        changed.fatalErrors = policy;
        return changed;
    }

    public FatalErrors fatalErrors() {
        return fatalErrors;
    }

    /// Who is told of a task that fails while nobody joins it; by default the log of the system.
    public CoreOptions uncaught(UncaughtHandler handler) {
        CoreOptions changed = copy();
        changed.uncaught = handler;
        return changed;
    }

    /// Null for the log.
    public @Nullable UncaughtHandler uncaught() {
        return uncaught;
    }

    private CoreOptions napiBusyPollMicros(int micros) {
        return napiBusyPoll(MICRO.multipliedBy(micros));
    }

    private CoreOptions copy() {
        try {
            return (CoreOptions) clone();
        } catch (CloneNotSupportedException e) {
            throw new AssertionError(e);
        }
    }
}
