/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The door's certificate made anew, at any time that there may be; and what is
 * said of certificates before they end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backend/layout.h"
#include "backend/renew.h"
#include "tests/backend/service/rig.h"
#include "tests/backend/service/suites.h"
#include "wire/cert.h"

#define DAY INT64_C(86400)
#define NAMES "localhost\0" "127.0.0.1\0" "::1"	/* of init */

static struct cb_buf
file_of(const char *name)
{
	char *path = be_path(rig_get()->dir, name);
	FILE *f = fopen(path, "re");
	struct cb_buf b = CB_BUF_INIT;
	uint8_t p[16384];
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(p, 1, sizeof(p), f);
	ck_assert_int_eq(cb_buf_set(&b, cb_span(p, n)), CB_OK);
	(void)fclose(f);
	free(path);
	return b;
}

static enum cb_err
renew(int64_t now, const char *const *names, size_t n, struct be_ends *ends,
    struct cb_why *why)
{
	const struct be_renew in = { .dir = rig_get()->dir,
		.conf = &rig_get()->conf, .names = names, .names_n = n,
		.now = now };

	return be_renew(&in, ends, why);
}

/* And that nothing is changed. */
static void
refused(int64_t now, const char *const *names, size_t n, enum cb_err want,
    const char *says)
{
	struct cb_buf before = file_of(BE_FILE_DOOR), after;
	struct cb_why why;
	struct be_ends ends;

	ck_assert_int_eq(renew(now, names, n, &ends, &why), want);
	ck_assert_msg(strstr(why.text, says) != NULL, "%s", why.text);
	after = file_of(BE_FILE_DOOR);
	ck_assert(cb_span_equal(cb_buf_span(&before), cb_buf_span(&after)));
	cb_buf_free(&before);
	cb_buf_free(&after);
}

static enum cb_err
check_at(int64_t now, struct wire_cert *facts, struct wire_key **key)
{
	struct cb_buf door = file_of(BE_FILE_DOOR),
		authority = file_of(BE_FILE_AUTHORITY);
	enum cb_err r;

	r = wire_cert_check(cb_buf_span(&door), cb_buf_span(&authority),
	    WIRE_DOOR, WIRE_TEST, now, facts, key, NULL);
	cb_buf_free(&door);
	cb_buf_free(&authority);
	return r;
}

static bool
has_names(const void *names, size_t n)
{
	struct cb_buf door = file_of(BE_FILE_DOOR), hosts = CB_BUF_INIT;
	bool same;

	ck_assert_int_eq(
	    wire_cert_hosts(cb_buf_span(&door), &hosts), CB_OK);
	same = cb_span_equal(cb_buf_span(&hosts), cb_span(names, n));
	cb_buf_free(&door);
	cb_buf_free(&hosts);
	return same;
}

/* What a certificate is for is the key that lies beside it. */
static void
has_key(struct wire_key *public)
{
	struct cb_buf pem = file_of(BE_FILE_DOOR_KEY), one = CB_BUF_INIT,
		other = CB_BUF_INIT;
	struct wire_key *key;

	ck_assert_int_eq(wire_key_get_pem(cb_buf_span(&pem), &key), CB_OK);
	ck_assert_int_eq(wire_key_put_public(key, &one), CB_OK);
	ck_assert_int_eq(wire_key_put_public(public, &other), CB_OK);
	ck_assert(cb_span_equal(cb_buf_span(&one), cb_buf_span(&other)));
	wire_key_free(&key);
	cb_buf_free(&pem);
	cb_buf_free(&one);
	cb_buf_free(&other);
}

/* Also beside what a renew that was ended has left. */
START_TEST(it_is_made_anew_for_a_year)
{
	const int64_t now = (int64_t)time(NULL) + 340 * DAY;
	char *path = be_path(rig_get()->dir, BE_FILE_DOOR),
	     *left = be_path(rig_get()->dir, BE_FILE_DOOR ".new");
	FILE *f = fopen(left, "we");
	struct wire_cert facts;
	struct wire_key *key;
	struct be_ends ends;
	struct cb_why why;
	struct stat st;

	ck_assert_ptr_nonnull(f);
	(void)fclose(f);
	ck_assert(has_names(NAMES, sizeof(NAMES)));
	ck_assert_int_eq(check_at(now + 30 * DAY, &facts, NULL),
	    CB_E_TIMEOUT);
	ck_assert_msg(renew(now, NULL, 0, &ends, &why) == CB_OK, "%s",
	    why.text);
	ck_assert_int_eq(check_at(now, &facts, &key), CB_OK);
	ck_assert_int_eq(facts.until, now + 365 * DAY);
	ck_assert_int_eq(ends.of[BE_END_DOOR].until, facts.until);
	has_key(key);
	ck_assert(has_names(NAMES, sizeof(NAMES)));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_uint_eq(st.st_uid, geteuid());
	ck_assert_int_ne(access(left, F_OK), 0);
	wire_key_free(&key);
	free(path);
	free(left);
}
END_TEST

