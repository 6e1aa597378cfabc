/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Tickets: of which session, and for how long, on clocks of the test's own.
 */
#include <string.h>

#include "backend/vault/ticket.h"
#include "tests/backend/vault.h"

static const uint8_t organisation[WIRE_ID] = { 1 };
static const struct be_held session = { .session = { 2 }, .holder = { 3 },
	.card = { 4 } };
#define RUN { 6 }
static const struct be_ticket_when when = { 5000, 100, RUN };
static uint8_t ticket[BE_TICKET];

static void
setup(void)
{
	ck_assert_int_eq(be_ticket_make(backend_get()->ring, organisation,
			     &session, &when, ticket),
	    CB_OK);
}

static enum cb_err
check(uint64_t born, uint64_t tick)
{
	const struct be_ticket_when at = { tick, born, RUN };

	return be_ticket_check(
	    backend_get()->ring, organisation, &session, &at, ticket);
}

START_TEST(the_next_life_takes_it)
{
	ck_assert_int_eq(check(5001, 5001), CB_OK);
	ck_assert_int_eq(check(BE_HELD_MS, 5000 + BE_HELD_MS - 1), CB_OK);
	ck_assert_int_eq(check(6000, 6000 + BE_TICKETS_MS - 1), CB_OK);
}
END_TEST

static const struct {
	uint64_t born, tick;
} never[] = {
	{ 5000, 6000 },	/* in the life that made it */
	{ 1, 6000 },
	{ 5001, 4999 },	/* no clock goes back there */
	{ BE_HELD_MS, 5000 + BE_HELD_MS },	/* too late */
	{ 5001, 5001 + BE_TICKETS_MS },
};

START_TEST(at_another_time_nobody_does)
{
	ck_assert_int_eq(
	    check(never[_i].born, never[_i].tick), CB_E_DENIED);
}
END_TEST

/* Every bit of what it is of, and every bit of itself. */
START_TEST(another_session_has_another_ticket)
{
	struct backend *b = backend_get();
	struct be_ticket_when at = { 6000, 5001, RUN };
	struct {
		uint8_t organisation[WIRE_ID];
		struct be_held h;
		uint8_t ticket[BE_TICKET];
	} one;
	uint8_t *const of[] = { one.organisation, one.h.session, one.h.holder,
		one.h.card, at.run, one.ticket };

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		for (size_t bit = 0;
		     bit < (of[i] == one.ticket ? BE_TICKET : WIRE_ID) * 8;
		     bit++) {
			memcpy(one.organisation, organisation, WIRE_ID);
			one.h = session;
			memcpy(one.ticket, ticket, BE_TICKET);
			ck_assert_int_eq(be_ticket_check(b->ring,
					     one.organisation, &one.h, &at,
					     one.ticket),
			    CB_OK);
			of[i][bit / 8] ^= (uint8_t)(1 << bit % 8);
			ck_assert_int_eq(be_ticket_check(b->ring,
					     one.organisation, &one.h, &at,
					     one.ticket),
			    CB_E_DENIED);
			memcpy(at.run, when.run, WIRE_ID);
		}
}
END_TEST

/* ---- sessions that are held ---------------------------------------------- */

static struct be_helds all;
static struct be_rechecked told;

static void
held_setup(void)
{
	setup();
	be_helds_init(&all, 2);
}

static void
held_teardown(void)
{
	be_helds_clear(&all);
}

static const struct be_held *
held(void)
{
	return be_held_find(&all, organisation, 6000, session.session);
}

/* Of the session, but for one byte of one of its ids; in the next life, or
 * this one. */
static bool
recheck(bool may, uint64_t born, size_t other)
{
	const struct be_ticket_when at = { 6000, born, RUN };
	struct be_recheck asked = { .session = { 0 } };
	uint8_t *const of[] = { asked.session, asked.holder, asked.card };

	memcpy(asked.session, session.session, WIRE_ID);
	memcpy(asked.holder, session.holder, WIRE_ID);
	memcpy(asked.card, session.card, WIRE_ID);
	memcpy(asked.ticket, ticket, BE_TICKET);
	if (other < 3)
		of[other][9] ^= 1;
	ck_assert_int_eq(be_ticket_rechecked(&all, backend_get()->ring,
			     organisation, &asked, may, &at, &told),
	    CB_OK);
	return told.held;
}

static void
hold(uint64_t ms)
{
	struct be_held h = session;

	h.checked = 5000;
	h.ms = ms;
	ck_assert_int_eq(be_held_add(&all, organisation, &h), CB_OK);
}

#define SAME 3
#define NEXT 5001	/* born after the ticket was made */
#define THIS 100

