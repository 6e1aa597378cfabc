/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Somebody has recorded a session and is given the service's key later: the
 * secret is theirs, and not what the two halves agreed on.
 */
#include <string.h>

#include "tests/wire/suites.h"
#include "wire/open.h"
#include "wire/record.h"

/* What has gone over the cable. */
struct recording {
	struct cb_buf offer, accept, command, answer;
};

/* Both ends play honestly, and forget their halves; *shared is for the test
 * alone. */
static void
record(struct recording *r, const struct wire_key *service,
    uint8_t shared[CR_KEY])
{
	struct wire_offer o = { .kind = WIRE_TEST,
		.service = cb_span_str("service") };
	struct wire_accept a = { .kind = WIRE_TEST,
		.certificate = cb_span_str("device") };
	uint8_t ours[CR_KEY], theirs[CR_KEY], secret[CR_KEY];
	struct cb_buf label = CB_BUF_INIT, wrapped = CB_BUF_INIT;
	struct wire_stream to, from;
	struct wire_keys keys;

	ck_assert_int_eq(cr_random(o.session, WIRE_ID), CB_OK);
	ck_assert_int_eq(cr_random(o.challenge, WIRE_CHALLENGE), CB_OK);
	ck_assert_int_eq(cr_random(ours, CR_KEY), CB_OK);
	ck_assert_int_eq(cr_random(theirs, CR_KEY), CB_OK);
	ck_assert_int_eq(cr_random(secret, CR_KEY), CB_OK);
	ck_assert_int_eq(cr_x25519_public(ours, o.agreement), CB_OK);
	ck_assert_int_eq(cr_x25519_public(theirs, a.agreement), CB_OK);
	ck_assert_int_eq(wire_offer_put(&r->offer, &o), CB_OK);
	memcpy(a.session, o.session, WIRE_ID);
	ck_assert_int_eq(wire_secret_label(
			     &label, o.organisation, o.card, o.session),
	    CB_OK);
	ck_assert_int_eq(wire_wrap(service, cb_buf_span(&label), secret,
			     &wrapped),
	    CB_OK);
	a.wrapped = cb_buf_span(&wrapped);
	ck_assert_int_eq(wire_accept_put(&r->accept, &a), CB_OK);
	ck_assert_int_eq(wire_accept_sign_put(
			     &r->accept, cb_span_str("signature")),
	    CB_OK);
	ck_assert_int_eq(
	    cr_x25519_shared(theirs, o.agreement, shared), CB_OK);
	ck_assert_int_eq(wire_keys_make(&keys, secret, shared,
			     cb_buf_span(&r->offer),
			     cb_buf_span(&r->accept)),
	    CB_OK);
	wire_stream_init(&to, keys.to_worker, o.session, WIRE_WORKER);
	wire_stream_init(&from, keys.to_bridge, o.session, WIRE_BRIDGE);
	ck_assert_int_eq(
	    wire_seal(&to, cb_span_str("VERIFY 123456"), &r->command), CB_OK);
	ck_assert_int_eq(
	    wire_seal(&from, cb_span_str("9000"), &r->answer), CB_OK);
	cb_buf_free(&label);
	cb_buf_free(&wrapped);
}

static void
recording_free(struct recording *r)
{
	cb_buf_free(&r->offer);
	cb_buf_free(&r->accept);
	cb_buf_free(&r->command);
	cb_buf_free(&r->answer);
}

/* With this for what was agreed, is anything opened? */
static bool
opens(const struct recording *r, const uint8_t secret[CR_KEY],
    const uint8_t shared[CR_KEY])
{
	const struct cb_buf *const sealed[] = { &r->command, &r->answer };
	struct cb_buf text = CB_BUF_INIT;
	struct wire_record record;
	struct wire_stream s[2];
	struct wire_offer o;
	struct wire_keys keys;
	unsigned n = 0;

	ck_assert_int_eq(wire_offer_get(cb_buf_span(&r->offer), &o), CB_OK);
	ck_assert_int_eq(wire_keys_make(&keys, secret, shared,
			     cb_buf_span(&r->offer),
			     cb_buf_span(&r->accept)),
	    CB_OK);
	wire_stream_init(&s[0], keys.to_worker, o.session, WIRE_WORKER);
	wire_stream_init(&s[1], keys.to_bridge, o.session, WIRE_BRIDGE);
	for (int i = 0; i < 2; i++) {
		struct cb_span cur = cb_buf_span(sealed[i]);
		enum cb_err e;

		ck_assert_int_eq(wire_record_get(&cur, &record), CB_OK);
		e = wire_open(&s[i], &record, &text);
		ck_assert(e == CB_OK || e == CB_E_CRYPTO);
		n += e == CB_OK;
	}
	ck_assert(n == 0 || n == 2);
	cb_buf_free(&text);
	return n == 2;
}

/* Whatever else was on the cable may be tried: all 32 bytes that stand next
 * to each other, for what was agreed and as a half. */
START_TEST(the_service_key_opens_no_recording)
{
	struct recording r = { .offer = CB_BUF_INIT };
	struct wire_key *service = pki_service();
	struct cb_span head, signature;
	struct cb_buf label = CB_BUF_INIT;
	uint8_t secret[CR_KEY], shared[CR_KEY], guess[CR_KEY] = { 0 };
	struct wire_accept a;
	struct wire_offer o;

	record(&r, service, shared);
	ck_assert_int_eq(wire_offer_get(cb_buf_span(&r.offer), &o), CB_OK);
	ck_assert_int_eq(wire_accept_get(cb_buf_span(&r.accept), &a, &head,
			     &signature),
	    CB_OK);
	ck_assert_int_eq(wire_secret_label(
			     &label, a.organisation, a.card, a.session),
	    CB_OK);
	/* the key gives them the secret: with both all is open ... */
	ck_assert_int_eq(wire_unwrap(service, cb_buf_span(&label), a.wrapped,
			     secret),
	    CB_OK);
	ck_assert(opens(&r, secret, shared));
	/* ... and without what was agreed nothing is */
	ck_assert(!opens(&r, secret, guess));
	ck_assert(!opens(&r, secret, secret));
	for (size_t i = 0; i < r.offer.n + r.accept.n - CR_KEY; i++) {
		const struct cb_buf *in = i < r.offer.n ? &r.offer
							: &r.accept;
		const size_t at = i < r.offer.n ? i : i - r.offer.n;

		if (at + CR_KEY > in->n)
			continue;
		ck_assert(!opens(&r, secret, in->p + at));
		if (cr_x25519_shared(in->p + at, o.agreement, guess) == CB_OK)
			ck_assert(!opens(&r, secret, guess));
		if (cr_x25519_shared(in->p + at, a.agreement, guess) == CB_OK)
			ck_assert(!opens(&r, secret, guess));
	}
	ck_assert_int_eq(cr_x25519_shared(secret, o.agreement, guess), CB_OK);
	ck_assert(!opens(&r, secret, guess));
	ck_assert_int_eq(cr_x25519_shared(secret, a.agreement, guess), CB_OK);
	ck_assert(!opens(&r, secret, guess));
	cb_buf_free(&label);
	recording_free(&r);
}
END_TEST

Suite *
recording_suite(void)
{
	Suite *s = suite_create("recording");
	TCase *tc = tcase_create("recording");

	/* a key of 3072 bits may take long to make */
	tcase_set_timeout(tc, 60);
	tcase_add_unchecked_fixture(tc, pki_service_make, NULL);
	tcase_add_test(tc, the_service_key_opens_no_recording);
	suite_add_tcase(s, tc);
	return s;
}
