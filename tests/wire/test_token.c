/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The token as people pass it on.
 */
#include <string.h>

#include "tests/wire/suites.h"
#include "wire/token.h"

static const struct wire_token token = {
	.kind = WIRE_TEST, .backend = { 1 }, .organisation = { 2 },
	.authority = { 3 }, .secret = { 4, 5, 6 },
};

static struct cb_buf
line(void)
{
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(wire_token_put(&b, &token), CB_OK);
	return b;
}

static enum cb_err
take(struct cb_span text, struct wire_token *out)
{
	struct cb_why why = { "" };
	enum cb_err r = wire_token_get(text, out, &why);

	ck_assert_int_eq(r == CB_OK, why.text[0] == '\0');
	return r;
}

static void
is_same(const struct wire_token *t)
{
	ck_assert_int_eq(t->kind, token.kind);
	ck_assert_mem_eq(t->backend, token.backend, WIRE_ID);
	ck_assert_mem_eq(t->organisation, token.organisation, WIRE_ID);
	ck_assert_mem_eq(t->authority, token.authority, CR_HASH);
	ck_assert_mem_eq(t->secret, token.secret, WIRE_TOKEN);
}

START_TEST(a_token_survives_mail)
{
	struct cb_buf b = line(), mailed = CB_BUF_INIT;
	struct wire_token t;

	ck_assert_int_eq(take(cb_buf_span(&b), &t), CB_OK);
	is_same(&t);
	for (size_t i = 0; i < b.n; i++) {
		if (i % 70 == 0)
			ck_assert_int_eq(
			    cb_buf_add(&mailed, cb_span_str("\r\n ")), CB_OK);
		ck_assert_int_eq(cb_put_u8(&mailed, b.p[i] >= 'a' &&
			b.p[i] <= 'f' ? (uint8_t)(b.p[i] - 32) : b.p[i]),
		    CB_OK);
	}
	memset(&t, 0, sizeof(t));
	ck_assert_int_eq(take(cb_buf_span(&mailed), &t), CB_OK);
	is_same(&t);
	cb_buf_free(&b);
	cb_buf_free(&mailed);
}
END_TEST

START_TEST(no_changed_token_is_taken)
{
	struct cb_buf b = line();
	struct wire_token t;
	uint8_t was;

	for (size_t i = 0; i < b.n; i++) {
		was = b.p[i];
		b.p[i] = was == '0' ? '1' : '0';
		ck_assert_msg(take(cb_buf_span(&b), &t) != CB_OK, "%zu", i);
		b.p[i] = was;
	}
	for (size_t n = 0; n < b.n; n++)
		ck_assert_int_ne(take(cb_span(b.p, n), &t), CB_OK);
	ck_assert_int_eq(cb_put_u8(&b, '0'), CB_OK);
	ck_assert_int_eq(take(cb_buf_span(&b), &t), CB_E_FORMAT);
	cb_buf_free(&b);
}
END_TEST

START_TEST(a_later_version_is_told)
{
	struct cb_buf b = line();
	struct wire_token t;

	b.p[strlen("cardbridge-token-")] = '2';
	ck_assert_int_eq(take(cb_buf_span(&b), &t), CB_E_LIMIT);
	cb_buf_free(&b);
}
END_TEST

Suite *
token_suite(void)
{
	Suite *s = suite_create("token");
	TCase *t = tcase_create("token");

	tcase_add_test(t, a_token_survives_mail);
	tcase_add_test(t, no_changed_token_is_taken);
	tcase_add_test(t, a_later_version_is_told);
	suite_add_tcase(s, t);
	return s;
}
