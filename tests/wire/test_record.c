/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Records: what is sealed opens once, in its place, in its direction, at the
 * other end; everything else is refused, and changes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/wire/suites.h"
#include "wire/record.h"

static const uint8_t key[CR_KEY] = { 1, 2, 3 };
static const uint8_t session[WIRE_ID] = { 9, 8, 7 };

static struct wire_stream
stream(enum wire_end to)
{
	struct wire_stream s;

	wire_stream_init(&s, key, session, to);
	return s;
}

static struct wire_record
only_record(struct cb_span body)
{
	struct wire_record r;

	ck_assert_int_eq(wire_record_get(&body, &r), CB_OK);
	ck_assert_uint_eq(body.n, 0);
	return r;
}

/* lengths of messages, and of the text that each is padded to */
static const struct {
	enum wire_end to;
	size_t n, text;
} lengths[] = {
	{ WIRE_WORKER, 0, 64 },
	{ WIRE_WORKER, 1, 64 },
	{ WIRE_WORKER, 60, 64 },
	{ WIRE_WORKER, 61, 128 },
	{ WIRE_WORKER, 124, 128 },
	{ WIRE_BRIDGE, 0, 256 },
	{ WIRE_BRIDGE, 252, 256 },
	{ WIRE_BRIDGE, 253, 512 },
	{ WIRE_BRIDGE, WIRE_MESSAGE_MAX, 131072 },
};

START_TEST(messages_come_back)
{
	struct wire_stream from = stream(lengths[_i].to),
			   to = stream(lengths[_i].to);
	struct cb_buf message = bytes_of(0x5A, lengths[_i].n),
		      body = CB_BUF_INIT, out = CB_BUF_INIT;
	struct wire_record r;

	ck_assert_int_eq(
	    wire_seal(&from, cb_buf_span(&message), &body), CB_OK);
	ck_assert_uint_eq(body.n, 12 + lengths[_i].text + CR_TAG);
	ck_assert_uint_le(body.n, WIRE_RECORD_MAX);
	r = only_record(cb_buf_span(&body));
	ck_assert_uint_eq(r.number, lengths[_i].to == WIRE_WORKER ? 1 : 0);
	ck_assert(cb_span_equal(r.whole, cb_buf_span(&body)));
	ck_assert_int_eq(wire_open(&to, &r, &out), CB_OK);
	ck_assert(cb_span_equal(cb_buf_span(&out), cb_buf_span(&message)));
	cb_buf_free(&message);
	cb_buf_free(&body);
	cb_buf_free(&out);
}
END_TEST

/* In both directions of a session, and with one that refuses in between. */
START_TEST(a_key_that_is_ready_does_the_same)
{
	struct wire_stream from = stream(WIRE_WORKER), to = from, ready = from;
	struct cb_buf one = CB_BUF_INIT, other = CB_BUF_INIT,
		      out = CB_BUF_INIT;
	static const uint8_t wiped[CR_KEY];
	struct wire_record r;

	ck_assert_int_eq(wire_stream_ready(&ready), CB_OK);
	ck_assert_mem_eq(ready.key, wiped, CR_KEY);
	for (int i = 0; i < 3; i++) {
		cb_buf_clear(&one);
		cb_buf_clear(&other);
		ck_assert_int_eq(
		    wire_seal(&from, cb_span_str("abc"), &one), CB_OK);
		ck_assert_int_eq(
		    wire_seal(&ready, cb_span_str("abc"), &other), CB_OK);
		ck_assert(cb_span_equal(
		    cb_buf_span(&one), cb_buf_span(&other)));
	}
	wire_stream_clear(&ready);
	from = ready = to;
	ck_assert_int_eq(wire_stream_ready(&ready), CB_OK);
	for (int i = 0; i < 3; i++) {
		cb_buf_clear(&one);
		ck_assert_int_eq(
		    wire_seal(&from, cb_span_str("abc"), &one), CB_OK);
		one.p[20] ^= 1;
		r = only_record(cb_buf_span(&one));
		ck_assert_int_eq(wire_open(&ready, &r, &out), CB_E_CRYPTO);
		one.p[20] ^= 1;
		ck_assert_int_eq(wire_open(&ready, &r, &out), CB_OK);
		ck_assert_uint_eq(out.n, 3 * ((size_t)i + 1));
	}
	wire_stream_clear(&ready);
	cb_buf_free(&one);
	cb_buf_free(&other);
	cb_buf_free(&out);
}
END_TEST

