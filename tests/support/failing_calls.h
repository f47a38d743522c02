/* failing_calls.h - system calls that fail on demand: those that the library (or libev) makes, not the test's own.
 *
 * Included once in a program, it stands in front of libc: the definitions here, named by their labels, are found before libc's.
 */
#ifndef FAILING_CALLS_H
#define FAILING_CALLS_H

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <netdb.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* clang-format off */
#define EACH_CALL(call) \
    call(NONE, "none") call(SOCKET, "socket") call(BIND, "bind") call(LISTEN, "listen") call(ACCEPT4, "accept4") \
    call(CONNECT, "connect") call(GETSOCKOPT, "getsockopt") call(SETSOCKOPT, "setsockopt") call(GETSOCKNAME, "getsockname") \
    call(GETPEERNAME, "getpeername") call(RECV, "recv") call(RECVMSG, "recvmsg") call(SEND, "send") call(SENDMSG, "sendmsg") \
    call(SHUTDOWN, "shutdown") call(CLOSE, "close") call(FCNTL, "fcntl") call(LSTAT, "lstat") call(CHMOD, "chmod") \
    call(UNLINK, "unlink") call(OPEN, "open") call(READ, "read") call(WRITE, "write") call(LSEEK, "lseek") \
    call(PTHREAD_CREATE, "pthread_create") call(MUTEX_INIT, "pthread_mutex_init") call(COND_INIT, "pthread_cond_init") \
    call(CONDATTR_INIT, "pthread_condattr_init") call(GETADDRINFO, "getaddrinfo") call(GETNAMEINFO, "getnameinfo") \
    call(EVENTFD, "eventfd") call(EPOLL_CREATE, "epoll_create1") call(EPOLL_CTL, "epoll_ctl") call(EPOLL_WAIT, "epoll_wait")
/* clang-format on */

#define CALL_NUMBER(number, name) CALL_##number,
enum failing_call { EACH_CALL(CALL_NUMBER) CALLS };

#define CALL_NAME(number, name) [CALL_##number] = name,
static const char *const call_names[CALLS] = {EACH_CALL(CALL_NAME)};

/* What fails, with what: the call after the next `before` of its kind, once, or `forever` from then on. */
static struct {
    enum failing_call call;
    int code;
    bool forever;
    atomic_long before;
    atomic_long failed;
} failing;

/* By the library, or libev, since the last fail_call or count_calls. */
static atomic_long calls_made[CALLS];
static atomic_long calls_in_vain[CALLS]; /* of these with EAGAIN */

static inline void count_calls(void)
{
    failing.call = CALL_NONE;
    for (int i = 0; i < CALLS; i++)
        calls_made[i] = calls_in_vain[i] = 0;
}

static inline void fail_call(enum failing_call call, long before, int code)
{
    count_calls();
    failing.code = code;
    failing.forever = false;
    failing.before = before;
    failing.failed = 0;
    failing.call = call;
}

static inline bool call_has_failed(void)
{
    return failing.failed > 0;
}

/* ---- who calls ---- */

enum library { LIBRARY_BRIO, LIBRARY_EV, LIBRARIES };

static struct {
    uintptr_t begin, end;
} code_of_library[LIBRARIES];

static int note_library(struct dl_phdr_info *info, size_t size, void *arg)
{
    static const char *const names[LIBRARIES] = {"/libbrio.so", "/libev.so"};
    (void)size, (void)arg;
    for (int library = 0; library < LIBRARIES; library++) {
        if (strstr(info->dlpi_name, names[library]) == NULL)
            continue;
        for (int i = 0; i < info->dlpi_phnum; i++) {
            if (info->dlpi_phdr[i].p_type != PT_LOAD || !(info->dlpi_phdr[i].p_flags & PF_X))
                continue;
            code_of_library[library].begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            code_of_library[library].end = code_of_library[library].begin + info->dlpi_phdr[i].p_memsz;
        }
    }
    return 0;
}

static void __attribute__((constructor)) note_libraries(void)
{
    dl_iterate_phdr(note_library, NULL);
}

static bool is_of(void *address, enum library library)
{
    return (uintptr_t)address >= code_of_library[library].begin && (uintptr_t)address < code_of_library[library].end;
}

