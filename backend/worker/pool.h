/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Threads for what waits or computes for long.
 */
#ifndef BE_POOL_H
#define BE_POOL_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>

struct be_pool;

/* First member of what is to be done, which the pool borrows until it runs. */
struct be_job {
	struct be_job *next;
	void (*run)(struct be_job *job);
};

/* So many threads, and one aside. Of jobs that compute and do not wait as many
 * run at once as there are processors, and more where these take long. */
CB_MUST_USE enum cb_err be_pool_new(struct be_pool **out, unsigned threads);
/* What is there is done first, and what that adds. */
void be_pool_free(struct be_pool **pool);
/* Any thread; first come, first served. CB_E_NOMEM: too many wait, and the job
 * remains the caller's. */
#define BE_POOL_MAX 256
CB_MUST_USE enum cb_err be_pool_add(struct be_pool *pool, struct be_job *job);
/* The same however many wait: for what sessions that there are need, of which
 * each has one at most. */
void be_pool_put(struct be_pool *pool, struct be_job *job);
/* By a thread that does nothing else: what must not wait until cards have
 * computed, and is short. */
void be_pool_aside(struct be_pool *pool, struct be_job *job);

/* Who brings the jobs: how many wait, if these are so many that no thread will
 * soon have none, else 0; and waits as long as that is so, for `ms` at most. */
size_t be_pool_many(struct be_pool *pool);
void be_pool_rest(struct be_pool *pool, unsigned ms);

/* A job's thread begins to wait for somebody else, or has waited: meanwhile
 * another one may compute. On other threads nothing. */
void be_pool_waits(bool begins);

#endif
