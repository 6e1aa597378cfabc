/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Two roads to one reader: never both, and pcscd sees no card that another
 * has.
 */
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "bridge/protocol.h"
#include "bridge/sock.h"
#include "tests/bridge/harness.h"

static struct bridge b;

static void
setup(void)
{
	bridge_init(&b);
	bridge_start(&b, two_readers);
}

static void
teardown(void)
{
	bridge_clear(&b);
}

static struct br_client *
watching(const char *name, enum br_road road, struct br_state *state)
{
	struct br_client *w = dial(&b);
	struct br_target t = { .name = name };

	ck_ok(br_watch(w, &t, road, state));
	return w;
}

START_TEST(while_pcscd_has_it_others_are_told_who)
{
	struct br_client *p = attached(&b, "a", BR_ROAD_PCSC);
	struct br_client *d = attached(&b, "a", BR_ROAD_DIRECT);
	struct cb_why why = { "" };
	struct br_state state;
	struct br_client *w = watching("a", BR_ROAD_DIRECT, &state);
	uint8_t atr[CB_ATR_MAX];
	size_t n;
	enum cb_err e;

	power_on(p);
	ck_err(br_power(d, BR_POWER_ON, atr, &n, &why), CB_E_BUSY);
	ck_assert_ptr_nonnull(strstr(why.text, "pid "));
	ck_assert_uint_eq(send_apdu(d, &e, 4, 0, 0xa4, 4, 0), 0);
	ck_err(e, CB_E_ARG);
	/* its card is there all the same */
	ck_assert(state.present);
	ck_assert(!news(w, &state, 50));
	/* the other reader is free */
	br_close(&d);
	d = attached(&b, "b", BR_ROAD_DIRECT);
	power_on(d);
	ck_ok(br_power(p, BR_POWER_OFF, atr, &n, NULL));
	br_close(&d);
	d = attached(&b, "a", BR_ROAD_DIRECT);
	power_on(d);
	br_close(&d);
	br_close(&p);
	br_close(&w);
}
END_TEST

START_TEST(while_another_has_it_pcscd_sees_no_card)
{
	struct br_client *d = attached(&b, "a", BR_ROAD_DIRECT);
	struct br_client *p = attached(&b, "a", BR_ROAD_PCSC);
	struct br_state state;
	struct br_client *w = watching("a", BR_ROAD_PCSC, &state);
	uint8_t atr[CB_ATR_MAX];
	uint32_t changes = state.changes;
	uint64_t stamp = state.stamp_ns;
	size_t n;

	ck_assert(state.present);
	power_on(d);
	ck_assert(news(w, &state, 1000));
	ck_assert(state.known && !state.present);
	ck_assert_uint_eq(state.changes, changes + 1);
	ck_assert_uint_gt(state.stamp_ns, stamp);
	ck_assert_uint_eq(state.max_apdu, 256);
	ck_err(br_power(p, BR_POWER_ON, atr, &n, NULL), CB_E_BUSY);
	br_close(&d);
	ck_assert(news(w, &state, 1000));
	ck_assert(state.present);
	ck_assert_uint_eq(state.changes, changes + 2);
	power_on(p);
	/* pcscd's own use is no change to it */
	ck_assert(!news(w, &state, 50));
	br_close(&p);
	ck_assert(!news(w, &state, 50));
	br_close(&w);
}
END_TEST

START_TEST(a_second_connection_of_one_road_is_refused_too)
{
	struct br_client *one = attached(&b, "a", BR_ROAD_PCSC);
	struct br_client *two = attached(&b, "a", BR_ROAD_PCSC);
	uint8_t atr[CB_ATR_MAX];
	size_t n;

	power_on(one);
	ck_err(br_power(two, BR_POWER_ON, atr, &n, NULL), CB_E_BUSY);
	/* the first one may power it again: a reset */
	power_on(one);
	br_close(&one);
	br_close(&two);
}
END_TEST

START_TEST(an_ejected_card_is_free_for_the_other_road)
{
	struct br_client *p = attached(&b, "a", BR_ROAD_PCSC);
	struct br_client *d = attached(&b, "a", BR_ROAD_DIRECT);
	struct br_client *admin = dial(&b);
	uint8_t atr[CB_ATR_MAX];
	size_t n;
	enum cb_err e;

	power_on(p);
	ck_ok(br_reader_eject(admin, "a", NULL));
	ck_ok(br_reader_insert(admin, "a", NULL));
	power_on(d);
	ck_assert_uint_eq(send_apdu(p, &e, 4, 0, 0xa4, 4, 0), 0);
	ck_err(e, CB_E_ABSENT);
	ck_err(br_power(p, BR_POWER_ON, atr, &n, NULL), CB_E_BUSY);
	/* nor does the loser's goodbye touch the new holder's card */
	br_close(&p);
	ck_assert_uint_eq(send_apdu(d, &e, 4, 0, 0xa4, 4, 0), 0x9000);
	br_close(&d);
	br_close(&admin);
}
END_TEST

