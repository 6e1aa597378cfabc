/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Readers through the whole bridge: attaching, power, commands, adding and
 * taking away.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
	ck_assert_int_eq(fake_open_count(), 0);
}

START_TEST(card_answers_between_power_on_and_off)
{
	struct br_client *c = attached(&b, "a", BR_ROAD_DIRECT);
	uint8_t atr[CB_ATR_MAX];
	size_t n;
	enum cb_err e;

	ck_assert_uint_eq(send_apdu(c, &e, 4, 0, 0xa4, 4, 0), 0);
	ck_err(e, CB_E_ARG);
	power_on(c);
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0, 0xa4, 4, 0), 0x9000);
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0, 0xb0, 4, 0), 0x6d00);
	ck_ok(br_protocol(c, 0));
	ck_ok(br_power(c, BR_POWER_RESET, atr, &n, NULL));
	ck_assert_uint_eq(n, sizeof(fake_atr));
	ck_ok(br_power(c, BR_POWER_OFF, atr, &n, NULL));
	ck_assert_uint_eq(n, 0);
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0, 0xa4, 4, 0), 0);
	ck_err(e, CB_E_ARG);
	/* and again, on the same connection */
	power_on(c);
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0, 0xa4, 4, 0), 0x9000);
	br_close(&c);
}
END_TEST

START_TEST(power_off_of_an_unpowered_card_is_no_error)
{
	struct br_client *c = attached(&b, "a", BR_ROAD_DIRECT);
	uint8_t atr[CB_ATR_MAX];
	size_t n;

	ck_ok(br_power(c, BR_POWER_OFF, atr, &n, NULL));
	ck_ok(br_power(c, BR_POWER_RESET, atr, &n, NULL));
	ck_assert_uint_eq(n, sizeof(fake_atr));
	br_close(&c);
}
END_TEST

/* Bodies around every boundary that the buffers have. */
static const size_t lengths[] = { 5, 255, 311, 312, 313, 503, 504, 505, 4096,
	65000, 65544 };

START_TEST(commands_of_any_length_pass)
{
	struct br_client *c = attached(&b, "a", BR_ROAD_DIRECT);
	struct cb_buf rsp = CB_BUF_INIT;
	size_t n = lengths[_i], i;
	uint8_t *cmd = malloc(n);

	ck_assert_ptr_nonnull(cmd);
	for (i = 0; i < n; i++)
		cmd[i] = (uint8_t)(i * 7);
	memcpy(cmd, "\x80\x02\x00\x00", 4);
	power_on(c);
	ck_ok(br_transmit(c, cb_span(cmd, n), &rsp));
	ck_assert_uint_eq(rsp.n, n - 4 + 2);
	ck_assert_mem_eq(rsp.p, cmd + 4, n - 4);
	cb_buf_free(&rsp);
	free(cmd);
	br_close(&c);
}
END_TEST

START_TEST(a_card_that_cannot_answer_is_an_error_not_a_status_word)
{
	struct br_client *c = attached(&b, "a", BR_ROAD_DIRECT);
	enum cb_err e;

	power_on(c);
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0x80, 6, 0, 0), 0);
	ck_err(e, CB_E_CRYPTO);
	/* the connection and the card go on */
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0, 0xa4, 4, 0), 0x9000);
	br_close(&c);
}
END_TEST

START_TEST(closing_the_connection_powers_off)
{
	struct br_client *c = attached(&b, "a", BR_ROAD_DIRECT);
	struct br_client *d = attached(&b, "a", BR_ROAD_DIRECT);
	uint8_t atr[CB_ATR_MAX];
	size_t n;
	int i;
	enum cb_err r = CB_E_BUSY;

	power_on(c);
	ck_err(br_power(d, BR_POWER_ON, atr, &n, NULL), CB_E_BUSY);
	br_close(&c);
	for (i = 0; i < 500 && r == CB_E_BUSY; i++) {
		r = br_power(d, BR_POWER_ON, atr, &n, NULL);
		usleep(1000);
	}
	ck_ok(r);
	br_close(&d);
}
END_TEST

START_TEST(ticks_come_when_the_card_wants_them)
{
	struct br_client *c = attached(&b, "a", BR_ROAD_DIRECT);
	struct cb_buf rsp = CB_BUF_INIT;
	const uint8_t count[] = { 0x80, 4, 0, 0 };
	enum cb_err e;

	power_on(c);
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0x80, 5, 0, 100), 0x9000);
	usleep(40000);
	ck_ok(br_transmit(c, CB_SPAN_OF(count), &rsp));
	ck_assert_uint_eq(rsp.p[2], 0);
	usleep(250000);
	ck_ok(br_transmit(c, CB_SPAN_OF(count), &rsp));
	ck_assert_uint_eq(rsp.p[2], 1);
	/* a nearer one than the one that is waited for */
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0x80, 5, 0x40, 0), 0x9000);
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0x80, 5, 0, 50), 0x9000);
	usleep(200000);
	ck_ok(br_transmit(c, CB_SPAN_OF(count), &rsp));
	ck_assert_uint_eq(rsp.p[2], 2);
	cb_buf_free(&rsp);
	br_close(&c);
}
END_TEST

