/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * MACs for rows that a person ordered: against the ACT that names these very
 * rows, signed over a challenge of the vault's. A worker that was taken over
 * has no other way to a MAC, so it grants nobody anything. PROTOCOL.md, "What
 * the vault grants", is the description.
 */
#ifndef BE_VAULT_ACT_H
#define BE_VAULT_ACT_H

#include "backend/vault/challenge.h"
#include "backend/vault/holder.h"
#include "wire/act.h"

/* The policy that says which types of rows take two signers: a u32, bit n for
 * type n. Every organisation has it, or its rows are not changed. */
#define BE_POLICY_SECOND "second-signer"

struct be_ordered {
	const struct be_ring *ring;
	const struct be_org *org;	/* whose worker asks */
	struct be_challenges *challenges;	/* session: the act's id */
	int64_t now;		/* seconds since 1970 */
	uint64_t tick;		/* of the challenges' clock */
	struct cb_span act;	/* whole */
	struct be_signed factor, role;	/* of who signed it */
	struct be_signed policy;	/* BE_POLICY_SECOND */
	struct cb_span approval;	/* whole; empty: none */
	struct be_signed second_factor, second_role;
	const struct be_signed *revocations;
	size_t revocations_n;
};

struct be_granted {	/* for the entry in the books */
	uint8_t act[WIRE_ID], person[WIRE_ID], second[WIRE_ID];
	bool has_second;
	uint8_t request[CR_HASH];
};

/* Appends the MACs of the rows to be put, BE_GRANT_MAC bytes each, in their
 * order. The challenge is used up, whatever comes of it. CB_E_DENIED is the
 * only error; nothing is appended then, and *exact says why. */
CB_MUST_USE enum cb_err be_vault_grant(const struct be_ordered *ask,
    struct be_granted *out, struct cb_buf *macs, enum be_refusal *exact);

#endif
