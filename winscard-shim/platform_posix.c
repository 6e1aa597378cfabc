/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See platform.h.
 */
#include <errno.h>
#include <sys/eventfd.h>
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

void
ws_lock_give(struct ws_lock *l)
{
	pthread_mutex_unlock(&l->m);
}

enum cb_err
ws_signal_init(struct ws_signal *s)
{
	s->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return s->fd < 0 ? CB_E_LIMIT : CB_OK;
}

void
ws_signal_clear(struct ws_signal *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

void
ws_signal_raise(struct ws_signal *s)
{
	const uint64_t one = 1;
	int kept = errno;

	while (write(s->fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	errno = kept;
}

void
ws_signal_lower(struct ws_signal *s)
{
	uint64_t times;
	int kept = errno;

	while (read(s->fd, &times, sizeof(times)) < 0 && errno == EINTR)
		;
	errno = kept;
}

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint32_t
ws_random(void)
{
	uint32_t v = 0;

	/* PC/SC's own are not negative on systems of 32 bits either */
	while (v == 0) {
		if (getrandom(&v, sizeof(v), 0) != sizeof(v))
			v = (uint32_t)now_ns() * 2654435761u;
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

void
ws_forget_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}
