/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The rules of sharing, see arbiter.h.
 */
#include <stddef.h>

#include "bridge/arbiter.h"

/* ---- waiting ----------------------------------------------------------- */

static bool
fits(const struct br_arbiter *a, const struct br_handle *h, enum br_ask what)
{
	return a->owner == NULL && (a->kept == NULL || a->kept == h) &&
	    (what == BR_ASK_CALL || a->inside == 0);
}

static void
let_in(struct br_arbiter *a, struct br_handle *h, enum br_ask what)
{
	h->asks = BR_ASK_NONE;
	if (what == BR_ASK_LOCK && h->connected &&
	    h->pending == BR_PENDING_NONE) {
		a->owner = h;
		a->nesting = 1;
		a->kept = NULL;
		return;
	}
	/* who is told something else than that it has the lock comes and
	 * goes like a call */
	h->inside = true;
	a->inside++;
}

/* Lets in whoever may come, in order of arrival. */
static void
pump(struct br_arbiter *a)
{
	struct br_handle *h;

	while ((h = a->first) != NULL && fits(a, h, h->asks)) {
		a->first = h->behind;
		if (a->first == NULL)
			a->last = NULL;
		h->behind = NULL;
		let_in(a, h, h->asks);
		h->wake(h);
	}
	/* one of those who wait looks at the clock for all */
	if (h != NULL && a->kept != NULL)
		h->later(h, a->kept_until);
}

void
br_arb_due(struct br_arbiter *a, uint64_t now)
{
	if (a->kept != NULL && now >= a->kept_until)
		a->kept = NULL;
	pump(a);
}

/* It begins a transaction: how long was it away? */
static void
note_return(struct br_handle *h, uint64_t now)
{
	if (h->ended == 0 || now - h->ended <= BR_ARB_KEEP_NS)
		h->strayed = 0;
	else if (h->strayed < BR_ARB_STRAYS)
		h->strayed++;
}

bool
br_arb_free(struct br_arbiter *a, const struct br_handle *h, enum br_ask what,
    uint64_t now)
{
	if (a->kept != NULL && now >= a->kept_until)
		br_arb_due(a, now);
	return a->owner == h ||
	    ((a->first == NULL || a->kept == h) && fits(a, h, what));
}

bool
br_arb_ask(struct br_arbiter *a, struct br_handle *h, enum br_ask what,
    uint64_t now)
{
	bool free = br_arb_free(a, h, what, now);

	if (a->owner == h) {
		/* its own calls are part of its transaction */
		if (what == BR_ASK_LOCK && h->pending == BR_PENDING_NONE)
			a->nesting++;
		return true;
	}
	if (what == BR_ASK_LOCK)
		note_return(h, now);
	if (free) {
		let_in(a, h, what);
		return true;
	}
	h->asks = what;
	h->since = now;
	h->behind = NULL;
	if (a->last != NULL)
		a->last->behind = h;
	else
		a->first = h;
	a->last = h;
	if (a->first == h && a->kept != NULL)
		h->later(h, a->kept_until);
	return false;
}

void
br_arb_left(struct br_arbiter *a, struct br_handle *h)
{
	if (!h->inside)
		return;
	h->inside = false;
	a->inside--;
	pump(a);
}

static void
unqueue(struct br_arbiter *a, struct br_handle *h)
{
	struct br_handle **at, *before = NULL;

	for (at = &a->first; *at != h; at = &(*at)->behind)
		before = *at;
	*at = h->behind;
	if (a->last == h)
		a->last = before;
	h->behind = NULL;
}

void
br_arb_leave(struct br_arbiter *a, struct br_handle *h)
{
	if (h->asks == BR_ASK_NONE)
		return;
	unqueue(a, h);
	h->asks = BR_ASK_NONE;
	pump(a);
}

bool
br_arb_locked(const struct br_arbiter *a, const struct br_handle *h)
{
	return a->owner != NULL && a->owner != h;
}

static void
unlock(struct br_arbiter *a)
{
	a->owner = NULL;
	a->nesting = 0;
	pump(a);
}

/* It does not come back. */
static void
unkeep(struct br_arbiter *a, const struct br_handle *h)
{
	if (a->kept != h)
		return;
	a->kept = NULL;
	pump(a);
}

/* ---- handles ----------------------------------------------------------- */

enum br_outcome
br_arb_pending(const struct br_handle *h)
{
	static const enum br_outcome told[] = {
		[BR_PENDING_NONE] = BR_SHARE_OK,
		[BR_PENDING_RESET] = BR_SHARE_RESET,
		[BR_PENDING_REMOVED] = BR_SHARE_REMOVED,
	};

	return told[h->pending];
}

