/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Threads of the bridge: whatever may wait for a disk or a client runs in one
 * of these. Each call has a thread to itself. A thread that is done stays for
 * a moment, since a card that was just put in is powered up next, and making
 * a thread would be half of the time that takes.
 */
#ifndef BR_POOL_H
#define BR_POOL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct br_pool_thread;

struct br_pool {
	pthread_mutex_t lock;
	pthread_cond_t gone;
	struct br_pool_thread *parked;
	unsigned threads;	/* running or parked */
	bool closing;
};

void br_pool_init(struct br_pool *p);
/* All threads must be gone: see br_pool_drain. */
void br_pool_clear(struct br_pool *p);
/* Has run(arg) called by a thread of its own, with all signals blocked and
 * little stack in use. CB_E_LIMIT: no thread can be made. */
CB_MUST_USE enum cb_err br_pool_run(
    struct br_pool *p, void (*run)(void *arg), void *arg);
/* Sends the threads home and waits until they are gone; CB_E_TIMEOUT: some
 * was still busy at `deadline` (ms of CLOCK_MONOTONIC). */
CB_MUST_USE enum cb_err br_pool_drain(struct br_pool *p, uint64_t deadline);

#endif