/* Without this room's own code: what PROTOCOL.md says of a record. */
START_TEST(a_record_is_what_the_protocol_says)
{
	static const char text[] = "\0\0\0\3abc";
	struct wire_stream s = stream(WIRE_WORKER);
	struct cb_buf body = CB_BUF_INIT, out = CB_BUF_INIT;
	uint8_t nonce[CR_NONCE] = { 0 }, aad[25] = { 9, 8, 7 };
	uint8_t want[64] = { 0 };

	s.next = 0x0102030405060708;
	ck_assert_int_eq(wire_seal(&s, cb_span_str("abc"), &body), CB_OK);
	ck_assert_mem_eq(body.p, "\1\2\3\4\5\6\7\10\0\0\0\120", 12);
	memcpy(nonce + 4, body.p, 8);
	aad[16] = 1;
	memcpy(aad + 17, body.p, 8);
	ck_assert_int_eq(cr_gcm_open(key, nonce, CB_SPAN_OF(aad),
			     cb_span_tail(cb_buf_span(&body), 12), &out),
	    CB_OK);
	memcpy(want, text, 7);
	ck_assert(cb_span_equal(cb_buf_span(&out), CB_SPAN_OF(want)));
	cb_buf_free(&body);
	cb_buf_free(&out);
}
END_TEST

START_TEST(one_changed_bit_is_noticed)
{
	struct wire_stream from = stream(WIRE_WORKER), to;
	struct cb_buf body = CB_BUF_INIT, out = CB_BUF_INIT;
	struct cb_span cur;
	struct wire_record r;
	enum cb_err e;

	ck_assert_int_eq(wire_seal(&from, cb_span_str("abc"), &body), CB_OK);
	for (size_t bit = 0; bit < 8 * body.n; bit++) {
		body.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		to = stream(WIRE_WORKER);
		cur = cb_buf_span(&body);
		if ((e = wire_record_get(&cur, &r)) == CB_OK)
			e = wire_open(&to, &r, &out);
		ck_assert_msg(e != CB_OK, "bit %zu", bit);
		ck_assert_uint_eq(out.n, 0);
		ck_assert_uint_eq(to.next, 1);
		body.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	cb_buf_free(&body);
	cb_buf_free(&out);
}
END_TEST

/* Each is refused, and the right one still opens afterwards. */
START_TEST(a_record_opens_in_its_place_only)
{
	static const uint8_t other[CR_KEY] = { 3, 2, 1 };
	struct wire_stream from = stream(WIRE_WORKER), to = from, wrong;
	struct cb_buf one = CB_BUF_INIT, two = CB_BUF_INIT,
		      out = CB_BUF_INIT;
	struct wire_record first, second;

	ck_assert_int_eq(wire_seal(&from, cb_span_str("1"), &one), CB_OK);
	ck_assert_int_eq(wire_seal(&from, cb_span_str("2"), &two), CB_OK);
	first = only_record(cb_buf_span(&one));
	second = only_record(cb_buf_span(&two));

	/* too early */
	ck_assert_int_eq(wire_open(&to, &second, &out), CB_E_DENIED);
	/* under another number */
	second.number = 1;
	ck_assert_int_eq(wire_open(&to, &second, &out), CB_E_CRYPTO);
	second.number = 2;
	/* another session, another key, the other direction */
	wire_stream_init(&wrong, key, other, WIRE_WORKER);
	ck_assert_int_eq(wire_open(&wrong, &first, &out), CB_E_CRYPTO);
	wire_stream_init(&wrong, other, session, WIRE_WORKER);
	ck_assert_int_eq(wire_open(&wrong, &first, &out), CB_E_CRYPTO);
	wire_stream_init(&wrong, key, session, WIRE_BRIDGE);
	wrong.next = 1;
	ck_assert_int_eq(wire_open(&wrong, &first, &out), CB_E_CRYPTO);

	ck_assert_int_eq(wire_open(&to, &first, &out), CB_OK);
	/* again */
	ck_assert_int_eq(wire_open(&to, &first, &out), CB_E_DENIED);
	ck_assert_int_eq(wire_open(&to, &second, &out), CB_OK);
	ck_assert(cb_span_equal(cb_buf_span(&out), cb_span_str("12")));
	cb_buf_free(&one);
	cb_buf_free(&two);
	cb_buf_free(&out);
}
END_TEST

/* Sealed by somebody who has the key, but not as it should be. */
static const struct {
	const char *why;
	uint32_t claims;
	size_t n;
	size_t spot;	/* that holds a one; 0: none */
} wrong_texts[] = {
	{ "no length", 0, 0, 0 },
	{ "not a multiple", 3, 63, 0 },
	{ "longer than it is", 61, 64, 0 },
	{ "longer than anything", UINT32_MAX, 64, 0 },
	{ "a block too many", 3, 128, 0 },
	{ "padding that is not zero", 3, 64, 7 },
	{ "nor at its end", 3, 64, 63 },
};

START_TEST(wrong_padding_is_refused)
{
	struct wire_stream to = stream(WIRE_WORKER);
	struct cb_buf text = bytes_of(0, wrong_texts[_i].n),
		      sealed = CB_BUF_INIT, out = CB_BUF_INIT;
	uint8_t nonce[CR_NONCE] = { 0 }, aad[25] = { 9, 8, 7 };
	struct wire_record r = { .number = 1 };

	for (size_t i = 0; i < 4 && i < text.n; i++)
		text.p[i] = (uint8_t)(wrong_texts[_i].claims >> (24 - 8 * i));
	if (wrong_texts[_i].spot != 0)
		text.p[wrong_texts[_i].spot] = 1;
	nonce[11] = aad[16] = aad[24] = 1;
	ck_assert_int_eq(cr_gcm_seal(key, nonce, CB_SPAN_OF(aad),
			     cb_buf_span(&text), &sealed),
	    CB_OK);
	r.sealed = cb_buf_span(&sealed);
	ck_assert_int_eq(wire_open(&to, &r, &out), CB_E_FORMAT);
	ck_assert_uint_eq(out.n, 0);
	ck_assert_uint_eq(to.next, 1);
	cb_buf_free(&text);
	cb_buf_free(&sealed);
	cb_buf_free(&out);
}
END_TEST

START_TEST(a_body_has_several)
{
	struct wire_stream from = stream(WIRE_BRIDGE), to = from;
	struct cb_buf body = CB_BUF_INIT, out = CB_BUF_INIT;
	struct wire_record r;
	struct cb_span cur, before;
	uint8_t *copy;

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(
		    wire_seal(&from, cb_span_str("abc"), &body), CB_OK);
	cur = cb_buf_span(&body);
	for (uint64_t i = 0; i < 3; i++) {
		ck_assert_int_eq(wire_record_get(&cur, &r), CB_OK);
		ck_assert_uint_eq(r.number, i);
		ck_assert_int_eq(wire_open(&to, &r, &out), CB_OK);
	}
	ck_assert_uint_eq(cur.n, 0);
	ck_assert_uint_eq(out.n, 9);
	/* cut anywhere in the first: nothing is advanced */
	for (size_t n = 0; n < body.n / 3; n++) {
		copy = exact_copy(cb_span(body.p, n));
		cur = before = cb_span(copy, n);
		ck_assert_int_eq(wire_record_get(&cur, &r), CB_E_SHORT);
		ck_assert(cur.p == before.p && cur.n == before.n);
		free(copy);
	}
	cb_buf_free(&body);
	cb_buf_free(&out);
}
END_TEST

START_TEST(lengths_are_claims)
{
	static const struct {
		const char *head;
		enum cb_err want;
	} heads[] = {
		{ "\0\0\0\0\0\0\0\1\0\0\0\17", CB_E_FORMAT },
		{ "\0\0\0\0\0\0\0\1\0\2\0\21", CB_E_LIMIT },
		{ "\0\0\0\0\0\0\0\1\377\377\377\377", CB_E_LIMIT },
		{ "\0\0\0\0\0\0\0\1\0\2\0\20", CB_E_SHORT },
	};
	struct wire_record r;

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct cb_span cur = cb_span(heads[i].head, 12);

		ck_assert_int_eq(wire_record_get(&cur, &r), heads[i].want);
		ck_assert_uint_eq(cur.n, 12);
	}
}
END_TEST

