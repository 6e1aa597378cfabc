/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Leases: one session a card, and none of before changes anything.
 */
#include <string.h>

#include "tests/backend/store_rig.h"
#include "wire/entry.h"

struct try {
	uint8_t card, device, session;
	bool take_over;
};

static enum cb_err
change(struct be_store *st, const struct try *t, struct be_lease_change *l,
    uint64_t fence)
{
	struct be_act a = act_command(
	    id(t->card), id(t->device), id(t->session), fence);
	const struct cb_span e = entry_of(fence == 0 ? WIRE_SESSION_OPEN
						     : WIRE_SESSION_END,
	    id(t->card));

	*l = (struct be_lease_change){ .what = fence == 0 ? BE_TAKE
							  : BE_RELEASE,
		.take_over = t->take_over };
	memcpy(l->node, id(0x40), WIRE_ID);
	a.kind = BE_SESSION;
	a.entries = &e;
	a.lease = l;
	return be_store_act(st, &a);
}

/* A record of the card, by a session. */
static enum cb_err
write_card(struct be_store *st, const struct try *t, uint64_t fence)
{
	const struct be_record_change c = { "r", cb_span_str("v"), false };
	struct be_act a = act_command(
	    id(t->card), id(t->device), id(t->session), fence);

	a.records = &c;
	a.records_n = 1;
	return be_store_act(st, &a);
}

/* First device 0x91 with session 0x51 takes a card; then these. */
static const struct {
	struct try t;
	enum cb_err want;
} seconds[] = {
	/* its own again, at once */
	{ { 0x11, 0x91, 0x52, false }, CB_OK },
	{ { 0x12, 0x91, 0x52, false }, CB_OK },
	/* another device */
	{ { 0x11, 0x92, 0x52, false }, CB_E_BUSY },
	{ { 0x12, 0x92, 0x52, false }, CB_E_BUSY },
	/* which asks for it, of a card that allows it, and of one that does
	 * not */
	{ { 0x11, 0x92, 0x52, true }, CB_OK },
	{ { 0x12, 0x92, 0x52, true }, CB_E_BUSY },
};

START_TEST(a_lease_is_one_sessions)
{
	const struct try *t = &seconds[_i].t;
	struct try first = { t->card, 0x91, 0x51, false };
	struct be_lease_change l;
	struct be_lease now;
	struct rig g;
	const bool taken = seconds[_i].want == CB_OK;

	rig_init(&g);
	ck_assert_int_eq(change(g.st, &first, &l, 0), CB_OK);
	ck_assert_uint_eq(l.fence, 1);
	ck_assert(!l.had);
	ck_assert_int_eq(write_card(g.st, &first, 1), CB_OK);
	ck_assert_int_eq(change(g.st, t, &l, 0), seconds[_i].want);
	ck_assert(l.had);
	ck_assert_mem_eq(l.had_device, id(0x91), WIRE_ID);
	ck_assert_mem_eq(l.had_session, id(0x51), WIRE_ID);
	ck_assert_int_eq(
	    write_card(g.st, &first, 1), taken ? CB_E_BUSY : CB_OK);
	ck_assert_int_eq(
	    write_card(g.st, t, 2), taken ? CB_OK : CB_E_BUSY);
	ck_assert_int_eq(
	    be_store_lease(g.st, id(t->card), &now, NULL), CB_OK);
	ck_assert_uint_eq(now.fence, taken ? 2 : 1);
	ck_assert(now.held);
	ck_assert_mem_eq(now.session, id(taken ? 0x52 : 0x51), WIRE_ID);
	rig_clear(&g);
}
END_TEST

