package dev.corio.uring;

import dev.corio.linux.Memory;

/// One submission: the 64 bytes of an `io_uring_sqe`. A flyweight: it has no bytes of its own but
/// is moved over those of a ring, or over those of whoever plays kernel.
///
/// One method per operation fills a cleared slot; modifiers follow. Both return this. What an
/// operation answers at its completion is said with it; each answers `-errno` too. Buffers belong
/// to the kernel until then.
///
/// **Threading:** one thread, that of its ring.
public final class Sqe {
    /// The size of a slot.
    public static final int BYTES = 64;

    // Offsets of the fields, by the kernel's names. Fields that share their bytes share a name
    // here.
    static final int OPCODE = 0;
    static final int FLAGS = 1;
    static final int IOPRIO = 2;
    static final int FD = 4;
    static final int OFF = 8;
    static final int ADDR = 16;
    static final int LEN = 24;
    static final int OP_FLAGS = 28;
    static final int USER_DATA = 32;
    static final int BUF_GROUP = 40;
    static final int FILE_INDEX = 44;

    private final long slots;
    private long address;

    private Sqe(long slots) {
        this.slots = slots;
        this.address = slots;
    }

    /// A flyweight over slots at an address, at the first of them. Aligned to 8 bytes.
    public static Sqe over(long slots) {
        assert (slots & 7) == 0 : "slots must be aligned to 8 bytes: " + slots;
        return new Sqe(slots);
    }

    /// Moves to a slot.
    public Sqe slot(int index) {
        address = slots + (long) index * BYTES;
        return this;
    }

    /// Where the slot is.
    long slotAddress() {
        return address;
    }

    /// Sets all of the slot to zero.
    public void clear() {
        for (int offset = 0; offset < BYTES; offset += Long.BYTES) {
            Memory.putLong(address + offset, 0);
        }
    }

    /// Makes this slot a copy of the one that another flyweight is at.
    public void copyFrom(Sqe source) {
        Memory.copy(source.address, address, BYTES);
    }

    /// Does nothing, successfully: 0.
    public Sqe nop() {
        begin(IoUring.IORING_OP_NOP, -1);
        return this;
    }

    /// Takes one connection: its descriptor. `peer` and `lengthAddress` are filled with the peer's
    /// address at the completion, or both are 0.
    public Sqe accept(int fd, long peer, long lengthAddress, int flags) {
        begin(IoUring.IORING_OP_ACCEPT, fd);
        Memory.putLong(address + ADDR, peer);
        Memory.putLong(address + OFF, lengthAddress);
        Memory.putInt(address + OP_FLAGS, flags);
        return this;
    }

    /// Takes connections, a completion with a descriptor for each, until one comes without
    /// IORING_CQE_F_MORE. Since 5.19.
    public Sqe acceptMultishot(int fd, int flags) {
        begin(IoUring.IORING_OP_ACCEPT, fd);
        Memory.putShort(address + IOPRIO, (short) IoUring.IORING_ACCEPT_MULTISHOT);
        Memory.putInt(address + OP_FLAGS, flags);
        return this;
    }

    /// Connects a socket: 0. The address may go after submission.
    public Sqe connect(int fd, long peer, int length) {
        begin(IoUring.IORING_OP_CONNECT, fd);
        Memory.putLong(address + ADDR, peer);
        Memory.putLong(address + OFF, length);
        return this;
    }

    /// Receives up to `length` bytes: how many, 0 at the end of the stream.
    public Sqe recv(int fd, long buffer, int length, int flags) {
        begin(IoUring.IORING_OP_RECV, fd);
        Memory.putLong(address + ADDR, buffer);
        Memory.putInt(address + LEN, length);
        Memory.putInt(address + OP_FLAGS, flags);
        return this;
    }

    /// Receives up to `length` bytes into a buffer that the kernel takes from a group: how many. 0
    /// for `length` means all of the buffer. The completion names it; -ENOBUFS if the group is
    /// empty.
    public Sqe recvSelect(int fd, int length, int flags, int group) {
        begin(IoUring.IORING_OP_RECV, fd);
        Memory.putByte(address + FLAGS, (byte) IoUring.IOSQE_BUFFER_SELECT);
        Memory.putInt(address + LEN, length);
        Memory.putInt(address + OP_FLAGS, flags);
        Memory.putShort(address + BUF_GROUP, (short) group);
        return this;
    }