START_TEST(eject_during_a_command_takes_its_answer)
{
	struct br_client *c = attached(&b, "a", BR_ROAD_DIRECT);
	struct br_client *admin = dial(&b);
	struct br_target t = { .name = "a" };
	struct br_state state;
	struct br_client *w = dial(&b);
	uint8_t atr[CB_ATR_MAX];
	size_t n;
	enum cb_err e;
	pid_t pid;

	ck_ok(br_watch(w, &t, BR_ROAD_DIRECT, &state));
	power_on(c);
	(void)news(w, &state, 50);	/* that pcscd sees it no more */
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		usleep(100000);
		_exit(br_reader_eject(admin, "a", NULL) == CB_OK ? 0 : 1);
	}
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0x80, 1, 1, 0), 0);
	ck_err(e, CB_E_ABSENT);
	ck_assert(news(w, &state, 1000));
	ck_assert(!state.present);
	/* it stays so until the card is powered anew */
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0, 0xa4, 4, 0), 0);
	ck_err(e, CB_E_ABSENT);
	ck_err(br_power(c, BR_POWER_ON, atr, &n, NULL), CB_E_ABSENT);
	usleep(100000);
	ck_assert_int_eq(fake_open_count(), 1);
	br_close(&admin);	/* the child has used it */
	admin = dial(&b);
	ck_ok(br_reader_insert(admin, "a", NULL));
	ck_assert(news(w, &state, 1000));
	ck_assert(state.present);
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0, 0xa4, 4, 0), 0);
	power_on(c);
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0, 0xa4, 4, 0), 0x9000);
	br_close(&c);
	br_close(&w);
	br_close(&admin);
}
END_TEST

START_TEST(eject_of_an_idle_powered_card_is_noticed_by_the_next_command)
{
	struct br_client *c = attached(&b, "a", BR_ROAD_DIRECT);
	struct br_client *admin = dial(&b);
	enum cb_err e;

	power_on(c);
	ck_ok(br_reader_eject(admin, "a", NULL));
	ck_ok(br_reader_eject(admin, "a", NULL));
	ck_assert_int_eq(fake_open_count(), 1);
	ck_ok(br_reader_insert(admin, "a", NULL));
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0, 0xa4, 4, 0), 0);
	ck_err(e, CB_E_ABSENT);
	power_on(c);
	br_close(&c);
	br_close(&admin);
}
END_TEST

START_TEST(readers_come_and_go)
{
	struct br_client *admin = dial(&b), *c;
	struct br_reader_info *list, made;
	struct br_target slot = { .slot = 2 };
	struct br_state state;
	struct cb_why why = { "" };
	uint8_t atr[CB_ATR_MAX];
	size_t n;

	ck_ok(br_reader_add(admin, "desk", "fake:desk", &made, NULL));
	ck_assert_str_eq(made.name, "desk");
	ck_assert_str_eq(made.uri, "fake:desk");
	ck_assert_str_eq(made.pcsc_name, "cardbridge desk 00 00");
	ck_assert_str_eq(made.pcsc_slot_name, "cardbridge slots 00 02");
	ck_assert_int_eq(made.slot, 2);
	ck_assert(made.present && made.test);
	ck_assert_uint_eq(made.atr_n, 4);
	ck_err(br_reader_add(admin, "desk", "fake:other", &made, &why),
	    CB_E_BUSY);
	ck_err(br_reader_add(admin, "other", "fake:desk", &made, &why),
	    CB_E_BUSY);
	ck_assert_ptr_nonnull(strstr(why.text, "desk"));
	ck_err(br_reader_add(admin, "x", "nothing:1", &made, &why), CB_E_ARG);
	ck_err(br_reader_add(admin, "x", "emu:relative", &made, &why),
	    CB_E_ARG);
	ck_ok(br_reader_list(admin, &list, &n, NULL));
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(list[0].name, "a");
	ck_assert_str_eq(list[2].name, "desk");
	free(list);

	c = dial(&b);
	ck_ok(br_attach(c, &slot, BR_ROAD_DIRECT, &state));
	ck_assert(state.known && state.present);
	power_on(c);
	ck_ok(br_reader_list(admin, &list, &n, NULL));
	ck_assert_ptr_nonnull(strstr(list[2].busy_with, "pid "));
	free(list);
	ck_ok(br_reader_remove(admin, "desk", NULL));
	ck_err(br_reader_remove(admin, "desk", NULL), CB_E_ABSENT);
	ck_err(br_power(c, BR_POWER_ON, atr, &n, &why), CB_E_ABSENT);
	/* the slot is filled by another one */
	ck_ok(br_reader_add(admin, "two", "fake:two", &made, NULL));
	ck_assert_int_eq(made.slot, 2);
	power_on(c);
	br_close(&c);
	br_close(&admin);
}
END_TEST

