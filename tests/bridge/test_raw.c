/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Bytes that no client of ours sends, and bytes that no bridge of ours
 * answers: each end drops the other and stays well.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bridge/protocol.h"
#include "bridge/sock.h"
#include "common/hex.h"
#include "tests/bridge/harness.h"

static struct bridge b;

static void
setup(void)
{
	bridge_init(&b);
	b.set.exchange_ms = 400;
	b.set.greet_ms = 300;
	bridge_start(&b, one_reader);
}

static void
teardown(void)
{
	bridge_clear(&b);
}

static void
send_hex(int fd, const char *hex)
{
	struct cb_buf raw = CB_BUF_INIT;

	ck_ok(cb_hex_decode(&raw, hex, strlen(hex)));
	ck_ok(br_sock_send(fd, cb_buf_span(&raw), CB_SPAN_EMPTY, 1000));
	cb_buf_free(&raw);
}

/* Somebody else is served as ever. */
static void
well(void)
{
	struct br_client *c = attached(&b, "a", BR_ROAD_DIRECT);
	enum cb_err e;

	power_on(c);
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0, 0xa4, 4, 0), 0x9000);
	br_close(&c);
}

/* What is sent before and after the greeting. NULL: no greeting at all. */
static const struct {
	const char *what, *before, *after;
} bad[] = {
	{ "nothing", "", NULL },
	{ "half a header", "00 00 00", NULL },
	{ "half a hello", "00 00 00 0D 00 01 00 01 43 42", NULL },
	{ "text", "47 45 54 20 2F 20 48 54 54 50 2F 31 0D 0A", NULL },
	{ "another magic", "00 00 00 08 00 01 00 01 43 42 72 65 00 01 00 00",
	    NULL },
	{ "no greeting", "00 00 00 04 00 24 00 01 00 00 00 00", NULL },
	{ "a long command instead", "00 01 00 00 00 15 00 01", NULL },
	{ "sequence 0", "00 00 00 08 00 01 00 00 43 42 72 64 00 01 00 00",
	    NULL },
	{ "two greetings", NULL, "00 00 00 08 00 01 00 02 43 42 72 64 00 01 "
	    "00 00" },
	{ "power before attaching", NULL, "00 00 00 01 00 12 00 02 01" },
	{ "a reply", NULL, "00 00 00 00 00 05 00 02" },
	{ "unknown", NULL, "00 00 00 00 7F FF 00 02" },
	{ "too long a name", NULL, "00 00 00 25 00 10 00 02" },
	{ "half an attach", NULL, "00 00 00 05 00 10 00 02 02 FF 00" },
	{ "road 3", NULL, "00 00 00 05 00 10 00 02 03 FF 00 01 61" },
	{ "slot 16", NULL, "00 00 00 04 00 10 00 02 02 10 00 00" },
	{ "slot and name", NULL, "00 00 00 05 00 10 00 02 02 01 00 01 61" },
	{ "leftovers", NULL, "00 00 00 06 00 10 00 02 02 FF 00 01 61 00" },
	{ "control character", NULL, "00 00 00 03 00 22 00 02 00 01 0A" },
	{ "running ahead", NULL, "00 00 00 04 00 24 00 02 00 00 00 00 "
	    "00 00 00 04 00 24 00 03 00 00 00 00" },
	{ "power 3", NULL, "00 00 00 05 00 10 00 02 02 FF 00 01 61" },
};

START_TEST(bad_bytes_end_their_connection_only)
{
	uint8_t reply[64];
	int fd;

	if (bad[_i].after == NULL) {
		fd = raw_connect(&b);
		send_hex(fd, bad[_i].before);
	} else {
		fd = raw_greeted(&b);
		send_hex(fd, bad[_i].after);
	}
	if (strcmp(bad[_i].what, "power 3") == 0) {
		ck_assert_int_eq(recv(fd, reply, sizeof(reply), 0), 26);
		send_hex(fd, "00 00 00 01 00 12 00 03 03");
	}
	ck_assert_msg(raw_closed(fd, 3000), "%s", bad[_i].what);
	close(fd);
	well();
}
END_TEST

/* In a session, another thread reads. */
static const char *const bad_powered[] = {
	"00 00 00 01 00 12 00 09 03",
	"00 00 00 01 00 14 00 09 02",
	"00 00 00 04 00 24 00 09 00 00 00 00",
	"00 00 00 05 00 15 00 09 00",
	"FF FF FF FF 00 15 00 09 00",
	"00 00 00 04 00 15 00 00 00 A4 04 00",
};

