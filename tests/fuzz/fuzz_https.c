/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A hostile backend: any bytes where a bridge expects OFFER, records, an
 * answer that was sealed as it must be, a failure, or an answer of HTTP; the
 * first byte chooses which. And any URI.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/https/call.h"
#include "bridge/https/http_answer.h"
#include "bridge/https/session.h"
#include "bridge/https/uri.h"
#include "common/text.h"
#include "tests/fuzz/fuzz.h"

static const uint8_t card[WIRE_ID] = { 1 };

/* Nobody can offer what this device takes: its authority signed nothing. */
static void
offer(struct cb_span in)
{
	struct wire_identity id = { .kind = WIRE_TEST };
	struct br_remote s = { .alive = false };
	struct cb_buf accept = CB_BUF_INIT;
	struct cb_why why = { "" };

	if (br_remote_accept(&s, &id, card, false, in, 0, &accept, &why) ==
		CB_OK || s.alive || accept.n > 0 || why.text[0] == '\0')
		abort();
	br_remote_clear(&s);
	cb_buf_free(&accept);
}

static void
begin(struct br_remote *s, struct wire_stream *worker)
{
	static const uint8_t key[CR_KEY] = { 2 }, session[WIRE_ID] = { 3 };

	*s = (struct br_remote){ .alive = true };
	wire_stream_init(&s->out, key, session, WIRE_WORKER);
	wire_stream_init(&s->in, key, session, WIRE_BRIDGE);
	wire_stream_init(worker, key, session, WIRE_BRIDGE);
	if (br_remote_ask(s, WIRE_POWER, 1, CB_SPAN_EMPTY) != CB_OK)
		abort();
}

/* Records that nobody sealed end the session. */
static void
records(struct cb_span in)
{
	struct br_remote s;
	struct wire_stream worker;
	struct cb_buf rsp = CB_BUF_INIT;

	begin(&s, &worker);
	if (br_remote_answered(&s, in, &rsp, NULL) != CB_E_PEER || s.alive ||
	    rsp.n > 0)
		abort();
	br_remote_clear(&s);
	cb_buf_free(&rsp);
}

/* What came along is given once, in its order, for the same bytes only. */
static void
take_ahead(struct br_remote *s)
{
	struct cb_span ahead = s->ahead;
	struct wire_exchange e;
	struct cb_buf rsp = CB_BUF_INIT;
	enum cb_err r;

	while (ahead.n > 0) {
		if (wire_exchange_get(&ahead, &e) != CB_OK ||
		    !br_remote_ahead(s, e.command, &rsp, &r) || r != CB_OK ||
		    !cb_span_equal(cb_buf_span(&rsp), e.answer))
			abort();
	}
	if (br_remote_ahead(s, CB_SPAN_EMPTY, &rsp, &r))
		abort();
	cb_buf_free(&rsp);
}

/* The worker itself is the enemy: its seal is right, what it says is not. */
static void
answer(struct cb_span in)
{
	struct br_remote s;
	struct wire_stream worker;
	struct cb_buf rsp = CB_BUF_INIT, body = CB_BUF_INIT;
	struct cb_why why = { "" };
	enum cb_err r;

	begin(&s, &worker);
	if (wire_seal(&worker, in, &body) == CB_OK) {
		r = br_remote_answered(&s, cb_buf_span(&body), &rsp, &why);
		if (!cb_is_plain_text(cb_span_str(why.text)))
			abort();
		if (r == CB_OK)
			take_ahead(&s);
		else if (rsp.n > 0)
			abort();
	}
	br_remote_clear(&s);
	cb_buf_free(&rsp);
	cb_buf_free(&body);
}

/* The same for what opens a session. */
static void
opened(struct cb_span in)
{
	struct br_remote s;
	struct wire_stream worker;
	struct cb_buf body = CB_BUF_INIT;

	begin(&s, &worker);
	s.alive = false;
	if (wire_seal(&worker, in, &body) == CB_OK &&
	    (br_remote_opened(&s, cb_buf_span(&body), NULL) == CB_OK) !=
		s.alive)
		abort();
	br_remote_clear(&s);
	cb_buf_free(&body);
}

