/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card that several programs share, over the wire: each connection is one
 * handle, and what one of them does the others are told.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bridge/call.h"

static struct bridge b;

static void
setup(void)
{
	bridge_init(&b);
	bridge_start(&b, two_readers);
}

static void
setup_impatient(void)
{
	bridge_init(&b);
	b.set.exchange_ms = 600;
	bridge_start(&b, two_readers);
}

static void
teardown(void)
{
	bridge_clear(&b);
}

/* ---- calls whose outcome is expected ------------------------------------ */

#define ck_outcome(call, want) \
	do { \
		struct br_shared s_; \
		ck_ok(call); \
		ck_assert_int_eq(s_.outcome, (want)); \
	} while (0)

#define CONNECT(c, mode) br_share_connect(c, "a", mode, ANY, &s_)
#define BEGIN(c) br_share_begin(c, &s_)
#define END(c, d) br_share_end(c, d, &s_)
#define STATUS(c) br_share_status(c, true, &s_)

static struct br_client *
handle(enum br_share_mode mode)
{
	struct br_client *c = dial(&b);

	ck_outcome(CONNECT(c, mode), BR_SHARE_OK);
	return c;
}

static struct br_client *
shared(void)
{
	return handle(BR_SHARE_SHARED);
}

/* Long enough for a call that does not wait to be over. */
#define SETTLE_MS 100

/* ---- handles ------------------------------------------------------------ */

START_TEST(a_handle_has_the_card_and_its_state)
{
	struct br_client *c = dial(&b);
	struct br_shared s;

	ck_ok(br_share_connect(c, "a", BR_SHARE_SHARED, ANY, &s));
	ck_assert_int_eq(s.outcome, BR_SHARE_OK);
	ck_assert(s.present && s.powered);
	ck_assert_uint_eq(s.protocol, BR_SHARE_T1);
	ck_assert_uint_eq(s.changes, 1);
	ck_assert_uint_eq(s.atr_n, sizeof(fake_atr));
	ck_assert_mem_eq(s.atr, fake_atr, s.atr_n);
	ck_assert_int_eq(works(c, 0), BR_SHARE_OK);
	ck_ok(br_share_disconnect(c, BR_LEAVE, &s));
	ck_assert_int_eq(s.outcome, BR_SHARE_OK);
	/* the connection serves again */
	ck_ok(br_share_connect(c, "b", BR_SHARE_EXCLUSIVE, ANY, &s));
	ck_assert_int_eq(s.outcome, BR_SHARE_OK);
	ck_assert_int_eq(works(c, 0), BR_SHARE_OK);
	br_close(&c);
	c = dial(&b);
	ck_err(br_share_connect(c, "nobody", BR_SHARE_SHARED, ANY, &s),
	    CB_E_ABSENT);
	ck_outcome(CONNECT(c, BR_SHARE_SHARED), BR_SHARE_OK);
	br_close(&c);
}
END_TEST

START_TEST(protocols_must_fit)
{
	struct br_client *c = dial(&b), *d = dial(&b);
	struct br_shared s;

	/* none, and one that is none */
	ck_ok(br_share_connect(c, "a", BR_SHARE_SHARED, 0, &s));
	ck_assert_int_eq(s.outcome, BR_SHARE_PROTOCOL);
	ck_err(br_share_connect(d, "a", BR_SHARE_SHARED, 8, &s), CB_E_PEER);
	br_close(&d);
	d = dial(&b);
	ck_ok(br_share_connect(c, "a", BR_SHARE_SHARED, BR_SHARE_T1, &s));
	ck_assert_int_eq(s.outcome, BR_SHARE_OK);
	/* what is in use must be among what the next one wants */
	ck_ok(br_share_connect(d, "a", BR_SHARE_SHARED, BR_SHARE_T0, &s));
	ck_assert_int_eq(s.outcome, BR_SHARE_PROTOCOL);
	/* directly it does not matter */
	ck_ok(br_share_connect(d, "a", BR_SHARE_DIRECT, 0, &s));
	ck_assert_int_eq(s.outcome, BR_SHARE_OK);
	ck_assert_uint_eq(s.protocol, BR_SHARE_T1);
	/* whoever names it gets it, and others have it, too */
	ck_ok(br_share_reconnect(
	    d, BR_SHARE_DIRECT, ANY | BR_SHARE_RAW, BR_LEAVE, &s));
	ck_assert_int_eq(s.outcome, BR_SHARE_OK);
	ck_assert_uint_eq(s.protocol, BR_SHARE_RAW);
	ck_assert_int_eq(works(c, 0), BR_SHARE_PROTOCOL);
	ck_ok(br_share_reconnect(c, BR_SHARE_SHARED, ANY, BR_RESET, &s));
	ck_assert_uint_eq(s.protocol, BR_SHARE_T1);
	ck_assert_int_eq(works(c, 0), BR_SHARE_OK);
	br_close(&c);
	br_close(&d);
}
END_TEST