START_TEST(bad_bytes_with_a_powered_card_power_it_off)
{
	uint8_t reply[64];
	int fd = raw_greeted(&b);

	send_hex(fd, "00 00 00 05 00 10 00 02 02 FF 00 01 61");
	ck_assert_int_eq(recv(fd, reply, sizeof(reply), 0), 26);
	send_hex(fd, "00 00 00 01 00 12 00 03 01");
	ck_assert_int_eq(recv(fd, reply, sizeof(reply), 0), 12);
	send_hex(fd, bad_powered[_i]);
	ck_assert(raw_closed(fd, 3000));
	close(fd);
	well();
}
END_TEST

START_TEST(a_request_in_single_bytes_is_a_request)
{
	uint8_t request[] = { 0, 0, 0, 5, 0, 16, 0, 2, 2, 0xff, 0, 1, 'a' };
	uint8_t reply[64];
	int fd = raw_greeted(&b);
	size_t i;

	for (i = 0; i < sizeof(request); i++) {
		ck_assert_int_eq(send(fd, &request[i], 1, 0), 1);
		usleep(1000);
	}
	ck_assert_int_eq(recv(fd, reply, sizeof(reply), 0), 26);
	ck_assert_uint_eq(reply[5], BR_ATTACHED);
	close(fd);
}
END_TEST

/* Whoever tells a call to give up does not know how far it has come. */
START_TEST(a_word_to_give_up_may_come_close_by)
{
	/* 30 CONNECT to "a" and 37 ABORT of it, in one piece */
	static const struct {
		const char *hex;
		enum br_outcome outcome;
	} rows[] = {
		{ "00000005003000090203000161" "00000002003700090009",
		    BR_SHARE_OK },
		{ "00000002003700080008" "00000005003000090203000161",
		    BR_SHARE_OK },
		{ "00000005003000090200000161" "00000002003700090009",
		    BR_SHARE_PROTOCOL },
	};
	struct br_client *c;
	struct br_shared s;
	uint8_t raw[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		c = dial(&b);
		send_hex(br_fd(c), rows[i].hex);
		ck_assert_int_gt(read(br_fd(c), raw, sizeof(raw)), 8);
		ck_assert_uint_eq(raw[5], BR_SHARED);
		ck_assert_int_eq(raw[8], rows[i].outcome);
		if (rows[i].outcome == BR_SHARE_OK)
			ck_ok(br_share_status(c, true, &s));
		else
			ck_ok(br_share_connect(c, "a", BR_SHARE_SHARED,
			    BR_SHARE_T1, &s));
		ck_assert_int_eq(s.outcome, BR_SHARE_OK);
		br_close(&c);
	}
}
END_TEST

START_TEST(another_version_is_told_both)
{
	uint8_t reply[512];
	int fd = raw_connect(&b);
	ssize_t n;

	send_hex(fd, "00 00 00 06 00 01 00 01 43 42 72 64 00 09");
	n = recv(fd, reply, sizeof(reply) - 1, 0);
	ck_assert_int_gt(n, 12);
	reply[n] = '\0';
	ck_assert_uint_eq(reply[5], BR_ERROR);
	ck_assert_ptr_nonnull(strstr((char *)reply + 12, "version 1 "));
	ck_assert_ptr_nonnull(strstr((char *)reply + 12, "version 9"));
	ck_assert(raw_closed(fd, 1000));
	close(fd);
}
END_TEST

/* ---- the client's end --------------------------------------------------- */

/* Each answer is sent to the first request of a client, as the bridge's first
 * words. */
static const struct {
	const char *what, *answer;
	enum cb_err r;
} bad_bridge[] = {
	{ "closed", NULL, CB_E_PEER },
	{ "silent", "", CB_E_TIMEOUT },
	{ "half a header", "00 00 00", CB_E_TIMEOUT },
	{ "text", "32 32 30 20 6D 61 69 6C 20 72 65 61 64 79", CB_E_PEER },
	{ "another magic", "00 00 00 10 00 02 00 01 43 42 72 65 00 01 "
	    "00 00 13 88 00 00 EA 60 00 00", CB_E_PEER },
	{ "another version", "00 00 00 06 00 02 00 01 43 42 72 64 00 07",
	    CB_E_LIMIT },
	{ "refused", "00 00 00 07 00 03 00 01 00 05 00 03 6E 6F 21",
	    CB_E_LIMIT },
	{ "unknown error", "00 00 00 04 00 03 00 01 00 63 00 00", CB_E_PEER },
	{ "another sequence", "00 00 00 10 00 02 00 02 43 42 72 64 00 01 "
	    "00 00 13 88 00 00 EA 60 00 00", CB_E_PEER },
	{ "another reply", "00 00 00 00 00 05 00 01", CB_E_PEER },
	{ "more than one", "00 00 00 10 00 02 00 01 43 42 72 64 00 01 "
	    "00 00 13 88 00 00 EA 60 00 00 00", CB_E_PEER },
	{ "no deadlines", "00 00 00 10 00 02 00 01 43 42 72 64 00 01 "
	    "00 00 00 00 00 00 EA 60 00 00", CB_E_PEER },
	{ "endless deadlines", "00 00 00 10 00 02 00 01 43 42 72 64 00 01 "
	    "FF FF FF FF FF FF FF FF 00 00", CB_E_PEER },
	{ "too long", "00 01 00 00 00 02 00 01", CB_E_PEER },
};

