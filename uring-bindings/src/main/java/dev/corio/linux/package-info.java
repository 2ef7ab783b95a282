/// Linux as it is: one static method per system call, kernel names, `>= 0` or `-errno`.
///
/// ```
///   Linux ──► libc          socket, recv, epoll_wait, mmap, sched_setaffinity, …
///     │ addresses are long
///   Memory                  bytes at an address
///   SockAddr, EpollEvents   the structures with a shape of their own
///   Errno, SyscallException what went wrong, in words
/// ```
///
/// Read [Linux] first, then [Memory]. Nothing here allocates once it is warm, except where a method
/// says so, and nothing here checks what the kernel checks anyway.
///
/// **Threading:** each class says its own.
@NullMarked
package dev.corio.linux;

import org.jspecify.annotations.NullMarked;