START_TEST(exclusive_is_alone)
{
	struct br_client *c = handle(BR_SHARE_EXCLUSIVE), *d = dial(&b);
	struct br_shared s;

	ck_outcome(CONNECT(d, BR_SHARE_SHARED), BR_SHARE_VIOLATION);
	ck_outcome(CONNECT(d, BR_SHARE_DIRECT), BR_SHARE_VIOLATION);
	ck_outcome(END(c, BR_LEAVE), BR_SHARE_NOT_TRANSACTED);
	ck_ok(br_share_reconnect(c, BR_SHARE_SHARED, ANY, BR_LEAVE, &s));
	ck_assert_int_eq(s.outcome, BR_SHARE_OK);
	ck_outcome(CONNECT(d, BR_SHARE_SHARED), BR_SHARE_OK);
	/* upstream's clients would ask for ever */
	ck_ok(br_share_reconnect(c, BR_SHARE_EXCLUSIVE, ANY, BR_LEAVE, &s));
	ck_assert_int_eq(s.outcome, BR_SHARE_VIOLATION);
	br_close(&d);
	br_close(&c);
}
END_TEST

START_TEST(a_transaction_makes_others_wait_and_wakes_them)
{
	struct br_client *c = shared(), *d = shared(), *e = dial(&b);
	struct call begin, status, connect;
	struct br_shared s;
	uint64_t from;

	ck_outcome(BEGIN(c), BR_SHARE_OK);
	call_start(&begin, d, CALL_BEGIN);
	ck_assert(!over_within(&begin, SETTLE_MS));
	call_start(&connect, e, CALL_CONNECT);
	ck_assert(!over_within(&connect, SETTLE_MS));
	/* it goes on meanwhile */
	ck_assert_int_eq(works(c, 1), BR_SHARE_OK);
	from = now_us();
	ck_outcome(END(c, BR_LEAVE), BR_SHARE_OK);
	call_end(&begin, BR_SHARE_OK);
	ck_assert_uint_lt(now_us() - from, 50000 * slower());
	ck_assert(!over_within(&connect, SETTLE_MS));
	call_start(&status, c, CALL_STATUS);
	ck_assert(!over_within(&status, SETTLE_MS));
	/* at once it is a violation */
	ck_outcome(END(d, BR_LEAVE), BR_SHARE_OK);
	call_end(&connect, BR_SHARE_OK);
	call_end(&status, BR_SHARE_OK);
	ck_outcome(BEGIN(d), BR_SHARE_OK);
	ck_ok(br_share_status(e, false, &s));
	ck_assert_int_eq(s.outcome, BR_SHARE_VIOLATION);
	ck_outcome(END(e, BR_RESET), BR_SHARE_VIOLATION);
	ck_outcome(END(e, BR_LEAVE), BR_SHARE_VIOLATION);
	br_close(&c);
	br_close(&d);
	br_close(&e);
}
END_TEST

