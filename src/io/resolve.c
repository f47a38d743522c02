/* io/resolve.c - getaddrinfo in a worker thread. Written in Brio. */
#include <brio/error.h>
#include <brio/socket.h>
#include <brio/thread.h>
#include <brio/time.h>
#include <errno.h>
#include <string.h>

#include "base/alloc.h"

/* What a thread looks up: a copy, since the caller may be gone before it. */
struct lookup {
    struct addrinfo hints;
    struct addrinfo *result;
    int code; /* EAI_… */
    int error; /* errno, for EAI_SYSTEM */
    size_t size;
    const char *host, *service; /* in text, or NULL */
    char text[];
};

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
    if (service)
        lookup->service = memcpy(lookup->text + host_size, service, service_size);
    return lookup;
}

static void *run_lookup(void *arg)
{
    struct lookup *lookup = arg;
    lookup->code = getaddrinfo(lookup->host, lookup->service, &lookup->hints, &lookup->result);
    lookup->error = errno;
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
    numeric.ai_flags |= AI_NUMERICSERV;
    if (host)
        numeric.ai_flags |= AI_NUMERICHOST;
    return getaddrinfo(host, service, &numeric, result);
}

static const struct brio_thread_options abandon = {.abandon_on_cancel = true, .discard = drop_lookup};

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
        AWAIT(brio_to_thread(run_lookup, lookup, &abandon));
        result = lookup->result;
        code = lookup->code;
        error = lookup->error;
        free_lookup(lookup);
    }
    if (code == 0)
        return result;
    if (code == EAI_SYSTEM || code == EAI_MEMORY)
        RAISE(code == EAI_MEMORY ? ENOMEM : error, "look up %s: %s", host ? host : service, strerror(code == EAI_MEMORY ? ENOMEM : error));
    RAISE(BRIO_ERESOLVE, "look up %s: %s", host ? host : service, gai_strerror(code));
    return NULL;
}
