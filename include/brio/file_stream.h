/* brio/file_stream.h - files as byte streams, read and written in worker threads.
 *
 * A read or write that has begun is not cancelled: it is completed, and the cancellation arrives at the next checkpoint. Errors of the
 * system are BRIO_EBROKEN with the errno error as their cause. The end of the file is the end of the stream, and passes when the file
 * grows. Closing neither waits for the system nor tells what close(2) has said: who must know that all has been written calls fsync(2)
 * before, in a thread.
 */
#ifndef BRIO_FILE_STREAM_H
#define BRIO_FILE_STREAM_H

#include <brio/language.h>
#include <brio/stream.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* As open(2), with O_CLOEXEC. Raises its errno. The caller owns the stream. */
BRIO_ASYNC struct brio_stream *brio_file_stream_open(const char *path, int flags, mode_t mode);

/* Owns an open file. NULL (with a negative code in `code`, if given) when that fails, and the descriptor is the caller's: -EBADF,
 * -ENOMEM. */
struct brio_stream *brio_file_stream_from_fd(int fd, int *code);

/* As lseek(2): the new position, for both directions. Raises its errno; EOPNOTSUPP if the stream is no file. A checkpoint. */
BRIO_ASYNC off_t brio_file_stream_seek(struct brio_stream *stream, off_t offset, int whence);

#ifdef __cplusplus
}
#endif

#endif