START_TEST(a_transaction_waits_for_a_running_command)
{
	struct br_client *c = shared(), *d = shared();
	struct call work = { .ms = 300 };
	uint64_t from = now_us();

	call_start(&work, c, CALL_WORK);
	usleep(50000);
	ck_outcome(BEGIN(d), BR_SHARE_OK);
	ck_assert_uint_ge(now_us() - from, 290000);
	call_end(&work, BR_SHARE_OK);
	br_close(&c);
	br_close(&d);
}
END_TEST

START_TEST(waiting_can_be_given_up)
{
	struct br_client *c = shared(), *d = shared();
	struct call begin;
	int i;

	ck_outcome(BEGIN(c), BR_SHARE_OK);
	for (i = 0; i < 20; i++) {
		call_start(&begin, d, CALL_BEGIN);
		if (i % 2 == 0)
			usleep(20000);
		/* before it waits there is nothing to give up */
		while (!over_within(&begin, 10))
			br_share_abort(d);
		call_end(&begin, BR_SHARE_CANCELLED);
	}
	/* a late word harms nobody */
	ck_outcome(END(c, BR_LEAVE), BR_SHARE_OK);
	br_share_abort(d);
	ck_outcome(BEGIN(d), BR_SHARE_OK);
	br_share_abort(d);
	ck_outcome(END(d, BR_LEAVE), BR_SHARE_OK);
	br_close(&c);
	br_close(&d);
}
END_TEST

/* First it waits behind another handle, then for the card itself, for longer
 * than a client takes silence for the end. */
START_TEST(who_waits_twice_hears_that_the_bridge_lives)
{
	static const enum what kinds[] = { CALL_CONNECT, CALL_RECONNECT,
		CALL_DISCONNECT };
	struct br_client *c = shared(), *d = shared(), *e;
	struct call work = { .ms = 1600 }, begin, call;

	e = kinds[_i] == CALL_CONNECT ? dial(&b) : shared();
	call_start(&work, c, CALL_WORK);
	usleep(50000);
	call_start(&begin, d, CALL_BEGIN);
	ck_assert(!over_within(&begin, SETTLE_MS));
	call_start(&call, e, kinds[_i]);
	ck_assert(!over_within(&call, SETTLE_MS));
	br_share_abort(d);
	call_end(&begin, BR_SHARE_CANCELLED);
	call_end(&call, BR_SHARE_OK);
	call_end(&work, BR_SHARE_OK);
	br_close(&c);
	br_close(&d);
	br_close(&e);
}
END_TEST

START_TEST(resets_are_told)
{
	struct br_client *c = shared(), *d = shared();
	struct br_shared s;

	ck_ok(br_share_reconnect(c, BR_SHARE_SHARED, ANY, BR_RESET, &s));
	ck_assert_int_eq(s.outcome, BR_SHARE_OK);
	ck_assert_int_eq(works(c, 0), BR_SHARE_OK);
	ck_assert_int_eq(works(d, 0), BR_SHARE_RESET);
	ck_outcome(BEGIN(d), BR_SHARE_RESET);
	ck_outcome(END(d, BR_LEAVE), BR_SHARE_RESET);
	ck_ok(br_share_status(d, true, &s));
	ck_assert_int_eq(s.outcome, BR_SHARE_RESET);
	ck_assert(s.present);
	ck_ok(br_share_reconnect(d, BR_SHARE_SHARED, ANY, BR_LEAVE, &s));
	ck_assert_int_eq(s.outcome, BR_SHARE_OK);
	ck_assert_int_eq(works(d, 0), BR_SHARE_OK);
	/* the end of a transaction tells its own handle, too */
	ck_outcome(BEGIN(d), BR_SHARE_OK);
	ck_outcome(END(d, BR_UNPOWER), BR_SHARE_OK);
	ck_assert_int_eq(works(c, 0), BR_SHARE_RESET);
	ck_assert_int_eq(works(d, 0), BR_SHARE_RESET);
	ck_ok(br_share_reconnect(c, BR_SHARE_SHARED, ANY, BR_LEAVE, &s));
	ck_assert(s.powered);
	ck_ok(br_share_disconnect(d, BR_RESET, &s));
	ck_assert_int_eq(works(c, 0), BR_SHARE_RESET);
	br_close(&c);
	br_close(&d);
}
END_TEST

