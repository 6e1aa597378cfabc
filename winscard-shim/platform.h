/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the core needs of a system: locks, a signal that a wait can listen to,
 * random numbers, the clock, to hear of a fork, to stay whole when a thread is
 * ended, and the file of a trace.
 */
#ifndef WS_PLATFORM_H
#define WS_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

#include <pthread.h>

#include "common/fd.h"

struct ws_lock {
	pthread_mutex_t m;
};
#define WS_LOCK_INIT { PTHREAD_MUTEX_INITIALIZER }
void ws_lock_init(struct ws_lock *l);
void ws_lock_clear(struct ws_lock *l);
void ws_lock_take(struct ws_lock *l);
/* Within this time, or not at all. */
bool ws_lock_try(struct ws_lock *l, unsigned ms);
void ws_lock_give(struct ws_lock *l);

/* Raised once, seen by a wait on its descriptor, lowered again. Whoever calls
 * has a lock. (A pipe: an eventfd could not be told from a stranger's.) */
struct ws_signal {
	int fd;			/* to wait on */
	int to;
	struct cb_fd_id id;
	bool raised;
};
CB_MUST_USE enum cb_err ws_signal_init(struct ws_signal *s);
void ws_signal_clear(struct ws_signal *s);
void ws_signal_raise(struct ws_signal *s);
void ws_signal_lower(struct ws_signal *s);
/* Closes the descriptors and nothing else. */
void ws_signal_forget(const struct ws_signal *s);

uint32_t ws_random(void);	/* not 0; one thread at a time */
uint64_t ws_now_ms(void);
uint64_t ws_now_us(void);
/* Without a context of its own in the child: before a fork the first is
 * called, afterwards the second in the parent, the third in the child. */
CB_MUST_USE enum cb_err ws_on_fork(
    void (*before)(void), void (*parent)(void), void (*child)(void));

/* A thread that is cancelled in the middle of a call would take locks with
 * it: so it is not, between these two, of which the second takes what the
 * first gave. */
int ws_thread_hold(void);
void ws_thread_let(int held);
/* Calls `run`, in which the thread may be cancelled if it might before it was
 * held; then `undo` is called. */
void ws_thread_wait(int held, void (*run)(void *arg),
    void (*undo)(void *arg), void *arg);

/* ---- for trace.h (platform_*_trace.c) ----------------------------------- */

/* Has `cardbridge run` told this process to trace? Looked up once. */
bool ws_trace_wanted(void);
/* Appends a line in one piece. Leaves the process as it is: descriptors 0 to
 * 2, signals, errno; does nothing where it cannot. */
void ws_trace_write(const char *line, size_t n);
/* This process, as the system calls it; what is not printable is "?". */
void ws_process(char *name, size_t size, unsigned *pid);
/* Of the day, UTC. */
struct ws_clock {
	unsigned hour, minute, second, microsecond;
};
void ws_clock_read(struct ws_clock *out);

#endif
