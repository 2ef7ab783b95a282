/* What the run for dev.corio.generated.Libc reads. */
#define _GNU_SOURCE
#include <features.h>

/*
 * With GNU extensions glibc declares socket addresses as a transparent union, which jextract cannot pass. So its socket
 * header is read without them, and the one function that it then hides is declared here.
 */
#undef __USE_GNU
#include <sys/socket.h>
#define __USE_GNU 1
int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
