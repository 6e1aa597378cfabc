/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Tickets: of which session, and for how long, on clocks of the test's own.
 */
#include <string.h>

#include "backend/vault/ticket.h"
#include "tests/backend/vault.h"

#define HOURS_S (BE_HELD_MS / 1000)

static const uint8_t organisation[WIRE_ID] = { 1 };
static const struct be_held session = { .session = { 2 }, .holder = { 3 },
	.card = { 4 } };
static const struct be_ticket_when when = { 5000, 1800000000 };
static uint8_t ticket[BE_TICKET];

static void
setup(void)
{
	ck_assert_int_eq(be_ticket_make(backend_get()->ring, organisation,
			     &session, &when, ticket),
	    CB_OK);
}

static enum cb_err
check(uint64_t born, uint64_t tick, int64_t now)
{
	const struct be_ticket_when at = { tick, now };

	return be_ticket_check(backend_get()->ring, organisation, &session,
	    ticket, born, &at);
}

START_TEST(the_next_life_takes_it)
{
	ck_assert_int_eq(check(5001, 5001, when.now), CB_OK);
	ck_assert_int_eq(check(9000, 5000 + BE_HELD_MS - 1,
			     when.now + (int64_t)HOURS_S - 1),
	    CB_OK);
}
END_TEST

static const struct {
	uint64_t born, tick;
	int64_t now;
} never[] = {
	{ 5000, 6000, 1800000001 },	/* in the life that made it */
	{ 1, 6000, 1800000001 },
	{ 5001, 4999, 1800000001 },	/* the machine started anew */
	{ 5001, 5000 + BE_HELD_MS, 1800000001 },	/* too late, by either */
	{ 5001, 6000, 1800000000 + (int64_t)HOURS_S },
	{ 5001, 6000, 1799999999 },	/* a clock that was put back */
	{ 5001, 6000, -1 },
};

START_TEST(at_another_time_nobody_does)
{
	ck_assert_int_eq(
	    check(never[_i].born, never[_i].tick, never[_i].now),
	    CB_E_DENIED);
}
END_TEST

/* Every bit of what it is of, and every bit of itself. */
START_TEST(another_session_has_another_ticket)
{
	struct backend *b = backend_get();
	const struct be_ticket_when at = { 6000, when.now };
	struct {
		uint8_t organisation[WIRE_ID];
		struct be_held h;
		uint8_t ticket[BE_TICKET];
	} all;
	uint8_t *const of[] = { all.organisation, all.h.session, all.h.holder,
		all.h.card, all.ticket };

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		for (size_t bit = 0;
		     bit < (of[i] == all.ticket ? BE_TICKET : WIRE_ID) * 8;
		     bit++) {
			memcpy(all.organisation, organisation, WIRE_ID);
			all.h = session;
			memcpy(all.ticket, ticket, BE_TICKET);
			ck_assert_int_eq(be_ticket_check(b->ring,
					     all.organisation, &all.h,
					     all.ticket, 5001, &at),
			    CB_OK);
			of[i][bit / 8] ^= (uint8_t)(1 << bit % 8);
			ck_assert_int_eq(be_ticket_check(b->ring,
					     all.organisation, &all.h,
					     all.ticket, 5001, &at),
			    CB_E_DENIED);
		}
}
END_TEST

START_TEST(another_backend_takes_it_not)
{
	struct be_ring_secrets secret = *backend_get()->ring->secret;
	struct be_ring other = *backend_get()->ring;

	other.secret = &secret;
	secret.passcodes[0] ^= 1;
	ck_assert_int_eq(be_ticket_check(&other, organisation, &session,
			     ticket, 5001, &when),
	    CB_E_DENIED);
	memset(ticket, 0, sizeof(ticket));
	ck_assert_int_eq(check(5001, 5001, when.now), CB_E_DENIED);
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
	return s;
}
