/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Waiting until what a program knows of readers is not true any more. Each
 * look compares the whole list with the program's idea of it; the bridge only
 * says when it is worth while to look again.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "winscard-shim/internal.h"

#define COUNT(v) ((v) >> 16)
#define COUNT_OF(n) (((uint32_t)(n) & 0xFFFF) << 16)

struct look {
	struct br_listed *list;
	size_t n;
	uint32_t comings;
};

/* pcsc-lite compares this name without case, those of readers with it. */
static bool
is_pnp(const struct ws_reader_state *s)
{
	return strcasecmp(s->name, WS_PNP) == 0;
}

static const struct br_listed *
reader_of(const struct look *l, const struct ws_reader_state *s)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (strcmp(l->list[i].pcsc_name, s->name) == 0)
			return &l->list[i];
	return NULL;
}

/* What is so, without CHANGED. */
static uint32_t
truth(const struct br_listed *l)
{
	uint32_t v = COUNT_OF(l->changes);

	v |= l->present ? WS_STATE_PRESENT : WS_STATE_EMPTY;
	if (l->exclusive)
		v |= WS_STATE_EXCLUSIVE;
	else if (l->in_use)
		v |= WS_STATE_INUSE;
	return v;
}

/* Is what the program believes of a reader that is there false? A card that
 * comes into use is no news, one that gets free is. */
static bool
is_news(uint32_t believed, uint32_t now)
{
	const uint32_t held = WS_STATE_INUSE | WS_STATE_EXCLUSIVE;
	bool present = (now & WS_STATE_PRESENT) != 0;

	if ((believed & 0xFFFF) == WS_STATE_UNAWARE)
		return true;
	if (COUNT(believed) != 0 && COUNT(believed) != COUNT(now))
		return true;
	if ((believed & (WS_STATE_UNAVAILABLE | WS_STATE_UNKNOWN)) != 0)
		return true;
	if ((believed & WS_STATE_EMPTY) != 0 && present)
		return true;
	if ((believed & WS_STATE_PRESENT) != 0 && !present)
		return true;
	if ((believed & WS_STATE_MUTE) != 0 && present)
		return true;	/* no card here is mute */
	return (believed & held) != 0 && (believed & held) != (now & held);
}

/* Fills one state in; true: there is something to tell. */
static bool
tell(struct ws_reader_state *s, const struct look *l)
{
	const struct br_listed *rd = reader_of(l, s);

	if (rd == NULL) {
		s->event = WS_STATE_UNKNOWN | WS_STATE_UNAVAILABLE |
		    WS_STATE_CHANGED;
		return true;
	}
	s->event = truth(rd);
	memcpy(s->atr, rd->atr, rd->atr_n);
	s->atr_n = rd->atr_n;
	if (!is_news(s->current, s->event))
		return false;
	s->event |= WS_STATE_CHANGED;
	return true;
}

/* The pseudo reader: readers have come or gone since the program looked, or
 * since this call began. */
static bool
tell_pnp(struct ws_reader_state *s, const struct look *l, uint32_t first)
{
	s->event = COUNT_OF(l->comings);
	if (l->comings == first && (COUNT(s->current) == 0 ||
		COUNT(s->current) == COUNT(s->event)))
		return false;
	s->event |= WS_STATE_CHANGED;
	return true;
}

static bool
tell_all(struct ws_reader_state *states, size_t n, const struct look *l,
    uint32_t first)
{
	bool news = false;
	size_t i;

	for (i = 0; i < n; i++) {
		states[i].atr_n = 0;
		if ((states[i].current & WS_STATE_IGNORE) != 0)
			states[i].event = 0;
		else if (is_pnp(&states[i]))
			news = tell_pnp(&states[i], l, first) || news;
		else
			news = tell(&states[i], l) || news;
	}
	return news;
}

/* At the beginning of a call every reader must be there. */
static enum ws_result
check_names(const struct ws_reader_state *states, size_t n,
    const struct look *l)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!is_pnp(&states[i]) && reader_of(l, &states[i]) == NULL)
			return WS_UNKNOWN_READER;
	return WS_OK;
}

/* A wait in which the thread may be cancelled. */
struct wait {
	struct ws_context *ctx;
	uint64_t deadline;
	enum cb_err r;
};

static void
wait_run(void *arg)
{
	struct wait *w = arg;

	w->r = br_list_wait(w->ctx->conn, w->deadline, w->ctx->cancel.fd);
}

static void
wait_end(void *arg)
{
	struct wait *w = arg;

	(void)ws_waiting(w->ctx, false);
	ws_leave(w->ctx);
}

/* Who is told of changes without end does not wait without end. */
static enum ws_result
wait_for_news(struct ws_context *ctx, uint64_t deadline)
{
	struct wait w = { .ctx = ctx, .deadline = deadline };

	if (ws_cancelled(ctx))
		return WS_CANCELLED;
	if (ws_now_ms() >= deadline)
		return WS_TIMEOUT;
	ws_thread_wait(ctx->held, wait_run, wait_end, &w);
	if (w.r == CB_E_TIMEOUT)
		return WS_TIMEOUT;
	return w.r == CB_E_BUSY ? WS_CANCELLED : ws_trouble(w.r);
}

static enum ws_result
watch(struct ws_context *ctx, uint64_t deadline,
    struct ws_reader_state *states, size_t n)
{
	struct look l;
	uint32_t first = 0;
	bool begun = false, news = false;
	enum ws_result r;

	do {
		r = ws_list(ctx, true, &l.list, &l.n, &l.comings);
		if (r == WS_OK && !begun) {
			first = l.comings;
			begun = true;
			r = check_names(states, n, &l);
		}
		if (r == WS_OK)
			news = tell_all(states, n, &l, first);
		free(l.list);
		if (r == WS_OK && !news)
			r = wait_for_news(ctx, deadline);
	} while (r == WS_OK && !news);
	return r;
}

static bool
all_ignored(const struct ws_reader_state *states, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((states[i].current & WS_STATE_IGNORE) == 0)
			return false;
	return true;
}

enum ws_result
ws_status_change(ws_handle context, uint32_t timeout_ms,
    struct ws_reader_state *states, size_t n)
{
	struct ws_context *ctx;
	uint64_t deadline = UINT64_MAX;
	size_t i;
	enum ws_result r;

	for (i = 0; i < n; i++)
		if (states[i].name == NULL)
			return WS_INVALID_VALUE;
	if (all_ignored(states, n)) {
		for (i = 0; i < n; i++)
			states[i].event = 0;
		return WS_OK;
	}
	if (timeout_ms != WS_INFINITE)
		deadline = ws_now_ms() + timeout_ms;
	if ((r = ws_enter(context, &ctx)) != WS_OK)
		return r;
	if ((r = ws_waiting(ctx, true)) == WS_OK) {
		r = watch(ctx, deadline, states, n);
		(void)ws_waiting(ctx, false);
	}
	ws_leave(ctx);
	return r;
}
