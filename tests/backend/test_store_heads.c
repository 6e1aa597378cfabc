/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The file of heads: what was added is there; a torn last line is none; any
 * other wrong line is told.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/store/heads.h"
#include "tests/backend/store_rig.h"

static const uint8_t secret[CR_KEY] = { 4 };
static char path[96];
static struct rig rig;

static void
setup(void)
{
	rig_make(&rig);
	snprintf(path, sizeof(path), "%s.heads", rig.path);
}

static void
teardown(void)
{
	rig_clear(&rig);
}

static struct be_heads *
open_heads(enum cb_err want, struct cb_why *why)
{
	uint8_t public[CR_KEY];
	struct be_heads *h;

	ck_assert_int_eq(cr_ed25519_public(secret, public), CB_OK);
	ck_assert_int_eq(be_heads_open(&h, path, public, true, why), want);
	return h;
}

static enum cb_err
add(struct be_heads *h, uint8_t organisation, uint64_t number,
    const uint8_t by[CR_KEY])
{
	struct wire_head head = { .time = NOW };
	struct cb_buf b = CB_BUF_INIT;
	enum cb_err r;

	head.at.owner = be_store_owner(rig.st, id(organisation));
	head.at.number = number;
	ck_assert_int_eq(wire_head_sign(&b, &head, by), CB_OK);
	r = be_heads_add(h, cb_buf_span(&b), NULL);
	cb_buf_free(&b);
	return r;
}

static uint64_t
number_of(struct be_heads *h, uint8_t organisation)
{
	size_t n;
	const struct wire_head *all = be_heads_all(h, &n);

	for (size_t i = 0; i < n; i++)
		if (all[i].at.owner.organisation[0] == organisation)
			return all[i].at.number;
	return 0;
}

START_TEST(the_last_of_each_counts)
{
	static const uint8_t other[CR_KEY] = { 5 };
	struct be_heads *h = open_heads(CB_OK, NULL);

	ck_assert_int_eq(add(h, 1, 5, secret), CB_OK);
	ck_assert_int_eq(add(h, 2, 9, secret), CB_OK);
	ck_assert_int_eq(add(h, 1, 7, secret), CB_OK);
	ck_assert_int_eq(add(h, 1, 6, secret), CB_E_DENIED);
	ck_assert_int_eq(add(h, 1, 8, other), CB_E_CRYPTO);
	ck_assert_ptr_null(open_heads(CB_E_BUSY, NULL));
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(number_of(h, 1), 7);
		ck_assert_uint_eq(number_of(h, 2), 9);
		be_heads_close(&h);
		h = open_heads(CB_OK, NULL);
	}
	be_heads_close(&h);
}
END_TEST

/* Cut anywhere: what ended before is there, and more can be added. */
START_TEST(a_torn_line_is_none)
{
	struct be_heads *h = open_heads(CB_OK, NULL);
	struct stat sb;

	ck_assert_int_eq(add(h, 1, 5, secret), CB_OK);
	ck_assert_int_eq(add(h, 1, 6, secret), CB_OK);
	be_heads_close(&h);
	ck_assert_int_eq(stat(path, &sb), 0);
	for (off_t n = sb.st_size - 1; n >= 0; n -= 41) {
		const off_t line = 330, first = 19;

		ck_assert_int_eq(truncate(path, n), 0);
		h = open_heads(CB_OK, NULL);
		ck_assert_uint_eq(
		    number_of(h, 1), n < first + line ? 0 : 5);
		ck_assert_int_eq(add(h, 2, 1, secret), CB_OK);
		be_heads_close(&h);
		h = open_heads(CB_OK, NULL);
		ck_assert_uint_eq(number_of(h, 2), 1);
		be_heads_close(&h);
	}
}
END_TEST

START_TEST(a_wrong_line_is_told)
{
	struct be_heads *h = open_heads(CB_OK, NULL);
	struct cb_why why = { "" };
	FILE *f;

	ck_assert_int_eq(add(h, 1, 5, secret), CB_OK);
	ck_assert_int_eq(add(h, 1, 6, secret), CB_OK);
	be_heads_close(&h);
	ck_assert_ptr_nonnull(f = fopen(path, "r+"));
	ck_assert_int_eq(fseek(f, 19 + 100, SEEK_SET), 0);
	ck_assert_int_eq(fputs("00000000", f) >= 0, 1);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_ptr_null(open_heads(CB_E_FORMAT, &why));
	ck_assert_ptr_nonnull(strstr(why.text, "heads, line 2: "));
	/* and another file is not taken for one */
	ck_assert_ptr_nonnull(f = fopen(path, "w"));
	ck_assert_int_eq(fputs("something of somebody's\n", f) >= 0, 1);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_ptr_null(open_heads(CB_E_FORMAT, &why));
	ck_assert_ptr_nonnull(strstr(why.text, "not a file of heads"));
}
END_TEST

START_TEST(the_file_does_not_grow_for_ever)
{
	struct be_heads *h = open_heads(CB_OK, NULL);
	struct stat sb;

	for (uint64_t i = 1; i <= 1000; i++)
		ck_assert_int_eq(
		    add(h, (uint8_t)(1 + i % 2), i, secret), CB_OK);
	ck_assert_int_eq(stat(path, &sb), 0);
	ck_assert_int_lt(sb.st_size, 270000);
	be_heads_close(&h);
	h = open_heads(CB_OK, NULL);
	ck_assert_uint_eq(number_of(h, 1), 1000);
	ck_assert_uint_eq(number_of(h, 2), 999);
	be_heads_close(&h);
}
END_TEST

Suite *
store_heads_suite(void)
{
	Suite *s = suite_create("store_heads");
	TCase *tc = tcase_create("heads");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, the_last_of_each_counts);
	tcase_add_test(tc, a_torn_line_is_none);
	tcase_add_test(tc, a_wrong_line_is_told);
	tcase_add_test(tc, the_file_does_not_grow_for_ever);
	suite_add_tcase(s, tc);
	return s;
}
