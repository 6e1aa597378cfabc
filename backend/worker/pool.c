/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See pool.h. More threads than processors would only take turns: each job
 * would end later, and the processors' caches be cold. So a thread that has
 * nothing to do stays asleep while as many compute as there are processors; but
 * one of them looks, as long as jobs wait, whether any was taken lately: where
 * all that compute are at a long one, it takes the next.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/sysinfo.h>

#include "backend/worker/pool.h"
#include "common/until.h"

#define STALLED_MS 4

struct lane {
	pthread_cond_t some;	/* jobs, or the end */
	struct be_job *first, **last;
	size_t waiting;		/* jobs */
	unsigned idle;		/* threads */
	unsigned computing;	/* those that run a job and do not wait in it */
	unsigned most;		/* of these: more while some take long */
	bool looked_at;		/* by one of the idle ones */
	unsigned taken;		/* jobs; wraps around */
};

struct thread {
	struct be_pool *pool;
	struct lane *lane;
	pthread_t id;
	struct timespec long_at;	/* then its job takes long */
};

struct be_pool {
	pthread_mutex_t lock;
	struct lane jobs, aside;
	size_t running;
	unsigned processors;
	bool end;
	unsigned n;
	struct thread threads[];
};

/* Jobs may add others, of either lane, up to the end. */
static bool
is_over(const struct be_pool *p)
{
	return p->end && p->running == 0 && p->jobs.first == NULL &&
	    p->aside.first == NULL;
}

static void
tell_all(struct be_pool *p)
{
	(void)pthread_cond_broadcast(&p->jobs.some);
	(void)pthread_cond_broadcast(&p->aside.some);
}

/* With the lock. */
static bool
wants_thread(const struct lane *lane)
{
	return lane->idle > 0 &&
	    (lane->computing < lane->most || !lane->looked_at);
}

static bool
is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec ||
	    (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* With the lock, which is let go of: until there is something to do. */
static void
idle(struct be_pool *p, struct lane *lane)
{
	const struct timespec until = cb_until(STALLED_MS);
	const unsigned taken = lane->taken;

	lane->idle++;
	if (lane->first == NULL || lane->looked_at) {
		(void)pthread_cond_wait(&lane->some, &p->lock);
	} else {
		lane->looked_at = true;
		if (pthread_cond_timedwait(&lane->some, &p->lock, &until) ==
			ETIMEDOUT &&
		    taken == lane->taken)
			lane->most++;	/* until one of the long is over */
		lane->looked_at = false;
	}
	lane->idle--;
}

static bool
may_take(const struct lane *lane)
{
	return lane->first != NULL && lane->computing < lane->most;
}

/* With the lock. */
static void
leave(struct be_pool *p, struct thread *t)
{
	const struct timespec now = cb_until(0);

	p->running--;
	t->lane->computing--;
	if (is_before(&t->long_at, &now) && t->lane->most > p->processors)
		t->lane->most--;
}

static struct be_job *
take(struct thread *t, bool was_running)
{
	struct be_pool *p = t->pool;
	struct lane *lane = t->lane;
	struct be_job *job;
	bool wake;

	(void)pthread_mutex_lock(&p->lock);
	if (was_running)
		leave(p, t);
	if (is_over(p))
		tell_all(p);
	while (!may_take(lane) && !is_over(p))
		idle(p, lane);
	if ((job = lane->first) != NULL) {
		lane->waiting--;
		lane->taken++;
		lane->computing++;
		p->running++;
		if ((lane->first = job->next) == NULL)
			lane->last = &lane->first;
		t->long_at = cb_until(STALLED_MS);
	}
	wake = lane->first != NULL && wants_thread(lane);
	(void)pthread_mutex_unlock(&p->lock);
	if (wake)
		(void)pthread_cond_signal(&lane->some);
	return job;
}

static _Thread_local struct thread *self;	/* NULL: not a pool's */

static void *
work(void *arg)
{
	struct be_job *job = NULL;

	self = arg;
	while ((job = take(self, job != NULL)) != NULL)
		job->run(job);
	return NULL;
}

void
be_pool_waits(bool begins)
{
	struct lane *lane;
	bool wake;

	if (self == NULL)
		return;
	lane = self->lane;
	(void)pthread_mutex_lock(&self->pool->lock);
	if (begins)
		lane->computing--;
	else
		lane->computing++;
	wake = lane->first != NULL && wants_thread(lane);
	(void)pthread_mutex_unlock(&self->pool->lock);
	if (wake)
		(void)pthread_cond_signal(&lane->some);
}

static bool
start(struct be_pool *p, struct lane *lane)
{
	struct thread *t = &p->threads[p->n];

	t->pool = p;
	t->lane = lane;
	if (pthread_create(&t->id, NULL, work, t) != 0)
		return false;
	p->n++;
	return true;
}

enum cb_err
be_pool_new(struct be_pool **out, unsigned threads)
{
	struct be_pool *p =
	    calloc(1, sizeof(*p) + (threads + 1) * sizeof(p->threads[0]));

	*out = NULL;
	if (p == NULL)
		return CB_E_NOMEM;
	p->jobs.last = &p->jobs.first;
	p->aside.last = &p->aside.first;
	p->processors = get_nprocs() > 2 ? (unsigned)get_nprocs() : 2;
	p->jobs.most = p->aside.most = p->processors;
	if (pthread_mutex_init(&p->lock, NULL) != 0 ||
	    cb_until_init(&p->jobs.some) != 0 || cb_until_init(&p->aside.some) != 0) {
		free(p);
		return CB_E_NOMEM;
	}
	while (p->n < threads && start(p, &p->jobs))
		;
	if (p->n < threads || !start(p, &p->aside)) {
		be_pool_free(&p);
		return CB_E_NOMEM;
	}
	*out = p;
	return CB_OK;
}

void
be_pool_free(struct be_pool **pool)
{
	struct be_pool *p = *pool;

	if (p == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	p->end = true;
	tell_all(p);
	(void)pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->n; i++)
		(void)pthread_join(p->threads[i].id, NULL);
	(void)pthread_cond_destroy(&p->jobs.some);
	(void)pthread_cond_destroy(&p->aside.some);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
	*pool = NULL;
}

static enum cb_err
add(struct be_pool *p, struct lane *lane, struct be_job *job, size_t max)
{
	enum cb_err r = CB_E_NOMEM;
	bool wake = false;

	job->next = NULL;
	(void)pthread_mutex_lock(&p->lock);
	if (lane->waiting < max) {
		lane->waiting++;
		*lane->last = job;
		lane->last = &job->next;
		wake = wants_thread(lane);
		r = CB_OK;
	}
	(void)pthread_mutex_unlock(&p->lock);
	/* without the lock, which the thread that wakes needs at once */
	if (wake)
		(void)pthread_cond_signal(&lane->some);
	return r;
}

enum cb_err
be_pool_add(struct be_pool *p, struct be_job *job)
{
	return add(p, &p->jobs, job, BE_POOL_MAX);
}

void
be_pool_put(struct be_pool *p, struct be_job *job)
{
	(void)!add(p, &p->jobs, job, SIZE_MAX);
}

void
be_pool_aside(struct be_pool *p, struct be_job *job)
{
	(void)!add(p, &p->aside, job, SIZE_MAX);
}
