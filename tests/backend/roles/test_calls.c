/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Calls: each thread gets the answer to what it asked, in whatever order they
 * come; and none waits longer than it wants to.
 */
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/calls.h"
#include "tests/backend/roles/suites.h"

static struct be_channel *ours, *theirs;
static struct be_calls *calls;

static void
open_both(void)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(be_channel_new(&ours, ends[0]), CB_OK);
	ck_assert_int_eq(be_channel_new(&theirs, ends[1]), CB_OK);
	ck_assert_int_eq(be_calls_new(&calls, ours), CB_OK);
}

static void
close_both(void)
{
	be_calls_free(&calls);
	be_channel_free(&ours);
	be_channel_free(&theirs);
}

/* One round of a loop: false, nothing came for that long. */
static bool
turn(struct be_channel *ch, int ms)
{
	struct pollfd p = { be_channel_fd(ch), POLLIN, 0 };

	if (poll(&p, 1, ms) <= 0)
		return false;
	ck_assert_int_eq(be_channel_read(ch), CB_OK);
	return true;
}

/* A thread that asks for one thing again and again. */
struct asker {
	pthread_t thread;
	uint16_t type;
	unsigned times, timeout_ms;
	unsigned good;
	enum cb_err last;
	uint16_t code;
};

static void *
ask(void *arg)
{
	struct asker *a = arg;
	struct cb_buf answer = CB_BUF_INIT;
	uint8_t what[4];

	for (unsigned i = 0; i < a->times; i++) {
		memcpy(what, &i, sizeof(what));
		cb_buf_clear(&answer);
		a->last = be_call(calls, a->type, CB_SPAN_OF(what),
		    a->timeout_ms, &a->code, &answer);
		/* an answer says the type and what was asked */
		if (a->last == CB_OK && answer.n == 5 &&
		    answer.p[0] == a->type &&
		    memcmp(answer.p + 1, what, sizeof(what)) == 0)
			a->good++;
	}
	cb_buf_free(&answer);
	return NULL;
}

static void
start(struct asker *a, uint16_t type, unsigned times, unsigned timeout_ms)
{
	*a = (struct asker){ .type = type, .times = times,
		.timeout_ms = timeout_ms };
	ck_assert_int_eq(pthread_create(&a->thread, NULL, ask, a), 0);
}

static void
reply(const struct be_message *m)
{
	uint8_t body[5] = { (uint8_t)m->type };
	struct be_message answer = { m->type, (uint16_t)(100 + m->type), true,
		m->id, CB_SPAN_OF(body) };

	ck_assert_uint_eq(m->body.n, 4);
	memcpy(body + 1, m->body.p, 4);
	ck_assert_int_eq(be_channel_send(theirs, &answer), CB_OK);
}

enum { ASKERS = 5, TIMES = 400 };

/* The other role collects what is asked and answers the last first. */
START_TEST(everybody_gets_his_answer)
{
	struct asker askers[ASKERS];
	struct be_message m, kept[ASKERS];
	uint8_t bodies[ASKERS][4];
	size_t n = 0, answered = 0;

	for (int i = 0; i < ASKERS; i++)
		start(&askers[i], (uint16_t)(i + 1), TIMES, 30000);
	while (answered < (size_t)ASKERS * TIMES) {
		(void)turn(theirs, 1);
		while (n < ASKERS && be_channel_next(theirs, &m) == CB_OK) {
			memcpy(bodies[n], m.body.p, 4);
			kept[n] = m;
			kept[n].body.p = bodies[n];
			n++;
		}
		while (n > 0)
			reply(&kept[--n]);
		(void)turn(ours, 1);
		while (be_channel_next(ours, &m) == CB_OK) {
			ck_assert_int_eq(be_calls_answer(calls, &m), CB_OK);
			answered++;
		}
	}
	for (int i = 0; i < ASKERS; i++) {
		ck_assert_int_eq(pthread_join(askers[i].thread, NULL), 0);
		ck_assert_uint_eq(askers[i].good, TIMES);
		ck_assert_int_eq(askers[i].code, 101 + i);
	}
}
END_TEST

