/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Offers: how many a holder has, and of which vault they are.
 */
#include "tests/backend/worker/suites.h"

static uint16_t
accept_by(struct bridge *bridge)
{
	return bridge_opened(bridge, bridge_accept_post(bridge, false));
}

/* Its ninth costs it its first, and nobody else anything. */
START_TEST(a_holder_has_so_many_offers)
{
	struct bridge first, second, other;

	bridge_init(&first, &g, 0);
	bridge_init(&second, &g, 0);
	bridge_init(&other, &g, 1);
	ck_assert_uint_eq(bridge_offer(&other), 0);
	ck_assert_uint_eq(bridge_offer(&first), 0);
	ck_assert_uint_eq(bridge_offer(&second), 0);
	for (int i = 0; i < 7; i++)
		ck_assert_uint_eq(bridge_offer(&b), 0);
	ck_assert_uint_eq(accept_by(&first), CB_E_DENIED);
	ck_assert_uint_eq(accept_by(&second), 0);
	/* the other one's is good still: it is the card that is in use */
	ck_assert_uint_eq(accept_by(&other), CB_E_BUSY);
	bridge_clear(&first);
	bridge_clear(&second);
	bridge_clear(&other);
}
END_TEST

/* It cannot know the challenge: that is no refusal, and the next offer is of
 * the new one. */
START_TEST(a_vault_that_was_started_anew_refuses_nobody)
{
	ck_assert_uint_eq(bridge_offer(&b), 0);
	rig_vault_again(&g);
	ck_assert_uint_eq(accept_by(&b), CB_E_PEER);
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_REFUSED), 0);
	ck_assert_uint_eq(bridge_offer(&b), 0);
	ck_assert_uint_eq(accept_by(&b), 0);
	ck_assert_int_eq(b.last.type, WIRE_OPENED);
}
END_TEST

Suite *
offers_suite(void)
{
	Suite *s = suite_create("offers");
	TCase *t = tcase_create("offers");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, worker_setup, worker_teardown);
	tcase_add_test(t, a_holder_has_so_many_offers);
	tcase_add_test(t, a_vault_that_was_started_anew_refuses_nobody);
	suite_add_tcase(s, t);
	return s;
}
