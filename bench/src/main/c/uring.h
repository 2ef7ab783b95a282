// What every C twin on io_uring needs: the ring, accepting, and the loop that hands completions out.
#pragma once
#include "twin.h"
#include <liburing.h>

enum { SUBMISSIONS = 1024, COMPLETIONS = 16384 };
enum { ACCEPT = 0, RECV = 1, SEND = 2, OPERATION_MASK = 3 };

struct connection;

static struct io_uring ring;
static int listener;

// The program's own.
static void on_accept(int result);
static void on_transfer(struct connection *connection, unsigned operation, int result,
                        unsigned flags);
static unsigned before_wait(void); // how many completions to wait for

static inline void open_ring(int count, char **arguments) {
    listener = start_twin(count, arguments, 0);
    struct io_uring_params parameters = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
        .cq_entries = COMPLETIONS};
    int error = io_uring_queue_init_params(SUBMISSIONS, &ring, &parameters);
    if (error < 0) die("io_uring_queue_init_params", -error);
    io_uring_register_ring_fd(&ring);
}

static inline struct io_uring_sqe *next_sqe(void) {
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
    while (!sqe) {
        int submitted = io_uring_submit(&ring);
        if (submitted < 0 && submitted != -EINTR) die("io_uring_submit", -submitted);
        sqe = io_uring_get_sqe(&ring);
    }
    return sqe;
}

static inline void submit_accept(void) {
    struct io_uring_sqe *sqe = next_sqe();
    io_uring_prep_accept(sqe, listener, NULL, NULL, SOCK_CLOEXEC);
    io_uring_sqe_set_data64(sqe, ACCEPT);
}

// One submit and wait for each batch, for ever.
_Noreturn static inline void serve(void) {
    submit_accept();
    for (;;) {
        int submitted = io_uring_submit_and_wait(&ring, before_wait());
        if (submitted < 0 && submitted != -EINTR) die("io_uring_submit_and_wait", -submitted);
        struct io_uring_cqe *cqe;
        unsigned head, seen = 0;
        io_uring_for_each_cqe(&ring, head, cqe) {
            unsigned long data = cqe->user_data;
            unsigned operation = data & OPERATION_MASK;
            if (operation == ACCEPT) on_accept(cqe->res);
            else
                on_transfer((void *)(data & ~(unsigned long)OPERATION_MASK), operation, cqe->res,
                            cqe->flags);
            seen++;
        }
        io_uring_cq_advance(&ring, seen);
    }
}
