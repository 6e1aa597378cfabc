/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The table of contexts and of the cards connected in them: handles, turns,
 * cancelling, and what a fork leaves behind.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "winscard-shim/internal.h"

/* A bridge on this machine that does not take us up in this time is stuck. */
#define DIAL_MS 5000
/* How soon a call that is to end is told so again. */
#define AGAIN_MS 20

static struct ws_lock table = WS_LOCK_INIT;
static struct ws_context *contexts;
static bool fork_heard;
static unsigned forks;		/* seen by the parent; table's lock */
static struct ws_context *inherited; /* the parent's, for ever */

/* ---- trouble ----------------------------------------------------------- */

enum ws_result
ws_trouble(enum cb_err r)
{
	switch (r) {
	case CB_OK:
		return WS_OK;
	case CB_E_NOMEM:
		return WS_NO_MEMORY;
	case CB_E_DENIED:
		return WS_SECURITY_VIOLATION;
	case CB_E_ABSENT:
	case CB_E_PEER:
	case CB_E_TIMEOUT:
		return WS_NO_SERVICE;
	case CB_E_LIMIT:
		return WS_SERVICE_STOPPED;
	default:
		return WS_INTERNAL;
	}
}

enum ws_result
ws_card_trouble(enum cb_err r)
{
	enum ws_result w = ws_trouble(r);

	return w == WS_NO_SERVICE ? WS_READER_UNAVAILABLE : w;
}

enum ws_result
ws_outcome(enum br_outcome outcome)
{
	static const enum ws_result results[BR_SHARE_OUTCOMES] = {
		[BR_SHARE_OK] = WS_OK,
		[BR_SHARE_VIOLATION] = WS_SHARING_VIOLATION,
		[BR_SHARE_NO_CARD] = WS_NO_SMARTCARD,
		[BR_SHARE_REMOVED] = WS_REMOVED_CARD,
		[BR_SHARE_RESET] = WS_RESET_CARD,
		[BR_SHARE_NOT_TRANSACTED] = WS_NOT_TRANSACTED,
		[BR_SHARE_PROTOCOL] = WS_PROTO_MISMATCH,
		[BR_SHARE_GONE] = WS_READER_UNAVAILABLE,
		[BR_SHARE_CANCELLED] = WS_CANCELLED,
		[BR_SHARE_UNRESPONSIVE] = WS_UNRESPONSIVE,
	};

	return results[outcome];
}

/* ---- the table, with its lock ------------------------------------------ */

/* What is being released is not there any more. */
static struct ws_context *
find(ws_handle id)
{
	struct ws_context *c = contexts;

	while (c != NULL && (c->id != id || c->released))
		c = c->next;
	return c;
}

static struct ws_card *
find_card(ws_handle id)
{
	struct ws_context *c;
	struct ws_card *k;

	for (c = contexts; c != NULL; c = c->next)
		for (k = c->cards; k != NULL; k = k->next)
			if (k->id == id && !c->released)
				return k;
	return NULL;
}

static ws_handle
new_id(void)
{
	ws_handle id;

	do
		id = ws_random();
	while (find(id) != NULL || find_card(id) != NULL);
	return id;
}

/* ---- turns ------------------------------------------------------------- */

static void
destroy(struct ws_context *ctx)
{
	struct ws_card *card;

	while ((card = ctx->cards) != NULL) {
		ctx->cards = card->next;
		br_close(&card->conn);
		free(card);
	}
	br_close(&ctx->conn);
	br_close(&ctx->spare);
	ws_signal_clear(&ctx->cancel);
	ws_lock_clear(&ctx->call);
	free(ctx);
}

/* One user less; the last one of a released context takes it away. */
static void
let_go(struct ws_context *ctx)
{
	bool last;

	ws_lock_take(&table);
	last = --ctx->users == 0 && ctx->released;
	ws_lock_give(&table);
	if (last)
		destroy(ctx);
}

void
ws_leave(struct ws_context *ctx)
{
	int held = ctx->held;

	ws_calling(ctx, NULL);
	ws_lock_give(&ctx->call);
	let_go(ctx);
	ws_thread_let(held);
}

void
ws_calling(struct ws_context *ctx, struct br_client *conn)
{
	ws_lock_take(&table);
	ctx->calling = conn;
	ws_lock_give(&table);
}

