/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A store that is stopped for a while, and reads nothing meanwhile: no session
 * is lost, and no command begins that would fill its line.
 */
#include <string.h>

#include "tests/backend/worker/suites.h"

static uint64_t
post_apdu(const char *apdu)
{
	cb_buf_clear(&b.body);
	bridge_seal(&b, apdu);
	return bridge_post(&b);
}

/* One is stored before the card compares, and waited for by a thread; of one
 * given again there is an entry, for which nobody waits. */
static const struct {
	const char *apdu, *answer;
} sent[] = { { WRONG, "63C2" }, { VERIFY, "9000" } };

/* For many times as long as anybody waits. What was sent is done once it goes
 * on, and the session goes on as well. */
START_TEST(it_costs_no_session)
{
	struct cb_buf records = CB_BUF_INIT;
	unsigned before;
	uint64_t id;

	g.set.patience = 400;
	rig_restart(&g);
	bridge_select(&b);
	bridge_is(&b, VERIFY, "9000");
	before = rig_entries(&g, WIRE_VERIFY);
	rig_store_stop(&g);
	id = post_apdu(sent[_i].apdu);
	ck_assert(!rig_has(&g, id, 1000));
	/* the bridge, which the door has told to come again */
	id = bridge_post(&b);
	ck_assert(!rig_has(&g, id, 300));
	rig_store_go(&g);
	ck_assert_uint_eq(rig_wait(&g, id, &records), 0);
	ck_assert_str_eq(bridge_answer(&b, &records), sent[_i].answer);
	ck_assert_uint_eq(rig_entries(&g, WIRE_VERIFY), before + 1);
	bridge_is(&b, VERIFY, "9000");
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_END), 0);
	cb_buf_free(&records);
}
END_TEST

/* Bodies of sessions that are over, each of which is a question to the store. */
static void
fill_line(void)
{
	struct bridge lost = b;

	for (int i = 0; i < 40; i++) {
		memset(lost.session, 0x10 + i, WIRE_ID);
		(void)bridge_post(&lost);
	}
}

START_TEST(no_command_begins_before_a_line_that_nobody_reads)
{
	struct cb_buf answer = CB_BUF_INIT;
	unsigned begun = 0, good = 0;

	g.set.patience = 400;
	g.set.unsent = 1;
	rig_restart(&g);
	bridge_select(&b);
	bridge_is(&b, TRIES, "63C3");
	rig_store_stop(&g);
	fill_line();
	while (rig_wait(&g, post_apdu(TRIES), &answer) == 0) {
		ck_assert_str_eq(bridge_answer(&b, &answer), "63C3");
		ck_assert_uint_lt(begun++, 300);
	}
	/* code and outcome of the last */
	ck_assert_uint_eq(
	    rig_wait(&g, bridge_post(&b), &answer), CB_E_TIMEOUT);
	ck_assert_uint_gt(answer.n, 0);
	ck_assert_uint_eq(answer.p[0], WIRE_NOT_RUN);
	rig_store_go(&g);
	for (int i = 0; i < 500 && good == 0; i++) {
		cb_buf_clear(&answer);
		good += rig_wait(&g, bridge_post(&b), &answer) == 0;
		(void)rig_has(&g, 0xFFFF, good == 0 ? 10 : 0);
	}
	ck_assert_uint_eq(good, 1);
	ck_assert_str_eq(bridge_answer(&b, &answer), "63C3");
	bridge_is(&b, WRONG, "63C2");
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_END), 0);
	cb_buf_free(&answer);
}
END_TEST

Suite *
stopped_suite(void)
{
	Suite *s = suite_create("stopped");
	TCase *t = tcase_create("stopped");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, worker_setup, worker_teardown);
	tcase_add_loop_test(t, it_costs_no_session, 0, COUNT(sent));
	tcase_add_test(t, no_command_begins_before_a_line_that_nobody_reads);
	suite_add_tcase(s, t);
	return s;
}
