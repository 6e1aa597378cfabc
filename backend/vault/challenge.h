/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Challenges of OFFER. Each is for one organisation, card and session, is used
 * once, and lives for a minute. Every organisation has room for its own: one
 * that asks for too many loses its oldest ones, and harms nobody else.
 */
#ifndef BE_VAULT_CHALLENGE_H
#define BE_VAULT_CHALLENGE_H

#include "backend/vault/ids.h"
#include "wire/open.h"

#define BE_CHALLENGE_MS 60000

struct be_challenges {
	struct be_ids organisations;
	size_t each;	/* at most, of one organisation */
};

void be_challenges_init(
    struct be_challenges *c, size_t organisations, size_t each);
void be_challenges_clear(struct be_challenges *c);

/* `tick`: milliseconds of a clock that only goes forward. CB_E_LIMIT: there
 * are too many organisations; CB_E_BUSY: this session has one. */
CB_MUST_USE enum cb_err be_challenge_new(struct be_challenges *c,
    uint64_t tick, const uint8_t organisation[WIRE_ID],
    const uint8_t card[WIRE_ID], const uint8_t session[WIRE_ID],
    uint8_t out[WIRE_CHALLENGE]);
/* Whatever comes of it, there is none for this session afterwards.
 * CB_E_ABSENT: there was none; CB_E_TIMEOUT: it is too old; CB_E_DENIED:
 * another one, or for another card. */
CB_MUST_USE enum cb_err be_challenge_use(struct be_challenges *c,
    uint64_t tick, const uint8_t organisation[WIRE_ID],
    const uint8_t card[WIRE_ID], const uint8_t session[WIRE_ID],
    const uint8_t challenge[WIRE_CHALLENGE]);

#endif
