/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A held request: one WATCH for each card. The first that is answered ends it,
 * with all that is answered by then; the others are taken back.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/door/crowd.h"
#include "backend/door/serve.h"

struct watch {
	struct be_hold *hold;
	struct be_question *ask; /* NULL: answered */
	struct wire_held held;
};

struct be_hold {
	struct be_conn *conn;
	uint32_t seconds; /* until it is answered anyway; 0: never */
	bool asked;	  /* the worker */
	struct cb_buf told; /* news so far */
	uint16_t count;
	size_t n;
	struct watch watches[];
};

void
be_hold_free(struct be_hold **hold)
{
	struct be_hold *h = *hold;

	if (h == NULL)
		return;
	*hold = NULL;
	for (size_t i = 0; i < h->n; i++)
		be_question_drop(&h->watches[i].ask);
	cb_buf_free(&h->told);
	free(h);
}

/* ---- news ---------------------------------------------------------------- */

void
be_hold_late(struct be_conn *c)
{
	struct be_hold *h = c->hold;
	const struct wire_news news = { .kind = c->door->kind,
		.count = h->count,
		.cards = cb_buf_span(&h->told) };
	struct cb_buf body = CB_BUF_INIT;
	const enum cb_err r = wire_news_put(&body, &news);

	be_hold_free(&c->hold);
	if (r != CB_OK)
		be_door_serve_later(c);
	else
		be_door_serve_bytes(c, NULL, cb_buf_span(&body));
	cb_buf_free(&body);
}

/* u32 stamp, u8 state, u8 flags, u16 code, lv ATR: as it stands in NEWS, behind
 * card and session. */
static enum cb_err
add_news(struct watch *w, struct cb_span answer)
{
	struct cb_buf whole = CB_BUF_INIT;
	struct wire_told told;
	struct cb_span cur;
	enum cb_err r;

	if ((r = cb_buf_add(&whole, CB_SPAN_OF(w->held.card))) != CB_OK ||
	    (r = cb_buf_add(&whole, CB_SPAN_OF(w->held.session))) != CB_OK ||
	    (r = cb_buf_add(&whole, answer)) != CB_OK)
		goto out;
	cur = cb_buf_span(&whole);
	if ((r = wire_told_get(&cur, &told)) == CB_OK &&
	    (r = cb_get_end(&cur)) == CB_OK &&
	    (r = wire_told_put(&w->hold->told, &told)) == CB_OK)
		w->hold->count++;
out:
	cb_buf_free(&whole);
	return r;
}

static void
on_answer(void *ctx, const struct be_message *answer)
{
	struct watch *w = ctx;
	struct be_hold *h = w->hold;
	struct be_conn *c = h->conn;

	w->ask = NULL;
	if (answer != NULL && answer->code == 0 &&
	    add_news(w, answer->body) == CB_OK) {
		be_conn_deadline(c, 0);
		return;
	}
	be_hold_free(&c->hold);
	if (answer != NULL && answer->code != 0)
		be_door_serve_code(c, answer);
	else
		be_door_serve_later(c);
}

/* ---- asking -------------------------------------------------------------- */

static enum cb_err
watch(struct be_hold *h, struct watch *w, struct be_line *worker)
{
	const struct be_conn *c = h->conn;
	struct cb_buf body = CB_BUF_INIT;
	enum cb_err r;

	w->hold = h;
	(void)((r = cb_put_u8(&body, c->inspected)) != CB_OK ||
	       (r = cb_buf_add(&body, CB_SPAN_OF(c->who.id))) != CB_OK ||
	       (r = cb_buf_add(&body, CB_SPAN_OF(w->held.card))) != CB_OK ||
	       (r = cb_buf_add(&body, CB_SPAN_OF(w->held.session))) != CB_OK ||
	       (r = cb_put_u32(&body, w->held.stamp)) != CB_OK ||
	       (r = be_question_ask(&w->ask, worker, BE_ASK_WATCH,
		    cb_buf_span(&body), on_answer, w)) != CB_OK);
	cb_buf_free(&body);
	return r;
}

static enum cb_err
watch_all(struct be_hold *h)
{
	struct be_line *worker =
	    be_workers_get(h->conn->door->workers, h->conn->who.organisation);
	enum cb_err r = worker != NULL ? CB_OK : CB_E_PEER;

	for (size_t i = 0; r == CB_OK && i < h->n; i++)
		r = watch(h, &h->watches[i], worker);
	return r;
}

static void
put_off(struct be_hold *h)
{
	struct be_conn *c = h->conn;

	be_hold_free(&c->hold);
	be_door_serve_later(c);
}

/* Asks, or waits until it may: whoever waits is one of its holder's holds
 * already. */
static void
go(struct be_hold *h)
{
	struct be_conn *c = h->conn;
	uint64_t wait;

	if (be_crowd_pace(c, (unsigned)h->n, &wait) != CB_OK) {
		put_off(h);
	} else if (wait > 0) {
		be_conn_deadline(c, wait);
	} else if (watch_all(h) != CB_OK) {
		put_off(h);
	} else {
		h->asked = true;
		if (h->seconds > 0)
			be_conn_deadline(c, (uint64_t)h->seconds * 1000);
		else
			be_conn_no_deadline(c);
	}
}

void
be_hold_due(struct be_conn *c)
{
	if (c->hold->asked)
		be_hold_late(c);
	else
		go(c->hold);
}

/* false: refused, and answered. Who it is is not known yet where it only says
 * so, and each card is a question to the worker. */
static bool
may_hold(struct be_conn *c, const struct wire_hold *asked)
{
	if (c->inspected && asked->count > WIRE_HOLD_CLAIMED_MAX)
		be_door_serve_fail(c, 413, CB_E_LIMIT, WIRE_NOT_RUN,
		    "too many cards for a device without a certificate");
	else if (!be_crowd_may_hold(c))
		be_door_serve_fail(
		    c, 429, CB_E_BUSY, WIRE_NOT_RUN, "holds too often");
	else
		return true;
	return false;
}

static enum cb_err
hold_new(struct be_conn *c, const struct wire_hold *asked)
{
	struct cb_span cur = asked->cards;
	struct be_hold *h =
	    calloc(1, sizeof(*h) + asked->count * sizeof(h->watches[0]));
	enum cb_err r = CB_OK;

	if (h == NULL)
		return CB_E_NOMEM;
	h->conn = c;
	h->seconds = asked->seconds;
	for (; r == CB_OK && h->n < asked->count; h->n++)
		r = wire_held_get(&cur, &h->watches[h->n].held);
	c->hold = h;
	c->held = ++c->door->holds;
	if (r != CB_OK)
		be_hold_free(&c->hold);
	return r;
}

void
be_hold_begin(struct be_conn *c, struct cb_span body)
{
	struct wire_hold asked;
	enum cb_err r;

	if (wire_hold_get(body, &asked) != CB_OK ||
	    asked.kind != c->door->kind) {
		be_door_serve_unread(c);
		return;
	}
	if (!may_hold(c, &asked))
		return;
	if ((r = hold_new(c, &asked)) == CB_E_NOMEM) {
		be_door_serve_later(c);
	} else if (r != CB_OK) {
		be_door_serve_unread(c);
	} else {
		go(c->hold);
		be_crowd_holds(c);
	}
}
