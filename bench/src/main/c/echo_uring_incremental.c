// Multishot recv out of a ring of buffers that are used up bit by bit (IOU_PBUF_RING_INC, Linux
// 6.12): a message takes its own bytes of a buffer instead of all of it, so a few large buffers do
// where echo_uring_multishot.c needs one for each message. Pieces of many connections lie one
// behind the other in a buffer, each is sent from where it was received, and a buffer goes back
// when the kernel is finished with it and no piece of it is left.
#include "uring.h"
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

// Not in the headers of liburing 2.3.
#ifndef IOU_PBUF_RING_INC
#define IOU_PBUF_RING_INC 2
#endif
#ifndef IORING_CQE_F_BUF_MORE
#define IORING_CQE_F_BUF_MORE (1U << 4)
#endif

#ifndef BUFFERS
#define BUFFERS 64
#endif
#ifndef LARGE_BUFFER_BYTES
#define LARGE_BUFFER_BYTES (64 * 1024)
#endif

// A piece has a byte at least, so there are never more of them than bytes.
enum { GROUP = 1, PIECES = BUFFERS * LARGE_BUFFER_BYTES };

struct piece {
    struct piece *next;
    char *bytes;
    unsigned length;
    int buffer;
};

struct buffer {
    unsigned used, pieces;
    bool finished; // by the kernel
};

struct connection {
    int fd;
    struct piece *first, *last;
    bool sending, receiving, ended;
    struct connection *next_starved;
};

static struct io_uring_buf_ring *provided;
static char *memory;
static struct buffer buffers[BUFFERS];
static struct piece *pieces, *unused_pieces;
static unsigned pieces_ever;
static struct connection *starved;
static int usable; // buffers that the kernel may still put something into

static char *memory_of(int id) { return memory + (size_t)id * LARGE_BUFFER_BYTES; }

static void submit_recv(struct connection *connection) {
    struct io_uring_sqe *sqe = next_sqe();
    io_uring_prep_recv_multishot(sqe, connection->fd, NULL, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = GROUP;
    io_uring_sqe_set_data64(sqe, (unsigned long)connection | RECV);
    connection->receiving = true;
}

static void submit_send(struct connection *connection) {
    struct io_uring_sqe *sqe = next_sqe();
    struct piece *piece = connection->first;
    io_uring_prep_send(sqe, connection->fd, piece->bytes, piece->length, MSG_NOSIGNAL);
    io_uring_sqe_set_data64(sqe, (unsigned long)connection | SEND);
    connection->sending = true;
}

static void provide(int id) {
    buffers[id] = (struct buffer){0};
    usable++;
    io_uring_buf_ring_add(provided, memory_of(id), LARGE_BUFFER_BYTES, (unsigned short)id,
                          BUFFERS - 1, 0);
    io_uring_buf_ring_advance(provided, 1);
}

// One buffer has room for many, and those who find none again come back.
static void feed_starved(void) {
    while (starved) {
        struct connection *connection = starved;
        starved = connection->next_starved;
        submit_recv(connection);
    }
}

static void give_back_when_unused(int id) {
    if (!buffers[id].finished || buffers[id].pieces) return;
    provide(id);
    feed_starved();
}

static struct piece *new_piece(int id, unsigned length) {
    struct piece *piece = unused_pieces;
    if (piece) unused_pieces = piece->next;
    else piece = &pieces[pieces_ever++];
    *piece = (struct piece){
        .bytes = memory_of(id) + buffers[id].used, .length = length, .buffer = id};
    buffers[id].used += length;
    buffers[id].pieces++;
    return piece;
}

static void drop_first_piece(struct connection *connection) {
    struct piece *piece = connection->first;
    int id = piece->buffer;
    connection->first = piece->next;
    piece->next = unused_pieces;
    unused_pieces = piece;
    buffers[id].pieces--;
    give_back_when_unused(id);
}

// The memory may go only when the kernel holds neither a receive nor a send of it.
static void free_when_quiet(struct connection *connection) {
    if (connection->sending || connection->receiving) return;
    while (connection->first) drop_first_piece(connection);
    close(connection->fd);
    free(connection);
}

static void on_accept(int result) {
    submit_accept();
    if (result < 0) return;
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection) die("calloc", ENOMEM);
    connection->fd = result;
    no_delay(result);
    submit_recv(connection);
}

static void on_recv(struct connection *connection, int result, unsigned flags) {
    connection->receiving = flags & IORING_CQE_F_MORE;
    if (result > 0) {
        int id = (int)(flags >> IORING_CQE_BUFFER_SHIFT);
        struct piece *piece = new_piece(id, (unsigned)result);
        buffers[id].finished = !(flags & IORING_CQE_F_BUF_MORE);
        if (buffers[id].finished) usable--;
        if (connection->first) connection->last->next = piece;
        else connection->first = piece;
        connection->last = piece;
        if (!connection->sending && !connection->ended) submit_send(connection);
        if (!connection->receiving && !connection->ended) submit_recv(connection);
    } else if (result == -ENOBUFS && !connection->ended && usable) {
        submit_recv(connection); // one came back since the kernel looked
    } else if (result == -ENOBUFS && !connection->ended) {
        connection->receiving = true; // owed to it by feed_starved
        connection->next_starved = starved;
        starved = connection;
    } else {
        connection->ended = true;
    }
    if (connection->ended && !connection->sending) free_when_quiet(connection);
}

static void on_send(struct connection *connection, int result) {
    connection->sending = false;
    if (result < 0) {
        connection->ended = true;
        shutdown(connection->fd, SHUT_RDWR); // ends the multishot too
        free_when_quiet(connection);
        return;
    }
    struct piece *piece = connection->first;
    piece->bytes += result;
    piece->length -= (unsigned)result;
    if (!piece->length) drop_first_piece(connection);
    if (connection->first) submit_send(connection);
    else if (connection->ended) free_when_quiet(connection);
}

static void *map(size_t bytes, int flags) {
    void *mapped =
            mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    if (mapped == MAP_FAILED) die("mmap", errno);
    return mapped;
}

static void provide_buffers(void) {
    memory = map((size_t)BUFFERS * LARGE_BUFFER_BYTES, MAP_POPULATE);
    pieces = map((size_t)PIECES * sizeof *pieces, MAP_NORESERVE);
    provided = map(BUFFERS * sizeof(struct io_uring_buf), 0);
    struct io_uring_buf_reg registration = {
        .ring_addr = (unsigned long)provided, .ring_entries = BUFFERS, .bgid = GROUP};
    // Where the flags are now, liburing 2.3 has a field by another name.
    unsigned short flags = IOU_PBUF_RING_INC;
    memcpy((char *)&registration + offsetof(struct io_uring_buf_reg, bgid) + sizeof flags, &flags,
           sizeof flags);
    int error = io_uring_register_buf_ring(&ring, &registration, 0);
    if (error == -EINVAL) {
        die("io_uring_register_buf_ring: IOU_PBUF_RING_INC needs Linux 6.12", EINVAL);
    }
    if (error < 0) die("io_uring_register_buf_ring", -error);
    io_uring_buf_ring_init(provided);
    for (int id = 0; id < BUFFERS; id++) provide(id);
}

static void on_transfer(struct connection *connection, unsigned operation, int result,
                        unsigned flags) {
    if (operation == RECV) on_recv(connection, result, flags);
    else on_send(connection, result);
}

int main(int count, char **arguments) {
    open_ring(count, arguments);
    provide_buffers();
    serve();
}
