/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What stands behind scrypt of a passcode: an HMAC that only the vault can
 * make, so often for each card and no more. Whoever has the database, or a
 * worker, and no vault cannot try passcodes; who has a worker, slowly. What
 * was asked before, and is among the last of its card, costs nothing: so nobody
 * is held back for being right again and again.
 */
#ifndef BE_VAULT_LIMIT_H
#define BE_VAULT_LIMIT_H

#include "backend/vault/ids.h"
#include "backend/vault/ring.h"

/* 0 is the default, in brackets. */
struct be_limits {
	unsigned burst;		/* at once [10] */
	unsigned interval_ms;	/* then one in this time [60000] */
	/* Most cards of an organisation that are remembered [16384]; each for
	 * as long as it has not its whole burst again. */
	unsigned cards;
	unsigned organisations;	/* [4096] */
};

struct be_limit {
	struct be_limits limits;
	struct be_ids organisations;
	uint64_t last;
};

struct be_limited {
	uint64_t wait_ms;	/* until the next try; 0: this one is done */
	/* Somebody should look: this card was refused for the first time since
	 * it had its whole burst, or its organisation has no room. */
	bool alarm;
};

void be_limit_init(struct be_limit *l, const struct be_limits *limits);
void be_limit_clear(struct be_limit *l);

/* One use of what `card` of `organisation` has. CB_E_BUSY: not yet,
 * how->wait_ms says when. `tick`: milliseconds of a clock that only goes
 * forward. */
CB_MUST_USE enum cb_err be_limit_take(struct be_limit *l,
    const uint8_t organisation[WIRE_ID], const uint8_t card[WIRE_ID],
    uint64_t tick, struct be_limited *how);
/* The function, for a card that is open, of what scrypt made of a passcode.
 * CB_E_BUSY, as above: nothing is told. CB_E_ARG: no card (zeros). */
CB_MUST_USE enum cb_err be_passcode(struct be_limit *l,
    const struct be_ring *ring, const uint8_t organisation[WIRE_ID],
    const uint8_t card[WIRE_ID], uint64_t tick, const uint8_t scrypt[CR_KEY],
    uint8_t out[CR_KEY], struct be_limited *how);

#endif
