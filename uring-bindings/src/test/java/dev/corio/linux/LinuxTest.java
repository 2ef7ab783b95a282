package dev.corio.linux;

import static dev.corio.linux.TcpPair.check;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.corio.generated.iovec;
import dev.corio.generated.msghdr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LinuxTest {
    private static final int CLOSED = 1 << 20;

    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void bytesThatAreSentAreReceived() {
        try (TcpPair pair = TcpPair.open()) {
            MemorySegment out = arena.allocateFrom("hello");
            MemorySegment in = arena.allocate(16);
            assertEquals(6, Linux.send(pair.client(), out.address(), 6, Linux.MSG_NOSIGNAL));
            assertEquals(6, Linux.recv(pair.server(), in.address(), 16, 0));
            assertEquals("hello", in.getString(0));
            assertEquals(3, Linux.write(pair.server(), out.address(), 3));
            assertEquals(3, Linux.read(pair.client(), in.address(), 16));
        }
    }

    @Test
    void aSocketThatHasNothingAnswersEagain() {
        try (TcpPair pair = TcpPair.open()) {
            long buffer = arena.allocate(16).address();
            int result = Linux.recv(pair.client(), buffer, 16, Linux.MSG_DONTWAIT);
            assertEquals(-Errno.EAGAIN, result);
        }
    }

    @Test
    void theStreamEndsWithZeroAfterTheOtherSideShutsDown() {
        try (TcpPair pair = TcpPair.open()) {
            assertEquals(0, Linux.shutdown(pair.client(), Linux.SHUT_WR));
            assertEquals(0, Linux.recv(pair.server(), arena.allocate(1).address(), 1, 0));
        }
    }

    @Test
    void errorsAreNegativeErrorNumbers() {
        long buffer = arena.allocate(16).address();
        int anonymous = Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS;
        assertEquals(-Errno.EBADF, Linux.close(CLOSED));
        assertEquals(-Errno.EBADF, Linux.recv(CLOSED, buffer, 16, 0));
        assertEquals(-Errno.EBADF, Linux.listen(CLOSED, 1));
        assertEquals(-Errno.EBADF, Linux.fcntl(CLOSED, Linux.F_GETFL, 0));
        assertEquals(-Errno.EINVAL, Linux.mmap(0, 0, 0, anonymous, -1, 0));
        assertEquals(-Errno.EAFNOSUPPORT, Linux.socket(9999, Linux.SOCK_STREAM, 0));
    }

    @Test
    void aVirtualThreadSeesItsOwnErrors() throws Exception {
        FutureTask<int[]> task =
                new FutureTask<>(() -> new int[] {Linux.close(CLOSED), Linux.socket(9999, 1, 0)});
        Thread.ofVirtual().start(task);
        assertArrayEquals(new int[] {-Errno.EBADF, -Errno.EAFNOSUPPORT}, task.get());
    }

    @Test
    void addressesOfBothEndsAreKnown() {
        try (TcpPair pair = TcpPair.open()) {
            SockAddr own = SockAddr.allocate(arena);
            SockAddr peer = SockAddr.allocate(arena);
            assertEquals(0, Linux.getsockname(pair.client(), own));
            assertEquals(0, Linux.getpeername(pair.server(), peer));
            assertEquals(own.inet(), peer.inet());
            assertEquals(16, peer.length());
        }
    }

    @Test
    void acceptTellsThePeer() {
        try (TcpPair pair = TcpPair.open()) {
            int client = pair.connect();
            SockAddr peer = SockAddr.allocate(arena);
            int server =
                    check(Linux.accept4(pair.listener(), peer.address(), peer.lengthAddress(), 0));
            SockAddr own = SockAddr.allocate(arena);
            check(Linux.getsockname(client, own));
            assertEquals(own.inet(), peer.inet());
            Linux.close(server);
            Linux.close(client);
        }
    }

    @Test
    void acceptOnANonBlockingListenerAnswersEagain() {
        try (TcpPair pair = TcpPair.open()) {
            int flags = check(Linux.fcntl(pair.listener(), Linux.F_GETFL, 0));
            check(Linux.fcntl(pair.listener(), Linux.F_SETFL, flags | Linux.O_NONBLOCK));
            int now = check(Linux.fcntl(pair.listener(), Linux.F_GETFL, 0));
            assertEquals(Linux.O_NONBLOCK, now & Linux.O_NONBLOCK);
            assertEquals(-Errno.EAGAIN, Linux.accept4(pair.listener(), 0, 0, 0));
        }
    }

    @Test
    void connectToAClosedPortIsRefused() {
        SockAddr address;
        try (TcpPair pair = TcpPair.open()) {
            address = SockAddr.of(arena, pair.address());
        }
        int fd = TcpPair.socket();
        assertEquals(-Errno.ECONNREFUSED, Linux.connect(fd, address));
        Linux.close(fd);
    }

    @Test
    void inet6Works() {
        int listener = check(Linux.socket(Linux.AF_INET6, Linux.SOCK_STREAM, 0));
        SockAddr address = SockAddr.of(arena, new InetSocketAddress("::1", 0));
        int bound = Linux.bind(listener, address);
        assumeTrue(bound != -Errno.EADDRNOTAVAIL, "no IPv6 loopback here");
        assertEquals(0, bound);
        check(Linux.getsockname(listener, address));
        assertTrue(address.inet().getAddress().isLoopbackAddress());
        assertTrue(address.inet().getPort() > 0);
        Linux.close(listener);
    }

    @Test
    void optionsAreReadBack() {
        int fd = TcpPair.socket();
        assertEquals(0, Linux.getsockopt(fd, Linux.IPPROTO_TCP, Linux.TCP_NODELAY));
        assertEquals(0, Linux.setsockopt(fd, Linux.IPPROTO_TCP, Linux.TCP_NODELAY, 1));
        assertEquals(1, Linux.getsockopt(fd, Linux.IPPROTO_TCP, Linux.TCP_NODELAY));
        assertEquals(Linux.SOCK_STREAM, Linux.getsockopt(fd, Linux.SOL_SOCKET, Linux.SO_TYPE));
        assertEquals(-Errno.ENOPROTOOPT, Linux.getsockopt(fd, Linux.IPPROTO_TCP, 9999));
        Linux.close(fd);
    }

    @Test
    void lingerIsOffOrSeconds() {
        int fd = TcpPair.socket();
        assertEquals(Linux.LINGER_OFF, Linux.getsockoptLinger(fd));
        assertEquals(0, Linux.setsockoptLinger(fd, true, 12));
        assertEquals(12, Linux.getsockoptLinger(fd));
        assertEquals(0, Linux.setsockoptLinger(fd, false, 0));
        assertEquals(Linux.LINGER_OFF, Linux.getsockoptLinger(fd));
        Linux.close(fd);
        assertEquals(-Errno.EBADF, Linux.getsockoptLinger(CLOSED));
    }

    @Test
    void lingerOfZeroResetsTheConnection() {
        try (TcpPair pair = TcpPair.open()) {
            int client = pair.connect();
            int server = check(Linux.accept4(pair.listener(), 0, 0, 0));
            check(Linux.setsockoptLinger(client, true, 0));
            check(Linux.close(client));
            long buffer = arena.allocate(1).address();
            assertEquals(-Errno.ECONNRESET, Linux.recv(server, buffer, 1, 0));
            Linux.close(server);
        }
    }

    @Test
    void vectorsAreGatheredAndScattered() {
        try (TcpPair pair = TcpPair.open()) {
            long out = vector("abc", "defg");
            assertEquals(7, Linux.writev(pair.client(), out, 2));
            MemorySegment in = arena.allocate(8);
            long vector = vector(in.asSlice(0, 2), in.asSlice(2, 6));
            assertEquals(7, Linux.readv(pair.server(), vector, 2));
            assertEquals("abcdefg", in.getString(0));
        }
    }

    @Test
    void messagesAreSentAndReceived() {
        try (TcpPair pair = TcpPair.open()) {
            long out = message(vector("xyz", "!"), 2);
            assertEquals(4, Linux.sendmsg(pair.client(), out, Linux.MSG_NOSIGNAL));
            MemorySegment in = arena.allocate(8);
            assertEquals(4, Linux.recvmsg(pair.server(), message(vector(in), 1), 0));
            assertEquals("xyz!", in.getString(0));
        }
    }

    @Test
    void filesAreReadAndWrittenAtAPlace() throws Exception {
        Path file = Files.createTempFile("corio", ".bin");
        Files.writeString(file, "0123456789");
        int fd = check(TestCalls.open(file.toString(), Linux.O_RDWR | Linux.O_CLOEXEC));
        MemorySegment buffer = arena.allocateFrom("ab");
        assertEquals(2, Linux.pwrite(fd, buffer.address(), 2, 4));
        assertEquals(2, Linux.pread(fd, buffer.address(), 2, 5));
        assertEquals("b6", buffer.getString(0));
        assertEquals("0123ab6789", Files.readString(file));
        Linux.close(fd);
        Files.delete(file);
    }

    @Test
    void epollTellsWhatIsReadyWithItsData() {
        int epoll = check(Linux.epollCreate(Linux.EPOLL_CLOEXEC));
        int counter = check(Linux.eventfd(0, Linux.EFD_CLOEXEC | Linux.EFD_NONBLOCK));
        EpollEvents events = EpollEvents.allocate(arena, 4);
        long data = 0x1234_5678_9ABC_DEF0L;
        int interest = Linux.EPOLLIN | Linux.EPOLLET;
        check(Linux.epollControl(epoll, Linux.EPOLL_CTL_ADD, counter, interest, data));
        assertEquals(0, Linux.epollWait(epoll, events, 0));
        MemorySegment one = arena.allocate(8, 8);
        Memory.putLong(one.address(), 1);
        assertEquals(8, Linux.write(counter, one.address(), 8));
        assertEquals(1, Linux.epollWait(epoll, events, -1));
        assertEquals(Linux.EPOLLIN, events.events(0));
        assertEquals(data, events.data(0));
        assertEquals(0, Linux.epollWait(epoll, events, 0), "edge triggered");
        check(Linux.epollControl(epoll, Linux.EPOLL_CTL_DEL, counter, 0, 0));
        int again = Linux.epollControl(epoll, Linux.EPOLL_CTL_DEL, counter, 0, 0);
        assertEquals(-Errno.ENOENT, again);
        Linux.close(counter);
        Linux.close(epoll);
    }

    @Test
    void epollWaitsAsLongAsItIsTold() {
        int epoll = check(Linux.epollCreate(Linux.EPOLL_CLOEXEC));
        EpollEvents events = EpollEvents.allocate(arena, 1);
        long start = System.nanoTime();
        assertEquals(0, Linux.epollWait(epoll, events, 20_500_000));
        long nanos = System.nanoTime() - start;
        assertTrue(nanos >= 20_500_000, "not too early: " + nanos);
        Linux.close(epoll);
    }

    @Test
    void aSignalInterruptsAWait() throws Exception {
        int epoll = check(Linux.epollCreate(Linux.EPOLL_CLOEXEC));
        EpollEvents events = EpollEvents.allocate(Arena.ofAuto(), 1);
        AtomicInteger threadId = new AtomicInteger();
        FutureTask<Integer> wait =
                new FutureTask<>(() -> {
                    threadId.set(TestCalls.threadId());
                    return Linux.epollWait(epoll, events, 10_000_000_000L);
                });
        Thread.ofPlatform().start(wait);
        TestCalls.interruptUntilDone(wait, threadId);
        assertEquals(-Errno.EINTR, wait.get());
        Linux.close(epoll);
    }

    @Test
    void aThreadIsPinnedToWhatItMayRunOn() throws Exception {
        int[] allowed = Linux.affinity();
        assertTrue(allowed.length > 0);
        assertArrayEquals(allowed, IntStream.of(allowed).sorted().distinct().toArray());
        int last = allowed[allowed.length - 1];
        assertArrayEquals(
                new int[] {last},
                onThread(() -> {
                    check(Linux.pinTo(last));
                    return Linux.affinity();
                }));
        assertArrayEquals(allowed, Linux.affinity(), "only that thread");
        assertEquals(-Errno.EINVAL, onThread(() -> Linux.pinTo()));
    }

    @Test
    void limitsAreReadAndSet() throws Exception {
        Rlimit files = Linux.rlimit(Linux.RLIMIT_NOFILE);
        assertTrue(files.soft() > 0);
        assertTrue(Long.compareUnsigned(files.soft(), files.hard()) <= 0, files.toString());
        assertEquals(0, Linux.setRlimit(Linux.RLIMIT_NOFILE, files));
        assertEquals(files, Linux.rlimit(Linux.RLIMIT_NOFILE));
        SyscallException e = assertThrows(SyscallException.class, () -> Linux.rlimit(9999));
        assertEquals(Errno.EINVAL, e.errno());
    }

    @Test
    void memoryIsMappedProtectedAndGivenBack() {
        int protection = Linux.PROT_READ | Linux.PROT_WRITE;
        int flags = Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS;
        long page = Linux.mmap(0, 8192, protection, flags, -1, 0);
        assertTrue(page > 0, "mapped");
        Memory.putLong(page + 4096, 42);
        assertEquals(42, Memory.getLong(page + 4096));
        assertEquals(0, Linux.madvise(page, 8192, Linux.MADV_DONTNEED));
        assertEquals(0, Memory.getLong(page + 4096));
        try (TcpPair pair = TcpPair.open()) {
            assertEquals(1, Linux.send(pair.client(), page, 1, 0));
            assertEquals(0, Linux.mprotect(page, 8192, Linux.PROT_NONE));
            assertEquals(-Errno.EFAULT, Linux.recv(pair.server(), page, 1, 0));
        }
        assertEquals(0, Linux.munmap(page, 8192));
        assertEquals(-Errno.ENOMEM, Linux.mprotect(page, 8192, protection));
    }

    @Test
    void theKernelHasARelease() throws Exception {
        String expected = Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip();
        assertEquals(expected, Linux.kernelRelease());
    }

    private static <T> T onThread(Callable<T> body) throws Exception {
        FutureTask<T> task = new FutureTask<>(body);
        Thread.ofPlatform().start(task);
        return task.get();
    }

    private long vector(String... texts) {
        MemorySegment[] segments = new MemorySegment[texts.length];
        for (int i = 0; i < texts.length; i++) {
            MemorySegment text = arena.allocateFrom(texts[i]);
            segments[i] = text.asSlice(0, text.byteSize() - 1);
        }
        return vector(segments);
    }

    private long vector(MemorySegment... segments) {
        MemorySegment vector = iovec.allocateArray(segments.length, arena);
        for (int i = 0; i < segments.length; i++) {
            MemorySegment element = iovec.asSlice(vector, i);
            iovec.iov_base(element, segments[i]);
            iovec.iov_len(element, segments[i].byteSize());
        }
        return vector.address();
    }

    private long message(long vector, int count) {
        MemorySegment message = msghdr.allocate(arena);
        msghdr.msg_iov(message, MemorySegment.ofAddress(vector));
        msghdr.msg_iovlen(message, count);
        return message.address();
    }
}
