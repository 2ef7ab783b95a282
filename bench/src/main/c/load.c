// The load generator once more, for servers that are faster than a Java one can keep busy: same
// options, same events, same checks as LoadGenerator. It uses epoll, edge-triggered, whatever the
// server under test uses.
#include "twin.h"
#include "histogram.h"
#include <getopt.h>
#include <netdb.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <time.h>

enum { EVENTS_MAX = 1024, WAIT_MILLIS = 50, INDEX_SHIFT = 40, MARKS_BYTES = 16 };
static const uint64_t SECOND_NANOS = 1000000000ull;

struct connection {
    int fd;
    unsigned filled, unsent_bytes;
    uint64_t mark, sent, received;
    char *incoming, *unsent;
    uint64_t *starts;
};

static char *host = NULL, *port = NULL;
static unsigned connection_count = 64, idle_count = 0, size = 128, pipeline = 1;
static double warmup_seconds = 2, measure_seconds = 5, rate = 0;

static int poller;
static struct connection *connections;
static char *outgoing;
static uint64_t answered, requests, errors, live, scheduled, schedule_start;
static uint64_t record_from = UINT64_MAX, record_until = UINT64_MAX;
static bool issuing = true;
static char failure[160];

static uint64_t nanos(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * SECOND_NANOS + (uint64_t)time.tv_nsec;
}

static uint64_t now_nanos(void) { return nanos(CLOCK_MONOTONIC); }

static void fail(struct connection *connection, const char *why) {
    uint64_t outstanding = connection->sent - connection->received;
    errors += outstanding ? outstanding : 1;
    if (!failure[0]) snprintf(failure, sizeof failure, "%s", why);
    close(connection->fd);
    connection->fd = -1;
    live--;
}

static void watch(struct connection *connection, int operation, unsigned events) {
    struct epoll_event event = {.events = events | EPOLLET, .data.ptr = connection};
    if (epoll_ctl(poller, operation, connection->fd, &event) < 0) die("epoll_ctl", errno);
}

// Sends, and keeps what the socket did not take until it is writable.
static void transmit(struct connection *connection, const char *bytes, unsigned length) {
    ssize_t sent = 0;
    if (!connection->unsent_bytes) {
        sent = send(connection->fd, bytes, length, MSG_NOSIGNAL);
        if (sent == (ssize_t)length) return;
        if (sent < 0 && errno != EAGAIN) {
            fail(connection, strerror(errno));
            return;
        }
        if (sent < 0) sent = 0;
        watch(connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
    }
    if (!connection->unsent) connection->unsent = malloc((size_t)size * pipeline);
    memcpy(connection->unsent + connection->unsent_bytes, bytes + sent, length - (size_t)sent);
    connection->unsent_bytes += length - (unsigned)sent;
}

static void flush(struct connection *connection) {
    if (!connection->unsent_bytes) return;
    ssize_t sent = send(connection->fd, connection->unsent, connection->unsent_bytes, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN) fail(connection, strerror(errno));
        return;
    }
    connection->unsent_bytes -= (unsigned)sent;
    memmove(connection->unsent, connection->unsent + sent, connection->unsent_bytes);
    if (!connection->unsent_bytes) watch(connection, EPOLL_CTL_MOD, EPOLLIN);
}

static void put(struct connection *connection, unsigned position, uint64_t start) {
    char *message = outgoing + (size_t)position * size;
    uint64_t head = connection->mark | connection->sent, tail = ~head;
    memcpy(message, &head, sizeof head);
    if (size >= MARKS_BYTES) memcpy(message + size - sizeof tail, &tail, sizeof tail);
    connection->starts[connection->sent++ % pipeline] = start;
}

static void send_messages(struct connection *connection, unsigned count, uint64_t start) {
    for (unsigned position = 0; position < count; position++) put(connection, position, start);
    transmit(connection, outgoing, count * size);
}

static uint64_t intended(uint64_t request) {
    return schedule_start + (uint64_t)((double)request * (double)SECOND_NANOS / rate);
}

// How many requests the schedule has dealt to this connection so far.
static uint64_t due(uint64_t index) {
    return (scheduled + connection_count - 1 - index) / connection_count;
}

static void send_due(struct connection *connection) {
    uint64_t index = connection->mark >> INDEX_SHIFT;
    unsigned count = 0;
    while (connection->sent - connection->received < pipeline && connection->sent < due(index)) {
        put(connection, count++, intended(connection->sent * connection_count + index));
    }
    if (count) transmit(connection, outgoing, count * size);
}

