/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Approvals that come with an order: what the worker says of those that are not
 * good, before the vault is asked.
 */
#include <string.h>

#include "backend/worker/internal.h"
#include "tests/backend/worker/at_desk.h"

static void
none(struct wire_approval *a)
{
	(void)a;
}

static void
other_act(struct wire_approval *a)
{
	a->request[31] ^= 1;
}

static void
own(struct wire_approval *a)
{
	memcpy(a->person, d.b.d->id, WIRE_ID);
}

static void
over(struct wire_approval *a)
{
	a->until = be_worker_time();
}

static void
without_end(struct wire_approval *a)
{
	a->until = 0;
}

static const struct {
	void (*spoil)(struct wire_approval *a);
	const char *words;	/* NULL: it is good */
} approvals[] = {
	{ none, NULL },
	{ other_act, "of another act" },
	{ own, "have another person approve it" },
	{ over, "approved again" },
	{ without_end, "approved again" },
};

START_TEST(an_approval_that_is_not_good_is_told)
{
	const struct device *second = &g.people[AUDITOR];
	const unsigned before = rig_entries(&g, WIRE_ACT);
	struct wire_approval a = { .kind = WIRE_TEST,
		.until = be_worker_time() + 60000 };
	const uint16_t want =
	    approvals[_i].words == NULL ? 0 : (uint16_t)CB_E_DENIED;

	desk_act(&d, WIRE_ACT_ORG_SET, 0xA0, g.set.organisation);
	ck_assert_int_eq(wire_act_request(&d.act, a.request), CB_OK);
	memcpy(a.person, second->id, WIRE_ID);
	a.certificate = cb_buf_span(&second->cert);
	approvals[_i].spoil(&a);
	ck_assert_int_eq(
	    wire_approval_put(&d.approval, &a, second->key), CB_OK);
	ck_assert_uint_eq(desk_order(&d), want);
	if (want != 0)
		ck_assert_msg(strstr(d.text, approvals[_i].words) != NULL,
		    "%s", d.text);
	ck_assert_uint_eq(g.orders, want == 0);
	/* done or refused, it is entered */
	ck_assert_uint_eq(rig_entries(&g, WIRE_ACT), before + 1);
}
END_TEST

START_TEST(what_is_no_approval_is_told)
{
	desk_act(&d, WIRE_ACT_ORG_SET, 0xA1, g.set.organisation);
	ck_assert_int_eq(cb_buf_set(&d.approval, cb_span_str("yes")), CB_OK);
	ck_assert_uint_eq(desk_order(&d), CB_E_FORMAT);
	ck_assert_uint_eq(g.orders, 0);
}
END_TEST

Suite *
desk_second_suite(void)
{
	Suite *s = suite_create("second");
	TCase *tc = tcase_create("second");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, desk_setup, desk_teardown);
	tcase_add_loop_test(tc, an_approval_that_is_not_good_is_told, 0,
	    (int)(sizeof(approvals) / sizeof(approvals[0])));
	tcase_add_test(tc, what_is_no_approval_is_told);
	suite_add_tcase(s, tc);
	return s;
}
