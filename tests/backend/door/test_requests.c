/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Each path, each status; what a worker is asked, and what its answers become.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/backend/door/rig.h"
#include "tests/backend/door/suites.h"
#include "wire/open.h"

#define ORG "0a010000000000000000000000000000"
#define CARD "0c010000000000000000000000000000"
#define NO_CARD "00000000000000000000000000000000"
#define SESSION "05010000000000000000000000000000"

static struct rig r;

static void
start(void)
{
	rig_init(&r);
	rig_start(&r);
}

static void
stop(void)
{
	rig_clear(&r);
}

/* ---- what the door knows itself ------------------------------------------ */

START_TEST(a_stranger_learns_about_the_backend)
{
	struct reply reply;
	struct wire_about about;

	ask_once(&r, NOBODY, "GET", "/backend", CB_SPAN_EMPTY, &reply);
	ck_assert_uint_eq(reply.status, 200);
	ck_assert_int_eq(
	    wire_about_get(cb_buf_span(&reply.body), &about), CB_OK);
	ck_assert_int_eq(about.kind, WIRE_TEST);
	ck_assert_mem_eq(about.backend, r.settings.backend, WIRE_ID);
	ck_assert(cb_span_equal(
	    about.authority, cb_buf_span(&r.authority.cert)));
	ck_assert(cb_span_equal(
	    about.service, cb_buf_span(&r.service.cert)));
	reply_clear(&reply);
}
END_TEST

START_TEST(health_is_the_workers)
{
	struct reply reply;

	ask_once(&r, NOBODY, "GET", "/health", CB_SPAN_EMPTY, &reply);
	ck_assert_uint_eq(reply.status, 200);
	ck_assert_ptr_nonnull(strstr(reply.head, "application/json"));
	ck_assert(cb_span_equal(cb_buf_span(&reply.body),
	    cb_span_str("{\"ready\": true}\n")));
	reply_clear(&reply);
	rig_lose(&r);
	do {	/* until the door has noticed */
		reply_clear(&reply);
		ask_once(&r, NOBODY, "GET", "/health", CB_SPAN_EMPTY, &reply);
	} while (reply.status == 200);
	ck_assert_uint_eq(reply.status, 503);
	ck_assert_ptr_nonnull(memmem(
	    reply.body.p, reply.body.n, "\"ready\": false", 14));
	ck_assert_ptr_nonnull(
	    memmem(reply.body.p, reply.body.n, "\"worker\": 1", 11));
	reply_clear(&reply);
}
END_TEST

static bool
health_has(const char *text)
{
	struct reply reply;
	bool has;

	ask_once(&r, NOBODY, "GET", "/health", CB_SPAN_EMPTY, &reply);
	has = memmem(reply.body.p, reply.body.n, text, strlen(text)) != NULL;
	reply_clear(&reply);
	return has;
}

/* A worker without a store or a vault opens no card; whose it is is nobody's
 * business. */
START_TEST(health_is_what_workers_lack)
{
	static const char *const said[] = { "\"ready\": true",
		"{\"worker\": 0, \"store\": 1, \"vault\": 0, \"disk\": 0}}",
		"{\"worker\": 0, \"store\": 0, \"vault\": 1, \"disk\": 0}}",
		"{\"worker\": 0, \"store\": 1, \"vault\": 1, \"disk\": 0}}",
		"{\"worker\": 0, \"store\": 0, \"vault\": 0, \"disk\": 1}}" };

	for (uint8_t lacks = 4; lacks < 5; lacks--) {
		rig_lacks(&r, lacks);
		ck_assert_msg(health_has(said[lacks]), "%u", lacks);
	}
	ck_assert(!health_has("0a01"));
}
END_TEST

