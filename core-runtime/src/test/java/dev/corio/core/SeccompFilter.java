package dev.corio.core;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Refuses system calls to a child, by bubblewrap and a filter as a container engine installs it.
public final class SeccompFilter implements AutoCloseable {
    public static final int IO_URING_SETUP = 425;
    public static final int IO_URING_ENTER = 426;
    public static final int IO_URING_REGISTER = 427;

    private final Path file;

    /// The calls from `first` to `last` answer `errno`; all others are allowed.
    public SeccompFilter(int first, int last, int errno) throws IOException {
        file = Files.createTempFile("corio-deny", ".bpf");
        Files.write(file, program(first, last, errno));
    }

    /// What to start the child with; skips the test where bubblewrap is missing.
    public List<String> prefix() {
        assumeTrue(Child.isInstalled("bwrap"), "bubblewrap is missing: apt install bubblewrap");
        String script = "exec bwrap --die-with-parent --dev-bind / / --seccomp 9 \"$@\" 9<" + file;
        return List.of("sh", "-c", script, "sh");
    }

    /// Each `struct sock_filter` is code, jump if true, jump if false, constant.
    private static byte[] program(int first, int last, int errno) {
        int[][] program = {
            {0x20, 0, 0, 0}, // load the number of the system call
            {0x35, 0, 2, first}, // below: allow
            {0x25, 1, 0, last}, // above: allow
            {0x06, 0, 0, 0x50000 | errno},
            {0x06, 0, 0, 0x7fff0000},
        };
        ByteBuffer bytes = ByteBuffer.allocate(program.length * 8).order(ByteOrder.nativeOrder());
        for (int[] each : program) {
            bytes.putShort((short) each[0]).put((byte) each[1]).put((byte) each[2]).putInt(each[3]);
        }
        return bytes.array();
    }

    @Override
    public void close() throws IOException {
        Files.delete(file);
    }
}
