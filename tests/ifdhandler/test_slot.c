/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Device names, power, APDUs and their deadlines.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/ifdhandler/plugin.h"

static const struct {
	const char *text;	/* %s: a socket nobody listens on */
	DWORD lun;
	bool good;
} device_cases[] = {
	{ "cardbridge:reader=a:%s", 0, true },
	{ "\"cardbridge:reader=a:%s\"", 0, true },
	{ "'cardbridge:reader=a:%s'", 0, true },
	{ "cardbridge:reader=A.b_c-9:%s with blank", 0, true },
	{ "cardbridge:reader=a:%s/\xC3\xBC", 0, true },
	{ "cardbridge:reader=a:%s:colon", 0, true },
	{ "cardbridge:slots=1:%s", 0, true },
	{ "cardbridge:slots=16:%s", 15, true },
	{ "cardbridge:slots=16:%s", 0x3000F, true },
	{ "cardbridge:slots=4:%s", 4, false },
	{ "cardbridge:reader=a:%s", 1, false },
	{ "cardbridge:slots=0:%s", 0, false },
	{ "cardbridge:slots=17:%s", 0, false },
	{ "cardbridge:slots=1x:%s", 0, false },
	{ "cardbridge:slots=:%s", 0, false },
	{ "cardbridge:reader=:%s", 0, false },
	{ "cardbridge:reader=a b:%s", 0, false },
	{ "cardbridge:%s", 0, false },
	{ "cardbridge", 0, false },
	{ "/dev/null:0x8C7B", 0, false },
};

#define DEVICES (int)(sizeof(device_cases) / sizeof(device_cases[0]))

START_TEST(a_device_name_is_understood_or_refused)
{
	const char *text = device_cases[_i].text, *gap = strstr(text, "%s");
	char device[300];
	struct plugin p;
	RESPONSECODE r;

	snprintf(device, sizeof(device), "%.*s%s%s",
	    gap != NULL ? (int)(gap - text) : (int)strlen(text), text,
	    gap != NULL ? test_socket("none") : "",
	    gap != NULL ? gap + 2 : "");
	plugin_bind(&p);
	r = p.create_by_name(device_cases[_i].lun, device);
	ck_assert_msg((r == IFD_SUCCESS) == device_cases[_i].good, "%s: %ld",
	    device, r);
	if (r == IFD_SUCCESS)
		ck_assert_int_eq(p.presence(device_cases[_i].lun),
		    IFD_ICC_NOT_PRESENT);
}
END_TEST

START_TEST(a_channel_number_is_a_slot_of_the_usual_bridge)
{
	UCHAR serial[32];
	DWORD n = sizeof(serial);
	struct plugin p;

	setenv("CARDBRIDGE_SOCKET", test_socket("s"), 1);
	plugin_bind(&p);
	ck_assert_int_eq(p.create(0, 3), IFD_SUCCESS);
	ck_assert_int_eq(
	    p.get(0, SCARD_ATTR_VENDOR_IFD_SERIAL_NO, &n, serial),
	    IFD_SUCCESS);
	ck_assert_str_eq((const char *)serial, "slot-03");
	plugin_bind(&p);
	ck_assert_int_eq(p.create(0, 16), IFD_COMMUNICATION_ERROR);
	ck_assert_int_eq(p.create(0, 1UL << 32), IFD_COMMUNICATION_ERROR);
}
END_TEST

static void
open_powered(struct plugin *p)
{
	const char *path = test_socket("s");

	fake_start(&test_fakes[0], path);
	plugin_open(p, "reader=a", path);
	ck_assert_int_eq(p->presence(0), IFD_ICC_PRESENT);
	plugin_power_up(p, 0);
}

START_TEST(apdus_are_answered_by_a_powered_card)
{
	uint8_t rx[16];
	DWORD n = sizeof(rx);
	struct plugin p;

	open_powered(&p);
	ck_assert_int_eq(plugin_apdu(&p, 0, 0xA4, 1, 2, rx, &n), IFD_SUCCESS);
	ck_assert_uint_eq(n, 6);
	ck_assert_mem_eq(rx, "\x00\xA4\x01\x02\x90\x00", 6);
}
END_TEST

