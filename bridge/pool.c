/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Threads that stay for a moment, see pool.h. A parked thread sleeps on a
 * semaphore of its own; whoever has work takes it off the list and wakes it,
 * after the lock is free: it would run into it at once.
 */
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>

#include "bridge/pool.h"
#include "common/until.h"

/* OpenSSL, SQLite and scrypt use some tens of KiB; the sanitizers more. */
#define STACK_SIZE ((size_t)512 * 1024)
/* How long a thread without work stays: an idle bridge has none. */
#define STAY_S 2

struct br_pool_thread {
	struct br_pool_thread *next;	/* of parked */
	struct br_pool *pool;
	sem_t wake;			/* once for each time it is taken off */
	void (*run)(void *arg);		/* NULL: parked */
	void *arg;
};

void
br_pool_init(struct br_pool *p)
{
	pthread_mutex_init(&p->lock, NULL);
	(void)cb_until_init(&p->gone);
	p->parked = NULL;
	p->threads = 0;
	p->closing = false;
}

void
br_pool_clear(struct br_pool *p)
{
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->gone);
}

/* Sleeps until it is woken (true), or has stayed long enough. */
static bool
woken(struct br_pool_thread *t)
{
	const struct timespec until = cb_until(STAY_S * 1000);
	int r;

	do
		r = sem_clockwait(&t->wake, CLOCK_MONOTONIC, &until);
	while (r != 0 && errno == EINTR);
	return r == 0;
}

/* Takes a thread off the list; false: somebody has, and wakes it. */
static bool
unpark(struct br_pool_thread *t)
{
	struct br_pool_thread **at = &t->pool->parked;

	while (*at != NULL && *at != t)
		at = &(*at)->next;
	if (*at == NULL)
		return false;
	*at = t->next;
	return true;
}

/* Under the lock, also on return: waits for work; false: none came. */
static bool
park(struct br_pool_thread *t)
{
	struct br_pool *p = t->pool;
	bool taken;

	if (p->closing)
		return false;
	t->run = NULL;
	t->next = p->parked;
	p->parked = t;
	pthread_mutex_unlock(&p->lock);
	taken = woken(t);
	pthread_mutex_lock(&p->lock);
	if (!taken && !unpark(t)) {
		/* just now: what wakes it must not meet it gone */
		pthread_mutex_unlock(&p->lock);
		while (sem_wait(&t->wake) != 0)
			;
		pthread_mutex_lock(&p->lock);
	}
	return t->run != NULL;
}

static void *
thread_main(void *arg)
{
	struct br_pool_thread *t = arg;
	struct br_pool *p = t->pool;
	sigset_t all;

	sigfillset(&all);
	for (;;) {
		t->run(t->arg);
		(void)pthread_sigmask(SIG_SETMASK, &all, NULL);
		pthread_mutex_lock(&p->lock);
		if (!park(t))
			break;
		pthread_mutex_unlock(&p->lock);
	}
	sem_destroy(&t->wake);
	free(t);
	p->threads--;
	pthread_cond_broadcast(&p->gone);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Under the lock. */
static enum cb_err
make(struct br_pool *p, void (*run)(void *arg), void *arg)
{
	struct br_pool_thread *t;
	pthread_attr_t attr;
	sigset_t all, old;
	pthread_t thread;
	int e;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		return CB_E_LIMIT;
	if (pthread_attr_init(&attr) != 0) {
		free(t);
		return CB_E_LIMIT;
	}
	t->pool = p;
	t->run = run;
	t->arg = arg;
	(void)sem_init(&t->wake, 0, 0);
	(void)pthread_attr_setstacksize(&attr, STACK_SIZE);
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	e = pthread_create(&thread, &attr, thread_main, t);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	if (e != 0) {
		sem_destroy(&t->wake);
		free(t);
		return CB_E_LIMIT;
	}
	p->threads++;
	return CB_OK;
}

enum cb_err
br_pool_run(struct br_pool *p, void (*run)(void *arg), void *arg)
{
	struct br_pool_thread *t;
	enum cb_err r = CB_OK;

	pthread_mutex_lock(&p->lock);
	if ((t = p->parked) != NULL) {
		p->parked = t->next;
		t->arg = arg;
		t->run = run;
	} else {
		r = make(p, run, arg);
	}
	pthread_mutex_unlock(&p->lock);
	if (t != NULL)
		(void)sem_post(&t->wake);
	return r;
}

enum cb_err
br_pool_drain(struct br_pool *p, uint64_t deadline)
{
	struct timespec at = {
		.tv_sec = (time_t)(deadline / 1000),
		.tv_nsec = (long)(deadline % 1000) * 1000000,
	};
	struct br_pool_thread *t;
	enum cb_err r = CB_OK;

	pthread_mutex_lock(&p->lock);
	p->closing = true;
	/* taken off without work: they go */
	while ((t = p->parked) != NULL) {
		p->parked = t->next;
		(void)sem_post(&t->wake);
	}
	while (p->threads > 0 && r == CB_OK)
		if (pthread_cond_timedwait(&p->gone, &p->lock, &at) != 0)
			r = CB_E_TIMEOUT;
	pthread_mutex_unlock(&p->lock);
	return r;
}
