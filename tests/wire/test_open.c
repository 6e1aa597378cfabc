/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Opening a session: both ends come to the same keys, and to others as soon
 * as anything is not the same.
 */
#include <stdlib.h>
#include <string.h>

#include "common/hex.h"
#include "tests/wire/suites.h"
#include "wire/open.h"

static struct wire_offer
some_offer(void)
{
	struct wire_offer o = { .kind = WIRE_TEST,
		.service = cb_span_str("service") };

	memset(o.session, 0x11, sizeof(o.session));
	memset(o.organisation, 0x22, sizeof(o.organisation));
	memset(o.card, 0x33, sizeof(o.card));
	memset(o.challenge, 0x44, sizeof(o.challenge));
	memset(o.agreement, 0x55, sizeof(o.agreement));
	return o;
}

static struct wire_accept
some_accept(void)
{
	struct wire_accept a = { .kind = WIRE_TEST,
		.take_over = true,
		.wrapped = cb_span_str("wrapped"),
		.release = cb_span_str("1.0"),
		.certificate = cb_span_str("certificate") };

	memset(a.session, 0x11, sizeof(a.session));
	memset(a.organisation, 0x22, sizeof(a.organisation));
	memset(a.card, 0x33, sizeof(a.card));
	memset(a.device, 0x66, sizeof(a.device));
	memset(a.agreement, 0x77, sizeof(a.agreement));
	return a;
}

static struct cb_buf
offer_bytes(void)
{
	const struct wire_offer o = some_offer();
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(wire_offer_put(&b, &o), CB_OK);
	return b;
}

static struct cb_buf
accept_bytes(void)
{
	const struct wire_accept a = some_accept();
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(wire_accept_put(&b, &a), CB_OK);
	ck_assert_int_eq(
	    wire_accept_sign_put(&b, cb_span_str("signature")), CB_OK);
	return b;
}

/* Field by field, by hand. */
START_TEST(messages_are_as_described)
{
	struct cb_buf offer = offer_bytes(), accept = accept_bytes();

	ck_assert_uint_eq(offer.n, 8 + 3 * 16 + 2 * 32 + 2 + 7);
	ck_assert_mem_eq(offer.p, "CBwr\0\1\1\2", 8);
	ck_assert_uint_eq(offer.p[8], 0x11);
	ck_assert_uint_eq(offer.p[24], 0x22);
	ck_assert_uint_eq(offer.p[40], 0x33);
	ck_assert_uint_eq(offer.p[56], 0x44);
	ck_assert_uint_eq(offer.p[88], 0x55);
	ck_assert_mem_eq(offer.p + 120, "\0\7service", 9);
	ck_assert_uint_eq(
	    accept.n, 8 + 4 * 16 + 32 + 1 + 9 + 5 + 13 + 11);
	ck_assert_mem_eq(accept.p, "CBwr\0\1\2\2", 8);
	ck_assert_uint_eq(accept.p[56], 0x66);
	ck_assert_uint_eq(accept.p[72], 0x77);
	ck_assert_mem_eq(accept.p + 104,
	    "\1\0\7wrapped\0\0031.0\0\13certificate\0\11signature", 39);
	cb_buf_free(&offer);
	cb_buf_free(&accept);
}
END_TEST

START_TEST(messages_come_back)
{
	const struct wire_offer offer = some_offer();
	const struct wire_accept accept = some_accept();
	struct cb_buf ob = offer_bytes(), ab = accept_bytes();
	struct cb_span head, signature;
	struct wire_offer o;
	struct wire_accept a;

	ck_assert_int_eq(wire_offer_get(cb_buf_span(&ob), &o), CB_OK);
	ck_assert_int_eq(o.kind, offer.kind);
	ck_assert_mem_eq(o.session, offer.session, WIRE_ID);
	ck_assert_mem_eq(o.organisation, offer.organisation, WIRE_ID);
	ck_assert_mem_eq(o.card, offer.card, WIRE_ID);
	ck_assert_mem_eq(o.challenge, offer.challenge, WIRE_CHALLENGE);
	ck_assert_mem_eq(o.agreement, offer.agreement, CR_KEY);
	ck_assert(cb_span_equal(o.service, offer.service));

	ck_assert_int_eq(wire_accept_get(
			     cb_buf_span(&ab), &a, &head, &signature),
	    CB_OK);
	ck_assert_int_eq(a.kind, accept.kind);
	ck_assert_mem_eq(a.session, accept.session, WIRE_ID);
	ck_assert_mem_eq(a.organisation, accept.organisation, WIRE_ID);
	ck_assert_mem_eq(a.card, accept.card, WIRE_ID);
	ck_assert_mem_eq(a.device, accept.device, WIRE_ID);
	ck_assert_mem_eq(a.agreement, accept.agreement, CR_KEY);
	ck_assert(a.take_over);
	ck_assert(cb_span_equal(a.wrapped, accept.wrapped));
	ck_assert(cb_span_equal(a.release, accept.release));
	ck_assert(cb_span_equal(a.certificate, accept.certificate));
	ck_assert(cb_span_equal(signature, cb_span_str("signature")));
	ck_assert(cb_span_equal(head, cb_span(ab.p, ab.n - 11)));
	cb_buf_free(&ob);
	cb_buf_free(&ab);
}
END_TEST

