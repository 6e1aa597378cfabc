/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Opening: the key of a card, and the secret of a session with it, against
 * the ACCEPT of a device that may use it. A worker has no other way to a card
 * key, so one that was taken over opens no card that nobody is opening. With a
 * card of zeros a person opens a session with the organisation itself; then
 * there is no card key.
 */
#ifndef BE_VAULT_OPEN_H
#define BE_VAULT_OPEN_H

#include "backend/vault/challenge.h"
#include "backend/vault/holder.h"

struct be_open {
	const struct be_ring *ring;
	const struct be_org *org;	/* whose worker asks */
	struct be_challenges *challenges;
	int64_t now;		/* seconds since 1970 */
	uint64_t tick;		/* of the challenges' clock */
	struct cb_span offer, accept;	/* whole */
	/* Of a device: its row, the assignment, the row of the card and, where
	 * the assignment is to a group, of its membership; the wrap of the
	 * card's key. Of a person: the factor that is the certificate, and a
	 * role. */
	struct be_signed holder, right, card, group;
	struct cb_span card_key;
	/* All of the organisation that could matter. */
	const struct be_signed *revocations;
	size_t revocations_n;
	struct be_revocations platform;	/* of the platform */
};

struct be_opened {	/* in secret memory */
	uint8_t session[WIRE_ID], organisation[WIRE_ID], card[WIRE_ID];
	uint8_t holder[WIRE_ID];	/* device or person */
	bool is_person;
	uint32_t role;			/* of a person */
	uint32_t class;			/* of a device */
	bool take_over;
	uint8_t secret[CR_KEY];
	uint8_t key[CR_KEY];		/* of the card */
};

/* The challenge is used up, whatever comes of it. CB_E_DENIED is the only
 * error; *out is then empty and *exact says why. */
CB_MUST_USE enum cb_err be_vault_open(const struct be_open *ask,
    struct be_opened *out, enum be_refusal *exact);

/* Whether a session that was opened with this certificate would be opened now
 * by the rows of *ask (which has no offer, accept or challenges): what was
 * revoked, is over or has been edited since. CB_E_DENIED. */
CB_MUST_USE enum cb_err be_vault_recheck(const struct be_open *ask,
    const uint8_t holder[WIRE_ID], const uint8_t card[WIRE_ID],
    struct cb_span certificate, enum be_refusal *exact);

#endif
