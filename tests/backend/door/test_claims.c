/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What one device may hold, and devices whose network keeps their certificate.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "tests/backend/door/rig.h"
#include "tests/backend/door/suites.h"

#define ORG "0a010000000000000000000000000000"
#define COMMANDS "/sessions/05010000000000000000000000000000"
#define OFFER "/cards/0c010000000000000000000000000000/offer"
#define OF_DEVICE "0d010000000000000000000000000000"

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

/* ---- holds --------------------------------------------------------------- */

static void
put_hold(struct cb_buf *body, unsigned cards, bool same)
{
	struct wire_held held = { .stamp = 1 };
	struct cb_buf list = CB_BUF_INIT;
	struct wire_hold h = { .kind = WIRE_TEST,
		.count = (uint16_t)cards };

	for (unsigned i = 0; i < cards; i++) {
		held.card[0] = same ? 0 : (uint8_t)i;
		ck_assert_int_eq(wire_held_put(&list, &held), CB_OK);
	}
	h.cards = cb_buf_span(&list);
	ck_assert_int_eq(wire_hold_put(body, &h), CB_OK);
	cb_buf_free(&list);
}

static void
hold(struct client *c, unsigned cards)
{
	struct cb_buf body = CB_BUF_INIT;

	put_hold(&body, cards, true);
	client_ask(c, "POST", "/hold", cb_buf_span(&body));
	cb_buf_free(&body);
}

START_TEST(so_many_holds_of_one)
{
	static const uint8_t there[] = { 0, 0, 0, 8, 1, 0, 0, 0, 0, 0 };
	struct client c[3], other;
	struct wire_news news;
	struct reply reply;
	uint64_t id[3], of_other;

	r.settings.limits.holds = 2;
	rig_start(&r);
	client_open(&r, &other, DEVICE2);
	hold(&other, 1);
	of_other = rig_asked(&r, 0x0104);
	for (int i = 0; i < 3; i++) {
		client_open(&r, &c[i], DEVICE);
		hold(&c[i], 1);
		id[i] = rig_asked(&r, 0x0104);
	}
	ck_assert(client_reply(&c[0], &reply));
	ck_assert_uint_eq(reply.status, 200);
	ck_assert_int_eq(
	    wire_news_get(cb_buf_span(&reply.body), &news), CB_OK);
	ck_assert_uint_eq(news.count, 0);
	reply_clear(&reply);
	(void)rig_asked(&r, 0x0105);
	rig_untold(&r);
	rig_answer(&r, 0x0104, of_other, 0, CB_SPAN_OF(there));
	client_expect(&other, 200);
	for (int i = 1; i < 3; i++) {
		rig_answer(&r, 0x0104, id[i], 0, CB_SPAN_OF(there));
		client_expect(&c[i], 200);
	}
	for (int i = 0; i < 3; i++)
		client_close(&c[i]);
	client_close(&other);
}
END_TEST

/* Two readers of one bridge, with one card that neither has in use. */
START_TEST(two_readers_may_wait_for_one_card)
{
	static const uint8_t there[] = { 0, 0, 0, 8, 1, 0, 0, 0, 0, 0 };
	struct client c;
	uint64_t id[2];

	rig_start(&r);
	client_open(&r, &c, DEVICE);
	hold(&c, 2);
	for (int i = 0; i < 2; i++)
		id[i] = rig_asked(&r, 0x0104);
	ck_assert_uint_ne(id[0], id[1]);
	rig_answer(&r, 0x0104, id[1], 0, CB_SPAN_OF(there));
	client_expect(&c, 200);
	client_close(&c);
}
END_TEST

/* Who lets go and holds again is asked for no faster for that: its holds wait,
 * and lose nothing; nobody else waits for it. */
START_TEST(holds_of_one_keep_a_pace)
{
	static const uint8_t there[] = { 0, 0, 0, 8, 1, 0, 0, 0, 0, 0 };
	struct client c, other;
	struct reply reply;
	uint64_t id;

	r.settings.limits.watches_a_second = 2;
	r.settings.limits.watches_at_once = 8;
	rig_start(&r);
	/* each is worth four */
	for (int i = 0; i < 3; i++) {
		client_open(&r, &c, DEVICE);
		hold(&c, 3);
		for (int n = 0; n < 3; n++)
			(void)rig_asked(&r, 0x0104);
		client_close(&c);
		for (int n = 0; n < 3; n++)
			(void)rig_asked(&r, 0x0105);
	}
	client_open(&r, &c, DEVICE);
	hold(&c, 3);
	rig_untold(&r);
	client_open(&r, &other, DEVICE2);
	hold(&other, 1);
	id = rig_asked(&r, 0x0104);
	rig_answer(&r, 0x0104, id, 0, CB_SPAN_OF(there));
	client_expect(&other, 200);
	for (int n = 0; n < 3; n++)
		id = rig_asked(&r, 0x0104);
	rig_answer(&r, 0x0104, id, 0, CB_SPAN_OF(there));
	ck_assert(client_reply(&c, &reply));
	ck_assert_uint_eq(reply.status, 200);
	reply_clear(&reply);
	client_close(&c);
	client_close(&other);
}
END_TEST

/* ---- without a certificate ----------------------------------------------- */

