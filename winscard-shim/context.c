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

static struct ws_lock table = WS_LOCK_INIT;
static struct ws_context *contexts;
static bool fork_heard;

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

enum ws_result
ws_dial(struct br_client **out)
{
	struct cb_why why = { "" };
	char path[PATH_MAX];
	enum cb_err r;

	*out = NULL;
	if (br_socket_path(NULL, path, sizeof(path)) != CB_OK)
		return WS_NO_SERVICE;
	r = br_connect(out, path, DIAL_MS, &why);
	/* nobody would find this out from a number */
	if (r == CB_E_LIMIT)
		fprintf(stderr, "cardbridge: %s\n", why.text);
	return ws_trouble(r);
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
	ws_calling(ctx, NULL);
	ws_lock_give(&ctx->call);
	let_go(ctx);
}

void
ws_calling(struct ws_context *ctx, struct br_client *conn)
{
	ws_lock_take(&table);
	ctx->calling = conn;
	ws_lock_give(&table);
}

void
ws_waiting(struct ws_context *ctx, bool in)
{
	ws_lock_take(&table);
	ctx->waiting = in;
	/* a wish to cancel dies with the wait that it was for */
	ws_signal_lower(&ctx->cancel);
	if (in && ctx->released)
		ws_signal_raise(&ctx->cancel);
	ws_lock_give(&table);
}

/* With the table's lock, which is given back: waits for its turn. False: it
 * was released meanwhile. */
static bool
take_turn(struct ws_context *ctx)
{
	bool there;

	ctx->users++;
	ws_lock_give(&table);
	ws_lock_take(&ctx->call);
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
	ws_lock_give(&table);
}

/* Everything is the parent's. Its locks may be held by threads that do not
 * exist here, so nothing is freed; but a descriptor that stayed open would
 * keep the parent's cards when the parent has gone. */
static void
fork_child(void)
{
	struct ws_context *c;
	struct ws_card *k;

	for (c = contexts; c != NULL; c = c->next) {
		ws_forget_fd(br_fd(c->conn));
		ws_forget_fd(br_fd(c->spare));
		ws_forget_fd(c->cancel.fd);
		for (k = c->cards; k != NULL; k = k->next)
			ws_forget_fd(br_fd(k->conn));
	}
	contexts = NULL;
	ws_lock_init(&table);
}

/* ---- contexts ---------------------------------------------------------- */

enum ws_result
ws_context_establish(ws_handle *out)
{
	struct ws_context *ctx;
	enum ws_result r = WS_OK;

	*out = 0;
	if ((ctx = calloc(1, sizeof(*ctx))) == NULL)
		return WS_NO_MEMORY;
	ws_lock_init(&ctx->call);
	ctx->cancel.fd = -1;
	if (ws_signal_init(&ctx->cancel) != CB_OK)
		r = WS_NO_MEMORY;
	if (r == WS_OK)
		r = ws_dial(&ctx->conn);
	ws_lock_take(&table);
	if (r == WS_OK && !fork_heard) {
		if (ws_on_fork(fork_before, fork_parent, fork_child) == CB_OK)
			fork_heard = true;
		else
			r = WS_NO_MEMORY;
	}
	if (r == WS_OK) {
		ctx->id = new_id();
		ctx->next = contexts;
		contexts = ctx;
		*out = ctx->id;
	}
	ws_lock_give(&table);
	if (r != WS_OK)
		destroy(ctx);
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

enum ws_result
ws_context_release(ws_handle id)
{
	struct ws_context *ctx, **at;
	struct ws_card *card;
	struct br_shared s;

	ws_lock_take(&table);
	if ((ctx = find(id)) == NULL) {
		ws_lock_give(&table);
		return WS_INVALID_HANDLE;
	}
	ctx->released = true;
	ctx->users++;
	interrupt(ctx);
	ws_lock_give(&table);
	/* the call that is running has ended, or does so by itself */
	ws_lock_take(&ctx->call);
	while ((card = ctx->cards) != NULL) {
		ws_card_remove(card);
		if (br_share_disconnect(card->conn, BR_ABANDON, &s) != CB_OK)
			s.outcome = BR_SHARE_GONE;
		br_close(&card->conn);
		free(card);
	}
	ws_lock_take(&table);
	for (at = &contexts; *at != ctx; at = &(*at)->next)
		;
	*at = ctx->next;
	ws_lock_give(&table);
	ws_leave(ctx);
	return WS_OK;
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
	struct ws_context *ctx;

	ws_lock_take(&table);
	if ((ctx = find(id)) != NULL)
		interrupt(ctx);
	ws_lock_give(&table);
	return ctx != NULL ? WS_OK : WS_INVALID_HANDLE;
}

/* ---- what a context has ------------------------------------------------ */

enum ws_result
ws_list(struct ws_context *ctx, bool tell, struct br_listed **list,
    size_t *count, uint32_t *comings)
{
	return ws_trouble(br_list(ctx->conn, tell, list, count, comings));
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
