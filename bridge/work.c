/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Opening and closing cards touches disks, and a disk can hang: that is done
 * by a few threads that live only as long as there is such work. Each reader
 * has one set of jobs at a time, so they keep their order.
 */
#include <malloc.h>
#include <time.h>

#include "bridge/loop.h"
#include "bridge/sock.h"
#include "common/log.h"

/* With so many cards awake a further one is put to rest when its ATR is
 * known: memory that is locked cannot be given back from the middle of a heap
 * (madvise(2)), so a thousand cards must not be in it together. */
#define AWAKE_MAX 16
/* One stuck file for each slot, and the others still go on. */
#define WORKERS_MAX 16
#define STACK_SIZE ((size_t)512 * 1024)

static void
do_jobs(struct br_reader *rd)
{
	pthread_mutex_lock(&rd->card);
	if ((rd->doing & BR_JOB_CLOSE) != 0)
		br_reader_close(rd);
	/* what goes wrong stands in rd->trouble and in the log */
	if ((rd->doing & BR_JOB_OPEN) != 0 && br_reader_open(rd, NULL) != CB_OK)
		rd->doing &= ~(unsigned)BR_JOB_REST;
	if ((rd->doing & BR_JOB_REST) != 0)
		br_reader_rest(rd);
	pthread_mutex_unlock(&rd->card);
}

static void
hand_in(struct br_server *srv, struct br_reader *rd)
{
	pthread_mutex_lock(&srv->done_lock);
	rd->work_next = srv->done_jobs;
	srv->done_jobs = rd;
	pthread_mutex_unlock(&srv->done_lock);
	br_server_kick(srv);
}

static void *
worker_main(void *arg)
{
	struct br_server *srv = arg;
	struct br_reader *rd;
	bool rested = false;

	pthread_mutex_lock(&srv->work_lock);
	while ((rd = srv->work_first) != NULL) {
		srv->work_first = rd->work_next;
		pthread_mutex_unlock(&srv->work_lock);
		rested = rested || (rd->doing & (BR_JOB_REST | BR_JOB_CLOSE));
		do_jobs(rd);
		hand_in(srv, rd);
		pthread_mutex_lock(&srv->work_lock);
		if (srv->work_first == NULL && rested) {
			/* cards at rest give their memory back */
			pthread_mutex_unlock(&srv->work_lock);
			malloc_trim(0);
			rested = false;
			pthread_mutex_lock(&srv->work_lock);
		}
	}
	srv->workers--;
	pthread_cond_broadcast(&srv->work_idle);
	pthread_mutex_unlock(&srv->work_lock);
	return NULL;
}

/* With work_lock held. */
static bool
start_worker(struct br_server *srv)
{
	pthread_attr_t attr;
	sigset_t all, old;
	pthread_t thread;
	int e;

	if (pthread_attr_init(&attr) != 0)
		return false;
	(void)pthread_attr_setstacksize(&attr, STACK_SIZE);
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	e = pthread_create(&thread, &attr, worker_main, srv);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	if (e == 0)
		srv->workers++;
	return e == 0;
}

void
br_work_want(struct br_server *srv, struct br_reader *rd, unsigned jobs)
{
	bool alone = false;

	/* closing makes an earlier wish pointless; opening, resting */
	if ((jobs & BR_JOB_CLOSE) != 0)
		rd->jobs = 0;
	if ((jobs & BR_JOB_OPEN) != 0 && srv->awake + srv->jobs >= AWAKE_MAX)
		jobs |= BR_JOB_REST;
	rd->jobs |= jobs;
	if (rd->queued || rd->jobs == 0)
		return;
	rd->doing = rd->jobs;
	rd->jobs = 0;
	rd->queued = true;
	rd->work_next = NULL;
	srv->jobs++;
	pthread_mutex_lock(&srv->work_lock);
	if (srv->work_first == NULL)
		srv->work_first = rd;
	else
		srv->work_last->work_next = rd;
	srv->work_last = rd;
	if (srv->workers < WORKERS_MAX && !start_worker(srv) &&
	    srv->workers == 0)
		alone = true;
	pthread_mutex_unlock(&srv->work_lock);
	if (!alone)
		return;
	/* no thread to be had: better slowly than never */
	cb_log(CB_LOG_WARNING, "no thread can be started; cards are opened "
	    "one by one");
	pthread_mutex_lock(&srv->work_lock);
	srv->workers++;
	pthread_mutex_unlock(&srv->work_lock);
	(void)worker_main(srv);
}

void
br_work_finish(struct br_server *srv, struct br_reader *rd)
{
	bool awake = (rd->doing & (BR_JOB_OPEN | BR_JOB_REST)) == BR_JOB_OPEN;

	rd->queued = false;
	rd->work_next = NULL;
	srv->jobs--;
	br_server_tell(srv, rd, false);
	if (rd->jobs != 0) {
		br_work_want(srv, rd, 0);
		return;
	}
	br_serve_jobs_done(srv, rd);
	if (awake && rd->users == 0 && !rd->removed)
		br_server_rest(srv, rd, br_now_ms() + BR_REST_MS);
}

enum cb_err
br_work_drain(struct br_server *srv, uint64_t deadline)
{
	struct timespec at;
	enum cb_err r = CB_OK;

	at.tv_sec = (time_t)(deadline / 1000);
	at.tv_nsec = (long)(deadline % 1000) * 1000000;
	pthread_mutex_lock(&srv->work_lock);
	while (srv->workers > 0 && r == CB_OK)
		if (pthread_cond_timedwait(&srv->work_idle, &srv->work_lock,
			&at) != 0)
			r = CB_E_TIMEOUT;
	pthread_mutex_unlock(&srv->work_lock);
	return r;
}