    /// Receives into buffers of a group, a completion for each, until one comes without
    /// IORING_CQE_F_MORE. Since 6.0.
    public Sqe recvMultishot(int fd, int flags, int group) {
        begin(IoUring.IORING_OP_RECV, fd);
        Memory.putByte(address + FLAGS, (byte) IoUring.IOSQE_BUFFER_SELECT);
        Memory.putShort(address + IOPRIO, (short) IoUring.IORING_RECV_MULTISHOT);
        Memory.putInt(address + OP_FLAGS, flags);
        Memory.putShort(address + BUF_GROUP, (short) group);
        return this;
    }

    /// Sends up to `length` bytes: how many. Without MSG_NOSIGNAL it still raises no signal.
    public Sqe send(int fd, long buffer, int length, int flags) {
        begin(IoUring.IORING_OP_SEND, fd);
        Memory.putLong(address + ADDR, buffer);
        Memory.putInt(address + LEN, length);
        Memory.putInt(address + OP_FLAGS, flags);
        return this;
    }

    /// Receives into the `msghdr` at an address, which must stay: how many bytes.
    public Sqe recvmsg(int fd, long msghdr, int flags) {
        begin(IoUring.IORING_OP_RECVMSG, fd);
        Memory.putLong(address + ADDR, msghdr);
        Memory.putInt(address + LEN, 1);
        Memory.putInt(address + OP_FLAGS, flags);
        return this;
    }

    /// Sends the `msghdr` at an address: how many bytes. The header may go after submission, the
    /// buffers may not.
    public Sqe sendmsg(int fd, long msghdr, int flags) {
        begin(IoUring.IORING_OP_SENDMSG, fd);
        Memory.putLong(address + ADDR, msghdr);
        Memory.putInt(address + LEN, 1);
        Memory.putInt(address + OP_FLAGS, flags);
        return this;
    }

    /// Reads up to `length` bytes: how many, 0 at the end. `offset` is a place in a file, or -1 for
    /// the descriptor's own, which is what pipes and sockets want.
    public Sqe read(int fd, long buffer, int length, long offset) {
        begin(IoUring.IORING_OP_READ, fd);
        Memory.putLong(address + ADDR, buffer);
        Memory.putInt(address + LEN, length);
        Memory.putLong(address + OFF, offset);
        return this;
    }

    /// Writes up to `length` bytes: how many. On a socket without a peer it raises SIGPIPE: use
    /// send.
    public Sqe write(int fd, long buffer, int length, long offset) {
        begin(IoUring.IORING_OP_WRITE, fd);
        Memory.putLong(address + ADDR, buffer);
        Memory.putInt(address + LEN, length);
        Memory.putLong(address + OFF, offset);
        return this;
    }

    /// Reads into the `count` buffers of the `iovec` array at an address: how many bytes.
    public Sqe readv(int fd, long iovec, int count, long offset) {
        begin(IoUring.IORING_OP_READV, fd);
        Memory.putLong(address + ADDR, iovec);
        Memory.putInt(address + LEN, count);
        Memory.putLong(address + OFF, offset);
        return this;
    }

    /// Writes the `count` buffers of the `iovec` array at an address: how many bytes.
    public Sqe writev(int fd, long iovec, int count, long offset) {
        begin(IoUring.IORING_OP_WRITEV, fd);
        Memory.putLong(address + ADDR, iovec);
        Memory.putInt(address + LEN, count);
        Memory.putLong(address + OFF, offset);
        return this;
    }

    /// Closes a descriptor: 0. It does not end operations in flight on it.
    public Sqe close(int fd) {
        begin(IoUring.IORING_OP_CLOSE, fd);
        return this;
    }

    /// Ends one direction of a connection or both: 0. Since 5.11.
    public Sqe shutdown(int fd, int how) {
        begin(IoUring.IORING_OP_SHUTDOWN, fd);
        Memory.putInt(address + LEN, how);
        return this;
    }

    /// Makes a socket: its descriptor. Since 5.19.
    public Sqe socket(int domain, int type, int protocol) {
        begin(IoUring.IORING_OP_SOCKET, domain);
        Memory.putLong(address + OFF, type);
        Memory.putInt(address + LEN, protocol);
        return this;
    }