START_TEST(power_down_ends_the_session)
{
	uint8_t rx[16], atr[MAX_ATR_SIZE];
	DWORD n = sizeof(atr), m = sizeof(rx);
	struct plugin p;

	open_powered(&p);
	memset(atr, 0xEE, sizeof(atr));
	ck_assert_int_eq(p.power(0, IFD_POWER_DOWN, atr, &n), IFD_SUCCESS);
	ck_assert_uint_eq(n, 0);
	ck_assert_uint_eq(atr[0], 0);
	ck_assert_int_ne(plugin_apdu(&p, 0, 0xA4, 0, 0, rx, &m), IFD_SUCCESS);
	ck_assert_uint_eq(m, 0);
	ck_assert_int_eq(p.power(0, IFD_POWER_DOWN, atr, &n), IFD_SUCCESS);
	n = sizeof(atr);
	ck_assert_int_eq(p.power(0, IFD_RESET, atr, &n), IFD_SUCCESS);
	ck_assert_uint_eq(n, fake_atr_n);
	ck_assert_int_eq(p.power(0, 499, atr, &n), IFD_NOT_SUPPORTED);
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(a_card_on_another_road_is_not_powered)
{
	uint8_t atr[MAX_ATR_SIZE];
	DWORD n = sizeof(atr);
	struct plugin p;

	open_powered(&p);
	fake_tell(&test_fakes[0], 'b');
	ck_assert_int_eq(
	    p.power(0, IFD_POWER_UP, atr, &n), IFD_ERROR_POWER_ACTION);
	ck_assert_uint_eq(n, 0);
	fake_tell(&test_fakes[0], 'f');
	plugin_power_up(&p, 0);
}
END_TEST

START_TEST(protocols_are_those_of_the_card)
{
	struct plugin p;

	open_powered(&p);	/* T=1 only */
	ck_assert_int_eq(p.protocol(0, SCARD_PROTOCOL_T1, 0, 0, 0, 0),
	    IFD_SUCCESS);
	ck_assert_int_eq(p.protocol(0, SCARD_PROTOCOL_T0, 0, 0, 0, 0),
	    IFD_PROTOCOL_NOT_SUPPORTED);
	ck_assert_int_eq(p.protocol(0, SCARD_PROTOCOL_RAW, 0, 0, 0, 0),
	    IFD_PROTOCOL_NOT_SUPPORTED);
}
END_TEST

START_TEST(sixty_four_kilobytes_pass_both_ways)
{
	static uint8_t tx[65536], rx[65538];
	SCARD_IO_HEADER send = { 1, 0 }, recv;
	DWORD n = sizeof(rx);
	struct plugin p;

	open_powered(&p);
	memset(tx, 0x5A, sizeof(tx));
	ck_assert_int_eq(p.transmit(0, send, tx, sizeof(tx), rx, &n, &recv),
	    IFD_SUCCESS);
	ck_assert_uint_eq(n, sizeof(tx) + 2);
	ck_assert_mem_eq(rx, tx, sizeof(tx));
	ck_assert_uint_eq(recv.Protocol, 1);
}
END_TEST

START_TEST(an_answer_without_room_is_none)
{
	uint8_t rx[16];
	DWORD n = 15;
	struct plugin p;

	open_powered(&p);
	ck_assert_int_eq(
	    plugin_apdu(&p, 0, FAKE_INS_LONG, 0, 14, rx, &n),
	    IFD_ERROR_INSUFFICIENT_BUFFER);
	ck_assert_uint_eq(n, 0);
	n = 16;
	ck_assert_int_eq(
	    plugin_apdu(&p, 0, FAKE_INS_LONG, 0, 14, rx, &n), IFD_SUCCESS);
	ck_assert_uint_eq(n, 16);
}
END_TEST

START_TEST(long_work_is_waited_for_and_silence_is_not)
{
	struct { uint8_t ins; RESPONSECODE r; unsigned least, most; } t[] = {
		{ FAKE_INS_WORK, IFD_SUCCESS, 600, 900 },
		{ FAKE_INS_HANG, IFD_RESPONSE_TIMEOUT, FAKE_EXCHANGE_MS,
		    FAKE_EXCHANGE_MS + 50 },
	};
	uint8_t rx[16];
	struct plugin p;
	int64_t start;
	DWORD n;
	size_t i;

	open_powered(&p);
	for (i = 0; i < 2; i++) {
		n = sizeof(rx);
		start = test_ms();
		ck_assert_int_eq(
		    plugin_apdu(&p, 0, t[i].ins, 6, 0, rx, &n), t[i].r);
		start = test_ms() - start;
		ck_assert_int_ge(start, (int64_t)t[i].least - 5);
		ck_assert_int_le(start, (int64_t)t[i].most + test_slack());
	}
	/* the session is lost: never a guess */
	n = sizeof(rx);
	ck_assert_int_ne(plugin_apdu(&p, 0, 0xA4, 0, 0, rx, &n), IFD_SUCCESS);
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(a_bridge_that_dies_takes_the_session_along)
{
	uint8_t rx[16];
	DWORD n = sizeof(rx);
	struct plugin p;

	open_powered(&p);
	ck_assert_int_eq(plugin_apdu(&p, 0, FAKE_INS_DIE, 0, 0, rx, &n),
	    IFD_COMMUNICATION_ERROR);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(p.presence(0), IFD_ICC_NOT_PRESENT);
}
END_TEST

START_TEST(an_absent_bridge_delays_nothing)
{
	uint8_t atr[MAX_ATR_SIZE];
	DWORD n = sizeof(atr);
	int64_t start = test_ms();
	struct plugin p;

	plugin_open(&p, "reader=a", test_socket("none"));
	ck_assert_int_eq(p.presence(0), IFD_ICC_NOT_PRESENT);
	ck_assert_int_eq(
	    p.power(0, IFD_POWER_UP, atr, &n), IFD_ERROR_POWER_ACTION);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_le(test_ms() - start, test_slack());
}
END_TEST

/* pcscd starts beside a stopped bridge: 100 ms, and not for each slot. */
START_TEST(a_stopped_bridge_delays_the_start_by_100_ms)
{
	const char *path = test_socket("s");
	uint8_t atr[MAX_ATR_SIZE];
	struct plugin p[16];
	char device[256];
	int64_t start;
	DWORD i, n;

	fake_start(&test_fakes[0], path);
	kill(test_fakes[0].pid, SIGSTOP);
	snprintf(device, sizeof(device), "cardbridge:slots=16:%s", path);
	start = test_ms();
	for (i = 0; i < 16; i++) {
		plugin_bind(&p[i]);
		ck_assert_int_eq(p[i].create_by_name(i, device), IFD_SUCCESS);
		ck_assert_int_eq(p[i].presence(i), IFD_ICC_NOT_PRESENT);
		n = sizeof(atr);
		ck_assert_int_eq(p[i].power(i, IFD_POWER_UP, atr, &n),
		    IFD_ERROR_POWER_ACTION);
	}
	start = test_ms() - start;
	ck_assert_int_le(start, 100 + test_slack());
}
END_TEST

START_TEST(a_bridge_stopped_before_the_first_power_up_delays_100_ms)
{
	const char *path = test_socket("s");
	uint8_t atr[MAX_ATR_SIZE];
	DWORD n = sizeof(atr);
	struct plugin p;
	int64_t start;

	fake_start(&test_fakes[0], path);
	plugin_open(&p, "reader=a", path);
	ck_assert_int_eq(p.presence(0), IFD_ICC_PRESENT);
	kill(test_fakes[0].pid, SIGSTOP);
	start = test_ms();
	ck_assert_int_eq(
	    p.power(0, IFD_POWER_UP, atr, &n), IFD_ERROR_POWER_ACTION);
	ck_assert_int_le(test_ms() - start, 100 + test_slack());
	ck_assert_int_eq(p.presence(0), IFD_ICC_NOT_PRESENT);
}
END_TEST

/* One reader waits for its stopped bridge, another one's bridge works. */
static void *
hang(void *arg)
{
	uint8_t rx[16];
	DWORD n = sizeof(rx);

	ck_assert_int_ne(
	    plugin_apdu(arg, 0, 0xA4, 0, 0, rx, &n), IFD_SUCCESS);
	return NULL;
}

START_TEST(a_stopped_bridge_delays_no_other_reader)
{
	const char *path = test_socket("other");
	struct plugin p, q;
	pthread_t thread;
	int64_t start, end;
	uint8_t rx[16];
	DWORD n;

	open_powered(&p);
	fake_start(&test_fakes[1], path);
	plugin_open(&q, "reader=b", path);
	ck_assert_int_eq(q.presence(0), IFD_ICC_PRESENT);
	plugin_power_up(&q, 0);
	kill(test_fakes[0].pid, SIGSTOP);
	ck_assert_int_eq(pthread_create(&thread, NULL, hang, &p), 0);
	for (end = test_ms() + FAKE_EXCHANGE_MS; test_ms() < end;) {
		start = test_ms();
		n = sizeof(rx);
		ck_assert_int_eq(
		    plugin_apdu(&q, 0, 0xA4, 0, 0, rx, &n), IFD_SUCCESS);
		ck_assert_int_eq(q.presence(0), IFD_ICC_PRESENT);
		ck_assert_int_le(test_ms() - start, test_slack());
		test_sleep(5);
	}
	pthread_join(thread, NULL);
}
END_TEST

START_TEST(a_slot_that_is_not_open_answers_nothing)
{
	uint8_t rx[16], atr[MAX_ATR_SIZE];
	DWORD n = sizeof(rx);
	struct plugin p;

	plugin_bind(&p);
	ck_assert_int_eq(p.presence(7), IFD_COMMUNICATION_ERROR);
	ck_assert_int_eq(p.close(7), IFD_COMMUNICATION_ERROR);
	ck_assert_int_eq(plugin_apdu(&p, 7, 0, 0, 0, rx, &n),
	    IFD_COMMUNICATION_ERROR);
	ck_assert_uint_eq(n, 0);
	n = sizeof(atr);
	ck_assert_int_eq(p.power(7, IFD_POWER_UP, atr, &n),
	    IFD_COMMUNICATION_ERROR);
	ck_assert_uint_eq(n, 0);
	n = 4;
	ck_assert_int_eq(p.get(7, TAG_IFD_SLOTS_NUMBER, &n, rx),
	    IFD_COMMUNICATION_ERROR);
	ck_assert_uint_eq(n, 0);
	n = 4;
	ck_assert_int_eq(p.control(7, 0, NULL, 0, rx, sizeof(rx), &n),
	    IFD_COMMUNICATION_ERROR);
	ck_assert_uint_eq(n, 0);
}
END_TEST

Suite *
slot_suite(void)
{
	Suite *s = suite_create("slot");
	TCase *tc = test_case("slot");

	tcase_add_loop_test(
	    tc, a_device_name_is_understood_or_refused, 0, DEVICES);
	tcase_add_test(tc, a_channel_number_is_a_slot_of_the_usual_bridge);
	tcase_add_test(tc, apdus_are_answered_by_a_powered_card);
	tcase_add_test(tc, power_down_ends_the_session);
	tcase_add_test(tc, a_card_on_another_road_is_not_powered);
	tcase_add_test(tc, protocols_are_those_of_the_card);
	tcase_add_test(tc, sixty_four_kilobytes_pass_both_ways);
	tcase_add_test(tc, an_answer_without_room_is_none);
	tcase_add_test(tc, long_work_is_waited_for_and_silence_is_not);
	tcase_add_test(tc, a_bridge_that_dies_takes_the_session_along);
	tcase_add_test(tc, an_absent_bridge_delays_nothing);
	tcase_add_test(tc, a_stopped_bridge_delays_the_start_by_100_ms);
	tcase_add_test(
	    tc, a_bridge_stopped_before_the_first_power_up_delays_100_ms);
	tcase_add_test(tc, a_stopped_bridge_delays_no_other_reader);
	tcase_add_test(tc, a_slot_that_is_not_open_answers_nothing);
	suite_add_tcase(s, tc);
	return s;
}
