/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Rows that grant: one way to write them, and nobody else's.
 */
#include <string.h>

#include "tests/backend/vault.h"

static const uint8_t one[CR_HASH] = { 1 }, two[CR_HASH] = { 2 };

/* A row of each type with every field that any has. */
static struct be_grant
full(enum be_grant_type type)
{
	struct be_grant g = { .type = type };

	memcpy(g.organisation, backend_get()->org->id, WIRE_ID);
	for (int f = 1; f < BE_F_END; f++) {
		g.number[f] = (uint64_t)f;
		g.bytes[f] = cb_span(f % 2 == 0 ? one : two, WIRE_ID);
	}
	g.bytes[BE_F_FINGERPRINT] = CB_SPAN_OF(one);
	g.bytes[BE_F_NAME] = cb_span_str("unblock/online");
	return g;
}

static struct cb_buf
bytes_of_grant(const struct be_grant *g)
{
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(be_grant_put(&b, g), CB_OK);
	return b;
}

START_TEST(a_row_is_read_as_it_was_written)
{
	struct be_grant g = full((enum be_grant_type)_i), back;
	struct cb_buf b = bytes_of_grant(&g), again;

	ck_assert_int_eq(be_grant_get(cb_buf_span(&b), &back), CB_OK);
	again = bytes_of_grant(&back);
	ck_assert(cb_span_equal(cb_buf_span(&b), cb_buf_span(&again)));
	/* all of it, and nothing behind it */
	for (size_t n = 0; n < b.n; n++)
		ck_assert_int_ne(
		    be_grant_get(cb_span(b.p, n), &back), CB_OK);
	ck_assert_int_eq(cb_put_u8(&b, 0), CB_OK);
	ck_assert_int_eq(
	    be_grant_get(cb_buf_span(&b), &back), CB_E_FORMAT);
	cb_buf_free(&b);
	cb_buf_free(&again);
}
END_TEST

/* A change of any field that the type has changes the bytes, and each type's
 * are its own. */