// Answers whether anything was due.
static bool issue_due(uint64_t now) {
    bool any = intended(scheduled) <= now;
    while (intended(scheduled) <= now) {
        struct connection *connection = &connections[scheduled++ % connection_count];
        if (connection->fd >= 0) send_due(connection);
    }
    return any;
}

static bool is_whole(const struct connection *connection, const char *message) {
    uint64_t expected = connection->mark | connection->received, tail = ~expected;
    return memcmp(message, &expected, sizeof expected) == 0
            && (size < MARKS_BYTES
                || memcmp(message + size - sizeof tail, &tail, sizeof tail) == 0);
}

static void on_messages(struct connection *connection, unsigned count, uint64_t now) {
    for (unsigned position = 0; position < count; position++) {
        if (!is_whole(connection, connection->incoming + (size_t)position * size)) {
            fail(connection, "a message came back changed, twice or out of order");
            return;
        }
        uint64_t start = connection->starts[connection->received++ % pipeline];
        // In a closed loop what is in flight at the end counts too: see LoadGenerator.
        if ((rate > 0 ? start : now) >= record_from && start < record_until) record(now - start);
        if (now >= record_from && now < record_until) requests++;
        answered++;
    }
    connection->filled -= count * size;
    memmove(connection->incoming, connection->incoming + (size_t)count * size, connection->filled);
    if (rate > 0) send_due(connection);
    else if (issuing) send_messages(connection, count, now);
}

// The buffer holds all that can be outstanding, so one recv per edge empties the socket: what comes
// later is an edge of its own.
static void receive(struct connection *connection) {
    unsigned capacity = size * pipeline;
    ssize_t received = recv(connection->fd, connection->incoming + connection->filled,
                            capacity - connection->filled, 0);
    if (received < 0 && errno == EAGAIN) return;
    if (received <= 0) {
        fail(connection, received ? strerror(errno) : "the server closed the connection");
        return;
    }
    connection->filled += (unsigned)received;
    if (connection->filled >= size) on_messages(connection, connection->filled / size, now_nanos());
}

static int turn(int wait_millis) {
    static struct epoll_event events[EVENTS_MAX];
    int ready = epoll_wait(poller, events, EVENTS_MAX, wait_millis);
    if (ready < 0 && errno != EINTR) die("epoll_wait", errno);
    for (int index = 0; index < ready; index++) {
        struct connection *connection = events[index].data.ptr;
        if (events[index].events & EPOLLOUT) flush(connection);
        if (connection->fd >= 0 && events[index].events & ~(unsigned)EPOLLOUT) receive(connection);
    }
    return ready;
}

static void say(const char *event) {
    printf("{\"event\":\"%s\"}\n", event);
    fflush(stdout);
}

static void run_until(uint64_t phase, uint64_t until) {
    uint64_t now = now_nanos(), report = now + SECOND_NANOS / 5;
    while (now < until && live > 0) {
        int ready = turn(rate > 0 ? 0 : WAIT_MILLIS);
        now = now_nanos();
        // It spins politely: the echo server behind a proxy shares this CPU.
        if (rate > 0 && !issue_due(now) && ready <= 0) sched_yield();
        if (now >= report) {
            report = now + SECOND_NANOS / 5;
            printf("{\"event\":\"progress\",\"seconds\":%.3f,\"requests\":%llu}\n",
                   (double)(now - phase) / (double)SECOND_NANOS, (unsigned long long)answered);
            fflush(stdout);
        }
    }
    if (live == 0) {
        fprintf(stderr, "all connections have failed; the first: %s\n", failure);
        exit(1);
    }
}

static uint64_t owed(void) {
    uint64_t count = 0;
    for (unsigned index = 0; index < connection_count; index++) {
        struct connection *connection = &connections[index];
        if (connection->fd < 0) continue;
        count += (rate > 0 ? due(index) : connection->sent) - connection->received;
    }
    return count;
}

static void drain(void) {
    uint64_t give_up = now_nanos() + 2 * SECOND_NANOS;
    while (owed() && now_nanos() < give_up) turn(WAIT_MILLIS);
    errors += owed();
    if (owed() && !failure[0]) {
        snprintf(failure, sizeof failure, "%llu requests had no answer in time",
                 (unsigned long long)owed());
    }
}

