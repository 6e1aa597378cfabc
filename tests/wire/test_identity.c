/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * An identity, written and read again, and what is not taken for one.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/tree.h"
#include "tests/wire/suites.h"
#include "wire/identity.h"

static char place[64], dir[128];
static struct pki pki;
static struct wire_identity id;

/* Of one more usage, by the same authority. */
static void
add_service(void)
{
	struct wire_cert_wish wish = pki_wish(WIRE_SERVICE, WIRE_TEST);

	memcpy(id.backend, wish.subject, WIRE_ID);
	ck_assert_int_eq(
	    wire_cert_make(&wish, pki_service(), pki.authority_key,
		cb_buf_span(&pki.authority), &id.service),
	    CB_OK);
}

static void
setup(void)
{
	struct wire_cert_wish wish = pki_wish(WIRE_DEVICE, WIRE_TEST);

	snprintf(place, sizeof(place), "/tmp/cardbridge-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(place));
	snprintf(dir, sizeof(dir), "%s/identity", place);
	pki_init(&pki, &wish, NULL);
	id = (struct wire_identity){ .kind = WIRE_TEST,
		.usage = WIRE_DEVICE, .key = pki.key };
	ck_assert_int_eq(
	    cb_buf_set(&id.certificate, cb_buf_span(&pki.cert)), CB_OK);
	ck_assert_int_eq(
	    cb_buf_set(&id.authority, cb_buf_span(&pki.authority)), CB_OK);
	add_service();
}

static void
teardown(void)
{
	id.key = NULL;	/* the other's */
	wire_identity_clear(&id);
	pki_clear(&pki);
	ck_assert(tree_remove(place));
}

static void
write_it(void)
{
	struct cb_why why = { "" };
	enum cb_err r = wire_identity_write(&id, dir, &why);

	ck_assert_msg(r == CB_OK, "%s", why.text);
}

static enum cb_err
read_it(const char *needle)
{
	struct wire_identity back;
	struct cb_why why = { "" };
	enum cb_err r = wire_identity_read(&back, dir, NOW, &why);

	if (needle != NULL)
		ck_assert_msg(strstr(why.text, needle) != NULL, "%s",
		    why.text);
	wire_identity_clear(&back);
	return r;
}

START_TEST(an_identity_is_read_as_it_was_written)
{
	struct wire_identity back;
	struct cb_why why = { "" };
	struct stat st;
	char path[160];

	write_it();
	ck_assert_msg(wire_identity_read(&back, dir, NOW, &why) == CB_OK,
	    "%s", why.text);
	ck_assert_int_eq(back.kind, WIRE_TEST);
	ck_assert_int_eq(back.usage, WIRE_DEVICE);
	ck_assert_mem_eq(back.backend, id.backend, WIRE_ID);
	ck_assert_mem_eq(back.id,
	    pki_wish(WIRE_DEVICE, WIRE_TEST).subject, WIRE_ID);
	ck_assert(cb_span_equal(
	    cb_buf_span(&back.service), cb_buf_span(&id.service)));
	wire_identity_clear(&back);
	ck_assert_int_eq(stat(dir, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	snprintf(path, sizeof(path), "%s/key.pem", dir);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
}
END_TEST

START_TEST(an_identity_is_not_written_over)
{
	struct cb_why why = { "" };
	struct dirent *e;
	unsigned n = 0;
	DIR *d;

	write_it();
	ck_assert_int_eq(wire_identity_write(&id, dir, &why), CB_E_BUSY);
	ck_assert_int_eq(read_it(NULL), CB_OK);
	/* and nothing is left beside it */
	ck_assert_ptr_nonnull(d = opendir(place));
	while ((e = readdir(d)) != NULL)
		n += strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0;
	closedir(d);
	ck_assert_uint_eq(n, 1);
}
END_TEST

static bool
same(const struct wire_key *a, const struct wire_key *b)
{
	struct cb_buf one = CB_BUF_INIT, other = CB_BUF_INIT;
	bool is;

	ck_assert_int_eq(wire_key_put_public(a, &one), CB_OK);
	ck_assert_int_eq(wire_key_put_public(b, &other), CB_OK);
	is = cb_span_equal(cb_buf_span(&one), cb_buf_span(&other));
	cb_buf_free(&one);
	cb_buf_free(&other);
	return is;
}

/* Its key is durable first, and taken again by who comes after. */
START_TEST(an_identity_that_was_begun_is_gone_on_with)
{
	struct cb_why why = { "" };
	struct wire_making m, other;
	struct wire_key *first, *key;
	char path[160];

	ck_assert_int_eq(wire_identity_begin(&m, dir, &first, &why), CB_OK);
	ck_assert(m.fresh);
	ck_assert_int_eq(
	    wire_identity_begin(&other, dir, &key, &why), CB_E_BUSY);
	wire_identity_end(&m, true);
	ck_assert_int_eq(wire_identity_begin(&m, dir, &key, &why), CB_OK);
	ck_assert(!m.fresh && same(first, key));
	wire_key_free(&key);
	wire_identity_end(&m, false);
	/* one that was cut off was never sent */
	snprintf(path, sizeof(path), "%s.new/key.pem", dir);
	ck_assert_int_eq(truncate(path, 40), 0);
	ck_assert_int_eq(wire_identity_begin(&m, dir, &key, &why), CB_OK);
	ck_assert(m.fresh && !same(first, key));
	wire_identity_end(&m, false);
	ck_assert_int_ne(access(path, F_OK), 0);
	wire_key_free(&first);
	wire_key_free(&key);
}
END_TEST

START_TEST(what_others_may_read_or_change_is_refused)
{
	char path[160];

	write_it();
	snprintf(path, sizeof(path), "%s/key.pem", dir);
	ck_assert_int_eq(chmod(path, 0640), 0);
	ck_assert_int_eq(read_it("key.pem"), CB_E_DENIED);
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert_int_eq(read_it(NULL), CB_OK);
	ck_assert_int_eq(chmod(dir, 0777), 0);
	ck_assert_int_eq(read_it("open to others"), CB_E_DENIED);
}
END_TEST

START_TEST(what_is_not_whole_is_named)
{
	static const char *const parts[] = { "backend", "key.pem",
		"certificate.der", "authority.der", "service.der" };
	char path[160], away[200];

	ck_assert_int_eq(read_it("No such"), CB_E_ABSENT);
	write_it();
	for (int i = 0; i < COUNT(parts); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, parts[i]);
		snprintf(away, sizeof(away), "%s.away", path);
		ck_assert_int_eq(rename(path, away), 0);
		ck_assert_int_eq(read_it(parts[i]), CB_E_ABSENT);
		ck_assert_int_eq(rename(away, path), 0);
	}
	snprintf(path, sizeof(path), "%s/backend", dir);
	ck_assert_int_eq(truncate(path, 40), 0);
	ck_assert_int_eq(read_it("damaged"), CB_E_FORMAT);
}
END_TEST

static const struct {
	enum wire_usage usage;
	const char *who, *whose, *command;
} kinds[] = {
	{ WIRE_DEVICE, "administrator or registrar", "the device's identity",
	    "cardbridge admin device token" },
	{ WIRE_PERSON, "an administrator orders", "the person's identity",
	    "cardbridge admin person token" },
};

static bool
says(const struct cb_why *why, const char *verb, int i)
{
	return strstr(why->text, verb) != NULL &&
	    strstr(why->text, kinds[i].who) != NULL &&
	    strstr(why->text, kinds[i].command) != NULL &&
	    strstr(why->text, "cardbridge enrol makes another") != NULL;
}

START_TEST(one_that_has_ended_says_when_and_what_to_do)
{
	const enum wire_usage usage = kinds[_i].usage;
	struct wire_cert_wish wish = pki_wish(usage, WIRE_TEST);
	struct wire_identity back;
	struct cb_why why = { "" };

	id.usage = usage;
	wish.until = NOW;	/* 2027-01-15 08:00 UTC */
	cb_buf_clear(&id.certificate);
	ck_assert_int_eq(
	    wire_cert_make(&wish, pki.key, pki.authority_key,
		cb_buf_span(&pki.authority), &id.certificate), CB_OK);
	write_it();
	ck_assert_int_eq(
	    wire_identity_read(&back, dir, NOW - 1, &why), CB_OK);
	wire_identity_clear(&back);
	ck_assert_int_eq(
	    wire_identity_read(&back, dir, NOW, &why), CB_E_TIMEOUT);
	ck_assert_msg(says(&why, "has ended on 2027-01-15, if the clock is "
	    "right: ", _i), "%s", why.text);
	ck_assert_ptr_nonnull(strstr(why.text, dir));
	/* it is still known whose it was */
	ck_assert_int_eq(back.until, NOW);
	ck_assert_mem_eq(back.id, wish.subject, WIRE_ID);
	wire_identity_clear(&back);
	/* not so where it was never a good one */
	id.kind = WIRE_LIVE;
	ck_assert_int_eq(wire_identity_check(&id, NOW, &why), CB_E_DENIED);
	/* nor before it begins */
	id.kind = WIRE_TEST;
	ck_assert_int_eq(wire_identity_read(&back, dir, wish.from - 1, &why),
	    CB_E_TIMEOUT);
	ck_assert_msg(strstr(why.text, "not valid yet") != NULL, "%s",
	    why.text);
	ck_assert_ptr_null(back.key);
}
END_TEST

START_TEST(its_end_is_told_a_month_before)
{
	const enum wire_usage usage = kinds[_i].usage;
	const int64_t month = WIRE_EXPIRY_SOON;
	struct cb_why why = { "" };

	ck_assert_int_eq(month, 30 * 86400);
	ck_assert(!wire_identity_ends(
	    usage, NOW, NOW - month - 1, NOW - 1, &why));
	ck_assert(wire_identity_ends(usage, NOW, NOW - month, NOW, &why));
	ck_assert_msg(says(&why, "identity ends on 2027-01-15: ", _i), "%s",
	    why.text);
	ck_assert_ptr_nonnull(strstr(why.text, kinds[_i].whose));
	ck_assert(!wire_identity_ends(usage, NOW, NOW - 1, NOW - 1, &why));
	ck_assert(wire_identity_ends(usage, NOW, NOW, NOW, &why));
	ck_assert_msg(says(&why, "identity has ended on 2027-01-15", _i), "%s",
	    why.text);
}
END_TEST

START_TEST(another_key_or_authority_is_no_identity)
{
	struct pki other;
	struct wire_cert_wish wish = pki_wish(WIRE_DEVICE, WIRE_TEST);
	struct cb_why why = { "" };

	pki_init(&other, &wish, NULL);
	id.key = other.key;
	ck_assert_int_eq(wire_identity_check(&id, NOW, &why), CB_E_DENIED);
	ck_assert_ptr_nonnull(strstr(why.text, "another key"));
	id.key = pki.key;
	ck_assert_int_eq(wire_identity_check(&id, NOW, &why), CB_OK);
	id.kind = WIRE_LIVE;
	ck_assert_int_eq(wire_identity_check(&id, NOW, &why), CB_E_DENIED);
	id.kind = WIRE_TEST;
	ck_assert_int_eq(
	    cb_buf_set(&id.authority, cb_buf_span(&other.authority)), CB_OK);
	ck_assert_int_eq(wire_identity_check(&id, NOW, &why), CB_E_DENIED);
	pki_clear(&other);
}
END_TEST

Suite *
identity_suite(void)
{
	Suite *s = suite_create("identity");
	TCase *t = tcase_create("identity");

	tcase_add_unchecked_fixture(t, pki_service_make, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, an_identity_is_read_as_it_was_written);
	tcase_add_test(t, an_identity_is_not_written_over);
	tcase_add_test(t, an_identity_that_was_begun_is_gone_on_with);
	tcase_add_test(t, what_others_may_read_or_change_is_refused);
	tcase_add_test(t, what_is_not_whole_is_named);
	tcase_add_loop_test(t, one_that_has_ended_says_when_and_what_to_do, 0,
	    COUNT(kinds));
	tcase_add_loop_test(t, its_end_is_told_a_month_before, 0,
	    COUNT(kinds));
	tcase_add_test(t, another_key_or_authority_is_no_identity);
	suite_add_tcase(s, t);
	return s;
}
