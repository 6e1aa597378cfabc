/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What both ends of the local wire need of a connected socket: time, waiting
 * with a deadline, and sending all of two pieces without a signal.
 */
#ifndef BR_SOCK_H
#define BR_SOCK_H

#include "common/span.h"

uint64_t br_now_ms(void);	/* CLOCK_MONOTONIC */
uint64_t br_now_ns(void);
uint64_t br_time_ms(void);	/* since 1970 */

/* Until one of the poll(2) events. CB_E_TIMEOUT: not by `deadline`. */
CB_MUST_USE enum cb_err br_sock_wait(int fd, short events, uint64_t deadline);
/* All of a and then b. CB_E_TIMEOUT: the peer did not take it in wait_ms;
 * CB_E_PEER: it is gone. */
CB_MUST_USE enum cb_err br_sock_send(
    int fd, struct cb_span a, struct cb_span b, unsigned wait_ms);

#endif
