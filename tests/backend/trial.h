/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Everything that an act takes: messages, who signed it, rows that vouch for
 * them, rows that are ordered, wraps. All of it is right until a test changes
 * one thing.
 */
#ifndef TESTS_BACKEND_TRIAL_H
#define TESTS_BACKEND_TRIAL_H

#include "backend/vault/act.h"

enum {
	T_FACTOR,
	T_ROLE,
	T_SECOND_FACTOR,
	T_SECOND_ROLE,
	T_REVOCATION,
	T_PLATFORM,	/* a revocation of the platform */
	T_CARD,
	T_POLICY,	/* the second signer's */
	T_UNBLOCK,	/* another one */
	T_ROWS
};
#define T_ORDERED 4

struct trial {
	/* what to make: */
	struct be_org org;		/* whose act it is; a copy */
	struct be_org *worker;		/* who asks */
	struct wire_act act;
	struct wire_approval approval;
	struct wire_grant rows[T_ROWS], order[T_ORDERED];
	bool removed[T_ORDERED];
	uint16_t order_n;
	uint8_t challenge_for[WIRE_ID], certificate_of[WIRE_ID];
	uint8_t policy[5];
	size_t policy_n, policies_n;
	int64_t now;
	uint64_t tick, made_at;	/* asked, and the challenge made */
	enum wire_usage usage;
	bool is_there;	/* a new card, already */
	bool with_approval, with_revocation, with_platform, no_challenge,
		other_key, other_second_key, other_request,
		other_fingerprint, no_recovery;
	struct be_org *wraps_of;	/* the card's key is wrapped by it */
	/* what was made: */
	struct be_root *root;
	struct be_recovery *recovery;
	struct wire_key *keys[3];
	struct cb_buf certs[2], bytes[T_ROWS], macs[T_ROWS], changes,
		act_bytes, approval_bytes, card_key, unblock;
	uint8_t secret[CR_KEY], key[CR_KEY];
	struct be_challenges challenges;
	struct be_limit limit;
	uint8_t fingerprints[2][CR_HASH];
	struct be_granted out;
	struct cb_buf given;
	enum be_refusal refusal;
};

typedef void trial_fn(struct trial *t);

/* A new card of the organisation, by one of its people. */
void trial_init(struct trial *t);
void trial_clear(struct trial *t);
/* Another act, without rows. */
void trial_act(struct trial *t, const char *what);
/* A row about the act's subject. */
struct wire_grant *trial_row(struct trial *t, enum wire_grant_type type);
/* By the platform, of a person of it. */
void trial_of_platform(struct trial *t);

void trial_make(struct trial *t);
enum cb_err trial_ask(struct trial *t);
/* One more act of the same people, asked at this time. */
void trial_again(struct trial *t, uint64_t tick);

/* A trial from beginning to end; `late` changes what was made. */
struct trial_row {
	const char *name;
	trial_fn *act, *early, *late;	/* NULL: nothing */
	enum be_refusal refusal;
};
void trial_run(const struct trial_row *row);

extern const uint8_t trial_subject[WIRE_ID], trial_other[WIRE_ID];

#endif
