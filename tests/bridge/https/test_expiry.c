/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A device whose identity ends soon, or has ended: what its bridge says, and
 * that another identity helps.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bridge/client_status.h"
#include "bridge/sock.h"
#include "common/log.h"
#include "tests/bridge/https/rig.h"

#define DAY INT64_C(86400)
#define ADVICE "an administrator or registrar orders a token (cardbridge " \
	"admin device token), with which cardbridge enrol makes another"

static struct cb_buf cert;
static char day[WIRE_EXPIRY_DAY];
static FILE *logged;	/* in the place of standard error */

static void
start(int64_t until)
{
	struct wire_expiry end;

	wire_expiry_set(&end, until);
	memcpy(day, end.day, sizeof(day));
	pki_device_until(until, &cert);
	far.certificate = &cert;
	ck_assert_ptr_nonnull(logged = tmpfile());
	ck_assert_int_ge(dup2(fileno(logged), STDERR_FILENO), 0);
	backend_start(&far);
	bridge_init(&near);
	near.set.patient = true;
	cb_log_set_level(CB_LOG_WARNING);
	bridge_start(&near, (const char *const[]){ "hosted", far.uri, NULL });
}

static void
teardown(void)
{
	rig_teardown();
	cb_buf_free(&cert);
}

/* How often the log has it. */
static unsigned
in_log(const char *needle)
{
	static char all[16384];
	ssize_t n = pread(fileno(logged), all, sizeof(all) - 1, 0);
	unsigned found = 0;
	const char *at = all;

	ck_assert_int_ge((int)n, 0);
	all[n] = '\0';
	for (; (at = strstr(at, needle)) != NULL; at++)
		found++;
	return found;
}

static void
trouble(const char *verb)
{
	struct br_reader_info info;
	char want[400];

	rig_info(&info);
	snprintf(want, sizeof(want), "the device's identity %s on %s%s: %s",
	    verb, day, verb[0] == 'h' ? ", if the clock is right" : "",
	    ADVICE);
	ck_assert_str_eq(info.trouble, want);
}

static const struct br_road_status *
link_status(void)
{
	static struct br_link_status status;
	struct br_client *c = dial(&near);

	ck_ok(br_link_status(c, "hosted", &status, NULL));
	br_close(&c);
	return &status.road;
}

static void
is_good_until(int64_t until)
{
	ck_assert_uint_eq(
	    link_status()->identity_until, (uint64_t)until * 1000);
	ck_assert_str_eq(link_status()->identity, "");
}

static void
use_it(void)
{
	struct br_client *c = attached(&near, "hosted", BR_ROAD_DIRECT);

	ck_ok(rig_power(c));
	br_close(&c);
}

/* However often there are news. */
START_TEST(what_ends_soon_is_told_beside_a_card_that_is_there)
{
	const int64_t until = (int64_t)time(NULL) + 30 * DAY;

	start(until);
	ck_assert(rig_present(true, 0));
	trouble("ends");
	is_good_until(until);
	use_it();
	for (int i = 0; i < 2; i++) {
		backend_news(&far, WIRE_NOT_THERE, false, false);
		ck_assert(rig_present(false, 5000));
		backend_news(&far, WIRE_THERE, false, false);
		ck_assert(rig_present(true, 5000));
	}
	trouble("ends");
	ck_assert_uint_eq(in_log(ADVICE), 1);
	ck_assert_uint_eq(in_log(far.identity), 1);
	ck_assert_uint_eq(far.hold_s, DAY);
}
END_TEST

START_TEST(it_is_not_spoken_of_before)
{
	const int64_t until = (int64_t)time(NULL) + 30 * DAY + 60;
	struct br_reader_info info;

	start(until);
	rig_info(&info);
	ck_assert_str_eq(info.trouble, "");
	is_good_until(until);
	ck_assert_uint_eq(in_log("identity"), 0);
}
END_TEST

static void
take_away(void)
{
	char old[320];

	snprintf(old, sizeof(old), "%s.old", far.identity);
	ck_assert_int_eq(rename(far.identity, old), 0);
}

/* And nothing is told of what was before. */
static void
enrol_again(void)
{
	const struct timespec step = { 0, 5000000 };
	const uint64_t until = br_now_ms() + 5000;
	struct br_reader_info info;

	take_away();
	backend_identity(far.identity, &pki.second_cert);
	do {
		ck_assert(br_now_ms() < until);
		nanosleep(&step, NULL);
		rig_info(&info);
	} while (!info.present || info.trouble[0] != '\0');
	use_it();
}

START_TEST(another_one_ends_it)
{
	start((int64_t)time(NULL) + DAY);
	trouble("ends");
	enrol_again();
}
END_TEST

/* Also where the bridge was not there when it did. */
START_TEST(who_has_ended_before_is_told_so)
{
	const int64_t until = (int64_t)time(NULL) - DAY;

	start(until);
	ck_assert(!rig_present(true, 0));
	trouble("has ended");
	is_good_until(until);
	ck_assert_uint_eq(in_log("stays in use"), 0);
	enrol_again();
}
END_TEST

/* One that cannot be used breaks nothing for who could be. */
START_TEST(another_one_that_has_ended_is_not_taken)
{
	const struct timespec step = { 0, 5000000 };
	const int64_t until = (int64_t)time(NULL) + 90 * DAY;
	const uint64_t end = br_now_ms() + 5000;
	struct cb_buf other = CB_BUF_INIT;

	start(until);
	take_away();
	pki_device_until((int64_t)time(NULL) - DAY, &other);
	backend_identity(far.identity, &other);
	cb_buf_free(&other);
	while (strstr(link_status()->identity, "its own certificate has ended "
	    "on ") == NULL) {
		ck_assert(br_now_ms() < end);
		nanosleep(&step, NULL);
	}
	ck_assert_uint_eq(
	    link_status()->identity_until, (uint64_t)until * 1000);
	ck_assert(rig_present(true, 0));
	use_it();
}
END_TEST

/* The backend is asked at that moment, and not when there is news. */
START_TEST(the_moment_of_its_end_is_told)
{
	start((int64_t)time(NULL) + 3);
	ck_assert(rig_present(true, 0));
	trouble("ends");
	ck_assert(rig_present(false, 8000));
	trouble("has ended");
	enrol_again();
}
END_TEST

Suite *
expiry_suite(void)
{
	Suite *s = suite_create("expiry");
	TCase *t = tcase_create("expiry");

	tcase_add_unchecked_fixture(t, pki_make, pki_free);
	tcase_add_checked_fixture(t, rig_setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(
	    t, what_ends_soon_is_told_beside_a_card_that_is_there);
	tcase_add_test(t, it_is_not_spoken_of_before);
	tcase_add_test(t, another_one_ends_it);
	tcase_add_test(t, who_has_ended_before_is_told_so);
	tcase_add_test(t, another_one_that_has_ended_is_not_taken);
	tcase_add_test(t, the_moment_of_its_end_is_told);
	suite_add_tcase(s, t);
	return s;
}