/* Cut anywhere, or with a byte too many: refused, in memory of exactly that
 * size, and the output is as it was. */
START_TEST(no_other_length_passes)
{
	struct cb_buf bytes = _i == 0 ? offer_bytes() : accept_bytes();
	struct cb_span head, signature;
	struct wire_offer o = { .session = { 7 } };
	struct wire_accept a = { .session = { 7 } };
	uint8_t *copy;
	enum cb_err r;

	ck_assert_int_eq(cb_put_u8(&bytes, 0), CB_OK);
	for (size_t n = 0; n <= bytes.n; n++) {
		if (n == bytes.n - 1)
			continue;
		copy = exact_copy(cb_span(bytes.p, n));
		r = _i == 0 ? wire_offer_get(cb_span(copy, n), &o)
			    : wire_accept_get(cb_span(copy, n), &a, &head,
				  &signature);
		ck_assert_msg(r == (n < bytes.n ? CB_E_SHORT : CB_E_FORMAT),
		    "%zu bytes: %s", n, cb_err_text(r));
		ck_assert_uint_eq(o.session[0] + a.session[0], 14);
		free(copy);
	}
	cb_buf_free(&bytes);
}
END_TEST

static const struct {
	size_t at;
	uint8_t value;
	enum cb_err want;
} spots[] = {
	{ 0, 'c', CB_E_FORMAT },	/* magic */
	{ 5, 0, CB_E_LIMIT },		/* version */
	{ 5, 2, CB_E_LIMIT },
	{ 6, 0, CB_E_FORMAT },		/* type */
	{ 6, 3, CB_E_FORMAT },
	{ 7, 0, CB_E_FORMAT },		/* kind */
	{ 7, 3, CB_E_FORMAT },
};

START_TEST(other_heads_are_refused)
{
	struct cb_buf ob = offer_bytes(), ab = accept_bytes();
	struct cb_span head, signature;
	struct wire_offer o;
	struct wire_accept a;

	ob.p[spots[_i].at] = ab.p[spots[_i].at] = spots[_i].value;
	ck_assert_int_eq(
	    wire_offer_get(cb_buf_span(&ob), &o), spots[_i].want);
	ck_assert_int_eq(
	    wire_accept_get(cb_buf_span(&ab), &a, &head, &signature),
	    spots[_i].want);
	cb_buf_free(&ob);
	cb_buf_free(&ab);
}
END_TEST

/* One is not taken for the other; flags and lengths that nobody knows. */
START_TEST(other_messages_are_refused)
{
	struct wire_accept long_release = some_accept();
	struct cb_buf ob = offer_bytes(), ab = accept_bytes(),
		      text = bytes_of('r', WIRE_RELEASE_MAX + 1),
		      huge = bytes_of(0, WIRE_OPEN_MAX + 1);
	struct cb_span head, signature;
	struct wire_offer o;
	struct wire_accept a;

	ck_assert_int_eq(wire_offer_get(cb_buf_span(&ab), &o), CB_E_FORMAT);
	ck_assert_int_eq(
	    wire_accept_get(cb_buf_span(&ob), &a, &head, &signature),
	    CB_E_FORMAT);
	ab.p[104] = 2;
	ck_assert_int_eq(
	    wire_accept_get(cb_buf_span(&ab), &a, &head, &signature),
	    CB_E_FORMAT);
	long_release.release = cb_buf_span(&text);
	ck_assert_int_eq(wire_accept_put(&ab, &long_release), CB_E_LIMIT);
	ck_assert_int_eq(wire_offer_get(cb_buf_span(&huge), &o), CB_E_LIMIT);
	ck_assert_int_eq(
	    wire_accept_get(cb_buf_span(&huge), &a, &head, &signature),
	    CB_E_LIMIT);
	cb_buf_free(&ob);
	cb_buf_free(&ab);
	cb_buf_free(&text);
	cb_buf_free(&huge);
}
END_TEST