/* All three are inside at once; the card is asked in order of arrival. */
START_TEST(no_command_slips_behind_a_reset)
{
	static const enum what resets[] = { CALL_RECONNECT, CALL_DISCONNECT };
	struct br_client *c = shared(), *d = shared(), *e = shared();
	struct call work = { .ms = 400 }, reset, late = { .ms = 0 };

	call_start(&work, c, CALL_WORK);
	usleep(50000);
	call_start(&reset, d, resets[_i]);
	ck_assert(!over_within(&reset, SETTLE_MS));
	call_start(&late, e, CALL_WORK);
	call_end(&work, BR_SHARE_OK);
	call_end(&reset, BR_SHARE_OK);
	call_end(&late, BR_SHARE_RESET);
	br_close(&c);
	br_close(&d);
	br_close(&e);
}
END_TEST

/* Who had the card for itself and goes without a word leaves it reset. */
START_TEST(an_owner_that_dies_frees_the_card)
{
	struct br_client *c = shared(), *d = shared();
	struct call begin;

	ck_outcome(BEGIN(c), BR_SHARE_OK);
	call_start(&begin, d, CALL_BEGIN);
	ck_assert(!over_within(&begin, SETTLE_MS));
	br_close(&c);
	call_end(&begin, BR_SHARE_RESET);
	br_close(&d);
	/* one of several just goes */
	c = shared();
	d = shared();
	br_close(&c);
	usleep(50000);
	ck_assert_int_eq(works(d, 0), BR_SHARE_OK);
	br_close(&d);
}
END_TEST

START_TEST(who_dies_waiting_is_forgotten)
{
	struct br_client *c = shared(), *d = shared(), *e = shared();
	struct call begin;
	const uint8_t frame[] = { 0, 0, 0, 0, 0, 51, 0, 77 };

	ck_outcome(BEGIN(c), BR_SHARE_OK);
	ck_assert_int_eq(write(br_fd(d), frame, sizeof(frame)),
	    (ssize_t)sizeof(frame));
	usleep(50000);
	call_start(&begin, e, CALL_BEGIN);
	ck_assert(!over_within(&begin, SETTLE_MS));
	br_close(&d);
	usleep(50000);
	ck_outcome(END(c, BR_LEAVE), BR_SHARE_OK);
	call_end(&begin, BR_SHARE_OK);
	br_close(&c);
	br_close(&e);
}
END_TEST

/* ---- cards that come and go ---------------------------------------------- */

static void
take_out(void)
{
	struct br_client *c = dial(&b);

	ck_ok(br_reader_eject(c, "a", NULL));
	br_close(&c);
}

static void
put_in(void)
{
	struct br_client *c = dial(&b);

	ck_ok(br_reader_insert(c, "a", NULL));
	br_close(&c);
}

/* Eject itself waits for the card: no reply is awaited. */
static void
pull(struct br_client *c)
{
	ck_assert_int_eq(write(br_fd(c), "\0\0\0\3\0\42\0\1\0\1a", 11), 11);
}

