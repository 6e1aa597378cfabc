/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a person ordered: MACs for the rows of an ACT, signed over a challenge
 * of the vault's, and the keys that it needs. A worker that was taken over has
 * no other way to a MAC, so it grants nobody anything. PROTOCOL.md, "What the
 * vault grants", is the description.
 */
#ifndef BE_VAULT_ACT_H
#define BE_VAULT_ACT_H

#include "backend/vault/challenge.h"
#include "backend/vault/limit.h"
#include "backend/vault/recovery.h"
#include "backend/vault/rule.h"

struct be_ordered {
	struct be_ring *ring;
	struct be_org *org;	/* whose worker asks */
	struct be_recovery *recovery;	/* NULL: it is not there */
	struct be_challenges *challenges;	/* session: the act's id */
	struct be_limit *unblocks;	/* an organisation is its card */
	int64_t now;		/* seconds since 1970 */
	uint64_t tick;		/* of the challenges' clock */
	struct cb_span act;	/* whole */
	struct be_signed factor, role;	/* of who signed it */
	struct cb_span approval;	/* whole; empty: none */
	struct be_signed second_factor, second_role;
	struct be_signed card;	/* where it is about one that is there */
	const struct be_signed *policies, *revocations;
	size_t policies_n, revocations_n;
	struct be_revocations platform;
	struct cb_span card_key, unblock;	/* wraps */
};

#define BE_GRANTED_WRAPS 4
struct be_granted {	/* in secret memory */
	uint8_t act[WIRE_ID], person[WIRE_ID], second[WIRE_ID];
	bool has_second;
	uint8_t request[CR_HASH];
	uint8_t card[WIRE_ID];	/* whose key it is */
	bool has_key, has_unblock;
	uint8_t key[CR_KEY], unblock[CR_KEY];
	/* What was made, to be kept. */
	enum be_what kinds[BE_GRANTED_WRAPS];
	struct cb_buf wraps[BE_GRANTED_WRAPS];
	size_t wraps_n;
};

/* Appends the MACs of the rows to be put, BE_GRANT_MAC bytes each, in their
 * order. The challenge is used up, whatever comes of it. CB_E_DENIED is the
 * only error; nothing is appended then, *out is empty and *exact says why.
 * Clear *out. */
CB_MUST_USE enum cb_err be_vault_grant(const struct be_ordered *ask,
    struct be_granted *out, struct cb_buf *macs, enum be_refusal *exact);
void be_granted_clear(struct be_granted *granted);

#endif
