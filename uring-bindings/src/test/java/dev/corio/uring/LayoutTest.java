package dev.corio.uring;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.generated.Liburing;
import dev.corio.generated.__kernel_timespec;
import dev.corio.generated.io_cqring_offsets;
import dev.corio.generated.io_sqring_offsets;
import dev.corio.generated.io_uring_buf;
import dev.corio.generated.io_uring_buf_reg;
import dev.corio.generated.io_uring_buf_ring;
import dev.corio.generated.io_uring_cqe;
import dev.corio.generated.io_uring_getevents_arg;
import dev.corio.generated.io_uring_params;
import dev.corio.generated.io_uring_probe;
import dev.corio.generated.io_uring_probe_op;
import dev.corio.generated.io_uring_rsrc_update;
import dev.corio.generated.io_uring_sqe;
import dev.corio.generated.io_uring_sync_cancel_reg;
import dev.corio.linux.CProgram;
import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.uring.Layouts.BufReg;
import dev.corio.uring.Layouts.CqOffsets;
import dev.corio.uring.Layouts.GeteventsArg;
import dev.corio.uring.Layouts.Params;
import dev.corio.uring.Layouts.Probe;
import dev.corio.uring.Layouts.ProbeOp;
import dev.corio.uring.Layouts.RsrcUpdate;
import dev.corio.uring.Layouts.SqOffsets;
import dev.corio.uring.Layouts.SyncCancelReg;
import dev.corio.uring.Layouts.Timespec;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.PaddingLayout;
import java.lang.foreign.SequenceLayout;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.function.Executable;

class LayoutTest {
    @Test
    void everyGeneratedStructureIsLaidOutAsTheCompilerDoesIt(TestReporter reporter)
            throws Exception {
        List<Class<?>> structures = generatedStructures();
        assertTrue(structures.size() >= 25, "all structures are looked at: " + structures);
        Map<String, Long> expected = new LinkedHashMap<>();
        for (Class<?> structure : structures) {
            GroupLayout layout = (GroupLayout) structure.getMethod("layout").invoke(null);
            String type = "struct " + structure.getSimpleName();
            expected.put("sizeof(" + type + ")", layout.byteSize());
            addFields(expected, type, layout, layout, new ArrayList<>());
        }
        compare(expected, reporter, 60);
    }

    @Test
    void constantsOfSystemCallsAreThoseOfTheCompiler(TestReporter reporter) throws Exception {
        Map<String, Long> expected = constants(Linux.class);
        expected.remove("LINGER_OFF");
        expected.putAll(constants(Errno.class));
        assertTrue(expected.size() > 250, "all constants are looked at: " + expected.size());
        compare(expected, reporter, 5);
    }

    @Test
    void constantsOfRingsAreThoseOfTheGeneratedClass() throws Exception {
        Map<String, Long> ours = constants(IoUring.class);
        ours.putAll(constants(CqeFlags.class));
        assertTrue(ours.size() > 150, "all constants are looked at: " + ours.size());
        List<Executable> checks = new ArrayList<>();
        for (Map.Entry<String, Long> constant : ours.entrySet()) {
            Number theirs = (Number) Liburing.class.getMethod(constant.getKey()).invoke(null);
            checks.add(
                    () -> assertEquals(theirs.longValue(), constant.getValue(), constant.getKey()));
        }
        assertAll(checks);
    }

    @Test
    void constantsOfRingsAreThoseOfTheCompiler(TestReporter reporter) throws Exception {
        Map<String, Long> ours = constants(IoUring.class);
        ours.putAll(constants(CqeFlags.class));
        compare(ours, reporter, 80);
    }

    @Test
    void operationsAreNamedAsTheKernelNamesThem() {
        for (Map.Entry<String, Long> constant : constants(IoUring.class).entrySet()) {
            if (constant.getKey().startsWith("IORING_OP_")) {
                String name = IoUring.opcodeName(constant.getValue().intValue());
                assertEquals(constant.getKey(), "IORING_OP_" + name);
            }
        }
        assertEquals("opcode 255", IoUring.opcodeName(255));
    }

