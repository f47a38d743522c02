/* brio/error.h - what a task fails with: a code, a text, where it began, what caused it, and for a group its children. */
#ifndef BRIO_ERROR_H
#define BRIO_ERROR_H

#include <brio/abi.h>
#include <errno.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The codes that errno has no number for; they stand above every errno. */
/* clang-format off */
#define BRIO__CODES(code) \
    code(BRIO_EGROUP, 10001, "several tasks failed") \
    code(BRIO_ECLOSED, 10002, "closed by this program") \
    code(BRIO_EBROKEN, 10003, "broken from outside") \
    code(BRIO_ENOTSTARTED, 10004, "the child ended without calling brio_started()") \
    code(BRIO_EINCOMPLETE, 10005, "the stream ended too early") \
    code(BRIO_EDELIMITER, 10006, "no delimiter within the limit") \
    code(BRIO_ERESOLVE, 10007, "name resolution failed") \
    code(BRIO_ENOTRUNNING, 10008, "no loop runs here") \
    code(BRIO_EDEADLOCK, 10009, "every task waits for another")
/* clang-format on */

#define BRIO__CODE_VALUE(name, number, text) name = number,
enum brio_code { BRIO__CODES(BRIO__CODE_VALUE) BRIO__CODE_END };
#undef BRIO__CODE_VALUE

/* Read only, and shared by reference count: what is handed to a CATCH is valid in its block. */
struct brio_error {
    int code; /* a positive errno, or enum brio_code */
    unsigned line;
    const char *file; /* where it was raised; NULL when not known */
    const char *function;
    const char *message;            /* never NULL */
    const struct brio_error *cause; /* what was being handled when it was raised, or NULL */
    size_t child_count;             /* of a group (BRIO_EGROUP), in the order in which they happened */
    const struct brio_error *const *children;
};

/* Keeps an error beyond its CATCH; safe from any thread. ref returns its argument; both take NULL. */
const struct brio_error *brio_error_ref(const struct brio_error *error);
void brio_error_unref(const struct brio_error *error);

/* The whole tree with causes and await chains, and by whom and why the task was being cancelled; several lines without a newline at the
 * end. An error that several have as their cause is told once. Lives as long as the error; safe from any thread. Where memory is short, the
 * message alone. */
const char *brio_error_string(const struct brio_error *error);
/* Whether it, or a leaf of the group that it is, has that code. */
bool brio_error_contains(const struct brio_error *error, int code);
/* The one leaf where there is just one, else NULL. Borrowed from `error`. */
const struct brio_error *brio_error_only(const struct brio_error *error);
/* "ETIMEDOUT", "BRIO_ECLOSED"; takes positive and negative codes; "unknown code" for others. */
const char *brio_error_name(int code);
/* What the code means, as strerror does. */
const char *brio_error_text(int code);

#ifdef __cplusplus
}
#endif

#endif
