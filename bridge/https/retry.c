/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See retry.h.
 */
#include "bridge/https/retry.h"
#include "crypto/crypto.h"

#define FIRST_MS 50u
#define SOON_MS 1000u
#define LATE_MS 30000u
#define EARLY_MS 60000u		/* how long it is soon */

unsigned
br_retry_failed(struct br_retry *r, uint64_t now)
{
	unsigned most, ms = FIRST_MS;
	uint8_t random[2] = { 0, 0 };

	if (r->tries == 0)
		r->since = now;
	most = now - r->since < EARLY_MS ? SOON_MS : LATE_MS;
	for (unsigned i = 0; i < r->tries && ms < most; i++)
		ms *= 2;
	if (ms > most)
		ms = most;
	r->tries++;
	/* without randomness they come back together, but they come back */
	if (cr_random(random, sizeof(random)) != CB_OK)
		return ms;
	return ms / 2 +
	    ms / 2 * (unsigned)(random[0] << 8 | random[1]) / 65535u;
}

void
br_retry_worked(struct br_retry *r)
{
	r->tries = 0;
	r->since = 0;
}
