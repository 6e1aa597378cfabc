/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What bridges wait to hear of cards: by card, by session and by the number of
 * the request, and of each holder in the order in which they came. All with
 * the worker's lock.
 */
#ifndef BE_WATCH_H
#define BE_WATCH_H

#include "backend/worker/index.h"
#include "backend/worker/queue.h"
#include "common/atr.h"

/* Of one holder: two holds of as many cards as one may have, as while a bridge
 * changes over to a new one. Another one ends its oldest. */
#define BE_WATCHES_MAX 2048

struct be_worker;
struct be_session;

struct be_atr {
	uint8_t p[CB_ATR_MAX];
	size_t n;		/* 0: not known */
};

struct be_watches {
	struct be_index cards, sessions, numbers, holders;
	struct be_queue all;	/* holders */
	struct be_queue look;	/* watches of cards to be looked up */
	uint8_t outside;	/* number of the last be_watch_changed() */
};
CB_MUST_USE enum cb_err be_watches_init(struct be_watches *all);

/* Something about this card has changed. */
void be_watch_news(struct be_worker *w, const uint8_t card[WIRE_ID]);
/* What is on the session's card was changed by somebody else. */
void be_watch_changed(struct be_worker *w, struct be_session *s);
/* Does anybody hold the session? */
bool be_watch_holds(
    const struct be_worker *w, const uint8_t session[WIRE_ID]);
/* Whether the holder may see the card was looked up, and whether its setting
 * keeps it with who has it: nobody else need ask. It is told with
 * be_watch_news(). */
void be_watch_right(struct be_worker *w, const uint8_t holder[WIRE_ID],
    const uint8_t card[WIRE_ID], bool right, bool kept,
    const struct be_atr *atr);
/* It could not be: holds that wait for it end. */
void be_watch_fail(struct be_worker *w, const uint8_t holder[WIRE_ID],
    const uint8_t card[WIRE_ID], enum cb_err why);
/* The next that is to be looked up; false: none. */
bool be_watch_next(struct be_worker *w, uint8_t holder[WIRE_ID],
    uint8_t card[WIRE_ID]);
/* All of them are looked up anew. */
void be_watch_look_again(struct be_worker *w);
void be_watch_clear(struct be_worker *w);

#endif
