package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.bench.Profile.Place;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class ProfileTest {
    private static final Profile SAMPLED =
            Profile.of(
                    Stream.of(
                            "  ffff01 tcp_sendmsg_locked ([kernel.kallsyms])",
                            "  ffff02 finish_task_switch.isra.0 ([kernel.kallsyms])",
                            "  ffff03 finish_task_switch.isra.0 ([kernel.kallsyms])",
                            "  ffff04 nft_do_chain ([nf_tables])",
                            "  ffff05 int dev.corio.core.Loop.turn(long, int) (/tmp/perf-12.map)",
                            "  ffff06 [unknown] ([unknown])",
                            "  ffff07 void Unsafe_Park<A, B>(JNIEnv_*, _jobject*) (/opt/jdk/lib/server/libjvm.so)",
                            "  ffff08 __send (/usr/lib/libc.so.6)",
                            "  ffff09 main (/usr/sbin/server)",
                            "",
                            "  ffff0a clock_gettime ([vdso])"),
                    "/usr/sbin/server");

    @Test
    void samplesAreTheKernelsTheProgramsTheJvmsAndTheLibraries() {
        assertEquals(10, SAMPLED.count());
        assertEquals(0.4, SAMPLED.part(Place.KERNEL));
        assertEquals(0.3, SAMPLED.part(Place.PROGRAM));
        assertEquals(0.1, SAMPLED.part(Place.JVM));
        assertEquals(0.2, SAMPLED.part(Place.LIBRARIES));
    }

    @Test
    void theHottestComeFirstUnderShortNames() {
        assertEquals(
                List.of("finish_task_switch 20.0 %", "tcp_sendmsg_locked 10.0 %"),
                SAMPLED.hottest(2, Place.KERNEL));
        assertEquals(
                List.of(
                        "Loop.turn 10.0 %",
                        "[unknown] 10.0 %", "main 10.0 %", "Unsafe_Park 10.0 %"),
                SAMPLED.hottest(9, Place.PROGRAM, Place.JVM));
    }

    @Test
    void rawDataHoldsIt() {
        assertEquals(SAMPLED, Profile.of(Json.parse(Json.line(SAMPLED.toMap()))));
    }

    @Test
    void aServerOnASelectorSpendsItsTimeInTheKernelAndInItsOwnCode() throws Exception {
        Progress silent = new Progress(new PrintStream(OutputStream.nullOutputStream()), false);
        try (Workbench workbench = Workbench.open(Placement.choose(), silent)) {
            Comparison comparison =
                    new Comparison(
                            workbench,
                            LoadProcess.java(),
                            null,
                            List.of(EchoPeers.nio()),
                            new Patience(1, 1, 0, 0, true));
            LoadOptions load = new LoadOptions(new InetSocketAddress(0), 4, 0, 128, 1, 0.2, 0.5, 0);
            List<Summary> summaries = Summary.of(comparison.run(load, 1, round -> {}), "nio");
            Assumptions.assumeTrue(comparison.untraced() == null, comparison::untraced);
            Profile profile = summaries.getFirst().profile();
            assertNotNull(profile);
            assertTrue(profile.part(Place.KERNEL) > 0.3, profile::toString);
            assertTrue(profile.part(Place.PROGRAM) > 0.01, profile::toString);
            List<String> row = ProfileTable.of(summaries).rows().getLast();
            assertEquals("nio", row.getFirst());
            assertTrue(row.getLast().contains("."), () -> "Java's names are known: " + row);
        }
    }
}
