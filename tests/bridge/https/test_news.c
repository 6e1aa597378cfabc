/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a backend tells of a card reaches the reader at once, and nothing is
 * said while there is no news.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "bridge/https/hold.h"
#include "bridge/sock.h"
#include "common/hex.h"
#include "tests/bridge/https/relay.h"
#include "tests/bridge/https/rig.h"

#define SOON_MS (100 * (int)slower())

static struct br_client *watch;
static struct br_state state;

static void
start(void)
{
	struct br_target t = { .name = "hosted" };

	rig_start();
	watch = dial(&near);
	ck_ok(br_watch(watch, &t, BR_ROAD_DIRECT, &state));
}

/* Until the reader has changed `n` times more and is as wanted; in ms. */
static int
wait_changes(uint32_t n, bool present)
{
	uint64_t begun = br_now_ms();
	uint32_t want = state.changes + n;

	while (state.changes < want || state.present != present)
		ck_assert(news(watch, &state, 5000));
	ck_assert_uint_eq(state.changes, want);
	return (int)(br_now_ms() - begun);
}

START_TEST(a_card_comes_and_goes)
{
	struct br_reader_info info;

	far.state = WIRE_NOT_THERE;
	start();
	ck_assert(!state.present);
	rig_info(&info);
	ck_assert_ptr_nonnull(strstr(info.trouble, "not there"));
	for (int i = 0; i < 3; i++) {
		backend_news(&far, WIRE_THERE, false, false);
		ck_assert_int_le(wait_changes(1, true), SOON_MS);
		backend_news(&far, WIRE_NOT_THERE, false, false);
		ck_assert_int_le(wait_changes(1, false), SOON_MS);
	}
	br_close(&watch);
}
END_TEST

static void
atr_is(const char *want)
{
	struct br_reader_info info;
	char atr[2 * CB_ATR_MAX + 1];

	rig_info(&info);
	ck_assert_str_eq(cb_hex_encode(atr, sizeof(atr),
			     cb_span(info.atr, info.atr_n)), want);
}

static void
say_atr(const uint8_t *p, size_t n)
{
	pthread_mutex_lock(&far.lock);
	far.atr = cb_span(p, n);
	pthread_mutex_unlock(&far.lock);
}

/* Nobody need open a card to see which one it is; of one that was, what the
 * door says counts no more. */
START_TEST(the_atr_is_there_before_anybody_opens_the_card)
{
	static const uint8_t one[] = { 0x3B, 0x81, 0x01, 0x05, 0x85 };
	static const uint8_t two[] = { 0x3B, 0x81, 0x01, 0x06, 0x86 };
	char own[2 * CB_ATR_MAX + 1];
	struct br_client *c;

	say_atr(one, sizeof(one));
	start();
	ck_assert(state.present);
	ck_assert_uint_eq(far.opens, 0);
	atr_is("3B81010585");
	say_atr(two, 2);	/* no ATR */
	backend_news(&far, WIRE_NOT_THERE, false, false);
	ck_assert_int_le(wait_changes(1, false), SOON_MS);
	atr_is("");
	backend_news(&far, WIRE_THERE, false, false);
	ck_assert_int_le(wait_changes(1, true), SOON_MS);
	atr_is("3B81010585");
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	(void)cb_hex_encode(own, sizeof(own),
	    cb_span(emu_card_info(far.card)->atr,
		emu_card_info(far.card)->atr_n));
	atr_is(own);
	say_atr(two, sizeof(two));
	backend_news(&far, WIRE_NOT_THERE, false, false);
	ck_assert_int_le(wait_changes(1, false), SOON_MS);
	backend_news(&far, WIRE_THERE, false, false);
	ck_assert_int_le(wait_changes(1, true), SOON_MS);
	atr_is(own);
	br_close(&c);
	br_close(&watch);
}
END_TEST

static const struct {
	enum wire_card_state state;
	bool over, content;
	uint32_t changes;
	bool present;
} events[] = {
	{ WIRE_ELSEWHERE, true, false, 1, false },	/* taken over */
	{ WIRE_NOT_THERE, true, false, 1, false },	/* revoked */
	{ WIRE_THERE, true, false, 2, true },		/* ended there */
	{ WIRE_THERE, false, true, 2, true },		/* written to */
};

