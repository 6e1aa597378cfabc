/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Calls of programs that share a card, each in a thread of its own, so that
 * it can be seen whether it waits.
 */
#ifndef TESTS_BRIDGE_CALL_H
#define TESTS_BRIDGE_CALL_H

#include <pthread.h>
#include <stdatomic.h>

#include "tests/bridge/harness.h"

#define ANY (BR_SHARE_T0 | BR_SHARE_T1)

/* A command that takes this long; the handle uses T=1. */
enum br_outcome works(struct br_client *c, unsigned ms);

struct call {
	struct br_client *c;
	enum what {
		CALL_BEGIN,
		CALL_STATUS,
		CALL_WORK,
		CALL_CONNECT,
		CALL_RECONNECT,
		CALL_DISCONNECT,
	} what;
	unsigned ms;
	pthread_t thread;
	atomic_bool over;
	enum br_outcome outcome;
};

void call_start(struct call *k, struct br_client *c, enum what what);
/* Waits for it. */
void call_end(struct call *k, enum br_outcome want);
bool over_within(struct call *k, unsigned ms);

#endif
