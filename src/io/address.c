/* io/address.c - addresses and other attributes of sockets. */
#include <arpa/inet.h>
#include <brio/error.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "io/socket.h"

static const char *unix_text(const struct sockaddr_un *address, socklen_t size, char *text, size_t room)
{
    size_t used = size - offsetof(struct sockaddr_un, sun_path);
    const char *path = address->sun_path;
    if (size <= offsetof(struct sockaddr_un, sun_path))
        snprintf(text, room, "unnamed");
    else if (path[0] == '\0')
        snprintf(text, room, "@%.*s", (int)used - 1, path + 1);
    else
        snprintf(text, room, "%.*s", (int)strnlen(path, used), path);
    return text;
}

const char *brio_address_text(const struct brio_address *address, char *text, size_t size)
{
    char host[INET6_ADDRSTRLEN + 32], port[8];
    const struct sockaddr *generic = (const struct sockaddr *)&address->storage;
    int family = generic->sa_family;
    if (family == AF_UNIX)
        return unix_text((const struct sockaddr_un *)&address->storage, address->size, text, size);
    if (getnameinfo(generic, address->size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        snprintf(text, size, "address of family %d", family);
    else
        snprintf(text, size, family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
    return text;
}

int brio_address_port(const struct brio_address *address)
{
    switch (address->storage.ss_family) {
    case AF_INET:
        return ntohs(((const struct sockaddr_in *)&address->storage)->sin_port);
    case AF_INET6:
        return ntohs(((const struct sockaddr_in6 *)&address->storage)->sin6_port);
    default:
        return -EAFNOSUPPORT;
    }
}

int brio_address_unix(struct brio_address *address, const char *path)
{
    struct sockaddr_un *local = (struct sockaddr_un *)&address->storage;
    size_t length = strlen(path);
    if (length == 0)
        return -EINVAL;
    bool is_abstract = path[0] == '@';
    if (length + !is_abstract > sizeof local->sun_path)
        return -ENAMETOOLONG;
    memset(&address->storage, 0, sizeof address->storage);
    local->sun_family = AF_UNIX;
    memcpy(local->sun_path, path, length);
    if (is_abstract)
        local->sun_path[0] = '\0';
    address->size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + !is_abstract);
    return 0;
}

int brio__socket_option(int fd, int level, int option)
{
    int value = 0;
    socklen_t size = sizeof value;
    return getsockopt(fd, level, option, &value, &size) == 0 ? value : -errno;
}

int brio__socket_check_type(int fd, int type)
{
    int actual = brio__socket_option(fd, SOL_SOCKET, SO_TYPE);
    if (actual < 0)
        return actual;
    return actual == type ? 0 : -EPROTOTYPE;
}

int brio__socket_set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 ? 0 : -errno;
}

int brio__socket_connect(int fd, const struct sockaddr *address, socklen_t size)
{
    int result;
    do {
        result = connect(fd, address, size);
    } while (result != 0 && errno == EINTR);
    return result == 0 ? 0 : -errno;
}

void brio__socket_set_nodelay(int fd)
{
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int brio__socket_attribute(int fd, int attribute, void *value)
{
    struct brio_address address = {.size = sizeof address.storage};
    struct sockaddr *generic = (struct sockaddr *)&address.storage;
    int failed;
    switch (attribute) {
    case BRIO_ATTR_FD:
        *(int *)value = fd;
        return 0;
    case BRIO_ATTR_LOCAL_ADDRESS:
        failed = getsockname(fd, generic, &address.size);
        break;
    case BRIO_ATTR_REMOTE_ADDRESS:
        failed = getpeername(fd, generic, &address.size);
        break;
    default:
        return -ENOENT;
    }
    if (failed)
        return -errno;
    *(struct brio_address *)value = address;
    return 0;
}
