/* io/fds.c - descriptors that travel over UNIX sockets. Written in Brio. */
#include <brio/error.h>
#include <brio/socket.h>
#include <brio/time.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "io/failure.h"
#include "io/message.h"
#include "io/socket.h"

enum { MOST_FDS = 253 }; /* what Linux takes in one message */

#ifdef MSG_CMSG_CLOEXEC
enum { CLOSE_ON_EXEC = MSG_CMSG_CLOEXEC };
#else
enum { CLOSE_ON_EXEC = 0 };
#endif

union control {
    struct cmsghdr header;
    char room[CMSG_SPACE(MOST_FDS * sizeof(int))];
};

/* 0, or why not; positive. */
static int check_stream(struct brio__descriptor *descriptor)
{
    struct brio_address address;
    if (descriptor == NULL)
        return EOPNOTSUPP;
    if (descriptor->fd < 0)
        return BRIO_ECLOSED;
    int code = brio__socket_attribute(descriptor->fd, BRIO_ATTR_LOCAL_ADDRESS, &address);
    if (code != 0)
        return -code;
    return address.storage.ss_family == AF_UNIX ? 0 : EOPNOTSUPP;
}

static void put_fds(struct msghdr *message, union control *control, const int *fds, size_t count)
{
    memset(control, 0, CMSG_SPACE(count * sizeof *fds));
    message->msg_control = control;
    message->msg_controllen = CMSG_SPACE(count * sizeof *fds);
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof *fds);
    memcpy(CMSG_DATA(header), fds, count * sizeof *fds);
}

BRIO_ASYNC void brio_send_fds(struct brio_stream *stream, const void *data, size_t size, const int *fds, size_t count)
{
    bool eof_sent = false;
    struct brio__descriptor *descriptor = brio__socket_stream_descriptor(stream, &eof_sent);
    int error = size == 0 || count == 0 || count > MOST_FDS ? EINVAL : check_stream(descriptor);
    if (error == 0 && eof_sent)
        error = BRIO_ECLOSED;
    if (error != 0) {
        AWAIT(brio_checkpoint_if_cancelled());
        RAISE(error, "send descriptors: %s", brio_error_text(error));
    }
    union control control;
    struct iovec part = {(void *)(uintptr_t)data, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    put_fds(&message, &control, fds, count);
    size_t sent = AWAIT(brio__message_send(descriptor, &message, "send descriptors"));
    if (sent < size)
        AWAIT(brio_send(stream, (const char *)data + sent, size - sent));
}

/* How many descriptors the message brought; stores up to `room` of them and closes the rest. */
static size_t take_fds(struct msghdr *message, int *fds, size_t room)
{
    size_t count = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        size_t here = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < here; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
            if (count < room)
                fds[count] = fd;
            else
                close(fd);
            count++;
        }
    }
    return count;
}

static void close_fds(const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
}

BRIO_ASYNC size_t brio_receive_fds(struct brio_stream *stream, void *buffer, size_t size, int *fds, size_t room, size_t *count)
{
    bool eof_sent = false;
    struct brio__descriptor *descriptor = brio__socket_stream_descriptor(stream, &eof_sent);
    int error = size == 0 || room == 0 ? EINVAL : check_stream(descriptor);
    if (error != 0) {
        AWAIT(brio_checkpoint_if_cancelled());
        RAISE(error, "receive descriptors: %s", brio_error_text(error));
    }
    union control control;
    struct iovec part = {buffer, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    size_t got = AWAIT(brio__message_receive(descriptor, &message, CLOSE_ON_EXEC, "receive descriptors"));
    size_t received = take_fds(&message, fds, room);
    if (received > room || message.msg_flags & MSG_CTRUNC) {
        close_fds(fds, received < room ? received : room);
        RAISE(EMSGSIZE, "receive descriptors: more than %zu came", room);
    }
    *count = received;
    return got;
}
