/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Drafts: read as they were written, and nothing else is read.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/wire/suites.h"
#include "wire/draft.h"

static const char begins[] = "cardbridge draft 1\nact 434277720001";

static struct wire_draft
draft_of(size_t approvals)
{
	const struct wire_act act = { .kind = WIRE_TEST, .backend = { 1 },
		.organisation = { 2 }, .id = { 3 },
		.what = cb_span_str("card-set"), .subject = { 6 },
		.person = { 5 }, .certificate = cb_span_str("certificate") };
	const struct wire_approval approval = { .kind = WIRE_TEST,
		.request = { 7 }, .person = { 8 }, .until = 9,
		.certificate = cb_span_str("another") };
	struct wire_draft d = { .n = approvals };
	struct wire_key *key;

	ck_assert_int_eq(wire_key_new_p256(&key), CB_OK);
	ck_assert_int_eq(wire_act_put(&d.act, &act, key), CB_OK);
	for (size_t i = 0; i < approvals; i++)
		ck_assert_int_eq(wire_approval_put(&d.approvals[i], &approval,
				     key), CB_OK);
	wire_key_free(&key);
	return d;
}

static struct cb_buf
text_of(size_t approvals)
{
	struct cb_buf b = CB_BUF_INIT_MAX(WIRE_DRAFT_MAX);
	struct wire_draft d = draft_of(approvals);

	ck_assert_int_eq(wire_draft_put(&b, &d), CB_OK);
	wire_draft_clear(&d);
	return b;
}

START_TEST(a_draft_is_read_as_it_was_written)
{
	struct cb_buf b = text_of((size_t)_i),
		      again = CB_BUF_INIT_MAX(WIRE_DRAFT_MAX);
	struct wire_draft d;

	ck_assert_mem_eq(b.p, begins, sizeof(begins) - 1);
	ck_assert_int_eq(wire_draft_get(cb_buf_span(&b), &d), CB_OK);
	ck_assert_uint_eq(d.n, (size_t)_i);
	ck_assert_int_eq(wire_draft_put(&again, &d), CB_OK);
	ck_assert(cb_span_equal(cb_buf_span(&b), cb_buf_span(&again)));
	wire_draft_clear(&d);
	cb_buf_free(&again);
	cb_buf_free(&b);
}
END_TEST

/* The beginning of each, in a block of just that length. */
START_TEST(half_a_draft_is_none)
{
	struct cb_buf b = text_of(1);
	struct wire_draft d;
	uint8_t *copy;
	size_t whole = 0;

	for (size_t n = 0; n < b.n; n++) {
		copy = exact_copy(cb_span(b.p, n));
		if (wire_draft_get(cb_span(copy, n), &d) == CB_OK) {
			/* that without the approval */
			whole++;
			ck_assert_uint_eq(d.n, 0);
			wire_draft_clear(&d);
		}
		free(copy);
	}
	ck_assert_uint_eq(whole, 1);
	cb_buf_free(&b);
}
END_TEST

static void
first_line(struct cb_buf *b)
{
	b->p[17] = '2';
}

static void
capital(struct cb_buf *b)
{
	*(uint8_t *)memchr(b->p + 30, 'b', b->n - 30) = 'B';
}

static void
other_word(struct cb_buf *b)
{
	b->p[19] = 'A';
}

static void
a_line_more(struct cb_buf *b)
{
	ck_assert_int_eq(cb_buf_add(b, cb_span_str("\n")), CB_OK);
}

static void
an_approval_more(struct cb_buf *b)
{
	struct cb_buf five = text_of(1);
	const uint8_t *at = memmem(five.p, five.n, "approval ", 9);

	ck_assert_int_eq(cb_buf_add(b, cb_span(at,
			     five.n - (size_t)(at - five.p))), CB_OK);
	cb_buf_free(&five);
}

static void
too_long(struct cb_buf *b)
{
	while (b->n <= WIRE_DRAFT_MAX)
		ck_assert_int_eq(cb_buf_add(b, cb_span_str("0000")), CB_OK);
}

static const struct {
	void (*spoil)(struct cb_buf *b);
	enum cb_err want;
} spoils[] = {
	{ first_line, CB_E_LIMIT },
	{ capital, CB_E_FORMAT },
	{ other_word, CB_E_FORMAT },
	{ a_line_more, CB_E_FORMAT },
	{ an_approval_more, CB_E_LIMIT },
	{ too_long, CB_E_LIMIT },
};

START_TEST(what_is_none_is_told)
{
	struct cb_buf b = text_of(_i < 4 ? 1 : WIRE_DRAFT_APPROVALS);
	struct wire_draft d;

	b.max = 2 * WIRE_DRAFT_MAX;
	spoils[_i].spoil(&b);
	ck_assert_int_eq(
	    wire_draft_get(cb_buf_span(&b), &d), spoils[_i].want);
	cb_buf_free(&b);
}
END_TEST

START_TEST(a_draft_has_an_act)
{
	struct cb_buf b = CB_BUF_INIT;
	struct wire_draft none = { .n = 0 };

	ck_assert_int_eq(wire_draft_put(&b, &none), CB_E_ARG);
	ck_assert_uint_eq(b.n, 0);
}
END_TEST

Suite *
draft_suite(void)
{
	Suite *s = suite_create("draft");
	TCase *tc = tcase_create("draft");

	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, a_draft_is_read_as_it_was_written, 0,
	    WIRE_DRAFT_APPROVALS + 1);
	tcase_add_test(tc, half_a_draft_is_none);
	tcase_add_loop_test(tc, what_is_none_is_told, 0, COUNT(spoils));
	tcase_add_test(tc, a_draft_has_an_act);
	suite_add_tcase(s, tc);
	return s;
}
