/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * How many of each there may be at the door, and what strangers cannot do to
 * others.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "backend/door/crowd.h"
#include "tests/backend/door/rig.h"
#include "tests/backend/door/suites.h"

#define ORG "0a010000000000000000000000000000"
#define ENROL "/organisations/" ORG "/enrol"
#define COMMANDS "/sessions/05010000000000000000000000000000"

static struct rig r;

static void
init(void)
{
	rig_init(&r);
}

static void
stop(void)
{
	rig_clear(&r);
}

static void
enrol(struct client *c)
{
	client_ask(c, "POST", ENROL, rig_enrol());
}

static bool
goes_on(struct client *c)
{
	struct reply reply;

	ck_assert(client_reply(c, &reply));
	reply_clear(&reply);
	return reply.status == 100;
}

/* ---- strangers ----------------------------------------------------------- */

static void
is_closed(struct client *c)
{
	ck_assert_int_le(recv(c->fd, &(char){ 0 }, 1, 0), 0);
	client_close(c);
}

static bool
is_open(const struct client *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };

	return poll(&p, 1, 0) == 0;
}

START_TEST(so_many_of_one_address)
{
	struct client one[3], other;

	r.settings.limits.of_address = 2;
	r.settings.limits.patience = 0;
	rig_start(&r);
	client_from(&r, &other, "127.0.0.2");
	for (int i = 0; i < 3; i++)
		client_from(&r, &one[i], "127.0.0.3");
	is_closed(&one[0]);
	ck_assert(is_open(&other) && is_open(&one[1]) && is_open(&one[2]));
	client_close(&other);
	client_close(&one[1]);
	client_close(&one[2]);
}
END_TEST

/* Who has begun is let end, whoever comes; then the oldest goes again. */
START_TEST(many_at_once_do_not_end_each_other)
{
	struct client c[2], more;
	const bool of_address = _i == 0;

	if (of_address)
		r.settings.limits.of_address = 2;
	else
		r.settings.limits.strangers = 2;
	r.settings.limits.patience = 60000;
	rig_start(&r);
	for (int i = 0; i < 2; i++)
		client_bare(&r, &c[i]);
	for (int i = 0; i < 20; i++) {
		client_bare(&r, &more);
		is_closed(&more);
	}
	for (int i = 0; i < 2; i++) {
		client_shake(&r, &c[i], i == 0 ? DEVICE : NOBODY);
		client_ask(&c[i], "GET", "/backend", CB_SPAN_EMPTY);
		client_expect(&c[i], 200);
	}
	/* the device is no stranger now: there is room for one */
	client_bare(&r, &more);
	ck_assert(is_open(&c[1]));
	client_close(&more);
	for (int i = 0; i < 2; i++)
		client_close(&c[i]);
}
END_TEST

static struct be_place
place_of(const char *text)
{
	struct sockaddr_storage at = { .ss_family = AF_INET };
	struct be_place place;

	if (strchr(text, ':') != NULL) {
		at.ss_family = AF_INET6;
		ck_assert_int_eq(inet_pton(AF_INET6, text,
		    &((struct sockaddr_in6 *)&at)->sin6_addr), 1);
	} else {
		ck_assert_int_eq(inet_pton(AF_INET, text,
		    &((struct sockaddr_in *)&at)->sin_addr), 1);
	}
	be_place_get(&place, &at);
	return place;
}

static const struct {
	const char *a, *b;
	bool same;
} places[] = {
	{ "192.0.2.1", "192.0.2.1", true },
	{ "192.0.2.1", "192.0.2.2", false },
	{ "2001:db8:1:2::1", "2001:db8:1:2:3:4:5:6", true },
	{ "2001:db8:1:2::1", "2001:db8:1:3::1", false },
	{ "::ffff:192.0.2.1", "192.0.2.1", true },
	{ "::ffff:192.0.2.1", "::ffff:192.0.2.2", false },
	{ "::", "0.0.0.0", false },
};

START_TEST(half_of_an_address_is_its_owners)
{
	const struct be_place a = place_of(places[_i].a),
			      b = place_of(places[_i].b);

	ck_assert_int_eq(a.v6 == b.v6 && memcmp(a.bytes, b.bytes, 8) == 0,
	    places[_i].same);
}
END_TEST

