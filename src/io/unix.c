/* io/unix.c - UNIX stream sockets: connecting, listening. Written in Brio.
 *
 * A connection to a UNIX socket is made at once or not at all: where its queue is full the system says EAGAIN, and there is nothing to wait
 * for. So that is tried again after a pause, which a scope around the call bounds.
 */
#include <brio/error.h>
#include <brio/socket.h>
#include <brio/task.h>
#include <brio/time.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/task.h"
#include "io/listener.h"
#include "io/socket.h"
#include "io/unix.h"

enum { BACKLOG = 0xffff }; /* the system cuts it down to what it allows */

static const double pause_while_full = 0.01;

int brio__unix_socket(int type)
{
    int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return fd >= 0 ? fd : -errno;
}

/* ---- connect ---- */

static ASYNC void connect_when_there_is_room(int fd, const struct brio_address *address, const char *path)
{
    int code;
    AWAIT(brio_checkpoint());
    while ((code = brio__socket_connect(fd, (const struct sockaddr *)&address->storage, address->size)) == -EAGAIN)
        AWAIT(brio_sleep(pause_while_full));
    if (code != 0)
        RAISE(-code, "connect to %s: %s", path, brio_error_text(code));
}

BRIO_ASYNC struct brio_stream *brio_connect_unix(const char *path)
{
    struct brio_address address;
    int code = brio_address_unix(&address, path);
    int fd = code == 0 ? brio__unix_socket(SOCK_STREAM) : code;
    if (fd < 0)
        RAISE(-fd, "connect to %s: %s", path, brio_error_text(fd));
    DEFER {
        if (fd >= 0)
            close(fd);
    }
    AWAIT(connect_when_there_is_room(fd, &address, path));
    struct brio_stream *stream = brio__socket_stream_new(brio__task_loop(brio_task_current()), fd);
    if (stream == NULL)
        RAISE(ENOMEM, "connect to %s", path);
    fd = -1;
    return stream;
}

/* ---- listen ---- */

/* 0: nobody listens to the socket at the path any more. Another negative code than -EADDRINUSE: that cannot be told. */
static int check_stale(const struct brio_address *address, int type)
{
    struct stat status;
    const struct sockaddr_un *local = (const struct sockaddr_un *)&address->storage;
    if (local->sun_path[0] == '\0')
        return -EADDRINUSE;
    if (lstat(local->sun_path, &status) != 0)
        return -errno;
    if (!S_ISSOCK(status.st_mode))
        return -EADDRINUSE;
    int fd = brio__unix_socket(type);
    if (fd < 0)
        return fd;
    int code = brio__socket_connect(fd, (const struct sockaddr *)local, address->size);
    close(fd);
    return code == -ECONNREFUSED ? 0 : -EADDRINUSE;
}

static int remove_stale(const struct brio_address *address, int type)
{
    int code = check_stale(address, type);
    if (code == 0 && unlink(((const struct sockaddr_un *)&address->storage)->sun_path) != 0)
        code = -errno;
    return code == -ENOENT ? 0 : code; /* it has just gone */
}

static int bind_once(int fd, const struct brio_address *address)
{
    return bind(fd, (const struct sockaddr *)&address->storage, address->size) == 0 ? 0 : -errno;
}

int brio__unix_bind(int fd, const struct brio_address *address, int type, mode_t mode)
{
    const char *path = ((const struct sockaddr_un *)&address->storage)->sun_path;
    int code = bind_once(fd, address);
    if (code == -EADDRINUSE) {
        code = remove_stale(address, type);
        if (code == 0)
            code = bind_once(fd, address);
    }
    if (code != 0 || mode == 0 || path[0] == '\0')
        return code;
    if (chmod(path, mode) == 0)
        return 0;
    code = -errno;
    unlink(path);
    return code;
}

/* A listening socket, or a negative code. Nobody can connect before it listens, and then it has its mode. */
static int open_listening(const char *path, mode_t mode)
{
    struct brio_address address;
    int code = brio_address_unix(&address, path);
    int fd = code == 0 ? brio__unix_socket(SOCK_STREAM) : code;
    if (fd < 0)
        return fd;
    code = brio__unix_bind(fd, &address, SOCK_STREAM, mode);
    if (code == 0 && listen(fd, BACKLOG) != 0)
        code = -errno;
    if (code == 0)
        return fd;
    close(fd);
    return code;
}

BRIO_ASYNC struct brio_listener *brio_listen_unix(const char *path, mode_t mode)
{
    AWAIT(brio_checkpoint());
    int fd = open_listening(path, mode);
    if (fd < 0)
        RAISE(-fd, "listen on %s: %s", path, brio_error_text(fd));
    struct brio_listener *listener = brio__socket_listener_new(brio__task_loop(brio_task_current()), &fd, 1, false);
    if (listener == NULL) {
        close(fd);
        RAISE(ENOMEM, "listen on %s", path);
    }
    return listener;
}
