/* thread/pool.c - worker threads, newest idle one first.
 *
 * Each worker has a condition of its own, so that a job wakes exactly the worker it was given to. A worker is put among the idle before
 * its result is posted: a caller that submits again on seeing the result gets the same thread. Idle workers end after ten seconds; the
 * next submit, or the end of the loop, joins them. A loop that ends while an abandoned job still runs lets that worker go: it holds a
 * reference to the pool, finds the loop gone, disposes of its job and itself.
 */
#include "thread/pool.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "base/alloc.h"
#include "base/fatal.h"
#include "loop/fork.h"
#include "loop/loop.h"

double brio__pool_idle_seconds = 10;

struct worker {
    struct brio__pool *pool;
    pthread_t thread;
    pthread_cond_t wake;
    struct brio__job *job; /* given, not yet begun */
    bool quit;
    bool stray;          /* detached: frees itself */
    struct worker *next; /* among the idle, or the retired */
    struct worker *next_busy, **busy_link;
};

struct brio__pool {
    struct brio__loop_hook hook;
    struct brio__fork_watch fork_watch;
    pthread_mutex_t mutex; /* guards all that follows */
    struct brio__wakeup *wakeup;
    bool over;           /* the loop has ended */
    unsigned references; /* the loop's and each worker's */
    unsigned limited_count; /* jobs under way that are not unlimited */
    struct worker *idle;    /* newest first */
    struct worker *busy;
    struct worker *retired;          /* to be joined */
    struct brio__job *first, **last; /* waiting for a worker */
};

static void unlock_and_unref(struct brio__pool *pool)
{
    assert(pool->references > 0);
    bool last = --pool->references == 0;
    pthread_mutex_unlock(&pool->mutex);
    if (last) {
        brio__fork_watch_remove(&pool->fork_watch);
        brio__wakeup_unref(pool->wakeup);
        pthread_mutex_destroy(&pool->mutex);
        brio__free(pool, sizeof *pool);
    }
}

/* ---- in a worker; the mutex is held except while a job works ---- */

static void free_worker(struct worker *worker)
{
    pthread_cond_destroy(&worker->wake);
    brio__free(worker, sizeof *worker);
}

static void enter_busy(struct worker *worker)
{
    struct brio__pool *pool = worker->pool;
    worker->next_busy = pool->busy;
    worker->busy_link = &pool->busy;
    if (pool->busy)
        pool->busy->busy_link = &worker->next_busy;
    pool->busy = worker;
}

static void leave_busy(struct worker *worker)
{
    *worker->busy_link = worker->next_busy;
    if (worker->next_busy)
        worker->next_busy->busy_link = worker->busy_link;
}

static void enter_idle(struct worker *worker)
{
    leave_busy(worker);
    worker->next = worker->pool->idle;
    worker->pool->idle = worker;
}

static void leave_idle(struct worker *worker)
{
    struct worker **link = &worker->pool->idle;
    while (*link != worker)
        link = &(*link)->next;
    *link = worker->next;
}

static struct timespec end_of_idleness(void)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    time_t seconds = (time_t)brio__pool_idle_seconds;
    until.tv_sec += seconds;
    until.tv_nsec += (long)((brio__pool_idle_seconds - (double)seconds) * 1e9);
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    return until;
}

/* The next job, or NULL: the worker is to end. */
static struct brio__job *wait_for_job(struct worker *worker)
{
    struct brio__pool *pool = worker->pool;
    struct timespec until = end_of_idleness();
    while (worker->job == NULL && !worker->quit && !worker->stray) {
        if (pthread_cond_timedwait(&worker->wake, &pool->mutex, &until) != ETIMEDOUT || worker->job || worker->quit)
            continue;
        leave_idle(worker);
        worker->next = pool->retired;
        pool->retired = worker;
        return NULL;
    }
    struct brio__job *job = worker->job;
    worker->job = NULL;
    return job;
}

static bool may_run(const struct brio__pool *pool, const struct brio__job *job)
{
    return job->unlimited || pool->limited_count < BRIO__POOL_LIMIT;
}

static void unlink_job(struct brio__pool *pool, struct brio__job **link)
{
    struct brio__job *job = *link;
    *link = job->next;
    if (job->next == NULL)
        pool->last = link;
}