START_TEST(strangers_hide_no_lines_of_others)
{
	struct be_door *door = calloc(1, sizeof(*door));
	unsigned refused = 0;

	ck_assert_ptr_nonnull(door);
	for (int i = 0; i < 1000; i++)
		refused += !be_door_may_log(door, true);
	ck_assert_uint_ge(refused, 900);
	/* whatever second it is now */
	ck_assert(be_door_may_log(door, false));
	free(door);
}
END_TEST

/* ---- enrolment ----------------------------------------------------------- */

START_TEST(who_is_being_enrolled_is_not_thrown_out)
{
	struct client c, more[3];
	uint64_t id;

	if (_i == 0)
		r.settings.limits.strangers = 2;
	else
		r.settings.limits.of_address = 2;
	r.settings.limits.patience = 0;
	rig_start(&r);
	client_open(&r, &c, NOBODY);
	enrol(&c);
	id = rig_asked(&r, 0x0106);
	for (int i = 0; i < 3; i++)
		client_bare(&r, &more[i]);
	is_closed(&more[0]);
	is_closed(&more[1]);
	rig_answer(&r, 0x0106, id, 0, cb_span_str("certificate"));
	client_expect(&c, 200);
	client_close(&more[2]);
	client_close(&c);
}
END_TEST

START_TEST(so_many_are_enrolled_at_one_time)
{
	static const char *const addresses[] = { "127.0.0.1", "127.0.0.2",
		"127.0.0.3", "127.0.0.4" };
	struct client c[4];
	struct reply reply;
	uint64_t id[2];

	r.settings.limits.enrols = 2;
	rig_start(&r);
	for (int i = 0; i < 4; i++) {
		client_from(&r, &c[i], addresses[i]);
		client_shake(&r, &c[i], NOBODY);
	}
	for (int i = 0; i < 2; i++) {
		enrol(&c[i]);
		id[i] = rig_asked(&r, 0x0106);
	}
	/* one that is gone counts until it is answered */
	client_close(&c[0]);
	for (int i = 0; i < 3; i++) {
		enrol(&c[2]);
		ck_assert(client_reply(&c[2], &reply));
		expect_failure(&reply, 429, CB_E_BUSY);
		ck_assert_ptr_nonnull(strstr(reply.head, "Retry-After: "));
		reply_clear(&reply);
	}
	rig_answer(&r, 0x0106, id[0], 0, cb_span_str("certificate"));
	rig_answer(&r, 0x0106, id[1], 0, cb_span_str("certificate"));
	client_expect(&c[1], 200);
	enrol(&c[3]);
	rig_answer(&r, 0x0106, rig_asked(&r, 0x0106), 0,
	    cb_span_str("certificate"));
	client_expect(&c[3], 200);
	for (int i = 1; i < 4; i++)
		client_close(&c[i]);
}
END_TEST

/* Of ten that come at once, which is two seconds at most. */
START_TEST(so_many_are_enrolled_in_a_second)
{
	struct client c;
	struct reply reply;
	struct pollfd p;
	unsigned done = 0, refused = 0;

	r.settings.limits.enrols_a_second = 3;
	r.settings.limits.enrols_of_address = 10;
	rig_start(&r);
	client_open(&r, &c, NOBODY);
	p = (struct pollfd){ .fd = be_channel_fd(r.worker),
		.events = POLLIN };
	for (int i = 0; i < 10; i++)
		enrol(&c);
	/* with it a ticket is read, which alone is no reply to wait for */
	rig_answer(&r, 0x0106, rig_asked(&r, 0x0106), 0,
	    cb_span_str("certificate"));
	ck_assert(client_reply(&c, &reply));
	ck_assert_int_eq(reply.status, 200);
	reply_clear(&reply);
	done++;
	while (done + refused < 10) {
		while (poll(&p, 1, is_open(&c) ? 20 : 0) == 1)
			rig_answer(&r, 0x0106, rig_asked(&r, 0x0106), 0,
			    cb_span_str("certificate"));
		if (SSL_pending(c.ssl) == 0 && c.in.n == 0 && is_open(&c))
			continue;
		ck_assert(client_reply(&c, &reply));
		done += reply.status == 200;
		refused += reply.status == 429;
		reply_clear(&reply);
	}
	ck_assert_uint_ge(done, 3);
	ck_assert_uint_ge(refused, 3);
	client_close(&c);
}
END_TEST