enum ws_result
ws_waiting(struct ws_context *ctx, bool in)
{
	enum ws_result r = WS_OK;

	ws_lock_take(&table);
	ctx->waiting = in;
	/* made here: most contexts never wait */
	if (ctx->cancel.fd < 0 && ws_signal_init(&ctx->cancel) != CB_OK) {
		ctx->waiting = false;
		r = WS_NO_MEMORY;
	} else {
		/* a wish to cancel dies with the wait that it was for */
		ws_signal_lower(&ctx->cancel);
		if (in && ctx->released)
			ws_signal_raise(&ctx->cancel);
	}
	ws_lock_give(&table);
	return r;
}

bool
ws_cancelled(struct ws_context *ctx)
{
	bool cancelled;

	ws_lock_take(&table);
	cancelled = ctx->cancel.raised;
	ws_lock_give(&table);
	return cancelled;
}

/* With the table's lock, which is given back: waits for its turn. False: it
 * was released meanwhile. */
static bool
take_turn(struct ws_context *ctx)
{
	int held = ws_thread_hold();
	bool there;

	ctx->users++;
	ws_lock_give(&table);
	ws_lock_take(&ctx->call);
	ctx->held = held;
	ws_lock_take(&table);
	there = !ctx->released;
	ws_lock_give(&table);
	if (!there)
		ws_leave(ctx);
	return there;
}

enum ws_result
ws_enter(ws_handle id, struct ws_context **out)
{
	ws_lock_take(&table);
	if ((*out = find(id)) == NULL) {
		ws_lock_give(&table);
		return WS_INVALID_HANDLE;
	}
	return take_turn(*out) ? WS_OK : WS_INVALID_HANDLE;
}

enum ws_result
ws_enter_card(ws_handle id, struct ws_card **out)
{
	struct ws_context *ctx;
	struct ws_card *card;

	*out = NULL;
	ws_lock_take(&table);
	if ((card = find_card(id)) == NULL) {
		ws_lock_give(&table);
		return WS_INVALID_HANDLE;
	}
	ctx = card->ctx;
	if (!take_turn(ctx))
		return WS_INVALID_HANDLE;
	/* another thread may have disconnected it while we waited */
	ws_lock_take(&table);
	card = find_card(id);
	if (card != NULL)
		ctx->calling = card->conn;
	ws_lock_give(&table);
	if (card == NULL) {
		ws_leave(ctx);
		return WS_INVALID_HANDLE;
	}
	*out = card;
	return WS_OK;
}

enum ws_result
ws_card_valid(ws_handle id)
{
	struct ws_card *card;

	ws_lock_take(&table);
	card = find_card(id);
	ws_lock_give(&table);
	return card != NULL ? WS_OK : WS_INVALID_HANDLE;
}

/* ---- fork -------------------------------------------------------------- */

static void
fork_before(void)
{
	ws_lock_take(&table);
}

static void
fork_parent(void)
{
	forks++;
	ws_lock_give(&table);
}

/* Everything is the parent's. Its locks may be held by threads that do not
 * exist here, so nothing is freed; but a descriptor that stayed open would
 * keep the parent's cards when the parent has gone. */
static void
fork_child(void)
{
	int held = ws_thread_hold();
	struct ws_context **last = &inherited, *c;
	struct ws_card *k;

	for (c = contexts; c != NULL; c = c->next) {
		br_forget(c->conn);
		br_forget(c->spare);
		br_forget(c->calling);
		ws_signal_forget(&c->cancel);
		for (k = c->cards; k != NULL; k = k->next)
			br_forget(k->conn);
	}
	/* who looks for leaks shall find none */
	while (*last != NULL)
		last = &(*last)->next;
	*last = contexts;
	contexts = NULL;
	ws_lock_init(&table);
	ws_thread_let(held);
}

/* ---- connecting -------------------------------------------------------- */

/* Nobody would find out from a number what is wrong; but the streams are the
 * program's, so who wants to know has to say so. */
static void
explain(const struct cb_why *why)
{
	const char *wanted = getenv("CARDBRIDGE_DEBUG");

	if (wanted != NULL && wanted[0] != '\0')
		fprintf(stderr, "cardbridge: %s\n", why->text);
}

static enum ws_result
dial(struct br_client **out)
{
	struct cb_why why = { "" };
	char path[PATH_MAX];
	enum cb_err r;

	if (br_socket_path(NULL, path, sizeof(path)) != CB_OK) {
		cb_why_set(&why, "There is no bridge: CARDBRIDGE_SOCKET is "
		    "not set.");
		explain(&why);
		return WS_NO_SERVICE;
	}
	if ((r = br_connect(out, path, DIAL_MS, &why)) != CB_OK)
		explain(&why);
	return ws_trouble(r);
}

