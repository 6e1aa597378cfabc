/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A vault dies and another one is there: it knows no session, and takes back
 * those that it is brought a ticket and the rights of.
 */
#include "tests/backend/worker/suites.h"

static unsigned
rechecks(void)
{
	return __atomic_load_n(&g.rechecks, __ATOMIC_RELAXED);
}

static void
is_over(void)
{
	bridge_is(&b, WRONG, "code 6 outcome 0");
	ck_assert_uint_eq(rig_entries(&g, WIRE_VERIFY_BEGUN), 0);
	ck_assert_uint_eq(rig_passcodes(&g), 0);
	/* which costs no try */
	bridge_select(&b);
	bridge_is(&b, TRIES, "63C3");
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_OPEN), 2);
}

/* Again and again, by the ticket of the one before. */
START_TEST(it_costs_no_session)
{
	bridge_select(&b);
	for (int i = 0; i < 3; i++) {
		rig_vault_again(&g);
		bridge_is(&b, WRONG, "63C2");
		rig_vault_again(&g);
		bridge_is(&b, VERIFY, "9000");
	}
	ck_assert_uint_eq(rig_entries(&g, WIRE_VERIFY_BEGUN), 6);
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_OPEN), 1);
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_END), 0);
	ck_assert(rig_holds(&g, 1));
	ck_assert_uint_eq(__atomic_load_n(&g.other_tickets, __ATOMIC_RELAXED),
	    0);
}
END_TEST

START_TEST(nobody_gets_one_back_whose_right_is_over)
{
	bridge_select(&b);
	rig_vault_again(&g);
	__atomic_store_n(&g.recheck, CB_E_DENIED, __ATOMIC_RELAXED);
	is_over();
	ck_assert_uint_eq(rechecks(), 1);
	ck_assert_int_eq(rig_number(&g, "SELECT count(*) FROM entry WHERE "
	    "instr(bytes, CAST('right-ended' AS BLOB)) > 0"), 1);
}
END_TEST

START_TEST(nor_without_a_ticket_that_is_good)
{
	bridge_select(&b);
	rig_vault_again(&g);
	__atomic_store_n(&g.born, 0, __ATOMIC_RELAXED);
	is_over();
	ck_assert_uint_eq(rechecks(), 1);
}
END_TEST

/* The look of each minute brings it, too. */
START_TEST(a_look_at_the_rights_suffices)
{
	bridge_select(&b);
	rig_vault_again(&g);
	be_rights_changed(g.w);
	ck_assert(rig_holds(&g, 1));
	(void)rig_has(&g, 0xFFFF, 300);	/* the worker hears of it, too */
	ck_assert_uint_eq(rechecks(), 1);
	bridge_is(&b, WRONG, "63C2");
	ck_assert_uint_eq(rechecks(), 1);
}
END_TEST

/* One that is over when its rights are known would be held for hours. */
START_TEST(one_that_has_ended_meanwhile_is_given_up)
{
	struct cb_buf records = CB_BUF_INIT;

	bridge_select(&b);
	rig_vault_again(&g);
	g.late_type = BE_ASK_RIGHTS;
	__atomic_store_n(&g.late, true, __ATOMIC_RELEASE);
	be_rights_changed(g.w);
	rig_await_late(&g);
	cb_buf_clear(&b.body);
	bridge_add(&b, WIRE_CLOSE, 0, CB_SPAN_EMPTY, 0);
	ck_assert(bridge_send(&b, &records));
	ck_assert_uint_eq(rig_stats(&g).sessions, 0);
	__atomic_store_n(&g.late, false, __ATOMIC_RELEASE);
	bridge_select(&b);	/* which asks something */
	(void)rig_has(&g, 0xFFFF, 300);
	ck_assert_uint_eq(rechecks(), 1);
	ck_assert(rig_holds(&g, 1));
	cb_buf_free(&records);
}
END_TEST

Suite *
vault_anew_suite(void)
{
	Suite *s = suite_create("vault_anew");
	TCase *t = tcase_create("vault_anew");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, worker_setup, worker_teardown);
	tcase_add_test(t, it_costs_no_session);
	tcase_add_test(t, nobody_gets_one_back_whose_right_is_over);
	tcase_add_test(t, nor_without_a_ticket_that_is_good);
	tcase_add_test(t, a_look_at_the_rights_suffices);
	tcase_add_test(t, one_that_has_ended_meanwhile_is_given_up);
	suite_add_tcase(s, t);
	return s;
}
