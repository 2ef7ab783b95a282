// What every C twin needs before its loop starts: a listening socket, a CPU, a way to give up.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER_BYTES = 16 * 1024, DESCRIPTORS_MAX = 65536, BACKLOG = 4096 };

static inline void die(const char *what, int error) {
    fprintf(stderr, "%s: %s\n", what, strerror(error));
    exit(1);
}

static inline void pin_to(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) < 0) die("sched_setaffinity", errno);
}

// Five thousand connections need more descriptors than the usual soft limit of 1024.
static inline void raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) die("getrlimit", errno);
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS_MAX ? limit.rlim_max : DESCRIPTORS_MAX;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0) die("setrlimit", errno);
}

// Takes ADDRESS:PORT, both as numbers, IPv6 in brackets.
static inline int listen_on(const char *text, int socket_flags) {
    char copy[64], *port, *host = copy;
    snprintf(copy, sizeof copy, "%s", text);
    if (!(port = strrchr(copy, ':'))) die(text, EINVAL);
    *port++ = '\0';
    if (*host == '[') {
        host++;
        port[-2] = '\0';
    }
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM}, *found;
    if (getaddrinfo(host, port, &hints, &found)) die(text, EINVAL);
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | socket_flags, 0);
    if (fd < 0) die("socket", errno);
    int one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, found->ai_addr, found->ai_addrlen) < 0) die("bind", errno);
    freeaddrinfo(found);
    if (listen(fd, BACKLOG) < 0) die("listen", errno);
    return fd;
}

static inline void no_delay(int fd) {
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

// Arguments of every twin: ADDRESS:PORT [CPU]. Answers the listening socket.
static inline int start_twin(int count, char **arguments, int socket_flags) {
    if (count < 2 || count > 3) {
        fprintf(stderr, "usage: %s ADDRESS:PORT [CPU]\n", arguments[0]);
        exit(2);
    }
    if (count == 3) pin_to(atoi(arguments[2]));
    raise_descriptor_limit();
    int listener = listen_on(arguments[1], socket_flags);
    printf("%s listening on %s\n", arguments[0], arguments[1]);
    fflush(stdout);
    return listener;
}