START_TEST(numbers_are_never_used_twice)
{
	struct wire_stream s = stream(WIRE_WORKER);
	struct cb_buf small = CB_BUF_INIT_MAX(20), body = CB_BUF_INIT;
	struct cb_buf long_one = bytes_of(1, WIRE_MESSAGE_MAX + 1);

	/* no room: nothing is sent, and the number is gone */
	ck_assert_int_eq(
	    wire_seal(&s, cb_span_str("abc"), &small), CB_E_LIMIT);
	ck_assert_uint_eq(small.n, 0);
	ck_assert_uint_eq(s.next, 2);
	ck_assert_int_eq(
	    wire_seal(&s, cb_buf_span(&long_one), &body), CB_E_LIMIT);
	ck_assert_uint_eq(body.n, 0);
	s.next = UINT64_MAX - 1;
	ck_assert_int_eq(wire_seal(&s, cb_span_str("abc"), &body), CB_OK);
	ck_assert_int_eq(
	    wire_seal(&s, cb_span_str("abc"), &body), CB_E_LIMIT);
	cb_buf_free(&small);
	cb_buf_free(&body);
	cb_buf_free(&long_one);
}
END_TEST

START_TEST(a_cleared_stream_has_no_key)
{
	struct wire_stream s = stream(WIRE_WORKER);
	static const uint8_t zeros[CR_KEY];

	wire_stream_clear(&s);
	ck_assert_mem_eq(s.key, zeros, sizeof(zeros));
}
END_TEST

Suite *
record_suite(void)
{
	Suite *s = suite_create("record");
	TCase *tc = tcase_create("record");

	tcase_add_loop_test(tc, messages_come_back, 0, COUNT(lengths));
	tcase_add_test(tc, a_record_is_what_the_protocol_says);
	tcase_add_test(tc, a_key_that_is_ready_does_the_same);
	tcase_add_test(tc, one_changed_bit_is_noticed);
	tcase_add_test(tc, a_record_opens_in_its_place_only);
	tcase_add_loop_test(
	    tc, wrong_padding_is_refused, 0, COUNT(wrong_texts));
	tcase_add_test(tc, a_body_has_several);
	tcase_add_test(tc, lengths_are_claims);
	tcase_add_test(tc, numbers_are_never_used_twice);
	tcase_add_test(tc, a_cleared_stream_has_no_key);
	suite_add_tcase(s, tc);
	return s;
}
