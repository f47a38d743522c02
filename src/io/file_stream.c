/* io/file_stream.c - see brio/file_stream.h. Written in Brio.
 *
 * A stream that is closed while a thread reads or writes stays, with its descriptor, until that thread is back: the number must not come to
 * mean another file under its hands.
 */
#include <brio/file_stream.h>

#include <brio/error.h>
#include <brio/leaf.h>
#include <brio/task.h>
#include <brio/thread.h>
#include <brio/time.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fatal.h"
#include "io/failure.h"

enum { LARGEST_TRANSFER = 1 << 30 };

struct file_stream {
    struct brio_stream stream;
    int fd;
    bool closed;
    bool busy[2]; /* by enum brio__direction */
    size_t size;  /* of this block */
    char path[];  /* "": not known */
};

static const struct brio_stream_operations operations;

static struct file_stream *file_of(struct brio_stream *stream)
{
    return brio__container(stream, struct file_stream, stream);
}

static void free_file(struct file_stream *file)
{
    if (file->busy[BRIO__READ] || file->busy[BRIO__WRITE])
        return;
    close(file->fd);
    brio__free(file, file->size);
}

static void leave(struct file_stream *file, enum brio__direction direction)
{
    file->busy[direction] = false;
    if (file->closed)
        free_file(file);
}

/* ---- in a thread ---- */

/* How many bytes, or a negative code. */
static ssize_t read_some(int fd, void *buffer, size_t size)
{
    ssize_t got;
    do {
        got = read(fd, buffer, size < LARGEST_TRANSFER ? size : LARGEST_TRANSFER);
    } while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

/* 0 or a negative code. */
static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t put = write(fd, data, size < LARGEST_TRANSFER ? size : LARGEST_TRANSFER);
        if (put < 0 && errno != EINTR)
            return -errno;
        if (put > 0) {
            data += put;
            size -= (size_t)put;
        }
    }
    return 0;
}

static int open_file(const char *path, int flags, mode_t mode)
{
    int fd = open(path, flags | O_CLOEXEC, mode);
    return fd >= 0 ? fd : -errno;
}

/* ---- the operations ---- */

static BRIO_ASYNC_LEAF void enter(struct file_stream *file, enum brio__direction direction, const char *what)
{
    if (brio_checkpoint_fails())
        return;
    if (file->busy[direction])
        brio__io_fail(what, EBUSY);
    else
        file->busy[direction] = true;
}

static BRIO_ASYNC_LEAF void fail(const char *what, int error)
{
    brio__io_fail(what, error);
}

static BRIO_ASYNC size_t file_receive(struct brio_stream *stream, void *buffer, size_t size)
{
    struct file_stream *file = file_of(stream);
    AWAIT(enter(file, BRIO__READ, "read"));
    DEFER leave(file, BRIO__READ);
    ssize_t got = AWAIT_THREAD(read_some(file->fd, buffer, size));
    if (file->closed)
        got = -BRIO_ECLOSED;
    if (got < 0)
        AWAIT(fail("read", (int)-got));
    return (size_t)got;
}

static BRIO_ASYNC void file_send(struct brio_stream *stream, const void *data, size_t size)
{
    struct file_stream *file = file_of(stream);
    AWAIT(enter(file, BRIO__WRITE, "write"));
    DEFER leave(file, BRIO__WRITE);
    int code = size > 0 ? AWAIT_THREAD(write_all(file->fd, data, size)) : 0;
    if (file->closed)
        code = -BRIO_ECLOSED;
    if (code < 0)
        AWAIT(fail("write", -code));
}

static void release(struct file_stream *file)
{
    file->closed = true;
    free_file(file);
}

static BRIO_ASYNC_LEAF void file_close_forcefully(struct brio_stream *stream)
{
    release(file_of(stream));
}

static BRIO_ASYNC_LEAF void file_close(struct brio_stream *stream)
{
    release(file_of(stream));
    if (!brio_checkpoint_fails())
        brio_leaf_done(NULL, 0);
}

static int get_attribute(struct brio_stream *stream, int attribute, void *value)
{
    const struct file_stream *file = file_of(stream);
    switch (attribute) {
    case BRIO_ATTR_FD:
        *(int *)value = file->fd;
        return 0;
    case BRIO_ATTR_PATH:
        if (file->path[0] == '\0')
            return -ENOENT;
        *(const char **)value = file->path;
        return 0;
    default:
        return -ENOENT;
    }
}

BRIO_ASYNC off_t brio_file_stream_seek(struct brio_stream *stream, off_t offset, int whence)
{
    AWAIT(brio_checkpoint_if_cancelled());
    if (stream->operations != &operations)
        RAISE(EOPNOTSUPP, "seek: not a file");
    off_t position = lseek(file_of(stream)->fd, offset, whence);
    if (position < 0)
        RAISE_ERRNO("seek");
    return position;
}

static const struct brio_stream_operations operations = {
    .receive = file_receive,
    .send = file_send,
    .close = file_close,
    .close_forcefully = file_close_forcefully,
    .attribute = get_attribute,
};

/* ---- making one ---- */

static struct file_stream *make_file(int fd, const char *path)
{
    size_t size = sizeof(struct file_stream) + strlen(path) + 1;
    struct file_stream *file = brio__alloc(size);
    if (file == NULL)
        return NULL;
    *file = (struct file_stream){.fd = fd, .size = size};
    memcpy(file->path, path, strlen(path) + 1);
    brio_stream_init(&file->stream, &operations);
    return file;
}

BRIO_ASYNC struct brio_stream *brio_file_stream_open(const char *path, int flags, mode_t mode)
{
    int fd = AWAIT_THREAD(open_file(path, flags, mode));
    if (fd < 0)
        RAISE(-fd, "open %s: %s", path, brio_error_text(fd));
    struct file_stream *file = make_file(fd, path);
    if (file == NULL) {
        close(fd);
        RAISE(ENOMEM, "open %s", path);
    }
    return &file->stream;
}

struct brio_stream *brio_file_stream_from_fd(int fd, int *code)
{
    int outcome = fcntl(fd, F_GETFL) < 0 ? -errno : 0;
    struct file_stream *file = outcome == 0 ? make_file(fd, "") : NULL;
    if (file == NULL && code)
        *code = outcome ? outcome : -ENOMEM;
    return file ? &file->stream : NULL;
}