    @Test
    void offsetsWrittenByHandAreThoseOfTheGeneratedLayouts() {
        assertAll(
                () -> assertEquals(io_uring_sqe.sizeof(), Sqe.BYTES),
                () -> assertEquals(io_uring_sqe.opcode$offset(), Sqe.OPCODE),
                () -> assertEquals(io_uring_sqe.flags$offset(), Sqe.FLAGS),
                () -> assertEquals(io_uring_sqe.ioprio$offset(), Sqe.IOPRIO),
                () -> assertEquals(io_uring_sqe.fd$offset(), Sqe.FD),
                () -> assertEquals(io_uring_sqe.off$offset(), Sqe.OFF),
                () -> assertEquals(io_uring_sqe.addr2$offset(), Sqe.OFF),
                () -> assertEquals(io_uring_sqe.addr$offset(), Sqe.ADDR),
                () -> assertEquals(io_uring_sqe.len$offset(), Sqe.LEN),
                () -> assertEquals(io_uring_sqe.msg_flags$offset(), Sqe.OP_FLAGS),
                () -> assertEquals(io_uring_sqe.poll32_events$offset(), Sqe.OP_FLAGS),
                () -> assertEquals(io_uring_sqe.user_data$offset(), Sqe.USER_DATA),
                () -> assertEquals(io_uring_sqe.buf_group$offset(), Sqe.BUF_GROUP),
                () -> assertEquals(io_uring_cqe.sizeof(), 1 << CompletionQueue.CQE_SHIFT),
                () -> assertEquals(io_uring_cqe.user_data$offset(), CompletionQueue.USER_DATA),
                () -> assertEquals(io_uring_cqe.res$offset(), CompletionQueue.RESULT),
                () -> assertEquals(io_uring_cqe.flags$offset(), CompletionQueue.FLAGS),
                () -> assertEquals(io_uring_buf.sizeof(), BufferRing.BUFFER_BYTES),
                () -> assertEquals(io_uring_buf.addr$offset(), 0),
                () -> assertEquals(io_uring_buf.len$offset(), BufferRing.LENGTH),
                () -> assertEquals(io_uring_buf.bid$offset(), BufferRing.ID),
                () -> assertEquals(io_uring_buf_ring.tail$offset(), BufferRing.TAIL));
    }

    @Test
    void layoutsWrittenByHandAreThoseOfTheGeneratedClasses() {
        assertAll(
                () -> assertEquals(io_uring_params.sizeof(), Params.BYTES),
                () -> assertEquals(io_uring_params.sq_entries$offset(), Params.SQ_ENTRIES),
                () -> assertEquals(io_uring_params.cq_entries$offset(), Params.CQ_ENTRIES),
                () -> assertEquals(io_uring_params.flags$offset(), Params.FLAGS),
                () -> assertEquals(io_uring_params.features$offset(), Params.FEATURES),
                () -> assertEquals(io_uring_params.sq_off$offset(), Params.SQ_OFF),
                () -> assertEquals(io_uring_params.cq_off$offset(), Params.CQ_OFF),
                () -> assertEquals(io_sqring_offsets.head$offset(), SqOffsets.HEAD),
                () -> assertEquals(io_sqring_offsets.tail$offset(), SqOffsets.TAIL),
                () -> assertEquals(io_sqring_offsets.flags$offset(), SqOffsets.FLAGS),
                () -> assertEquals(io_sqring_offsets.array$offset(), SqOffsets.ARRAY),
                () -> assertEquals(io_cqring_offsets.head$offset(), CqOffsets.HEAD),
                () -> assertEquals(io_cqring_offsets.tail$offset(), CqOffsets.TAIL),
                () -> assertEquals(io_cqring_offsets.overflow$offset(), CqOffsets.OVERFLOW),
                () -> assertEquals(io_cqring_offsets.cqes$offset(), CqOffsets.CQES),
                () -> assertEquals(io_uring_getevents_arg.sizeof(), GeteventsArg.BYTES),
                () ->
                        assertEquals(
                                io_uring_getevents_arg.sigmask_sz$offset(),
                                GeteventsArg.SIGMASK_SZ),
                () -> assertEquals(io_uring_getevents_arg.ts$offset(), GeteventsArg.TS),
                () -> assertEquals(__kernel_timespec.sizeof(), Timespec.BYTES),
                () -> assertEquals(__kernel_timespec.tv_sec$offset(), Timespec.TV_SEC),
                () -> assertEquals(__kernel_timespec.tv_nsec$offset(), Timespec.TV_NSEC),
                () -> assertEquals(io_uring_rsrc_update.sizeof(), RsrcUpdate.BYTES),
                () -> assertEquals(io_uring_rsrc_update.offset$offset(), RsrcUpdate.OFFSET),
                () -> assertEquals(io_uring_rsrc_update.data$offset(), RsrcUpdate.DATA),
                () -> assertEquals(io_uring_buf_reg.sizeof(), BufReg.BYTES),
                () -> assertEquals(io_uring_buf_reg.ring_addr$offset(), BufReg.RING_ADDR),
                () -> assertEquals(io_uring_buf_reg.ring_entries$offset(), BufReg.RING_ENTRIES),
                () -> assertEquals(io_uring_buf_reg.bgid$offset(), BufReg.BGID),
                () -> assertEquals(io_uring_buf_reg.flags$offset(), BufReg.FLAGS),
                () -> assertEquals(io_uring_sync_cancel_reg.sizeof(), SyncCancelReg.BYTES),
                () -> assertEquals(io_uring_sync_cancel_reg.addr$offset(), SyncCancelReg.ADDR),
                () -> assertEquals(io_uring_sync_cancel_reg.fd$offset(), SyncCancelReg.FD),
                () ->
                        assertEquals(
                                io_uring_sync_cancel_reg.timeout$offset(), SyncCancelReg.TIMEOUT),
                () -> assertEquals(io_uring_probe.sizeof(), Probe.BYTES),
                () -> assertEquals(io_uring_probe.ops_len$offset(), Probe.OPS_LEN),
                () -> assertEquals(io_uring_probe_op.sizeof(), ProbeOp.BYTES),
                () -> assertEquals(io_uring_probe_op.op$offset(), ProbeOp.OP),
                () -> assertEquals(io_uring_probe_op.flags$offset(), ProbeOp.FLAGS));
    }

