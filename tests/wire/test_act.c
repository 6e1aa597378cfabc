/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * ACT and APPROVAL: read as they were written, and nothing else is read.
 */
#include <string.h>

#include "tests/wire/suites.h"
#include "wire/act.h"

static const uint8_t id[WIRE_ID] = { 9 };

static struct cb_buf
changes_of(unsigned n)
{
	struct wire_grant g = { .type = WIRE_GRANT_ROLE };
	struct cb_buf row = CB_BUF_INIT, b = CB_BUF_INIT;

	g.bytes[WIRE_G_PERSON] = CB_SPAN_OF(id);
	ck_assert_int_eq(wire_grant_put(&row, &g), CB_OK);
	for (unsigned i = 0; i < n; i++) {
		const struct wire_change c = { i % 2 == 1, cb_buf_span(&row) };

		ck_assert_int_eq(wire_change_put(&b, &c), CB_OK);
	}
	cb_buf_free(&row);
	return b;
}

static struct wire_act
act_of(const struct cb_buf *changes, uint16_t n)
{
	return (struct wire_act){ .kind = WIRE_TEST, .backend = { 1 },
		.organisation = { 2 }, .id = { 3 },
		.what = cb_span_str("role-set"), .subject = { 6 },
		.detail = cb_span("\x09\0\1\2", 4), .count = n,
		.changes = cb_buf_span(changes), .challenge = { 4 },
		.person = { 5 }, .certificate = cb_span_str("certificate") };
}