/* A door that has just been started knows none. */
START_TEST(nothing_is_ready_before_a_worker_is)
{
	struct rig fresh;
	struct reply reply;

	rig_init(&fresh);
	fresh.without_worker = true;
	rig_start(&fresh);
	ask_once(&fresh, NOBODY, "GET", "/health", CB_SPAN_EMPTY, &reply);
	ck_assert_uint_eq(reply.status, 503);
	ck_assert_ptr_nonnull(
	    memmem(reply.body.p, reply.body.n, "\"worker\": 1", 11));
	reply_clear(&reply);
	rig_clear(&fresh);
}
END_TEST

static const struct {
	enum who who;
	const char *method, *path;
	size_t body;
	unsigned status;
	enum cb_err code;
} refusals[] = {
	{ NOBODY, "GET", "/", 0, 404, CB_E_ABSENT },
	{ DEVICE, "POST", "/sessions/12", 5, 404, CB_E_ABSENT },
	{ NOBODY, "POST", "/backend", 0, 405, CB_E_ARG },
	{ DEVICE, "PUT", "/hold", 10, 405, CB_E_ARG },
	{ NOBODY, "POST", "/hold", 0, 401, CB_E_DENIED },
	{ NOBODY, "POST", "/sessions/" SESSION, 10, 401, CB_E_DENIED },
	{ NOBODY, "POST", "/cards/" CARD "/offer", 0, 401, CB_E_DENIED },
	{ NOBODY, "POST", "/cards/" CARD "/open", 10, 401, CB_E_DENIED },
	{ NOBODY, "POST", "/organisations/" ORG "/offer", 0, 401,
	    CB_E_DENIED },
	/* a stranger does not learn what the limits of others are */
	{ NOBODY, "POST", "/sessions/" SESSION, 2000000, 401, CB_E_DENIED },
	{ EXPIRED, "POST", "/hold", 0, 401, CB_E_DENIED },
	{ FOREIGN, "POST", "/hold", 0, 401, CB_E_DENIED },
	{ LIVE, "POST", "/hold", 0, 401, CB_E_DENIED },
	{ DOOR, "POST", "/hold", 0, 401, CB_E_DENIED },
	{ DEVICE, "POST", "/organisations/" ORG "/offer", 0, 403,
	    CB_E_DENIED },
	{ PERSON, "POST", "/organisations/" CARD "/offer", 0, 403,
	    CB_E_DENIED },
	{ PERSON, "POST", "/organisations/" CARD "/sessions/" SESSION, 9, 403,
	    CB_E_DENIED },
	{ DEVICE, "POST", "/organisations/" ORG "/sessions/" SESSION, 9, 403,
	    CB_E_DENIED },
	{ DEVICE, "POST", "/cards/" CARD "/offer", 1, 413, CB_E_LIMIT },
	{ DEVICE, "POST", "/cards/" CARD "/open", 16385, 413, CB_E_LIMIT },
	{ NOBODY, "POST", "/organisations/" ORG "/enrol", 4097, 413,
	    CB_E_LIMIT },
	{ DEVICE, "POST", "/sessions/" SESSION, (1 << 20) - 63, 413,
	    CB_E_LIMIT },
	{ DEVICE, "POST", "/hold", 0, 400, CB_E_FORMAT },
	{ DEVICE, "POST", "/hold", 40, 400, CB_E_FORMAT },
	/* its organisation's worker is not there */
	{ STRAY, "POST", "/cards/" CARD "/offer", 0, 503, CB_E_PEER },
	{ NOBODY, "POST", "/organisations/" CARD "/enrol", 9, 503,
	    CB_E_PEER },
};

START_TEST(what_is_refused_says_how)
{
	struct cb_buf body = CB_BUF_INIT_MAX((size_t)4 << 20);
	struct reply reply;
	uint8_t *p;

	if (refusals[_i].body > 0)
		ck_assert_int_eq(
		    cb_buf_grow(&body, refusals[_i].body, &p), CB_OK);
	ask_once(&r, refusals[_i].who, refusals[_i].method, refusals[_i].path,
	    cb_buf_span(&body), &reply);
	expect_failure(&reply, refusals[_i].status, refusals[_i].code);
	if (refusals[_i].status == 405)
		ck_assert_ptr_nonnull(strstr(reply.head, "Allow: "));
	rig_untold(&r);
	reply_clear(&reply);
	cb_buf_free(&body);
}
END_TEST

