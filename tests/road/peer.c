/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See peer.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/hex.h"
#include "tests/road/peer.h"
#include "wire/road.h"

#define REQUEST_MS 30000

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "peer: %s: %s\n", what, why);
	exit(2);
}

static void
need(enum cb_err r, const char *what, const struct cb_why *why)
{
	if (r != CB_OK)
		die(what, why != NULL && why->text[0] != '\0' ? why->text
							       : cb_err_text(r));
}

/* ---- the device ---------------------------------------------------------- */

void
peer_open(struct peer *p, const char *origin, const char *identity)
{
	struct cb_why why = { "" };

	*p = (struct peer){ .origin = origin };
	need(wire_identity_read(&p->identity, identity, (int64_t)time(NULL),
		 &why), identity, &why);
	br_trust_of(&p->trust, &p->identity, false, false);
	need(br_http_new(&p->http, &p->trust), "http", NULL);
}

void
peer_close(struct peer *p)
{
	br_http_free(&p->http);
	wire_identity_clear(&p->identity);
}

unsigned
peer_post(struct peer *p, const char *path, struct cb_span body,
    struct cb_buf *answer)
{
	const struct br_http_ask ask = { .origin = p->origin, .path = path,
		.post = true, .body = body, .connect_ms = 5000,
		.all_ms = REQUEST_MS, .most = WIRE_BODY_MAX };
	struct br_http_answer a = { .body = CB_BUF_INIT };
	struct cb_why why = { "" };
	bool distrust;

	need(br_http_do(p->http, &ask, &a, &distrust, &why), path, &why);
	cb_buf_move(answer, &a.body);
	return a.status;
}

/* ---- a session ----------------------------------------------------------- */

static unsigned
post(struct far *f, const char *path, struct cb_span body,
    struct cb_buf *answer)
{
	if (f->recorder != NULL)
		f->recorder(path, body);
	return peer_post(f->peer, path, body, answer);
}

static void
command(struct far *f, enum wire_command_type type, uint8_t argument,
    struct cb_span apdu)
{
	const struct wire_command c = { .type = type, .argument = argument,
		.apdu = apdu };
	struct cb_buf message = CB_BUF_INIT;

	f->remote.number = f->remote.out.next;
	need(wire_command_put(&message, &c), "command", NULL);
	need(wire_seal(&f->remote.out, cb_buf_span(&message), &f->body),
	    "seal", NULL);
	cb_buf_free(&message);
}

static void
power_on(struct far *f)
{
	struct cb_buf records = CB_BUF_INIT;
	enum wire_outcome outcome;

	cb_buf_clear(&f->body);
	command(f, WIRE_POWER, 1, CB_SPAN_EMPTY);
	if (far_post(f, &records, &outcome) != 200)
		die(f->path, "no power");
	(void)far_read(f, cb_buf_span(&records));
	cb_buf_clear(&f->body);
	command(f, WIRE_PROTOCOL, 1, CB_SPAN_EMPTY);
	if (far_post(f, &records, &outcome) != 200)
		die(f->path, "no T=1");
	(void)far_read(f, cb_buf_span(&records));
	cb_buf_free(&records);
}

void
far_open(struct far *f, struct peer *p, const uint8_t card[WIRE_ID],
    void (*recorder)(const char *path, struct cb_span body))
{
	struct cb_buf id = CB_BUF_INIT, answer = CB_BUF_INIT;
	struct cb_why why = { "" };
	char path[64];

	*f = (struct far){ .peer = p, .recorder = recorder };
	memcpy(f->card, card, WIRE_ID);
	need(cb_hex_put(&id, cb_span(card, WIRE_ID)), "id", NULL);
	snprintf(path, sizeof(path), "/cards/%.*s/offer", (int)id.n,
	    (const char *)id.p);
	snprintf(f->open_path, sizeof(f->open_path), "/cards/%.*s/open",
	    (int)id.n, (const char *)id.p);
	if (post(f, path, CB_SPAN_EMPTY, &answer) != 200)
		die(path, "no offer");
	need(br_remote_accept(&f->remote, &p->identity, card, false,
		 cb_buf_span(&answer), (int64_t)time(NULL), &f->accept, &why),
	    "accept", &why);
	if (post(f, f->open_path, cb_buf_span(&f->accept), &answer) != 200)
		die(f->open_path, "not opened");
	need(br_remote_opened(&f->remote, cb_buf_span(&answer), &why),
	    "opened", &why);
	cb_buf_clear(&id);
	need(cb_hex_put(&id, CB_SPAN_OF(f->remote.session)), "id", NULL);
	snprintf(f->path, sizeof(f->path), "/sessions/%.*s", (int)id.n,
	    (const char *)id.p);
	cb_buf_free(&id);
	cb_buf_free(&answer);
	power_on(f);
}

void
far_close(struct far *f)
{
	br_remote_clear(&f->remote);
	cb_buf_free(&f->accept);
	cb_buf_free(&f->body);
	cb_buf_free(&f->answer);
}

/* ---- commands ------------------------------------------------------------ */

void
far_add(struct far *f, enum talk_step step)
{
	const char *hex = talk_apdu(step);
	struct cb_buf apdu = CB_BUF_INIT;

	need(cb_hex_decode(&apdu, hex, strlen(hex)), hex, NULL);
	command(f, WIRE_TRANSMIT, 0, cb_buf_span(&apdu));
	cb_buf_free(&apdu);
}

void
far_seal(struct far *f, enum talk_step step)
{
	cb_buf_clear(&f->body);
	far_add(f, step);
}

unsigned
far_post(struct far *f, struct cb_buf *out, enum wire_outcome *outcome)
{
	struct wire_failure failure;
	const unsigned status = post(f, f->path, cb_buf_span(&f->body), out);

	*outcome = WIRE_NOT_KNOWN;
	if (status != 200 &&
	    wire_failure_get(cb_buf_span(out), &failure) == CB_OK)
		*outcome = failure.outcome;
	return status;
}

unsigned
far_read(struct far *f, struct cb_span records)
{
	struct cb_buf message = CB_BUF_INIT;
	struct wire_exchange first;
	struct wire_record record;
	struct wire_answer a;
	unsigned sw = 0;

	while (records.n > 0) {
		cb_buf_clear(&message);
		if (wire_record_get(&records, &record) != CB_OK ||
		    wire_open(&f->remote.in, &record, &message) != CB_OK ||
		    wire_answer_get(cb_buf_span(&message), &a) != CB_OK ||
		    a.type != WIRE_DONE ||
		    wire_exchange_get(&a.exchanges, &first) != CB_OK)
			break;
		need(cb_buf_set(&f->answer, first.answer), "answer", NULL);
		sw = first.answer.n < 2 ? 0
		    : (unsigned)first.answer.p[first.answer.n - 2] << 8 |
			first.answer.p[first.answer.n - 1];
	}
	cb_buf_free(&message);
	return sw;
}

unsigned
far_step(struct far *f, enum talk_step step)
{
	struct cb_buf records = CB_BUF_INIT;
	enum wire_outcome outcome;
	unsigned sw = 0;

	far_seal(f, step);
	if (far_post(f, &records, &outcome) == 200)
		sw = far_read(f, cb_buf_span(&records));
	cb_buf_free(&records);
	return sw;
}
