/* brio.h - structured concurrency for C on libev: everything. */
#ifndef BRIO_H
#define BRIO_H

#include <brio/alloc.h>
#include <brio/buffered.h>
#include <brio/channel.h>
#include <brio/datagram.h>
#include <brio/debug.h>
#include <brio/error.h>
#include <brio/file_stream.h>
#include <brio/language.h>
#include <brio/leaf.h>
#include <brio/local.h>
#include <brio/memory_stream.h>
#include <brio/nursery.h>
#include <brio/portal.h>
#include <brio/run.h>
#include <brio/scope.h>
#include <brio/socket.h>
#include <brio/stapled.h>
#include <brio/stream.h>
#include <brio/sync.h>
#include <brio/task.h>
#include <brio/text.h>
#include <brio/thread.h>
#include <brio/time.h>

#endif
