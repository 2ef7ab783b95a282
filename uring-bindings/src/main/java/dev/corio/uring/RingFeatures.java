package dev.corio.uring;

import dev.corio.linux.SyscallException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// What a kernel can do: features and operations. Immutable.
///
/// A mask takes something away, so that the way an old kernel goes can be gone on a new one, and
/// asks for what is only used on request:
///
/// ```java
/// RingFeatures features = RingFeatures.probe().masked("kernel-5.10,-MULTISHOT_POLL");
/// RingFeatures more = RingFeatures.probe().masked("+FIXED_FILES");
/// ```
///
/// **Threading:** safe from any thread.
public final class RingFeatures {
    private static final List<Preset> PRESETS =
            List.of(
                    new Preset("kernel-5.7", 507, IoUring.IORING_OP_REMOVE_BUFFERS),
                    new Preset("kernel-5.10", 510, IoUring.IORING_OP_TEE),
                    new Preset("kernel-5.15", 515, IoUring.IORING_OP_LINKAT),
                    new Preset("kernel-6.0", 600, IoUring.IORING_OP_SEND_ZC),
                    new Preset("kernel-6.1", 601, IoUring.IORING_OP_SENDMSG_ZC));

    private static final RingFeatures NONE =
            new RingFeatures(EnumSet.noneOf(RingFeature.class), new BitSet());

    private final Set<RingFeature> features;
    private final BitSet opcodes;

    /// The owner gives both away and never changes them again.
    RingFeatures(EnumSet<RingFeature> features, BitSet opcodes) {
        dropDependents(features, opcodes);
        this.features = Collections.unmodifiableSet(features);
        this.opcodes = opcodes;
    }

    /// Finds out what the running kernel can do, by trying. Opens a tiny ring or two for that;
    /// takes a few milliseconds.
    ///
    /// @throws SyscallException if no ring can be opened here; the text says why and what to do
    public static RingFeatures probe() throws SyscallException {
        return RingProbe.run();
    }

    /// No feature and no operation.
    public static RingFeatures none() {
        return NONE;
    }

    /// Whether there is a feature.
    public boolean has(RingFeature feature) {
        return features.contains(feature);
    }

    /// Whether there is an operation, by its IORING_OP_ number.
    public boolean supportsOpcode(int opcode) {
        return opcodes.get(opcode);
    }

    /// All features there are, in the order of their age.
    public Set<RingFeature> all() {
        return features;
    }

    /// What is left under a mask: names of features to take away, each with a minus, presets that
    /// leave what that kernel had, and features to use that are used on request alone
    /// ([RingFeature#isOnRequest()]), each with a plus; in any order, separated by commas. A minus
    /// and a preset win over a plus, and nothing is asked of a kernel that it lacks. Features that
    /// need one that is taken away go with it.
    ///
    /// @throws IllegalArgumentException if the mask has a name that is neither
    public RingFeatures masked(String mask) {
        EnumSet<RingFeature> left = copyOfFeatures();
        BitSet leftOpcodes = (BitSet) opcodes.clone();
        EnumSet<RingFeature> unwanted = EnumSet.allOf(RingFeature.class);
        unwanted.removeIf(feature -> !feature.isOnRequest());
        for (String part : mask.split(",", 0)) {
            String name = part.strip();
            if (name.startsWith("-")) {
                left.remove(feature(name));
            } else if (name.startsWith("+")) {
                unwanted.remove(onRequest(name));
            } else if (!name.isEmpty()) {
                preset(name).apply(left, leftOpcodes);
            }
        }
        left.removeAll(unwanted);
        return new RingFeatures(left, leftOpcodes);
    }

    /// These features but one, and those that need it.
    RingFeatures without(RingFeature feature) {
        EnumSet<RingFeature> left = copyOfFeatures();
        left.remove(feature);
        return new RingFeatures(left, (BitSet) opcodes.clone());
    }

    @Override
    public String toString() {
        return features + ", " + opcodes.cardinality() + " operations";
    }

    private EnumSet<RingFeature> copyOfFeatures() {
        EnumSet<RingFeature> copy = EnumSet.noneOf(RingFeature.class);
        copy.addAll(features);
        return copy;
    }

    private static void dropDependents(EnumSet<RingFeature> features, BitSet opcodes) {
        if (!features.contains(RingFeature.SINGLE_ISSUER)) {
            features.remove(RingFeature.DEFER_TASKRUN);
        }
        if (!features.contains(RingFeature.COOP_TASKRUN)
                && !features.contains(RingFeature.DEFER_TASKRUN)) {
            features.remove(RingFeature.TASKRUN_FLAG);
        }
        if (!features.contains(RingFeature.PBUF_RING)) {
            features.remove(RingFeature.PBUF_INC);
            features.remove(RingFeature.MULTISHOT_RECV);
        }
        if (!features.contains(RingFeature.MSG_RING)) {
            opcodes.clear(IoUring.IORING_OP_MSG_RING);
        }
        if (!features.contains(RingFeature.SEND_ZC)) {
            opcodes.clear(IoUring.IORING_OP_SEND_ZC);
            opcodes.clear(IoUring.IORING_OP_SENDMSG_ZC);
        }
    }

    private static RingFeature feature(String name) {
        for (RingFeature feature : RingFeature.values()) {
            if (feature.name().equals(name.substring(1))) {
                return feature;
            }
        }
        throw unknown(name);
    }

    private static RingFeature onRequest(String name) {
        RingFeature feature = feature(name);
        if (!feature.isOnRequest()) {
            throw new IllegalArgumentException(
                    "in a mask of io_uring features: \""
                            + name
                            + "\" is used wherever it is there; leave it out");
        }
        return feature;
    }

    private static Preset preset(String name) {
        for (Preset preset : PRESETS) {
            if (preset.name.equals(name)) {
                return preset;
            }
        }
        throw unknown(name);
    }

    private static IllegalArgumentException unknown(String name) {
        String presets = PRESETS.stream().map(Preset::name).collect(Collectors.joining(", "));
        String features =
                Arrays.stream(RingFeature.values())
                        .map(feature -> (feature.isOnRequest() ? "+" : "-") + feature)
                        .collect(Collectors.joining(", "));
        return new IllegalArgumentException(
                "unknown in a mask of io_uring features: \""
                        + name
                        + "\"; valid are "
                        + presets
                        + ", "
                        + features);
    }

    /// A release of Linux, written as 519 for 5.19, and the last operation it knew.
    private record Preset(String name, int release, int lastOpcode) {
        void apply(EnumSet<RingFeature> features, BitSet opcodes) {
            features.removeIf(feature -> !feature.isIn(release));
            if (opcodes.length() > lastOpcode + 1) {
                opcodes.clear(lastOpcode + 1, opcodes.length());
            }
        }
    }
}