    /// Waits for readiness once: the POLL events.
    public Sqe pollAdd(int fd, int events) {
        begin(IoUring.IORING_OP_POLL_ADD, fd);
        Memory.putInt(address + OP_FLAGS, events);
        return this;
    }

    /// Waits for readiness again and again, a completion for each, until one comes without
    /// IORING_CQE_F_MORE. Since 5.13.
    public Sqe pollMultishot(int fd, int events) {
        begin(IoUring.IORING_OP_POLL_ADD, fd);
        Memory.putInt(address + LEN, IoUring.IORING_POLL_ADD_MULTI);
        Memory.putInt(address + OP_FLAGS, events);
        return this;
    }

    /// Ends the poll that was submitted with `userData`.
    public Sqe pollRemove(long userData) {
        begin(IoUring.IORING_OP_POLL_REMOVE, -1);
        Memory.putLong(address + ADDR, userData);
        return this;
    }

    /// Cancels the operation that was submitted with `target` as user data: 0, -ENOENT if there is
    /// none, or -EALREADY if it is too far on. Its own completion still comes.
    public Sqe cancel(long target) {
        begin(IoUring.IORING_OP_ASYNC_CANCEL, -1);
        Memory.putLong(address + ADDR, target);
        return this;
    }

    /// Cancels all operations on a descriptor: how many. Since 5.19.
    public Sqe cancelFd(int fd) {
        begin(IoUring.IORING_OP_ASYNC_CANCEL, fd);
        Memory.putInt(
                address + OP_FLAGS,
                IoUring.IORING_ASYNC_CANCEL_FD | IoUring.IORING_ASYNC_CANCEL_ALL);
        return this;
    }

    /// Completes with -ETIME when the time at `timespec` is over, or with 0 when `count` other
    /// operations have completed before; 0 for `count` means never.
    public Sqe timeout(long timespec, int count, int flags) {
        begin(IoUring.IORING_OP_TIMEOUT, -1);
        Memory.putLong(address + ADDR, timespec);
        Memory.putInt(address + LEN, 1);
        Memory.putLong(address + OFF, count);
        Memory.putInt(address + OP_FLAGS, flags);
        return this;
    }

    /// Ends the timeout that was submitted with `target` as user data: 0 or -ENOENT.
    public Sqe timeoutRemove(long target) {
        begin(IoUring.IORING_OP_TIMEOUT_REMOVE, -1);
        Memory.putLong(address + ADDR, target);
        return this;
    }

    /// Cancels the submission before this one, which must be [#linked()], when the time at
    /// `timespec` is over.
    public Sqe linkTimeout(long timespec, int flags) {
        begin(IoUring.IORING_OP_LINK_TIMEOUT, -1);
        Memory.putLong(address + ADDR, timespec);
        Memory.putInt(address + LEN, 1);
        Memory.putInt(address + OP_FLAGS, flags);
        return this;
    }

    /// Posts a completion with `result` and `target` as its user data to another ring. Since 5.18.
    public Sqe msgRing(int ringFd, int result, long target, int flags) {
        begin(IoUring.IORING_OP_MSG_RING, ringFd);
        Memory.putInt(address + LEN, result);
        Memory.putLong(address + OFF, target);
        Memory.putInt(address + OP_FLAGS, flags);
        return this;
    }

    /// Adds `count` buffers of `length` bytes, one behind the other, to a group; they are numbered
    /// from `firstId`. For kernels without [BufferRing].
    public Sqe provideBuffers(long buffers, int length, int count, int group, int firstId) {
        begin(IoUring.IORING_OP_PROVIDE_BUFFERS, count);
        Memory.putLong(address + ADDR, buffers);
        Memory.putInt(address + LEN, length);
        Memory.putLong(address + OFF, firstId);
        Memory.putShort(address + BUF_GROUP, (short) group);
        return this;
    }

    /// Takes `count` buffers out of a group: how many there were.
    public Sqe removeBuffers(int count, int group) {
        begin(IoUring.IORING_OP_REMOVE_BUFFERS, count);
        Memory.putShort(address + BUF_GROUP, (short) group);
        return this;
    }

    /// What the completion will carry. Its meaning is the caller's.
    public Sqe userData(long userData) {
        Memory.putLong(address + USER_DATA, userData);
        return this;
    }

