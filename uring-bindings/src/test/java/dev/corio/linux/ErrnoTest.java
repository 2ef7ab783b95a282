package dev.corio.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.Field;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class ErrnoTest {
    private static final int LAST = 133;

    @Test
    void namesAreThoseOfLibc() throws Throwable {
        MethodHandle names = libc("strerrorname_np");
        for (int errno = 1; errno <= LAST; errno++) {
            String expected = text((MemorySegment) names.invokeExact(errno));
            assertEquals(expected == null ? "errno " + errno : expected, Errno.name(errno));
        }
    }

    @Test
    void descriptionsAreThoseOfLibcInLowerCase() throws Throwable {
        MethodHandle descriptions = libc("strerrordesc_np");
        for (int errno = 1; errno <= LAST; errno++) {
            String expected = text((MemorySegment) descriptions.invokeExact(errno));
            String actual = Errno.describe(errno);
            if (expected == null) {
                assertEquals("unknown error", actual);
            } else {
                assertEquals(expected.substring(1), actual.substring(1));
                assertEquals(lower(expected.substring(0, 1)), lower(actual.substring(0, 1)));
            }
        }
    }

    @Test
    void eachConstantIsTheNumberOfItsName() throws Exception {
        int count = 0;
        for (Field field : Errno.class.getFields()) {
            assertEquals(field.getName(), Errno.name(field.getInt(null)));
            count++;
        }
        assertTrue(count >= 131, "all are there: " + count);
    }

    @Test
    void numbersOutsideHaveNoName() {
        assertEquals("errno 0", Errno.name(0));
        assertEquals("errno -1", Errno.name(-1));
        assertEquals("errno 134", Errno.name(134));
        assertEquals("unknown error", Errno.describe(4095));
    }

    @Test
    void anExceptionNamesCallErrorAndRemedy() {
        SyscallException plain = new SyscallException("recv(fd=7)", Errno.ECONNRESET);
        assertEquals("recv(fd=7): ECONNRESET (104) connection reset by peer", plain.getMessage());
        assertEquals(Errno.ECONNRESET, plain.errno());
        assertEquals("recv(fd=7)", plain.call());
        SyscallException advised = new SyscallException("accept4", Errno.EMFILE, "raise ulimit -n");
        assertEquals(
                "accept4: EMFILE (24) too many open files; raise ulimit -n", advised.getMessage());
    }

    private static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    private static MethodHandle libc(String function) {
        SymbolLookup lookup = Linker.nativeLinker().defaultLookup();
        assumeTrue(lookup.find(function).isPresent(), function + " needs glibc 2.32");
        return Linker.nativeLinker()
                .downcallHandle(
                        lookup.findOrThrow(function),
                        FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    }

    private static String text(MemorySegment segment) {
        return segment.address() == 0 ? null : segment.reinterpret(256).getString(0);
    }
}