static void
failure(struct cb_span in)
{
	struct br_http_answer a = { .body = CB_BUF_INIT };
	enum wire_outcome outcome;
	struct cb_why why = { "" };
	uint16_t status;
	enum cb_err r;

	if (cb_get_u16(&in, &status) != CB_OK ||
	    cb_buf_set(&a.body, in) != CB_OK)
		return;
	a.status = status;
	r = br_call_judge(&a, &outcome, &why);
	if ((r == CB_OK) != (status == 200) ||
	    (r != CB_OK && why.text[0] == '\0') ||
	    !cb_is_plain_text(cb_span_str(why.text)))
		abort();
	cb_buf_free(&a.body);
}

#define REPLY_MOST 2000

static enum cb_err
read_reply(struct br_http_reader *r, struct cb_span *in, size_t piece,
    struct cb_buf *body)
{
	enum cb_err e = CB_E_SHORT;
	struct cb_span one;

	br_http_reader_begin(r, REPLY_MOST);
	while (e == CB_E_SHORT && in->n > 0) {
		one = cb_span_head(*in, piece);
		*in = cb_span_tail(*in, one.n);
		e = br_http_reader_take(r, &one, body);
		if (e == CB_E_SHORT && one.n > 0)
			abort();
		/* what it did not take is there again */
		*in = (struct cb_span){ in->p - one.n, in->n + one.n };
	}
	if (body->n > REPLY_MOST || r->line.cap > BR_HTTP_HEAD_MAX ||
	    ((e == CB_OK) != (r->at == BR_HTTP_DONE)))
		abort();
	return e;
}

/* As a whole and in pieces: it is the same, and so is its end. */
static void
reply(struct cb_span in)
{
	struct br_http_reader a = { .status = 0 }, b = { .status = 0 };
	struct cb_buf whole = CB_BUF_INIT, parts = CB_BUF_INIT;
	struct cb_span rest;
	uint8_t piece;
	enum cb_err r;

	if (cb_get_u8(&in, &piece) != CB_OK || piece == 0)
		return;
	rest = in;
	r = read_reply(&a, &in, in.n, &whole);
	if (r != read_reply(&b, &rest, piece, &parts))
		abort();
	if ((r == CB_OK || r == CB_E_SHORT) &&
	    (a.status != b.status || a.close != b.close ||
		a.retry_after_s != b.retry_after_s || rest.n != in.n ||
		br_http_reader_end(&a) != br_http_reader_end(&b) ||
		!cb_span_equal(cb_buf_span(&whole), cb_buf_span(&parts))))
		abort();
	if (r == CB_OK && (a.status < 200 || a.status > 999))
		abort();
	br_http_reader_clear(&a);
	br_http_reader_clear(&b);
	cb_buf_free(&whole);
	cb_buf_free(&parts);
}

static void
uri(struct cb_span in)
{
	struct br_https_uri u;
	struct cb_why why = { "" };
	char *text = malloc(in.n + 1);

	if (text == NULL)
		return;
	if (in.n > 0)
		memcpy(text, in.p, in.n);
	text[in.n] = '\0';
	if ((br_https_uri_get(&u, text, &why) == CB_OK) !=
	    (why.text[0] == '\0'))
		abort();
	if (br_https_origin_get(&u, text, NULL) == CB_OK &&
	    strncmp(u.origins[0], "https://", 8) != 0)
		abort();
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static void (*const parsers[])(struct cb_span in) = { offer, records,
		answer, opened, failure, uri, reply };

	if (n == 0)
		return 0;
	parsers[p[0] % (sizeof(parsers) / sizeof(parsers[0]))](
	    cb_span(p + 1, n - 1));
	return 0;
}
