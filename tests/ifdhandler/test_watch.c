/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Presence as pcscd's event thread sees it, and how quiet it is.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/ifdhandler/plugin.h"

#define SLACK_MS ((unsigned)test_slack())
#define SLOTS 16

static void
open_watched(struct plugin *p, struct events *e)
{
	const char *path = test_socket("s");

	fake_start(&test_fakes[0], path);
	plugin_open(p, "reader=a", path);
	events_start(e, p, 0);
	events_expect(e, 1, 0, 1000);
}

START_TEST(a_card_goes_and_comes)
{
	struct plugin p;
	struct events e;

	open_watched(&p, &e);
	fake_tell(&test_fakes[0], '-');
	events_expect(&e, 1, 1, SLACK_MS);
	fake_tell(&test_fakes[0], '+');
	events_expect(&e, 2, 1, SLACK_MS);
	events_stop(&e);
	ck_assert_int_eq(p.close(0), IFD_SUCCESS);
}
END_TEST

/* Both events arrive before the thread looks: it must see both. */
START_TEST(a_card_changed_between_two_looks_was_removed)
{
	struct plugin p;
	struct events e;

	open_watched(&p, &e);
	fake_tell(&test_fakes[0], '~');
	events_expect(&e, 2, 1, SLACK_MS);
	events_stop(&e);
}
END_TEST

/* A client's thread must not take the news away from the event thread. */
START_TEST(other_threads_see_only_the_card_that_was_told)
{
	struct plugin p;
	struct events e;
	int i;

	open_watched(&p, &e);
	for (i = 0; i < 50; i++) {
		fake_tell(&test_fakes[0], '~');
		(void)p.presence(0);
		(void)p.presence(0);
		events_expect(&e, 2 + (unsigned)i, 1 + (unsigned)i, SLACK_MS);
	}
	events_stop(&e);
}
END_TEST

/* pcscd asks again within its power-up, and ignores the answer beyond it: news
 * of that moment is told at the next look, and the wait before it is short. */
START_TEST(news_within_a_call_is_not_lost)
{
	const char *path = test_socket("s");
	RESPONSECODE (*poll_fn)(DWORD, int) = NULL;
	DWORD n = sizeof(poll_fn);
	struct plugin p;
	int64_t start;

	fake_start(&test_fakes[0], path);
	plugin_open(&p, "reader=a", path);
	ck_assert_int_eq(p.get(0, TAG_IFD_POLLING_THREAD_WITH_TIMEOUT, &n,
	    (PUCHAR)&poll_fn), IFD_SUCCESS);
	(void)poll_fn(0, 0);
	ck_assert_int_eq(p.presence(0), IFD_ICC_PRESENT);
	fake_tell(&test_fakes[0], '-');
	ck_assert_int_eq(p.presence(0), IFD_ICC_PRESENT);
	start = test_ms();
	(void)poll_fn(0, 600000);
	ck_assert_int_lt(test_ms() - start, SLACK_MS);
	ck_assert_int_eq(p.presence(0), IFD_ICC_NOT_PRESENT);
	fake_tell(&test_fakes[0], '+');
	ck_assert_int_eq(p.presence(0), IFD_ICC_NOT_PRESENT);
	(void)poll_fn(0, 600000);
	ck_assert_int_eq(p.presence(0), IFD_ICC_PRESENT);
	/* another card */
	fake_tell(&test_fakes[0], '~');
	ck_assert_int_eq(p.presence(0), IFD_ICC_PRESENT);
	(void)poll_fn(0, 600000);
	ck_assert_int_eq(p.presence(0), IFD_ICC_NOT_PRESENT);
	ck_assert_int_eq(p.presence(0), IFD_ICC_NOT_PRESENT);
	(void)poll_fn(0, 600000);
	ck_assert_int_eq(p.presence(0), IFD_ICC_PRESENT);
}
END_TEST

/* pcscd powers a card down when the wait of its grace period is over. */
START_TEST(an_unused_card_is_let_go_soon)
{
	const char *path = test_socket("s");
	RESPONSECODE (*poll_fn)(DWORD, int) = NULL;
	DWORD n = sizeof(poll_fn), rx_n;
	uint8_t rx[16];
	struct plugin p;
	int64_t start;

	fake_start(&test_fakes[0], path);
	plugin_open(&p, "reader=a", path);
	ck_assert_int_eq(p.get(0, TAG_IFD_POLLING_THREAD_WITH_TIMEOUT, &n,
	    (PUCHAR)&poll_fn), IFD_SUCCESS);
	(void)poll_fn(0, 0);
	ck_assert_int_eq(p.presence(0), IFD_ICC_PRESENT);
	plugin_power_up(&p, 0);
	start = test_ms();
	(void)poll_fn(0, 5000);
	ck_assert_int_ge(test_ms() - start, 250);
	ck_assert_int_lt(test_ms() - start, 1000 + SLACK_MS);
	/* one that is in use has all of it */
	rx_n = sizeof(rx);
	ck_assert_int_eq(
	    plugin_apdu(&p, 0, 0xA4, 0, 0, rx, &rx_n), IFD_SUCCESS);
	start = test_ms();
	(void)poll_fn(0, 2000);
	ck_assert_int_ge(test_ms() - start, 1900);
}
END_TEST