/* Nothing that no worker would take. */
START_TEST(no_stranger_keeps_others_from_being_enrolled)
{
	struct client c, other;

	r.settings.limits.enrols_a_second = 1;
	rig_start(&r);
	client_open(&r, &c, NOBODY);
	for (int i = 0; i < 5; i++) {
		client_ask(&c, "POST", ENROL, CB_SPAN_EMPTY);
		client_expect(&c, 400);
		client_ask(&c, "POST", ENROL, cb_span_str("enrol me"));
		client_expect(&c, 400);
		client_ask(&c, "POST",
		    "/organisations/0b010000000000000000000000000000/enrol",
		    cb_span_str("enrol"));
		client_expect(&c, 503);
	}
	client_from(&r, &other, "127.0.0.2");
	client_shake(&r, &other, NOBODY);
	enrol(&other);
	rig_answer(&r, 0x0106, rig_asked(&r, 0x0106), 0,
	    cb_span_str("certificate"));
	client_expect(&other, 200);
	client_close(&other);
	client_close(&c);
}
END_TEST

START_TEST(one_of_an_address_is_enrolled_at_one_time)
{
	struct client c[2], other;
	uint64_t id[2];

	rig_start(&r);
	for (int i = 0; i < 2; i++)
		client_open(&r, &c[i], NOBODY);
	client_from(&r, &other, "127.0.0.2");
	client_shake(&r, &other, NOBODY);
	enrol(&c[0]);
	id[0] = rig_asked(&r, 0x0106);
	enrol(&c[1]);
	client_expect(&c[1], 429);
	enrol(&other);
	id[1] = rig_asked(&r, 0x0106);
	for (int i = 0; i < 2; i++)
		rig_answer(&r, 0x0106, id[i], 0, cb_span_str("certificate"));
	client_expect(&c[0], 200);
	client_expect(&other, 200);
	enrol(&c[1]);
	rig_answer(&r, 0x0106, rig_asked(&r, 0x0106), 0,
	    cb_span_str("certificate"));
	client_expect(&c[1], 200);
	for (int i = 0; i < 2; i++)
		client_close(&c[i]);
	client_close(&other);
}
END_TEST

/* ---- what requests need -------------------------------------------------- */

START_TEST(bodies_have_one_budget)
{
	static const uint8_t body[600], much[2000];
	struct client c, d;
	struct reply reply;
	uint64_t id;

	r.settings.limits.bodies = 1000;
	rig_start(&r);
	client_open(&r, &c, DEVICE);
	client_open(&r, &d, DEVICE2);
	client_ask(&c, "POST", COMMANDS, CB_SPAN_OF(body));
	id = rig_asked(&r, 0x0103);
	client_ask(&d, "POST", COMMANDS, CB_SPAN_OF(body));
	ck_assert(client_reply(&d, &reply));
	expect_failure(&reply, 503, CB_E_NOMEM);
	reply_clear(&reply);
	client_close(&d);
	/* what is too much for an answer is told later, too */
	rig_answer(&r, 0x0103, id, 0, CB_SPAN_OF(much));
	ck_assert(client_reply(&c, &reply));
	expect_failure(&reply, 503, CB_E_PEER);
	reply_clear(&reply);
	/* and all of it is given back */
	client_open(&r, &d, DEVICE2);
	client_ask(&d, "POST", COMMANDS, CB_SPAN_OF(body));
	rig_answer(&r, 0x0103, rig_asked(&r, 0x0103), 0, CB_SPAN_OF(body));
	client_expect(&d, 200);
	client_ask(&c, "POST", COMMANDS, CB_SPAN_OF(body));
	rig_answer(&r, 0x0103, rig_asked(&r, 0x0103), 0, CB_SPAN_OF(body));
	client_expect(&c, 200);
	client_close(&c);
	client_close(&d);
}
END_TEST

/* Heads alone take what there is for bodies: of whom how many whole ones. */
static const struct {
	unsigned bodies;	/* in all */
	enum who first, second;
	bool refused;		/* the second */
} shares[] = {
	{ 16, DEVICE, DEVICE, true },
	{ 16, DEVICE, DEVICE2, false },
	{ 4, DEVICE, DEVICE2, true },
	{ 4, DEVICE, STRAY, false },
	{ 8, NOBODY, NOBODY, true },
	{ 8, NOBODY, DEVICE, false },
	{ 8, DEVICE, NOBODY, false },
};

