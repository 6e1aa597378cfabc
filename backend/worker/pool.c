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

struct be_pool {
	pthread_mutex_t lock;
	pthread_cond_t some;
	struct be_job *first, **last;
	size_t waiting;
	bool end;
	unsigned n;
	pthread_t threads[];
};

static struct be_job *
take(struct be_pool *p)
{
	struct be_job *job;

	(void)pthread_mutex_lock(&p->lock);
	while (p->first == NULL && !p->end)
		(void)pthread_cond_wait(&p->some, &p->lock);
	if ((job = p->first) != NULL) {
		p->waiting--;
		if ((p->first = job->next) == NULL)
			p->last = &p->first;
	}
	(void)pthread_mutex_unlock(&p->lock);
	return job;
}

static void *
work(void *arg)
{
	struct be_job *job;

	while ((job = take(arg)) != NULL)
		job->run(job);
	return NULL;
}

enum cb_err
be_pool_new(struct be_pool **out, unsigned threads)
{
	struct be_pool *p =
	    calloc(1, sizeof(*p) + threads * sizeof(p->threads[0]));

	*out = NULL;
	if (p == NULL)
		return CB_E_NOMEM;
	p->last = &p->first;
	if (pthread_mutex_init(&p->lock, NULL) != 0 ||
	    pthread_cond_init(&p->some, NULL) != 0) {
		free(p);
		return CB_E_NOMEM;
	}
	while (p->n < threads &&
	    pthread_create(&p->threads[p->n], NULL, work, p) == 0)
		p->n++;
	if (p->n < threads) {
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
	(void)pthread_cond_broadcast(&p->some);
	(void)pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->n; i++)
		(void)pthread_join(p->threads[i], NULL);
	(void)pthread_cond_destroy(&p->some);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
	*pool = NULL;
}

static enum cb_err
add(struct be_pool *p, struct be_job *job, size_t max)
{
	enum cb_err r = CB_E_NOMEM;

	job->next = NULL;
	(void)pthread_mutex_lock(&p->lock);
	if (p->waiting < max) {
		p->waiting++;
		*p->last = job;
		p->last = &job->next;
		(void)pthread_cond_signal(&p->some);
		r = CB_OK;
	}
	(void)pthread_mutex_unlock(&p->lock);
	return r;
}

enum cb_err
be_pool_add(struct be_pool *p, struct be_job *job)
{
	return add(p, job, BE_POOL_MAX);
}

void
be_pool_put(struct be_pool *p, struct be_job *job)
{
	(void)!add(p, job, SIZE_MAX);
}
