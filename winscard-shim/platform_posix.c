/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See platform.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "winscard-shim/platform.h"

void
ws_lock_init(struct ws_lock *l)
{
	pthread_mutex_init(&l->m, NULL);
}

void
ws_lock_clear(struct ws_lock *l)
{
	pthread_mutex_destroy(&l->m);
}

void
ws_lock_take(struct ws_lock *l)
{
	pthread_mutex_lock(&l->m);
}

#ifdef __SANITIZE_THREAD__
/* gcc 12's sanitizer does not know the call with a clock. */
#define LOCK_CLOCK CLOCK_REALTIME
#define lock_until(m, until) pthread_mutex_timedlock((m), (until))
#else
#define LOCK_CLOCK CLOCK_MONOTONIC
#define lock_until(m, until) pthread_mutex_clocklock((m), LOCK_CLOCK, (until))
#endif

bool
ws_lock_try(struct ws_lock *l, unsigned ms)
{
	struct timespec until;

	clock_gettime(LOCK_CLOCK, &until);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	until.tv_sec += (time_t)(ms / 1000) + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	return lock_until(&l->m, &until) == 0;
}

void
ws_lock_give(struct ws_lock *l)
{
	pthread_mutex_unlock(&l->m);
}

enum cb_err
ws_signal_init(struct ws_signal *s)
{
	int ends[2];
	enum cb_err r;

	*s = (struct ws_signal){ .fd = -1, .to = -1 };
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
		return CB_E_NOMEM;
	s->fd = ends[0];
	s->to = ends[1];
	if ((r = cb_fd_id_get(&s->id, s->fd)) != CB_OK) {
		close(s->fd);
		close(s->to);
	}
	return r;
}

void
ws_signal_clear(struct ws_signal *s)
{
	ws_signal_forget(s);
	s->fd = s->to = -1;
}

void
ws_signal_forget(const struct ws_signal *s)
{
	if (cb_fd_is(s->fd, &s->id))
		close(s->fd);
	if (cb_fd_is(s->to, &s->id))
		close(s->to);
}

void
ws_signal_raise(struct ws_signal *s)
{
	int kept = errno;

	/* the reader looks at `raised` where this cannot be written */
	if (!s->raised && cb_fd_is(s->to, &s->id))
		while (write(s->to, "", 1) < 0 && errno == EINTR)
			;
	s->raised = true;
	errno = kept;
}

void
ws_signal_lower(struct ws_signal *s)
{
	int kept = errno;
	char one;

	if (s->raised && cb_fd_is(s->fd, &s->id))
		while (read(s->fd, &one, 1) < 0 && errno == EINTR)
			;
	s->raised = false;
	errno = kept;
}

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Drawn several at a time: a program that comes and goes needs two each
 * time. */
uint32_t
ws_random(void)
{
	static uint32_t drawn[16];
	static size_t left;
	uint32_t v = 0;

	/* PC/SC's own are not negative on systems of 32 bits either */
	while (v == 0) {
		if (left == 0 && getrandom(drawn, sizeof(drawn), 0) ==
		    (ssize_t)sizeof(drawn))
			left = sizeof(drawn) / sizeof(drawn[0]);
		v = left > 0 ? drawn[--left] :
			       (uint32_t)now_ns() * 2654435761u;
		v &= 0x7FFFFFFF;
	}
	return v;
}

uint64_t
ws_now_ms(void)
{
	return now_ns() / 1000000;
}

uint64_t
ws_now_us(void)
{
	return now_ns() / 1000;
}

enum cb_err
ws_on_fork(void (*before)(void), void (*parent)(void), void (*child)(void))
{
	return pthread_atfork(before, parent, child) == 0 ? CB_OK :
							    CB_E_NOMEM;
}

int
ws_thread_hold(void)
{
	int held;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &held);
	return held;
}

void
ws_thread_let(int held)
{
	pthread_setcancelstate(held, NULL);
}

void
ws_thread_wait(int held, void (*run)(void *arg), void (*undo)(void *arg),
    void *arg)
{
	int ours;

	pthread_cleanup_push(undo, arg);
	pthread_setcancelstate(held, &ours);
	run(arg);
	pthread_setcancelstate(ours, NULL);
	pthread_cleanup_pop(0);
}
