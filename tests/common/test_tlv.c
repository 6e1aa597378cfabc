/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * BER-TLV, read and written.
 */
#include <stdlib.h>
#include <string.h>

#include "common/hex.h"
#include "common/tlv.h"
#include "tests/common/suites.h"

static const struct {
	const char *raw;
	enum cb_err result;
	uint32_t tag;
	size_t length;
} cases[] = {
	{ "", CB_E_ABSENT, 0, 0 },
	{ "80 00", CB_OK, 0x80, 0 },
	{ "6F 02 80 00", CB_OK, 0x6F, 2 },
	{ "5F 2F 01 AA", CB_OK, 0x5F2F, 1 },
	{ "7F 49 00", CB_OK, 0x7F49, 0 },
	{ "7F 21 00", CB_OK, 0x7F21, 0 },
	{ "DF 81 01 00", CB_OK, 0xDF8101, 0 },
	{ "5F 02 00", CB_OK, 0x5F02, 0 },
	{ "80 81 02 AA BB", CB_OK, 0x80, 2 },
	{ "80 82 00 02 AA BB", CB_OK, 0x80, 2 },
	/* cut off in each part */
	{ "80", CB_E_SHORT, 0, 0 },
	{ "5F", CB_E_SHORT, 0, 0 },
	{ "DF 81", CB_E_SHORT, 0, 0 },
	{ "80 81", CB_E_SHORT, 0, 0 },
	{ "80 82 00", CB_E_SHORT, 0, 0 },
	{ "80 01", CB_E_SHORT, 0, 0 },
	{ "80 81 80 AA", CB_E_SHORT, 0, 0 },
	{ "80 82 FF FF AA", CB_E_SHORT, 0, 0 },
	/* forms we refuse */
	{ "00 00", CB_E_FORMAT, 0, 0 },
	{ "80 80 00 00", CB_E_FORMAT, 0, 0 },
	{ "80 83 00 00 01 AA", CB_E_FORMAT, 0, 0 },
	{ "80 84 00 00 00 01 AA", CB_E_FORMAT, 0, 0 },
	{ "80 FF", CB_E_FORMAT, 0, 0 },
	{ "5F 80 01 00", CB_E_FORMAT, 0, 0 },
	{ "DF 81 81 01 00", CB_E_FORMAT, 0, 0 },
};

START_TEST(one_object_is_read)
{
	size_t n;
	uint8_t *raw = exact_copy(cases[_i].raw, &n);
	struct cb_span cur = cb_span(raw, n), value = CB_SPAN_EMPTY;
	uint32_t tag = 0xEE;

	ck_assert_int_eq(cb_tlv_get(&cur, &tag, &value), cases[_i].result);
	if (cases[_i].result == CB_OK) {
		ck_assert_uint_eq(tag, cases[_i].tag);
		ck_assert_uint_eq(value.n, cases[_i].length);
		ck_assert_int_eq(cb_tlv_end(&cur), CB_OK);
	} else {
		ck_assert_uint_eq(tag, 0xEE);
		ck_assert_ptr_eq(cur.p, raw);
		ck_assert_uint_eq(cur.n, n);
	}
	free(raw);
}
END_TEST

static const struct {
	uint32_t tag;
	size_t length;
	const char *head;	/* NULL: refused */
	enum cb_err result;
} written[] = {
	{ 0x80, 0, "80 00", CB_OK },
	{ 0x80, 127, "80 7F", CB_OK },
	{ 0x80, 128, "80 81 80", CB_OK },
	{ 0x80, 255, "80 81 FF", CB_OK },
	{ 0x80, 256, "80 82 01 00", CB_OK },
	{ 0x7F49, 65535, "7F 49 82 FF FF", CB_OK },
	{ 0xDF8101, 1, "DF 81 01 01", CB_OK },
	{ 0x80, 65536, NULL, CB_E_LIMIT },
	{ 0x00, 0, NULL, CB_E_ARG },
	{ 0x1F, 0, NULL, CB_E_ARG },
	{ 0x8080, 0, NULL, CB_E_ARG },
	{ 0x5F80, 0, NULL, CB_E_ARG },
	{ 0x5F8001, 0, NULL, CB_E_ARG },
	{ 0xDF8181, 0, NULL, CB_E_ARG },
	{ 0x01DF8101, 0, NULL, CB_E_ARG },
};

static uint8_t value_bytes[65536];

