/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Any bytes, given to the parsers of the remote wire; the first byte chooses
 * which. What a parser lends must lie in what it was given, and what it took
 * must come out the same when it is written.
 */
#include <stdlib.h>

#include "common/text.h"
#include "tests/fuzz/fuzz.h"
#include "wire/cert.h"
#include "wire/desk.h"
#include "wire/message.h"
#include "wire/open.h"
#include "wire/record.h"
#include "wire/road.h"

static void
same(enum cb_err r, struct cb_buf *b, struct cb_span in)
{
	if (r != CB_OK || !cb_span_equal(cb_buf_span(b), in))
		abort();
	cb_buf_free(b);
}

static void
offer(struct cb_span in)
{
	struct cb_buf b = CB_BUF_INIT;
	struct wire_offer o;

	if (wire_offer_get(in, &o) == CB_OK)
		same(wire_offer_put(&b, &o), &b, in);
}

static void
accept_(struct cb_span in)
{
	struct cb_buf b = CB_BUF_INIT;
	struct cb_span head, signature;
	struct wire_accept a;
	enum cb_err r;

	if (wire_accept_get(in, &a, &head, &signature) != CB_OK)
		return;
	if ((r = wire_accept_put(&b, &a)) == CB_OK &&
	    cb_span_equal(cb_buf_span(&b), head))
		r = wire_accept_sign_put(&b, signature);
	same(r, &b, in);
}

static void
command(struct cb_span in)
{
	struct cb_buf b = CB_BUF_INIT;
	struct wire_command c;

	if (wire_command_get(in, &c) == CB_OK)
		same(wire_command_put(&b, &c), &b, in);
}

/* A refusal's text is made plain as it is read; all before it is as it was. */
static void
refusal(struct cb_span in, const struct wire_answer *a)
{
	const struct cb_span text = cb_span_str(a->text);
	struct cb_buf b = CB_BUF_INIT;

	if (!cb_is_plain_text(text) || text.n > in.n ||
	    wire_answer_put(&b, a) != CB_OK || b.n != in.n ||
	    !cb_span_equal(cb_span_head(cb_buf_span(&b), in.n - text.n),
		cb_span_head(in, in.n - text.n)))
		abort();
	if (cb_is_plain_text(cb_span_tail(in, in.n - text.n)))
		same(CB_OK, &b, in);
	cb_buf_free(&b);
}

static void
answer(struct cb_span in)
{
	struct cb_buf b = CB_BUF_INIT;
	struct wire_answer a;

	if (wire_answer_get(in, &a) != CB_OK)
		return;
	if (a.type == WIRE_REFUSED)
		refusal(in, &a);
	else
		same(wire_answer_put(&b, &a), &b, in);
}

static void
desk(struct cb_span in)
{
	struct cb_buf b = CB_BUF_INIT;
	struct wire_desk d;

	if (wire_desk_get(in, &d) == CB_OK)
		same(wire_desk_put(&b, &d), &b, in);
}

static void
told(struct cb_span in)
{
	struct cb_buf b = CB_BUF_INIT, items = CB_BUF_INIT;
	struct wire_told_items t;
	struct wire_fields item;
	struct cb_span cur;

	if (wire_told_items_get(in, &t) != CB_OK)
		return;
	cur = t.items;
	for (unsigned i = 0; i < t.count; i++)
		if (wire_item_get(&cur, &item) != CB_OK ||
		    wire_item_put(&items, &item) != CB_OK)
			abort();
	t.items = cb_buf_span(&items);
	same(wire_told_items_put(&b, &t), &b, in);
	cb_buf_free(&items);
}

/* ---- what the door passes on, and says itself ---------------------------- */

static void
about(struct cb_span in)
{
	struct cb_buf b = CB_BUF_INIT;
	struct wire_about a;

	if (wire_about_get(in, &a) == CB_OK)
		same(wire_about_put(&b, &a), &b, in);
}

/* Its text is made plain as it is read, and is as long as it was. */
static void
failure(struct cb_span in)
{
	struct cb_buf b = CB_BUF_INIT;
	struct wire_failure f;
	struct cb_span text;

	if (wire_failure_get(in, &f) != CB_OK)
		return;
	text = cb_span_str(f.text);
	if (!cb_is_plain_text(text) || text.n > in.n ||
	    wire_failure_put(&b, &f) != CB_OK || b.n != in.n ||
	    !cb_span_equal(cb_span_head(cb_buf_span(&b), in.n - text.n),
		cb_span_head(in, in.n - text.n)))
		abort();
	cb_buf_free(&b);
}

static void
hold(struct cb_span in)
{
	struct cb_buf b = CB_BUF_INIT, cards = CB_BUF_INIT;
	struct wire_held held;
	struct wire_hold h;
	struct cb_span cur;

	if (wire_hold_get(in, &h) != CB_OK)
		return;
	cur = h.cards;
	for (unsigned i = 0; i < h.count; i++)
		if (wire_held_get(&cur, &held) != CB_OK ||
		    wire_held_put(&cards, &held) != CB_OK)
			abort();
	h.cards = cb_buf_span(&cards);
	same(wire_hold_put(&b, &h), &b, in);
	cb_buf_free(&cards);
}

static void
news(struct cb_span in)
{
	struct cb_buf b = CB_BUF_INIT, cards = CB_BUF_INIT;
	struct wire_told t;
	struct wire_news n;
	struct cb_span cur;

	if (wire_news_get(in, &n) != CB_OK)
		return;
	cur = n.cards;
	for (unsigned i = 0; i < n.count; i++)
		if (wire_told_get(&cur, &t) != CB_OK ||
		    wire_told_put(&cards, &t) != CB_OK)
			abort();
	n.cards = cb_buf_span(&cards);
	same(wire_news_put(&b, &n), &b, in);
	cb_buf_free(&cards);
}

/* A body: records that nobody sealed are all refused; their parts are the
 * whole of what was read. */
static void
records(struct cb_span in)
{
	static const uint8_t key[CR_KEY], session[WIRE_ID];
	struct cb_buf out = CB_BUF_INIT;
	struct wire_stream s;
	struct wire_record r;
	struct cb_span cur = in;
	size_t read = 0;

	while (wire_record_get(&cur, &r) == CB_OK) {
		read += r.whole.n;
		if (r.whole.n != 12 + r.sealed.n ||
		    r.whole.p + r.whole.n != cur.p)
			abort();
		wire_stream_init(&s, key, session, WIRE_WORKER);
		s.next = r.number;
		if (wire_open(&s, &r, &out) == CB_OK || out.n != 0)
			abort();
	}
	if (read + cur.n != in.n)
		abort();
	cb_buf_free(&out);
}

/* Nobody's certificate, and nobody's key. */
static void
certificate(struct cb_span in)
{
	struct wire_key *key;
	struct wire_cert facts;

	if (wire_cert_check(in, in, WIRE_DEVICE, WIRE_LIVE, 1800000000,
		&facts, &key, NULL) == CB_OK)
		abort();
	if (wire_key_get_pem(in, &key) == CB_OK)
		wire_key_free(&key);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static void (*const parsers[])(struct cb_span in) = { offer, accept_,
		command, answer, records, certificate, desk, told, about,
		failure, hold, news };

	if (n == 0)
		return 0;
	parsers[p[0] % (sizeof(parsers) / sizeof(parsers[0]))](
	    cb_span(p + 1, n - 1));
	return 0;
}