START_TEST(a_removed_card_is_told)
{
	struct br_client *c = shared(), *d = shared(), *e = dial(&b);
	struct call begin;
	struct br_shared s;

	ck_outcome(BEGIN(c), BR_SHARE_OK);
	call_start(&begin, d, CALL_BEGIN);
	ck_assert(!over_within(&begin, SETTLE_MS));
	take_out();
	call_end(&begin, BR_SHARE_REMOVED);
	ck_assert_int_eq(works(c, 0), BR_SHARE_REMOVED);
	ck_outcome(END(c, BR_LEAVE), BR_SHARE_REMOVED);
	ck_outcome(STATUS(c), BR_SHARE_REMOVED);
	ck_ok(br_share_reconnect(c, BR_SHARE_SHARED, ANY, BR_LEAVE, &s));
	ck_assert_int_eq(s.outcome, BR_SHARE_NO_CARD);
	ck_outcome(CONNECT(e, BR_SHARE_SHARED), BR_SHARE_NO_CARD);
	ck_ok(br_share_connect(e, "a", BR_SHARE_DIRECT, 0, &s));
	ck_assert_int_eq(s.outcome, BR_SHARE_OK);
	ck_assert(!s.present);
	put_in();
	/* the old handles are told until they connect again */
	ck_assert_int_eq(works(c, 0), BR_SHARE_REMOVED);
	ck_ok(br_share_reconnect(c, BR_SHARE_SHARED, ANY, BR_LEAVE, &s));
	ck_assert_int_eq(s.outcome, BR_SHARE_OK);
	ck_assert_uint_eq(s.changes, 3);
	ck_assert_int_eq(works(c, 0), BR_SHARE_OK);
	ck_assert_int_eq(works(d, 0), BR_SHARE_REMOVED);
	br_close(&c);
	br_close(&d);
	br_close(&e);
}
END_TEST

START_TEST(a_card_that_is_pulled_while_it_computes_is_told_at_once)
{
	struct br_client *c = shared(), *d = dial(&b);
	struct call work = { .ms = 2000 };
	struct br_shared s;
	uint64_t from;

	call_start(&work, c, CALL_WORK);
	usleep(100000);
	from = now_us();
	pull(d);
	call_end(&work, BR_SHARE_REMOVED);
	ck_assert_uint_lt(now_us() - from, 500000 * slower());
	/* the connection is in step */
	ck_ok(br_share_status(c, true, &s));
	ck_assert_int_eq(s.outcome, BR_SHARE_REMOVED);
	br_close(&c);
	br_close(&d);
}
END_TEST

START_TEST(who_comes_to_a_card_that_is_pulled_finds_none)
{
	static const enum what kinds[] = { CALL_CONNECT, CALL_RECONNECT };
	struct br_client *c = shared(), *d = dial(&b), *e;
	struct call work = { .ms = 700 }, call;

	e = kinds[_i] == CALL_CONNECT ? dial(&b) : shared();
	call_start(&work, c, CALL_WORK);
	usleep(50000);
	call_start(&call, e, kinds[_i]);
	ck_assert(!over_within(&call, SETTLE_MS));
	pull(d);
	call_end(&call, BR_SHARE_NO_CARD);
	call_end(&work, BR_SHARE_REMOVED);
	br_close(&c);
	br_close(&d);
	br_close(&e);
}
END_TEST

START_TEST(a_reader_that_is_removed_is_gone)
{
	struct br_client *c = shared(), *d = dial(&b);
	struct br_shared s;

	ck_ok(br_reader_remove(d, "a", NULL));
	ck_assert_int_eq(works(c, 0), BR_SHARE_GONE);
	ck_outcome(BEGIN(c), BR_SHARE_GONE);
	ck_outcome(STATUS(c), BR_SHARE_GONE);
	ck_ok(br_share_disconnect(c, BR_RESET, &s));
	ck_err(br_share_connect(c, "a", BR_SHARE_SHARED, ANY, &s),
	    CB_E_ABSENT);
	br_close(&c);
	br_close(&d);
}
END_TEST

