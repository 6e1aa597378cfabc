/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A door that was taken over: it says for whom it asks, has seen every message
 * of a device, and a key of its own. What it lacks is the device's key.
 */
#include <string.h>

#include "tests/backend/worker/suites.h"

static uint16_t
offer_to(const struct device *d)
{
	const uint8_t *const ids[] = { d->id, g.card };
	struct cb_buf body = CB_BUF_INIT;
	uint16_t code;

	ck_assert_int_eq(be_ask_ids_put(&body, ids, 2), CB_OK);
	code = rig_ask(&g, BE_ASK_OFFER, cb_buf_span(&body), &b.offer);
	cb_buf_free(&body);
	return code;
}

/* As if this holder had sent it. */
static uint16_t
open_for(const struct device *d, struct cb_span accept)
{
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	uint16_t code;

	ck_assert_int_eq(be_bytes_put(&body, d->id, WIRE_ID), CB_OK);
	ck_assert_int_eq(cb_buf_add(&body, accept), CB_OK);
	code = rig_ask(&g, BE_ASK_OPEN, cb_buf_span(&body), &answer);
	cb_buf_free(&body);
	cb_buf_free(&answer);
	return code;
}

/* ACCEPT over the OFFER of now, said to be by the first device. */
static void
forge(const uint8_t id[WIRE_ID], const struct cb_buf *cert,
    struct wire_key *key)
{
	static struct device forged;

	forged = g.devices[0];
	memcpy(forged.id, id, WIRE_ID);
	forged.cert = *cert;
	forged.key = key;
	b.d = &forged;
	bridge_accept(&b, false);
	b.d = &g.devices[0];
}

static void
sign_with_own_key(void)
{
	struct wire_key *own = NULL;

	ck_assert_int_eq(wire_key_new_p256(&own), CB_OK);
	forge(g.devices[0].id, &g.devices[0].cert, own);
	wire_key_free(&own);
}

static void
sign_with_another_device(void)
{
	forge(g.devices[0].id, &g.devices[0].cert, g.devices[1].key);
}

static void
show_another_certificate(void)
{
	forge(g.devices[0].id, &g.devices[1].cert, g.devices[1].key);
}

static void
be_another_device(void)
{
	forge(g.devices[1].id, &g.devices[1].cert, g.devices[1].key);
}

/* The device's own ACCEPT, over an OFFER that was made for it before. */
static void
replay_accept(void)
{
	struct cb_buf now = CB_BUF_INIT;

	cb_buf_move(&now, &b.offer);
	ck_assert_uint_eq(offer_to(&g.devices[0]), 0);
	bridge_accept(&b, false);
	/* which it has opened */
	ck_assert_uint_eq(
	    open_for(&g.devices[0], cb_buf_span(&b.accept)), 0);
	cb_buf_move(&b.offer, &now);
}

/* The same, the session named anew for the OFFER of now. */
static void
rename_accept(void)
{
	struct wire_offer offer;

	replay_accept();
	ck_assert_int_eq(
	    wire_offer_get(cb_buf_span(&b.offer), &offer), CB_OK);
	memcpy(b.accept.p + 8, offer.session, WIRE_ID);
}

/* The signature of one over the head of another, with a secret of the
 * door's own. */
static void
transplant_signature(void)
{
	struct cb_buf recorded = CB_BUF_INIT, whole = CB_BUF_INIT;
	struct cb_span head, signature, other_head, other;
	struct wire_accept a;

	replay_accept();
	cb_buf_move(&recorded, &b.accept);
	sign_with_another_device();
	ck_assert_int_eq(wire_accept_get(cb_buf_span(&b.accept), &a, &head,
			     &signature),
	    CB_OK);
	ck_assert_int_eq(wire_accept_get(cb_buf_span(&recorded), &a,
			     &other_head, &other),
	    CB_OK);
	ck_assert_int_eq(cb_buf_add(&whole, head), CB_OK);
	ck_assert_int_eq(wire_accept_sign_put(&whole, other), CB_OK);
	cb_buf_move(&b.accept, &whole);
	cb_buf_free(&recorded);
}

static const struct {
	const char *name;
	void (*forge)(void);
	unsigned opened;	/* by the device itself, on the way */
} forgeries[] = {
	{ "the door's own key", sign_with_own_key, 0 },
	{ "another device's key", sign_with_another_device, 0 },
	{ "another device's certificate", show_another_certificate, 0 },
	{ "another device altogether", be_another_device, 0 },
	{ "an ACCEPT of before", replay_accept, 1 },
	{ "an ACCEPT of before, renamed", rename_accept, 1 },
	{ "a signature of before", transplant_signature, 1 },
};