START_TEST(no_two_rows_have_the_same_bytes)
{
	struct be_grant g, h;
	struct cb_buf a, b;
	int fields;

	for (int t = 1; t < BE_GRANT_TYPES; t++) {
		g = full((enum be_grant_type)t);
		a = bytes_of_grant(&g);
		fields = 0;
		for (int f = 1; f < BE_F_END; f++) {
			h = g;
			h.number[f]++;
			h.bytes[f] = f == BE_F_NAME ? cb_span_str("unblock")
			    : cb_span(f % 2 == 0 ? two : one, g.bytes[f].n);
			if (f == BE_F_FINGERPRINT)
				h.bytes[f] = CB_SPAN_OF(two);
			b = bytes_of_grant(&h);
			fields += !cb_span_equal(
			    cb_buf_span(&a), cb_buf_span(&b));
			cb_buf_free(&b);
		}
		ck_assert_int_ge(fields, 2);
		for (int u = t + 1; u < BE_GRANT_TYPES; u++) {
			h = full((enum be_grant_type)u);
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
	struct be_grant g = full(BE_GRANT_POLICY), h;
	struct cb_buf a, b;

	g.bytes[BE_F_NAME] = cb_span_str("ab");
	g.bytes[BE_F_VALUE] = cb_span_str("cd");
	a = bytes_of_grant(&g);
	g.bytes[BE_F_NAME] = cb_span_str("abc");
	g.bytes[BE_F_VALUE] = cb_span_str("d");
	b = bytes_of_grant(&g);
	ck_assert(!cb_span_equal(cb_buf_span(&a), cb_buf_span(&b)));
	/* the number of the field */
	a.p[1 + WIRE_ID] = BE_F_VALUE;
	ck_assert_int_eq(be_grant_get(cb_buf_span(&a), &h), CB_E_FORMAT);
	cb_buf_free(&a);
	cb_buf_free(&b);
}
END_TEST

static const char *const no_words[] = { "", "A", "a b", "a_b", "\xC3\xA9",
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };

START_TEST(a_field_has_its_form)
{
	struct be_grant g;
	struct cb_buf b = CB_BUF_INIT;

	for (int i = 0; i < COUNT(no_words); i++) {
		g = full(BE_GRANT_POLICY);
		g.bytes[BE_F_NAME] = cb_span_str(no_words[i]);
		ck_assert_int_eq(be_grant_put(&b, &g), CB_E_ARG);
	}
	g = full(BE_GRANT_DEVICE);
	g.number[BE_F_STATE] = 256;
	ck_assert_int_eq(be_grant_put(&b, &g), CB_E_ARG);
	g = full(BE_GRANT_DEVICE);
	g.bytes[BE_F_DEVICE].n = WIRE_ID - 1;
	ck_assert_int_eq(be_grant_put(&b, &g), CB_E_ARG);
	g = full(BE_GRANT_ROLE);
	g.number[BE_F_ROLE] = UINT64_C(1) << 32;
	ck_assert_int_eq(be_grant_put(&b, &g), CB_E_ARG);
	g.type = BE_GRANT_TYPES;
	ck_assert_int_eq(be_grant_put(&b, &g), CB_E_ARG);
	ck_assert_uint_eq(b.n, 0);
	cb_buf_free(&b);
}
END_TEST

START_TEST(a_mac_is_of_its_row_key_and_backend)
{
	const struct be_org *org = backend_get()->org;
	struct be_org other = *org;
	struct be_grant g = full(BE_GRANT_ROLE), back;
	struct cb_buf bytes = bytes_of_grant(&g), mac = CB_BUF_INIT;
	struct be_signed row;

	ck_assert_int_eq(be_grant_sign(&mac, org, cb_buf_span(&bytes)),
	    CB_OK);
	ck_assert_uint_eq(mac.n, BE_GRANT_MAC);
	row = (struct be_signed){ cb_buf_span(&bytes), cb_buf_span(&mac) };
	ck_assert_int_eq(be_grant_check(&row, org, &back), CB_OK);
	ck_assert_uint_eq(back.number[BE_F_ROLE], BE_F_ROLE);
	for (size_t bit = 0; bit < 8 * bytes.n; bit++) {
		bytes.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(
		    be_grant_check(&row, org, &back), CB_E_CRYPTO);
		bytes.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t bit = 0; bit < 8 * mac.n; bit++) {
		mac.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(be_grant_check(&row, org, &back),
		    bit >= 16 && bit < 48 ? CB_E_ABSENT : CB_E_CRYPTO);
		mac.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	row.mac.n--;
	ck_assert_int_eq(be_grant_check(&row, org, &back), CB_E_CRYPTO);
	row.mac = CB_SPAN_EMPTY;
	ck_assert_int_eq(be_grant_check(&row, org, &back), CB_E_CRYPTO);
	row.mac = cb_buf_span(&mac);
	other.self.kind = WIRE_LIVE;
	ck_assert_int_eq(be_grant_check(&row, &other, &back), CB_E_CRYPTO);
	other = *org;
	other.self.id[3]++;
	ck_assert_int_eq(be_grant_check(&row, &other, &back), CB_E_CRYPTO);
	/* the version in front, changed to the one that is asked for */
	other = *org;
	other.grants_version = 2;
	mac.p[5] = 2;
	ck_assert_int_eq(be_grant_check(&row, &other, &back), CB_E_CRYPTO);
	cb_buf_free(&bytes);
	cb_buf_free(&mac);
}
END_TEST

/* Another organisation's key does not take it, and signs none of ours. */
START_TEST(a_row_is_of_its_organisation)
{
	const struct backend *b = backend_get();
	struct be_grant g = full(BE_GRANT_CARD), back;
	struct cb_buf bytes = bytes_of_grant(&g), mac = CB_BUF_INIT;
	struct be_org mixed = *b->other_org;
	struct be_signed row;

	ck_assert_int_eq(be_grant_sign(&mac, b->other_org,
			     cb_buf_span(&bytes)),
	    CB_E_DENIED);
	ck_assert_uint_eq(mac.n, 0);
	ck_assert_int_eq(be_grant_sign(&mac, b->org, cb_buf_span(&bytes)),
	    CB_OK);
	row = (struct be_signed){ cb_buf_span(&bytes), cb_buf_span(&mac) };
	ck_assert_int_eq(
	    be_grant_check(&row, b->other_org, &back), CB_E_CRYPTO);
	memcpy(mixed.grants, b->org->grants, CR_KEY);
	ck_assert_int_eq(be_grant_check(&row, &mixed, &back), CB_E_DENIED);
	cb_buf_free(&bytes);
	cb_buf_free(&mac);
}
END_TEST

Suite *
grant_suite(void)
{
	Suite *s = suite_create("grant");
	TCase *tc = tcase_create("grant");

	tcase_add_loop_test(
	    tc, a_row_is_read_as_it_was_written, 1, BE_GRANT_TYPES);
	tcase_add_test(tc, no_two_rows_have_the_same_bytes);
	tcase_add_test(tc, fields_cannot_be_shifted);
	tcase_add_test(tc, a_field_has_its_form);
	tcase_add_test(tc, a_mac_is_of_its_row_key_and_backend);
	tcase_add_test(tc, a_row_is_of_its_organisation);
	suite_add_tcase(s, tc);
	return s;
}