static const struct {
	enum who who;
	const char *path, *field;
	unsigned status;	/* 0: it is passed on */
	bool inspected;
	enum who as;
} claims[] = {
	{ NOBODY, OFFER, RIG_NAMED, 0, true, DEVICE },
	{ NOBODY, COMMANDS, RIG_NAMED, 0, true, DEVICE },
	{ NOBODY, OFFER, "", 401, false, NOBODY },
	/* who shows a certificate is who that says */
	{ DEVICE2, OFFER, RIG_NAMED, 0, false, DEVICE2 },
	{ EXPIRED, OFFER, RIG_NAMED, 401, false, NOBODY },
	/* no person */
	{ NOBODY, "/organisations/" ORG "/offer", RIG_NAMED, 403, false,
	    NOBODY },
	{ NOBODY, OFFER, "Cardbridge-Device: " OF_DEVICE "\r\n", 400, false,
	    NOBODY },
	{ NOBODY, OFFER, "Cardbridge-Device: " ORG "  " OF_DEVICE "\r\n",
	    400, false, NOBODY },
	{ NOBODY, OFFER, "Cardbridge-Device: " ORG " " OF_DEVICE "0\r\n",
	    400, false, NOBODY },
	{ NOBODY, OFFER, RIG_NAMED RIG_NAMED, 400, false, NOBODY },
};

START_TEST(a_device_that_names_itself)
{
	struct client c;
	struct told t;
	char head[512];

	rig_start(&r);
	client_open(&r, &c, claims[_i].who);
	(void)snprintf(head, sizeof(head),
	    "POST %s HTTP/1.1\r\nHost: a\r\n%s\r\n", claims[_i].path,
	    claims[_i].field);
	client_text(&c, head);
	if (claims[_i].status != 0) {
		client_expect(&c, claims[_i].status);
	} else {
		rig_told(&r, &t,
		    strcmp(claims[_i].path, OFFER) == 0 ? 0x0101 : 0x0103);
		ck_assert_int_eq(t.inspected, claims[_i].inspected);
		ck_assert_mem_eq(t.body.p, rig_id(claims[_i].as), WIRE_ID);
		rig_answer(&r, t.type, t.id, 0, CB_SPAN_EMPTY);
		cb_buf_free(&t.body);
		client_expect(&c, 200);
		/* it is no more than it says, the next time, either */
		client_ask(&c, "POST", OFFER, CB_SPAN_EMPTY);
		if (claims[_i].inspected)
			client_expect(&c, 401);
	}
	client_close(&c);
}
END_TEST

static void
hold_named(struct client *c, unsigned cards)
{
	struct cb_buf body = CB_BUF_INIT;
	char head[512];

	put_hold(&body, cards, false);
	(void)snprintf(head, sizeof(head),
	    "POST /hold HTTP/1.1\r\nHost: a\r\n" RIG_NAMED
	    "Content-Length: %zu\r\n\r\n", body.n);
	client_text(c, head);
	client_send(c, cb_buf_span(&body));
	cb_buf_free(&body);
}

/* Each card is a question to the worker, and anybody may ask. */
START_TEST(who_only_says_so_holds_little)
{
	struct client c;

	rig_start(&r);
	client_open(&r, &c, NOBODY);
	hold_named(&c, 65);
	client_expect(&c, 413);
	rig_untold(&r);
	hold_named(&c, 64);
	for (int i = 0; i < 64; i++)
		(void)rig_asked(&r, 0x0104);
	client_close(&c);
}
END_TEST

/* false: it is answered by the door alone. */
static bool
worker_is_asked_by(const struct client *c)
{
	struct pollfd p[2] = {
		{ .fd = be_channel_fd(r.worker), .events = POLLIN },
		{ .fd = c->fd, .events = POLLIN },
	};

	ck_assert_int_gt(poll(p, 2, PATIENCE_MS), 0);
	return p[0].revents != 0;
}

START_TEST(who_only_says_so_holds_seldom)
{
	struct client c;
	struct reply reply = { .status = 0 };

	if (_i == 0)
		r.settings.limits.claims_of_one = 2;
	else
		r.settings.limits.claims_of_address = 2;
	rig_start(&r);
	client_open(&r, &c, NOBODY);
	client_ask(&c, "GET", "/backend", CB_SPAN_EMPTY);
	client_expect(&c, 200);	/* and its tickets have come */
	while (reply.status != 429) {
		reply_clear(&reply);
		hold_named(&c, 1);
		if (worker_is_asked_by(&c))
			rig_answer(&r, 0x0104, rig_asked(&r, 0x0104), 6,
			    CB_SPAN_EMPTY);
		ck_assert(client_reply(&c, &reply));
	}
	expect_failure(&reply, 429, CB_E_BUSY);
	reply_clear(&reply);
	client_close(&c);
}
END_TEST

Suite *
claims_suite(void)
{
	Suite *s = suite_create("claims");
	TCase *tc = tcase_create("claims");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, init, stop);
	tcase_add_test(tc, so_many_holds_of_one);
	tcase_add_test(tc, two_readers_may_wait_for_one_card);
	tcase_add_test(tc, holds_of_one_keep_a_pace);
	tcase_add_test(tc, who_only_says_so_holds_little);
	tcase_add_loop_test(tc, who_only_says_so_holds_seldom, 0, 2);
	tcase_add_loop_test(tc, a_device_that_names_itself, 0,
	    sizeof(claims) / sizeof(claims[0]));
	suite_add_tcase(s, tc);
	return s;
}