    /// Adds IOSQE_ flags.
    public Sqe sqeFlags(int flags) {
        Memory.putByte(address + FLAGS, (byte) (flags() | flags));
        return this;
    }

    /// Adds flags to what the kernel calls ioprio: IORING_RECVSEND_, IORING_ACCEPT_.
    public Sqe ioprio(int ioprio) {
        Memory.putShort(address + IOPRIO, (short) (ioprio() | ioprio));
        return this;
    }

    /// Sends or receives only once the socket is ready, where trying at once would be in vain.
    /// Since 5.19.
    public Sqe pollFirst() {
        return ioprio(IoUring.IORING_RECVSEND_POLL_FIRST);
    }

    /// Makes a [#send] one without a copy: the buffer is the kernel's until the peer has
    /// acknowledged its bytes. The result comes with IORING_CQE_F_MORE, and a completion with
    /// IORING_CQE_F_NOTIF when the buffer is free again; a failure may come alone, without
    /// IORING_CQE_F_MORE. Since 6.0.
    public Sqe withoutCopy() {
        assert opcode() == IoUring.IORING_OP_SEND : "only a send can do without a copy: " + this;
        Memory.putByte(address + OPCODE, (byte) IoUring.IORING_OP_SEND_ZC);
        return this;
    }

    /// The next submission begins when this one has succeeded, and is cancelled otherwise.
    public Sqe linked() {
        return sqeFlags(IoUring.IOSQE_IO_LINK);
    }

    /// No completion if it succeeds. Since 5.17.
    public Sqe skipSuccess() {
        return sqeFlags(IoUring.IOSQE_CQE_SKIP_SUCCESS);
    }

    /// A worker thread of the kernel carries it out.
    public Sqe async() {
        return sqeFlags(IoUring.IOSQE_ASYNC);
    }

    /// The IORING_OP_ number.
    public int opcode() {
        return Byte.toUnsignedInt(Memory.getByte(address + OPCODE));
    }

    /// The IOSQE_ flags.
    public int flags() {
        return Byte.toUnsignedInt(Memory.getByte(address + FLAGS));
    }

    /// The flags that some operations keep in this field.
    public int ioprio() {
        return Short.toUnsignedInt(Memory.getShort(address + IOPRIO));
    }

    /// The descriptor; -1 where the operation has none.
    public int fd() {
        return Memory.getInt(address + FD);
    }

    /// `off`: a file offset, the address of a length, a count, the length of an address, a buffer's
    /// number.
    public long offset() {
        return Memory.getLong(address + OFF);
    }

    /// `addr`: a buffer, a structure, or the user data of the operation that is meant.
    public long address() {
        return Memory.getLong(address + ADDR);
    }

    /// `len`: bytes, a count, or how to shut down.
    public int length() {
        return Memory.getInt(address + LEN);
    }

    /// The flags of the operation itself: MSG_, SOCK_, POLL events, IORING_TIMEOUT_, ….
    public int operationFlags() {
        return Memory.getInt(address + OP_FLAGS);
    }

    /// What the completion will carry.
    public long userData() {
        return Memory.getLong(address + USER_DATA);
    }

    /// The group that a buffer is taken from.
    public int bufferGroup() {
        return Short.toUnsignedInt(Memory.getShort(address + BUF_GROUP));
    }

    /// For people: `RECV fd=7 addr=0x7f… len=16384 flags=0x0 userData=12`, and what else is set.
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(IoUring.opcodeName(opcode()));
        text.append(" fd=").append(fd());
        text.append(" addr=0x").append(Long.toHexString(address()));
        text.append(" len=").append(length());
        text.append(" flags=0x").append(Integer.toHexString(operationFlags()));
        appendIfSet(text, " off=", offset());
        appendIfSet(text, " sqeFlags=0x", flags());
        appendIfSet(text, " ioprio=0x", ioprio());
        appendIfSet(text, " group=", bufferGroup());
        return text.append(" userData=").append(userData()).toString();
    }

    private static void appendIfSet(StringBuilder text, String name, long value) {
        if (value != 0) {
            text.append(name)
                    .append(name.endsWith("0x") ? Long.toHexString(value) : Long.toString(value));
        }
    }

    /// An operation is written once, into a slot that was cleared.
    private void begin(int opcode, int fd) {
        Memory.putByte(address + OPCODE, (byte) opcode);
        Memory.putInt(address + FD, fd);
    }
}
