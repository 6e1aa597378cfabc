/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Cards without a file: made when first put in, and kept when taken out.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/memory.h"
#include "tests/bridge/harness.h"

static struct bridge b;
static char uri[PATH_MAX + 40];
static const char *readers[] = { "card", uri, NULL };

static void
name_card(const char *how, const char *profile)
{
	const char *top = getenv("CB_SRC");
	char *path, *real;
	int n;

	ck_assert_int_gt(asprintf(&path, "%s/data/profiles",
	    top != NULL ? top : "."), 0);
	ck_assert_ptr_nonnull(real = realpath(path, NULL));
	n = snprintf(uri, sizeof(uri), "memory:it:%s:%s/%s.profile", how,
	    real, profile);
	ck_assert(n > 0 && (size_t)n < sizeof(uri));
	free(path);
	free(real);
}

static void
setup(void)
{
	bridge_init(&b);
	b.set.patient = true;
	name_card("published", "authentic3");
	br_memory_allow(true);
}

static void
teardown(void)
{
	bridge_clear(&b);
	br_memory_clear();
}

/* SELECT of the application, then VERIFY of a wrong PIN, or the question how
 * many tries are left. */
static unsigned
verify(struct br_client *c, bool ask)
{
	uint8_t atr[CB_ATR_MAX];
	size_t n;
	enum cb_err e;

	ck_ok(br_power(c, BR_POWER_ON, atr, &n, NULL));
	ck_assert_uint_eq(send_apdu(c, &e, 21, 0, 0xA4, 4, 0, 16, 0xA0, 0, 0,
	    0, 0x77, 1, 0, 0x70, 0x0A, 0x10, 0, 0xF1, 0, 0, 1, 0), 0x9000);
	return ask ? send_apdu(c, &e, 4, 0, 0x20, 0, 1) :
	    send_apdu(c, &e, 13, 0, 0x20, 0, 1, 8, '9', '9', '9', '9', '9',
		'9', 0xFF, 0xFF);
}

START_TEST(a_card_taken_out_and_put_in_is_the_same)
{
	struct br_client *c, *admin;
	struct br_reader_info info;
	unsigned sw;

	bridge_start(&b, readers);
	admin = dial(&b);
	c = attached(&b, "card", BR_ROAD_DIRECT);
	sw = verify(c, true);
	ck_assert_uint_eq(sw & 0xFFF0, 0x63C0);
	ck_assert_uint_eq(verify(c, false), sw - 1);
	ck_ok(br_reader_eject(admin, "card", NULL));
	ck_ok(br_reader_insert(admin, "card", NULL));
	ck_assert_uint_eq(verify(c, true), sw - 1);
	/* also in a reader of another name */
	br_close(&c);
	ck_ok(br_reader_remove(admin, "card", NULL));
	ck_ok(br_reader_add(admin, "other", uri, &info, NULL));
	c = attached(&b, "other", BR_ROAD_DIRECT);
	ck_assert_uint_eq(verify(c, true), sw - 1);
	br_close(&c);
	br_close(&admin);
}
END_TEST

START_TEST(a_card_is_in_one_place_at_a_time)
{
	struct br_memory *first, *second;
	struct cb_why why = { "" };

	ck_ok(br_memory_take(&first, "a:fresh:/none", &why));
	ck_err(br_memory_take(&second, "a:fresh:/none", &why), CB_E_BUSY);
	ck_ok(br_memory_take(&second, "b:fresh:/none", &why));
	br_memory_give(&second);
	br_memory_give(&first);
	ck_ok(br_memory_take(&first, "a:fresh:/none", &why));
	br_memory_give(&first);
	ck_assert_ptr_null(first);
}
END_TEST

START_TEST(only_some_bridges_have_such_cards)
{
	struct br_reader_info info;
	struct br_client *admin;
	struct cb_why why = { "" };

	br_memory_allow(false);
	bridge_start(&b, NULL);
	admin = dial(&b);
	ck_err(br_reader_add(admin, "card", uri, &info, &why), CB_E_ARG);
	br_close(&admin);
}
END_TEST

static const struct {
	const char *rest;
	bool good;
} names[] = {
	{ "card1:published:/p", true },
	{ "card1:fresh:/p:q", true },
	{ "card1:fresh:p", false },
	{ "card1:fresh:", false },
	{ "card1:old:/p", false },
	{ ":fresh:/p", false },
	{ "card1", false },
	{ "", false },
};

START_TEST(names_of_such_cards)
{
	struct cb_why why = { "" };

	ck_err(br_memory_check(names[_i].rest, &why),
	    names[_i].good ? CB_OK : CB_E_ARG);
	ck_assert_int_eq(why.text[0] == '\0', names[_i].good);
}
END_TEST

static void
expect_trouble(const char *words)
{
	struct br_reader_info *list;
	struct br_client *c;
	size_t n;

	bridge_start(&b, readers);
	c = dial(&b);
	ck_ok(br_reader_list(c, &list, &n, NULL));
	ck_assert_uint_eq(n, 1);
	ck_assert(!list[0].present);
	ck_assert_msg(strstr(list[0].trouble, words) != NULL, "%s",
	    list[0].trouble);
	free(list);
	br_close(&c);
}

START_TEST(a_profile_that_is_not_there_is_named)
{
	name_card("published", "nobody");
	expect_trouble("nobody.profile");
}
END_TEST

START_TEST(a_profile_without_published_keys_wants_fresh_ones)
{
	char *elsewhere;

	ck_assert_int_gt(asprintf(&elsewhere, "%s/authentic3.profile",
	    b.at.dir), 0);
	ck_assert_int_eq(symlink(strchr(uri, '/'), elsewhere), 0);
	snprintf(uri, sizeof(uri), "memory:it:published:%s", elsewhere);
	free(elsewhere);
	expect_trouble("--fresh-keys");
}
END_TEST

Suite *
memory_suite(void)
{
	Suite *s = suite_create("memory");
	TCase *t = tcase_create("memory");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_card_taken_out_and_put_in_is_the_same);
	tcase_add_test(t, a_card_is_in_one_place_at_a_time);
	tcase_add_test(t, only_some_bridges_have_such_cards);
	tcase_add_loop_test(t, names_of_such_cards, 0,
	    sizeof(names) / sizeof(names[0]));
	tcase_add_test(t, a_profile_that_is_not_there_is_named);
	tcase_add_test(t, a_profile_without_published_keys_wants_fresh_ones);
	suite_add_tcase(s, t);
	return s;
}
