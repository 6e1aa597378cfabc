/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * How long to wait before trying again: longer each time and never alike, so
 * that a thousand bridges do not come back together; at most a second in the
 * first minute, and half a minute later.
 */
#ifndef BR_HTTPS_RETRY_H
#define BR_HTTPS_RETRY_H

#include <stdint.h>

struct br_retry {
	unsigned tries;		/* that failed in a row; 0: none */
	uint64_t since;		/* ms; the first of them */
};

/* One more has failed at `now` (monotonic ms): so many ms. */
unsigned br_retry_failed(struct br_retry *r, uint64_t now);
void br_retry_worked(struct br_retry *r);

#endif