/* Dials, and has `place` put the connection, with the table's lock, where
 * fork_child finds it. The child of a fork that came between has it, too, and
 * would keep what becomes of it: so it is given up, and another one made. */
static enum ws_result
dial_for(struct ws_context *ctx,
    void (*place)(struct ws_context *ctx, struct br_client *conn))
{
	struct br_client *conn = NULL;
	unsigned seen;
	enum ws_result r;

	do {
		br_close(&conn);
		ws_lock_take(&table);
		seen = forks;
		ws_lock_give(&table);
		r = dial(&conn);
		ws_lock_take(&table);
		if (r == WS_OK && seen == forks) {
			place(ctx, conn);
			conn = NULL;
		}
		ws_lock_give(&table);
	} while (conn != NULL);
	return r;
}

static void
place_calling(struct ws_context *ctx, struct br_client *conn)
{
	ctx->calling = conn;
}

/* A context lives as long as its bridge: it has a connection at any time, and
 * one that is alive vouches for a further one. With the table's lock. */
static bool
has_bridge(const struct ws_context *ctx)
{
	const struct ws_card *card = ctx->cards;

	if (ctx->gone)
		return false;
	if (ctx->spare != NULL || br_alive(ctx->conn))
		return true;
	while (card != NULL && !br_alive(card->conn))
		card = card->next;
	return card != NULL;
}

/* The connection is always where fork_child finds it. */
enum ws_result
ws_take_conn(struct ws_context *ctx, struct br_client **out)
{
	enum ws_result r = WS_OK;

	ws_lock_take(&table);
	ctx->gone = !has_bridge(ctx);
	if (ctx->gone) {
		r = WS_NO_SERVICE;
	} else {
		ctx->calling = ctx->spare;
		ctx->spare = NULL;
	}
	ws_lock_give(&table);
	if (r == WS_OK && ctx->calling == NULL)
		r = dial_for(ctx, place_calling);
	/* only this call changes it */
	*out = r == WS_OK ? ctx->calling : NULL;
	return r;
}

enum ws_result
ws_said(struct ws_context *ctx, enum cb_err r)
{
	enum ws_result w = ws_trouble(r);

	if (w == WS_NO_SERVICE) {
		ws_lock_take(&table);
		ctx->gone = true;
		ws_lock_give(&table);
	}
	return w;
}

void
ws_leave_conn(struct ws_context *ctx, struct br_client **conn)
{
	ws_lock_take(&table);
	ctx->calling = NULL;
	if (ctx->spare == NULL) {
		ctx->spare = *conn;
		*conn = NULL;
	}
	ws_lock_give(&table);
	br_close(conn);
}

/* ---- contexts ---------------------------------------------------------- */

static enum ws_result
hear_of_forks(void)
{
	enum ws_result r = WS_OK;

	ws_lock_take(&table);
	if (!fork_heard &&
	    ws_on_fork(fork_before, fork_parent, fork_child) != CB_OK)
		r = WS_NO_MEMORY;
	if (r == WS_OK)
		fork_heard = true;
	ws_lock_give(&table);
	return r;
}

static void
place_context(struct ws_context *ctx, struct br_client *conn)
{
	ctx->spare = conn;
	ctx->id = new_id();
	ctx->next = contexts;
	contexts = ctx;
}

enum ws_result
ws_context_establish(ws_handle *out)
{
	int held = ws_thread_hold();
	struct ws_context *ctx;
	enum ws_result r;

	*out = 0;
	if ((ctx = calloc(1, sizeof(*ctx))) == NULL) {
		ws_thread_let(held);
		return WS_NO_MEMORY;
	}
	ws_lock_init(&ctx->call);
	ctx->cancel = (struct ws_signal){ .fd = -1, .to = -1 };
	if ((r = hear_of_forks()) == WS_OK)
		r = dial_for(ctx, place_context);
	if (r == WS_OK)
		*out = ctx->id;
	else
		destroy(ctx);
	ws_thread_let(held);
	return r;
}

/* Ends whatever waits in this context, with the table's lock. */
static void
interrupt(struct ws_context *ctx)
{
	if (ctx->waiting)
		ws_signal_raise(&ctx->cancel);
	if (ctx->calling != NULL)
		br_share_abort(ctx->calling);
}

/* Gives back its cards. A bridge that does not answer for one is not asked
 * about the next: the end of a connection tells it the same. */
static void
abandon_cards(struct ws_context *ctx)
{
	enum cb_err r = CB_OK;
	struct br_shared s;
	struct ws_card *card;

	while ((card = ctx->cards) != NULL) {
		if (r == CB_OK)
			r = br_share_disconnect(card->conn, BR_ABANDON, &s);
		ws_card_remove(card);
		br_close(&card->conn);
		free(card);
	}
}

