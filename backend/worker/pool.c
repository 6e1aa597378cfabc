/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See pool.h. More threads than processors would only take turns: each job
 * would end later, and the processors' caches be cold. So a thread that has
 * nothing to do stays asleep while as many compute as there are processors; but
 * one of them looks, as long as jobs wait, whether any was taken lately: where
 * all that compute are at a long one, it takes the next. Who fell asleep last is
 * woken first: what it uses is in the processor's cache still.
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
#define MANY 4		/* jobs that wait, for each processor */

struct lane {
	struct be_job *first, **last;
	size_t waiting;		/* jobs */
	struct thread *idle;	/* the one that sleeps since the shortest */
	unsigned called;	/* of them, and not awake yet */
	unsigned computing;	/* those that run a job and do not wait in it */
	unsigned most;		/* of these: more while some take long */
	bool looked_at;		/* by one of the idle ones */
	unsigned taken;		/* jobs; wraps around */
};

struct thread {
	struct be_pool *pool;
	struct lane *lane;
	pthread_t id;
	struct thread *below;	/* of the idle ones */
	pthread_cond_t called;
	bool is_called;
	struct timespec long_at;	/* then its job takes long */
};

struct be_pool {
	pthread_mutex_t lock;
	struct lane jobs, aside;
	size_t running;
	unsigned processors;
	bool end;
	bool rests;		/* who brings the jobs */
	pthread_cond_t few;
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

/* With the lock: the one that sleeps since the shortest, whose `called` the
 * caller signals; NULL: none sleeps. */
static struct thread *
call_one(struct lane *lane)
{
	struct thread *t = lane->idle;

	if (t != NULL) {
		lane->idle = t->below;
		t->is_called = true;
		lane->called++;
	}
	return t;
}

/* With the lock: the same if another thread is of use. One that was called may
 * get a processor much later, and calling more does not hasten it. */
static struct thread *
call_for_job(struct lane *lane)
{
	const bool computes = lane->computing + lane->called < lane->most;
	const bool looks = !lane->looked_at && lane->called == 0;

	return lane->first != NULL && (computes || looks) ? call_one(lane)
							  : NULL;
}

/* Without the lock, which the thread that wakes needs at once. */
static void
wake(struct thread *t)
{
	if (t != NULL)
		(void)pthread_cond_signal(&t->called);
}

static void
wake_all(struct lane *lane)
{
	while (lane->idle != NULL)
		wake(call_one(lane));
}

static bool
is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec ||
	    (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

static void
sleep_no_more(struct thread *t)
{
	struct thread **at = &t->lane->idle;

	while (*at != t)
		at = &(*at)->below;
	*at = t->below;
}

/* Until it is called. False: nobody has within STALLED_MS. */
static bool
sleep_and_look(struct thread *t)
{
	const struct timespec until = cb_until(STALLED_MS);
	int e = 0;

	t->lane->looked_at = true;
	while (!t->is_called && e != ETIMEDOUT)
		e = pthread_cond_timedwait(
		    &t->called, &t->pool->lock, &until);
	t->lane->looked_at = false;
	if (!t->is_called)
		sleep_no_more(t);
	return t->is_called;
}

/* With the lock, which is let go of: until there is something to do. */
static void
idle(struct thread *t)
{
	struct lane *lane = t->lane;
	const unsigned taken = lane->taken;

	t->is_called = false;
	t->below = lane->idle;
	lane->idle = t;
	if (lane->first == NULL || lane->looked_at)
		while (!t->is_called)
			(void)pthread_cond_wait(&t->called, &t->pool->lock);
	else if (!sleep_and_look(t) && taken == lane->taken)
		lane->most++;	/* until one of the long is over */
	lane->called -= t->is_called;
}

static bool
may_take(const struct lane *lane)
{
	return lane->first != NULL && lane->computing < lane->most;
}

/* With the lock. */
static bool
has_many(const struct be_pool *p)
{
	return p->jobs.waiting >= (size_t)MANY * p->processors;
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
	struct thread *other;
	bool few;

	(void)pthread_mutex_lock(&p->lock);
	if (was_running)
		leave(p, t);
	if (is_over(p)) {
		wake_all(&p->jobs);
		wake_all(&p->aside);
	}
	while (!may_take(lane) && !is_over(p))
		idle(t);
	if ((job = lane->first) != NULL) {
		lane->waiting--;
		lane->taken++;
		lane->computing++;
		p->running++;
		if ((lane->first = job->next) == NULL)
			lane->last = &lane->first;
		t->long_at = cb_until(STALLED_MS);
	}
	other = call_for_job(lane);
	few = p->rests && !has_many(p);
	(void)pthread_mutex_unlock(&p->lock);
	wake(other);
	if (few)
		(void)pthread_cond_signal(&p->few);
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
	struct thread *other;

	if (self == NULL)
		return;
	lane = self->lane;
	(void)pthread_mutex_lock(&self->pool->lock);
	if (begins)
		lane->computing--;
	else
		lane->computing++;
	other = call_for_job(lane);
	(void)pthread_mutex_unlock(&self->pool->lock);
	wake(other);
}

static bool
start(struct be_pool *p, struct lane *lane)
{
	struct thread *t = &p->threads[p->n];

	t->pool = p;
	t->lane = lane;
	if (cb_until_init(&t->called) != 0)
		return false;
	if (pthread_create(&t->id, NULL, work, t) != 0) {
		(void)pthread_cond_destroy(&t->called);
		return false;
	}
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
	if (pthread_mutex_init(&p->lock, NULL) != 0) {
		free(p);
		return CB_E_NOMEM;
	}
	if (cb_until_init(&p->few) != 0) {
		(void)pthread_mutex_destroy(&p->lock);
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
	wake_all(&p->jobs);
	wake_all(&p->aside);
	(void)pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->n; i++)
		(void)pthread_join(p->threads[i].id, NULL);
	/* one may have called another until it ended */
	for (unsigned i = 0; i < p->n; i++)
		(void)pthread_cond_destroy(&p->threads[i].called);
	(void)pthread_cond_destroy(&p->few);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
	*pool = NULL;
}

static enum cb_err
add(struct be_pool *p, struct lane *lane, struct be_job *job, size_t max)
{
	enum cb_err r = CB_E_NOMEM;
	struct thread *one = NULL;

	job->next = NULL;
	(void)pthread_mutex_lock(&p->lock);
	if (lane->waiting < max) {
		lane->waiting++;
		*lane->last = job;
		lane->last = &job->next;
		one = call_for_job(lane);
		r = CB_OK;
	}
	(void)pthread_mutex_unlock(&p->lock);
	wake(one);
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

size_t
be_pool_many(struct be_pool *p)
{
	size_t many;

	(void)pthread_mutex_lock(&p->lock);
	many = has_many(p) ? p->jobs.waiting : 0;
	(void)pthread_mutex_unlock(&p->lock);
	return many;
}

void
be_pool_rest(struct be_pool *p, unsigned ms)
{
	const struct timespec until = cb_until(ms);
	int e = 0;

	(void)pthread_mutex_lock(&p->lock);
	p->rests = true;
	while (has_many(p) && e != ETIMEDOUT)
		e = pthread_cond_timedwait(&p->few, &p->lock, &until);
	p->rests = false;
	(void)pthread_mutex_unlock(&p->lock);
}