/* ---- a socket for people ------------------------------------------------- */

static void
start_with_desk(void)
{
	rig_init(&r);
	r.with_desk = true;
	rig_start(&r);
}

/* What is at which of the two. */
static const struct {
	enum who who;
	const char *method, *path;
	bool door, desk;
} places[] = {
	{ NOBODY, "GET", "/health", true, true },
	{ DEVICE, "GET", "/health", true, true },
	{ DEVICE, "POST", "/cards/" CARD "/offer", true, false },
	{ DEVICE, "POST", "/cards/" CARD "/open", true, false },
	{ DEVICE, "POST", "/sessions/" SESSION, true, false },
	{ DEVICE, "POST", "/hold", true, false },
	{ PERSON, "POST", "/organisations/" ORG "/offer", false, true },
	{ PERSON, "POST", "/organisations/" ORG "/open", false, true },
	{ PERSON, "POST", "/sessions/" SESSION, false, true },
	/* people are at no path of devices: a card of zeros is a desk */
	{ PERSON, "POST", "/cards/" CARD "/offer", false, false },
	{ PERSON, "POST", "/cards/" NO_CARD "/offer", false, false },
	{ PERSON, "POST", "/cards/" NO_CARD "/open", false, false },
	{ PERSON, "POST", "/hold", false, false },
	/* who may not is told the same at either */
	{ NOBODY, "POST", "/cards/" CARD "/offer", true, false },
};

static bool
is_at(int i)
{
	struct client c;
	struct reply reply;
	struct told told;
	bool there;
	const bool asks = strcmp(places[i].method, "POST") == 0 &&
	    places[i].who != NOBODY;
	const bool holds = strcmp(places[i].path, "/hold") == 0;

	client_open(&r, &c, places[i].who);
	client_ask(&c, places[i].method, places[i].path, CB_SPAN_EMPTY);
	if (asks && !holds &&
	    (r.port == r.desk_port ? places[i].desk : places[i].door)) {
		rig_told(&r, &told, strstr(places[i].path, "/offer") ? 0x0101
			: strstr(places[i].path, "/open")	     ? 0x0102
								     : 0x0103);
		rig_answer(&r, told.type, told.id, 0, cb_span_str("answer"));
		cb_buf_free(&told.body);
	}
	ck_assert(client_reply(&c, &reply));
	there = reply.status != 404;
	reply_clear(&reply);
	client_close(&c);
	return there;
}

START_TEST(people_have_a_socket_of_their_own)
{
	const unsigned door = r.port;

	ck_assert_int_eq(is_at(_i), places[_i].door);
	r.port = r.desk_port;
	ck_assert_int_eq(is_at(_i), places[_i].desk);
	r.port = door;
}
END_TEST

/* ---- what goes to the worker --------------------------------------------- */

static const struct {
	enum who who;
	const char *path;
	const char *body;	/* NULL: ENROL */
	uint16_t type;
	int ids;		/* in front: 0 none, 1 holder, 2 and a second */
	const uint8_t *second;
} carried[] = {
	{ NOBODY, "/organisations/" ORG "/enrol", NULL, 0x0106, 0, NULL },
	{ DEVICE, "/cards/" CARD "/offer", "", 0x0101, 2, rig_card },
	{ DEVICE2, "/cards/" CARD "/offer", "", 0x0101, 2, rig_card },
	{ DEVICE, "/cards/" CARD "/open", "accept", 0x0102, 1, NULL },
	{ DEVICE, "/sessions/" SESSION, "records", 0x0103, 2, rig_session },
	{ PERSON, "/organisations/" ORG "/offer", "", 0x0101, 2,
	    (const uint8_t[WIRE_ID]){ 0 } },
	{ PERSON, "/organisations/" ORG "/open", "accept", 0x0102, 1, NULL },
	{ PERSON, "/organisations/" ORG "/sessions/" SESSION, "records",
	    0x0103, 2, rig_session },
	/* who comes from the platform */
	{ OPERATOR, "/organisations/" ORG "/offer", "", 0x0101, 2,
	    (const uint8_t[WIRE_ID]){ 0 } },
	{ OPERATOR, "/organisations/" ORG "/open", "accept", 0x0102, 1,
	    NULL },
	{ OPERATOR, "/organisations/" ORG "/sessions/" SESSION, "records",
	    0x0103, 2, rig_session },
};

