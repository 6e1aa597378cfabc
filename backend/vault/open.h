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
#include "backend/vault/grant.h"

/* What is wrong: for the log of the vault. A door and a bridge are told that
 * it was refused, and no more. */
enum be_refusal {
	BE_REFUSED_NOT,
	BE_REFUSED_FAILED,	/* no memory, or a defect */
	BE_REFUSED_OFFER,
	BE_REFUSED_ACCEPT,
	BE_REFUSED_KIND,
	BE_REFUSED_ORGANISATION,
	BE_REFUSED_MISMATCH,
	BE_REFUSED_CHALLENGE,
	BE_REFUSED_CHALLENGE_AGE,
	BE_REFUSED_CHALLENGE_OTHER,
	BE_REFUSED_CERTIFICATE,
	BE_REFUSED_CERTIFICATE_DATES,
	BE_REFUSED_CERTIFICATE_NAMES,
	BE_REFUSED_SIGNATURE,
	BE_REFUSED_HOLDER_MAC,
	BE_REFUSED_HOLDER,
	BE_REFUSED_HOLDER_STATE,
	BE_REFUSED_HOLDER_CERTIFICATE,
	BE_REFUSED_REVOCATION_MAC,
	BE_REFUSED_REVOKED,
	BE_REFUSED_RIGHT_MAC,
	BE_REFUSED_RIGHT,
	BE_REFUSED_RIGHT_OVER,
	BE_REFUSED_GROUP_MAC,
	BE_REFUSED_GROUP,
	BE_REFUSED_CARD_MAC,
	BE_REFUSED_CARD,
	BE_REFUSED_CARD_STATE,
	BE_REFUSED_SECRET,
	BE_REFUSED_CARD_KEY,
	BE_REFUSALS
};
const char *be_refusal_text(enum be_refusal refusal);

/* Values in the rows */
enum { BE_STATE_IN_USE = 1 };
enum { BE_TO_DEVICE = 1, BE_TO_GROUP, BE_TO_ORGANISATION };
#define BE_FACTOR_CERTIFICATE "certificate"

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

#endif
