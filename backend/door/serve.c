/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See serve.h. Everything that can be refused by the head alone is, before a
 * body is read.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "backend/ask.h"
#include "backend/door/crowd.h"
#include "backend/door/serve.h"
#include "common/hex.h"
#include "common/log.h"
#include "wire/begin.h"
#include "wire/open.h"

#define RETRY_S 1

/* ---- answers ------------------------------------------------------------- */

static const struct {
	const char *name, *key;
} whose[] = { { "a stranger", NULL }, { "device ", "device" },
	{ "person ", "person" }, { "who says to be device ", "claimed" } };

/* One line for a request and what became of it. Of those that are done only
 * what is seldom is worth one that all see. */
static void
log_outcome(struct be_conn *c, unsigned status, const char *text)
{
	const size_t by = c->inspected     ? 3
	                  : !c->who.known  ? 0
	                  : c->who.person ? 2
	                                   : 1;
	const bool seldom = c->route != NULL &&
	                    ((c->route->asked == BE_ASKED_OPEN &&
				 !c->who.person) ||
	                        c->route->asked == BE_ASKED_ENROL);
	const enum cb_log_level level =
	    status >= 400 || seldom ? CB_LOG_NOTICE : CB_LOG_DEBUG;
	const uint64_t ms = be_door_tick() - c->since;
	struct be_id_text who = { "" }, organisation = { "" };
	struct cb_log_field fields[] = {
		{ "request", c->line, 0 },
		{ "status", NULL, status },
		{ "ms", NULL, (int64_t)ms },
		{ whose[by].key, who.text, 0 },
		{ "organisation", organisation.text, 0 },
	};

	if (!cb_log_on(level) ||
	    (level == CB_LOG_NOTICE &&
		!be_door_may_log(c->door, !c->who.known)))
		return;
	if (by != 0) {
		(void)be_id_text(&who, c->who.id);
		(void)be_id_text(&organisation, c->who.organisation);
	}
	cb_log_fields(level, fields, by != 0 ? 5 : 3,
	    "door: %u for %s, by %s%s, %" PRIu64 " ms: %s", status, c->line,
	    whose[by].name, who.text, ms, text);
}

/* A role that is being started is there in a moment: who asks need not wait a
 * whole second, which is the least that Retry-After can say. */
static unsigned
retry_s(unsigned status, enum cb_err code)
{
	return status == 429 || (status == 503 && code != CB_E_PEER)
	    ? RETRY_S : 0;
}

void
be_door_serve_fail(struct be_conn *c, unsigned status, enum cb_err code,
    enum wire_outcome outcome, const char *text)
{
	struct wire_failure f = { .kind = c->door->kind,
		.code = (uint16_t)code,
		.outcome = outcome };
	struct be_http_answer a = { .status = status,
		.retry_s = retry_s(status, code),
		.allow = status == 405 ? c->route->method : NULL };
	struct cb_buf body = CB_BUF_INIT;

	(void)snprintf(f.text, sizeof(f.text), "%s", text);
	log_outcome(c, status, text);
	if (wire_failure_put(&body, &f) != CB_OK) {
		be_conn_end(c);
	} else {
		a.body = cb_buf_span(&body);
		be_conn_answer(c, &a);
	}
	cb_buf_free(&body);
}

void
be_door_serve_later(struct be_conn *c)
{
	be_door_serve_fail(c, 503, CB_E_PEER, WIRE_NOT_KNOWN,
	    "a part of the backend is being started, or is busy");
}

void
be_door_serve_unread(struct be_conn *c)
{
	be_door_serve_fail(c, 400, CB_E_FORMAT, WIRE_NOT_RUN,
	    "not a message of this version and kind");
}

void
be_door_serve_bytes(struct be_conn *c, const char *type, struct cb_span body)
{
	const struct be_http_answer a = {
		.status = 200, .type = type, .body = body
	};

	if (!be_crowd_reserve(c, body.n)) {
		be_door_serve_later(c);
		return;
	}
	log_outcome(c, 200, "done");
	be_conn_answer(c, &a);
}