START_TEST(a_body_goes_to_the_worker_and_back)
{
	struct cb_buf expected = CB_BUF_INIT;
	const struct cb_span body = carried[_i].body != NULL
		? cb_span_str(carried[_i].body) : rig_enrol();
	struct client c;
	struct told told;
	struct reply reply;

	client_open(&r, &c, carried[_i].who);
	client_ask(&c, "POST", carried[_i].path, body);
	rig_told(&r, &told, carried[_i].type);
	if (carried[_i].ids > 0)
		ck_assert_int_eq(cb_buf_add(&expected,
		    cb_span(rig_id(carried[_i].who), WIRE_ID)), CB_OK);
	if (carried[_i].ids > 1)
		ck_assert_int_eq(cb_buf_add(&expected,
		    cb_span(carried[_i].second, WIRE_ID)), CB_OK);
	ck_assert_int_eq(cb_buf_add(&expected, body), CB_OK);
	ck_assert(cb_span_equal(
	    cb_buf_span(&told.body), cb_buf_span(&expected)));
	rig_answer(&r, told.type, told.id, 0, cb_span_str("\0answer"));
	rig_answer(&r, told.type, told.id, 0, cb_span_str("late"));
	ck_assert(client_reply(&c, &reply));
	ck_assert_uint_eq(reply.status, 200);
	ck_assert_ptr_nonnull(strstr(reply.head, "octet-stream"));
	ck_assert(cb_span_equal(
	    cb_buf_span(&reply.body), cb_span_str("\0answer")));
	reply_clear(&reply);
	cb_buf_free(&told.body);
	cb_buf_free(&expected);
	client_close(&c);
}
END_TEST

/* The card in ACCEPT, as the path has it or not. */
static const struct {
	enum who who;
	const char *path;
	uint8_t card[2];
	bool passes;
} opened[] = {
	{ DEVICE, "/cards/" CARD "/open", { 0x0C, 0x01 }, true },
	{ DEVICE, "/cards/" CARD "/open", { 0x0C, 0x02 }, false },
	{ DEVICE, "/cards/" CARD "/open", { 0 }, false },
	{ DEVICE, "/cards/" NO_CARD "/open", { 0x0C, 0x01 }, false },
	{ PERSON, "/organisations/" ORG "/open", { 0 }, true },
	{ PERSON, "/organisations/" ORG "/open", { 0x0C, 0x01 }, false },
};

START_TEST(what_is_opened_is_what_the_path_says)
{
	struct wire_accept accept = { .kind = WIRE_TEST };
	struct cb_buf body = CB_BUF_INIT;
	struct client c;
	struct told told;
	struct reply reply;

	memcpy(accept.card, opened[_i].card, sizeof(opened[_i].card));
	ck_assert_int_eq(wire_accept_put(&body, &accept), CB_OK);
	ck_assert_int_eq(
	    wire_accept_sign_put(&body, cb_span_str("signature")), CB_OK);
	client_open(&r, &c, opened[_i].who);
	client_ask(&c, "POST", opened[_i].path, cb_buf_span(&body));
	if (opened[_i].passes) {
		rig_told(&r, &told, 0x0102);
		rig_answer(&r, told.type, told.id, 0, cb_span_str("answer"));
		cb_buf_free(&told.body);
	}
	ck_assert(client_reply(&c, &reply));
	if (opened[_i].passes)
		ck_assert_uint_eq(reply.status, 200);
	else
		expect_failure(&reply, 400, CB_E_FORMAT);
	rig_untold(&r);
	reply_clear(&reply);
	cb_buf_free(&body);
	client_close(&c);
}
END_TEST