/* The first that may run now. */
static struct brio__job *take_queued(struct brio__pool *pool)
{
    struct brio__job **link = &pool->first, *job;
    while ((job = *link) && !may_run(pool, job))
        link = &job->next;
    if (job) {
        unlink_job(pool, link);
        pool->limited_count += !job->unlimited;
    }
    return job;
}

static void run_post(struct brio__post *post)
{
    struct brio__job *job = brio__container(post, struct brio__job, post);
    job->done(job, false);
}

static void work_on(struct worker *worker, struct brio__job *job)
{
    struct brio__pool *pool = worker->pool;
    pthread_mutex_unlock(&pool->mutex);
    job->work(job);
    pthread_mutex_lock(&pool->mutex);
    pool->limited_count -= !job->unlimited;
    if (!worker->stray) {
        worker->job = take_queued(pool);
        if (worker->job == NULL)
            enter_idle(worker);
    }
    job->post.run = run_post;
    if (brio__wakeup_post(pool->wakeup, &job->post) != 0) {
        pthread_mutex_unlock(&pool->mutex);
        job->done(job, true);
        pthread_mutex_lock(&pool->mutex);
    }
}

static void *be_worker(void *arg)
{
    struct worker *worker = arg;
    struct brio__pool *pool = worker->pool;
    struct brio__job *job;
    pthread_mutex_lock(&pool->mutex);
    while ((job = wait_for_job(worker)) != NULL)
        work_on(worker, job);
    if (worker->stray)
        free_worker(worker);
    unlock_and_unref(pool);
    return NULL;
}

/* ---- on the loop's thread ---- */

/* Joins and frees a list of workers that have ended or are about to; the mutex is not held. */
static void join_workers(struct worker *worker)
{
    while (worker) {
        struct worker *next = worker->next;
        pthread_join(worker->thread, NULL);
        free_worker(worker);
        worker = next;
    }
}

static void end_pool(struct brio__loop_hook *hook, struct brio__loop *loop)
{
    struct brio__pool *pool = brio__container(hook, struct brio__pool, hook);
    (void)loop;
    pthread_mutex_lock(&pool->mutex);
    assert(pool->first == NULL);
    pool->over = true;
    struct worker *idle = pool->idle, *retired = pool->retired;
    pool->idle = pool->retired = NULL;
    for (struct worker *worker = idle; worker; worker = worker->next) {
        worker->quit = true;
        pthread_cond_signal(&worker->wake);
    }
    for (struct worker *worker = pool->busy; worker; worker = worker->next_busy) {
        worker->stray = true;
        pthread_detach(worker->thread);
    }
    pthread_mutex_unlock(&pool->mutex);
    join_workers(idle);
    join_workers(retired);
    pthread_mutex_lock(&pool->mutex);
    unlock_and_unref(pool);
}

/* ---- fork ---- */

static void lock_for_fork(struct brio__fork_watch *watch)
{
    pthread_mutex_lock(&brio__container(watch, struct brio__pool, fork_watch)->mutex);
}

/* Of threads that are not in this process: their conditions cannot be destroyed. */
static void forget_idle(struct worker *worker)
{
    while (worker) {
        struct worker *next = worker->next;
        brio__free(worker, sizeof *worker);
        worker = next;
    }
}

static void forget_busy(struct worker *worker)
{
    while (worker) {
        struct worker *next = worker->next_busy;
        brio__free(worker, sizeof *worker);
        worker = next;
    }
}

/* The child goes on with a pool without threads; what they had begun never ends here. What an ended loop has left behind stays as it is. */
static void unlock_after_fork(struct brio__fork_watch *watch, bool child)
{
    struct brio__pool *pool = brio__container(watch, struct brio__pool, fork_watch);
    if (child && !pool->over) {
        forget_idle(pool->idle);
        forget_idle(pool->retired);
        forget_busy(pool->busy);
        pool->idle = pool->retired = pool->busy = NULL;
        pool->limited_count = 0;
        pool->references = 1;
    }
    pthread_mutex_unlock(&pool->mutex);
}

