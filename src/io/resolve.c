/* io/resolve.c - getaddrinfo and getnameinfo in worker threads. Written in Brio.
 *
 * libc translates names beyond ASCII (AI_IDN), by libidn2 when that is there, and takes them in the charset of the thread's locale. Here
 * they are UTF-8, whatever the program's locale is: so the worker has one of its own for the while.
 */
#define _GNU_SOURCE /* AI_IDN */
#include <brio/error.h>
#include <brio/socket.h>
#include <brio/thread.h>
#include <brio/time.h>
#include <errno.h>
#include <locale.h>
#include <string.h>

#include "base/alloc.h"

/* What a thread looks up: a copy, since the caller may be gone before it. */
struct lookup {
    struct addrinfo hints;
    struct addrinfo *result;
    int code;  /* EAI_… */
    int error; /* errno, for EAI_SYSTEM */
    size_t size;
    const char *host, *service; /* in text, or NULL */
    char text[];
};

#ifndef AI_IDN
enum { AI_IDN = 0, NI_IDN = 0 };
#endif

struct utf8 {
    locale_t own, before; /* 0: there is none, and nothing has changed */
};

static struct utf8 enter_utf8(bool wanted)
{
    locale_t own = wanted ? newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0) : (locale_t)0;
    return (struct utf8){own, own ? uselocale(own) : (locale_t)0};
}

static void leave_utf8(struct utf8 utf8)
{
    if (utf8.own == (locale_t)0)
        return;
    uselocale(utf8.before);
    freelocale(utf8.own);
}

static bool is_ascii(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text >= 0x80)
            return false;
    }
    return true;
}

static struct lookup *make_lookup(const char *host, const char *service, const struct addrinfo *hints)
{
    size_t host_size = host ? strlen(host) + 1 : 0;
    size_t service_size = service ? strlen(service) + 1 : 0;
    size_t size = sizeof(struct lookup) + host_size + service_size;
    struct lookup *lookup = brio__alloc(size);
    if (lookup == NULL)
        return NULL;
    *lookup = (struct lookup){.hints = *hints, .size = size};
    if (host)
        lookup->host = memcpy(lookup->text, host, host_size);
    if (host && !is_ascii(host))
        lookup->hints.ai_flags |= AI_IDN;
    if (service)
        lookup->service = memcpy(lookup->text + host_size, service, service_size);
    return lookup;
}

static void *run_lookup(void *arg)
{
    struct lookup *lookup = arg;
    struct utf8 utf8 = enter_utf8(lookup->hints.ai_flags & AI_IDN);
    lookup->code = getaddrinfo(lookup->host, lookup->service, &lookup->hints, &lookup->result);
    lookup->error = errno;
    leave_utf8(utf8);
    return NULL;
}

static void free_lookup(struct lookup *lookup)
{
    brio__free(lookup, lookup->size);
}

static void drop_lookup(void *nothing, void *arg)
{
    struct lookup *lookup = arg;
    (void)nothing;
    if (lookup->result)
        freeaddrinfo(lookup->result);
    free_lookup(lookup);
}

/* Numbers need neither files nor the network. EAI_NONAME: they are not all numbers. */
static int look_up_numbers(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
    struct addrinfo numeric = *hints;
    numeric.ai_flags = (numeric.ai_flags & ~AI_IDN) | AI_NUMERICSERV;
    if (host)
        numeric.ai_flags |= AI_NUMERICHOST;
    return getaddrinfo(host, service, &numeric, result);
}

static const struct brio_thread_options abandon_lookup = {.abandon_on_cancel = true, .discard = drop_lookup};

/* `code` is one of EAI_…, `error` the errno behind EAI_SYSTEM. */
static ASYNC void raise_failure(int code, int error, const char *subject)
{
    if (code == EAI_MEMORY)
        error = ENOMEM;
    if (code == EAI_SYSTEM || code == EAI_MEMORY)
        RAISE(error, "look up %s: %s", subject, strerror(error));
    RAISE(BRIO_ERESOLVE, "look up %s: %s", subject, gai_strerror(code));
}