START_TEST(the_longest_body_passes)
{
	struct cb_buf body = CB_BUF_INIT_MAX((size_t)2 << 20);
	struct client c;
	struct told told;
	struct reply reply;
	uint8_t *p;

	ck_assert_int_eq(cb_buf_grow(&body, WIRE_BODY_MAX, &p), CB_OK);
	for (size_t i = 0; i < WIRE_BODY_MAX; i++)
		p[i] = (uint8_t)(i * 7 >> 3);
	client_open(&r, &c, DEVICE);
	c.in = (struct cb_buf)CB_BUF_INIT_MAX((size_t)4 << 20);
	client_ask(&c, "POST", "/sessions/" SESSION, cb_buf_span(&body));
	rig_told(&r, &told, 0x0103);
	ck_assert_uint_eq(told.body.n, 2 * WIRE_ID + WIRE_BODY_MAX);
	ck_assert_mem_eq(told.body.p + 2 * WIRE_ID, p, WIRE_BODY_MAX);
	rig_answer(&r, told.type, told.id, 0, cb_buf_span(&body));
	ck_assert(client_reply(&c, &reply));
	ck_assert_uint_eq(reply.status, 200);
	ck_assert(cb_span_equal(
	    cb_buf_span(&reply.body), cb_buf_span(&body)));
	reply_clear(&reply);
	cb_buf_free(&told.body);
	cb_buf_free(&body);
	client_close(&c);
}
END_TEST

static const struct {
	const char *path;
	uint16_t code;
	const char *body;	/* of the worker's answer; its first the outcome */
	size_t n;
	unsigned status;
	enum cb_err told;
	enum wire_outcome outcome;
	const char *text;	/* in FAILURE's */
} codes[] = {
#define OFFER "/cards/" CARD "/offer"
#define COMMANDS "/sessions/" SESSION
	{ OFFER, CB_E_NOMEM, "", 0, 503, CB_E_NOMEM, 0, "busy" },
	{ OFFER, CB_E_ARG, "\0\0\6so not", 9, 400, CB_E_ARG, 0, "so not" },
	{ OFFER, CB_E_FORMAT, "", 0, 400, CB_E_FORMAT, 0, "message" },
	/* card or right: it looks the same */
	{ OFFER, CB_E_ABSENT, "\1\0\7no card", 10, 403, CB_E_DENIED, 0, "refused" },
	{ OFFER, CB_E_DENIED, "\2\0\10no right", 11, 403, CB_E_DENIED, 0,
	    "refused" },
	{ OFFER, CB_E_BUSY, "", 0, 409, CB_E_BUSY, 0, "another device" },
	{ OFFER, CB_E_TIMEOUT, "", 0, 503, CB_E_TIMEOUT, 0, "busy" },
	{ OFFER, CB_E_STORE, "", 0, 503, CB_E_STORE, 0, "disk" },
	{ OFFER, CB_E_INTERNAL, "", 0, 503, CB_E_INTERNAL, 0, "defect" },
	{ OFFER, 99, "", 0, 503, CB_E_INTERNAL, 0, "defect" },
	{ COMMANDS, CB_E_ABSENT, "\1\0\14started anew", 15, 410, CB_E_ABSENT,
	    WIRE_NOT_RUN, "started anew" },
	{ COMMANDS, CB_E_ABSENT, "\2", 1, 410, CB_E_ABSENT, WIRE_GIVEN,
	    "session is over" },
	{ COMMANDS, CB_E_ABSENT, "", 0, 410, CB_E_ABSENT, WIRE_NOT_KNOWN,
	    "session is over" },
	{ COMMANDS, CB_E_ABSENT, "\7\0\1?", 4, 410, CB_E_ABSENT, WIRE_NOT_KNOWN,
	    "session is over" },
	{ COMMANDS, CB_E_CRYPTO, "", 0, 400, CB_E_CRYPTO, 0, "sender" },
	{ COMMANDS, CB_E_DENIED, "", 0, 403, CB_E_DENIED, 0, "refused" },
	{ COMMANDS, CB_E_BUSY, "", 0, 429, CB_E_BUSY, 0, "busy" },
	/* longer than it is */
	{ COMMANDS, CB_E_ABSENT, "\1\0\4abc", 6, 410, CB_E_ABSENT,
	    WIRE_NOT_RUN, "session is over" },
	/* no text: it is for people */
	{ COMMANDS, CB_E_ABSENT, "\1\0\3a\nb", 6, 410, CB_E_ABSENT, WIRE_NOT_RUN,
	    "session is over" },
};