enum br_outcome
br_arb_admit(const struct br_arbiter *a, const struct br_handle *h,
    enum br_share_mode mode)
{
	unsigned others = a->handles_n - (h->connected ? 1 : 0);

	if (a->exclusive != NULL && a->exclusive != h)
		return BR_SHARE_VIOLATION;
	if (mode == BR_SHARE_EXCLUSIVE && others > 0)
		return BR_SHARE_VIOLATION;
	return BR_SHARE_OK;
}

void
br_arb_connect(
    struct br_arbiter *a, struct br_handle *h, enum br_share_mode mode)
{
	bool exclusive = mode == BR_SHARE_EXCLUSIVE;

	if (!h->connected) {
		h->connected = true;
		h->pending = BR_PENDING_NONE;
		h->ended = 0;
		h->strayed = 0;
		h->next = a->handles;
		a->handles = h;
		a->handles_n++;
	}
	if (exclusive && (!h->exclusive || a->owner != h)) {
		/* the lowest transaction, which Begin and End stand upon; a
		 * removed card has taken it away */
		a->exclusive = h;
		a->nesting = a->owner == h ? a->nesting + 1 : 1;
		a->owner = h;
	} else if (!exclusive && h->exclusive) {
		a->exclusive = NULL;
		if (a->owner == h && --a->nesting == 0) {
			h->exclusive = false;
			unlock(a);
		}
	}
	h->exclusive = exclusive;
}

void
br_arb_disconnect(struct br_arbiter *a, struct br_handle *h)
{
	struct br_handle **at;

	br_arb_leave(a, h);
	if (h->connected) {
		for (at = &a->handles; *at != h; at = &(*at)->next)
			;
		*at = h->next;
		a->handles_n--;
		h->connected = false;
	}
	if (a->exclusive == h)
		a->exclusive = NULL;
	h->exclusive = false;
	if (a->owner == h)
		unlock(a);
	unkeep(a, h);
	br_arb_left(a, h);
}

bool
br_arb_owns(const struct br_arbiter *a, const struct br_handle *h)
{
	return a->owner == h;
}

enum br_outcome
br_arb_may_end(const struct br_arbiter *a, const struct br_handle *h)
{
	if (a->owner != h)
		return a->owner != NULL ? BR_SHARE_VIOLATION :
					  BR_SHARE_NOT_TRANSACTED;
	if (a->nesting == (h->exclusive ? 1u : 0u))
		return BR_SHARE_NOT_TRANSACTED;
	return BR_SHARE_OK;
}

void
br_arb_end(struct br_arbiter *a, struct br_handle *h, uint64_t now)
{
	uint64_t until = now + BR_ARB_KEEP_NS, most;

	if (a->owner != h || --a->nesting > 0)
		return;
	h->ended = now;
	if (a->first != NULL) {
		most = a->first->since + BR_ARB_PATIENCE_NS;
		until = until < most ? until : most;
	}
	/* after a reset the card is not as it was for this handle either */
	if (until > now && h->strayed < BR_ARB_STRAYS &&
	    h->pending == BR_PENDING_NONE) {
		a->kept = h;
		a->kept_until = until;
	}
	unlock(a);
}

/* ---- what happens to a card -------------------------------------------- */

/* Who waits for a transaction is told now, not when it could have it. */
static void
dismiss(struct br_arbiter *a)
{
	struct br_handle *h, *behind;

	for (h = a->first; h != NULL; h = behind) {
		behind = h->behind;
		if (h->asks != BR_ASK_LOCK || h->pending == BR_PENDING_NONE)
			continue;
		unqueue(a, h);
		let_in(a, h, BR_ASK_LOCK);
		h->wake(h);
	}
	pump(a);
}

void
br_arb_was_reset(struct br_arbiter *a, const struct br_handle *except)
{
	struct br_handle *h;

	a->protocol = 0;
	for (h = a->handles; h != NULL; h = h->next)
		if (h != except && h->pending == BR_PENDING_NONE)
			h->pending = BR_PENDING_RESET;
	dismiss(a);
}

void
br_arb_was_removed(struct br_arbiter *a)
{
	struct br_handle *h;

	a->protocol = 0;
	a->powered = false;
	for (h = a->handles; h != NULL; h = h->next)
		h->pending = BR_PENDING_REMOVED;
	a->kept = NULL;
	dismiss(a);
	/* an exclusive handle stays exclusive, but holds up nobody */
	unlock(a);
}