/* What a worker's code means to a bridge. */
static const struct meaning {
	unsigned status, of_commands;
	bool told; /* else only that it is so */
	const char *text;
} meanings[] = {
	[CB_E_NOMEM] = { 503, 503, false, "busy" },
	[CB_E_ARG] = { 400, 400, true, "not possible" },
	[CB_E_SHORT] = { 400, 400, false, "not a message of this version" },
	[CB_E_FORMAT] = { 400, 400, false, "not a message of this version" },
	[CB_E_LIMIT] = { 400, 400, false, "not a message of this version" },
	[CB_E_ABSENT] = { 403, 410, true, "refused" },
	[CB_E_DENIED] = { 403, 403, false, "refused" },
	[CB_E_BUSY] = { 409, 429, true, "another device uses the card" },
	[CB_E_TIMEOUT] = { 503, 503, false, "busy" },
	[CB_E_PEER] = { 503, 503, false,
	    "a part of the backend is being started" },
	[CB_E_STORE] = { 503, 503, false, "the backend's disk fails" },
	[CB_E_CRYPTO] = { 400, 400, false, "not from this sender" },
	[CB_E_INTERNAL] = { 503, 503, false, "a defect of the backend" },
};

static const char *
usual_text(unsigned status, const struct meaning *m)
{
	return status == 410   ? "the session is over"
	       : status == 429 ? "busy"
	                       : m->text;
}

/* u8 outcome, lv text, which may be left out. */
static void
get_more(struct cb_span body, uint8_t *outcome, struct cb_span *text)
{
	*text = CB_SPAN_EMPTY;
	if (cb_get_u8(&body, outcome) != CB_OK || *outcome > WIRE_GIVEN)
		*outcome = WIRE_NOT_KNOWN;
	else if (cb_get_lv16(&body, text) != CB_OK)
		*text = CB_SPAN_EMPTY;
	for (size_t i = 0; i < text->n; i++)
		if (text->p[i] < ' ' || text->p[i] == 0x7F)
			*text = CB_SPAN_EMPTY;
}

void
be_door_serve_code(struct be_conn *c, const struct be_message *answer)
{
	const bool commands = answer->type == BE_ASK_COMMANDS;
	const struct meaning *m = &meanings[CB_E_INTERNAL];
	enum cb_err code = CB_E_INTERNAL;
	char text[WIRE_FAILURE_TEXT_MAX + 1];
	struct cb_span said;
	unsigned status;
	uint8_t outcome;

	if (answer->code > 0 && answer->code <= CB_E_INTERNAL) {
		code = (enum cb_err)answer->code;
		m = &meanings[code];
	}
	status = commands ? m->of_commands : m->status;
	get_more(answer->body, &outcome, &said);
	/* card or right: which of them is missing is nobody's business */
	if (status == 403) {
		code = CB_E_DENIED;
		outcome = WIRE_NOT_KNOWN;
	}
	if (status != 403 && m->told && said.n > 0)
		(void)snprintf(text, sizeof(text), "%.*s",
		    (int)cb_span_head(said, WIRE_FAILURE_TEXT_MAX).n,
		    (const char *)said.p);
	else
		(void)snprintf(text, sizeof(text), "%s", usual_text(status, m));
	be_door_serve_fail(c, status, code, (enum wire_outcome)outcome, text);
}

/* ---- what the door answers itself ---------------------------------------- */

static void
serve_health(struct be_conn *c)
{
	struct be_http_answer a = { .status = 200, .type = "application/json" };
	struct be_missing m;
	char text[160];

	be_workers_missing(c->door->workers, &m);
	if (m.workers + m.stores + m.vaults + m.disks == 0) {
		(void)snprintf(text, sizeof(text), "{\"ready\": true}\n");
	} else {
		(void)snprintf(text, sizeof(text),
		    "{\"ready\": false, \"missing\": {\"worker\": %u, "
		    "\"store\": %u, \"vault\": %u, \"disk\": %u}}\n",
		    m.workers, m.stores, m.vaults, m.disks);
		a.status = 503;
		a.retry_s = RETRY_S;
	}
	a.body = cb_span_str(text);
	be_conn_answer(c, &a);
}

/* ---- what a worker answers ----------------------------------------------- */

static void
on_answer(void *ctx, const struct be_message *answer)
{
	struct be_conn *c = ctx;

	c->ask = NULL;
	if (answer == NULL)
		be_door_serve_later(c);
	else if (answer->code != 0)
		be_door_serve_code(c, answer);
	else
		be_door_serve_bytes(c, NULL, answer->body);
}

static void
many_enrol(struct be_conn *c)
{
	be_door_serve_fail(c, 429, CB_E_BUSY, WIRE_NOT_RUN,
	    "too many are being enrolled at this moment");
}