START_TEST(with_other_names_or_those_that_it_has)
{
	static const char *const names[] = { "cards.example", "2001:db8::7" };
	static const char *const wrong[] = { "cards.example", "no name" };
	static const char has[] = "cards.example\0" "2001:db8::7";
	const int64_t now = (int64_t)time(NULL);
	struct be_ends ends;
	struct cb_why why;

	ck_assert_int_eq(renew(now, names, 2, &ends, &why), CB_OK);
	ck_assert(has_names(has, sizeof(has)));
	refused(now, wrong, 2, CB_E_ARG, "a name of the door is");
	ck_assert_int_eq(renew(now, NULL, 0, &ends, &why), CB_OK);
	ck_assert(has_names(has, sizeof(has)));
}
END_TEST

START_TEST(what_signs_it_must_last)
{
	const int64_t now = (int64_t)time(NULL);
	struct be_ends ends;
	struct cb_why why;

	ck_assert_int_eq(
	    renew(now + 3 * 365 * DAY, NULL, 0, &ends, &why), CB_OK);
	for (size_t i = 0; i < BE_END_DOOR; i++)
		ck_assert(!be_ends_tell(&ends, i, now,
		    ends.of[BE_END_DOOR].until, &why));
	ck_assert_int_eq(
	    renew(now + 1700 * DAY, NULL, 0, &ends, &why), CB_OK);
	ck_assert(be_ends_tell(&ends, BE_END_SERVICE, now + 1700 * DAY,
	    ends.of[BE_END_DOOR].until, &why));
	ck_assert_ptr_nonnull(
	    strstr(why.text, "the service's certificate ends on "));
	refused(now + 5 * 365 * DAY + DAY, NULL, 0, CB_E_TIMEOUT,
	    "the service's certificate has ended on ");
	refused(now - DAY, NULL, 0, CB_E_TIMEOUT, "not valid yet");
	refused(now + 20 * 365 * DAY + DAY, NULL, 0, CB_E_TIMEOUT,
	    "the authority's certificate has ended on ");
}
END_TEST

START_TEST(the_root_must_be_this_backends)
{
	struct be_conf *conf = &rig_get()->conf;
	const int64_t now = (int64_t)time(NULL);
	char *root = conf->roots[0], nowhere[] = "file:/nowhere/1";

	conf->roots[0] = conf->recovery;
	refused(now, NULL, 0, CB_E_CRYPTO, "does not open with this root");
	conf->roots[0] = nowhere;
	refused(now, NULL, 0, CB_E_ABSENT, "/nowhere/1 cannot be read");
	conf->roots[0] = root;
}
END_TEST

START_TEST(the_end_is_told_a_month_before)
{
	static const char *const says[BE_ENDS] = {
		[BE_END_AUTHORITY] = "cardbridge-backend init",
		[BE_END_SERVICE] = "cardbridge-backend init",
		[BE_END_DOOR] = "cardbridge-backend renew --dir DIR",
	};
	struct be_ends ends;
	struct cb_why why;

	for (size_t i = 0; i < BE_ENDS; i++)	/* 2027-01-15 08:00 UTC */
		wire_expiry_set(&ends.of[i], INT64_C(1800000000));
	for (size_t i = 0; i < BE_ENDS; i++) {
		const int64_t end = ends.of[i].until;

		ck_assert(!be_ends_tell(&ends, i, end - 31 * DAY,
		    end - 31 * DAY + WIRE_EXPIRY_SOON, &why));
		ck_assert(be_ends_tell(&ends, i, end - 29 * DAY,
		    end - 29 * DAY + WIRE_EXPIRY_SOON, &why));
		ck_assert_ptr_nonnull(strstr(why.text, "ends on 2027-01-15"));
		ck_assert_ptr_nonnull(strstr(why.text, says[i]));
		ck_assert(!be_ends_tell(&ends, i, end - 1, end - 1, &why));
		ck_assert(be_ends_tell(&ends, i, end, end, &why));
		ck_assert_ptr_nonnull(
		    strstr(why.text, "has ended on 2027-01-15"));
		ck_assert_ptr_nonnull(strstr(why.text, says[i]));
	}
}
END_TEST

Suite *
renew_suite(void)
{
	Suite *s = suite_create("renew");
	TCase *tc = tcase_create("renew");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, it_is_made_anew_for_a_year);
	tcase_add_test(tc, with_other_names_or_those_that_it_has);
	tcase_add_test(tc, what_signs_it_must_last);
	tcase_add_test(tc, the_root_must_be_this_backends);
	tcase_add_test(tc, the_end_is_told_a_month_before);
	suite_add_tcase(s, tc);
	return s;
}