START_TEST(what_is_given_back_is_free)
{
	const struct try first = { 0x12, 0x91, 0x51, false };
	const struct try other = { 0x12, 0x92, 0x52, false };
	struct be_lease_change l;
	struct be_lease now;
	struct rig g;

	rig_init(&g);
	ck_assert_int_eq(be_store_lease(g.st, id(0x12), &now, NULL), CB_OK);
	ck_assert_uint_eq(now.fence, 0);
	ck_assert(!now.held);
	ck_assert_int_eq(
	    be_store_lease(g.st, id(0x13), &now, NULL), CB_E_ABSENT);
	ck_assert_int_eq(change(g.st, &first, &l, 0), CB_OK);
	/* not by another, nor by a number of before */
	ck_assert_int_eq(change(g.st, &other, &l, 1), CB_E_BUSY);
	ck_assert_int_eq(change(g.st, &first, &l, 2), CB_E_BUSY);
	ck_assert_int_eq(change(g.st, &first, &l, 1), CB_OK);
	ck_assert_uint_eq(l.fence, 2);
	/* what it sent before and comes now */
	ck_assert_int_eq(write_card(g.st, &first, 1), CB_E_BUSY);
	ck_assert_int_eq(write_card(g.st, &first, 2), CB_E_BUSY);
	ck_assert_int_eq(change(g.st, &other, &l, 0), CB_OK);
	ck_assert_uint_eq(l.fence, 3);
	ck_assert(!l.had);
	rig_clear(&g);
}
END_TEST

static enum cb_err
count(void *ctx, const struct be_lease *lease)
{
	unsigned *n = ctx;

	ck_assert(lease->held);
	++*n;
	return CB_OK;
}

static unsigned
sessions(struct rig *g, const uint8_t *organisation, const uint8_t *after,
    size_t limit)
{
	unsigned n = 0;

	ck_assert_int_eq(be_store_sessions(g->st, organisation, after, limit,
			     count, &n, NULL),
	    CB_OK);
	return n;
}