/* ---- failing ---- */

/* Whether this call is to fail. */
static bool fails_here(enum failing_call call, void *caller)
{
    bool by_brio = is_of(caller, LIBRARY_BRIO), by_ev = is_of(caller, LIBRARY_EV);
    if (call < CALL_EVENTFD ? !by_brio : !by_ev && !(by_brio && call == CALL_EVENTFD))
        return false;
    calls_made[call]++;
    if (failing.call != call || atomic_fetch_sub(&failing.before, 1) > 0)
        return false;
    if (failing.failed > 0 && !failing.forever)
        return false;
    failing.failed++;
    return true;
}

#define CALLER __builtin_extract_return_addr(__builtin_return_address(0))

/* A call that returns -1 with errno; `parameters` and `arguments` in parentheses. */
#define FAILING(type, name, call, parameters, arguments) \
    type failing_##name parameters __asm__(#name); \
    type failing_##name parameters \
    { \
        static type(*next) parameters; \
        if (next == NULL) \
            *(void **)(void *)&next = dlsym(RTLD_NEXT, #name); \
        if (fails_here(call, CALLER)) { \
            errno = failing.code; \
            return -1; \
        } \
        type result = next arguments; \
        if (result < 0 && errno == EAGAIN) \
            calls_in_vain[call]++; \
        return result; \
    }

/* One that returns the code; the errno behind EAI_SYSTEM is EMFILE. */
#define FAILING_WITH_CODE(name, call, parameters, arguments) \
    int failing_##name parameters __asm__(#name); \
    int failing_##name parameters \
    { \
        static int(*next) parameters; \
        if (next == NULL) \
            *(void **)(void *)&next = dlsym(RTLD_NEXT, #name); \
        if (!fails_here(call, CALLER)) \
            return next arguments; \
        errno = EMFILE; \
        return failing.code; \
    }

FAILING(int, socket, CALL_SOCKET, (int family, int type, int protocol), (family, type, protocol))
FAILING(int, bind, CALL_BIND, (int fd, const void *address, socklen_t size), (fd, address, size))
FAILING(int, listen, CALL_LISTEN, (int fd, int backlog), (fd, backlog))
FAILING(int, accept4, CALL_ACCEPT4, (int fd, void *address, socklen_t *size, int flags), (fd, address, size, flags))
FAILING(int, getsockopt, CALL_GETSOCKOPT, (int fd, int level, int option, void *value, socklen_t *size), (fd, level, option, value, size))
FAILING(int, setsockopt, CALL_SETSOCKOPT, (int fd, int level, int option, const void *value, socklen_t size),
        (fd, level, option, value, size))
FAILING(int, getsockname, CALL_GETSOCKNAME, (int fd, void *address, socklen_t *size), (fd, address, size))
FAILING(int, getpeername, CALL_GETPEERNAME, (int fd, void *address, socklen_t *size), (fd, address, size))
FAILING(ssize_t, recv, CALL_RECV, (int fd, void *buffer, size_t size, int flags), (fd, buffer, size, flags))
FAILING(ssize_t, recvmsg, CALL_RECVMSG, (int fd, struct msghdr *message, int flags), (fd, message, flags))
FAILING(ssize_t, send, CALL_SEND, (int fd, const void *data, size_t size, int flags), (fd, data, size, flags))
FAILING(ssize_t, sendmsg, CALL_SENDMSG, (int fd, const struct msghdr *message, int flags), (fd, message, flags))
FAILING(int, shutdown, CALL_SHUTDOWN, (int fd, int how), (fd, how))
FAILING(int, lstat, CALL_LSTAT, (const char *path, struct stat *status), (path, status))
FAILING(int, chmod, CALL_CHMOD, (const char *path, mode_t mode), (path, mode))
FAILING(int, unlink, CALL_UNLINK, (const char *path), (path))
FAILING(ssize_t, read, CALL_READ, (int fd, void *buffer, size_t size), (fd, buffer, size))
FAILING(ssize_t, write, CALL_WRITE, (int fd, const void *data, size_t size), (fd, data, size))
FAILING(off_t, lseek, CALL_LSEEK, (int fd, off_t offset, int whence), (fd, offset, whence))
FAILING(int, eventfd, CALL_EVENTFD, (unsigned value, int flags), (value, flags))
FAILING(int, epoll_create1, CALL_EPOLL_CREATE, (int flags), (flags))
FAILING(int, epoll_wait, CALL_EPOLL_WAIT, (int epoll, struct epoll_event *events, int count, int timeout),
        (epoll, events, count, timeout))
FAILING_WITH_CODE(pthread_mutex_init, CALL_MUTEX_INIT, (pthread_mutex_t * mutex, const pthread_mutexattr_t *attributes),
                  (mutex, attributes))
FAILING_WITH_CODE(pthread_cond_init, CALL_COND_INIT, (pthread_cond_t * condition, const pthread_condattr_t *attributes),
                  (condition, attributes))
FAILING_WITH_CODE(pthread_condattr_init, CALL_CONDATTR_INIT, (pthread_condattr_t * attributes), (attributes))
FAILING_WITH_CODE(pthread_create, CALL_PTHREAD_CREATE,
                  (pthread_t * thread, const pthread_attr_t *attributes, void *(*begin)(void *), void *arg),
                  (thread, attributes, begin, arg))
FAILING_WITH_CODE(getaddrinfo, CALL_GETADDRINFO,
                  (const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **result),
                  (host, service, hints, result))
FAILING_WITH_CODE(getnameinfo, CALL_GETNAMEINFO,
                  (const struct sockaddr *address, socklen_t address_size, char *host, socklen_t host_size, char *service,
                   socklen_t service_size, int flags),
                  (address, address_size, host, host_size, service, service_size, flags))

/* Not for the eventfd that libev wakes itself by: without that it goes no further. */
int failing_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event) __asm__("epoll_ctl");
int failing_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    static int (*next)(int, int, int, struct epoll_event *);
    char link[40], name[40] = "";
    if (next == NULL)
        *(void **)(void *)&next = dlsym(RTLD_NEXT, "epoll_ctl");
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if ((readlink(link, name, sizeof name - 1) > 0 && strstr(name, "eventfd")) || !fails_here(CALL_EPOLL_CTL, CALLER))
        return next(epoll, operation, fd, event);
    errno = failing.code;
    return -1;
}

