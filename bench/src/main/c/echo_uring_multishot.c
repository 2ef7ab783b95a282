// The other limit: multishot recv out of one ring of provided buffers, so that a message costs one
// submission (its send) instead of two. A connection keeps a chain of buffers still to be sent and
// at most one send in flight. Without free buffers the kernel ends the multishot with ENOBUFS; the
// connection then waits in a chain of its own until a send gives a buffer back.
#include "uring.h"
#include <stdbool.h>
#include <sys/mman.h>

// A variant has fewer, which stay in the cache.
#ifndef BUFFERS
#define BUFFERS 1024
#endif

enum { GROUP = 1, NONE = -1 };

struct connection {
    int fd;
    int first, last;
    unsigned sent;
    bool sending, receiving, ended;
    struct connection *next_starved;
};

static struct io_uring_buf_ring *provided;
static char *buffers;
static int next_in_chain[BUFFERS];
static unsigned filled[BUFFERS];
static struct connection *starved;

static char *buffer_at(int id) { return buffers + (size_t)id * BUFFER_BYTES; }

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
    int id = connection->first;
    io_uring_prep_send(sqe, connection->fd, buffer_at(id) + connection->sent,
                       filled[id] - connection->sent, MSG_NOSIGNAL);
    io_uring_sqe_set_data64(sqe, (unsigned long)connection | SEND);
    connection->sending = true;
}

static void give_back(int id) {
    io_uring_buf_ring_add(provided, buffer_at(id), BUFFER_BYTES, (unsigned short)id,
                          BUFFERS - 1, 0);
    io_uring_buf_ring_advance(provided, 1);
    if (starved) {
        struct connection *connection = starved;
        starved = connection->next_starved;
        submit_recv(connection);
    }
}

// The memory may go only when the kernel holds neither a receive nor a send of it.
static void free_when_quiet(struct connection *connection) {
    if (connection->sending || connection->receiving) return;
    while (connection->first != NONE) {
        int id = connection->first;
        connection->first = next_in_chain[id];
        give_back(id);
    }
    close(connection->fd);
    free(connection);
}

static void on_accept(int result) {
    submit_accept();
    if (result < 0) return;
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection) die("calloc", ENOMEM);
    connection->fd = result;
    connection->first = connection->last = NONE;
    no_delay(result);
    submit_recv(connection);
}

static void on_recv(struct connection *connection, int result, unsigned flags) {
    connection->receiving = flags & IORING_CQE_F_MORE;
    if (result > 0) {
        int id = (int)(flags >> IORING_CQE_BUFFER_SHIFT);
        filled[id] = (unsigned)result;
        next_in_chain[id] = NONE;
        if (connection->first == NONE) connection->first = id;
        else next_in_chain[connection->last] = id;
        connection->last = id;
        if (!connection->sending && !connection->ended) submit_send(connection);
        if (!connection->receiving && !connection->ended) submit_recv(connection);
    } else if (result == -ENOBUFS && !connection->ended) {
        connection->receiving = true; // owed to it by give_back
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
    int id = connection->first;
    connection->sent += (unsigned)result;
    if (connection->sent == filled[id]) {
        connection->sent = 0;
        connection->first = next_in_chain[id];
        give_back(id);
    }
    if (connection->first != NONE) submit_send(connection);
    else if (connection->ended) free_when_quiet(connection);
}

static void provide_buffers(void) {
    buffers = mmap(NULL, (size_t)BUFFERS * BUFFER_BYTES, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    provided = mmap(NULL, BUFFERS * sizeof(struct io_uring_buf), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (buffers == MAP_FAILED || provided == MAP_FAILED) die("mmap", errno);
    struct io_uring_buf_reg registration = {
        .ring_addr = (unsigned long)provided, .ring_entries = BUFFERS, .bgid = GROUP};
    int error = io_uring_register_buf_ring(&ring, &registration, 0);
    if (error < 0) die("io_uring_register_buf_ring", -error);
    io_uring_buf_ring_init(provided);
    for (int id = 0; id < BUFFERS; id++) {
        io_uring_buf_ring_add(provided, buffer_at(id), BUFFER_BYTES, (unsigned short)id,
                              BUFFERS - 1, id);
    }
    io_uring_buf_ring_advance(provided, BUFFERS);
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