START_TEST(a_killed_bridge_is_a_removed_card_and_comes_back)
{
	const char *path = test_socket("s");
	struct plugin p;
	struct events e;
	uint8_t rx[16];
	DWORD n = sizeof(rx);
	unsigned i;

	fake_start(&test_fakes[0], path);
	plugin_open(&p, "reader=a", path);
	events_start(&e, &p, 0);
	events_expect(&e, 1, 0, 1000);
	for (i = 0; i < 4; i++) {
		plugin_power_up(&p, 0);
		fake_kill(&test_fakes[0]);
		events_expect(&e, 1 + i, 1 + i, SLACK_MS);
		test_sleep(i * 400);
		fake_start(&test_fakes[0], path);
		events_expect(&e, 2 + i, 1 + i, 1000);
		/* the session went with the bridge */
		n = sizeof(rx);
		ck_assert_int_ne(
		    plugin_apdu(&p, 0, 0xA4, 0, 0, rx, &n), IFD_SUCCESS);
		events_expect(&e, 2 + i, 1 + i, 1);
	}
	plugin_power_up(&p, 0);
	events_stop(&e);
}
END_TEST

START_TEST(a_bridge_killed_and_back_at_once_was_still_gone)
{
	const char *path = test_socket("s");
	struct plugin p;
	struct events e;
	unsigned i;

	fake_start(&test_fakes[0], path);
	plugin_open(&p, "reader=a", path);
	events_start(&e, &p, 0);
	events_expect(&e, 1, 0, 1000);
	for (i = 0; i < 3; i++) {
		test_sleep(1100);	/* long enough to be believed in */
		fake_kill(&test_fakes[0]);
		test_sleep(i);		/* before, while, after it is seen */
		fake_start(&test_fakes[0], path);
		events_expect(&e, 2 + i, 1 + i, 1000);
	}
	events_stop(&e);
}
END_TEST

START_TEST(a_missing_directory_may_appear)
{
	char path[256], dir[200];
	struct plugin p;
	struct events e;

	snprintf(dir, sizeof(dir), "%s", test_socket("dir"));
	snprintf(path, sizeof(path), "%s/s", dir);
	plugin_open(&p, "reader=a", path);
	events_start(&e, &p, 0);
	test_sleep(300);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	test_sleep(300);
	fake_start(&test_fakes[0], path);
	events_expect(&e, 1, 0, 1000);
	events_stop(&e);
	fake_kill(&test_fakes[0]);
	unlink(path);
	rmdir(dir);
}
END_TEST

START_TEST(a_stopped_bridge_is_a_removed_card_until_it_goes_on)
{
	uint8_t rx[16];
	DWORD n = sizeof(rx);
	struct plugin p;
	struct events e;

	open_watched(&p, &e);
	plugin_power_up(&p, 0);
	kill(test_fakes[0].pid, SIGSTOP);
	ck_assert_int_eq(plugin_apdu(&p, 0, 0xA4, 0, 0, rx, &n),
	    IFD_RESPONSE_TIMEOUT);
	events_expect(&e, 1, 1, SLACK_MS);
	test_sleep(1200);
	kill(test_fakes[0].pid, SIGCONT);
	events_expect(&e, 2, 1, 1000 + SLACK_MS);
	plugin_power_up(&p, 0);
	events_stop(&e);
}
END_TEST

/* A thousand short connections: pcscd asks for a stop after each. */
START_TEST(many_stops_wake_the_thread_once)
{
	RESPONSECODE (*stop_fn)(DWORD) = NULL;
	DWORD n = sizeof(stop_fn);
	struct plugin p;
	struct events e;
	unsigned long before;
	unsigned rounds;
	int i;

	open_watched(&p, &e);
	ck_assert_int_eq(p.get(0, TAG_IFD_STOP_POLLING_THREAD, &n,
			     (UCHAR *)&stop_fn), IFD_SUCCESS);
	test_sleep(50);
	before = test_wakeups();
	rounds = e.rounds;
	for (i = 0; i < 1000; i++)
		stop_fn(0);
	test_sleep(200);
	ck_assert_uint_eq(test_wakeups() - before, 0);
	test_sleep(400);
	ck_assert_uint_eq(e.rounds, rounds + 1);
	before = test_wakeups();
	test_sleep(600);
	ck_assert_uint_eq(test_wakeups() - before, 0);
	events_stop(&e);
}
END_TEST

