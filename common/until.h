/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Waiting for a condition with an end, by a clock that nobody sets.
 */
#ifndef CB_UNTIL_H
#define CB_UNTIL_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* 0, or an error number, as pthread_cond_init(3). */
int cb_until_init(pthread_cond_t *cond);
/* So many milliseconds from now, for pthread_cond_timedwait(3) on such a
 * condition. */
struct timespec cb_until(uint64_t ms);

#endif
