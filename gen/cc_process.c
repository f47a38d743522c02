/* cc_process.c - programs, signals, temporary files
 *
 * A signal that ends this program is passed to the running child (which has it already when it came from the terminal: twice does no harm)
 * and remembered; cc_run waits for the child, removes the temporary files and lets the signal end us. */
#define _GNU_SOURCE
#include "cc.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
enum { ENDING_SIGNALS = sizeof ending_signals / sizeof *ending_signals };

static volatile sig_atomic_t running_child, caught_signal;
static char *temp_root;               /* the directory of our temporary files, or NULL */
static struct cc_list files_beside; /* other temporary files */

void cc_list_add(struct cc_list *list, const char *text)
{
    if (list->count + 2 > list->room) {
        list->room = list->room ? list->room * 2 : 16;
        list->items = checked_realloc(list->items, (size_t)list->room * sizeof *list->items);
    }
    list->items[list->count++] = (char *)(size_t)text;
    list->items[list->count] = NULL;
}

void cc_list_add_all(struct cc_list *list, const struct cc_list *other)
{
    for (int i = 0; i < other->count; i++)
        cc_list_add(list, other->items[i]);
}

void cc_list_free(struct cc_list *list)
{
    free(list->items);
    *list = (struct cc_list){0};
}

/* ---- temporary files: directories of files in one directory ---- */

static void remove_tree(const char *path, int depth)
{
    DIR *directory = opendir(path);
    struct dirent *entry;
    while (directory && (entry = readdir(directory))) {
        char *inner;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (asprintf(&inner, "%s/%s", path, entry->d_name) < 0)
            break;
        if (unlink(inner) != 0 && depth > 0)
            remove_tree(inner, depth - 1);
        free(inner);
    }
    if (directory)
        closedir(directory);
    rmdir(path);
}

static void remove_temporary_files(void)
{
    if (temp_root)
        remove_tree(temp_root, 1);
    free(temp_root);
    temp_root = NULL;
    for (int i = 0; i < files_beside.count; i++) {
        unlink(files_beside.items[i]);
        free(files_beside.items[i]);
    }
    cc_list_free(&files_beside);
}

static void make_temp_root(void)
{
    const char *where = getenv("TMPDIR");
    if (!where || !*where || access(where, W_OK | X_OK) != 0)
        where = "/tmp";
    char *path;
    if (asprintf(&path, "%s/briocc-XXXXXX", where) < 0)
        cc_die("out of memory");
    if (!mkdtemp(path))
        cc_die("cannot make a directory in %s: %s", where, strerror(errno));
    temp_root = path;
    atexit(remove_temporary_files);
}

const char *cc_temp_path(struct arena *arena, int index, const char *name)
{
    if (!temp_root)
        make_temp_root();
    const char *directory = arena_printf(arena, "%s/%d", temp_root, index);
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        cc_die("cannot make %s: %s", directory, strerror(errno));
    return arena_printf(arena, "%s/%s", directory, name);
}

const char *cc_temp_beside(struct arena *arena, const char *path)
{
    char *name;
    if (asprintf(&name, "%s.%ld.tmp", path, (long)getpid()) < 0)
        cc_die("out of memory");
    if (files_beside.count == 0)
        atexit(remove_temporary_files);
    cc_list_add(&files_beside, name);
    return arena_printf(arena, "%s", name);
}

/* ---- the ends of this program ---- */

static void die_of_signal(int number)
{
    sigset_t set;
    remove_temporary_files();
    signal(number, SIG_DFL);
    raise(number);
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    _exit(128 + number);
}

void cc_exit(int status)
{
    remove_temporary_files();
    exit(status);
}

void cc_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("briocc: error: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    cc_exit(1);
}

/* ---- programs ---- */

static void pass_on(int number)
{
    int saved = errno;
    caught_signal = number;
    if (running_child > 0)
        kill((pid_t)running_child, number);
    errno = saved;
}

void cc_signals_catch(void)
{
    for (int i = 0; i < ENDING_SIGNALS; i++) {
        struct sigaction action, before;
        sigaction(ending_signals[i], NULL, &before);
        if (before.sa_handler == SIG_IGN)
            continue; /* nohup: the child inherits it too */
        memset(&action, 0, sizeof action);
        action.sa_handler = pass_on;
        sigaction(ending_signals[i], &action, NULL);
    }
}