START_TEST(what_is_signed_and_what_labels)
{
	struct cb_buf signed_bytes = CB_BUF_INIT, label = CB_BUF_INIT;
	const struct wire_offer o = some_offer();
	uint8_t hash[CR_HASH];

	ck_assert_int_eq(wire_accept_signed(&signed_bytes,
			     cb_span_str("offer"), cb_span_str("head")),
	    CB_OK);
	ck_assert_int_eq(cr_sha256(cb_span_str("offer"), hash), CB_OK);
	ck_assert_uint_eq(signed_bytes.n, 19 + 32 + 4);
	ck_assert_mem_eq(signed_bytes.p, "cardbridge accept 1", 19);
	ck_assert_mem_eq(signed_bytes.p + 19, hash, sizeof(hash));
	ck_assert_mem_eq(signed_bytes.p + 51, "head", 4);

	ck_assert_int_eq(
	    wire_secret_label(&label, o.organisation, o.card, o.session),
	    CB_OK);
	ck_assert_uint_eq(label.n, 19 + 48);
	ck_assert_mem_eq(label.p, "cardbridge secret 1", 19);
	ck_assert_uint_eq(label.p[19], 0x22);
	ck_assert_uint_eq(label.p[35], 0x33);
	ck_assert_uint_eq(label.p[51], 0x11);
	cb_buf_free(&signed_bytes);
	cb_buf_free(&label);
}
END_TEST

/* Computed with Python's hmac and hashlib, as RFC 5869 has it:
 *	prk = hmac(sha256(b"offer" + b"accept"), 32 * b"\1" + 32 * b"\2")
 *	okm = hmac(prk, info + b"\1")
 */
START_TEST(keys_match_another_implementation)
{
	static const struct {
		const char *worker, *bridge;
	} want = {
		"D03F2DF6A90BC1A0F114640E7ACFCFF7"
		"7062C1115805D9957D10B693B1E20B8D",
		"8ECA7A9F85395C9536E72866CECCE6AD"
		"C6D79553B2C087AB30BA1E677B6788E4",
	};
	struct cb_buf secret = bytes_of(1, CR_KEY),
		      shared = bytes_of(2, CR_KEY);
	struct wire_keys keys;
	char text[2 * CR_KEY + 1];

	ck_assert_int_eq(wire_keys_make(&keys, secret.p, shared.p,
			     cb_span_str("offer"), cb_span_str("accept")),
	    CB_OK);
	ck_assert_str_eq(cb_hex_encode(text, sizeof(text),
			     CB_SPAN_OF(keys.to_worker)),
	    want.worker);
	ck_assert_str_eq(cb_hex_encode(text, sizeof(text),
			     CB_SPAN_OF(keys.to_bridge)),
	    want.bridge);
	cb_buf_free(&secret);
	cb_buf_free(&shared);
}
END_TEST

static struct wire_keys
made_of(const struct cb_buf *secret, const struct cb_buf *shared,
    const struct cb_buf *offer, const struct cb_buf *accept)
{
	struct wire_keys k;

	ck_assert_int_eq(wire_keys_make(&k, secret->p, shared->p,
			     cb_buf_span(offer), cb_buf_span(accept)),
	    CB_OK);
	return k;
}

/* Any bit of anything that goes in makes other keys, in both directions. */
START_TEST(keys_depend_on_everything)
{
	struct cb_buf secret = bytes_of(1, CR_KEY),
		      shared = bytes_of(2, CR_KEY), offer = offer_bytes(),
		      accept = accept_bytes();
	struct cb_buf *const in[] = { &secret, &shared, &offer, &accept };
	const struct wire_keys k = made_of(&secret, &shared, &offer, &accept);
	struct wire_keys other;

	ck_assert(memcmp(k.to_worker, k.to_bridge, CR_KEY) != 0);
	for (size_t i = 0; i < 4; i++)
		for (size_t at = 0; at < in[i]->n; at++) {
			in[i]->p[at] ^= 1;
			other = made_of(&secret, &shared, &offer, &accept);
			ck_assert(memcmp(k.to_worker, other.to_worker,
				      CR_KEY) != 0);
			ck_assert(memcmp(k.to_bridge, other.to_bridge,
				      CR_KEY) != 0);
			in[i]->p[at] ^= 1;
		}
	for (size_t i = 0; i < 4; i++)
		cb_buf_free(in[i]);
}
END_TEST

Suite *
open_suite(void)
{
	Suite *s = suite_create("open");
	TCase *tc = tcase_create("open");

	tcase_add_test(tc, messages_are_as_described);
	tcase_add_test(tc, messages_come_back);
	tcase_add_loop_test(tc, no_other_length_passes, 0, 2);
	tcase_add_loop_test(tc, other_heads_are_refused, 0, COUNT(spots));
	tcase_add_test(tc, other_messages_are_refused);
	tcase_add_test(tc, what_is_signed_and_what_labels);
	tcase_add_test(tc, keys_match_another_implementation);
	tcase_add_test(tc, keys_depend_on_everything);
	suite_add_tcase(s, tc);
	return s;
}
