/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Messages that are not sealed: what a bridge and the door say to each other
 * about the road itself. They are worth no more than the door. PROTOCOL.md,
 * "The road", is the description.
 */
#ifndef WIRE_ROAD_H
#define WIRE_ROAD_H

#include "wire/wire.h"

/* A body of HTTP: fits into a channel's with what goes before it. */
#define WIRE_BODY_MAX (((size_t)1 << 20) - 64)
#define WIRE_COMMANDS_MAX 64	/* records of one request */
#define WIRE_HOLD_MAX 1024	/* cards of one hold */
#define WIRE_HOLD_CLAIMED_MAX 64	/* of who shows no certificate */
#define WIRE_FAILURE_TEXT_MAX 512

struct wire_about {
	enum wire_kind kind;
	uint8_t backend[WIRE_ID];
	struct cb_span authority, service; /* certificates, DER; borrowed */
};
CB_MUST_USE enum cb_err wire_about_put(
    struct cb_buf *b, const struct wire_about *about);
/* CB_E_FORMAT, CB_E_SHORT: not this message; CB_E_LIMIT: of another version,
 * or too long. So do all that follow. */
CB_MUST_USE enum cb_err wire_about_get(
    struct cb_span whole, struct wire_about *out);

enum wire_outcome {	/* on the wire: what became of a request */
	WIRE_NOT_KNOWN = 0,
	WIRE_NOT_RUN = 1,	/* nothing of it was, or will be */
	WIRE_GIVEN = 2,		/* its answer was given before */
};
struct wire_failure {
	enum wire_kind kind;
	uint16_t code;		/* as on the local wire */
	enum wire_outcome outcome;
	char text[WIRE_FAILURE_TEXT_MAX + 1]; /* UTF-8, for a person */
};
CB_MUST_USE enum cb_err wire_failure_put(
    struct cb_buf *b, const struct wire_failure *failure);
CB_MUST_USE enum cb_err wire_failure_get(
    struct cb_span whole, struct wire_failure *out);

/* What a bridge knows of a card. */
struct wire_held {
	uint8_t card[WIRE_ID];
	uint8_t session[WIRE_ID];	/* zeros: none */
	uint32_t stamp;			/* 0: nothing is known yet */
};
struct wire_hold {
	enum wire_kind kind;
	uint32_t seconds;	/* answer by then; 0: never */
	uint16_t count;
	struct cb_span cards;	/* to walk; borrowed */
};
/* Appends one to what becomes hold.cards; walks it. */
CB_MUST_USE enum cb_err wire_held_put(
    struct cb_buf *b, const struct wire_held *held);
CB_MUST_USE enum cb_err wire_held_get(
    struct cb_span *cur, struct wire_held *out);
CB_MUST_USE enum cb_err wire_hold_put(
    struct cb_buf *b, const struct wire_hold *hold);
/* The cards have been counted: `count` of them can be walked. */
CB_MUST_USE enum cb_err wire_hold_get(
    struct cb_span whole, struct wire_hold *out);

enum wire_card_state {	/* on the wire */
	WIRE_THERE = 1,
	WIRE_NOT_THERE = 2,
	WIRE_ELSEWHERE = 3,	/* another device uses it */
};
struct wire_told {
	uint8_t card[WIRE_ID];
	uint8_t session[WIRE_ID];	/* as it was asked */
	uint32_t stamp;			/* not 0 */
	enum wire_card_state state;
	bool over;		/* the session is */
	bool changed;		/* what is on the card was, from outside */
	bool kept;		/* elsewhere, and not to be taken over */
	uint16_t code;		/* why not there, or over */
	struct cb_span atr;	/* empty: not known; borrowed */
};
struct wire_news {
	enum wire_kind kind;
	uint16_t count;		/* 0: the time is over */
	struct cb_span cards;	/* to walk; borrowed */
};
CB_MUST_USE enum cb_err wire_told_put(
    struct cb_buf *b, const struct wire_told *told);
CB_MUST_USE enum cb_err wire_told_get(
    struct cb_span *cur, struct wire_told *out);
CB_MUST_USE enum cb_err wire_news_put(
    struct cb_buf *b, const struct wire_news *news);
/* The cards have been counted and walked: each is whole. */
CB_MUST_USE enum cb_err wire_news_get(
    struct cb_span whole, struct wire_news *out);

#endif