static const char *bad_answer;

static void
play_bad(int fd)
{
	uint8_t request[256];

	if (recv(fd, request, sizeof(request), 0) <= 0 || bad_answer == NULL)
		return;
	send_hex(fd, bad_answer);
	pause();
}

START_TEST(bad_bridges_are_left)
{
	struct br_client *c;
	struct cb_why why = { "" };
	struct played p;
	uint64_t start;

	bad_answer = bad_bridge[_i].answer;
	played_start(&p, play_bad);
	start = br_now_ms();
	ck_assert_msg(br_connect(&c, p.at.socket, 400, &why) ==
	    bad_bridge[_i].r, "%s: %s", bad_bridge[_i].what, why.text);
	ck_assert_uint_lt(br_now_ms() - start, 900);
	ck_assert_ptr_null(c);
	ck_assert_str_ne(why.text, "");
	played_clear(&p);
}
END_TEST

#define FLOOD 1000

/* Greets, says yes to WATCH, and then tells many events at once. */
static void
flood(int fd)
{
	struct br_state state = { .known = true, .protocols = 3 };
	struct cb_buf out = CB_BUF_INIT;
	uint8_t request[256];

	ck_ok(br_put_welcome(&out, 1, 5000, 60000));
	ck_assert_int_gt(recv(fd, request, sizeof(request), 0), 0);
	ck_ok(br_sock_send(fd, cb_buf_span(&out), CB_SPAN_EMPTY, 1000));
	cb_buf_clear(&out);
	ck_ok(br_put_state(&out, 2, BR_WATCHING, &state));
	ck_assert_int_gt(recv(fd, request, sizeof(request), 0), 0);
	while (state.changes++ < FLOOD)
		ck_ok(br_put_state(&out, 0, BR_STATE, &state));
	ck_ok(br_sock_send(fd, cb_buf_span(&out), CB_SPAN_EMPTY, 5000));
	cb_buf_free(&out);
	pause();
}

/* It holds nobody: what is taken in one call has an end, and of what is left
 * poll tells. */
START_TEST(a_flood_of_events_ends_a_call)
{
	struct br_target t = { .slot = 0 };
	struct br_client *c;
	struct br_state state;
	struct played p;
	bool changed;
	int i;

	played_start(&p, flood);
	ck_ok(br_connect(&c, p.at.socket, 2000, NULL));
	ck_ok(br_watch(c, &t, BR_ROAD_PCSC, &state));
	usleep(200000);		/* all of it is there */
	ck_ok(br_watch_take(c, &state, &changed));
	ck_assert(changed);
	ck_assert_uint_lt(state.changes, FLOOD);
	for (i = 0; i < FLOOD && state.changes < FLOOD; i++) {
		struct pollfd pfd = { .fd = br_fd(c), .events = POLLIN };

		ck_assert_int_eq(poll(&pfd, 1, 1000), 1);
		ck_ok(br_watch_take(c, &state, &changed));
		ck_assert(changed);
	}
	ck_assert_uint_eq(state.changes, FLOOD);
	br_close(&c);
	played_clear(&p);
}
END_TEST

Suite *
raw_suite(void)
{
	Suite *s = suite_create("raw");
	TCase *t = tcase_create("raw");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, bad_bytes_end_their_connection_only, 0,
	    (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_loop_test(t, bad_bytes_with_a_powered_card_power_it_off, 0,
	    (int)(sizeof(bad_powered) / sizeof(bad_powered[0])));
	tcase_add_test(t, a_request_in_single_bytes_is_a_request);
	tcase_add_test(t, a_word_to_give_up_may_come_close_by);
	tcase_add_test(t, another_version_is_told_both);
	suite_add_tcase(s, t);
	t = tcase_create("client");
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, bad_bridges_are_left, 0,
	    (int)(sizeof(bad_bridge) / sizeof(bad_bridge[0])));
	tcase_add_test(t, a_flood_of_events_ends_a_call);
	suite_add_tcase(s, t);
	return s;
}