START_TEST(a_code_becomes_a_status)
{
	struct client c;
	struct told told;
	struct reply reply;
	struct wire_failure f;
	uint16_t type = strcmp(codes[_i].path, OFFER) == 0 ? 0x0101 : 0x0103;

	client_open(&r, &c, DEVICE);
	client_ask(&c, "POST", codes[_i].path, CB_SPAN_EMPTY);
	rig_told(&r, &told, type);
	rig_answer(&r, type, told.id, codes[_i].code,
	    cb_span(codes[_i].body, codes[_i].n));
	ck_assert(client_reply(&c, &reply));
	expect_failure(&reply, codes[_i].status, codes[_i].told);
	ck_assert_int_eq(
	    wire_failure_get(cb_buf_span(&reply.body), &f), CB_OK);
	ck_assert_int_eq(f.outcome, codes[_i].outcome);
	ck_assert_msg(strstr(f.text, codes[_i].text) != NULL, "%s", f.text);
	reply_clear(&reply);
	cb_buf_free(&told.body);
	client_close(&c);
}
END_TEST

/* ---- a worker that goes -------------------------------------------------- */

START_TEST(a_lost_worker_is_503)
{
	uint8_t lost[16 + 8];
	struct client c, d;
	struct told told;
	struct reply reply;

	client_open(&r, &c, DEVICE);
	client_open(&r, &d, DEVICE2);
	client_ask(&c, "POST", COMMANDS, cb_span_str("records"));
	rig_told(&r, &told, 0x0103);
	cb_buf_free(&told.body);
	client_ask(&d, "POST", OFFER, CB_SPAN_EMPTY);
	rig_told(&r, &told, 0x0101);
	cb_buf_free(&told.body);
	rig_lose(&r);
	ck_assert(client_reply(&c, &reply));
	expect_failure(&reply, 503, CB_E_PEER);
	reply_clear(&reply);
	ck_assert(client_reply(&d, &reply));
	expect_failure(&reply, 503, CB_E_PEER);
	reply_clear(&reply);
	/* the parent hears of it: length, type, code, number; channel */
	ck_assert_int_eq(recv(r.parent, lost, sizeof(lost), MSG_WAITALL),
	    (ssize_t)sizeof(lost));
	ck_assert_mem_eq(lost, "\0\0\0\10\5\5", 6);
	ck_assert_mem_eq(lost + 16, "\0\0\0\0\0\0\0\1", 8);
	/* the connection lives, and the next one is 503 at once */
	client_ask(&c, "POST", COMMANDS, cb_span_str("records"));
	ck_assert(client_reply(&c, &reply));
	expect_failure(&reply, 503, CB_E_PEER);
	reply_clear(&reply);
	client_close(&c);
	client_close(&d);
}
END_TEST