BRIO_ASYNC struct addrinfo *brio_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints)
{
    static const struct addrinfo any = {.ai_family = AF_UNSPEC};
    if (hints == NULL)
        hints = &any;
    AWAIT(brio_checkpoint());
    struct addrinfo *result = NULL;
    int code = look_up_numbers(host, service, hints, &result);
    int error = errno;
    if (code == EAI_NONAME && (hints->ai_flags & (AI_NUMERICHOST | AI_NUMERICSERV)) != (AI_NUMERICHOST | AI_NUMERICSERV)) {
        struct lookup *lookup = make_lookup(host, service, hints);
        if (lookup == NULL)
            RAISE(ENOMEM, "look up %s", host ? host : service);
        AWAIT(brio_to_thread(run_lookup, lookup, &abandon_lookup));
        result = lookup->result;
        code = lookup->code;
        error = lookup->error;
        free_lookup(lookup);
    }
    if (code != 0)
        AWAIT(raise_failure(code, error, host ? host : service));
    return result;
}

BRIO_ASYNC struct brio_address brio_resolve_address(const char *host, const char *service, int family)
{
    struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
    struct addrinfo *all = AWAIT(brio_getaddrinfo(host, service, &hints));
    struct brio_address address = {.size = all->ai_addrlen};
    memcpy(&address.storage, all->ai_addr, all->ai_addrlen);
    freeaddrinfo(all);
    return address;
}

/* ---- addresses to names ---- */

/* What a thread names, and the names. */
struct naming {
    struct brio_address address;
    int flags;
    int code, error;
    char host[NI_MAXHOST];
    char service[NI_MAXSERV];
};

static void *run_naming(void *arg)
{
    struct naming *naming = arg;
    struct utf8 utf8 = enter_utf8(naming->flags & NI_IDN);
    naming->code = getnameinfo((const struct sockaddr *)&naming->address.storage, naming->address.size, naming->host, sizeof naming->host,
                               naming->service, sizeof naming->service, naming->flags);
    naming->error = errno;
    leave_utf8(utf8);
    return NULL;
}

static void drop_naming(void *nothing, void *arg)
{
    (void)nothing;
    brio__free(arg, sizeof(struct naming));
}

static const struct brio_thread_options abandon_naming = {.abandon_on_cancel = true, .discard = drop_naming};

/* As much of the name as is wanted; false: there is no room for it. */
static bool copy_name(char *to, size_t size, const char *name)
{
    if (to == NULL || size == 0)
        return true;
    size_t length = strlen(name);
    if (length < size)
        memcpy(to, name, length + 1);
    return length < size;
}

BRIO_ASYNC void brio_getnameinfo(const struct brio_address *address, char *host, size_t host_size, char *service, size_t service_size,
                                 int flags)
{
    flags |= (host ? 0 : NI_NUMERICHOST) | (service ? 0 : NI_NUMERICSERV);
    bool numeric = flags & NI_NUMERICHOST && flags & NI_NUMERICSERV;
    AWAIT(brio_checkpoint());
    struct naming *naming = brio__alloc(sizeof *naming);
    if (naming == NULL)
        RAISE(ENOMEM, "look up an address");
    *naming = (struct naming){.address = *address, .flags = flags};
    if (numeric)
        run_naming(naming);
    else
        AWAIT(brio_to_thread(run_naming, naming, &abandon_naming));
    int code = naming->code, error = naming->error;
    if (code == 0 && (!copy_name(host, host_size, naming->host) || !copy_name(service, service_size, naming->service)))
        code = EAI_OVERFLOW;
    drop_naming(NULL, naming);
    if (code != 0)
        AWAIT(raise_failure(code, error, "an address"));
}
