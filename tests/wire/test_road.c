/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What is said about the road itself: bytes as PROTOCOL.md has them, and what
 * the other end must not get away with.
 */
#include <stdlib.h>
#include <string.h>

#include "common/hex.h"
#include "tests/wire/suites.h"
#include "wire/road.h"

#define ID_A "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
#define ID_B "b0b1b2b3b4b5b6b7b8b9babbbcbdbebf"

static struct cb_buf
hex(const char *text)
{
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(cb_hex_decode(&b, text, strlen(text)), CB_OK);
	return b;
}

static void
fill(uint8_t id[WIRE_ID], uint8_t first)
{
	for (int i = 0; i < WIRE_ID; i++)
		id[i] = (uint8_t)(first + i);
}

static void
is_hex(struct cb_buf *b, const char *text)
{
	struct cb_buf want = hex(text);

	ck_assert(cb_span_equal(cb_buf_span(b), cb_buf_span(&want)));
	cb_buf_free(&want);
}

START_TEST(about_is_as_described)
{
	struct wire_about about = { .kind = WIRE_TEST,
		.authority = cb_span_str("ab"),
		.service = cb_span_str("c") },
			  got;
	struct cb_buf b = CB_BUF_INIT;

	fill(about.backend, 0xa0);
	ck_assert_int_eq(wire_about_put(&b, &about), CB_OK);
	is_hex(&b, "43427772 0001 04 02" ID_A "0002 6162 0001 63");
	ck_assert_int_eq(wire_about_get(cb_buf_span(&b), &got), CB_OK);
	ck_assert_int_eq(got.kind, WIRE_TEST);
	ck_assert_mem_eq(got.backend, about.backend, WIRE_ID);
	ck_assert(cb_span_equal(got.authority, about.authority));
	ck_assert(cb_span_equal(got.service, about.service));
	cb_buf_free(&b);
}
END_TEST

START_TEST(a_failure_is_as_described)
{
	const struct wire_failure f = { WIRE_LIVE, 8, WIRE_NOT_RUN, "no" };
	const struct wire_failure sly = { .kind = WIRE_LIVE,
		.text = "no\xC2\x9B" "2J\033" };
	struct wire_failure got;
	struct cb_buf b = CB_BUF_INIT;

	/* its text is shown to a person */
	ck_assert_int_eq(wire_failure_put(&b, &sly), CB_OK);
	ck_assert_int_eq(wire_failure_get(cb_buf_span(&b), &got), CB_OK);
	ck_assert_str_eq(got.text, "no??2J?");
	cb_buf_clear(&b);
	ck_assert_int_eq(wire_failure_put(&b, &f), CB_OK);
	is_hex(&b, "43427772 0001 05 01 0008 01 0002 6e6f");
	ck_assert_int_eq(wire_failure_get(cb_buf_span(&b), &got), CB_OK);
	ck_assert_uint_eq(got.code, 8);
	ck_assert_int_eq(got.outcome, WIRE_NOT_RUN);
	ck_assert_str_eq(got.text, "no");
	cb_buf_free(&b);
}
END_TEST

START_TEST(hold_and_news_are_as_described)
{
	struct wire_held held = { .stamp = 7 }, held_got;
	struct wire_told told = { .stamp = 9, .state = WIRE_ELSEWHERE,
		.over = true, .kept = true, .code = 9, .atr = cb_span("\x3b\x80", 2) },
			 told_got;
	struct wire_hold hold = { WIRE_TEST, 50, 1, CB_SPAN_EMPTY }, hold_got;
	struct wire_news news = { WIRE_TEST, 1, CB_SPAN_EMPTY }, news_got;
	struct cb_buf cards = CB_BUF_INIT, b = CB_BUF_INIT;
	struct cb_span cur;

	fill(held.card, 0xa0);
	fill(held.session, 0xb0);
	ck_assert_int_eq(wire_held_put(&cards, &held), CB_OK);
	hold.cards = cb_buf_span(&cards);
	ck_assert_int_eq(wire_hold_put(&b, &hold), CB_OK);
	is_hex(&b, "43427772 0001 06 02 00000032 0001" ID_A ID_B "00000007");
	ck_assert_int_eq(wire_hold_get(cb_buf_span(&b), &hold_got), CB_OK);
	ck_assert_uint_eq(hold_got.seconds, 50);
	cur = hold_got.cards;
	ck_assert_int_eq(wire_held_get(&cur, &held_got), CB_OK);
	ck_assert_mem_eq(&held, &held_got, sizeof(held));
	ck_assert_int_eq(wire_held_get(&cur, &held_got), CB_E_SHORT);

	cb_buf_clear(&cards);
	cb_buf_clear(&b);
	fill(told.card, 0xa0);
	fill(told.session, 0xb0);
	ck_assert_int_eq(wire_told_put(&cards, &told), CB_OK);
	news.cards = cb_buf_span(&cards);
	ck_assert_int_eq(wire_news_put(&b, &news), CB_OK);
	is_hex(&b, "43427772 0001 07 02 0001" ID_A ID_B
		   "00000009 03 05 0009 0002 3b80");
	ck_assert_int_eq(wire_news_get(cb_buf_span(&b), &news_got), CB_OK);
	cur = news_got.cards;
	ck_assert_int_eq(wire_told_get(&cur, &told_got), CB_OK);
	ck_assert_int_eq(told_got.state, WIRE_ELSEWHERE);
	ck_assert(told_got.over);
	ck_assert(!told_got.changed);
	ck_assert(told_got.kept);
	ck_assert_uint_eq(told_got.code, 9);
	ck_assert(cb_span_equal(told_got.atr, told.atr));
	cb_buf_free(&cards);
	cb_buf_free(&b);
}
END_TEST

