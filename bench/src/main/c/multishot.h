// What both twins with multishot receives share: one such receive per connection, out of a ring of
// buffers, so that a message costs one submission (its send) instead of two. A connection keeps a
// chain of pieces still to be sent, each from where it was received, and at most one send in flight.
//
// Without buffers the kernel ends a receive with ENOBUFS, even an idle one, and the connection
// starves until it is fed: between batches, the longest one first, as many as there are buffers.
// Who is idle takes none, so the loop does not wait while there are buffers and some starve. Where
// there are none, each is in a send that will give it back.
#pragma once
#include "uring.h"
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

enum { GROUP = 1 };

struct piece {
    struct piece *next;
    char *bytes;
    unsigned length;
    int buffer;
};

struct connection {
    int fd;
    struct piece *first, *last;
    bool sending, receiving, ended;
    struct connection *next_starved;
};

static struct io_uring_buf_ring *provided;
static unsigned short provided_mask;
static int usable; // buffers that the kernel may still put something into
static struct connection *starved, **starved_end = &starved;

// The program's own: what was received into a buffer, and what to do when it is sent.
static struct piece *new_piece(int buffer, unsigned length, unsigned flags);
static void release(struct piece *piece);

static inline void submit_recv(struct connection *connection) {
    struct io_uring_sqe *sqe = next_sqe();
    io_uring_prep_recv_multishot(sqe, connection->fd, NULL, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = GROUP;
    io_uring_sqe_set_data64(sqe, (unsigned long)connection | RECV);
    connection->receiving = true;
}

static inline void submit_send(struct connection *connection) {
    struct io_uring_sqe *sqe = next_sqe();
    struct piece *piece = connection->first;
    io_uring_prep_send(sqe, connection->fd, piece->bytes, piece->length, MSG_NOSIGNAL);
    io_uring_sqe_set_data64(sqe, (unsigned long)connection | SEND);
    connection->sending = true;
}

static inline void starve(struct connection *connection) {
    connection->receiving = true; // owed to it
    connection->next_starved = NULL;
    *starved_end = connection;
    starved_end = &connection->next_starved;
}

static inline void feed_longest_starved(void) {
    struct connection *connection = starved;
    starved = connection->next_starved;
    if (!starved) starved_end = &starved;
    submit_recv(connection);
}

static unsigned before_wait(void) {
    for (int left = usable; starved && left > 0; left--) feed_longest_starved();
    return starved && usable ? 0 : 1;
}

static inline void provide(int id, char *bytes, unsigned length) {
    usable++;
    io_uring_buf_ring_add(provided, bytes, length, (unsigned short)id, provided_mask, 0);
    io_uring_buf_ring_advance(provided, 1);
}

static inline void drop_first_piece(struct connection *connection) {
    struct piece *piece = connection->first;
    connection->first = piece->next;
    release(piece);
}

// What the kernel does not send may go, and be what the others wait for; the connection only when
// it receives nothing either.
static inline void free_when_quiet(struct connection *connection) {
    if (connection->sending) return;
    while (connection->first) drop_first_piece(connection);
    if (connection->receiving) return;
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

static inline void on_recv(struct connection *connection, int result, unsigned flags) {
    connection->receiving = flags & IORING_CQE_F_MORE;
    if (result > 0) {
        struct piece *piece =
                new_piece((int)(flags >> IORING_CQE_BUFFER_SHIFT), (unsigned)result, flags);
        piece->next = NULL;
        if (connection->first) connection->last->next = piece;
        else connection->first = piece;
        connection->last = piece;
        if (!connection->sending && !connection->ended) submit_send(connection);
        if (!connection->receiving && !connection->ended) submit_recv(connection);
    } else if (result == -ENOBUFS && !connection->ended) {
        starve(connection);
    } else {
        connection->ended = true;
    }
    if (connection->ended) free_when_quiet(connection);
}

static inline void on_send(struct connection *connection, int result) {
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

static void on_transfer(struct connection *connection, unsigned operation, int result,
                        unsigned flags) {
    if (operation == RECV) on_recv(connection, result, flags);
    else on_send(connection, result);
}

static inline void *map(size_t bytes, int flags) {
    void *mapped =
            mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    if (mapped == MAP_FAILED) die("mmap", errno);
    return mapped;
}

// A ring without buffers, to be provided next. The kernel takes a power of two of them.
static inline void open_provided(unsigned buffers, unsigned short flags) {
    provided = map(buffers * sizeof(struct io_uring_buf), 0);
    provided_mask = (unsigned short)(buffers - 1);
    struct io_uring_buf_reg registration = {
        .ring_addr = (unsigned long)provided, .ring_entries = buffers, .bgid = GROUP};
    // Where the flags are now, liburing 2.3 has a field by another name.
    memcpy((char *)&registration + offsetof(struct io_uring_buf_reg, bgid) + sizeof flags, &flags,
           sizeof flags);
    int error = io_uring_register_buf_ring(&ring, &registration, 0);
    if (error == -EINVAL && flags) die("io_uring_register_buf_ring: needs Linux 6.12", EINVAL);
    if (error < 0) die("io_uring_register_buf_ring", -error);
    io_uring_buf_ring_init(provided);
}