/* Whoever has the card loses it, also where it is there again at once. */
START_TEST(a_program_sees_its_card_taken_out)
{
	struct br_client *c;
	enum cb_err e;

	start();
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	ck_assert_uint_ne(send_apdu(c, &e, 4, 0, 0xA4, 0, 0), 0);
	/* the first one is answered at once; the last knows of the session */
	rig_wait_count(&far.holds, 3);
	backend_news(&far, events[_i].state, events[_i].over,
	    events[_i].content);
	ck_assert_int_le(wait_changes(events[_i].changes,
			     events[_i].present), SOON_MS);
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0, 0xA4, 0, 0), 0);
	ck_assert_int_eq(e, CB_E_ABSENT);
	br_close(&c);
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	if (events[_i].present)
		ck_ok(rig_power(c));
	else
		ck_err(rig_power(c), CB_E_ABSENT);
	br_close(&c);
	br_close(&watch);
}
END_TEST

/* The backend says so when it is asked for it. Then there is none until it is
 * given back. */
START_TEST(a_card_that_another_device_keeps_is_not_there)
{
	struct br_reader_info info;
	struct br_client *c;
	enum cb_err e;

	far.keeps_card = true;
	start();
	ck_assert(state.present);
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	/* whichever of the two is seen first */
	e = rig_power(c);
	ck_assert(e == CB_E_BUSY || e == CB_E_ABSENT);
	br_close(&c);
	(void)wait_changes(1, false);
	rig_info(&info);
	ck_assert_ptr_nonnull(strstr(info.trouble, "another device uses"));
	backend_news(&far, WIRE_ELSEWHERE, false, false);
	ck_assert(!rig_present(true, 100));
	pthread_mutex_lock(&far.lock);
	far.keeps_card = false;
	pthread_mutex_unlock(&far.lock);
	backend_news(&far, WIRE_THERE, false, false);
	ck_assert(rig_present(true, 5000));
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	br_close(&c);
	br_close(&watch);
}
END_TEST

static const struct {
	const char *options;
	enum wire_card_state state;
} refusals[] = {
	{ "", WIRE_THERE },
	{ "&takeover", WIRE_ELSEWHERE },
};

/* Refusal and news come by two connections: whichever is heard first, what is
 * so in the end counts. */
START_TEST(a_card_that_is_given_back_while_it_is_refused_is_there)
{
	struct br_client *c;

	far.keeps_card = far.gives_back = true;
	far.state = refusals[_i].state;
	backend_start(&far);
	rig_bridge(refusals[_i].options);
	ck_assert(rig_present(true, 5000));
	rig_wait_count(&far.holds, 2);
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_assert_int_ne(rig_power(c), CB_OK);
	br_close(&c);
	ck_assert_uint_eq(far.opens, 1);
	ck_assert(rig_present(true, 5000));
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	br_close(&c);
}
END_TEST

static const struct {
	const char *options;
	bool kept, present;
	const char *next;	/* what its user may do */
} elsewhere[] = {
	{ "", false, false, "add the reader with takeover" },
	{ "", true, false, "its setting does not let it be taken over" },
	{ "&takeover", false, true, "" },
	{ "&takeover", true, false,
	    "its setting does not let it be taken over: wait" },
};

/* Before anybody tries: who may not take it does not see it. */
START_TEST(what_to_do_about_a_card_elsewhere_is_told)
{
	struct br_reader_info info;

	far.state = WIRE_ELSEWHERE;
	far.kept = elsewhere[_i].kept;
	backend_start(&far);
	rig_bridge(elsewhere[_i].options);
	rig_info(&info);
	ck_assert_int_eq(info.present, elsewhere[_i].present);
	if (!info.present)
		ck_assert_ptr_nonnull(
		    strstr(info.trouble, "another device uses the card"));
	ck_assert_msg(strstr(info.trouble, elsewhere[_i].next) != NULL, "%s",
	    info.trouble);
	ck_assert_uint_eq(far.offers, 0);
}
END_TEST

/* By way of a relay: all roads but the last mile. */
static void
start_by(struct relay *r)
{
	char uri[sizeof(far.uri) + 8];
	const char *readers[] = { "hosted", uri, NULL };
	char proxy[64];

	backend_start(&far);
	r->to = far.port;
	relay_start(r);
	snprintf(uri, sizeof(uri), "%s", far.uri);
	if (r->proxy) {
		snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%u", r->port);
		setenv("https_proxy", proxy, 1);
	} else {
		snprintf(uri, sizeof(uri), "https://localhost:%u%s", r->port,
		    strstr(far.uri, "/cards/"));
	}
	bridge_init(&near);
	near.set.patient = true;
	bridge_start(&near, readers);
	ck_assert(rig_present(true, 5000));
	/* the first one is answered at once */
	rig_wait_count(&far.holds, 2);
}