/* The thread that had the card is still there. */
START_TEST(a_connection_may_ask_again_at_once)
{
	struct br_client *c = shared(), *d = attached(&b, "a", BR_ROAD_DIRECT);
	struct br_listed *list;
	struct br_shared s;
	uint8_t atr[CB_ATR_MAX];
	uint32_t comings;
	size_t n;

	ck_ok(br_share_disconnect(c, BR_LEAVE, &s));
	ck_outcome(CONNECT(c, BR_SHARE_EXCLUSIVE), BR_SHARE_OK);
	ck_assert_int_eq(works(c, 0), BR_SHARE_OK);
	ck_ok(br_share_disconnect(c, BR_RESET, &s));
	/* another reader, a request of another kind */
	ck_ok(br_share_connect(c, "b", BR_SHARE_SHARED, ANY, &s));
	ck_assert_int_eq(s.outcome, BR_SHARE_OK);
	ck_ok(br_share_disconnect(c, BR_LEAVE, &s));
	ck_ok(br_list(c, false, &list, &n, &comings));
	ck_assert_uint_eq(n, 2);
	free(list);
	/* a card that somebody else has taken meanwhile */
	ck_outcome(CONNECT(c, BR_SHARE_SHARED), BR_SHARE_OK);
	ck_ok(br_share_disconnect(c, BR_LEAVE, &s));
	ck_outcome(CONNECT(c, BR_SHARE_SHARED), BR_SHARE_OK);
	ck_ok(br_share_disconnect(c, BR_UNPOWER, &s));
	power_on(d);
	ck_outcome(CONNECT(c, BR_SHARE_SHARED), BR_SHARE_VIOLATION);
	ck_outcome(CONNECT(c, BR_SHARE_SHARED), BR_SHARE_VIOLATION);
	ck_ok(br_power(d, BR_POWER_OFF, atr, &n, NULL));
	ck_outcome(CONNECT(c, BR_SHARE_SHARED), BR_SHARE_OK);
	/* nonsense ends it */
	ck_ok(br_share_disconnect(c, BR_LEAVE, &s));
	ck_err(br_share_begin(c, &s), CB_E_PEER);
	br_close(&c);
	br_close(&d);
}
END_TEST

/* ---- other roads --------------------------------------------------------- */

START_TEST(the_roads_never_meet)
{
	struct br_client *p = attached(&b, "a", BR_ROAD_PCSC);
	struct br_client *c = shared(), *d = dial(&b), *w = dial(&b);
	struct br_target t = { .name = "a" };
	struct cb_why why = { "" };
	struct br_state state;
	struct br_shared s;
	uint8_t atr[CB_ATR_MAX];
	size_t n;

	ck_ok(br_watch(w, &t, BR_ROAD_PCSC, &state));
	ck_assert(!state.present);
	ck_err(br_power(p, BR_POWER_ON, atr, &n, &why), CB_E_BUSY);
	ck_assert_ptr_nonnull(strstr(why.text, "pid "));
	ck_ok(br_share_disconnect(c, BR_LEAVE, &s));
	ck_assert(news(w, &state, 1000));
	ck_assert(state.present);
	power_on(p);
	ck_outcome(CONNECT(d, BR_SHARE_SHARED), BR_SHARE_VIOLATION);
	ck_assert(!news(w, &state, SETTLE_MS));
	ck_ok(br_power(p, BR_POWER_OFF, atr, &n, NULL));
	ck_outcome(CONNECT(d, BR_SHARE_SHARED), BR_SHARE_OK);
	br_close(&p);
	br_close(&c);
	br_close(&d);
	br_close(&w);
}
END_TEST

/* Powered, reset: what a card says of itself (fake_link.c). */
static void
history(struct br_client *c, unsigned powered, unsigned reset)
{
	const uint8_t cmd[] = { 0x80, 4, 0, 0 };
	struct cb_buf rsp = CB_BUF_INIT;
	struct br_shared s;

	ck_ok(br_share_transmit(
	    c, BR_SHARE_T1, CB_SPAN_OF(cmd), &rsp, &s));
	ck_assert_int_eq(s.outcome, BR_SHARE_OK);
	ck_assert_uint_eq(rsp.n, 6);
	ck_assert_uint_eq(rsp.p[0], powered);
	ck_assert_uint_eq(rsp.p[1], reset);
	cb_buf_free(&rsp);
}

