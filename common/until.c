/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See until.h.
 */
#include "common/until.h"

int
cb_until_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	int r;

	if ((r = pthread_condattr_init(&attr)) != 0)
		return r;
	if ((r = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC)) == 0)
		r = pthread_cond_init(cond, &attr);
	(void)pthread_condattr_destroy(&attr);
	return r;
}

struct timespec
cb_until(uint64_t ms)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	ms += (uint64_t)t.tv_nsec / 1000000;
	t.tv_sec += (time_t)(ms / 1000);
	t.tv_nsec = (long)(ms % 1000) * 1000000 + t.tv_nsec % 1000000;
	return t;
}
