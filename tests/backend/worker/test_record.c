/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Sealed records: each opens in its own place only.
 */
#include <string.h>

#include "tests/backend/worker/suites.h"

static const struct be_card_key right = { .kind = WIRE_TEST,
	.backend = { 1 }, .organisation = { 2 }, .card = { 3 },
	.version = 4, .key = { 5 } };

START_TEST(a_record_opens_in_its_own_place_only)
{
	struct be_card_key k = right;
	struct cb_buf sealed = CB_BUF_INIT, text = CB_BUF_INIT;
	const char *name = "card/0/t/00000001";
	uint64_t version = 0;

	ck_assert_int_eq(be_record_seal(&right, name, 77,
			     cb_span_str("text"), &sealed),
	    CB_OK);
	switch (_i) {
	case 1:
		k.kind = WIRE_LIVE;
		break;
	case 2:
		k.backend[9] = 1;
		break;
	case 3:
		k.organisation[9] = 1;
		break;
	case 4:
		k.card[9] = 1;
		break;
	case 5:
		k.version++;
		break;
	case 6:
		k.key[9] = 1;
		break;
	case 7:
		name = "card/0/t/00000002";
		break;
	}
	ck_assert_int_eq(be_record_open(&k, name, cb_buf_span(&sealed),
			     &version, &text),
	    _i == 0	    ? CB_OK
		: _i == 5 ? CB_E_ABSENT
			  : CB_E_CRYPTO);
	ck_assert_uint_eq(version, _i == 0 ? 77 : 0);
	ck_assert(cb_span_equal(cb_buf_span(&text),
	    _i == 0 ? cb_span_str("text") : CB_SPAN_EMPTY));
	cb_buf_free(&sealed);
	cb_buf_free(&text);
}
END_TEST

START_TEST(no_bit_of_a_record_can_be_changed)
{
	struct cb_buf sealed = CB_BUF_INIT, text = CB_BUF_INIT;
	uint64_t version;

	ck_assert_int_eq(be_record_seal(&right, "card", 77,
			     cb_span_str("text"), &sealed),
	    CB_OK);
	for (size_t i = 0; i < 8 * sealed.n; i++) {
		sealed.p[i / 8] ^= (uint8_t)(1u << i % 8);
		ck_assert_int_ne(be_record_open(&right, "card",
				     cb_buf_span(&sealed), &version, &text),
		    CB_OK);
		sealed.p[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	for (size_t n = 0; n < sealed.n; n++)
		ck_assert_int_ne(be_record_open(&right, "card",
				     cb_span(sealed.p, n), &version, &text),
		    CB_OK);
	cb_buf_free(&sealed);
	cb_buf_free(&text);
}
END_TEST

START_TEST(a_root_lists_in_order)
{
	static const char *const names[] = { "b", "d", "a", "c", "b" };
	struct be_root_record root = { .number = 9 }, read = { .n = 0 };
	struct cb_buf sealed = CB_BUF_INIT;

	for (int i = 0; i < COUNT(names); i++)
		ck_assert_int_eq(be_root_record_put(&root, names[i],
				     (uint64_t)i + 1),
		    CB_OK);
	be_root_record_remove(&root, "c");
	be_root_record_remove(&root, "x");
	ck_assert_int_eq(be_root_record_seal(&right, &root, &sealed), CB_OK);
	ck_assert_int_eq(be_root_record_open(&right, cb_buf_span(&sealed),
			     &read),
	    CB_OK);
	ck_assert_uint_eq(read.number, 9);
	ck_assert_uint_eq(read.n, 3);
	ck_assert_str_eq(read.p[0].name, "a");
	ck_assert_str_eq(read.p[2].name, "d");
	ck_assert_uint_eq(be_root_record_find(&read, "b")->version, 5);
	ck_assert_ptr_null(be_root_record_find(&read, "c"));
	be_root_record_clear(&root);
	be_root_record_clear(&read);
	cb_buf_free(&sealed);
}
END_TEST

START_TEST(a_root_that_is_not_whole_is_refused)
{
	/* names twice, out of order, empty, younger than the root */
	static const char *const texts[] = {
		"\1\0\2\0\1a\0\0\0\0\0\0\0\1\0\1a\0\0\0\0\0\0\0\1",
		"\1\0\2\0\1b\0\0\0\0\0\0\0\1\0\1a\0\0\0\0\0\0\0\1",
		"\1\0\1\0\0\0\0\0\0\0\0\0\1",
		"\1\0\1\0\1a\0\0\0\0\0\0\0\3",
		"\1\0\1\0\1a\0\0\0\0\0\0\0\1\0",
	};
	static const size_t n[] = { 25, 25, 13, 14, 15 };
	struct be_root_record read = { .n = 0 };
	struct cb_buf sealed = CB_BUF_INIT;

	ck_assert_int_eq(be_record_seal(&right, BE_ROOT_NAME, 2,
			     cb_span(texts[_i], n[_i]), &sealed),
	    CB_OK);
	ck_assert_int_eq(be_root_record_open(&right, cb_buf_span(&sealed),
			     &read),
	    CB_E_FORMAT);
	ck_assert_ptr_null(read.p);
	cb_buf_free(&sealed);
}
END_TEST

Suite *
record_suite(void)
{
	Suite *s = suite_create("record");
	TCase *t = tcase_create("record");

	tcase_add_loop_test(t, a_record_opens_in_its_own_place_only, 0, 8);
	tcase_add_test(t, no_bit_of_a_record_can_be_changed);
	tcase_add_test(t, a_root_lists_in_order);
	tcase_add_loop_test(t, a_root_that_is_not_whole_is_refused, 0, 5);
	suite_add_tcase(s, t);
	return s;
}
