/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See tally.h.
 */
#include <string.h>

#include "backend/worker/tally.h"

#define BURST 10
#define OF_ALL 10	/* times as many of all devices */
#define EACH_MS 60000

void
be_tally_init(struct be_tally *t, unsigned burst, uint64_t each_ms)
{
	*t = (struct be_tally){ .burst = burst != 0 ? burst : BURST,
		.each_ms = each_ms != 0 ? each_ms : EACH_MS };
	t->all_burst = t->burst * OF_ALL;
}

uint64_t
be_bucket_at(const struct be_bucket *b, unsigned burst, uint64_t each_ms)
{
	const uint64_t most = (burst - 1) * each_ms;

	return b->full > most ? b->full - most : 0;
}

void
be_bucket_take(struct be_bucket *b, uint64_t now, uint64_t each_ms)
{
	b->full = (b->full > now ? b->full : now) + each_ms;
}

static uint64_t
entry_at(const struct be_tally *t, size_t i)
{
	const uint64_t own = be_bucket_at(
			   &t->devices[i].bucket, t->burst, t->each_ms),
		       all = be_bucket_at(&t->all, t->all_burst, t->each_ms);

	return own > all ? own : all;
}

static bool
take(struct be_tally *t, size_t i, uint64_t now, struct be_refused *out)
{
	if (entry_at(t, i) > now)
		return false;
	be_bucket_take(&t->devices[i].bucket, now, t->each_ms);
	be_bucket_take(&t->all, now, t->each_ms);
	*out = t->devices[i].last;
	t->devices[i].last.times = 0;
	return true;
}

/* The place of a device. Where there is none left it takes that of the one
 * whose last refusal is the oldest, with what was not entered of it. */
static size_t
place_of(struct be_tally *t, const uint8_t device[WIRE_ID])
{
	size_t oldest = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (memcmp(t->devices[i].last.device, device, WIRE_ID) == 0)
			return i;
		if (t->devices[i].at < t->devices[oldest].at)
			oldest = i;
	}
	if (t->n < BE_TALLY_DEVICES) {
		memset(&t->devices[t->n], 0, sizeof(t->devices[0]));
		return t->n++;
	}
	/* one that was just refused as often as it may be is no new one */
	return oldest;
}

bool
be_tally_add(struct be_tally *t, uint64_t now, struct be_refused *refused)
{
	const size_t i = place_of(t, refused->device);
	const unsigned times = t->devices[i].last.times;

	t->devices[i].last = *refused;
	t->devices[i].last.times = times + 1;
	t->devices[i].at = now;
	return take(t, i, now, refused);
}

bool
be_tally_due(
    struct be_tally *t, uint64_t now, struct be_refused *out, uint64_t *at)
{
	*at = UINT64_MAX;
	for (size_t i = 0; i < t->n; i++) {
		if (t->devices[i].last.times == 0)
			continue;
		if (take(t, i, now, out))
			return true;
		if (entry_at(t, i) < *at)
			*at = entry_at(t, i);
	}
	return false;
}