static void
announce(struct client *c, enum who who)
{
	char head[512];

	(void)snprintf(head, sizeof(head),
	    "POST " COMMANDS " HTTP/1.1\r\nHost: a\r\n%s"
	    "Expect: 100-continue\r\nContent-Length: %zu\r\n\r\n",
	    who == NOBODY ? RIG_NAMED : "", (size_t)WIRE_BODY_MAX);
	client_text(c, head);
}

START_TEST(nobody_has_all_of_the_budget)
{
	struct client c, d;

	r.settings.limits.bodies = shares[_i].bodies * (size_t)WIRE_BODY_MAX;
	rig_start(&r);
	client_open(&r, &c, shares[_i].first);
	client_open(&r, &d, shares[_i].second);
	announce(&c, shares[_i].first);
	client_expect(&c, 100);
	announce(&d, shares[_i].second);
	client_expect(&d, shares[_i].refused ? 503 : 100);
	/* it is given back with the connection */
	client_close(&c);
	client_close(&d);
	do {
		client_close(&d);
		client_open(&r, &d, shares[_i].second);
		announce(&d, shares[_i].second);
	} while (!goes_on(&d));
	client_close(&d);
}
END_TEST

/* The oldest of the organisation that has most makes room for another. */
START_TEST(no_organisation_has_all_connections)
{
	struct client c[2], other;

	r.settings.limits.connections = 2;
	rig_start(&r);
	client_open(&r, &c[0], DEVICE);
	client_ask(&c[0], "GET", "/backend", CB_SPAN_EMPTY);
	client_expect(&c[0], 200);
	client_open(&r, &c[1], DEVICE2);
	client_ask(&c[1], "GET", "/backend", CB_SPAN_EMPTY);
	client_expect(&c[1], 200);
	client_open(&r, &other, STRAY);
	client_ask(&other, "GET", "/backend", CB_SPAN_EMPTY);
	client_expect(&other, 200);
	ck_assert(!client_reply(&c[0], &(struct reply){ 0 }));
	client_ask(&c[1], "GET", "/backend", CB_SPAN_EMPTY);
	client_expect(&c[1], 200);
	client_close(&c[0]);
	client_close(&c[1]);
	client_close(&other);
}
END_TEST

#define MANY 8

START_TEST(a_worker_that_does_not_read_is_busy)
{
	struct cb_buf body = CB_BUF_INIT;
	struct client c[MANY];
	struct reply reply;
	uint8_t *p;

	rig_start(&r);
	ck_assert_int_eq(cb_buf_grow(&body, 1000000, &p), CB_OK);
	for (int i = 0; i < MANY; i++) {
		client_open(&r, &c[i], DEVICE);
		client_ask(&c[i], "POST", COMMANDS, cb_buf_span(&body));
	}
	ck_assert(client_reply(&c[MANY - 1], &reply));
	expect_failure(&reply, 503, CB_E_PEER);
	reply_clear(&reply);
	/* the others are asked all the same, when it reads */
	rig_answer(&r, 0x0103, rig_asked(&r, 0x0103), 0, CB_SPAN_EMPTY);
	client_expect(&c[0], 200);
	for (int i = 0; i < MANY; i++)
		client_close(&c[i]);
	cb_buf_free(&body);
}
END_TEST

Suite *
crowd_suite(void)
{
	Suite *s = suite_create("crowd");
	TCase *tc = tcase_create("crowd");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, init, stop);
	tcase_add_test(tc, so_many_of_one_address);
	tcase_add_loop_test(tc, many_at_once_do_not_end_each_other, 0, 2);
	tcase_add_loop_test(tc, half_of_an_address_is_its_owners, 0,
	    sizeof(places) / sizeof(places[0]));
	tcase_add_test(tc, strangers_hide_no_lines_of_others);
	tcase_add_loop_test(tc, who_is_being_enrolled_is_not_thrown_out, 0, 2);
	tcase_add_test(tc, so_many_are_enrolled_at_one_time);
	tcase_add_test(tc, so_many_are_enrolled_in_a_second);
	tcase_add_test(tc, no_stranger_keeps_others_from_being_enrolled);
	tcase_add_test(tc, one_of_an_address_is_enrolled_at_one_time);
	tcase_add_test(tc, bodies_have_one_budget);
	tcase_add_loop_test(tc, nobody_has_all_of_the_budget, 0,
	    sizeof(shares) / sizeof(shares[0]));
	tcase_add_test(tc, no_organisation_has_all_connections);
	tcase_add_test(tc, a_worker_that_does_not_read_is_busy);
	suite_add_tcase(s, tc);
	return s;
}
