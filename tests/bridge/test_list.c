/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The list of readers, and hearing that it has changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bridge/sock.h"
#include "tests/bridge/harness.h"

/* Long enough for news to come. */
#define SETTLE_MS 100

static struct bridge b;

static void
setup(void)
{
	bridge_init(&b);
	bridge_start(&b, two_readers);
}

static void
teardown(void)
{
	bridge_clear(&b);
}

static struct br_client *
connected(enum br_share_mode mode)
{
	struct br_client *c = dial(&b);
	struct br_shared s;

	ck_ok(br_share_connect(c, "a", mode, BR_SHARE_T1, &s));
	ck_assert_int_eq(s.outcome, BR_SHARE_OK);
	return c;
}

static void
take_out(void)
{
	struct br_client *c = dial(&b);

	ck_ok(br_reader_eject(c, "a", NULL));
	br_close(&c);
}

static struct br_listed *list;
static size_t list_n;
static uint32_t comings;

static const struct br_listed *
look(struct br_client *l, bool tell)
{
	free(list);
	ck_ok(br_list(l, tell, &list, &list_n, &comings));
	return list;
}

static enum cb_err
changed(struct br_client *l, unsigned ms)
{
	return br_list_wait(l, br_now_ms() + ms, -1);
}

START_TEST(names_lead_both_ways)
{
	static const char *const bad[] = { "", "a", "cardbridge ",
		"cardbridge  00 00", "cardbridge a 00 01", "cardbridge a 00 00 ",
		"Cardbridge a 00 00", "cardbridge a/b 00 00",
		"cardbridge slots 00 00", "cardbridge 00 00",
		"cardbridge 012345678901234567890123456789012 00 00" };
	char name[64];
	size_t i;

	ck_ok(br_pcsc_name_of(name, "cardbridge a-b.C 00 00"));
	ck_assert_str_eq(name, "a-b.C");
	ck_ok(br_pcsc_name_of(
	    name, "cardbridge 01234567890123456789012345678901 00 00"));
	ck_assert_uint_eq(strlen(name), 32);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_err(br_pcsc_name_of(name, bad[i]), CB_E_ABSENT);
		ck_assert_str_eq(name, "");
	}
}
END_TEST

START_TEST(the_list_tells_what_is_so)
{
	struct br_client *l = dial(&b), *c, *d = dial(&b);
	struct br_reader_info info;
	struct br_shared s;

	look(l, true);
	ck_assert_uint_eq(list_n, 2);
	ck_assert_str_eq(list[0].pcsc_name, "cardbridge a 00 00");
	ck_assert_str_eq(list[1].name, "b");
	ck_assert(list[0].present && !list[0].in_use && !list[0].exclusive);
	ck_assert_uint_eq(list[0].atr_n, sizeof(fake_atr));
	ck_assert_uint_eq(list[0].changes, 1);
	ck_err(changed(l, 0), CB_E_TIMEOUT);
	c = connected(BR_SHARE_SHARED);
	ck_ok(changed(l, 1000));
	/* once */
	ck_err(changed(l, SETTLE_MS), CB_E_TIMEOUT);
	look(l, false);
	ck_assert(list[0].in_use && !list[0].exclusive && !list[1].in_use);
	/* not asked to be told: not told */
	ck_ok(br_share_disconnect(c, BR_LEAVE, &s));
	ck_err(changed(l, SETTLE_MS), CB_E_TIMEOUT);
	br_close(&c);
	c = connected(BR_SHARE_EXCLUSIVE);
	look(l, true);
	ck_assert(list[0].in_use && list[0].exclusive);
	br_close(&c);
	ck_ok(changed(l, 1000));
	look(l, true);
	take_out();
	ck_ok(changed(l, 1000));
	look(l, true);
	ck_assert(!list[0].present);
	ck_assert_uint_eq(list[0].changes, 2);
	ck_assert_uint_eq(list[0].atr_n, 0);
	ck_assert_uint_eq(comings, 0);
	ck_ok(br_reader_remove(d, "b", NULL));
	ck_ok(changed(l, 1000));
	look(l, true);
	ck_assert_uint_eq(list_n, 1);
	ck_assert_uint_eq(comings, 1);
	ck_ok(br_reader_add(d, "c", "fake:new", &info, NULL));
	ck_ok(changed(l, 1000));
	look(l, true);
	ck_assert_uint_eq(list_n, 2);
	ck_assert_uint_eq(comings, 2);
	free(list);
	list = NULL;
	br_close(&l);
	br_close(&d);
}
END_TEST