/* A request, the answer to nothing, of another type: the channel breaks. */
START_TEST(a_worker_that_lies_is_lost)
{
	static const struct {
		bool answer, other_type;
		uint64_t beyond;
	} lies[] = { { false, false, 0 }, { true, false, 1 },
		{ true, true, 0 } };
	struct client c;
	struct told told;
	struct reply reply;
	struct be_message m;

	client_open(&r, &c, DEVICE);
	client_ask(&c, "POST", COMMANDS, cb_span_str("records"));
	rig_told(&r, &told, 0x0103);
	m = (struct be_message){ .answer = lies[_i].answer,
		.type = lies[_i].other_type ? 0x0101 : 0x0103,
		.id = told.id + lies[_i].beyond };
	ck_assert_int_eq(be_channel_send(r.worker, &m), CB_OK);
	ck_assert(client_reply(&c, &reply));
	expect_failure(&reply, 503, CB_E_PEER);
	reply_clear(&reply);
	cb_buf_free(&told.body);
	client_close(&c);
}
END_TEST

/* ---- connections --------------------------------------------------------- */

START_TEST(requests_may_come_ahead)
{
	static const char ahead[] =
	    "POST " OFFER " HTTP/1.1\r\nHost: a\r\n\r\n"
	    "GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
	    "POST " COMMANDS " HTTP/1.1\r\nHost: a\r\n"
	    "Content-Length: 3\r\n\r\nabcGET /backend HTTP/1.0\r\n\r\n";
	static const unsigned expected[] = { 200, 200, 410, 200 };
	struct client c;
	struct told told;
	struct reply reply;

	client_open(&r, &c, DEVICE);
	client_text(&c, ahead);
	rig_told(&r, &told, 0x0101);
	rig_untold(&r);		/* one after the other */
	rig_answer(&r, told.type, told.id, 0, cb_span_str("offer"));
	cb_buf_free(&told.body);
	rig_told(&r, &told, 0x0103);
	ck_assert_uint_eq(told.body.n, 2 * WIRE_ID + 3);
	rig_answer(&r, told.type, told.id, CB_E_ABSENT, CB_SPAN_EMPTY);
	cb_buf_free(&told.body);
	for (int i = 0; i < 4; i++) {
		ck_assert(client_reply(&c, &reply));
		ck_assert_uint_eq(reply.status, expected[i]);
		reply_clear(&reply);
	}
	/* HTTP/1.0: that was the last */
	ck_assert_ptr_nonnull(strstr(reply.head, "Connection: close"));
	ck_assert(!client_reply(&c, &reply));
	client_close(&c);
}
END_TEST

START_TEST(head_and_body_may_come_in_parts)
{
	static const char text[] = "POST " COMMANDS " HTTP/1.1\r\nHost: a\r\n"
	    "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n";
	struct client c;
	struct told told;
	struct reply reply;

	client_open(&r, &c, DEVICE);
	for (const char *p = text; *p != '\0'; p++)
		client_send(&c, cb_span(p, 1));
	ck_assert(client_reply(&c, &reply));
	ck_assert_uint_eq(reply.status, 100);
	client_text(&c, "a");
	client_text(&c, "bc");
	rig_told(&r, &told, 0x0103);
	ck_assert_mem_eq(told.body.p + 2 * WIRE_ID, "abc", 3);
	rig_answer(&r, told.type, told.id, 0, CB_SPAN_EMPTY);
	ck_assert(client_reply(&c, &reply));
	ck_assert_uint_eq(reply.status, 200);
	reply_clear(&reply);
	cb_buf_free(&told.body);
	client_close(&c);
}
END_TEST

static const struct {
	const char *text;
	unsigned status;
	enum cb_err code;
} wrong[] = {
	{ "nonsense\r\n\r\n", 400, CB_E_FORMAT },
	{ "GET /backend HTTP/1.1\r\n\r\n", 400, CB_E_FORMAT },
	{ "POST /hold HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
	  "\r\n0\r\n\r\n", 400, CB_E_FORMAT },
	{ "POST /hold HTTP/1.1\r\nHost: a\r\n"
	  "Content-Length: 99999999999999999999\r\n\r\n", 413, CB_E_LIMIT },
	{ NULL, 413, CB_E_LIMIT },	/* a head without end */
};