/* At the end pcscd joins the thread while nobody else is served. */
START_TEST(the_last_stop_is_at_once)
{
	struct plugin p;
	struct events e;
	int64_t start;

	open_watched(&p, &e);
	start = test_ms();
	events_stop(&e);
	ck_assert_int_le(test_ms() - start, SLACK_MS);
}
END_TEST

static void
open_slots(struct plugin *p, struct events *e, const char *path)
{
	char device[256];
	DWORD i;

	snprintf(device, sizeof(device), "cardbridge:slots=16:%s", path);
	for (i = 0; i < SLOTS; i++) {
		plugin_bind(&p[i]);
		ck_assert_int_eq(p[i].create_by_name(i, device), IFD_SUCCESS);
		events_start(&e[i], &p[i], i);
	}
}

START_TEST(nothing_happens_while_nothing_happens)
{
	struct plugin p[SLOTS];
	struct events e[SLOTS];
	unsigned long n;
	size_t i;

	fake_start(&test_fakes[0], test_socket("s"));
	open_slots(p, e, test_socket("s"));
	for (i = 0; i < SLOTS; i++)
		events_expect(&e[i], 1, 0, 1000);
	test_sleep(100);
	n = test_wakeups();
	test_sleep(2000);
	ck_assert_uint_eq(test_wakeups() - n, 0);
	for (i = 0; i < SLOTS; i++)
		events_stop(&e[i]);
}
END_TEST

START_TEST(sixteen_slots_look_for_a_bridge_once_a_second)
{
	struct plugin p[SLOTS];
	struct events e[SLOTS];
	unsigned long n;
	size_t i;

	open_slots(p, e, test_socket("s"));
	test_sleep(200);
	n = test_wakeups();
	test_sleep(3000);
	ck_assert_uint_le(test_wakeups() - n, 3);
	events_stop(&e[0]);	/* perhaps the one that looked */
	fake_start(&test_fakes[0], test_socket("s"));
	for (i = 1; i < SLOTS; i++)
		events_expect(&e[i], 1, 0, 1000);
	fake_kill(&test_fakes[0]);
	for (i = 1; i < SLOTS; i++) {
		events_expect(&e[i], 1, 1, 1000);
		events_stop(&e[i]);
	}
}
END_TEST

START_TEST(files_of_strangers_wake_nobody_for_long)
{
	char path[256];
	struct plugin p;
	struct events e;
	unsigned long n;
	int i;

	plugin_open(&p, "reader=a", test_socket("s"));
	events_start(&e, &p, 0);
	test_sleep(200);
	n = test_wakeups();
	for (i = 0; i < 200; i++) {
		snprintf(path, sizeof(path), "%s", test_socket("stranger"));
		ck_assert_int_eq(symlink("nowhere", path), 0);
		unlink(path);
		test_sleep(10);
	}
	ck_assert_uint_le(test_wakeups() - n, 7);
	events_stop(&e);
}
END_TEST

START_TEST(without_an_event_thread_presence_still_follows)
{
	const char *path = test_socket("s");
	struct plugin p;
	bool there = false;

	plugin_open(&p, "reader=a", path);
	ck_assert_int_eq(p.presence(0), IFD_ICC_NOT_PRESENT);
	fake_start(&test_fakes[0], path);
	/* a bridge that answers late, under load, is none for that look */
	for (int i = 0; i < 300 && !there; i++) {
		there = p.presence(0) == IFD_ICC_PRESENT;
		test_sleep(10);
	}
	ck_assert(there);
	fake_tell(&test_fakes[0], '-');
	ck_assert_int_eq(p.presence(0), IFD_ICC_NOT_PRESENT);
}
END_TEST

Suite *
watch_suite(void)
{
	Suite *s = suite_create("watch");
	TCase *tc = test_case("watch");

	tcase_add_test(tc, a_card_goes_and_comes);
	tcase_add_test(tc, a_card_changed_between_two_looks_was_removed);
	tcase_add_test(tc, other_threads_see_only_the_card_that_was_told);
	tcase_add_test(tc, news_within_a_call_is_not_lost);
	tcase_add_test(tc, an_unused_card_is_let_go_soon);
	tcase_add_test(tc, a_killed_bridge_is_a_removed_card_and_comes_back);
	tcase_add_test(tc, a_bridge_killed_and_back_at_once_was_still_gone);
	tcase_add_test(tc, a_missing_directory_may_appear);
	tcase_add_test(
	    tc, a_stopped_bridge_is_a_removed_card_until_it_goes_on);
	tcase_add_test(tc, many_stops_wake_the_thread_once);
	tcase_add_test(tc, the_last_stop_is_at_once);
	tcase_add_test(tc, nothing_happens_while_nothing_happens);
	tcase_add_test(tc, sixteen_slots_look_for_a_bridge_once_a_second);
	tcase_add_test(tc, files_of_strangers_wake_nobody_for_long);
	tcase_add_test(tc, without_an_event_thread_presence_still_follows);
	suite_add_tcase(s, tc);
	return s;
}