/* What was written, checked against the head in the table and read back. */
static void
check_written(const struct cb_buf *b, int i)
{
	struct cb_span cur = cb_buf_span(b), value;
	struct cb_buf head = CB_BUF_INIT;
	uint32_t tag;

	if (written[i].result != CB_OK) {
		ck_assert_uint_eq(b->n, 1);
		return;
	}
	ck_assert_int_eq(cb_hex_decode(&head, written[i].head,
	    strlen(written[i].head)), CB_OK);
	cur = cb_span_tail(cur, 1);
	ck_assert(cb_span_equal(
	    cb_span_head(cur, head.n), cb_buf_span(&head)));
	ck_assert_int_eq(cb_tlv_get(&cur, &tag, &value), CB_OK);
	ck_assert_uint_eq(tag, written[i].tag);
	ck_assert(cb_span_equal(
	    value, cb_span(value_bytes, written[i].length)));
	ck_assert_int_eq(cb_tlv_end(&cur), CB_OK);
	cb_buf_free(&head);
}

START_TEST(object_is_put)
{
	struct cb_buf b = CB_BUF_INIT;
	struct cb_span value = cb_span(value_bytes, written[_i].length);

	ck_assert_int_eq(cb_put_u8(&b, 0xAA), CB_OK);
	ck_assert_int_eq(
	    cb_tlv_put(&b, written[_i].tag, value), written[_i].result);
	check_written(&b, _i);
	cb_buf_free(&b);
}
END_TEST

START_TEST(object_is_opened_and_closed)
{
	struct cb_buf b = CB_BUF_INIT;
	struct cb_span value = cb_span(value_bytes, written[_i].length);
	size_t mark = 0;
	enum cb_err r;

	ck_assert_int_eq(cb_put_u8(&b, 0xAA), CB_OK);
	r = cb_tlv_open(&b, written[_i].tag, &mark);
	if (written[_i].result == CB_E_ARG) {
		ck_assert_int_eq(r, CB_E_ARG);
	} else {
		ck_assert_int_eq(r, CB_OK);
		ck_assert_int_eq(cb_buf_add(&b, value), CB_OK);
		ck_assert_int_eq(cb_tlv_close(&b, mark), written[_i].result);
	}
	if (written[_i].result == CB_OK)
		check_written(&b, _i);
	cb_buf_free(&b);
}
END_TEST

START_TEST(nested_objects_are_closed_inside_out)
{
	struct cb_buf b = CB_BUF_INIT;
	struct cb_span cur, outer, inner, found;
	size_t first, second;

	ck_assert_int_eq(cb_tlv_open(&b, 0x6F, &first), CB_OK);
	ck_assert_int_eq(cb_tlv_put(&b, 0x84, cb_span("\xA0", 1)), CB_OK);
	ck_assert_int_eq(cb_tlv_open(&b, 0xA5, &second), CB_OK);
	ck_assert_int_eq(
	    cb_tlv_put(&b, 0x5F2F, cb_span(value_bytes, 300)), CB_OK);
	ck_assert_int_eq(cb_tlv_close(&b, second), CB_OK);
	ck_assert_int_eq(cb_tlv_close(&b, first), CB_OK);
	ck_assert_int_eq(cb_tlv_close(&b, b.n), CB_E_ARG);

	cur = cb_buf_span(&b);
	ck_assert_int_eq(cb_tlv_expect(&cur, 0x62, &outer), CB_E_FORMAT);
	ck_assert_uint_eq(cur.n, b.n);
	ck_assert_int_eq(cb_tlv_expect(&cur, 0x6F, &outer), CB_OK);
	ck_assert_int_eq(cb_tlv_end(&cur), CB_OK);
	ck_assert_int_eq(cb_tlv_expect(&cur, 0x6F, &outer), CB_E_ABSENT);
	ck_assert_int_eq(cb_tlv_find(outer, 0xA5, &inner), CB_OK);
	ck_assert_int_eq(cb_tlv_find(outer, 0x5F2F, &found), CB_E_ABSENT);
	ck_assert_int_eq(cb_tlv_find(inner, 0x5F2F, &found), CB_OK);
	ck_assert_uint_eq(found.n, 300);
	cb_buf_free(&b);
}
END_TEST

START_TEST(damage_before_the_object_sought_is_told)
{
	struct cb_span found;

	ck_assert_int_eq(
	    cb_tlv_find(cb_span("\x81\x00\x00\x00", 4), 0x82, &found),
	    CB_E_FORMAT);
	ck_assert_int_eq(cb_tlv_find(cb_span("\x81\x05\x82\x00", 4), 0x82,
	    &found), CB_E_SHORT);
}
END_TEST

