// The epoll limit: edge-triggered, registered once per connection, and optimistic. After an event
// it reads once and writes at once; a read that filled less than the buffer has drained the
// socket, so no second read is needed to see EAGAIN (unless the peer has already closed).
#include "twin.h"
#include <stdbool.h>
#include <sys/epoll.h>

enum { EVENTS_MAX = 1024 };

struct connection {
    int fd;
    unsigned sent, received;
    char buffer[BUFFER_BYTES];
};

// Answers false when the connection is over.
static bool flush(struct connection *connection) {
    while (connection->sent < connection->received) {
        ssize_t sent = send(connection->fd, connection->buffer + connection->sent,
                            connection->received - connection->sent, MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN || errno == EINTR;
        connection->sent += (unsigned)sent;
    }
    return true;
}

static bool echo(struct connection *connection, bool peer_closed) {
    for (;;) {
        if (!flush(connection)) return false;
        if (connection->sent < connection->received) return true;
        ssize_t received = recv(connection->fd, connection->buffer, BUFFER_BYTES, 0);
        if (received == 0) return false;
        if (received < 0) return errno == EAGAIN || errno == EINTR;
        connection->received = (unsigned)received;
        connection->sent = 0;
        if (received < BUFFER_BYTES && !peer_closed) return flush(connection);
    }
}

static void accept_all(int listener, int poller) {
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *connection = calloc(1, sizeof *connection);
        if (!connection) die("calloc", ENOMEM);
        connection->fd = fd;
        no_delay(fd);
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                    .data.ptr = connection};
        if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll_ctl", errno);
    }
}

int main(int count, char **arguments) {
    int listener = start_twin(count, arguments, SOCK_NONBLOCK);
    int poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0) die("epoll_create1", errno);
    struct epoll_event accepting = {.events = EPOLLIN | EPOLLET, .data.ptr = NULL};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, listener, &accepting) < 0) die("epoll_ctl", errno);
    static struct epoll_event events[EVENTS_MAX];
    for (;;) {
        int ready = epoll_wait(poller, events, EVENTS_MAX, -1);
        if (ready < 0 && errno != EINTR) die("epoll_wait", errno);
        for (int index = 0; index < ready; index++) {
            struct connection *connection = events[index].data.ptr;
            if (!connection) {
                accept_all(listener, poller);
            } else if (!echo(connection, events[index].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))) {
                close(connection->fd);
                free(connection);
            }
        }
    }
}
