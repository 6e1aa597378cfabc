/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Held requests: news within a moment, and nothing left behind.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/backend/door/rig.h"
#include "tests/backend/door/suites.h"

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

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* HOLD for both cards, or as many of the kind. */
static void
hold(struct client *c, uint32_t seconds, unsigned cards)
{
	struct cb_buf list = CB_BUF_INIT, body = CB_BUF_INIT;
	struct wire_held held = { .stamp = 7 };
	struct wire_hold h = { .kind = WIRE_TEST, .seconds = seconds,
		.count = (uint16_t)cards };

	for (unsigned i = 0; i < cards; i++) {
		memcpy(held.card, i == 0 ? rig_card : rig_card2, WIRE_ID);
		memcpy(held.session, rig_session, WIRE_ID);
		held.session[14] = (uint8_t)(i >> 8);
		held.session[15] = (uint8_t)i;
		ck_assert_int_eq(wire_held_put(&list, &held), CB_OK);
	}
	h.cards = cb_buf_span(&list);
	ck_assert_int_eq(wire_hold_put(&body, &h), CB_OK);
	client_ask(c, "POST", "/hold", cb_buf_span(&body));
	cb_buf_free(&list);
	cb_buf_free(&body);
}

static uint64_t
watched(const uint8_t *card, uint8_t i)
{
	struct told told;
	uint64_t id;

	rig_told(&r, &told, 0x0104);
	ck_assert_uint_eq(told.body.n, 3 * WIRE_ID + 4);
	ck_assert_mem_eq(told.body.p, rig_id(DEVICE), WIRE_ID);
	ck_assert_mem_eq(told.body.p + 16, card, WIRE_ID);
	ck_assert_mem_eq(told.body.p + 32, rig_session, 14);
	ck_assert_uint_eq(told.body.p[47], i);
	ck_assert_mem_eq(told.body.p + 48, "\0\0\0\7", 4);
	id = told.id;
	cb_buf_free(&told.body);
	return id;
}

static void
unwatched(uint64_t watch)
{
	uint8_t id[8];
	struct told told;

	rig_told(&r, &told, 0x0105);
	ck_assert_uint_eq(told.id, 0);
	for (int i = 0; i < 8; i++)
		id[i] = (uint8_t)(watch >> (8 * (7 - i)));
	ck_assert_uint_eq(told.body.n, 8);
	ck_assert_mem_eq(told.body.p, id, 8);
	cb_buf_free(&told.body);
}

/* stamp 8, another device has it, the session is over, busy; its ATR */
static const uint8_t news[] = { 0, 0, 0, 8, 3, 1, 0, 8, 0, 2, 0x3B, 0x80 };

static void
expect_news(struct client *c, unsigned count)
{
	struct reply reply;
	struct wire_news n;
	struct wire_told told;

	ck_assert(client_reply(c, &reply));
	ck_assert_uint_eq(reply.status, 200);
	ck_assert_int_eq(wire_news_get(cb_buf_span(&reply.body), &n), CB_OK);
	ck_assert_int_eq(n.kind, WIRE_TEST);
	ck_assert_uint_eq(n.count, count);
	while (n.cards.n > 0) {
		ck_assert_int_eq(wire_told_get(&n.cards, &told), CB_OK);
		ck_assert_uint_eq(told.stamp, 8);
		ck_assert_int_eq(told.state, WIRE_ELSEWHERE);
		ck_assert(told.over && !told.changed);
		ck_assert_uint_eq(told.code, CB_E_BUSY);
		ck_assert(cb_span_equal(told.atr, cb_span(news + 10, 2)));
		ck_assert_mem_eq(told.session, rig_session, 14);
		ck_assert_mem_eq(told.card,
		    told.session[15] == 0 ? rig_card : rig_card2, WIRE_ID);
	}
	reply_clear(&reply);
}

START_TEST(news_end_a_hold)
{
	struct client c;
	uint64_t one, two;
	int64_t from;

	client_open(&r, &c, DEVICE);
	hold(&c, 0, 2);
	one = watched(rig_card, 0);
	two = watched(rig_card2, 1);
	from = now_ms();
	rig_answer(&r, 0x0104, two, 0, CB_SPAN_OF(news));
	expect_news(&c, 1);
	ck_assert_int_lt(now_ms() - from, 100);
	unwatched(one);
	/* an answer that crossed that is no lie */
	rig_answer(&r, 0x0104, one, 0, CB_SPAN_OF(news));
	/* and the next one is held alike, on the same connection */
	hold(&c, 0, 1);
	one = watched(rig_card, 0);
	rig_answer(&r, 0x0104, one, 0, CB_SPAN_OF(news));
	expect_news(&c, 1);
	client_close(&c);
}
END_TEST

