/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a bridge tells of its links.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bridge/sock.h"
#include "bridge/client_status.h"
#include "tests/bridge/https/rig.h"

static struct br_client *admin;
static struct br_link_status status;

static const struct br_road_status *
ask(void)
{
	ck_ok(br_link_status(admin, "hosted", &status, NULL));
	ck_assert_str_eq(status.kind, "https");
	ck_assert(status.remote);
	return &status.road;
}

static void
start(void)
{
	rig_start();
	admin = dial(&near);
}

/* Until the link is so; how long that took, in ms. */
static int
wait_state(int state, int ms)
{
	const struct timespec step = { 0, 5000000 };
	uint64_t begun = br_now_ms();

	while ((int)ask()->state != state) {
		ck_assert_int_lt((int)(br_now_ms() - begun), ms);
		nanosleep(&step, NULL);
	}
	return (int)(br_now_ms() - begun);
}

static unsigned
apdu(struct br_client *c, uint8_t ins, uint8_t p2, uint8_t le)
{
	enum cb_err e;

	return send_apdu(c, &e, 5, 0, ins, 0, p2, le);
}

START_TEST(a_link_that_is_up)
{
	const struct br_road_status *r;
	struct br_bridge_status bridge;
	struct br_client *c;
	enum cb_err e;
	uint64_t sent;
	char who[32];

	start();
	ck_ok(br_bridge_status(admin, &bridge, NULL));
	ck_assert_uint_eq(bridge.pid, (uint32_t)getpid());
	ck_assert_uint_eq(bridge.readers, 1);
	ck_assert_uint_eq(bridge.connections, 1);
	ck_assert_uint_le(br_time_ms() - bridge.since, 60000);
	r = ask();
	ck_assert_int_eq(r->state, BR_ROAD_UP);
	ck_assert_uint_le(br_time_ms() - r->since, 60000);
	ck_assert_str_eq(r->url, far.origin);
	ck_assert_str_eq(r->why, "");
	ck_assert(!r->in_session);
	ck_assert_uint_eq(r->trips + r->others + r->again + r->sent, 0);
	ck_assert_uint_eq(status.programs_n, 0);

	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	ck_ok(br_protocol(c, 0));
	r = ask();
	ck_assert(r->in_session);
	ck_assert_mem_eq(r->session, far.session, WIRE_ID);
	/* offer, open, power, protocol */
	ck_assert_uint_eq(r->others, 4);
	ck_assert_uint_eq(r->trips, 0);
	sent = r->sent;
	ck_assert_uint_gt(sent, 0);
	ck_assert_uint_eq(send_apdu(c, &e, 21, 0, 0xA4, 4, 0, 16, 0xA0, 0, 0,
	    0, 0x77, 1, 0, 0x70, 0x0A, 0x10, 0, 0xF1, 0, 0, 1, 0), 0x9000);
	/* 61xx, and what comes along with it */
	ck_assert_uint_eq(
	    send_apdu(c, &e, 7, 0, 0xA4, 0, 0, 2, 0x2F, 0) >> 8, 0x61);
	ck_assert_uint_eq(apdu(c, 0xC0, 0, 0x17), 0x9000);
	r = ask();
	ck_assert_uint_eq(status.apdus, 3);
	ck_assert_uint_eq(status.responses, 1);
	ck_assert_uint_eq(r->trips, 2);
	ck_assert_uint_eq(r->others, 4);
	ck_assert_uint_eq(r->again, 0);
	ck_assert_uint_gt(r->sent, sent);
	ck_assert_uint_gt(r->received, 0);
	ck_assert_uint_eq(status.programs_n, 1);
	snprintf(who, sizeof(who), "pid %d", (int)getpid());
	ck_assert_ptr_nonnull(strstr(status.programs[0], who));
	br_close(&c);
	br_close(&admin);
}
END_TEST

/* Also where nothing new is told when it is back. */
START_TEST(a_link_that_is_down_and_up_again)
{
	const struct br_road_status *r;

	start();
	backend_down(&far);
	wait_state(BR_ROAD_DOWN, 3000);
	r = ask();
	/* the same each time, or each try would be another trouble */
	ck_assert_ptr_nonnull(strstr(r->why, "cannot be reached"));
	ck_assert_msg(strstr(r->why, " ms") == NULL, "%s", r->why);
	ck_assert_uint_le(r->next_ms, 1000);
	ck_assert_uint_le(br_time_ms() - r->since, 60000);
	backend_up(&far);
	wait_state(BR_ROAD_UP, 3000);
	ck_assert_str_eq(ask()->why, "");
	br_close(&admin);
}
END_TEST

/* However long one outage was, another one begins anew: it is noticed as soon,
 * and a link that was up in between is not given up for both. */
START_TEST(another_outage_is_another_one)
{
	const struct timespec long_one = { 2, 500000000 },
			      held = { 1, 200000000 },
			      moment = { 0, 50000000 };

	start();
	backend_down(&far);
	nanosleep(&long_one, NULL);
	backend_up(&far);
	wait_state(BR_ROAD_UP, 3000);
	nanosleep(&held, NULL);
	backend_down(&far);
	nanosleep(&moment, NULL);
	ck_assert_uint_le(ask()->next_ms, 200);
	backend_up(&far);
	ck_assert_int_le(wait_state(BR_ROAD_UP, 3000),
	    400 * (int)slower());
	br_close(&admin);
}
END_TEST

static enum mischief
cut_one(unsigned n)
{
	return n == 3 || n == 4 ? CUT_AFTER : FINE;
}

START_TEST(what_is_sent_again_is_counted)
{
	const struct br_road_status *r;
	struct br_client *c;

	far.plan = cut_one;
	start();
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	ck_assert_uint_ne(apdu(c, 0xA4, 0, 0), 0);
	ck_assert_uint_ne(apdu(c, 0xB0, 0, 1), 0);
	r = ask();
	ck_assert_uint_eq(r->trips, 2);
	ck_assert_uint_ge(r->again, 1);
	br_close(&c);
	br_close(&admin);
}
END_TEST

Suite *
status_suite(void)
{
	Suite *s = suite_create("status");
	TCase *t = tcase_create("status");

	tcase_add_unchecked_fixture(t, pki_make, pki_free);
	tcase_add_checked_fixture(t, rig_setup, rig_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_link_that_is_up);
	tcase_add_test(t, a_link_that_is_down_and_up_again);
	tcase_add_test(t, another_outage_is_another_one);
	tcase_add_test(t, what_is_sent_again_is_counted);
	suite_add_tcase(s, t);
	return s;
}
