/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See stepped.h.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "tests/backend/stepped.h"

#define LOOK_MS 50

int __real_clock_gettime(clockid_t clock, struct timespec *t);
int __wrap_clock_gettime(clockid_t clock, struct timespec *t);
time_t __wrap_time(time_t *t);
int __real_timerfd_settime(int fd, int flags, const struct itimerspec *at,
    struct itimerspec *old);
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *at,
    struct itimerspec *old);

static int64_t own;
static const int64_t *ahead = &own;	/* atomic */

/* Before there are walls, and for as long as the process lives. */
__attribute__((constructor)) static void
map(void)
{
	const char *path = getenv("STEPPED");
	const int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *p;

	if (path == NULL)
		return;
	p = mmap(NULL, sizeof(*ahead), PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		abort();
	ahead = p;
	(void)close(fd);
}

void
stepped_set(int64_t ms)
{
	__atomic_store_n(&own, ms, __ATOMIC_RELAXED);
}

int
__wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
	const int64_t ms = __atomic_load_n(ahead, __ATOMIC_RELAXED);

	if (__real_clock_gettime(clock, t) != 0)
		return -1;
	if (clock != CLOCK_REALTIME)
		return 0;
	t->tv_sec += (time_t)(ms / 1000);
	t->tv_nsec += (long)(ms % 1000) * 1000000;
	if (t->tv_nsec >= 1000000000) {
		t->tv_sec++;
		t->tv_nsec -= 1000000000;
	} else if (t->tv_nsec < 0) {
		t->tv_sec--;
		t->tv_nsec += 1000000000;
	}
	return 0;
}

time_t
__wrap_time(time_t *t)
{
	struct timespec now;

	(void)__wrap_clock_gettime(CLOCK_REALTIME, &now);
	if (t != NULL)
		*t = now.tv_sec;
	return now.tv_sec;
}

int
__wrap_timerfd_settime(int fd, int flags, const struct itimerspec *at,
    struct itimerspec *old)
{
	static const struct itimerspec soon = { { 0, 0 },
		{ 0, LOOK_MS * 1000000 } };

	return (flags & TFD_TIMER_CANCEL_ON_SET) != 0
	    ? __real_timerfd_settime(fd, 0, &soon, old)
	    : __real_timerfd_settime(fd, flags, at, old);
}
