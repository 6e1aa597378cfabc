/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * An identity that becomes another one while the bridge runs: who the backend
 * sees, and what is said where it cannot be used.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bridge/client_status.h"
#include "bridge/sock.h"
#include "tests/bridge/https/rig.h"

static char old[320], new[320], spoilt[320];

static void
start(void)
{
	rig_start();
	snprintf(old, sizeof(old), "%s.old", far.identity);
	snprintf(new, sizeof(new), "%s.other", far.identity);
	snprintf(spoilt, sizeof(spoilt), "%s.spoilt", far.identity);
	/* the first one is answered at once */
	rig_wait_count(&far.holds, 2);
}

/* As somebody who has read the manual does it. */
static void
take_away(void)
{
	ck_assert_int_eq(rename(far.identity, old), 0);
}

static void
enrol_again(void)
{
	take_away();
	backend_identity(far.identity, &pki.second_cert);
}

/* What `status` says of the directory. */
static const char *
words(void)
{
	static struct br_link_status status;
	struct br_client *c = dial(&near);

	ck_ok(br_link_status(c, "hosted", &status, NULL));
	br_close(&c);
	return status.road.identity;
}

/* Until it has them; "" is exact. */
static void
wait_words(const char *want)
{
	const struct timespec step = { 0, 5000000 };
	uint64_t until = br_now_ms() + 5000;
	const char *now;

	while (now = words(), want[0] == '\0' ? now[0] != '\0'
	    : strstr(now, want) == NULL) {
		ck_assert_msg(br_now_ms() < until, "%s", now);
		nanosleep(&step, NULL);
	}
}

static bool
is_second(const uint8_t who[WIRE_ID])
{
	bool same;

	pthread_mutex_lock(&far.lock);
	same = memcmp(who, pki_second, WIRE_ID) == 0;
	pthread_mutex_unlock(&far.lock);
	return same;
}

static void
wait_second(int ms)
{
	const struct timespec step = { 0, 5000000 };
	uint64_t until = br_now_ms() + (uint64_t)ms;

	while (!is_second(far.holder)) {
		ck_assert(br_now_ms() < until);
		nanosleep(&step, NULL);
	}
}

/* A program's session is of who we are by now. */
static void
use_as_second(void)
{
	struct br_client *c = attached(&near, "hosted", BR_ROAD_DIRECT);

	ck_ok(rig_power(c));
	ck_assert(is_second(far.user));
	br_close(&c);
}

START_TEST(another_identity_is_taken_at_once)
{
	start();
	enrol_again();
	wait_second(5000);
	wait_words("");
	ck_assert(rig_present(true, 0));
	use_as_second();
}
END_TEST

/* What a program has begun it ends, as who began it; then no ticket says who we
 * were. */
START_TEST(a_session_goes_on_as_it_began)
{
	struct br_client *c;
	enum cb_err e;

	start();
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	rig_wait_count(&far.holds, 3);
	enrol_again();
	wait_words("no card is in use");
	ck_assert_uint_ne(send_apdu(c, &e, 4, 0, 0xA4, 0, 0), 0);
	ck_assert(!is_second(far.user));
	ck_assert(!is_second(far.holder));
	br_close(&c);
	/* given back after a while */
	wait_second(10000);
	ck_assert_uint_eq(far.closes, 1);
	ck_assert(!is_second(far.user));
	wait_words("");
	use_as_second();
}
END_TEST

/* It is not waited for until it is time for another try. */
START_TEST(who_is_not_known_any_more_comes_back)
{
	struct br_reader_info info;
	struct br_client *c;

	start();
	pthread_mutex_lock(&far.lock);
	far.unknown = pki_device;
	pthread_mutex_unlock(&far.lock);
	backend_down(&far);
	backend_up(&far);
	ck_assert(rig_present(false, 5000));
	rig_info(&info);
	ck_assert_ptr_nonnull(strstr(info.trouble, "enrol it again"));
	enrol_again();
	ck_assert(rig_present(true, 5000));
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	br_close(&c);
}
END_TEST

static int
part_of(const char *dir, const char *name, int flags)
{
	char path[640];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, flags | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static void
no_directory(void)
{
	take_away();
}

static void
half_a_certificate(void)
{
	int fd = part_of(far.identity, "certificate.der", O_WRONLY);

	ck_assert_int_eq(ftruncate(fd, 100), 0);
	close(fd);
}

static void
no_key(void)
{
	close(part_of(far.identity, "key.pem", O_WRONLY | O_TRUNC));
}

static void
open_to_others(void)
{
	ck_assert_int_eq(chmod(far.identity, 0777), 0);
}

/* Made in the end, but by copying, file by file. */
static void
one_file_of_it(void)
{
	take_away();
	ck_assert_int_eq(mkdir(far.identity, 0700), 0);
	close(part_of(far.identity, "backend", O_WRONLY | O_CREAT));
}

static const struct {
	void (*spoil)(void);
	const char *words;
} wrong[] = {
	{ no_directory, "No such file" },
	{ half_a_certificate, "its own certificate" },
	{ no_key, "key.pem holds no key" },
	{ open_to_others, "open to others" },
	{ one_file_of_it, "key.pem: No such file" },
};

START_TEST(a_wrong_one_breaks_nothing)
{
	unsigned holds;

	start();
	wrong[_i].spoil();
	wait_words(wrong[_i].words);
	wait_words("cannot be used");
	ck_assert(rig_present(true, 0));
	holds = far.holds;
	backend_news(&far, WIRE_NOT_THERE, false, false);
	ck_assert(rig_present(false, 5000));
	rig_wait_count(&far.holds, holds + 1);
	ck_assert(!is_second(far.holder));
	/* and the right one is taken all the same */
	backend_identity(new, &pki.second_cert);
	if (access(far.identity, F_OK) == 0)
		ck_assert_int_eq(rename(far.identity, spoilt), 0);
	ck_assert_int_eq(rename(new, far.identity), 0);
	wait_second(5000);
	wait_words("");
}
END_TEST

/* Whatever else happens to its files and around them. */
START_TEST(the_same_one_is_no_other)
{
	const struct timespec times[2] = { { 1, 0 }, { 1, 0 } };
	const struct timespec moment = { 0, 200000000 };
	struct br_client *c;
	unsigned holds;

	start();
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	rig_wait_count(&far.holds, 3);
	holds = far.holds;
	backend_identity(new, &pki.second_cert);
	nanosleep(&moment, NULL);
	ck_assert_uint_eq(far.holds, holds);
	ck_assert_int_eq(utimensat(AT_FDCWD, far.identity, times, 0), 0);
	rig_wait_count(&far.holds, holds + 1);
	wait_words("");
	ck_assert(!is_second(far.holder));
	ck_assert_uint_eq(far.closes, 0);
	br_close(&c);
}
END_TEST

Suite *
who_suite(void)
{
	Suite *s = suite_create("who");
	TCase *t = tcase_create("who");

	tcase_add_unchecked_fixture(t, pki_make, pki_free);
	tcase_add_checked_fixture(t, rig_setup, rig_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, another_identity_is_taken_at_once);
	tcase_add_test(t, a_session_goes_on_as_it_began);
	tcase_add_test(t, who_is_not_known_any_more_comes_back);
	tcase_add_loop_test(t, a_wrong_one_breaks_nothing, 0,
	    (int)(sizeof(wrong) / sizeof(wrong[0])));
	tcase_add_test(t, the_same_one_is_no_other);
	suite_add_tcase(s, t);
	return s;
}