START_TEST(what_is_not_http_ends_the_connection)
{
	char much[BE_BODY_MAX / 64];
	struct client c;
	struct reply reply;

	memset(much, 'a', sizeof(much) - 1);
	much[sizeof(much) - 1] = '\0';
	client_open(&r, &c, DEVICE);
	client_text(&c, wrong[_i].text != NULL ? wrong[_i].text : much);
	ck_assert(client_reply(&c, &reply));
	expect_failure(&reply, wrong[_i].status, wrong[_i].code);
	ck_assert_ptr_nonnull(strstr(reply.head, "Connection: close"));
	reply_clear(&reply);
	ck_assert(!client_reply(&c, &reply));
	client_close(&c);
}
END_TEST

/* What was asked is answered, what was not is told to go elsewhere. */
START_TEST(a_door_that_stops_ends_what_was_begun)
{
	uint8_t byte;
	struct client c, idle;
	struct told told;
	struct reply reply;

	client_open(&r, &c, DEVICE);
	client_open(&r, &idle, DEVICE2);
	client_ask(&idle, "GET", "/backend", CB_SPAN_EMPTY);
	ck_assert(client_reply(&idle, &reply));
	reply_clear(&reply);
	client_ask(&c, "POST", COMMANDS, cb_span_str("records"));
	rig_told(&r, &told, 0x0103);
	rig_stop(&r);
	ck_assert(!client_reply(&idle, &reply));
	rig_answer(&r, told.type, told.id, 0, cb_span_str("answers"));
	ck_assert(client_reply(&c, &reply));
	ck_assert_uint_eq(reply.status, 200);
	ck_assert_ptr_nonnull(strstr(reply.head, "Connection: close"));
	reply_clear(&reply);
	cb_buf_free(&told.body);
	client_close(&c);
	client_close(&idle);
	/* and then it ends, with its parent still there */
	ck_assert_int_eq(recv(r.parent, &byte, 1, 0), 0);
}
END_TEST

Suite *
requests_suite(void)
{
	Suite *s = suite_create("requests");
	TCase *tc = tcase_create("requests");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, start, stop);
	tcase_add_test(tc, a_stranger_learns_about_the_backend);
	tcase_add_test(tc, health_is_the_workers);
	tcase_add_test(tc, health_is_what_workers_lack);
	tcase_add_test(tc, nothing_is_ready_before_a_worker_is);
#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))
	tcase_add_loop_test(tc, what_is_refused_says_how, 0, N_OF(refusals));
	tcase_add_loop_test(
	    tc, a_body_goes_to_the_worker_and_back, 0, N_OF(carried));
	tcase_add_loop_test(
	    tc, what_is_opened_is_what_the_path_says, 0, N_OF(opened));
	tcase_add_test(tc, the_longest_body_passes);
	tcase_add_loop_test(tc, a_code_becomes_a_status, 0, N_OF(codes));
	tcase_add_test(tc, a_lost_worker_is_503);
	tcase_add_loop_test(tc, a_worker_that_lies_is_lost, 0, 3);
	tcase_add_test(tc, requests_may_come_ahead);
	tcase_add_test(tc, head_and_body_may_come_in_parts);
	tcase_add_loop_test(
	    tc, what_is_not_http_ends_the_connection, 0, N_OF(wrong));
	tcase_add_test(tc, a_door_that_stops_ends_what_was_begun);
	suite_add_tcase(s, tc);
	tc = tcase_create("desk");
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, start_with_desk, stop);
	tcase_add_loop_test(
	    tc, people_have_a_socket_of_their_own, 0, N_OF(places));
	suite_add_tcase(s, tc);
	return s;
}