/* The descriptor is closed in any case. */
int failing_close(int fd) __asm__("close");
int failing_close(int fd)
{
    static int (*next)(int);
    if (next == NULL)
        *(void **)(void *)&next = dlsym(RTLD_NEXT, "close");
    int result = next(fd);
    if (!fails_here(CALL_CLOSE, CALLER))
        return result;
    errno = failing.code;
    return -1;
}

/* What goes on in spite of EINPROGRESS and EINTR: a connection of an internet socket. */
int failing_connect(int fd, const struct sockaddr *address, socklen_t size) __asm__("connect");
int failing_connect(int fd, const struct sockaddr *address, socklen_t size)
{
    static int (*next)(int, const struct sockaddr *, socklen_t);
    if (next == NULL)
        *(void **)(void *)&next = dlsym(RTLD_NEXT, "connect");
    if (!fails_here(CALL_CONNECT, CALLER))
        return next(fd, address, size);
    if ((failing.code == EINPROGRESS || failing.code == EINTR) && address->sa_family != AF_UNIX)
        (void)!next(fd, address, size);
    errno = failing.code;
    return -1;
}

/* Variadic: one argument more, which is an integer or is not looked at. */
#define FAILING_VARIADIC(name, type, call) \
    int failing_##name(type first, int second, ...) __asm__(#name); \
    int failing_##name(type first, int second, ...) \
    { \
        static int (*next)(type, int, ...); \
        va_list rest; \
        if (next == NULL) \
            *(void **)(void *)&next = dlsym(RTLD_NEXT, #name); \
        va_start(rest, second); \
        long third = va_arg(rest, long); \
        va_end(rest); \
        if (fails_here(call, CALLER)) { \
            errno = failing.code; \
            return -1; \
        } \
        return next(first, second, third); \
    }

FAILING_VARIADIC(fcntl, int, CALL_FCNTL)
FAILING_VARIADIC(fcntl64, int, CALL_FCNTL)
FAILING_VARIADIC(open, const char *, CALL_OPEN)
FAILING_VARIADIC(open64, const char *, CALL_OPEN)

#endif
