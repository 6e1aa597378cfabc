/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The keys of a backend and of its organisations.
 */
#include <string.h>

#include "tests/backend/vault.h"

static void
spans(const struct cb_buf *bufs, struct cb_span *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = cb_buf_span(&bufs[i]);
}

START_TEST(a_ring_opens_with_its_root)
{
	const struct backend *b = backend_get();
	struct cb_span wraps[BE_RING_KEYS];
	struct be_ring *ring;
	struct wire_cert facts;
	struct wire_key *service;
	struct cb_buf out = CB_BUF_INIT;
	uint8_t secret[CR_KEY] = { 9 }, back[CR_KEY];

	spans(b->wraps, wraps, BE_RING_KEYS);
	ck_assert_int_eq(be_ring_open(&ring, b->root, wraps, NULL), CB_OK);
	ck_assert_int_eq(wire_cert_check(cb_buf_span(&ring->service_cert),
			     cb_buf_span(&ring->authority_cert), WIRE_SERVICE,
			     b->root->self.kind, NOW, &facts, &service,
			     NULL),
	    CB_OK);
	ck_assert_mem_eq(facts.subject, b->root->self.id, WIRE_ID);
	/* the key is that of the certificate, now and when it was made */
	ck_assert_int_eq(wire_wrap(service, cb_span_str("l"), secret, &out),
	    CB_OK);
	ck_assert_int_eq(wire_unwrap(b->ring->service, cb_span_str("l"),
			     cb_buf_span(&out), back),
	    CB_OK);
	ck_assert_mem_eq(back, secret, CR_KEY);
	ck_assert_mem_eq(ring->secret->books, b->ring->secret->books, CR_KEY);
	ck_assert_mem_eq(ring->secret->passcodes, b->ring->secret->passcodes, CR_KEY);
	ck_assert_mem_ne(ring->secret->books, ring->secret->passcodes, CR_KEY);
	wire_key_free(&service);
	cb_buf_free(&out);
	be_ring_free(&ring);
}
END_TEST

/* Another root; each wrap in the place of each other; another backend. */
START_TEST(a_ring_of_other_wraps_does_not_open)
{
	const struct backend *b = backend_get();
	struct cb_span wraps[BE_RING_KEYS], swapped[BE_RING_KEYS];
	struct be_root *root;
	struct be_ring *ring;
	struct cb_why why;

	spans(b->wraps, wraps, BE_RING_KEYS);
	ck_assert_int_eq(be_root_new(&root, &b->root->self), CB_OK);
	ck_assert_int_eq(be_ring_open(&ring, root, wraps, &why), CB_E_CRYPTO);
	ck_assert_ptr_null(ring);
	ck_assert_ptr_nonnull(strstr(why.text, "service key"));
	for (int i = 0; i < BE_RING_KEYS; i++)
		for (int j = 0; j < BE_RING_KEYS; j++) {
			memcpy(swapped, wraps, sizeof(wraps));
			swapped[i] = wraps[j];
			ck_assert_int_eq(be_ring_open(&ring, b->root, swapped,
					     &why),
			    i == j ? CB_OK : CB_E_CRYPTO);
			be_ring_free(&ring);
		}
	*root = *b->root;
	root->self.id[0] ^= 1;
	ck_assert_int_eq(be_ring_open(&ring, root, wraps, NULL), CB_E_CRYPTO);
	*root = *b->root;
	root->self.kind = WIRE_LIVE;
	ck_assert_int_eq(be_ring_open(&ring, root, wraps, NULL), CB_E_CRYPTO);
	wraps[2] = CB_SPAN_EMPTY;
	ck_assert_int_eq(be_ring_open(&ring, b->root, wraps, NULL),
	    CB_E_SHORT);
	be_root_free(&root);
}
END_TEST

/* What is stored has no key of the ring in it, as bytes. */
START_TEST(what_is_stored_holds_no_key)
{
	const struct backend *b = backend_get();

	for (int i = 0; i < BE_RING_KEYS; i++) {
		ck_assert_ptr_null(memmem(b->wraps[i].p, b->wraps[i].n,
		    b->ring->secret->books, 8));
		ck_assert_ptr_null(memmem(b->wraps[i].p, b->wraps[i].n,
		    b->ring->secret->passcodes, 8));
		ck_assert_ptr_null(memmem(b->wraps[i].p, b->wraps[i].n,
		    "PRIVATE KEY", 11));
		ck_assert_ptr_null(memmem(b->wraps[i].p, b->wraps[i].n,
		    b->root->key, 8));
	}
}
END_TEST

