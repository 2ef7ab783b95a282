package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.bench.Profile.Place;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class ProfileTest {
    private static final Profile SAMPLED =
            Profile.of(
                    Stream.of(
                            "  ffffffff82085275 tcp_sendmsg_locked ([kernel.kallsyms])",
                            "  ffffffff813ae293 finish_task_switch.isra.0 ([kernel.kallsyms])",
                            "  ffffffff813ae293 finish_task_switch.isra.0 ([kernel.kallsyms])",
                            "  ffffffffc0001000 nft_do_chain ([nf_tables])",
                            "  ffffffffc0001000 [unknown] ([unknown])",
                            "      7f5343158ba7 int dev.corio.core.Loop.turn(long) (/tmp/perf-12.map)",
                            "      7f5343158bb7 StubRoutines (finalstubs) (/tmp/perf-12.map)",
                            "      7f5343158ba8 [unknown] ([unknown])",
                            "      7f5343158ba9 void Unsafe_Park<A, B>(JNIEnv_*) (/jdk/libjvm.so)",
                            "      7f5343158baa __send (/usr/lib/libc.so.6)",
                            "      7f5343158bab [unknown] (/tmp/libnetty.so (deleted))",
                            "      7f5343158bac main.constprop.0 (/usr/sbin/server)",
                            "",
                            "      7fff43158bac clock_gettime ([vdso])"),
                    "/usr/sbin/server");

    @Test
    void samplesAreTheKernelsTheProgramsTheJvmsAndTheLibraries() {
        assertEquals(13, SAMPLED.count());
        assertEquals(5 / 13.0, SAMPLED.part(Place.KERNEL));
        assertEquals(4 / 13.0, SAMPLED.part(Place.PROGRAM));
        assertEquals(1 / 13.0, SAMPLED.part(Place.JVM));
        assertEquals(3 / 13.0, SAMPLED.part(Place.LIBRARIES));
    }

    @Test
    void theHottestComeFirstUnderShortNames() {
        assertEquals(
                List.of("finish_task_switch 15.4 %", "tcp_sendmsg_locked 7.7 %"),
                SAMPLED.hottest(2, Place.KERNEL));
        assertEquals(
                List.of("Loop.turn", "StubRoutines", "[unknown]", "main", "Unsafe_Park"),
                SAMPLED.hottest(9, Place.PROGRAM, Place.JVM).stream()
                        .map(each -> each.substring(0, each.indexOf(" 7.7 %")))
                        .toList());
        assertEquals(
                List.of("__send 7.7 %", "libnetty.so 7.7 %", "clock_gettime 7.7 %"),
                SAMPLED.hottest(9, Place.LIBRARIES));
    }

    @Test
    void rawDataHoldsIt() {
        assertEquals(SAMPLED, Profile.of(Json.parse(Json.line(SAMPLED.toMap()))));
    }

    @Test
    void aServerOnASelectorSpendsItsTimeInTheKernelAndInItsOwnCode() throws Exception {
        try (Workbench workbench = QuietWorkbench.open()) {
            Comparison comparison = QuietWorkbench.ofNio(workbench, new Patience(1, 1, 0, 0, true));
            List<Summary> summaries =
                    Summary.of(comparison.run(QuietWorkbench.LOAD, 1, round -> {}), "nio");
            Assumptions.assumeTrue(comparison.untraced() == null, comparison::untraced);
            Profile profile = summaries.getFirst().profile();
            assertNotNull(profile);
            assertTrue(profile.part(Place.KERNEL) > 0.3, profile::toString);
            assertTrue(profile.part(Place.PROGRAM) > 0.01, profile::toString);
            List<String> row = ProfileTable.of(summaries).rows().getLast();
            assertEquals("nio", row.getFirst());
            String hottest = ProfileTable.hottest(summaries).getLast();
            assertTrue(hottest.contains("."), () -> "Java's names are known: " + hottest);
        }
    }
}