START_TEST(news_that_are_there_come_together)
{
	struct client c;
	uint64_t one, two;
	struct be_message m = { .type = 0x0104, .answer = true,
		.body = CB_SPAN_OF(news) };
	struct cb_buf both = CB_BUF_INIT;

	client_open(&r, &c, DEVICE);
	hold(&c, 0, 2);
	one = watched(rig_card, 0);
	two = watched(rig_card2, 1);
	/* in one write, so that both are there */
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(
		    cb_put_u32(&both, (uint32_t)m.body.n), CB_OK);
		ck_assert_int_eq(cb_put_u16(&both, 0x8104), CB_OK);
		ck_assert_int_eq(cb_put_u16(&both, 0), CB_OK);
		ck_assert_int_eq(cb_put_u64(&both, i == 0 ? one : two), CB_OK);
		ck_assert_int_eq(cb_buf_add(&both, m.body), CB_OK);
	}
	ck_assert_int_eq(write(be_channel_fd(r.worker), both.p, both.n),
	    (ssize_t)both.n);
	expect_news(&c, 2);
	rig_untold(&r);
	cb_buf_free(&both);
	client_close(&c);
}
END_TEST

START_TEST(a_hold_has_its_time)
{
	struct client c;
	uint64_t one;
	int64_t from = now_ms();

	client_open(&r, &c, DEVICE);
	hold(&c, 1, 1);
	one = watched(rig_card, 0);
	expect_news(&c, 0);
	ck_assert_int_ge(now_ms() - from, 990);
	unwatched(one);
	client_close(&c);
}
END_TEST

START_TEST(a_hold_ends_with_its_connection)
{
	struct client c;
	uint64_t ids[3];

	client_open(&r, &c, DEVICE);
	hold(&c, 0, 3);
	for (uint8_t i = 0; i < 3; i++)
		ids[i] = watched(i == 0 ? rig_card : rig_card2, i);
	if (_i == 0)
		(void)SSL_shutdown(c.ssl);
	client_close(&c);
	for (int i = 0; i < 3; i++)
		unwatched(ids[i]);
}
END_TEST

START_TEST(as_many_cards_as_a_hold_may_have)
{
	struct client c;
	uint64_t id = 0;

	client_open(&r, &c, DEVICE);
	hold(&c, 0, WIRE_HOLD_MAX);
	for (unsigned i = 0; i < WIRE_HOLD_MAX; i++)
		id = watched(i == 0 ? rig_card : rig_card2, (uint8_t)i);
	rig_answer(&r, 0x0104, id, 0, CB_SPAN_OF(news));
	expect_news(&c, 1);
	for (unsigned i = 0; i < WIRE_HOLD_MAX - 1; i++) {
		struct told told;

		rig_told(&r, &told, 0x0105);
		cb_buf_free(&told.body);
	}
	rig_untold(&r);
	client_close(&c);
}
END_TEST

/* The worker goes; refuses; says what NEWS cannot say. */
START_TEST(a_hold_that_fails_says_so)
{
	static const uint8_t bad[] = { 0, 0, 0, 0, 1, 0, 0, 0 };
	struct client c;
	struct reply reply;
	uint64_t one, two;

	client_open(&r, &c, DEVICE);
	hold(&c, 0, 2);
	one = watched(rig_card, 0);
	two = watched(rig_card2, 1);
	if (_i == 0)
		rig_lose(&r);
	else
		rig_answer(&r, 0x0104, one, _i == 1 ? CB_E_DENIED : CB_OK,
		    _i == 1 ? CB_SPAN_EMPTY : CB_SPAN_OF(bad));
	ck_assert(client_reply(&c, &reply));
	if (_i == 1)
		expect_failure(&reply, 403, CB_E_DENIED);
	else
		expect_failure(&reply, 503, CB_E_PEER);
	if (_i != 0)
		unwatched(two);
	reply_clear(&reply);
	client_close(&c);
}
END_TEST

START_TEST(a_door_that_stops_lets_go)
{
	struct client c;

	client_open(&r, &c, DEVICE);
	hold(&c, 0, 1);
	(void)watched(rig_card, 0);
	rig_stop(&r);
	expect_news(&c, 0);
	client_close(&c);
}
END_TEST

START_TEST(another_kind_is_refused)
{
	struct client c;
	struct reply reply;
	struct cb_buf body = CB_BUF_INIT;
	const struct wire_hold h = { .kind = WIRE_LIVE };

	ck_assert_int_eq(wire_hold_put(&body, &h), CB_OK);
	client_open(&r, &c, DEVICE);
	client_ask(&c, "POST", "/hold", cb_buf_span(&body));
	ck_assert(client_reply(&c, &reply));
	expect_failure(&reply, 400, CB_E_FORMAT);
	reply_clear(&reply);
	cb_buf_free(&body);
	client_close(&c);
}
END_TEST

Suite *
hold_suite(void)
{
	Suite *s = suite_create("hold");
	TCase *tc = tcase_create("hold");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, start, stop);
	tcase_add_test(tc, news_end_a_hold);
	tcase_add_test(tc, news_that_are_there_come_together);
	tcase_add_test(tc, a_hold_has_its_time);
	tcase_add_loop_test(tc, a_hold_ends_with_its_connection, 0, 2);
	tcase_add_test(tc, as_many_cards_as_a_hold_may_have);
	tcase_add_loop_test(tc, a_hold_that_fails_says_so, 0, 3);
	tcase_add_test(tc, a_door_that_stops_lets_go);
	tcase_add_test(tc, another_kind_is_refused);
	suite_add_tcase(s, tc);
	return s;
}
