/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The MACs of rows that grant: nobody else's.
 */
#include <string.h>

#include "backend/vault/mac.h"
#include "tests/backend/vault.h"

/* A row of two fields. */
static struct cb_buf
row_new(uint64_t role)
{
	static const uint8_t person[WIRE_ID] = { 1 };
	struct wire_grant g = { .type = WIRE_GRANT_ROLE };
	struct cb_buf b = CB_BUF_INIT;

	memcpy(g.organisation, backend_get()->org->id, WIRE_ID);
	g.bytes[WIRE_G_PERSON] = CB_SPAN_OF(person);
	g.number[WIRE_G_ROLE] = role;
	ck_assert_int_eq(wire_grant_put(&b, &g), CB_OK);
	return b;
}

START_TEST(a_mac_is_of_its_row_key_and_backend)
{
	const struct be_org *org = backend_get()->org;
	struct be_org other = *org;
	struct wire_grant back;
	struct cb_buf bytes = row_new(3), mac = CB_BUF_INIT;
	struct be_signed row;

	ck_assert_int_eq(be_grant_sign(&mac, org, cb_buf_span(&bytes)),
	    CB_OK);
	ck_assert_uint_eq(mac.n, BE_GRANT_MAC);
	row = (struct be_signed){ cb_buf_span(&bytes), cb_buf_span(&mac) };
	ck_assert_int_eq(be_grant_check(&row, org, &back), CB_OK);
	ck_assert_uint_eq(back.number[WIRE_G_ROLE], 3);
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
	struct wire_grant back;
	struct cb_buf bytes = row_new(3), mac = CB_BUF_INIT;
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

	tcase_add_test(tc, a_mac_is_of_its_row_key_and_backend);
	tcase_add_test(tc, a_row_is_of_its_organisation);
	suite_add_tcase(s, tc);
	return s;
}