START_TEST(a_door_opens_nothing_for_a_device)
{
	unsigned before;

	ck_assert_uint_eq(offer_to(&g.devices[0]), 0);
	forgeries[_i].forge();
	before = rig_entries(&g, WIRE_SESSION_OPEN);
	ck_assert_uint_eq(before, forgeries[_i].opened);
	ck_assert_msg(open_for(&g.devices[0], cb_buf_span(&b.accept)) ==
	    CB_E_DENIED, "%s", forgeries[_i].name);
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_OPEN), before);
	/* the device has what it had, and opens the card itself */
	bridge_select(&b);
	bridge_is(&b, TRIES, "63C3");
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_OPEN), before + 1);
}
END_TEST

/* The honest way, by the very same hands: what is refused above is refused
 * for what was forged. */
START_TEST(the_device_itself_opens_it)
{
	ck_assert_uint_eq(offer_to(&g.devices[0]), 0);
	forge(g.devices[0].id, &g.devices[0].cert, g.devices[0].key);
	ck_assert_uint_eq(
	    open_for(&g.devices[0], cb_buf_span(&b.accept)), 0);
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_OPEN), 1);
}
END_TEST

/* A session is used with its keys only; who it belongs to the door may say. */
START_TEST(a_door_runs_nothing_in_a_session)
{
	struct cb_buf none = CB_BUF_INIT;
	struct wire_stream mine;
	uint8_t key[CR_KEY] = { 0xD0 };

	bridge_select(&b);
	mine = b.to;
	wire_stream_init(&b.to, key, b.session, WIRE_WORKER);
	b.to.next = mine.next;
	cb_buf_clear(&b.body);
	bridge_seal(&b, WRONG);
	ck_assert(!bridge_send(&b, &none));
	ck_assert_uint_eq(b.code, CB_E_CRYPTO);
	b.to = mine;
	bridge_is(&b, TRIES, "63C3");
	ck_assert_uint_eq(rig_entries(&g, WIRE_VERIFY_BEGUN), 0);
	cb_buf_free(&none);
}
END_TEST

/* ---- what it is told of its worker ---------------------------------------- */

static uint64_t
state_post(uint8_t known)
{
	return rig_send(&g, BE_ASK_STATE, cb_span(&known, 1));
}

static uint8_t
state_told(uint64_t id)
{
	struct cb_buf body = CB_BUF_INIT;
	uint8_t lacks;

	ck_assert_uint_eq(rig_wait(&g, id, &body), 0);
	ck_assert_uint_eq(body.n, 1);
	lacks = body.p[0];
	cb_buf_free(&body);
	return lacks;
}

/* The door hears at once that its worker can open nothing, and that it can. */
START_TEST(a_worker_says_what_it_lacks)
{
	uint64_t id;

	ck_assert_uint_eq(state_told(state_post(BE_LACKS_UNKNOWN)), 0);
	id = state_post(0);
	ck_assert(!rig_has(&g, id, 50));
	rig_vault_again(&g);
	ck_assert_uint_eq(state_told(id), BE_LACKS_VAULT);
	ck_assert_uint_eq(state_told(state_post(BE_LACKS_VAULT)), 0);
	/* the store says it by itself, and when it is over */
	id = state_post(0);
	__atomic_store_n(&g.disk, 1, __ATOMIC_RELEASE);
	bridge_select(&b);
	ck_assert_uint_eq(state_told(id), BE_LACKS_DISK);
	id = state_post(BE_LACKS_DISK);
	ck_assert(!rig_has(&g, id, 50));
	__atomic_store_n(&g.disk, 0, __ATOMIC_RELEASE);
	bridge_is(&b, WRONG, "63C2");
	ck_assert_uint_eq(state_told(id), 0);
}
END_TEST

Suite *
door_suite(void)
{
	Suite *s = suite_create("door");
	TCase *t = tcase_create("door");

	tcase_add_checked_fixture(t, worker_setup, worker_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_door_opens_nothing_for_a_device, 0,
	    COUNT(forgeries));
	tcase_add_test(t, the_device_itself_opens_it);
	tcase_add_test(t, a_door_runs_nothing_in_a_session);
	tcase_add_test(t, a_worker_says_what_it_lacks);
	suite_add_tcase(s, t);
	return s;
}
