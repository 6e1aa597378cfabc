/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Heads: signed with the audit key, and never two ways.
 */
#include <string.h>

#include "backend/vault/head.h"
#include "tests/backend/vault.h"

static struct be_marks heads;
static const uint8_t org[WIRE_ID] = { 1 }, other[WIRE_ID] = { 2 };
static const uint8_t hash[CR_HASH] = { 3 }, branch[CR_HASH] = { 4 };

static void
setup(void)
{
	be_marks_init(&heads, 2);
}

static void
teardown(void)
{
	be_marks_clear(&heads);
}

static enum cb_err
sign(const uint8_t organisation[WIRE_ID], uint64_t number,
    const uint8_t h[CR_HASH], struct cb_buf *out)
{
	struct cb_buf none = CB_BUF_INIT;
	enum cb_err r = be_head_sign(&heads, backend_get()->ring,
	    organisation, number, h, 1234, out != NULL ? out : &none);

	cb_buf_free(&none);
	return r;
}

START_TEST(a_head_is_verified_with_the_public_key)
{
	const struct be_ring *ring = backend_get()->ring;
	struct cb_buf b = CB_BUF_INIT;
	struct wire_head head;

	ck_assert_int_eq(sign(org, 5, hash, &b), CB_OK);
	ck_assert_uint_eq(b.n, WIRE_HEAD_SIGNED);
	ck_assert_mem_eq(b.p, "cardbridge head 1", 17);
	ck_assert_int_eq(
	    wire_head_get(cb_buf_span(&b), ring->books_public, &head), CB_OK);
	ck_assert_int_eq(head.at.owner.kind, ring->self.kind);
	ck_assert_mem_eq(head.at.owner.backend, ring->self.id, WIRE_ID);
	ck_assert_mem_eq(head.at.owner.organisation, org, WIRE_ID);
	ck_assert_uint_eq(head.at.number, 5);
	ck_assert_mem_eq(head.at.hash, hash, CR_HASH);
	ck_assert_uint_eq(head.time, 1234);
	cb_buf_free(&b);
}
END_TEST

START_TEST(the_vault_goes_back_on_no_head)
{
	ck_assert_int_eq(sign(org, 0, hash, NULL), CB_E_ARG);
	ck_assert_int_eq(sign(org, 5, hash, NULL), CB_OK);
	ck_assert_int_eq(sign(org, 5, hash, NULL), CB_OK);
	ck_assert_int_eq(sign(org, 5, branch, NULL), CB_E_DENIED);
	ck_assert_int_eq(sign(org, 4, hash, NULL), CB_E_DENIED);
	ck_assert_int_eq(sign(other, 1, branch, NULL), CB_OK);
	ck_assert_int_eq(sign(org, 6, branch, NULL), CB_OK);
	ck_assert_int_eq(sign(org, 5, hash, NULL), CB_E_DENIED);
}
END_TEST

/* After a start the vault is told the heads that were kept. */
START_TEST(it_remembers_what_it_is_told)
{
	const struct be_ring *ring = backend_get()->ring;
	struct be_ring another = *ring;
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(sign(org, 7, hash, &b), CB_OK);
	be_marks_clear(&heads);
	ck_assert_int_eq(be_head_known(&heads, ring, cb_buf_span(&b)),
	    CB_OK);
	ck_assert_int_eq(sign(org, 6, hash, NULL), CB_E_DENIED);
	ck_assert_int_eq(sign(org, 7, branch, NULL), CB_E_DENIED);
	ck_assert_int_eq(sign(org, 8, branch, NULL), CB_OK);
	ck_assert_int_eq(be_head_known(&heads, ring, cb_buf_span(&b)),
	    CB_E_DENIED);
	b.p[50] ^= 1;
	ck_assert_int_eq(be_head_known(&heads, ring, cb_buf_span(&b)),
	    CB_E_CRYPTO);
	b.p[50] ^= 1;
	/* the same key, another backend */
	another.self.id[0] ^= 1;
	ck_assert_int_eq(be_head_known(&heads, &another, cb_buf_span(&b)),
	    CB_E_DENIED);
	cb_buf_free(&b);
}
END_TEST

/* As it is told to who verifies the books. */
START_TEST(the_last_head_is_told)
{
	const struct be_ring *ring = backend_get()->ring;
	struct cb_buf b = CB_BUF_INIT;
	struct wire_head head;

	ck_assert_int_eq(be_head_last(&heads, ring, org, 99, &b), CB_OK);
	ck_assert_uint_eq(b.n, 0);
	ck_assert_int_eq(sign(org, 5, hash, NULL), CB_OK);
	ck_assert_int_eq(sign(org, 6, branch, NULL), CB_OK);
	ck_assert_int_eq(sign(other, 9, hash, NULL), CB_OK);
	ck_assert_int_eq(be_head_last(&heads, ring, org, 99, &b), CB_OK);
	ck_assert_int_eq(
	    wire_head_get(cb_buf_span(&b), ring->books_public, &head), CB_OK);
	ck_assert_mem_eq(head.at.owner.organisation, org, WIRE_ID);
	ck_assert_uint_eq(head.at.number, 6);
	ck_assert_mem_eq(head.at.hash, branch, CR_HASH);
	ck_assert_uint_eq(head.time, 99);
	cb_buf_free(&b);
}
END_TEST

/* Of the last ones: a chain that goes on tells how late it is now. */
START_TEST(the_latest_of_all_chains_is_told)
{
	const struct be_ring *ring = backend_get()->ring;
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_uint_eq(be_head_latest(&heads), 0);
	ck_assert_int_eq(
	    be_head_sign(&heads, ring, org, 5, hash, 9000, &b), CB_OK);
	ck_assert_int_eq(
	    be_head_sign(&heads, ring, other, 1, hash, 7000, &b), CB_OK);
	ck_assert_uint_eq(be_head_latest(&heads), 9000);
	ck_assert_int_eq(
	    be_head_sign(&heads, ring, org, 6, hash, 8000, &b), CB_OK);
	ck_assert_uint_eq(be_head_latest(&heads), 8000);
	ck_assert_int_eq(
	    be_head_sign(&heads, ring, org, 5, hash, 9999, &b), CB_E_DENIED);
	ck_assert_uint_eq(be_head_latest(&heads), 8000);
	/* also by one that was signed before */
	be_marks_clear(&heads);
	ck_assert_int_eq(be_head_known(&heads, ring,
			     cb_span(b.p + b.n - WIRE_HEAD_SIGNED,
				 WIRE_HEAD_SIGNED)),
	    CB_OK);
	ck_assert_uint_eq(be_head_latest(&heads), 8000);
	cb_buf_free(&b);
}
END_TEST

Suite *
head_suite(void)
{
	Suite *s = suite_create("head");
	TCase *tc = tcase_create("head");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_head_is_verified_with_the_public_key);
	tcase_add_test(tc, the_vault_goes_back_on_no_head);
	tcase_add_test(tc, it_remembers_what_it_is_told);
	tcase_add_test(tc, the_last_head_is_told);
	tcase_add_test(tc, the_latest_of_all_chains_is_told);
	suite_add_tcase(s, tc);
	return s;
}