/* With the table's lock, which is given back: the last turn. The call that is
 * running has ended, or does so by itself, or is told to; again and again,
 * because it may not have begun to wait. */
static void
take_last_turn(struct ws_context *ctx)
{
	int held = ws_thread_hold();

	ctx->users++;
	interrupt(ctx);
	ws_lock_give(&table);
	while (!ws_lock_try(&ctx->call, AGAIN_MS)) {
		ws_lock_take(&table);
		interrupt(ctx);
		ws_lock_give(&table);
	}
	ctx->held = held;
}

enum ws_result
ws_context_release(ws_handle id)
{
	struct ws_context *ctx, **at;

	ws_lock_take(&table);
	if ((ctx = find(id)) == NULL) {
		ws_lock_give(&table);
		return WS_INVALID_HANDLE;
	}
	ctx->released = true;
	take_last_turn(ctx);
	abandon_cards(ctx);
	ws_lock_take(&table);
	for (at = &contexts; *at != ctx; at = &(*at)->next)
		;
	*at = ctx->next;
	ws_lock_give(&table);
	ws_leave(ctx);
	return WS_OK;
}

/* What is in use stays as it is: at the end of a process its threads still
 * run, and a library that is taken out under them is beyond help. */
void
ws_unload(void)
{
	struct ws_context **at = &contexts, *ctx, *idle = NULL;

	/* the thread that ends the process may have been interrupted */
	if (!ws_lock_try(&table, 0))
		return;
	while ((ctx = *at) != NULL) {
		if (ctx->users > 0) {
			at = &ctx->next;
			continue;
		}
		*at = ctx->next;
		ctx->next = idle;
		idle = ctx;
	}
	ws_lock_give(&table);
	while ((ctx = idle) != NULL) {
		idle = ctx->next;
		destroy(ctx);
	}
}

enum ws_result
ws_context_valid(ws_handle id)
{
	struct ws_context *ctx;

	ws_lock_take(&table);
	ctx = find(id);
	ws_lock_give(&table);
	return ctx != NULL ? WS_OK : WS_INVALID_HANDLE;
}

enum ws_result
ws_cancel(ws_handle id)
{
	int held = ws_thread_hold();
	struct ws_context *ctx;

	ws_lock_take(&table);
	if ((ctx = find(id)) != NULL)
		interrupt(ctx);
	ws_lock_give(&table);
	ws_thread_let(held);
	return ctx != NULL ? WS_OK : WS_INVALID_HANDLE;
}

/* ---- what a context has ------------------------------------------------ */

/* Whoever asks to be told keeps the connection: a word of a change may be on
 * its way at any time, and would meet a card's exchange. */
enum ws_result
ws_list(struct ws_context *ctx, bool tell, struct br_listed **list,
    size_t *count, uint32_t *comings)
{
	struct br_client *conn = ctx->conn;
	enum ws_result r = WS_OK;

	*list = NULL;
	*count = 0;
	*comings = 0;
	if (conn == NULL && (r = ws_take_conn(ctx, &conn)) != WS_OK)
		return r;
	r = ws_said(ctx, br_list(conn, tell, list, count, comings));
	if (conn == ctx->conn)
		return r;
	if (!tell) {
		ws_leave_conn(ctx, &conn);
		return r;
	}
	ws_lock_take(&table);
	ctx->conn = conn;
	ctx->calling = NULL;
	ws_lock_give(&table);
	return r;
}

enum ws_result
ws_readers(ws_handle id, struct br_listed **list, size_t *count)
{
	struct ws_context *ctx;
	uint32_t comings;
	enum ws_result r;

	*list = NULL;
	*count = 0;
	if ((r = ws_enter(id, &ctx)) != WS_OK)
		return r;
	r = ws_list(ctx, false, list, count, &comings);
	ws_leave(ctx);
	return r == WS_OK && *count == 0 ? WS_NO_READERS : r;
}

void
ws_card_add(struct ws_context *ctx, struct ws_card *card)
{
	ws_lock_take(&table);
	card->id = new_id();
	card->ctx = ctx;
	card->next = ctx->cards;
	ctx->cards = card;
	ws_lock_give(&table);
}

void
ws_card_remove(struct ws_card *card)
{
	struct ws_card **at;

	ws_lock_take(&table);
	for (at = &card->ctx->cards; *at != card; at = &(*at)->next)
		;
	*at = card->next;
	card->ctx->calling = NULL;
	ws_lock_give(&table);
}