START_TEST(nobody_waits_for_ever)
{
	struct asker a;
	struct be_message m;

	start(&a, 1, 1, 50);
	ck_assert_int_eq(pthread_join(a.thread, NULL), 0);
	ck_assert_int_eq(a.last, CB_E_TIMEOUT);
	/* the answer comes too late, and harms nobody */
	ck_assert(turn(theirs, 10000));
	ck_assert_int_eq(be_channel_next(theirs, &m), CB_OK);
	reply(&m);
	ck_assert(turn(ours, 10000));
	ck_assert_int_eq(be_channel_next(ours, &m), CB_OK);
	ck_assert_int_eq(be_calls_answer(calls, &m), CB_OK);
}
END_TEST

/* A role that was taken over answers what nobody asked, or something else. */
START_TEST(other_answers_are_noticed)
{
	struct be_message wrong = { 1, 0, true, 12345, { NULL, 0 } }, m;
	struct asker a;

	ck_assert_int_eq(be_calls_answer(calls, &wrong), CB_E_PEER);
	start(&a, 1, 1, 30000);
	ck_assert(turn(theirs, 10000));
	ck_assert_int_eq(be_channel_next(theirs, &m), CB_OK);
	wrong = (struct be_message){ 2, 0, true, m.id, { NULL, 0 } };
	ck_assert_int_eq(be_calls_answer(calls, &wrong), CB_E_PEER);
	be_calls_channel(calls, NULL);
	ck_assert_int_eq(pthread_join(a.thread, NULL), 0);
	ck_assert_int_eq(a.last, CB_E_PEER);
}
END_TEST

START_TEST(a_role_that_dies_ends_the_waiting)
{
	struct asker askers[3], late;

	for (uint16_t i = 0; i < 3; i++)
		start(&askers[i], (uint16_t)(i + 1), 1, 30000);
	while (turn(theirs, 100))
		;
	be_calls_channel(calls, NULL);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(pthread_join(askers[i].thread, NULL), 0);
		ck_assert_int_eq(askers[i].last, CB_E_PEER);
	}
	/* who asks now is told at once */
	start(&late, 1, 1, 30000);
	ck_assert_int_eq(pthread_join(late.thread, NULL), 0);
	ck_assert_int_eq(late.last, CB_E_PEER);
}
END_TEST

/* ---- nobody waits -------------------------------------------------------- */

enum { LATERS = 5 };
static struct told {
	struct be_later later;
	unsigned times;
	enum cb_err r;
	uint16_t code;
	uint8_t body[5];
} tolds[LATERS];

static void
on_told(void *ctx, enum cb_err r, uint16_t code, struct cb_span answer)
{
	struct told *t = ctx;

	t->times++;
	t->r = r;
	t->code = code;
	if (answer.n == sizeof(t->body))
		memcpy(t->body, answer.p, answer.n);
}

static void
ask_later(int i, uint64_t until)
{
	const uint8_t what[4] = { (uint8_t)i, 2, 3, 4 };

	memset(&tolds[i], 0, sizeof(tolds[i]));
	ck_assert_int_eq(be_call_later(calls, &tolds[i].later,
			     (uint16_t)(i + 1), CB_SPAN_OF(what), until,
			     on_told, &tolds[i]),
	    CB_OK);
}

static void
ask_all_later(void)
{
	for (int i = 0; i < LATERS; i++)
		ask_later(i, 1000 + (uint64_t)i);
}

static void
answer_later(int i)
{
	uint8_t body[5] = { (uint8_t)(i + 1), (uint8_t)i, 2, 3, 4 };
	const struct be_message m = { (uint16_t)(i + 1), 7, true,
		tolds[i].later.id, CB_SPAN_OF(body) };

	ck_assert_int_eq(be_calls_answer(calls, &m), CB_OK);
}

START_TEST(who_goes_on_later_is_told_once)
{
	static const int order[LATERS] = { 2, 4, 0, 1, 3 };

	ask_all_later();
	for (int i = 0; i < LATERS; i++) {
		const int at = order[i];

		ck_assert_uint_eq(tolds[at].times, 0);
		answer_later(at);
		ck_assert_uint_eq(tolds[at].times, 1);
		ck_assert_int_eq(tolds[at].r, CB_OK);
		ck_assert_int_eq(tolds[at].code, 7);
		ck_assert_int_eq(tolds[at].body[0], at + 1);
		answer_later(at);	/* too late, and harms nobody */
		ck_assert_uint_eq(tolds[at].times, 1);
	}
	ck_assert_uint_eq(be_calls_due(calls, 5000), UINT64_MAX);
	/* the list can be used again */
	ask_later(0, 1000);
	answer_later(0);
	ck_assert_uint_eq(tolds[0].times, 1);
}
END_TEST