static void
ask(struct be_conn *c, enum be_ask type, const uint8_t organisation[WIRE_ID],
    struct cb_span head, struct cb_span body)
{
	struct be_line *worker = be_workers_get(c->door->workers, organisation);
	struct cb_buf b = CB_BUF_INIT_MAX(BE_BODY_MAX);
	enum cb_err r = CB_E_PEER;

	if (worker != NULL &&
	    (r = cb_buf_reserve(&b, head.n + body.n)) == CB_OK &&
	    (r = cb_buf_add(&b, head)) == CB_OK &&
	    (r = cb_buf_add(&b, body)) == CB_OK)
		r = be_question_ask(
		    &c->ask, worker, type, cb_buf_span(&b), on_answer, c);
	cb_buf_free(&b);
	if (r == CB_E_BUSY && type == BE_ASK_ENROL)
		many_enrol(c);
	else if (r != CB_OK)
		be_door_serve_later(c);
}

/* What no worker would take counts for nothing: with it a stranger could keep
 * all others from being enrolled. */
static void
enrol(struct be_conn *c, struct cb_span body)
{
	struct cb_span cur = body;
	enum wire_kind kind;

	if (be_workers_get(c->door->workers, c->ids.first) == NULL)
		be_door_serve_later(c);
	else if (wire_begin_get(&cur, WIRE_IS_ENROL, &kind) != CB_OK ||
		 kind != c->door->kind)
		be_door_serve_unread(c);
	else if (!be_crowd_may_enrol(c))
		many_enrol(c);
	else
		ask(c, BE_ASK_ENROL, c->ids.first, CB_SPAN_EMPTY, body);
}

#define HEAD_MAX (1 + 2 * WIRE_ID)

/* u8 inspected, id holder, and another id. */
static struct cb_span
head_of(const struct be_conn *c, uint8_t head[HEAD_MAX], const uint8_t *second)
{
	head[0] = c->inspected;
	memcpy(head + 1, c->who.id, WIRE_ID);
	if (second == NULL)
		return cb_span(head, 1 + WIRE_ID);
	memcpy(head + 1 + WIRE_ID, second, WIRE_ID);
	return cb_span(head, HEAD_MAX);
}

static const uint8_t no_card[WIRE_ID];

/* What opens is what the path says, which is what is logged. Whatever is no
 * ACCEPT the worker refuses. */
static void
open_card(
    struct be_conn *c, struct cb_span body, const uint8_t organisation[WIRE_ID])
{
	const uint8_t *card = c->route->person ? no_card : c->ids.first;
	struct cb_span head, signature;
	struct wire_accept accept;
	uint8_t holder[HEAD_MAX];

	if (wire_accept_get(body, &accept, &head, &signature) == CB_OK &&
	    memcmp(accept.card, card, WIRE_ID) != 0)
		be_door_serve_unread(c);
	else
		ask(c, BE_ASK_OPEN, organisation, head_of(c, holder, NULL),
		    body);
}

void
be_door_serve(struct be_conn *c, struct cb_span body)
{
	const bool person = c->route->person;
	const uint8_t *organisation =
	    person ? c->ids.first : c->who.organisation;
	uint8_t head[HEAD_MAX];

	switch (c->route->asked) {
	case BE_ASKED_ABOUT:
		be_door_serve_bytes(c, NULL, cb_buf_span(&c->door->about));
		break;
	case BE_ASKED_HEALTH:
		serve_health(c);
		break;
	case BE_ASKED_ENROL:
		enrol(c, body);
		break;
	case BE_ASKED_OFFER:
		ask(c, BE_ASK_OFFER, organisation,
		    head_of(c, head, person ? no_card : c->ids.first), body);
		break;
	case BE_ASKED_OPEN:
		open_card(c, body, organisation);
		break;
	case BE_ASKED_COMMANDS:
		ask(c, BE_ASK_COMMANDS, organisation,
		    head_of(c, head, person ? c->ids.second : c->ids.first),
		    body);
		break;
	case BE_ASKED_HOLD:
		be_hold_begin(c, body);
		break;
	}
}

/* ---- before the body is read --------------------------------------------- */

static const char *
may_not(const struct be_conn *c)
{
	if (c->route->stranger)
		return NULL;
	if (c->inspected)
		return NULL;
	if (!c->who.known)
		return c->refusal != NULL ? c->refusal
		                          : "a certificate is needed";
	return c->who.until < (int64_t)time(NULL)
	           ? "the certificate is no longer valid"
	           : NULL;
}