static int connect_once(void) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    int error = getaddrinfo(host, port, &hints, &found);
    if (error) {
        fprintf(stderr, "%s: %s\n", host, gai_strerror(error));
        exit(1);
    }
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) die("socket", errno);
    if (connect(fd, found->ai_addr, found->ai_addrlen) < 0) die("connect", errno);
    freeaddrinfo(found);
    no_delay(fd);
    return fd;
}

static void connect_all(void) {
    for (unsigned index = 0; index < idle_count; index++) connect_once();
    for (unsigned index = 0; index < connection_count; index++) {
        struct connection *connection = &connections[index];
        connection->fd = connect_once();
        connection->mark = (uint64_t)index << INDEX_SHIFT;
        connection->incoming = malloc((size_t)size * pipeline);
        connection->starts = calloc(pipeline, sizeof *connection->starts);
        if (!connection->incoming || !connection->starts) die("malloc", ENOMEM);
        watch(connection, EPOLL_CTL_ADD, EPOLLIN);
    }
    live = connection_count;
    say("connected");
}

static void parse(int count, char **arguments) {
    static const struct option options[] = {
        {"to", 1, NULL, 't'},       {"connections", 1, NULL, 'c'}, {"idle", 1, NULL, 'i'},
        {"size", 1, NULL, 's'},     {"pipeline", 1, NULL, 'p'},    {"warmup", 1, NULL, 'w'},
        {"seconds", 1, NULL, 'm'},  {"rate", 1, NULL, 'r'},        {0}};
    int option;
    while ((option = getopt_long(count, arguments, "", options, NULL)) != -1) {
        switch (option) {
            case 't':
                host = optarg;
                port = strrchr(optarg, ':');
                if (port) *port++ = '\0';
                break;
            case 'c': connection_count = (unsigned)atoi(optarg); break;
            case 'i': idle_count = (unsigned)atoi(optarg); break;
            case 's': size = (unsigned)atoi(optarg); break;
            case 'p': pipeline = (unsigned)atoi(optarg); break;
            case 'w': warmup_seconds = atof(optarg); break;
            case 'm': measure_seconds = atof(optarg); break;
            case 'r': rate = atof(optarg); break;
            default: exit(2);
        }
    }
    if (!port || size < sizeof(uint64_t) || !connection_count || !pipeline) {
        fprintf(stderr, "usage: %s --to HOST:PORT [--connections N] [--idle N] [--size BYTES]\n"
                "  [--pipeline N] [--warmup SECONDS] [--seconds SECONDS] [--rate PER_SECOND]\n",
                arguments[0]);
        exit(2);
    }
}

int main(int count, char **arguments) {
    parse(count, arguments);
    raise_descriptor_limit();
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0) die("epoll_create1", errno);
    connections = calloc(connection_count, sizeof *connections);
    outgoing = malloc((size_t)size * pipeline);
    if (!connections || !outgoing) die("malloc", ENOMEM);
    for (size_t at = 0; at < (size_t)size * pipeline; at++) outgoing[at] = (char)('a' + at % 26);
    connect_all();

    uint64_t begin = now_nanos();
    schedule_start = begin;
    for (unsigned index = 0; rate == 0 && index < connection_count; index++) {
        send_messages(&connections[index], pipeline, begin);
    }
    run_until(begin, begin + (uint64_t)(warmup_seconds * (double)SECOND_NANOS));
    uint64_t cpu_nanos = nanos(CLOCK_PROCESS_CPUTIME_ID);
    say("measuring");
    uint64_t from = now_nanos();
    record_from = from;
    record_until = from + (uint64_t)(measure_seconds * (double)SECOND_NANOS);
    run_until(from, record_until);
    issuing = false;
    cpu_nanos = nanos(CLOCK_PROCESS_CPUTIME_ID) - cpu_nanos;
    say("measured");
    drain();

    printf("{\"event\":\"result\",\"requests\":%llu,\"seconds\":%.9f,\"errors\":%llu,",
           (unsigned long long)requests, measure_seconds, (unsigned long long)errors);
    printf("\"requestsInAll\":%llu,\"loadCpuNanos\":%llu,\"failure\":",
           (unsigned long long)answered, (unsigned long long)cpu_nanos);
    if (failure[0]) printf("\"%s\"", failure);
    else printf("null");
    printf(",\"buckets\":[");
    print_histogram();
    printf("]}\n");
    return 0;
}