static struct brio__pool *find_pool(const struct brio__loop *loop)
{
    for (struct brio__loop_hook *hook = loop->at_end; hook; hook = hook->next) {
        if (hook->end == end_pool)
            return brio__container(hook, struct brio__pool, hook);
    }
    return NULL;
}

static int init_mutex(struct brio__pool *pool)
{
    int code = -pthread_mutex_init(&pool->mutex, NULL);
    if (code != 0)
        return code;
    code = brio__fork_watch_add(&pool->fork_watch);
    if (code != 0)
        pthread_mutex_destroy(&pool->mutex);
    return code;
}

static int make_pool(struct brio__loop *loop, struct brio__pool **made)
{
    struct brio__wakeup *wakeup;
    int code = brio__wakeup_get(loop, &wakeup);
    if (code != 0)
        return code;
    struct brio__pool *pool = brio__alloc(sizeof *pool);
    if (pool == NULL)
        return -ENOMEM;
    *pool = (struct brio__pool){.hook.end = end_pool, .references = 1,
                                .fork_watch = {.lock = lock_for_fork, .unlock = unlock_after_fork}};
    code = init_mutex(pool);
    if (code != 0) {
        brio__free(pool, sizeof *pool);
        return code;
    }
    pool->wakeup = brio__wakeup_ref(wakeup);
    pool->last = &pool->first;
    brio__loop_add_hook(loop, &pool->hook);
    *made = pool;
    return 0;
}

static int init_wake(pthread_cond_t *wake)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0)
        return -ENOMEM;
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int code = pthread_cond_init(wake, &attributes);
    pthread_condattr_destroy(&attributes);
    return -code;
}

/* Starts a worker on `job`. Signals are for the application's own threads. The mutex is held. */
static int start_worker(struct brio__pool *pool, struct brio__job *job)
{
    struct worker *worker = brio__alloc(sizeof *worker);
    if (worker == NULL)
        return -ENOMEM;
    *worker = (struct worker){.pool = pool, .job = job};
    int code = init_wake(&worker->wake);
    if (code != 0) {
        brio__free(worker, sizeof *worker);
        return code;
    }
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    code = -pthread_create(&worker->thread, NULL, be_worker, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code != 0) {
        free_worker(worker);
        return code;
    }
    enter_busy(worker);
    pool->references++;
    return 0;
}

static void give_to_idle(struct brio__pool *pool, struct brio__job *job)
{
    struct worker *worker = pool->idle;
    pool->idle = worker->next;
    enter_busy(worker);
    worker->job = job;
    pthread_cond_signal(&worker->wake);
}

static void enqueue(struct brio__pool *pool, struct brio__job *job)
{
    job->next = NULL;
    *pool->last = job;
    pool->last = &job->next;
}

/* With an idle worker, or a new one. The mutex is held. */
static int start_job(struct brio__pool *pool, struct brio__job *job)
{
    int code = 0;
    if (pool->idle)
        give_to_idle(pool, job);
    else
        code = start_worker(pool, job);
    if (code == 0)
        pool->limited_count += !job->unlimited;
    return code;
}

int brio__pool_submit(struct brio__loop *loop, struct brio__job *job)
{
    struct brio__pool *pool = find_pool(loop);
    int code = pool ? 0 : make_pool(loop, &pool);
    if (code != 0)
        return code;
    pthread_mutex_lock(&pool->mutex);
    struct worker *retired = pool->retired;
    pool->retired = NULL;
    /* Not behind the workers there are when no other can be made: they may be waiting for this very call. */
    if (may_run(pool, job))
        code = start_job(pool, job);
    else
        enqueue(pool, job);
    pthread_mutex_unlock(&pool->mutex);
    join_workers(retired);
    return code;
}

bool brio__pool_withdraw(struct brio__loop *loop, struct brio__job *job)
{
    struct brio__pool *pool = find_pool(loop);
    pthread_mutex_lock(&pool->mutex);
    struct brio__job **link = &pool->first;
    while (*link && *link != job)
        link = &(*link)->next;
    bool found = *link != NULL;
    if (found)
        unlink_job(pool, link);
    pthread_mutex_unlock(&pool->mutex);
    return found;
}
