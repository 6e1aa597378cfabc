/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Something between a bridge and a test's backend that counts the bytes it
 * passes on; a proxy (RFC 9110, 9.3.6) where it is asked to be one.
 */
#ifndef TESTS_BRIDGE_HTTPS_RELAY_H
#define TESTS_BRIDGE_HTTPS_RELAY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#define RELAY_CONNS 32

struct relay {
	unsigned port;		/* of its own */
	unsigned to;		/* the backend's */
	bool proxy;		/* it waits for CONNECT */
	atomic_ullong bytes;	/* in both directions */
	atomic_uint conns;
	atomic_bool deaf;	/* nothing comes out of it any more */

	int listen;
	pthread_t thread, threads[RELAY_CONNS];
	int fds[RELAY_CONNS];
};

/* `to` and `proxy` are set. */
void relay_start(struct relay *r);
void relay_stop(struct relay *r);

#endif
