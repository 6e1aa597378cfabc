/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card in a backend, between the sources of its link:
 *
 *	link_https.c		what a link does
 *	hosted_news.c		whether the card is there, and who is told
 *	hosted_session.c	the session with it: opened, asked, given back
 *
 * The link is used by one thread at a time, as any other, but for what stands
 * in it with a lock or as an atomic: news come by the thread of its hold.
 */
#ifndef BR_HOSTED_H
#define BR_HOSTED_H

#include <pthread.h>
#include <stdatomic.h>

#include "bridge/https/hold.h"
#include "bridge/https/session.h"
#include "bridge/https/uri.h"
#include "bridge/link.h"

struct br_hosted {
	struct br_link base;
	struct br_https_uri uri;
	char card[2 * WIRE_ID + 1];
	struct br_hold *hold;
	struct br_held_card held;
	struct br_who *who;	/* whom http shows, and the session is of */
	struct br_http *http;
	struct br_caller caller;
	struct br_remote remote;
	struct br_link_info info;
	uint64_t idle_at;	/* ms; UINT64_MAX: no connection */
	atomic_ullong end_by;	/* ms; 0: the bridge does not end */
	bool unheard;		/* whether its session is open is not known */
	atomic_ullong trips;	/* requests with an APDU that were answered */

	pthread_mutex_t status_lock;	/* nothing else under it */
	bool in_session;
	uint8_t session[WIRE_ID];

	atomic_bool over;	/* told by the hold's thread, as the rest is */
	pthread_mutex_t lock;	/* below */
	br_link_tell *tell;	/* NULL: nobody watches yet */
	void *ctx;
	bool known, there;
	bool yielded;		/* another device has taken it over */
	bool powered;		/* once; its ATR is known from it itself */
	uint8_t atr[CB_ATR_MAX];	/* before that, as the hold says */
	size_t atr_n;
	char words[384];	/* why it is not there */
	char unopened[384];	/* why it did not open last; "": it did */
};

/* ---- hosted_news.c ------------------------------------------------------- */

/* From its hold; ctx: the card. */
void br_hosted_news(void *ctx, const struct br_hold_news *news);
/* `tell` hears of all news from now on, and at once of what is known. */
void br_hosted_watch(struct br_hosted *l, br_link_tell *tell, void *ctx);
/* Is there a card to be powered, as far as is known? CB_E_ABSENT: *why. */
CB_MUST_USE enum cb_err br_hosted_there(
    struct br_hosted *l, struct cb_why *why);
/* Whoever has the card must see that it was taken out. */
void br_hosted_taken_out(struct br_hosted *l);
/* Its own setting keeps it with the device that uses it: until that has given
 * it back there is no card to be taken. */
void br_hosted_yield(struct br_hosted *l);
/* It was powered, and has told its ATR itself. */
void br_hosted_powered(struct br_hosted *l);
/* It is there, but could not be opened: its reader says why until it can be, or
 * comes anew. */
void br_hosted_unopened(struct br_hosted *l, const char *words);

/* ---- hosted_session.c ---------------------------------------------------- */

/* As whom it is asked for from now on. */
void br_hosted_show(struct br_hosted *l);
CB_MUST_USE enum cb_err br_hosted_open(
    struct br_hosted *l, struct cb_why *why);
/* One command, for somebody who waits: without an answer the card is lost.
 * Where the session is alive afterwards an error is a refusal. */
CB_MUST_USE enum cb_err br_hosted_ask(struct br_hosted *l,
    enum wire_command_type type, uint8_t argument, struct cb_span apdu,
    struct cb_buf *rsp, struct cb_why *why);
/* Power off: nobody waits for it; where it is not heard the session is no
 * longer used, and given back when the card rests. */
void br_hosted_off(struct br_hosted *l);
/* Gives the card back, if there is a session; br_hosted_drop forgets it. */
void br_hosted_give_back(struct br_hosted *l);
void br_hosted_drop(struct br_hosted *l);

#endif