/* Not a byte; a keep-alive is none. */
START_TEST(nothing_is_said_while_nothing_happens)
{
	const struct timespec moment = { 0, 200000000 }, second = { 1, 0 };
	struct relay r = { .port = 0 };
	unsigned long long bytes;
	unsigned holds;

	start_by(&r);
	ck_assert_uint_eq(far.hold_s, 86400);
	nanosleep(&moment, NULL);
	bytes = atomic_load(&r.bytes);
	holds = rig_count(&far.holds);
	nanosleep(&second, NULL);
	ck_assert_uint_eq(atomic_load(&r.bytes), bytes);
	ck_assert_uint_eq(atomic_load(&r.conns), 1);
	ck_assert_uint_eq(rig_count(&far.holds), holds);
	ck_assert_uint_eq(far.requests + far.offers, 0);
	bridge_clear(&near);
	relay_stop(&r);
}
END_TEST

/* Its other end is not reached by a keep-alive. */
START_TEST(what_is_held_through_a_proxy_is_renewed)
{
	struct relay r = { .proxy = true };

	start_by(&r);
	ck_assert_uint_eq(far.hold_s, 50);
	ck_assert_uint_gt(atomic_load(&r.bytes), 0);
	bridge_clear(&near);
	relay_stop(&r);
}
END_TEST

/* Its cards are still there; what happened meanwhile is told when it is back,
 * within a second or so. */
START_TEST(a_backend_that_comes_back_tells_what_was_missed)
{
	const struct timespec moment = { 0, 300000000 };

	start();
	backend_down(&far);
	nanosleep(&moment, NULL);
	ck_assert(!news(watch, &state, 0));
	far.stamp++;
	far.state = WIRE_NOT_THERE;
	backend_up(&far);
	ck_assert_int_le(wait_changes(1, false), 2000);
	br_close(&watch);
}
END_TEST

START_TEST(a_backend_that_was_never_there_is_named)
{
	struct br_reader_info info;
	const char *readers[] = { "hosted", far.uri, NULL };
	struct br_client *c;

	backend_start(&far);
	backend_down(&far);
	bridge_init(&near);
	near.set.patient = true;
	bridge_start(&near, readers);
	rig_info(&info);
	ck_assert(!info.present);
	ck_assert_ptr_nonnull(strstr(info.trouble, "cannot be reached"));
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_err(rig_power(c), CB_E_ABSENT);
	backend_up(&far);
	ck_assert(rig_present(true, 3000));
	ck_ok(rig_power(c));
	br_close(&c);
}
END_TEST

/* A reader that is added while nobody is reached is told so; another one's
 * card is not gone before that has lasted. */
START_TEST(a_card_added_in_a_short_outage_takes_no_other_out)
{
	struct br_reader_info info;
	struct br_client *c, *admin;
	enum cb_err e;
	char uri[sizeof(far.uri)];

	start();
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	rig_wait_count(&far.holds, 3);
	backend_down(&far);
	snprintf(uri, sizeof(uri), "%s", far.uri);
	memset(strstr(uri, "/cards/") + 7, 'b', 2 * WIRE_ID);
	admin = dial(&near);
	ck_ok(br_reader_add(admin, "other", uri, &info, NULL));
	ck_assert_msg(strstr(info.trouble, "cannot be reached") != NULL, "%s",
	    info.trouble);
	ck_assert(!news(watch, &state, 0));
	backend_up(&far);
	ck_assert_uint_ne(send_apdu(c, &e, 4, 0, 0xA4, 0, 0), 0);
	br_close(&c);
	br_close(&admin);
	br_close(&watch);
}
END_TEST

/* A backend that answers at once without news is not asked without end. */
START_TEST(a_backend_that_holds_nothing_is_not_run_down)
{
	const struct timespec second = { 1, 0 };

	far.holds_nothing = true;
	start();
	ck_assert(state.present);
	nanosleep(&second, NULL);
	ck_assert_uint_ge(rig_count(&far.holds), 3);
	ck_assert_uint_le(rig_count(&far.holds), 20);
	br_close(&watch);
}
END_TEST

/* One that is restarted again and again is there, as long as it can hold
 * something in between; one that never can is not. */
static const struct {
	unsigned cut_ms;
	bool gone;
} holds_cut[] = {
	{ 150, false },
	{ 1, true },
};

START_TEST(a_hold_that_stood_makes_patience_begin_anew)
{
	unsigned holds;

	ck_assert_uint_eq(br_hold_patience_ms, 25000);
	br_hold_patience_ms = 300;
	far.cut_holds_ms = holds_cut[_i].cut_ms;
	start();
	ck_assert(state.present);
	rig_wait_count(&far.holds, 2);
	holds = rig_count(&far.holds);
	ck_assert_int_eq(news(watch, &state, holds_cut[_i].gone ? 10000 :
		8 * (int)br_hold_patience_ms), holds_cut[_i].gone);
	ck_assert_uint_gt(rig_count(&far.holds), holds + 1);
	br_close(&watch);
}
END_TEST

