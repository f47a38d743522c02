/* brio/language.h - the words of the language: ASYNC, AWAIT, NURSERY, SPAWN, CANCEL_SCOPE, TRY, RAISE, DEFER, RUN, …
 *
 * Three readers see this header.
 *   briogen reads preprocessed text, made with BRIO_GENERATOR defined: each word becomes a reserved identifier (__brio_await, …) that its
 *     parser takes as a keyword.
 *   A compiler that sees a plain C or C++ file: SPAWN, SPAWN_INTO, RUN, RUN_INTO and GUEST are expressions that work
 *     (brio/run.h, brio/nursery.h).
 *   A compiler or editor that sees an ASYNC source which did not go through briogen: the words become plain C of the same shape, so that
 *     the file can be checked; it does not link, because of brio_source_was_not_run_through_briogen.
 *
 * Each word has the prefix BRIO_; the short ones are there unless BRIO_NO_SHORT_NAMES is defined.
 */
#ifndef BRIO_LANGUAGE_H
#define BRIO_LANGUAGE_H

#include <brio/abi.h>
#include <errno.h>

#ifdef BRIO_GENERATOR

#define BRIO_ASYNC __brio_async
#define BRIO_ASYNC_LEAF __brio_async_leaf
#define BRIO_AWAIT(...) __brio_await(__VA_ARGS__)
#define BRIO_AWAIT_THREAD(...) __brio_await_thread(__VA_ARGS__)
#define BRIO_NURSERY(...) __brio_nursery(__VA_ARGS__)
#define BRIO_RACE(...) __brio_race(__VA_ARGS__)
#define BRIO_SPAWN(...) __brio_spawn(__VA_ARGS__)
#define BRIO_SPAWN_INTO(...) __brio_spawn_into(__VA_ARGS__)
#define BRIO_START(...) __brio_start(__VA_ARGS__)
#define BRIO_CANCEL_SCOPE(...) __brio_cancel_scope(__VA_ARGS__)
#define BRIO_MOVE_ON_AFTER(...) __brio_move_on_after(__VA_ARGS__)
#define BRIO_MOVE_ON_AT(...) __brio_move_on_at(__VA_ARGS__)
#define BRIO_FAIL_AFTER(...) __brio_fail_after(__VA_ARGS__)
#define BRIO_FAIL_AT(...) __brio_fail_at(__VA_ARGS__)
#define BRIO_SHIELD __brio_shield
#define BRIO_INTERRUPTIBLE __brio_interruptible
#define BRIO_TRY __brio_try
#define BRIO_CATCH(...) __brio_catch(__VA_ARGS__)
#define BRIO_FINALLY __brio_finally
#define BRIO_RAISE(...) __brio_raise(__VA_ARGS__)
#define BRIO_RAISE_ERRNO(...) __brio_raise_errno(errno, __VA_ARGS__)
#define BRIO_RERAISE(...) __brio_reraise(__VA_ARGS__)
#define BRIO_DEFER __brio_defer
/* The object, and how it is acquired and released. */
#define BRIO_HOLD(...) __brio_hold(__VA_ARGS__, BRIO__ACQUIRE(__VA_ARGS__), BRIO__RELEASE(__VA_ARGS__))
#define BRIO_RUN(...) __brio_run(__VA_ARGS__)
#define BRIO_RUN_INTO(...) __brio_run_into(__VA_ARGS__)
#define BRIO_RUN_ON(...) __brio_run_on(__VA_ARGS__)
#define BRIO_SPAWN_ON(...) __brio_spawn_on(__VA_ARGS__)
#define BRIO_GUEST(...) __brio_guest(__VA_ARGS__)

#else /* a compiler */

#define BRIO_ASYNC
#define BRIO_ASYNC_LEAF

#ifdef __cplusplus
extern "C" {
#endif
/* Not defined anywhere: a unit that mentions it was compiled without briogen. Compile it with "briocc gcc …" instead of "gcc …". */
extern void brio_source_was_not_run_through_briogen(void);
extern struct brio_scope *brio__unprocessed_scope(double time);
extern struct brio_nursery *brio__unprocessed_nursery(void);
extern const struct brio_error *brio__unprocessed_error(int code, ...);
extern int brio__unprocessed_raise(int code, ...);
extern int brio__unprocessed_message(const char *format, ...) __attribute__((format(printf, 1, 2)));
#ifdef __cplusplus
}
#endif

#define BRIO__PLAIN_BLOCK if (brio_source_was_not_run_through_briogen(), 0) { } else

#define BRIO_AWAIT(...) (brio_source_was_not_run_through_briogen(), __VA_ARGS__)
#define BRIO_AWAIT_THREAD(...) BRIO__AWAIT_THREAD_2(__VA_ARGS__, .brio__none = 0)
#define BRIO__AWAIT_THREAD_2(call, ...) (brio_source_was_not_run_through_briogen(), (call))
#define BRIO_NURSERY(name) \
    for (struct brio_nursery *name = (brio_source_was_not_run_through_briogen(), brio__unprocessed_nursery()); name; name = NULL)
