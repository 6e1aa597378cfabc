/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See pool.h.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "backend/worker/pool.h"

struct lane {
	pthread_cond_t some;	/* jobs, or the end */
	struct be_job *first, **last;
	size_t waiting;
};

struct thread {
	struct be_pool *pool;
	struct lane *lane;
	pthread_t id;
};

struct be_pool {
	pthread_mutex_t lock;
	struct lane jobs, aside;
	size_t running;
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

static struct be_job *
take(struct be_pool *p, struct lane *lane, bool was_running)
{
	struct be_job *job;

	(void)pthread_mutex_lock(&p->lock);
	p->running -= was_running;
	if (is_over(p))
		tell_all(p);
	while (lane->first == NULL && !is_over(p))
		(void)pthread_cond_wait(&lane->some, &p->lock);
	if ((job = lane->first) != NULL) {
		lane->waiting--;
		p->running++;
		if ((lane->first = job->next) == NULL)
			lane->last = &lane->first;
	}
	(void)pthread_mutex_unlock(&p->lock);
	return job;
}

static void *
work(void *arg)
{
	const struct thread *t = arg;
	struct be_job *job = NULL;

	while ((job = take(t->pool, t->lane, job != NULL)) != NULL)
		job->run(job);
	return NULL;
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
	if (pthread_mutex_init(&p->lock, NULL) != 0 ||
	    pthread_cond_init(&p->jobs.some, NULL) != 0 ||
	    pthread_cond_init(&p->aside.some, NULL) != 0) {
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

	job->next = NULL;
	(void)pthread_mutex_lock(&p->lock);
	if (lane->waiting < max) {
		lane->waiting++;
		*lane->last = job;
		lane->last = &job->next;
		(void)pthread_cond_signal(&lane->some);
		r = CB_OK;
	}
	(void)pthread_mutex_unlock(&p->lock);
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