START_TEST(full_buffer_keeps_what_it_has)
{
	struct cb_buf b = CB_BUF_INIT_MAX(130);
	size_t mark;

	ck_assert_int_eq(cb_tlv_open(&b, 0x6F, &mark), CB_OK);
	ck_assert_int_eq(
	    cb_tlv_put(&b, 0x80, cb_span(value_bytes, 127)), CB_E_LIMIT);
	ck_assert_uint_eq(b.n, 2);
	ck_assert_int_eq(
	    cb_tlv_put(&b, 0x80, cb_span(value_bytes, 126)), CB_OK);
	/* 128 bytes need a second length byte, for which there is no room */
	ck_assert_uint_eq(b.n, 130);
	ck_assert_int_eq(cb_tlv_close(&b, mark), CB_E_LIMIT);
	ck_assert_uint_eq(b.n, 130);
	cb_buf_free(&b);
}
END_TEST

/* Reads everything, down to the bottom; returns how many objects. Whatever
 * is read lies inside what was given. */
static size_t
walk(struct cb_span in, unsigned depth)
{
	const uint8_t *end = in.p + in.n;
	struct cb_span value;
	size_t found = 0;
	uint32_t tag;

	while (cb_tlv_get(&in, &tag, &value) == CB_OK) {
		ck_assert(value.p + value.n <= end);
		ck_assert_ptr_eq(value.p + value.n, in.p);
		found++;
		if (depth > 0)
			found += walk(value, depth - 1);
	}
	return found;
}

START_TEST(numbers_are_as_long_as_they_say)
{
	static const uint8_t raw[] = { 0x80, 0x01, 0xAB, 0x81, 0x02, 0x12,
		0x34 };
	struct cb_buf b = CB_BUF_INIT;
	struct cb_span in = CB_SPAN_OF(raw);
	uint8_t one = 0x55;
	uint16_t two = 0x5555;

	ck_assert_int_eq(cb_tlv_put_u8(&b, 0x80, 0xAB), CB_OK);
	ck_assert_int_eq(cb_tlv_put_u16(&b, 0x81, 0x1234), CB_OK);
	ck_assert(cb_span_equal(cb_buf_span(&b), in));
	cb_buf_free(&b);
	/* another tag, another length: nothing moves */
	ck_assert_int_eq(cb_tlv_expect_u8(&in, 0x81, &one), CB_E_FORMAT);
	ck_assert_int_eq(cb_tlv_expect_u16(&in, 0x80, &two), CB_E_FORMAT);
	ck_assert_ptr_eq(in.p, raw);
	ck_assert_int_eq(cb_tlv_expect_u8(&in, 0x80, &one), CB_OK);
	ck_assert_uint_eq(one, 0xAB);
	ck_assert_int_eq(cb_tlv_expect_u8(&in, 0x81, &one), CB_E_FORMAT);
	ck_assert_uint_eq(one, 0xAB);
	ck_assert_uint_eq(two, 0x5555);
	ck_assert_int_eq(cb_tlv_expect_u16(&in, 0x81, &two), CB_OK);
	ck_assert_uint_eq(two, 0x1234);
	ck_assert_int_eq(cb_tlv_expect_u8(&in, 0x80, &one), CB_E_ABSENT);
}
END_TEST

START_TEST(any_bit_may_be_wrong)
{
	size_t n;
	uint8_t *raw = exact_copy("6F 1D 84 05 A0 00 00 00 77 A5 81 0F "
	    "5F 2F 02 00 01 DF 81 01 82 00 02 AA BB 86 00 85 02 12 34", &n);

	ck_assert_uint_ge(walk(cb_span(raw, n), 3), 7);
	for (size_t bit = 0; bit < n * 8; bit++) {
		raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
		(void)walk(cb_span(raw, n), 3);
		raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t cut = 0; cut < n; cut++) {
		uint8_t *shorter = malloc(cut + 1);

		ck_assert_ptr_nonnull(shorter);
		/* flush with the end, where a sanitizer watches */
		memcpy(shorter + 1, raw, cut);
		(void)walk(cb_span(shorter + 1, cut), 3);
		free(shorter);
	}
	free(raw);
}
END_TEST

Suite *
tlv_suite(void)
{
	Suite *s = suite_create("tlv");
	TCase *tc = tcase_create("tlv");

	for (size_t i = 0; i < sizeof(value_bytes); i++)
		value_bytes[i] = (uint8_t)(i * 7 + 1);
	tcase_add_loop_test(tc, one_object_is_read, 0, COUNT(cases));
	tcase_add_loop_test(tc, object_is_put, 0, COUNT(written));
	tcase_add_loop_test(
	    tc, object_is_opened_and_closed, 0, COUNT(written));
	tcase_add_test(tc, nested_objects_are_closed_inside_out);
	tcase_add_test(tc, damage_before_the_object_sought_is_told);
	tcase_add_test(tc, full_buffer_keeps_what_it_has);
	tcase_add_test(tc, numbers_are_as_long_as_they_say);
	tcase_add_test(tc, any_bit_may_be_wrong);
	suite_add_tcase(s, tc);
	return s;
}