#define BRIO_RACE(name) BRIO_NURSERY(name)
#define BRIO_START(nursery, ...) BRIO_SPAWN(nursery, __VA_ARGS__)

/* A scope's name may be left out. With a name: a declaration that lives on after the block, then the block. */
#define BRIO__NAMED_SCOPE(time, name) \
    struct brio_scope *name = (brio_source_was_not_run_through_briogen(), brio__unprocessed_scope(time)); \
    if (name == NULL) { } else
#define BRIO__UNNAMED_SCOPE(time) if (brio_source_was_not_run_through_briogen(), (brio__unprocessed_scope(time) == NULL)) { } else
#define BRIO__PICK_3(a, b, c, ...) c
#define BRIO__TIMED_0(time, name) BRIO__UNNAMED_SCOPE(time)
#define BRIO__TIMED_1(time, name) BRIO__NAMED_SCOPE(time, name)
#define BRIO__TIMED(...) BRIO__PICK_3(__VA_ARGS__, BRIO__NAMED_SCOPE, BRIO__UNNAMED_SCOPE, )(__VA_ARGS__)
#define BRIO_MOVE_ON_AFTER(...) BRIO__TIMED(__VA_ARGS__)
#define BRIO_MOVE_ON_AT(...) BRIO__TIMED(__VA_ARGS__)
#define BRIO_FAIL_AFTER(...) BRIO__TIMED(__VA_ARGS__)
#define BRIO_FAIL_AT(...) BRIO__TIMED(__VA_ARGS__)

/* CANCEL_SCOPE(name), CANCEL_SCOPE(name, options…), CANCEL_SCOPE(). */
#define BRIO__NO_NAME_ ~, BRIO__SCOPE_WITHOUT_NAME,
#define BRIO__SECOND(a, b, ...) b
#define BRIO__SECOND_OF(...) BRIO__SECOND(__VA_ARGS__)
#define BRIO__SCOPE_WITHOUT_NAME(name, ...) \
    if (brio_source_was_not_run_through_briogen(), (brio__unprocessed_scope(0) == NULL)) { } else
#define BRIO__SCOPE_WITH_NAME(name, ...) \
    struct brio_scope *name = (brio_source_was_not_run_through_briogen(), (void)(struct brio_scope_options){__VA_ARGS__}, \
                               brio__unprocessed_scope(0)); \
    if (name == NULL) { } else