/* Nor is one that is busy. */
START_TEST(a_backend_that_is_busy_says_when_to_ask)
{
	const struct timespec second = { 1, 0 };

	far.busy_holds = true;
	start();
	ck_assert(!state.present);
	nanosleep(&second, NULL);
	pthread_mutex_lock(&far.lock);
	ck_assert_uint_le(far.holds, 3);
	far.busy_holds = false;
	pthread_mutex_unlock(&far.lock);
	ck_assert(rig_present(true, 5000));
	br_close(&watch);
}
END_TEST

/* Of the connection that the backend holds. */
static int
near_end(void)
{
	int fd = -1;

	ck_assert_uint_eq(rig_links(far.port, &fd, 1), 1);
	return fd;
}

static int
option(int fd, int name)
{
	socklen_t n = sizeof(int);
	int value = -1;

	ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, name, &value, &n), 0);
	return value;
}

static void
set_option(int fd, int name, int value)
{
	ck_assert_int_eq(
	    setsockopt(fd, IPPROTO_TCP, name, &value, sizeof(value)), 0);
}

/* An idle link says nothing but one keep-alive a minute. One that died in
 * silence is found out, and asked sooner and renewed from then on. */
START_TEST(a_link_that_dies_in_silence_is_noticed)
{
	unsigned holds;
	int fd;

	start();
	rig_wait_count(&far.holds, 2);
	fd = near_end();
	ck_assert_int_eq(option(fd, TCP_KEEPIDLE), 60);
	ck_assert_int_eq(option(fd, TCP_USER_TIMEOUT), 25000);
	ck_assert_uint_eq(far.hold_s, 86400);
	/* it takes a minute, but not here */
	set_option(fd, TCP_KEEPINTVL, 1);
	set_option(fd, TCP_USER_TIMEOUT, 1000);
	set_option(fd, TCP_KEEPIDLE, 1);
	backend_deafen(&far);
	holds = rig_count(&far.holds);
	rig_wait_count(&far.holds, holds + 1);
	fd = near_end();
	ck_assert_int_eq(option(fd, TCP_KEEPIDLE), 15);
	ck_assert_int_eq(option(fd, TCP_KEEPINTVL), 5);
	ck_assert_int_eq(option(fd, TCP_KEEPCNT), 2);
	ck_assert_uint_eq(far.hold_s, 50);
	/* and nobody has seen it */
	ck_assert(!news(watch, &state, 0));
	br_close(&watch);
}
END_TEST

Suite *
news_suite(void)
{
	Suite *s = suite_create("news");
	TCase *t = tcase_create("news");

	tcase_add_unchecked_fixture(t, pki_make, pki_free);
	tcase_add_checked_fixture(t, rig_setup, rig_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_card_comes_and_goes);
	tcase_add_test(t,
	    the_atr_is_there_before_anybody_opens_the_card);
	tcase_add_loop_test(t, a_program_sees_its_card_taken_out, 0,
	    (int)(sizeof(events) / sizeof(events[0])));
	tcase_add_test(t, a_card_that_another_device_keeps_is_not_there);
	tcase_add_loop_test(t,
	    a_card_that_is_given_back_while_it_is_refused_is_there, 0,
	    (int)(sizeof(refusals) / sizeof(refusals[0])));
	tcase_add_loop_test(t, what_to_do_about_a_card_elsewhere_is_told, 0,
	    (int)(sizeof(elsewhere) / sizeof(elsewhere[0])));
	tcase_add_test(t, nothing_is_said_while_nothing_happens);
	tcase_add_test(t, what_is_held_through_a_proxy_is_renewed);
	tcase_add_test(t, a_backend_that_comes_back_tells_what_was_missed);
	tcase_add_test(t, a_backend_that_was_never_there_is_named);
	tcase_add_test(
	    t, a_card_added_in_a_short_outage_takes_no_other_out);
	tcase_add_test(t, a_backend_that_holds_nothing_is_not_run_down);
	tcase_add_test(t, a_backend_that_is_busy_says_when_to_ask);
	tcase_add_loop_test(t, a_hold_that_stood_makes_patience_begin_anew, 0,
	    (int)(sizeof(holds_cut) / sizeof(holds_cut[0])));
	tcase_add_test(t, a_link_that_dies_in_silence_is_noticed);
	suite_add_tcase(s, t);
	return s;
}