/* Sends a command that takes a second and does not wait for it. */
static void
leave_computing(struct br_client *c)
{
	static const uint8_t slow[] = { 0x80, 1, 1000 >> 8, 1000 & 0xff };
	uint8_t header[BR_HEADER_SIZE];

	br_header_put(header, BR_TRANSMIT, 77, sizeof(slow));
	ck_ok(br_sock_send(br_fd(c), CB_SPAN_OF(header), CB_SPAN_OF(slow),
	    1000));
	usleep(100000);
}

/* A pcscd that is killed while its card computes, and started again. */
START_TEST(who_has_hung_up_holds_no_card)
{
	struct br_client *p = attached(&b, "a", BR_ROAD_PCSC);
	enum cb_err e;

	power_on(p);
	leave_computing(p);
	br_close(&p);
	p = attached(&b, "a", BR_ROAD_PCSC);
	power_on(p);
	ck_assert_uint_eq(send_apdu(p, &e, 4, 0, 0xa4, 4, 0), 0x9000);
	br_close(&p);
}
END_TEST

/* Two on the road of pcscd: who was refused the card it sees asks once and no
 * more, so it is told of the card again. */
START_TEST(who_was_refused_is_told_again)
{
	struct br_client *p = attached(&b, "a", BR_ROAD_PCSC);
	struct br_client *q = attached(&b, "a", BR_ROAD_PCSC);
	struct br_state state;
	struct br_client *w = watching("a", BR_ROAD_PCSC, &state);
	uint32_t changes = state.changes;
	uint8_t atr[CB_ATR_MAX];
	size_t n;

	power_on(p);
	ck_err(br_power(q, BR_POWER_ON, atr, &n, NULL), CB_E_BUSY);
	ck_ok(br_power(p, BR_POWER_OFF, atr, &n, NULL));
	ck_assert(news(w, &state, 1000));
	ck_assert(state.present);
	ck_assert_uint_gt(state.changes, changes);
	power_on(q);
	ck_ok(br_power(q, BR_POWER_OFF, atr, &n, NULL));
	ck_assert(!news(w, &state, 50));
	br_close(&w);
	br_close(&p);
	br_close(&q);
}
END_TEST

static void *
eject_soon(void *arg)
{
	struct br_client *admin = arg;

	usleep(200000);
	ck_ok(br_reader_eject(admin, "a", NULL));
	return NULL;
}

/* The command goes on, its answer is of no use. */
START_TEST(a_card_pulled_while_it_computes_is_gone_at_once)
{
	struct br_client *p = attached(&b, "a", BR_ROAD_PCSC);
	struct br_client *admin = dial(&b);
	pthread_t thread;
	uint64_t start;
	enum cb_err e;

	power_on(p);
	ck_assert_int_eq(
	    pthread_create(&thread, NULL, eject_soon, admin), 0);
	start = now_us();
	ck_assert_uint_eq(
	    send_apdu(p, &e, 4, 0x80, 1, 1500 >> 8, 1500 & 0xff), 0);
	ck_err(e, CB_E_ABSENT);
	ck_assert_uint_lt(now_us() - start, 1000000 * slower());
	pthread_join(thread, NULL);
	ck_assert_uint_gt(now_us() - start, 1400000);
	/* the connection is still of use */
	ck_ok(br_reader_insert(admin, "a", NULL));
	power_on(p);
	ck_assert_uint_eq(send_apdu(p, &e, 4, 0, 0xa4, 4, 0), 0x9000);
	br_close(&p);
	br_close(&admin);
}
END_TEST

Suite *
roads_suite(void)
{
	Suite *s = suite_create("roads");
	TCase *t = tcase_create("roads");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, while_pcscd_has_it_others_are_told_who);
	tcase_add_test(t, while_another_has_it_pcscd_sees_no_card);
	tcase_add_test(t, a_second_connection_of_one_road_is_refused_too);
	tcase_add_test(t, an_ejected_card_is_free_for_the_other_road);
	tcase_add_test(t, who_has_hung_up_holds_no_card);
	tcase_add_test(t, who_was_refused_is_told_again);
	tcase_add_test(t, a_card_pulled_while_it_computes_is_gone_at_once);
	suite_add_tcase(s, t);
	return s;
}