START_TEST(a_broken_card_leaves_its_reader)
{
	struct br_client *admin = dial(&b), *c;
	struct br_reader_info made;
	struct cb_why why = { "" };
	uint8_t atr[CB_ATR_MAX];
	size_t n;

	fake_mend(false);
	ck_ok(br_reader_add(admin, "old", "fake:broken", &made, NULL));
	ck_assert(!made.present);
	ck_assert_str_eq(made.trouble, "this card is broken");
	c = attached(&b, "old", BR_ROAD_DIRECT);
	ck_err(br_power(c, BR_POWER_ON, atr, &n, &why), CB_E_FORMAT);
	ck_assert_str_eq(why.text, "this card is broken");
	ck_err(br_reader_insert(admin, "old", &why), CB_E_FORMAT);
	fake_mend(true);
	ck_ok(br_reader_insert(admin, "old", &why));
	power_on(c);
	br_close(&c);
	br_close(&admin);
}
END_TEST

START_TEST(seventeenth_reader_has_no_slot)
{
	struct br_client *admin = dial(&b);
	struct br_reader_info made;
	char name[16], uri[32];
	int i;

	for (i = 2; i < 18; i++) {
		snprintf(name, sizeof(name), "r%d", i);
		snprintf(uri, sizeof(uri), "fake:%d", i);
		ck_ok(br_reader_add(admin, name, uri, &made, NULL));
		ck_assert_int_eq(made.slot, i < 16 ? i : -1);
	}
	ck_assert_str_eq(made.pcsc_slot_name, "");
	br_close(&admin);
}
END_TEST

START_TEST(unknown_names_and_empty_slots)
{
	struct br_client *c = dial(&b);
	struct br_target name = { .name = "nobody" }, slot = { .slot = 9 };
	struct br_state state;
	uint8_t atr[CB_ATR_MAX];
	size_t n;

	ck_err(br_attach(c, &name, BR_ROAD_PCSC, &state), CB_E_ABSENT);
	ck_ok(br_attach(c, &slot, BR_ROAD_PCSC, &state));
	ck_assert(!state.known && !state.present);
	ck_assert_uint_eq(state.max_apdu, 256);
	ck_err(br_power(c, BR_POWER_ON, atr, &n, NULL), CB_E_ABSENT);
	br_close(&c);
}
END_TEST

START_TEST(a_card_at_rest_is_told_once)
{
	struct br_client *c = attached(&b, "a", BR_ROAD_DIRECT);
	const uint8_t count[] = { 0x80, 4, 0, 0 };
	struct cb_buf rsp = CB_BUF_INIT;
	uint8_t atr[CB_ATR_MAX];
	size_t n;

	power_on(c);
	ck_ok(br_power(c, BR_POWER_OFF, atr, &n, NULL));
	sleep(5);
	power_on(c);
	ck_ok(br_transmit(c, CB_SPAN_OF(count), &rsp));
	ck_assert_uint_eq(rsp.p[3], 1);
	cb_buf_free(&rsp);
	br_close(&c);
}
END_TEST

Suite *
reader_suite(void)
{
	Suite *s = suite_create("reader");
	TCase *t = tcase_create("reader");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, card_answers_between_power_on_and_off);
	tcase_add_test(t, power_off_of_an_unpowered_card_is_no_error);
	tcase_add_loop_test(t, commands_of_any_length_pass, 0,
	    (int)(sizeof(lengths) / sizeof(lengths[0])));
	tcase_add_test(
	    t, a_card_that_cannot_answer_is_an_error_not_a_status_word);
	tcase_add_test(t, closing_the_connection_powers_off);
	tcase_add_test(t, ticks_come_when_the_card_wants_them);
	tcase_add_test(t, eject_during_a_command_takes_its_answer);
	tcase_add_test(
	    t, eject_of_an_idle_powered_card_is_noticed_by_the_next_command);
	tcase_add_test(t, readers_come_and_go);
	tcase_add_test(t, a_broken_card_leaves_its_reader);
	tcase_add_test(t, seventeenth_reader_has_no_slot);
	tcase_add_test(t, unknown_names_and_empty_slots);
	tcase_add_test(t, a_card_at_rest_is_told_once);
	suite_add_tcase(s, t);
	return s;
}