/* Looks, and waits until there is no more to tell. */
static void
settle(struct br_client *l)
{
	enum cb_err r;

	do {
		look(l, true);
		r = changed(l, SETTLE_MS);
	} while (r == CB_OK);
	ck_err(r, CB_E_TIMEOUT);
}

/* Another road that takes a card, or gives it back, is told as well. */
static void
a_road_is_told(enum br_road road)
{
	struct br_client *l = dial(&b), *p = attached(&b, "a", road);
	uint8_t atr[CB_ATR_MAX];
	size_t n;
	int i;

	for (i = 0; i < 2; i++) {
		settle(l);
		ck_assert(!list[0].in_use && !list[0].exclusive);
		power_on(p);
		ck_ok(changed(l, 1000));
		settle(l);
		ck_assert(list[0].exclusive);
		if (i == 0)
			ck_ok(br_power(p, BR_POWER_OFF, atr, &n, NULL));
		else
			br_close(&p);
		ck_ok(changed(l, 1000));
	}
	settle(l);
	ck_assert(!list[0].exclusive);
	free(list);
	list = NULL;
	br_close(&l);
}

START_TEST(what_pcscd_holds_is_told)
{
	a_road_is_told(BR_ROAD_PCSC);
}
END_TEST

START_TEST(what_a_tool_holds_is_told)
{
	a_road_is_told(BR_ROAD_DIRECT);
}
END_TEST

START_TEST(a_long_list_comes_in_pieces)
{
	enum { READERS = 2000 };
	struct br_client *d = dial(&b), *l = dial(&b);
	struct br_reader_info info;
	char name[32], uri[64];
	unsigned i;

	/* 45 bytes each: more than a frame takes */
	for (i = 0; i < READERS; i++) {
		snprintf(name, sizeof(name), "reader-%024u", i);
		snprintf(uri, sizeof(uri), "fake:card-%u", i);
		ck_ok(br_reader_add(d, name, uri, &info, NULL));
	}
	look(l, true);
	ck_assert_uint_eq(list_n, READERS + 2);
	for (i = 0; i < READERS; i++) {
		snprintf(name, sizeof(name), "reader-%024u", i);
		ck_assert_str_eq(list[i + 2].name, name);
	}
	take_out();
	ck_ok(changed(l, 1000));
	free(list);
	list = NULL;
	br_close(&d);
	br_close(&l);
}
END_TEST

START_TEST(waiting_for_changes_can_be_cancelled)
{
	struct br_client *l = dial(&b);
	int p[2];

	ck_assert_int_eq(pipe(p), 0);
	look(l, true);
	ck_assert_int_eq(write(p[1], "x", 1), 1);
	ck_err(br_list_wait(l, UINT64_MAX, p[0]), CB_E_BUSY);
	look(l, true);
	bridge_stop(&b);
	ck_err(br_list_wait(l, UINT64_MAX, -1), CB_E_PEER);
	free(list);
	list = NULL;
	br_close(&l);
	close(p[0]);
	close(p[1]);
}
END_TEST

START_TEST(visits_are_counted)
{
	struct br_client *l = dial(&b), *other;
	uint32_t before, n;

	ck_ok(br_visits(l, &before));
	ck_assert_uint_ge(before, 1);
	ck_ok(br_visits(l, &n));
	ck_assert_uint_eq(n, before);
	other = dial(&b);
	br_close(&other);
	ck_ok(br_visits(l, &n));
	ck_assert_uint_eq(n, before + 1);
	br_close(&l);
}
END_TEST

Suite *
list_suite(void)
{
	Suite *s = suite_create("list");
	TCase *t = tcase_create("list");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, names_lead_both_ways);
	tcase_add_test(t, the_list_tells_what_is_so);
	tcase_add_test(t, what_pcscd_holds_is_told);
	tcase_add_test(t, what_a_tool_holds_is_told);
	tcase_add_test(t, a_long_list_comes_in_pieces);
	tcase_add_test(t, waiting_for_changes_can_be_cancelled);
	tcase_add_test(t, visits_are_counted);
	suite_add_tcase(s, t);
	return s;
}