START_TEST(a_count_must_be_that_of_the_cards)
{
	const struct wire_hold hold = { WIRE_TEST, 0, 2, CB_SPAN_EMPTY };
	const struct wire_news news = { WIRE_TEST, WIRE_HOLD_MAX + 1,
		CB_SPAN_EMPTY };
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(wire_hold_put(&b, &hold), CB_E_ARG);
	ck_assert_int_eq(wire_news_put(&b, &news), CB_E_ARG);
	ck_assert_uint_eq(b.n, 0);
}
END_TEST

enum which { ABOUT, FAILURE, HOLD, NEWS };

static enum cb_err
get(enum which which, struct cb_span s)
{
	union {
		struct wire_about about;
		struct wire_failure failure;
		struct wire_hold hold;
		struct wire_news news;
	} out;

	switch (which) {
	case ABOUT:
		return wire_about_get(s, &out.about);
	case FAILURE:
		return wire_failure_get(s, &out.failure);
	case HOLD:
		return wire_hold_get(s, &out.hold);
	default:
		return wire_news_get(s, &out.news);
	}
}

static const struct {
	enum which which;
	const char *hex;
	enum cb_err want;
} bad[] = {
	/* of another type, version, kind */
	{ ABOUT, "43427772 0001 05 02" ID_A "0000 0000", CB_E_FORMAT },
	{ ABOUT, "43427772 0002 04 02" ID_A "0000 0000", CB_E_LIMIT },
	{ ABOUT, "43427772 0001 04 03" ID_A "0000 0000", CB_E_FORMAT },
	{ ABOUT, "43427772 0001 04 02" ID_A "0000 0001", CB_E_SHORT },
	{ ABOUT, "43427772 0001 04 02" ID_A "0000 0000 00", CB_E_FORMAT },
	/* an outcome that there is not, a text that ends before its end */
	{ FAILURE, "43427772 0001 05 01 0008 03 0000", CB_E_FORMAT },
	{ FAILURE, "43427772 0001 05 01 0008 00 0002 6100", CB_E_FORMAT },
	{ FAILURE, "43427772 0001 05 01 0008 00 0002 61", CB_E_SHORT },
	{ HOLD, "43427772 0001 06 02 00000000 0401", CB_E_LIMIT },
	{ HOLD, "43427772 0001 06 02 00000000 0001" ID_A, CB_E_FORMAT },
	{ HOLD, "43427772 0001 06 02 00000000 0000 00", CB_E_FORMAT },
	{ NEWS, "43427772 0001 07 02 0401", CB_E_LIMIT },
	{ NEWS, "43427772 0001 07 02 0001" ID_A ID_B "00000001 01 00 00",
	    CB_E_FORMAT },
	/* no stamp, no such state, no such flag */
	{ NEWS, "43427772 0001 07 02 0001" ID_A ID_B "00000000 01 00 0000",
	    CB_E_FORMAT },
	{ NEWS, "43427772 0001 07 02 0001" ID_A ID_B "00000001 04 00 0000",
	    CB_E_FORMAT },
	{ NEWS, "43427772 0001 07 02 0001" ID_A ID_B "00000001 01 04 0000",
	    CB_E_FORMAT },
};

START_TEST(what_is_none_is_refused)
{
	struct cb_buf b = hex(bad[_i].hex);
	uint8_t *exact = exact_copy(cb_buf_span(&b));

	ck_assert_int_eq(get(bad[_i].which, cb_span(exact, b.n)), bad[_i].want);
	free(exact);
	cb_buf_free(&b);
}
END_TEST

START_TEST(a_long_text_is_cut)
{
	struct wire_failure f = { .kind = WIRE_TEST }, got;
	struct cb_buf b = CB_BUF_INIT;

	memset(f.text, 'x', WIRE_FAILURE_TEXT_MAX);
	ck_assert_int_eq(wire_failure_put(&b, &f), CB_OK);
	ck_assert_int_eq(wire_failure_get(cb_buf_span(&b), &got), CB_OK);
	ck_assert_str_eq(got.text, f.text);
	cb_buf_free(&b);
}
END_TEST

Suite *
road_suite(void)
{
	Suite *s = suite_create("road");
	TCase *tc = tcase_create("road");

	tcase_add_test(tc, about_is_as_described);
	tcase_add_test(tc, a_failure_is_as_described);
	tcase_add_test(tc, hold_and_news_are_as_described);
	tcase_add_test(tc, a_count_must_be_that_of_the_cards);
	tcase_add_loop_test(tc, what_is_none_is_refused, 0, COUNT(bad));
	tcase_add_test(tc, a_long_text_is_cut);
	suite_add_tcase(s, tc);
	return s;
}
