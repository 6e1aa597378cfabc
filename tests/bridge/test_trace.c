/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The trace of a bridge: who asked which card what, and nothing that is
 * secret. What may be seen of a command is test_blot.c's.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bridge/trace.h"
#include "tests/bridge/harness.h"

#define ANY (BR_SHARE_T0 | BR_SHARE_T1)

static struct bridge b;
static int file;
static const char *const readers[] = { "a", "fake:a", "live", "fake:live",
	NULL };

static void
begin(bool full)
{
	file = memfd_create("trace", MFD_CLOEXEC);
	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(fcntl(file, F_SETFL, O_APPEND), 0);
	br_trace_start(file, full);
	bridge_init(&b);
	b.set.patient = true;
	bridge_start(&b, readers);
}

static void
end(void)
{
	bridge_clear(&b);
	br_trace_start(-1, false);
	close(file);
}

/* All of it; without times and processes, which are looked at here. To be
 * freed. */
static char *
told(void)
{
	enum { SIZE = 65536 };
	char *text = calloc(1, SIZE), *out = calloc(1, SIZE), *line, *next;
	size_t n = 0;
	char who[64];
	unsigned h, m, s, us;
	int pid, at = 0;

	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_nonnull(out);
	ck_assert_int_gt(pread(file, text, SIZE - 1, 0), 0);
	for (line = text; *line != '\0'; line = next) {
		next = strchr(line, '\n');
		ck_assert_ptr_nonnull(next);
		*next++ = '\0';
		ck_assert_msg(sscanf(line, "%2u:%2u:%2u.%6u %63[^[][%d] %n",
		    &h, &m, &s, &us, who, &pid, &at) == 6, "%s", line);
		ck_assert_int_eq(pid, getpid());
		n += (size_t)snprintf(
		    out + n, SIZE - n, "%s\n", line + at);
		ck_assert_uint_lt(n, SIZE);
	}
	free(text);
	return out;
}

static void
ck_told(const char *want)
{
	char *got = told();

	ck_assert_str_eq(got, want);
	free(got);
}

static void
send_to(struct br_client *c, const char *data, uint8_t cla, uint8_t ins)
{
	uint8_t cmd[64] = { cla, ins, 0x00, 0x01, (uint8_t)strlen(data) };
	struct cb_buf rsp = CB_BUF_INIT;
	struct br_shared s;

	memcpy(cmd + 5, data, strlen(data));
	ck_ok(br_share_transmit(c, BR_SHARE_T1,
	    cb_span(cmd, 5 + strlen(data)), &rsp, &s));
	ck_assert_int_eq(s.outcome, BR_SHARE_OK);
	cb_buf_free(&rsp);
}

static struct br_client *
handle(const char *reader)
{
	struct br_client *c = dial(&b);
	struct br_shared s;

	ck_ok(br_share_connect(c, reader, BR_SHARE_SHARED, ANY, &s));
	ck_assert_int_eq(s.outcome, BR_SHARE_OK);
	return c;
}

/* The readers are opened side by side. */
static void
begin_one(bool full)
{
	begin(full);
	ck_assert_int_eq(ftruncate(file, 0), 0);
}

START_TEST(all_handles_of_a_card_stand_in_one_order)
{
	struct br_client *one, *two;
	struct br_shared s;

	begin_one(false);
	one = handle("a");
	two = handle("a");
	/* one begins a chain, the other goes on with it */
	send_to(one, "12", 0x10, 0xDB);
	send_to(two, "34", 0x00, 0xDB);
	send_to(two, "123456", 0x00, 0x20);
	ck_ok(br_share_reconnect(one, BR_SHARE_SHARED, ANY, BR_RESET, &s));
	br_close(&one);
	br_close(&two);
	ck_told("a power on\n"
	    "a protocol T=1\n"
	    "a > PUT DATA 0001, more follows: 10DB000102<2 bytes>\n"
	    "a < unknown command: 6D00\n"
	    "a > PUT DATA 0001: 00DB000102<2 bytes>\n"
	    "a < unknown command: 6D00\n"
	    "a > VERIFY 01: 0020000106<6 bytes>\n"
	    "a < unknown command: 6D00\n"
	    "a reset\n"
	    "a protocol T=1\n");
	end();
}
END_TEST

START_TEST(everything_is_told_of_test_cards_alone)
{
	struct br_client *test, *live;

	begin_one(true);
	test = handle("a");
	live = handle("live");
	send_to(test, "1234", 0x00, 0x20);
	send_to(live, "1234", 0x00, 0x20);
	br_close(&test);
	br_close(&live);
	ck_told("a power on\n"
	    "a protocol T=1\n"
	    "live power on\n"
	    "live protocol T=1\n"
	    "a > VERIFY 01: 002000010431323334\n"
	    "a < unknown command: 6D00\n"
	    "live > VERIFY 01: 0020000104<4 bytes>\n"
	    "live < unknown command: 6D00\n");
	end();
}
END_TEST

START_TEST(a_card_comes_and_goes)
{
	struct br_client *admin, *c;
	enum cb_err e;
	char *got;

	begin(false);
	got = told();
	ck_assert_ptr_nonnull(strstr(got, "a has a card, ATR 3B820102\n"));
	ck_assert_ptr_nonnull(strstr(got, "live has a card, ATR 3B820102\n"));
	free(got);
	ck_assert_int_eq(ftruncate(file, 0), 0);
	admin = dial(&b);
	c = attached(&b, "a", BR_ROAD_DIRECT);
	power_on(c);
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0x80, 6, 0, 0), 0);
	ck_ok(br_reader_eject(admin, "a", NULL));
	ck_ok(br_reader_insert(admin, "a", NULL));
	br_close(&c);
	br_close(&admin);
	ck_told("a power on\n"
	    "a > INS 06, class 80: 80060000\n"
	    "a < no answer\n"
	    "a has no card any more\n"
	    "a has a card, ATR 3B820102\n");
	end();
}
END_TEST

START_TEST(a_trace_that_cannot_be_written_stops_nobody)
{
	struct br_client *c;
	enum cb_err e;
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(full, 0);
	begin_one(false);
	br_trace_start(full, false);
	c = attached(&b, "a", BR_ROAD_DIRECT);
	power_on(c);
	ck_assert_uint_eq(send_apdu(c, &e, 6, 0x80, 2, 0, 0, 1, 7), 0x9000);
	br_close(&c);
	end();
	close(full);
}
END_TEST

Suite *
trace_suite(void)
{
	Suite *s = suite_create("trace");
	TCase *tc = tcase_create("trace");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, all_handles_of_a_card_stand_in_one_order);
	tcase_add_test(tc, everything_is_told_of_test_cards_alone);
	tcase_add_test(tc, a_card_comes_and_goes);
	tcase_add_test(tc, a_trace_that_cannot_be_written_stops_nobody);
	suite_add_tcase(s, tc);
	return s;
}