#define BRIO__SCOPE_BY_NAME(name, ...) \
    BRIO__SECOND_OF(BRIO__NO_NAME_##name, BRIO__SCOPE_WITH_NAME, )(name, __VA_ARGS__)
#define BRIO_CANCEL_SCOPE(...) BRIO__SCOPE_BY_NAME(__VA_ARGS__, .brio__none = 0)
#define BRIO_SHIELD BRIO__PLAIN_BLOCK
#define BRIO_INTERRUPTIBLE BRIO__PLAIN_BLOCK

#define BRIO_TRY BRIO__PLAIN_BLOCK
#define BRIO_CATCH(...) BRIO__CATCH_NAMED(__VA_ARGS__, 0)
#define BRIO__CATCH_NAMED(name, ...) \
    for (const struct brio_error *name = brio__unprocessed_error(__VA_ARGS__); name; name = NULL)
#define BRIO_FINALLY BRIO__PLAIN_BLOCK
#define BRIO_RAISE(code, ...) \
    (brio_source_was_not_run_through_briogen(), (void)brio__unprocessed_raise(code), (void)brio__unprocessed_message(__VA_ARGS__))
#define BRIO_RAISE_ERRNO(...) (brio_source_was_not_run_through_briogen(), (void)brio__unprocessed_message(__VA_ARGS__))
#define BRIO_RERAISE() brio_source_was_not_run_through_briogen()
#define BRIO_DEFER BRIO__PLAIN_BLOCK
#define BRIO_HOLD(...) if (brio_source_was_not_run_through_briogen(), (void)BRIO__ACQUIRE(__VA_ARGS__), 0) { } else

/* The rest works in plain C. `call` is one call of an ASYNC function; options are designated initializers of the options struct. */

/* int: 0, or a negative code (-BRIO_ECLOSED: the nursery has closed; -ENOMEM). */
#define BRIO_SPAWN(nursery, ...) BRIO__SPAWN_2(nursery, __VA_ARGS__, .brio__none = 0)
#define BRIO__SPAWN_2(nursery, call, ...) \
    __extension__({ \
        struct brio__spawn brio__s; \
        struct brio_spawn_options brio__o = {__VA_ARGS__}; \
        brio__spawn_begin(&brio__s, (nursery), &brio__o, NULL, 0); \
        (void)(call); \
        brio__spawn_end(&brio__s); \
    })
#define BRIO_SPAWN_INTO(nursery, into, ...) BRIO__SPAWN_INTO_2(nursery, into, __VA_ARGS__, .brio__none = 0)
#define BRIO__SPAWN_INTO_2(nursery, into, call, ...) \
    __extension__({ \
        struct brio__spawn brio__s; \
        struct brio_spawn_options brio__o = {__VA_ARGS__}; \
        __typeof__(call) *brio__into = (into); \
        brio__spawn_begin(&brio__s, (nursery), &brio__o, brio__into, sizeof *brio__into); \
        __typeof__(call) brio__v = (call); \
        brio__spawn_value(&brio__s, &brio__v, sizeof brio__v); \
        brio__spawn_end(&brio__s); \
    })

/* int: 0, or a code; see brio/portal.h. */
#define BRIO_RUN_ON(portal, into, ...) BRIO__RUN_ON_2(portal, into, __VA_ARGS__, .brio__none = 0)
#define BRIO__RUN_ON_2(portal, into, call, ...) \
    __extension__({ \
        struct brio__portal_call brio__p; \
        struct brio_portal_options brio__o = {__VA_ARGS__}; \
        __typeof__(call) *brio__into = (into); \
        brio__portal_begin(&brio__p, (portal), brio__into, &brio__o); \
        (void)(call); \
        brio__portal_run(&brio__p); \
    })
#define BRIO_SPAWN_ON(portal, ...) BRIO__SPAWN_ON_2(portal, __VA_ARGS__, .brio__none = 0)
#define BRIO__SPAWN_ON_2(portal, call, ...) \
    __extension__({ \
        struct brio__portal_call brio__p; \
        struct brio_portal_options brio__o = {__VA_ARGS__}; \
        brio__portal_begin(&brio__p, (portal), NULL, &brio__o); \
        (void)(call); \
        brio__portal_spawn(&brio__p); \
    })

/* int: 0, or the code of the error that ended the root task. */
#define BRIO_RUN(options, call) \
    __extension__({ \
        struct brio__run brio__r; \
        brio__run_begin(&brio__r, (options), NULL, 0); \
        (void)(call); \
        brio__run_end(&brio__r); \
    })
#define BRIO_RUN_INTO(options, into, call) \
    __extension__({ \
        struct brio__run brio__r; \
        __typeof__(call) *brio__into = (into); \
        brio__run_begin(&brio__r, (options), brio__into, sizeof *brio__into); \
        __typeof__(call) brio__v = (call); \
        brio__spawn_value(&brio__r.spawn, &brio__v, sizeof brio__v); \
        brio__run_end(&brio__r); \
    })
/* int: 0, or a negative code; nothing has been started then. */
#define BRIO_GUEST(loop, options, on_done, arg, call) \
    __extension__({ \
        struct brio__run brio__r; \
        brio__guest_begin(&brio__r, (loop), (options), (on_done), (arg)); \
        (void)(call); \
        brio__guest_end(&brio__r); \
    })

#endif /* a compiler */

#ifndef BRIO_NO_SHORT_NAMES
#define ASYNC BRIO_ASYNC
#define ASYNC_LEAF BRIO_ASYNC_LEAF
#define AWAIT(...) BRIO_AWAIT(__VA_ARGS__)
#define AWAIT_THREAD(...) BRIO_AWAIT_THREAD(__VA_ARGS__)
#define NURSERY(...) BRIO_NURSERY(__VA_ARGS__)
#define RACE(...) BRIO_RACE(__VA_ARGS__)
#define SPAWN(...) BRIO_SPAWN(__VA_ARGS__)
#define SPAWN_INTO(...) BRIO_SPAWN_INTO(__VA_ARGS__)
#define START(...) BRIO_START(__VA_ARGS__)
#define CANCEL_SCOPE(...) BRIO_CANCEL_SCOPE(__VA_ARGS__)
#define MOVE_ON_AFTER(...) BRIO_MOVE_ON_AFTER(__VA_ARGS__)
#define MOVE_ON_AT(...) BRIO_MOVE_ON_AT(__VA_ARGS__)
#define FAIL_AFTER(...) BRIO_FAIL_AFTER(__VA_ARGS__)
#define FAIL_AT(...) BRIO_FAIL_AT(__VA_ARGS__)
#define SHIELD BRIO_SHIELD
#define INTERRUPTIBLE BRIO_INTERRUPTIBLE
#define TRY BRIO_TRY
#define CATCH(...) BRIO_CATCH(__VA_ARGS__)
#define FINALLY BRIO_FINALLY
#define RAISE(...) BRIO_RAISE(__VA_ARGS__)
#define RAISE_ERRNO(...) BRIO_RAISE_ERRNO(__VA_ARGS__)
#define RERAISE() BRIO_RERAISE()
#define DEFER BRIO_DEFER
#define HOLD(...) BRIO_HOLD(__VA_ARGS__)
#define RUN(...) BRIO_RUN(__VA_ARGS__)
#define RUN_INTO(...) BRIO_RUN_INTO(__VA_ARGS__)
#define RUN_ON(...) BRIO_RUN_ON(__VA_ARGS__)
#define SPAWN_ON(...) BRIO_SPAWN_ON(__VA_ARGS__)
#define GUEST(...) BRIO_GUEST(__VA_ARGS__)
#endif

#endif
