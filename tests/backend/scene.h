/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Everything that opening a card takes: messages, certificate, rows, wrap. All
 * of it is right until a test changes one thing.
 */
#ifndef TESTS_BACKEND_SCENE_H
#define TESTS_BACKEND_SCENE_H

#include "backend/vault/open.h"

enum { HOLDER, RIGHT, CARD, GROUP, REVOCATION, ROWS };

struct scene {
	/* what to make: */
	struct be_org *worker;		/* who asks */
	struct wire_cert_wish wish;	/* of the certificate */
	struct wire_offer offer;
	struct wire_accept accept;
	/* what the challenge is made for */
	uint8_t org[WIRE_ID], card[WIRE_ID], session[WIRE_ID];
	/* what the secret is wrapped for */
	uint8_t label_org[WIRE_ID], label_card[WIRE_ID],
		label_session[WIRE_ID];
	struct wire_grant rows[ROWS];
	struct be_org *signers[ROWS];
	uint8_t key_card[WIRE_ID];	/* whose card key it is */
	uint32_t key_version;
	struct be_org *key_org;
	uint64_t made_at, tick;
	int64_t now;
	bool no_challenge, used_before, other_challenge;
	bool other_authority, other_key, other_fingerprint;
	bool with_group, with_revocation;
	bool of_platform;	/* the revocation is said to be */
	/* what was made: */
	struct cb_buf cert, offer_bytes, accept_bytes, wrap;
	struct cb_buf bytes[ROWS], macs[ROWS];
	struct be_challenges challenges;
	struct wire_key *key;
	struct be_opened opened;
	enum be_refusal refusal;
};

typedef void flaw(struct scene *s);

void scene_init(struct scene *s, bool is_person);
/* Makes all of it, lets `late` change what was made, and opens. */
enum cb_err scene_open(struct scene *s, flaw *late);
/* Once more with the same certificate and rows, and this revocation or none:
 * `same_bytes` sends the very messages of before. */
enum cb_err scene_again(struct scene *s, bool same_bytes,
    const struct be_signed *revocation);
/* A session with what was made, that is open, is checked again. */
enum cb_err scene_recheck(struct scene *s);
void scene_clear(struct scene *s);

/* What the bridge chose as the secret. */
extern const uint8_t scene_secret[CR_KEY];

#endif