/* People come to the desk of their own organisation; the platform's to any:
 * the worker asks what they may do there. */
static bool
may_come(const struct be_conn *c)
{
	static const uint8_t platform[WIRE_ID];

	return c->who.person &&
	    (memcmp(c->ids.first, c->who.organisation, WIRE_ID) == 0 ||
		memcmp(platform, c->who.organisation, WIRE_ID) == 0);
}

/* Where people have a socket of their own, there is nothing else there, and
 * nobody of them elsewhere: only what strangers may ask is at both. */
static bool
is_here(const struct be_conn *c)
{
	const bool of_people = c->route->person ||
	    (c->route->asked == BE_ASKED_COMMANDS && c->who.person);

	if (!c->door->has_desk || c->route->stranger)
		return true;
	return c->desk ? of_people : !of_people && !c->who.person;
}

/* "ORGANISATION DEVICE": who it says to be where it can show no certificate.
 * A wrong one that it shows says more. */
static enum cb_err
get_device(struct be_conn *c, struct cb_span text)
{
	struct cb_span organisation, blank;

	if (c->who.known || c->refusal != NULL || text.n == 0)
		return CB_OK;
	if (cb_get_span(&text, 2 * WIRE_ID, &organisation) != CB_OK ||
	    cb_get_span(&text, 1, &blank) != CB_OK || blank.p[0] != ' ' ||
	    cb_hex_get(organisation, c->who.organisation, WIRE_ID) != CB_OK ||
	    cb_hex_get(text, c->who.id, WIRE_ID) != CB_OK)
		return CB_E_FORMAT;
	c->inspected = true;
	return CB_OK;
}

/* 0: nothing is wrong. */
static unsigned
look(struct be_conn *c, const struct be_http_head *head, enum cb_err *code,
    const char **text)
{
	const enum cb_err r =
	    be_route_find(head->method, head->path, &c->route, &c->ids);

	c->inspected = false;
	*code = r;
	if (r == CB_E_ABSENT) {
		*text = "no such path in this version";
		return 404;
	}
	if (r != CB_OK) {
		*text = "not by this method";
		return 405;
	}
	if (!is_here(c)) {
		*code = CB_E_ABSENT;
		*text = "not at this address";
		return 404;
	}
	*code = CB_E_FORMAT;
	*text = "Cardbridge-Device has two ids";
	if (get_device(c, head->device) != CB_OK)
		return 400;
	*code = CB_E_DENIED;
	if ((*text = may_not(c)) != NULL)
		return 401;
	*text = "refused";
	if (c->route->person && !may_come(c))
		return 403;
	*code = CB_E_LIMIT;
	*text = "too long";
	if (head->length > c->route->body_max)
		return 413;
	*code = CB_E_NOMEM;
	*text = "too much is being asked at this moment";
	return be_crowd_reserve(c, head->length) ? 0 : 503;
}

bool
be_door_serve_head(struct be_conn *c, const struct be_http_head *head)
{
	const char *text;
	enum cb_err code;
	const unsigned status = look(c, head, &code, &text);

	if (status == 0)
		return true;
	/* a body that nobody reads would be taken for a request; and HEAD
	 * would wait for none */
	c->close = c->close || head->length > 0 || status == 405;
	be_door_serve_fail(c, status, code,
	    status == 403 ? WIRE_NOT_KNOWN : WIRE_NOT_RUN, text);
	return false;
}

void
be_door_serve_bad(struct be_conn *c, enum cb_err why)
{
	c->close = true;
	(void)snprintf(c->line, sizeof(c->line), "a request");
	if (why == CB_E_LIMIT)
		be_door_serve_fail(
		    c, 413, CB_E_LIMIT, WIRE_NOT_RUN, "too long");
	else
		be_door_serve_fail(c, 400, CB_E_FORMAT, WIRE_NOT_RUN,
		    "not HTTP/1.1 as this backend takes it");
}

/* ---- ends ---------------------------------------------------------------- */

void
be_door_serve_late(struct be_conn *c)
{
	if (c->hold != NULL) {
		be_hold_due(c);
		return;
	}
	be_question_drop(&c->ask);
	be_door_serve_fail(c, 503, CB_E_TIMEOUT, WIRE_NOT_KNOWN,
	    "the backend did not answer in time");
}

void
be_door_serve_over(struct be_conn *c)
{
	be_question_drop(&c->ask);
	be_hold_free(&c->hold);
}