START_TEST(who_comes_soon_finds_the_card_as_it_was)
{
	struct br_client *c = shared(), *d;

	history(c, 1, 0);
	br_close(&c);
	usleep(20000);
	c = shared();
	history(c, 1, 0);
	br_close(&c);
	usleep(20000);
	/* but not on another road */
	d = attached(&b, "a", BR_ROAD_DIRECT);
	power_on(d);
	br_close(&d);
	usleep(20000);
	c = shared();
	history(c, 3, 0);
	br_close(&c);
}
END_TEST

/* ---- many ---------------------------------------------------------------- */

#define MANY 32
#define ROUNDS 60

static atomic_uint in_transaction;

/* Transactions and commands without; nobody is ever in the middle of another
 * one's transaction. */
static const char *
work(struct br_client *c)
{
	struct br_shared s;
	unsigned i;

	for (i = 0; i < ROUNDS; i++) {
		if (br_share_begin(c, &s) != CB_OK ||
		    s.outcome != BR_SHARE_OK)
			return "begin";
		if (atomic_fetch_add(&in_transaction, 1) != 0)
			return "two at a time";
		if (works(c, 0) != BR_SHARE_OK)
			return "transmit";
		if (atomic_fetch_sub(&in_transaction, 1) != 1)
			return "two at a time";
		if (br_share_end(c, BR_LEAVE, &s) != CB_OK ||
		    s.outcome != BR_SHARE_OK)
			return "end";
		if (works(c, 0) != BR_SHARE_OK)
			return "transmit outside";
	}
	return NULL;
}

struct worker {
	struct br_client *c;
	pthread_t thread;
	const char *what;
};

static void *
worker_main(void *arg)
{
	struct worker *w = arg;

	w->what = work(w->c);
	return NULL;
}

START_TEST(many_take_turns)
{
	struct worker w[MANY];
	unsigned i;

	atomic_init(&in_transaction, 0);
	for (i = 0; i < MANY; i++)
		w[i].c = shared();
	for (i = 0; i < MANY; i++)
		ck_assert_int_eq(pthread_create(
		    &w[i].thread, NULL, worker_main, &w[i]), 0);
	for (i = 0; i < MANY; i++) {
		pthread_join(w[i].thread, NULL);
		ck_assert_msg(w[i].what == NULL, "%s", w[i].what);
		br_close(&w[i].c);
	}
}
END_TEST

Suite *
shared_suite(void)
{
	Suite *s = suite_create("shared");
	TCase *t = tcase_create("shared");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, a_handle_has_the_card_and_its_state);
	tcase_add_test(t, protocols_must_fit);
	tcase_add_test(t, exclusive_is_alone);
	tcase_add_test(t, a_transaction_makes_others_wait_and_wakes_them);
	tcase_add_test(t, a_transaction_waits_for_a_running_command);
	tcase_add_test(t, waiting_can_be_given_up);
	tcase_add_test(t, resets_are_told);
	tcase_add_loop_test(t, no_command_slips_behind_a_reset, 0, 2);
	tcase_add_test(t, an_owner_that_dies_frees_the_card);
	tcase_add_test(t, who_dies_waiting_is_forgotten);
	tcase_add_test(t, a_removed_card_is_told);
	tcase_add_test(
	    t, a_card_that_is_pulled_while_it_computes_is_told_at_once);
	tcase_add_loop_test(
	    t, who_comes_to_a_card_that_is_pulled_finds_none, 0, 2);
	tcase_add_test(t, a_reader_that_is_removed_is_gone);
	tcase_add_test(t, a_connection_may_ask_again_at_once);
	tcase_add_test(t, the_roads_never_meet);
	tcase_add_test(t, who_comes_soon_finds_the_card_as_it_was);
	tcase_add_test(t, many_take_turns);
	suite_add_tcase(s, t);
	t = tcase_create("impatient");
	tcase_add_checked_fixture(t, setup_impatient, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(
	    t, who_waits_twice_hears_that_the_bridge_lives, 0, 3);
	suite_add_tcase(s, t);
	return s;
}
