/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The request that a backend holds until there is news of a card: one for all
 * readers of one backend and identity, on a thread of its own, which also says
 * to the backend that their sessions live.
 */
#ifndef BR_HTTPS_HOLD_H
#define BR_HTTPS_HOLD_H

#include "bridge/client_status.h"
#include "bridge/https/call.h"
#include "bridge/https/who.h"

/* For so long a road may be broken before what stands at its other end counts
 * as gone; a session lives as long there. Tests shorten it. */
extern unsigned br_hold_patience_ms;

struct br_hold;

struct br_hold_news {
	bool there;		/* the card, for us */
	bool elsewhere;		/* another device uses it */
	bool kept;		/* ... and it is not to be taken over */
	bool over;		/* our session with it is */
	bool changed;		/* what is on it was, from outside */
	struct cb_span atr;	/* as the door says; empty: it says nothing */
	char words[384];	/* "": there; else why not */
};

/* One card that is waited for. */
struct br_held_card {
	struct br_held_card *next;
	uint8_t card[WIRE_ID];
	/* Called by the hold's thread (and once by br_hold_join's caller if
	 * something is known), never after br_hold_leave; must not wait. */
	void (*tell)(void *ctx, const struct br_hold_news *news);
	void *ctx;
	/* the hold's */
	uint8_t session[WIRE_ID];	/* zeros: none */
	bool opening;			/* one */
	uint32_t stamp;
	bool heard;			/* anything, since it joined */
};

/* Finds or makes the hold of this backend and identity, and joins it. Errors
 * of wire_identity_read. */
CB_MUST_USE enum cb_err br_hold_join(struct br_hold **out,
    struct br_held_card *card, const struct br_https_uri *uri,
    struct cb_why *why);
void br_hold_leave(struct br_hold **hold, struct br_held_card *card);
/* Who we are now; to be dropped. */
struct br_who *br_hold_who(struct br_hold *hold);
/* A session is being opened: from now until none is left nobody else is made
 * of us. Says who we are, likewise. */
struct br_who *br_hold_begin(struct br_hold *hold, struct br_held_card *card);
/* The session that we have with it now (zeros: none). */
void br_hold_session(struct br_hold *hold, struct br_held_card *card,
    const uint8_t session[WIRE_ID]);
/* It was refused: another device has it, or had it. What was heard last may be
 * of before that or of after it, and is asked for anew. */
void br_hold_refused(struct br_hold *hold, struct br_held_card *card);
/* Until something was heard about it, or `ms` have passed. */
void br_hold_await(
    struct br_hold *hold, struct br_held_card *card, unsigned ms);
/* How its road is: state, since, next_ms, url, why, identity, identity_until
 * (any thread; takes no lock that anybody is told under). */
void br_hold_status(struct br_hold *hold, struct br_road_status *out);
/* Whether our identity ends soon, or has ended; *out: when, and what to do
 * (likewise). */
bool br_hold_ends(struct br_hold *hold, struct cb_why *out);
/* Asks at once: somebody has reached the backend. */
void br_hold_hurry(struct br_hold *hold);

/* For who asks the same backend. */
struct br_places *br_hold_places(struct br_hold *hold);

#endif
