/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a person is told of an identity that ends soon, or has ended: where it
 * is used, and where another one is to be made.
 */
#include <stdio.h>
#include <time.h>

#include "tests/cli/admin_rig.h"

#define DAY INT64_C(86400)
#define URL "https://far:1"

static char dir[300];

/* UTC, as it is told. */
static const char *
made(enum wire_usage usage, int64_t until)
{
	static struct wire_expiry end;

	snprintf(dir, sizeof(dir), "%s/ends", desk.dir);
	fake_desk_identity(dir, usage, until);
	wire_expiry_set(&end, until);
	return end.day;
}

START_TEST(an_order_tells_that_its_identity_ends_soon)
{
	const char *day;
	json_t *list;

	RUNS("--json org list");
	ck_assert_str_eq(admin_err, "");
	day = made(WIRE_PERSON, (int64_t)time(NULL) + 30 * DAY);
	ck_assert_int_eq(admin_run_at(URL, dir, "--json org list"), CLI_OK);
	ck_assert_uint_eq(admin_lines(admin_err), 1);
	ck_assert_msg(strstr(admin_err, admin_say("%s: the person's identity "
	    "ends on %s: an administrator orders a token (cardbridge admin "
	    "person token), with which cardbridge enrol makes another", dir,
	    day)) != NULL, "%s", admin_err);
	list = admin_json();
	ck_assert_uint_eq(json_array_size(list), 1);
	json_decref(list);
}
END_TEST

START_TEST(it_is_not_spoken_of_before)
{
	(void)made(WIRE_PERSON, (int64_t)time(NULL) + 30 * DAY + 60);
	ck_assert_int_eq(admin_run_at(URL, dir, "org list"), CLI_OK);
	ck_assert_str_eq(admin_err, "");
}
END_TEST

START_TEST(nobody_orders_with_one_that_has_ended)
{
	const char *day = made(WIRE_PERSON, (int64_t)time(NULL) - DAY);

	ck_assert_int_eq(admin_run_at(URL, dir, "org list"), CLI_FAILED);
	ck_assert_str_eq(admin_out, "");
	ck_assert_uint_eq(admin_lines(admin_err), 1);
	ck_assert_msg(strstr(admin_err, admin_say("%s cannot be used: its own "
	    "certificate has ended on %s, if the clock is right: an "
	    "administrator orders a token (cardbridge admin person token)",
	    dir, day)) != NULL, "%s", admin_err);
}
END_TEST

static const struct {
	int days;
	const char *words;
} places[] = {
	{ 90, "there is an identity already, good until" },
	{ -1, "there is an identity already, which ended on" },
};

START_TEST(enrol_tells_what_is_in_its_place)
{
	const struct cli_cmd *cmd = &cli_enrol_cmd;
	const char *day = made(
	    WIRE_DEVICE, (int64_t)time(NULL) + places[_i].days * DAY);
	char url[] = URL, token[] = "@/nonexistent",
	     *argv[] = { url, token, NULL };
	const struct {
		const char *identity;
	} args = { dir };
	char said[400];

	snprintf(said, sizeof(said), "%s/said", desk.dir);
	ck_assert_ptr_nonnull(freopen(said, "w", stderr));
	ck_assert_int_eq(cmd->run(cmd, &args, 2, argv), CLI_FAILED);
	fflush(stderr);
	admin_slurp(said, admin_err, sizeof(admin_err));
	ck_assert_msg(strstr(admin_err, admin_say("%s: %s %s; move it away",
	    dir, places[_i].words, day)) != NULL, "%s", admin_err);
}
END_TEST

Suite *
expiry_suite(void)
{
	Suite *s = suite_create("expiry");
	TCase *t = tcase_create("expiry");

	tcase_add_unchecked_fixture(t, fake_desk_make, fake_desk_free);
	tcase_add_checked_fixture(t, admin_setup, fake_desk_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, an_order_tells_that_its_identity_ends_soon);
	tcase_add_test(t, it_is_not_spoken_of_before);
	tcase_add_test(t, nobody_orders_with_one_that_has_ended);
	tcase_add_loop_test(t, enrol_tells_what_is_in_its_place, 0,
	    (int)(sizeof(places) / sizeof(places[0])));
	suite_add_tcase(s, t);
	return s;
}
