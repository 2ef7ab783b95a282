package dev.corio.uring;

import static dev.corio.uring.TestRings.next;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.corio.linux.Linux;
import dev.corio.linux.TcpPair;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class RingFeaturesTest {
    private static final RingFeatures ALL = all();

    @Test
    void theProbeFindsWhatTheRingsNeed(TestReporter reporter) throws Exception {
        RingFeatures features = TestRings.features();
        reporter.publishEntry(Linux.kernelRelease(), features.toString());
        assertTrue(features.has(RingFeature.FAST_POLL));
        assertTrue(features.has(RingFeature.NODROP));
        assertTrue(features.supportsOpcode(IoUring.IORING_OP_RECV));
        assertFalse(features.supportsOpcode(255));
    }

    @Test
    void theProbeFindsAllThatARecentKernelHas() throws Exception {
        RingFeatures features = TestRings.features();
        String[] release = Linux.kernelRelease().split("[.-]");
        int version = Integer.parseInt(release[0]) * 100 + Integer.parseInt(release[1]);
        assumeTrue(version >= 615, "Linux 6.15 has all: this is " + Linux.kernelRelease());
        assertEquals(EnumSet.allOf(RingFeature.class), features.all());
    }

    @Test
    void probingTwiceFindsTheSame() throws Exception {
        assertEquals(TestRings.features().toString(), RingFeatures.probe().toString());
    }

    @ParameterizedTest
    @MethodSource("masks")
    void aRingUnderAMaskUsesNothingThatIsMaskedAndWorks(String mask) throws Exception {
        RingFeatures features = TestRings.features().masked(mask);
        try (Ring ring = Ring.open(new RingOptions(16, 32, features));
                TcpPair pair = TcpPair.open();
                Arena arena = Arena.ofConfined()) {
            assertTrue(features.all().containsAll(ring.features().all()));
            assertEquals(flagsOf(ring.features()), ring.setupFlags());
            Completions completions = new Completions(ring);
            next(ring).nop().userData(1);
            assertEquals(0, completions.awaitOne().result());
            MemorySegment out = arena.allocateFrom("hello");
            MemorySegment in = arena.allocate(16);
            next(ring).recv(pair.server(), in.address(), 16, 0).userData(2);
            assertEquals(1, ring.submit());
            next(ring).send(pair.client(), out.address(), 6, Linux.MSG_NOSIGNAL).userData(3);
            completions.await(2);
            assertEquals("hello", in.getString(0));
            next(ring).nop().userData(4);
            assertEquals(1, ring.submitAndWait(-1));
            assertEquals(1, completions.await(1).size());
        }
    }

    static Stream<String> masks() {
        Stream<String> presets =
                Stream.of(
                        "", "kernel-5.7", "kernel-5.10", "kernel-5.15", "kernel-6.0", "kernel-6.1");
        return Stream.concat(presets, Arrays.stream(RingFeature.values()).map(f -> "-" + f));
    }

    @ParameterizedTest
    @EnumSource(RingFeature.class)
    void eachFeatureCanBeTakenAway(RingFeature feature) {
        assertTrue(ALL.has(feature));
        assertFalse(ALL.masked("-" + feature).has(feature));
        assertTrue(ALL.has(feature), "the original stays");
    }

    @Test
    void someAreUsedOnRequestOnly() {
        for (RingFeature each : RingFeature.values()) {
            assertEquals(!each.isOnRequest(), ALL.masked("").has(each), each.name());
        }
        assertTrue(ALL.masked("+FIXED_FILES").has(RingFeature.FIXED_FILES));
        assertFalse(ALL.masked("+FIXED_FILES").has(RingFeature.POLL_FIRST));
        assertTrue(ALL.masked("+POLL_FIRST,kernel-6.1").has(RingFeature.POLL_FIRST));
        assertFalse(ALL.masked("+FIXED_FILES,kernel-6.1").has(RingFeature.FIXED_FILES));
        assertFalse(ALL.masked("+FIXED_FILES,-FIXED_FILES").has(RingFeature.FIXED_FILES));
        assertFalse(RingFeatures.none().masked("+FIXED_FILES").has(RingFeature.FIXED_FILES));
    }

    @Test
    void askingForWhatIsUsedAnywayIsRefused() {
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> ALL.masked("+MSG_RING"));
        assertTrue(e.getMessage().contains("\"+MSG_RING\" is used wherever"), e.getMessage());
    }

    @Test
    void presetsAreWhatThoseKernelsHad() {
        assertEquals(
                EnumSet.of(RingFeature.FAST_POLL, RingFeature.NODROP),
                ALL.masked("kernel-5.7").all());
        assertEquals(ALL.masked("kernel-5.7").all(), ALL.masked("kernel-5.10").all());
        assertFalse(ALL.masked("kernel-5.10").has(RingFeature.EXT_ARG), "it came with 5.11");
        assertTrue(ALL.masked("kernel-5.15").has(RingFeature.EXT_ARG));
        assertTrue(ALL.masked("kernel-6.0").has(RingFeature.MULTISHOT_RECV));
        assertFalse(ALL.masked("kernel-6.0").has(RingFeature.DEFER_TASKRUN));
        assertTrue(ALL.masked("kernel-6.1").has(RingFeature.DEFER_TASKRUN));
        assertFalse(ALL.masked("kernel-6.1").has(RingFeature.NO_SQARRAY));
    }

    @Test
    void presetsTakeOperationsAwayToo() {
        assertFalse(ALL.masked("kernel-5.10").supportsOpcode(IoUring.IORING_OP_SHUTDOWN));
        assertTrue(ALL.masked("kernel-5.10").supportsOpcode(IoUring.IORING_OP_TEE));
        assertFalse(ALL.masked("kernel-5.7").supportsOpcode(IoUring.IORING_OP_TEE));
        assertTrue(ALL.masked("kernel-5.15").supportsOpcode(IoUring.IORING_OP_SHUTDOWN));
        assertFalse(ALL.masked("-MSG_RING").supportsOpcode(IoUring.IORING_OP_MSG_RING));
        assertTrue(ALL.supportsOpcode(IoUring.IORING_OP_MSG_RING));
    }

    @Test
    void whatNeedsAMaskedFeatureGoesWithIt() {
        assertFalse(ALL.masked("-SINGLE_ISSUER").has(RingFeature.DEFER_TASKRUN));
        assertFalse(ALL.masked("-PBUF_RING").has(RingFeature.PBUF_INC));
        assertFalse(ALL.masked("-PBUF_RING").has(RingFeature.MULTISHOT_RECV));
        assertTrue(ALL.masked("-COOP_TASKRUN").has(RingFeature.TASKRUN_FLAG));
        assertFalse(ALL.masked("-COOP_TASKRUN,-DEFER_TASKRUN").has(RingFeature.TASKRUN_FLAG));
    }

    @Test
    void masksAddUp() {
        RingFeatures masked = ALL.masked(" kernel-6.1 , -PBUF_RING,, -CQE_SKIP ");
        assertFalse(masked.has(RingFeature.PBUF_RING));
        assertFalse(masked.has(RingFeature.CQE_SKIP));
        assertTrue(masked.has(RingFeature.SUBMIT_ALL));
    }

    @Test
    void aWrongMaskIsRefusedWithTheRightNames() {
        for (String mask : List.of("-FOO", "PBUF_RING", "kernel-4.4", "-", "-kernel-5.7")) {
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> ALL.masked(mask));
            assertTrue(e.getMessage().contains('"' + mask + '"'), e.getMessage());
            assertTrue(e.getMessage().contains("kernel-5.10"), e.getMessage());
            assertTrue(e.getMessage().contains("-DEFER_TASKRUN"), e.getMessage());
        }
    }

    @Test
    void noneHasNothing() {
        assertTrue(RingFeatures.none().all().isEmpty());
        assertFalse(RingFeatures.none().supportsOpcode(IoUring.IORING_OP_NOP));
    }

    private static int flagsOf(RingFeatures features) {
        int flags = IoUring.IORING_SETUP_CQSIZE | IoUring.IORING_SETUP_CLAMP;
        flags |= flag(features, RingFeature.SUBMIT_ALL, IoUring.IORING_SETUP_SUBMIT_ALL);
        flags |= flag(features, RingFeature.COOP_TASKRUN, IoUring.IORING_SETUP_COOP_TASKRUN);
        flags |= flag(features, RingFeature.TASKRUN_FLAG, IoUring.IORING_SETUP_TASKRUN_FLAG);
        flags |= flag(features, RingFeature.SINGLE_ISSUER, IoUring.IORING_SETUP_SINGLE_ISSUER);
        flags |= flag(features, RingFeature.DEFER_TASKRUN, IoUring.IORING_SETUP_DEFER_TASKRUN);
        return flags | flag(features, RingFeature.NO_SQARRAY, IoUring.IORING_SETUP_NO_SQARRAY);
    }

    private static int flag(RingFeatures features, RingFeature feature, int flag) {
        return features.has(feature) ? flag : 0;
    }

    private static RingFeatures all() {
        BitSet opcodes = new BitSet();
        opcodes.set(0, 64);
        return new RingFeatures(EnumSet.allOf(RingFeature.class), opcodes);
    }
}