    private static void compare(Map<String, Long> expected, TestReporter reporter, int unknownMax)
            throws Exception {
        CProgram.Answers answers = CProgram.evaluate(List.copyOf(expected.keySet()));
        if (!answers.unknown().isEmpty()) {
            reporter.publishEntry("newer than the headers here", answers.unknown().toString());
        }
        assertTrue(
                answers.unknown().size() <= unknownMax,
                "too much to be only newer than the headers here: " + answers.unknown());
        List<Executable> checks = new ArrayList<>();
        for (Map.Entry<String, Long> answer : answers.values().entrySet()) {
            long ours = expected.get(answer.getKey());
            // C has unsigned constants: what is negative with us has the same 32 bits there.
            long theirs = ours < 0 ? answer.getValue().intValue() : answer.getValue();
            checks.add(() -> assertEquals(theirs, ours, answer.getKey()));
        }
        assertAll(checks);
    }

    private static Map<String, Long> constants(Class<?> type) {
        Map<String, Long> constants = new LinkedHashMap<>();
        for (Field field : type.getFields()) {
            boolean isNumber = field.getType() == int.class || field.getType() == long.class;
            if (isNumber && Modifier.isStatic(field.getModifiers())) {
                try {
                    constants.put(field.getName(), ((Number) field.get(null)).longValue());
                } catch (IllegalAccessException e) {
                    throw new AssertionError(e);
                }
            }
        }
        return constants;
    }

    private static List<Class<?>> generatedStructures() throws Exception {
        Path classes =
                Path.of(Liburing.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        List<Class<?>> structures = new ArrayList<>();
        try (Stream<Path> files = Files.list(classes.resolve("dev/corio/generated"))) {
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString().replace(".class", "");
                if (!name.contains("$") && Character.isLowerCase(name.replace("_", "").charAt(0))) {
                    structures.add(Class.forName("dev.corio.generated." + name));
                }
            }
        }
        return structures;
    }

    /// The offset and size of each field that C code can name, through anonymous members.
    private static void addFields(
            Map<String, Long> expected,
            String type,
            GroupLayout root,
            GroupLayout group,
            List<PathElement> path) {
        List<MemoryLayout> members = group.memberLayouts();
        for (int i = 0; i < members.size(); i++) {
            MemoryLayout member = members.get(i);
            if (member instanceof PaddingLayout) {
                continue;
            }
            List<PathElement> memberPath = new ArrayList<>(path);
            memberPath.add(PathElement.groupElement(i));
            String name = member.name().orElse("$");
            if (name.startsWith("$") || name.isEmpty()) {
                addFields(expected, type, root, (GroupLayout) member, memberPath);
                continue;
            }
            if (name.matches("_*(pad|resv)[0-9]*")) {
                continue; // What newer kernels make fields of.
            }
            long offset = root.byteOffset(memberPath.toArray(PathElement[]::new));
            expected.put("offsetof(" + type + ", " + name + ")", offset);
            boolean isFlexible = member instanceof SequenceLayout s && s.elementCount() == 0;
            if (!isFlexible) {
                expected.put("sizeof(((" + type + " *) 0)->" + name + ")", member.byteSize());
            }
        }
    }
}
