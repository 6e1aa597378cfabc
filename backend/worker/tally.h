/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Refusals that await their entry in the books. A device may be refused as
 * often as it asks, and each entry is a commit and stays for ever: so the
 * first ones of a device, and of an organisation, are entered each, and those
 * that follow together, once a minute. None is left out. No locks, no clocks.
 */
#ifndef BE_TALLY_H
#define BE_TALLY_H

#include "wire/wire.h"

#define BE_TALLY_DEVICES 64

/* May that be done which may be done `burst` times at once? */
struct be_bucket {
	uint64_t full;	/* the time when all of it is back */
};
/* When one more may be done; it is. */
uint64_t be_bucket_at(
    const struct be_bucket *b, unsigned burst, uint64_t each_ms);
void be_bucket_take(struct be_bucket *b, uint64_t now, uint64_t each_ms);

struct be_refused {
	uint8_t device[WIRE_ID], card[WIRE_ID], session[WIRE_ID];
	uint32_t code;
	unsigned times;	/* how many it stands for; 0: none */
};

struct be_tally {
	unsigned burst, all_burst;	/* of a device, of all */
	uint64_t each_ms;		/* then one in this time */
	struct be_bucket all;
	struct {
		struct be_bucket bucket;
		struct be_refused last;	/* of those not entered yet */
		uint64_t at;
	} devices[BE_TALLY_DEVICES];
	size_t n;
};

/* 0: as usual, 10 of a device, 100 of all, one a minute. */
void be_tally_init(struct be_tally *t, unsigned burst, uint64_t each_ms);
/* One more: times is 1. True: *refused is to be entered, with all those that
 * it stands for by now. */
bool be_tally_add(
    struct be_tally *t, uint64_t now, struct be_refused *refused);
/* True: *out, which waited, is to be entered now; ask again. False: nothing
 * before *at (UINT64_MAX: nothing waits). */
bool be_tally_due(struct be_tally *t, uint64_t now, struct be_refused *out,
    uint64_t *at);

#endif
