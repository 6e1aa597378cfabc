/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the core needs of a system: locks, a signal that a wait can listen to,
 * random numbers, the clock, and to hear of a fork.
 */
#ifndef WS_PLATFORM_H
#define WS_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

#include <pthread.h>

#include "common/err.h"

struct ws_lock {
	pthread_mutex_t m;
};
#define WS_LOCK_INIT { PTHREAD_MUTEX_INITIALIZER }
void ws_lock_init(struct ws_lock *l);
void ws_lock_clear(struct ws_lock *l);
void ws_lock_take(struct ws_lock *l);
void ws_lock_give(struct ws_lock *l);

/* Raised once, seen by a wait on its descriptor, lowered again. */
struct ws_signal {
	int fd;
};
CB_MUST_USE enum cb_err ws_signal_init(struct ws_signal *s);
void ws_signal_clear(struct ws_signal *s);
void ws_signal_raise(struct ws_signal *s);
void ws_signal_lower(struct ws_signal *s);

uint32_t ws_random(void);	/* not 0 */
uint64_t ws_now_ms(void);
/* Without a context of its own in the child: before a fork the first is
 * called, afterwards the second in the parent, the third in the child. */
CB_MUST_USE enum cb_err ws_on_fork(
    void (*before)(void), void (*parent)(void), void (*child)(void));
/* Only the descriptor: the other end is somebody else's. */
void ws_forget_fd(int fd);

#endif