START_TEST(a_session_is_taken_back_with_a_new_ticket)
{
	static const uint8_t none[BE_TICKET];

	ck_assert(recheck(true, NEXT, SAME));
	ck_assert_ptr_nonnull(held());
	ck_assert_uint_eq(held()->checked, 6000);
	ck_assert_uint_eq(held()->ms, BE_HELD_MS);
	ck_assert_mem_eq(held()->card, session.card, WIRE_ID);
	ck_assert_mem_eq(held()->holder, session.holder, WIRE_ID);
	ck_assert_mem_ne(told.ticket, ticket, BE_TICKET);
	/* by which the one after it takes it */
	memcpy(ticket, told.ticket, BE_TICKET);
	be_held_drop(&all, organisation, NULL);
	ck_assert(!recheck(true, NEXT, SAME));
	ck_assert_mem_eq(told.ticket, none, BE_TICKET);
	ck_assert_int_eq(check(6001, 6001), CB_OK);
}
END_TEST

START_TEST(nobody_else_s_is)
{
	ck_assert(!recheck(true, NEXT, (size_t)_i));
	ck_assert(be_held_none(&all));
	ck_assert(!recheck(true, THIS, SAME));
	ticket[BE_TICKET - 1] ^= 1;
	ck_assert(!recheck(true, NEXT, SAME));
	memset(ticket, 0, BE_TICKET);
	ck_assert(!recheck(true, NEXT, SAME));
	ck_assert(be_held_none(&all));
}
END_TEST

START_TEST(who_has_no_right_gets_and_keeps_none)
{
	ck_assert(!recheck(false, NEXT, SAME));
	ck_assert(be_held_none(&all));
	hold(BE_HELD_MS);
	/* another's word about it is nobody's */
	ck_assert(!recheck(false, THIS, 1));
	ck_assert_ptr_nonnull(held());
	ck_assert(!recheck(false, THIS, SAME));
	ck_assert_ptr_null(held());
}
END_TEST

/* It needs no ticket, and is held on from then; another holder's or card's
 * right keeps it no longer, nor does any what is open for an act. */
START_TEST(one_that_is_held_is_held_on)
{
	memset(ticket, 0, BE_TICKET);
	hold(BE_HELD_MS);
	for (size_t other = 1; other <= 2; other++) {
		ck_assert(!recheck(true, THIS, other));
		ck_assert_uint_eq(held()->checked, 5000);
	}
	ck_assert(recheck(true, THIS, SAME));
	ck_assert_uint_eq(held()->checked, 6000);
	hold(60000);
	ck_assert(!recheck(true, THIS, SAME));
	ck_assert_uint_eq(held()->checked, 5000);
	ck_assert_uint_eq(held()->ms, 60000);
}
END_TEST

START_TEST(a_worker_with_too_many_gets_none)
{
	struct be_held h = { .checked = 5000, .ms = BE_HELD_MS };

	for (unsigned n = 0; n < BE_HELD_MAX; n++) {
		h.session[0] = 9;
		h.session[1] = (uint8_t)n;
		h.session[2] = (uint8_t)(n >> 8);
		ck_assert_int_eq(be_held_add(&all, organisation, &h), CB_OK);
	}
	ck_assert(!recheck(true, NEXT, SAME));
}
END_TEST

START_TEST(another_backend_takes_it_not)
{
	struct be_ring_secrets secret = *backend_get()->ring->secret;
	struct be_ring other = *backend_get()->ring;
	const struct be_ticket_when at = { 6000, 5001, RUN };

	other.secret = &secret;
	secret.passcodes[0] ^= 1;
	ck_assert_int_eq(be_ticket_check(&other, organisation, &session, &at,
			     ticket),
	    CB_E_DENIED);
	memset(ticket, 0, sizeof(ticket));
	ck_assert_int_eq(check(5001, 5001), CB_E_DENIED);
}
END_TEST

Suite *
ticket_suite(void)
{
	Suite *s = suite_create("ticket");
	TCase *t = tcase_create("ticket");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, the_next_life_takes_it);
	tcase_add_loop_test(t, at_another_time_nobody_does, 0,
	    (int)(sizeof(never) / sizeof(never[0])));
	tcase_add_test(t, another_session_has_another_ticket);
	tcase_add_test(t, another_backend_takes_it_not);
	suite_add_tcase(s, t);
	t = tcase_create("held");
	tcase_add_checked_fixture(t, held_setup, held_teardown);
	tcase_add_test(t, a_session_is_taken_back_with_a_new_ticket);
	tcase_add_loop_test(t, nobody_else_s_is, 0, SAME);
	tcase_add_test(t, who_has_no_right_gets_and_keeps_none);
	tcase_add_test(t, one_that_is_held_is_held_on);
	tcase_add_test(t, a_worker_with_too_many_gets_none);
	suite_add_tcase(s, t);
	return s;
}
