/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Watching connections: pushed, counted, and never a queue.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bridge/sock.h"
#include "tests/bridge/harness.h"

static struct bridge b;

static void
setup(void)
{
	bridge_init(&b);
	bridge_start(&b, one_reader);
}

static void
teardown(void)
{
	bridge_clear(&b);
}

START_TEST(a_name_and_a_slot_are_followed_through_add_and_remove)
{
	struct br_client *n = dial(&b), *s = dial(&b), *admin = dial(&b);
	struct br_target name = { .name = "late" }, slot = { .slot = 1 };
	struct br_reader_info made;
	struct br_state state;
	bool by_slot;

	ck_ok(br_watch(n, &name, BR_ROAD_PCSC, &state));
	ck_assert(!state.known);
	ck_ok(br_watch(s, &slot, BR_ROAD_PCSC, &state));
	ck_assert(!state.known);
	ck_ok(br_reader_add(admin, "late", "fake:late", &made, NULL));
	for (by_slot = false;; by_slot = true) {
		struct br_client *w = by_slot ? s : n;

		while (!state.present)
			ck_assert(news(w, &state, 1000));
		ck_assert(state.known && state.test);
		if (by_slot)
			break;
		memset(&state, 0, sizeof(state));
	}
	ck_ok(br_reader_remove(admin, "late", NULL));
	while (state.known)
		ck_assert(news(s, &state, 1000));
	memset(&state, 1, sizeof(state));
	while (state.known)
		ck_assert(news(n, &state, 1000));
	br_close(&n);
	br_close(&s);
	br_close(&admin);
}
END_TEST

START_TEST(insertion_is_pushed_with_its_time)
{
	struct br_client *w = dial(&b), *admin = dial(&b);
	struct br_target t = { .name = "a" };
	struct br_state state, before;
	uint64_t start;

	ck_ok(br_watch(w, &t, BR_ROAD_PCSC, &before));
	ck_ok(br_reader_eject(admin, "a", NULL));
	ck_assert(news(w, &state, 1000));
	ck_assert(!state.present);
	start = br_now_ns();
	ck_ok(br_reader_insert(admin, "a", NULL));
	ck_assert(news(w, &state, 1000));
	ck_assert(state.present);
	ck_assert_uint_eq(state.changes, before.changes + 2);
	ck_assert_uint_ge(state.stamp_ns, start);
	ck_assert_uint_le(state.stamp_ns, br_now_ns());
	br_close(&w);
	br_close(&admin);
}
END_TEST

START_TEST(a_watcher_hears_the_end_of_the_bridge)
{
	struct br_client *w = dial(&b);
	struct br_target t = { .name = "a" };
	struct br_state state;
	bool changed;
	enum cb_err r = CB_OK;
	int i;

	ck_ok(br_watch(w, &t, BR_ROAD_PCSC, &state));
	bridge_stop(&b);
	for (i = 0; i < 100 && r == CB_OK; i++) {
		usleep(10000);
		r = br_watch_take(w, &state, &changed);
	}
	ck_err(r, CB_E_PEER);
	br_close(&w);
}
END_TEST

/* Its socket holds some thousands of events; the bridge keeps none beyond. */
START_TEST(a_watcher_that_does_not_read_gets_the_latest_or_is_left)
{
	struct br_client *w = dial(&b), *admin = dial(&b);
	struct br_target t = { .name = "a" };
	struct br_state state;
	int small = 2048, i;
	bool changed;

	ck_assert_int_eq(setsockopt(br_fd(w), SOL_SOCKET, SO_RCVBUF, &small,
	    sizeof(small)), 0);
	ck_ok(br_watch(w, &t, BR_ROAD_DIRECT, &state));
	for (i = 0; i < 400; i++) {
		ck_ok(br_reader_eject(admin, "a", NULL));
		ck_ok(br_reader_insert(admin, "a", NULL));
	}
	while (state.changes < 801)
		if (!news(w, &state, 2000))
			break;
	ck_assert_uint_eq(state.changes, 801);
	ck_assert(state.present);
	ck_ok(br_watch_take(w, &state, &changed));
	ck_assert(!changed);
	br_close(&w);
	br_close(&admin);
}
END_TEST

START_TEST(a_watching_connection_does_nothing_else)
{
	struct br_client *w = dial(&b);
	struct br_target t = { .name = "a" };
	struct br_state state;
	uint8_t atr[CB_ATR_MAX];
	size_t n;
	bool changed;

	ck_err(br_watch_take(w, &state, &changed), CB_E_ARG);
	ck_ok(br_watch(w, &t, BR_ROAD_DIRECT, &state));
	ck_err(br_power(w, BR_POWER_ON, atr, &n, NULL), CB_E_ARG);
	ck_ok(br_watch_take(w, &state, &changed));
	br_close(&w);
}
END_TEST

Suite *
watch_suite(void)
{
	Suite *s = suite_create("watch");
	TCase *t = tcase_create("watch");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_test(
	    t, a_name_and_a_slot_are_followed_through_add_and_remove);
	tcase_add_test(t, insertion_is_pushed_with_its_time);
	tcase_add_test(t, a_watcher_hears_the_end_of_the_bridge);
	tcase_add_test(
	    t, a_watcher_that_does_not_read_gets_the_latest_or_is_left);
	tcase_add_test(t, a_watching_connection_does_nothing_else);
	suite_add_tcase(s, t);
	return s;
}