START_TEST(who_goes_on_later_has_its_time)
{
	ask_all_later();
	ck_assert_uint_eq(be_calls_due(calls, 999), 1000);
	ck_assert_uint_eq(be_calls_due(calls, 1001), 1002);
	for (int i = 0; i < LATERS; i++) {
		ck_assert_uint_eq(tolds[i].times, i < 2);
		ck_assert_int_eq(
		    tolds[i].r, i < 2 ? CB_E_TIMEOUT : CB_OK);
	}
	answer_later(0);
	ck_assert_uint_eq(tolds[0].times, 1);
	be_calls_channel(calls, NULL);
	for (int i = 0; i < LATERS; i++) {
		ck_assert_uint_eq(tolds[i].times, 1);
		ck_assert_int_eq(
		    tolds[i].r, i < 2 ? CB_E_TIMEOUT : CB_E_PEER);
	}
	ck_assert_int_eq(be_call_later(calls, &tolds[0].later, 1,
			     CB_SPAN_EMPTY, 1000, on_told, &tolds[0]),
	    CB_E_PEER);
	ck_assert_uint_eq(tolds[0].times, 1);
}
END_TEST

START_TEST(what_goes_on_later_is_not_told_something_else)
{
	struct be_message wrong = { 2, 0, true, 0, { NULL, 0 } };

	ask_later(0, 1000);
	wrong.id = tolds[0].later.id;
	ck_assert_int_eq(be_calls_answer(calls, &wrong), CB_E_PEER);
	ck_assert_uint_eq(tolds[0].times, 0);
}
END_TEST

/* What is asked is kept only so far as the channel does not break of it; there
 * is room again when the other end reads. */
START_TEST(who_does_not_read_is_not_asked)
{
	static uint8_t much[BE_BODY_MAX];
	static struct told all[2 * BE_CALLS_UNSENT / BE_BODY_MAX];
	struct cb_buf answer = CB_BUF_INIT;
	struct be_message m;
	uint16_t code;
	unsigned n = 0, got = 0;
	enum cb_err r;

	while ((r = be_call_later(calls, &all[n].later, 1, CB_SPAN_OF(much),
		    1000, on_told, &all[n])) == CB_OK)
		ck_assert_uint_lt(++n, sizeof(all) / sizeof(all[0]));
	ck_assert_int_eq(r, CB_E_BUSY);
	ck_assert_uint_ge(n, 7);
	ck_assert_int_eq(be_call(calls, 1, CB_SPAN_OF(much), 30000, &code,
			     &answer),
	    CB_E_BUSY);
	while (got < n) {
		ck_assert_int_eq(be_channel_flush(ours), CB_OK);
		ck_assert(turn(theirs, 5000));
		while (be_channel_next(theirs, &m) == CB_OK)
			got++;
	}
	ask_later(0, 1000);
	be_calls_channel(calls, NULL);
	ck_assert_int_eq(tolds[0].r, CB_E_PEER);
	for (unsigned i = 0; i < n; i++)
		ck_assert_uint_eq(all[i].times, 1);
	cb_buf_free(&answer);
}
END_TEST

Suite *
calls_suite(void)
{
	Suite *s = suite_create("calls");
	TCase *tc = tcase_create("calls");

	tcase_add_checked_fixture(tc, open_both, close_both);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, everybody_gets_his_answer);
	tcase_add_test(tc, nobody_waits_for_ever);
	tcase_add_test(tc, other_answers_are_noticed);
	tcase_add_test(tc, a_role_that_dies_ends_the_waiting);
	tcase_add_test(tc, who_goes_on_later_is_told_once);
	tcase_add_test(tc, who_goes_on_later_has_its_time);
	tcase_add_test(tc, what_goes_on_later_is_not_told_something_else);
	tcase_add_test(tc, who_does_not_read_is_not_asked);
	suite_add_tcase(s, tc);
	return s;
}
