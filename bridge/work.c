/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Opening and closing cards touches disks, and a disk can hang: that is done
 * by a few threads of the pool while there is such work. Each reader has one
 * set of jobs at a time, so they keep their order.
 */
#include <malloc.h>

#include "bridge/loop.h"
#include "bridge/sock.h"
#include "common/log.h"

/* With so many cards awake a further one is put to rest when its ATR is
 * known: memory that is locked cannot be given back from the middle of a heap
 * (madvise(2)), so a thousand cards must not be in it together. */
#define AWAKE_MAX 16
/* One stuck file for each slot, and the others still go on. */
#define WORKERS_MAX 16

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

static void
work(void *arg)
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
	pthread_mutex_unlock(&srv->work_lock);
}

/* With work_lock held. */
static bool
start_worker(struct br_server *srv)
{
	if (srv->workers >= WORKERS_MAX ||
	    br_pool_run(&srv->pool, work, srv) != CB_OK)
		return srv->workers > 0;
	srv->workers++;
	return true;
}

void
br_work_want(struct br_server *srv, struct br_reader *rd, unsigned jobs)
{
	bool alone;

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
	alone = !start_worker(srv);
	srv->workers += alone;
	pthread_mutex_unlock(&srv->work_lock);
	if (!alone)
		return;
	/* no thread to be had: better slowly than never */
	cb_log(CB_LOG_WARNING, "no thread can be started; cards are opened "
	    "one by one");
	work(srv);
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
