package dev.corio.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/// Links C functions, all with one type: six words in, one word out.
///
/// The JVM spins classes for each type of call that it links, some ten milliseconds' worth, and a
/// server needs a dozen of them before it listens. One type is spun once. A function reads the
/// registers that its own arguments are in and leaves the others alone: on x86-64 and AArch64 the
/// first six integers and pointers travel in registers, an int in the lower half of one (System V
/// ABI AMD64 3.2.3, AAPCS64 6.8). Of the answer of a function that returns an int only the lower
/// half means something: `(int) (long)`.
///
/// Pointers travel as longs, so a call boxes nothing.
///
/// **Threading:** safe from any thread.
public final class Downcalls {
    /// What a call takes that has errno captured: first of all the segment that it goes to.
    static final Linker.Option CAPTURE = Linker.Option.captureCallState("errno");

    private static final int WORDS = 6;
    private static final FunctionDescriptor TYPE = FunctionDescriptor.of(JAVA_LONG, words());

    private Downcalls() {}

    /// The handle of a function; takes and returns longs.
    ///
    /// @param type what it really takes: at most six integers and pointers
    public static MethodHandle link(
            MemorySegment function, FunctionDescriptor type, Linker.Option... options) {
        assert type.argumentLayouts().size() <= WORDS : "a call has six words: " + type;
        assert type.argumentLayouts().stream().allMatch(Downcalls::isWord) : "no word: " + type;
        assert isWord(type.returnLayout().orElseThrow()) : "no word: " + type;
        return Linker.nativeLinker().downcallHandle(function, TYPE, options);
    }

    private static boolean isWord(MemoryLayout layout) {
        return layout instanceof ValueLayout.OfInt
                || layout instanceof ValueLayout.OfLong
                || layout instanceof ValueLayout.OfShort
                || layout instanceof java.lang.foreign.AddressLayout;
    }

    private static MemoryLayout[] words() {
        MemoryLayout[] words = new MemoryLayout[WORDS];
        Arrays.fill(words, JAVA_LONG);
        return words;
    }
}
