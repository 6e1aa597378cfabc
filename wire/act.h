/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a person orders: ACT names the very rows that are to be changed, and is
 * signed over a fresh challenge; APPROVAL is a second person's signature over
 * the same order. Only encoding; who may order what is checked by the vault.
 */
#ifndef WIRE_ACT_H
#define WIRE_ACT_H

#include "wire/grant.h"
#include "wire/key.h"
#include "wire/open.h"
#include "wire/word.h"

#define WIRE_ACT_MAX 32768
#define WIRE_ACT_CHANGES 32
#define WIRE_ACT_DETAIL_MAX 1024

struct wire_change {
	bool remove;
	struct cb_span row;	/* wire_grant_put() wrote it */
};

struct wire_act {
	enum wire_kind kind;
	uint8_t backend[WIRE_ID], organisation[WIRE_ID];
	uint8_t id[WIRE_ID];		/* random; of the act */
	struct cb_span what;		/* a word (desk.h), for the books */
	uint8_t subject[WIRE_ID];	/* zeros: the rows say it */
	struct cb_span detail;		/* fields.h: what else is ordered */
	uint16_t count;			/* at most WIRE_ACT_CHANGES */
	struct cb_span changes;		/* as on the wire */
	/* so far it is what an APPROVAL is of */
	uint8_t challenge[WIRE_CHALLENGE];
	uint8_t person[WIRE_ID];
	struct cb_span certificate;	/* the person's, DER */
};

struct wire_approval {
	enum wire_kind kind;
	uint8_t request[CR_HASH];	/* wire_act_request() */
	uint8_t person[WIRE_ID];
	uint64_t until;			/* milliseconds since 1970 */
	struct cb_span certificate;
};

/* Appends one to what becomes act.changes. */
CB_MUST_USE enum cb_err wire_change_put(
    struct cb_buf *b, const struct wire_change *change);
/* Advances over one. */
CB_MUST_USE enum cb_err wire_change_get(
    struct cb_span *cur, struct wire_change *out);

/* Appends the whole message, signed. CB_E_ARG: changes or a word that no
 * reader takes. */
CB_MUST_USE enum cb_err wire_act_put(struct cb_buf *b,
    const struct wire_act *act, const struct wire_key *key);
/* Each change has been read once, and there are `count`. *head: what is
 * signed, for wire_act_verify(). All is borrowed. CB_E_FORMAT, CB_E_SHORT: no
 * ACT; CB_E_LIMIT: too long, or of another version. */
CB_MUST_USE enum cb_err wire_act_get(struct cb_span whole,
    struct wire_act *out, struct cb_span *head, struct cb_span *signature);
CB_MUST_USE enum cb_err wire_act_verify(const struct wire_key *key,
    struct cb_span head, struct cb_span signature);
/* What is ordered, whoever signs it and when: SHA-256. */
CB_MUST_USE enum cb_err wire_act_request(
    const struct wire_act *act, uint8_t out[CR_HASH]);

/* The same for APPROVAL. */
CB_MUST_USE enum cb_err wire_approval_put(struct cb_buf *b,
    const struct wire_approval *approval, const struct wire_key *key);
CB_MUST_USE enum cb_err wire_approval_get(struct cb_span whole,
    struct wire_approval *out, struct cb_span *head,
    struct cb_span *signature);
CB_MUST_USE enum cb_err wire_approval_verify(const struct wire_key *key,
    struct cb_span head, struct cb_span signature);

#endif
