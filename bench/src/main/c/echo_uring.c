// The limit that the echo is measured against: plain liburing, single-shot recv and send, one
// buffer per connection, one io_uring_submit_and_wait per batch. What a careful C programmer
// writes first; no fixed files, no provided buffers (echo_uring_multishot.c has those).
#include "uring.h"

struct connection {
    int fd;
    unsigned sent, received;
    int zero_copied;
    char buffer[BUFFER_BYTES];
};

// Variants: descriptors that the ring knows already, no look at a socket that is empty, and sending
// without a copy, where a second completion says that the buffer is free again.
#ifdef FIXED_FILES
enum { FILE_FLAGS = IOSQE_FIXED_FILE, FIXED_FILES_MAX = 16384 };
#else
enum { FILE_FLAGS = 0 };
#endif
#ifdef POLL_FIRST
enum { RECV_HINTS = IORING_RECVSEND_POLL_FIRST };
#else
enum { RECV_HINTS = 0 };
#endif

#ifdef ZERO_COPY
enum { IS_ZERO_COPY = 1 };
#else
enum { IS_ZERO_COPY = 0 };
#endif

static void submit_recv(struct connection *connection) {
    struct io_uring_sqe *sqe = next_sqe();
    io_uring_prep_recv(sqe, connection->fd, connection->buffer, BUFFER_BYTES, 0);
    sqe->flags |= FILE_FLAGS;
    sqe->ioprio |= RECV_HINTS;
    io_uring_sqe_set_data64(sqe, (unsigned long)connection | RECV);
}

static void submit_send(struct connection *connection) {
    struct io_uring_sqe *sqe = next_sqe();
    char *bytes = connection->buffer + connection->sent;
    unsigned length = connection->received - connection->sent;
    if (IS_ZERO_COPY) io_uring_prep_send_zc(sqe, connection->fd, bytes, length, MSG_NOSIGNAL, 0);
    else io_uring_prep_send(sqe, connection->fd, bytes, length, MSG_NOSIGNAL);
    sqe->flags |= FILE_FLAGS;
    io_uring_sqe_set_data64(sqe, (unsigned long)connection | SEND);
}

static void on_accept(int result) {
    submit_accept();
    if (result < 0) return;
    struct connection *connection = malloc(sizeof *connection);
    if (!connection) die("malloc", ENOMEM);
    connection->fd = result;
    no_delay(result);
#ifdef FIXED_FILES
    int error = io_uring_register_files_update(&ring, (unsigned)result, &result, 1);
    if (error < 0) die("io_uring_register_files_update", -error);
#endif
    submit_recv(connection);
}

static void on_transfer(struct connection *connection, unsigned operation, int result,
                        unsigned flags) {
    if (operation == SEND && flags & IORING_CQE_F_MORE) {
        connection->zero_copied = result;
        return;
    }
    if (flags & IORING_CQE_F_NOTIF) result = connection->zero_copied;
    if (result <= 0) {
        close(connection->fd);
        free(connection);
        return;
    }
    if (operation == RECV) {
        connection->received = (unsigned)result;
        connection->sent = 0;
        submit_send(connection);
        return;
    }
    connection->sent += (unsigned)result;
    if (connection->sent < connection->received) submit_send(connection);
    else submit_recv(connection);
}

static unsigned before_wait(void) { return 1; }

int main(int count, char **arguments) {
    open_ring(count, arguments);
#ifdef FIXED_FILES
    int error = io_uring_register_files_sparse(&ring, FIXED_FILES_MAX);
    if (error < 0) die("io_uring_register_files_sparse", -error);
#endif
    serve();
}