static void block_ending_signals(sigset_t *before)
{
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < ENDING_SIGNALS; i++)
        sigaddset(&set, ending_signals[i]);
    sigprocmask(SIG_BLOCK, &set, before);
}

static bool redirect(const char *path, int flags, int onto)
{
    int fd = open(path, flags, 0600);
    if (fd < 0)
        return false;
    bool done = dup2(fd, onto) >= 0;
    if (fd != onto)
        close(fd);
    return done;
}

static void become(const struct cc_list *words)
{
    execvp(words->items[0], words->items);
    fprintf(stderr, "briocc: error: cannot run %s: %s\n", words->items[0], strerror(errno));
}

static void run_child(const struct cc_list *words, struct cc_streams streams, const sigset_t *mask)
{
    for (int i = 0; i < ENDING_SIGNALS; i++) {
        struct sigaction action;
        if (sigaction(ending_signals[i], NULL, &action) == 0 && action.sa_handler == pass_on)
            signal(ending_signals[i], SIG_DFL);
    }
    sigprocmask(SIG_SETMASK, mask, NULL);
    if ((!streams.input || redirect(streams.input, O_RDONLY, STDIN_FILENO)) &&
        (!streams.errors || redirect(streams.errors, O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO)))
        become(words);
    _exit(127);
}

int cc_run(const struct cc_list *words, struct cc_streams streams)
{
    sigset_t mask;
    int status;
    assert(words->count > 0);
    fflush(NULL);
    block_ending_signals(&mask);
    pid_t child = caught_signal ? 0 : fork();
    if (caught_signal)
        die_of_signal(caught_signal);
    if (child < 0)
        cc_die("cannot start a process: %s", strerror(errno));
    if (child == 0)
        run_child(words, streams, &mask);
    running_child = child;
    sigprocmask(SIG_SETMASK, &mask, NULL);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            cc_die("cannot wait for %s: %s", words->items[0], strerror(errno));
    running_child = 0;
    if (caught_signal)
        die_of_signal(caught_signal);
    if (WIFSIGNALED(status))
        die_of_signal(WTERMSIG(status));
    return WEXITSTATUS(status);
}

void cc_exec(const struct cc_list *words, const char *input)
{
    sigset_t mask;
    bool ready = !input || redirect(input, O_RDONLY, STDIN_FILENO);
    remove_temporary_files();
    block_ending_signals(&mask);
    if (caught_signal)
        die_of_signal(caught_signal);
    if (ready)
        run_child(words, (struct cc_streams){NULL, NULL}, &mask);
    exit(127);
}

/* ---- files ---- */

char *cc_file_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t length = 0, room = 0, n;
    if (!file)
        return NULL;
    do {
        if (room - length < 2) {
            room = room ? room * 2 : 1 << 16;
            text = checked_realloc(text, room);
        }
        n = fread(text + length, 1, room - length - 1, file);
        length += n;
    } while (n > 0);
    int failed = ferror(file) ? errno : 0;
    fclose(file);
    if (failed) {
        free(text);
        errno = failed;
        return NULL;
    }
    text[length] = '\0';
    *size = length;
    return text;
}

static bool write_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, text, size);
        if (n < 0 && errno == EINTR && !caught_signal)
            continue;
        if (n < 0)
            return false;
        text += n;
        size -= (size_t)n;
    }
    return true;
}

bool cc_file_copy(const char *from, const char *to)
{
    size_t size;
    char *text = cc_file_read(from ? from : "/dev/stdin", &size);
    if (!text)
        return false;
    int fd = to ? open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : STDERR_FILENO;
    bool done = fd >= 0 && write_all(fd, text, size);
    if (to && fd >= 0 && close(fd) != 0)
        done = false;
    free(text);
    return done;
}

static const char *beside(struct arena *arena, const char *self, const char *relative)
{
    const char *slash = strrchr(self, '/');
    const char *path = arena_printf(arena, "%.*s%s", slash ? (int)(slash - self + 1) : 0, self, relative);
    return access(path, X_OK) == 0 ? path : NULL;
}

const char *cc_find_briogen(struct arena *arena)
{
    const char *path = getenv("BRIOGEN");
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (path && *path)
        return path;
    if (length > 0) {
        self[length] = '\0';
        if ((path = beside(arena, self, "briogen")) || (path = beside(arena, self, "../libexec/brio/briogen")))
            return path;
    }
    return "briogen";
}
