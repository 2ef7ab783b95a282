package dev.corio.core;

import java.util.Arrays;

/// Completions that a driver in user space has produced and not yet handed out, in order. Its limit
/// is the table of operations in flight: a multishot operation is held back while the buffer is
/// large.
///
/// **Threading:** confined to its core.
final class CompletionBuffer {
    private long[] userData = new long[256];
    private int[] results = new int[256];
    private int[] flags = new int[256];
    private int head;
    private int size;

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    void add(long operation, int result, int completionFlags) {
        if (size == results.length) {
            grow();
        }
        int tail = head + size & results.length - 1;
        userData[tail] = operation;
        results[tail] = result;
        flags[tail] = completionFlags;
        size++;
    }

    /// Hands out what is there now, not what is added meanwhile, and at most `limit`; the number
    /// handed out.
    int drain(Driver.Completions completions, int limit) {
        int count = Math.min(size, limit);
        for (int i = 0; i < count; i++) {
            int index = head;
            head = head + 1 & results.length - 1;
            size--;
            completions.complete(userData[index], results[index], flags[index]);
        }
        return count;
    }

    private void grow() {
        int length = results.length;
        // All or nothing: there may be no memory for one of them.
        long[] grownUserData = Arrays.copyOf(userData, length * 2);
        int[] grownResults = Arrays.copyOf(results, length * 2);
        flags = Arrays.copyOf(flags, length * 2);
        userData = grownUserData;
        results = grownResults;
        System.arraycopy(userData, 0, userData, length, head);
        System.arraycopy(results, 0, results, length, head);
        System.arraycopy(flags, 0, flags, length, head);
    }
}