/* Every bit changed is no ACT, or one that its key did not sign. */
static void
flip_all(struct cb_buf *b, const struct wire_key *key, bool approval)
{
	struct cb_span head, signature;
	struct wire_approval ap;
	struct wire_act act;
	enum cb_err r;

	for (size_t bit = 0; bit < 8 * b->n; bit += 3) {
		b->p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		r = approval ? wire_approval_get(cb_buf_span(b), &ap, &head,
				   &signature)
			     : wire_act_get(cb_buf_span(b), &act, &head,
				   &signature);
		if (r == CB_OK)
			r = approval
			    ? wire_approval_verify(key, head, signature)
			    : wire_act_verify(key, head, signature);
		ck_assert_msg(r != CB_OK, "bit %zu", bit);
		b->p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

START_TEST(an_act_is_read_as_it_was_signed)
{
	struct cb_buf changes = changes_of(3), b = CB_BUF_INIT;
	struct wire_act act = act_of(&changes, 3), back;
	uint8_t one[CR_HASH], two[CR_HASH];
	struct cb_span head, signature, cur;
	struct wire_change c;
	struct wire_key *key;

	ck_assert_int_eq(wire_key_new_p256(&key), CB_OK);
	ck_assert_int_eq(wire_act_put(&b, &act, key), CB_OK);
	ck_assert_int_eq(
	    wire_act_get(cb_buf_span(&b), &back, &head, &signature), CB_OK);
	ck_assert_int_eq(wire_act_verify(key, head, signature), CB_OK);
	/* an approval's signature is none of an act */
	ck_assert_int_eq(
	    wire_approval_verify(key, head, signature), CB_E_CRYPTO);
	ck_assert_mem_eq(back.person, act.person, WIRE_ID);
	ck_assert_mem_eq(back.challenge, act.challenge, WIRE_CHALLENGE);
	cur = back.changes;
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(wire_change_get(&cur, &c), CB_OK);
		ck_assert_int_eq(c.remove, i == 1);
	}
	for (size_t n = 0; n < b.n; n++)
		ck_assert_int_ne(wire_act_get(cb_span(b.p, n), &back, &head,
				     &signature),
		    CB_OK);
	flip_all(&b, key, false);
	/* what is ordered, and not by whom or when */
	ck_assert_int_eq(wire_act_request(&act, one), CB_OK);
	act.challenge[0]++;
	act.person[0]++;
	ck_assert_int_eq(wire_act_request(&act, two), CB_OK);
	ck_assert_mem_eq(one, two, CR_HASH);
	act.subject[0]++;
	ck_assert_int_eq(wire_act_request(&act, two), CB_OK);
	ck_assert_mem_ne(one, two, CR_HASH);
	act.subject[0]--;
	act.id[0]++;
	ck_assert_int_eq(wire_act_request(&act, two), CB_OK);
	ck_assert_mem_ne(one, two, CR_HASH);
	wire_key_free(&key);
	cb_buf_free(&changes);
	cb_buf_free(&b);
}
END_TEST

START_TEST(changes_are_counted_and_rows)
{
	struct cb_buf changes = changes_of(WIRE_ACT_CHANGES + 1),
		      b = CB_BUF_INIT;
	struct wire_act act = act_of(&changes, WIRE_ACT_CHANGES + 1);
	struct wire_key *key;

	ck_assert_int_eq(wire_key_new_p256(&key), CB_OK);
	ck_assert_int_eq(wire_act_put(&b, &act, key), CB_E_ARG);
	act.count--;
	ck_assert_int_eq(wire_act_put(&b, &act, key), CB_E_ARG);
	act.changes.n -= changes.n / (WIRE_ACT_CHANGES + 1);
	ck_assert_int_eq(wire_act_put(&b, &act, key), CB_OK);
	act.what = cb_span_str("Not a word");
	ck_assert_int_eq(wire_act_put(&b, &act, key), CB_E_ARG);
	act = act_of(&changes, 0);
	act.changes = CB_SPAN_EMPTY;
	ck_assert_int_eq(wire_act_put(&b, &act, key), CB_OK);
	act.detail = cb_span("\x07\0\4name", 7);
	ck_assert_int_eq(wire_act_put(&b, &act, key), CB_OK);
	act.detail = cb_span("\x07\0\5name", 7);
	ck_assert_int_eq(wire_act_put(&b, &act, key), CB_E_ARG);
	/* a passcode is in no act */
	act.detail = cb_span("\x18\0\4" "1234", 7);
	ck_assert_int_eq(wire_act_put(&b, &act, key), CB_E_ARG);
	act = act_of(&changes, 1);
	act.changes = cb_span("\1\0\2ab", 5);
	ck_assert_int_eq(wire_act_put(&b, &act, key), CB_E_ARG);
	wire_key_free(&key);
	cb_buf_free(&changes);
	cb_buf_free(&b);
}
END_TEST

START_TEST(an_approval_is_read_as_it_was_signed)
{
	const struct wire_approval a = { .kind = WIRE_LIVE,
		.request = { 1 }, .person = { 2 }, .until = 3,
		.certificate = cb_span_str("certificate") };
	struct cb_buf b = CB_BUF_INIT;
	struct cb_span head, signature;
	struct wire_approval back;
	struct wire_key *key;

	ck_assert_int_eq(wire_key_new_p256(&key), CB_OK);
	ck_assert_int_eq(wire_approval_put(&b, &a, key), CB_OK);
	ck_assert_int_eq(wire_approval_get(cb_buf_span(&b), &back, &head,
			     &signature),
	    CB_OK);
	ck_assert_int_eq(
	    wire_approval_verify(key, head, signature), CB_OK);
	ck_assert_int_eq(wire_act_verify(key, head, signature), CB_E_CRYPTO);
	ck_assert_mem_eq(back.request, a.request, CR_HASH);
	ck_assert_uint_eq(back.until, 3);
	for (size_t n = 0; n < b.n; n++)
		ck_assert_int_ne(wire_approval_get(cb_span(b.p, n), &back,
				     &head, &signature),
		    CB_OK);
	flip_all(&b, key, true);
	wire_key_free(&key);
	cb_buf_free(&b);
}
END_TEST

Suite *
act_suite(void)
{
	Suite *s = suite_create("act");
	TCase *tc = tcase_create("act");

	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, an_act_is_read_as_it_was_signed);
	tcase_add_test(tc, changes_are_counted_and_rows);
	tcase_add_test(tc, an_approval_is_read_as_it_was_signed);
	suite_add_tcase(s, tc);
	return s;
}
