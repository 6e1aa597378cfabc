/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * ENROL, and the public keys in it.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/wire/suites.h"
#include "wire/enrol.h"

static struct wire_key *key;
static const uint8_t backend[WIRE_ID] = { 1 }, token[WIRE_TOKEN] = { 2 };

static void
setup(void)
{
	ck_assert_int_eq(wire_key_new_p256(&key), CB_OK);
}

static void
teardown(void)
{
	wire_key_free(&key);
}

static struct cb_buf
enrol(void)
{
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(
	    wire_enrol_put(&b, WIRE_TEST, backend, pki_service(), token, key),
	    CB_OK);
	return b;
}

START_TEST(an_enrolment_is_read_as_it_was_made)
{
	struct cb_buf b = enrol(), public = CB_BUF_INIT;
	uint8_t back[WIRE_TOKEN];
	struct wire_enrol e;
	struct wire_key *of;

	ck_assert_int_eq(wire_enrol_get(cb_buf_span(&b), &e, &of), CB_OK);
	ck_assert_int_eq(e.kind, WIRE_TEST);
	ck_assert_mem_eq(e.backend, backend, WIRE_ID);
	ck_assert_int_eq(wire_key_put_public(of, &public), CB_OK);
	ck_assert(cb_span_equal(e.public, cb_buf_span(&public)));
	ck_assert_int_eq(wire_enrol_token(&e, pki_service(), back), CB_OK);
	ck_assert_mem_eq(back, token, WIRE_TOKEN);
	/* the token is in it for nobody else */
	ck_assert_ptr_null(memmem(b.p, b.n, token, WIRE_TOKEN));
	wire_key_free(&of);
	cb_buf_free(&b);
	cb_buf_free(&public);
}
END_TEST

/* The magic and the version are told apart, and everything is signed. */
START_TEST(no_changed_enrolment_is_taken)
{
	struct cb_buf b = enrol();
	struct wire_enrol e;
	struct wire_key *of;
	uint8_t *copy;

	for (size_t i = 0; i < b.n; i++) {
		b.p[i] ^= 1;
		ck_assert_msg(wire_enrol_get(cb_buf_span(&b), &e, &of) !=
			CB_OK, "byte %zu", i);
		ck_assert_ptr_null(of);
		b.p[i] ^= 1;
	}
	for (size_t n = 0; n < b.n; n++) {
		copy = exact_copy(cb_span(b.p, n));
		ck_assert_int_ne(wire_enrol_get(cb_span(copy, n), &e, &of),
		    CB_OK);
		free(copy);
	}
	cb_buf_free(&b);
}
END_TEST

/* A door puts its own key in the place of the one that it relays: it can sign
 * that, but not wrap the token again. */
START_TEST(a_token_goes_with_one_key)
{
	struct cb_buf theirs = enrol(), ours;
	uint8_t back[WIRE_TOKEN];
	struct wire_enrol e, mixed;
	struct wire_key *of, *mine;

	ck_assert_int_eq(
	    wire_enrol_get(cb_buf_span(&theirs), &e, &of), CB_OK);
	wire_key_free(&key);
	ck_assert_int_eq(wire_key_new_p256(&key), CB_OK);
	ours = enrol();
	ck_assert_int_eq(
	    wire_enrol_get(cb_buf_span(&ours), &mixed, &mine), CB_OK);
	mixed.wrapped = e.wrapped;
	ck_assert_int_eq(
	    wire_enrol_token(&mixed, pki_service(), back), CB_E_CRYPTO);
	mixed = e;
	mixed.kind = WIRE_LIVE;
	ck_assert_int_eq(
	    wire_enrol_token(&mixed, pki_service(), back), CB_E_CRYPTO);
	mixed = e;
	mixed.backend[0]++;
	ck_assert_int_eq(
	    wire_enrol_token(&mixed, pki_service(), back), CB_E_CRYPTO);
	ck_assert_int_eq(wire_enrol_token(&e, pki_service(), back), CB_OK);
	wire_key_free(&of);
	wire_key_free(&mine);
	cb_buf_free(&theirs);
	cb_buf_free(&ours);
}
END_TEST

START_TEST(a_public_key_has_one_form)
{
	struct cb_buf der = CB_BUF_INIT;
	struct wire_key *back;

	ck_assert_int_eq(wire_key_put_public(pki_service(), &der), CB_E_ARG);
	ck_assert_int_eq(wire_key_put_public(key, &der), CB_OK);
	ck_assert_int_eq(
	    wire_key_get_public(cb_buf_span(&der), &back), CB_OK);
	wire_key_free(&back);
	/* the hybrid form of the same point, with the right parity */
	der.p[26] = (uint8_t)(6 + (der.p[90] & 1));
	ck_assert_int_eq(
	    wire_key_get_public(cb_buf_span(&der), &back), CB_E_FORMAT);
	der.p[26] = 4;
	/* not on the curve */
	der.p[40] ^= 1;
	ck_assert_int_eq(
	    wire_key_get_public(cb_buf_span(&der), &back), CB_E_FORMAT);
	der.p[40] ^= 1;
	ck_assert_int_eq(cb_put_u8(&der, 0), CB_OK);
	ck_assert_int_eq(
	    wire_key_get_public(cb_buf_span(&der), &back), CB_E_FORMAT);
	ck_assert_int_eq(
	    wire_key_get_public(CB_SPAN_EMPTY, &back), CB_E_FORMAT);
	cb_buf_free(&der);
}
END_TEST

Suite *
enrol_suite(void)
{
	Suite *s = suite_create("enrol");
	TCase *tc = tcase_create("enrol");

	tcase_set_timeout(tc, 120);	/* an RSA key, under valgrind */
	tcase_add_unchecked_fixture(tc, pki_service_make, NULL);
	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_add_test(tc, an_enrolment_is_read_as_it_was_made);
	tcase_add_test(tc, no_changed_enrolment_is_taken);
	tcase_add_test(tc, a_token_goes_with_one_key);
	tcase_add_test(tc, a_public_key_has_one_form);
	suite_add_tcase(s, tc);
	return s;
}