START_TEST(sessions_are_listed_while_there_are)
{
	static const struct try t[] = {
		{ 0x11, 0x91, 0x51, false },
		{ 0x12, 0x91, 0x52, false },
	};
	struct be_lease_change l;
	struct rig g;

	rig_init(&g);
	ck_assert_uint_eq(sessions(&g, id(1), NULL, 10), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(change(g.st, &t[i], &l, 0), CB_OK);
	ck_assert_uint_eq(sessions(&g, id(1), NULL, 10), 2);
	ck_assert_uint_eq(sessions(&g, id(2), NULL, 10), 0);
	ck_assert_uint_eq(sessions(&g, id(1), NULL, 1), 1);
	ck_assert_uint_eq(sessions(&g, id(1), id(0x11), 10), 1);
	ck_assert_int_eq(be_store_sessions(g.st, id(1), NULL, BE_PAGE_MAX + 1,
			     count, NULL, NULL),
	    CB_E_ARG);
	ck_assert_int_eq(change(g.st, &t[0], &l, 1), CB_OK);
	ck_assert_uint_eq(sessions(&g, id(1), NULL, 10), 1);
	rig_clear(&g);
}
END_TEST

static enum cb_err
find(struct rig *g, uint8_t organisation, uint8_t device, uint8_t session,
    struct be_lease *out)
{
	return be_store_session(
	    g->st, id(organisation), id(device), id(session), out, NULL);
}

START_TEST(a_session_is_found_by_its_id)
{
	static const struct try t[] = {
		{ 0x11, 0x91, 0x51, false },
		{ 0x12, 0x91, 0x52, false },
	};
	struct be_lease_change l;
	struct be_lease found;
	struct rig g;

	rig_init(&g);
	ck_assert_int_eq(find(&g, 1, 0x91, 0x51, &found), CB_E_ABSENT);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(change(g.st, &t[i], &l, 0), CB_OK);
	ck_assert_int_eq(find(&g, 1, 0x91, 0x52, &found), CB_OK);
	ck_assert_mem_eq(found.card, id(0x12), WIRE_ID);
	ck_assert_uint_eq(found.fence, l.fence);
	ck_assert(found.held);
	/* nobody else's is one's own */
	ck_assert_int_eq(find(&g, 1, 0x92, 0x52, &found), CB_E_ABSENT);
	ck_assert_int_eq(find(&g, 2, 0x91, 0x52, &found), CB_E_ABSENT);
	ck_assert_int_eq(change(g.st, &t[1], &l, l.fence), CB_OK);
	ck_assert_int_eq(find(&g, 1, 0x91, 0x52, &found), CB_E_ABSENT);
	rig_clear(&g);
}
END_TEST

/* An act of a person that changes a card's records. */
static enum cb_err
order(struct be_store *st, uint8_t session, uint64_t fence)
{
	const struct be_record_change c = { "r", cb_span_str("o"), false };
	struct be_act a = act_command(id(0x11), id(0x91), id(session), fence);

	a.kind = BE_ADMIN;
	if (session == 0)
		a.device = a.session = NULL;
	a.records = &c;
	a.records_n = 1;
	return be_store_act(st, &a);
}

START_TEST(people_change_no_card_in_use)
{
	const struct try t = { 0x11, 0x91, 0x51, false };
	struct be_lease_change l;
	struct be_lease now;
	struct rig g;

	rig_init(&g);
	/* of two that saw the same card one is late */
	ck_assert_int_eq(order(g.st, 0, 0), CB_OK);
	ck_assert_int_eq(order(g.st, 0, 0), CB_E_BUSY);
	ck_assert_int_eq(order(g.st, 0, 1), CB_OK);
	ck_assert_int_eq(be_store_lease(g.st, id(0x11), &now, NULL), CB_OK);
	ck_assert(!now.held);
	ck_assert_uint_eq(now.fence, 2);
	/* a session sees what was ordered before it */
	ck_assert_int_eq(change(g.st, &t, &l, 0), CB_OK);
	ck_assert_uint_eq(l.fence, 3);
	ck_assert_int_eq(order(g.st, 0, 2), CB_E_BUSY);
	ck_assert_int_eq(order(g.st, 0, 3), CB_E_BUSY);
	ck_assert_int_eq(order(g.st, 0x52, 3), CB_E_BUSY);
	ck_assert_int_eq(write_card(g.st, &t, 3), CB_OK);
	/* the one that has the card may, and goes on */
	ck_assert_int_eq(order(g.st, 0x51, 3), CB_OK);
	ck_assert_int_eq(write_card(g.st, &t, 3), CB_OK);
	ck_assert_int_eq(change(g.st, &t, &l, 3), CB_OK);
	ck_assert_int_eq(order(g.st, 0, 4), CB_OK);
	rig_clear(&g);
}
END_TEST

START_TEST(a_suspended_card_is_nobodys)
{
	const struct try t = { 0x11, 0x91, 0x51, false };
	struct be_lease_change l;
	struct rig g;

	rig_init(&g);
	for (int state = 2; state <= 3; state++) {
		sql_run(&g, state == 2 ? "UPDATE card SET state=2"
				       : "UPDATE card SET state=3");
		ck_assert_int_eq(change(g.st, &t, &l, 0), CB_E_DENIED);
	}
	sql_run(&g, "UPDATE card SET state=1");
	ck_assert_int_eq(change(g.st, &t, &l, 0), CB_OK);
	rig_clear(&g);
}
END_TEST

Suite *
store_lease_suite(void)
{
	Suite *s = suite_create("store_lease");
	TCase *tc = tcase_create("lease");

	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, a_lease_is_one_sessions, 0, COUNT(seconds));
	tcase_add_test(tc, what_is_given_back_is_free);
	tcase_add_test(tc, sessions_are_listed_while_there_are);
	tcase_add_test(tc, a_session_is_found_by_its_id);
	tcase_add_test(tc, people_change_no_card_in_use);
	tcase_add_test(tc, a_suspended_card_is_nobodys);
	suite_add_tcase(s, tc);
	return s;
}
