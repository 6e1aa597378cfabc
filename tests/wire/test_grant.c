/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Rows that grant: one way to write each.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/wire/suites.h"
#include "wire/grant.h"

static const uint8_t one[CR_HASH] = { 1 }, two[CR_HASH] = { 2 };

/* A row of each type with every field that any has. */
static struct wire_grant
full(enum wire_grant_type type)
{
	struct wire_grant g = { .type = type };

	memset(g.organisation, 0xA0, WIRE_ID);
	for (int f = 1; f < WIRE_G_END; f++) {
		g.number[f] = (uint64_t)f;
		g.bytes[f] = cb_span(f % 2 == 0 ? one : two, WIRE_ID);
	}
	g.bytes[WIRE_G_FINGERPRINT] = CB_SPAN_OF(one);
	g.bytes[WIRE_G_NAME] = cb_span_str("unblock/online");
	return g;
}

static struct cb_buf
bytes_of_grant(const struct wire_grant *g)
{
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(wire_grant_put(&b, g), CB_OK);
	return b;
}

START_TEST(a_row_is_read_as_it_was_written)
{
	struct wire_grant g = full((enum wire_grant_type)_i), back;
	struct cb_buf b = bytes_of_grant(&g), again;

	ck_assert_int_eq(wire_grant_get(cb_buf_span(&b), &back), CB_OK);
	again = bytes_of_grant(&back);
	ck_assert(cb_span_equal(cb_buf_span(&b), cb_buf_span(&again)));
	/* all of it, and nothing behind it */
	for (size_t n = 0; n < b.n; n++)
		ck_assert_int_ne(
		    wire_grant_get(cb_span(b.p, n), &back), CB_OK);
	ck_assert_int_eq(cb_put_u8(&b, 0), CB_OK);
	ck_assert_int_eq(
	    wire_grant_get(cb_buf_span(&b), &back), CB_E_FORMAT);
	cb_buf_free(&b);
	cb_buf_free(&again);
}
END_TEST

/* A change of any field that the type has changes the bytes, and each type's
 * are its own. */
START_TEST(no_two_rows_have_the_same_bytes)
{
	struct wire_grant g, h;
	struct cb_buf a, b;
	int fields;

	for (int t = 1; t < WIRE_GRANT_TYPES; t++) {
		g = full((enum wire_grant_type)t);
		a = bytes_of_grant(&g);
		fields = 0;
		for (int f = 1; f < WIRE_G_END; f++) {
			h = g;
			h.number[f]++;
			h.bytes[f] = f == WIRE_G_NAME ? cb_span_str("unblock")
			    : cb_span(f % 2 == 0 ? two : one, g.bytes[f].n);
			if (f == WIRE_G_FINGERPRINT)
				h.bytes[f] = CB_SPAN_OF(two);
			b = bytes_of_grant(&h);
			fields += !cb_span_equal(
			    cb_buf_span(&a), cb_buf_span(&b));
			cb_buf_free(&b);
		}
		ck_assert_int_ge(fields, 2);
		for (int u = t + 1; u < WIRE_GRANT_TYPES; u++) {
			h = full((enum wire_grant_type)u);
			b = bytes_of_grant(&h);
			ck_assert(!cb_span_equal(
			    cb_buf_span(&a), cb_buf_span(&b)));
			cb_buf_free(&b);
		}
		cb_buf_free(&a);
	}
}
END_TEST

/* A field that is taken for another, or bytes moved from one to the next. */
START_TEST(fields_cannot_be_shifted)
{
	struct wire_grant g = full(WIRE_GRANT_POLICY), h;
	struct cb_buf a, b;

	g.bytes[WIRE_G_NAME] = cb_span_str("ab");
	g.bytes[WIRE_G_VALUE] = cb_span_str("cd");
	a = bytes_of_grant(&g);
	g.bytes[WIRE_G_NAME] = cb_span_str("abc");
	g.bytes[WIRE_G_VALUE] = cb_span_str("d");
	b = bytes_of_grant(&g);
	ck_assert(!cb_span_equal(cb_buf_span(&a), cb_buf_span(&b)));
	/* the number of the field */
	a.p[1 + WIRE_ID] = WIRE_G_VALUE;
	ck_assert_int_eq(wire_grant_get(cb_buf_span(&a), &h), CB_E_FORMAT);
	cb_buf_free(&a);
	cb_buf_free(&b);
}
END_TEST

static const char *const no_words[] = { "", "A", "a b", "a_b", "\xC3\xA9",
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };

START_TEST(a_field_has_its_form)
{
	struct wire_grant g;
	struct cb_buf b = CB_BUF_INIT;

	for (int i = 0; i < COUNT(no_words); i++) {
		g = full(WIRE_GRANT_POLICY);
		g.bytes[WIRE_G_NAME] = cb_span_str(no_words[i]);
		ck_assert_int_eq(wire_grant_put(&b, &g), CB_E_ARG);
	}
	g = full(WIRE_GRANT_DEVICE);
	g.number[WIRE_G_STATE] = 256;
	ck_assert_int_eq(wire_grant_put(&b, &g), CB_E_ARG);
	g = full(WIRE_GRANT_DEVICE);
	g.bytes[WIRE_G_DEVICE].n = WIRE_ID - 1;
	ck_assert_int_eq(wire_grant_put(&b, &g), CB_E_ARG);
	g = full(WIRE_GRANT_ROLE);
	g.number[WIRE_G_ROLE] = UINT64_C(1) << 32;
	ck_assert_int_eq(wire_grant_put(&b, &g), CB_E_ARG);
	g.type = WIRE_GRANT_TYPES;
	ck_assert_int_eq(wire_grant_put(&b, &g), CB_E_ARG);
	ck_assert_uint_eq(b.n, 0);
	cb_buf_free(&b);
}
END_TEST

Suite *
grant_suite(void)
{
	Suite *s = suite_create("grant");
	TCase *tc = tcase_create("grant");

	tcase_add_loop_test(
	    tc, a_row_is_read_as_it_was_written, 1, WIRE_GRANT_TYPES);
	tcase_add_test(tc, no_two_rows_have_the_same_bytes);
	tcase_add_test(tc, fields_cannot_be_shifted);
	tcase_add_test(tc, a_field_has_its_form);
	suite_add_tcase(s, tc);
	return s;
}