START_TEST(an_organisation_opens_with_its_ring)
{
	const struct backend *b = backend_get();
	struct cb_buf wraps[2][BE_ORG_KEYS] = { { CB_BUF_INIT } };
	struct cb_span spans_[2][BE_ORG_KEYS], mixed[BE_ORG_KEYS];
	static const uint8_t id[2][WIRE_ID] = { { 0 }, { 7 } };
	struct be_org *org[2], *other;

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(be_org_make(b->ring, id[i], wraps[i]),
		    CB_OK);
		spans(wraps[i], spans_[i], BE_ORG_KEYS);
		ck_assert_int_eq(be_org_open(&org[i], b->ring, id[i],
				     spans_[i]),
		    CB_OK);
		ck_assert_mem_eq(org[i]->id, id[i], WIRE_ID);
		ck_assert_uint_eq(org[i]->grants_version, 1);
	}
	ck_assert_mem_ne(org[0]->grants, org[1]->grants, CR_KEY);
	ck_assert_mem_ne(org[0]->grants, org[0]->personal, CR_KEY);
	ck_assert_int_eq(
	    be_org_open(&other, b->ring, id[1], spans_[0]), CB_E_CRYPTO);
	ck_assert_ptr_null(other);
	/* one organisation's rows, one of another's among them */
	for (int i = 0; i < BE_ORG_KEYS; i++) {
		memcpy(mixed, spans_[0], sizeof(mixed));
		mixed[i] = spans_[1][i];
		ck_assert_int_eq(be_org_open(&other, b->ring, id[0], mixed),
		    CB_E_CRYPTO);
	}
	for (int i = 0; i < 2; i++) {
		be_org_free(&org[i]);
		for (int k = 0; k < BE_ORG_KEYS; k++)
			cb_buf_free(&wraps[i][k]);
	}
}
END_TEST

START_TEST(a_card_key_is_of_its_card)
{
	const struct backend *b = backend_get();
	const uint8_t card[WIRE_ID] = { 1 }, other[WIRE_ID] = { 2 };
	struct cb_buf wrap = CB_BUF_INIT, next = CB_BUF_INIT;
	uint8_t key[CR_KEY], again[CR_KEY];

	ck_assert_int_eq(be_org_card_make(b->org, card, 1, &wrap), CB_OK);
	ck_assert_int_eq(be_org_card_make(b->org, card, 2, &next), CB_OK);
	ck_assert_int_eq(be_org_card_open(b->org, card, 1,
			     cb_buf_span(&wrap), key),
	    CB_OK);
	ck_assert_int_eq(be_org_card_open(b->org, card, 2,
			     cb_buf_span(&next), again),
	    CB_OK);
	ck_assert_mem_ne(key, again, CR_KEY);
	ck_assert_int_eq(be_org_card_open(b->org, other, 1,
			     cb_buf_span(&wrap), key),
	    CB_E_CRYPTO);
	ck_assert_int_eq(be_org_card_open(b->org, card, 2,
			     cb_buf_span(&wrap), key),
	    CB_E_CRYPTO);
	ck_assert_int_eq(be_org_card_open(b->other_org, card, 1,
			     cb_buf_span(&wrap), key),
	    CB_E_CRYPTO);
	cb_buf_free(&wrap);
	cb_buf_free(&next);
}
END_TEST

Suite *
ring_suite(void)
{
	Suite *s = suite_create("ring");
	TCase *tc = tcase_create("ring");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_ring_opens_with_its_root);
	tcase_add_test(tc, a_ring_of_other_wraps_does_not_open);
	tcase_add_test(tc, what_is_stored_holds_no_key);
	tcase_add_test(tc, an_organisation_opens_with_its_ring);
	tcase_add_test(tc, a_card_key_is_of_its_card);
	suite_add_tcase(s, tc);
	return s;
}
