/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Every wait ends: a stopped bridge is noticed, a working one is waited for,
 * an idle one does not wake.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/sock.h"
#include "tests/bridge/harness.h"

static struct bridge b;

static void
setup(void)
{
	bridge_init(&b);
	b.set.exchange_ms = 600;
	b.set.long_ms = 3000;
	bridge_fork(&b, two_readers);
}

static void
teardown(void)
{
	bridge_clear(&b);
}

/* Returns when it has stopped. */
static void
stop_bridge(void)
{
	int status;

	ck_assert_int_eq(kill(b.pid, SIGSTOP), 0);
	ck_assert_int_eq(waitpid(b.pid, &status, WUNTRACED), b.pid);
	ck_assert(WIFSTOPPED(status));
}

START_TEST(a_stopped_bridge_is_noticed_by_the_short_deadline)
{
	struct br_client *c = attached(&b, "a", BR_ROAD_DIRECT);
	uint64_t start;
	enum cb_err e;

	power_on(c);
	stop_bridge();
	start = br_now_ms();
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0, 0xa4, 4, 0), 0);
	ck_err(e, CB_E_TIMEOUT);
	ck_assert_uint_ge(br_now_ms() - start, 590);
	ck_assert_uint_le(br_now_ms() - start, 900);
	/* broken for good, and at once */
	start = br_now_ms();
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0, 0xa4, 4, 0), 0);
	ck_err(e, CB_E_PEER);
	ck_assert_uint_le(br_now_ms() - start, 50);
	br_close(&c);
	kill(b.pid, SIGCONT);
	c = attached(&b, "b", BR_ROAD_DIRECT);
	power_on(c);
	br_close(&c);
}
END_TEST

START_TEST(a_bridge_stopped_while_it_computes_is_noticed)
{
	struct br_client *c = attached(&b, "a", BR_ROAD_DIRECT);
	uint64_t start;
	pid_t pid, bridge = b.pid;
	enum cb_err e;

	power_on(c);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		usleep(800000);
		_exit(kill(bridge, SIGSTOP));
	}
	start = br_now_ms();
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0x80, 1, 0x0b, 0xb8), 0);
	ck_err(e, CB_E_TIMEOUT);
	ck_assert_uint_ge(br_now_ms() - start, 800);
	ck_assert_uint_le(br_now_ms() - start, 1700);
	br_close(&c);
}
END_TEST

START_TEST(signs_of_life_extend_up_to_the_long_deadline)
{
	struct br_client *c = attached(&b, "a", BR_ROAD_DIRECT);
	uint64_t start = br_now_ms();
	enum cb_err e;

	power_on(c);
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0x80, 1, 0x08, 0), 0x9000);
	ck_assert_uint_ge(br_now_ms() - start, 2048);
	start = br_now_ms();
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0x80, 1, 0x14, 0), 0);
	ck_err(e, CB_E_TIMEOUT);
	ck_assert_uint_ge(br_now_ms() - start, 2990);
	ck_assert_uint_le(br_now_ms() - start, 3700);
	br_close(&c);
}
END_TEST

START_TEST(a_busy_card_does_not_delay_another)
{
	struct br_client *c = attached(&b, "a", BR_ROAD_DIRECT), *d;
	uint64_t start, worst = 0, t;
	enum cb_err e;
	pid_t pid;
	int i;

	power_on(c);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		send_apdu(c, &e, 4, 0x80, 1, 0x03, 0xe8);
		_exit(0);
	}
	d = attached(&b, "b", BR_ROAD_DIRECT);
	power_on(d);
	for (i = 0; i < 500; i++) {
		start = now_us();
		ck_assert_uint_eq(
		    send_apdu(d, &e, 4, 0, 0xa4, 4, 0), 0x9000);
		t = now_us() - start;
		worst = t > worst ? t : worst;
	}
	ck_assert_uint_lt(worst, 500000);
	br_close(&c);
	br_close(&d);
}
END_TEST

START_TEST(connecting_to_a_full_backlog_ends)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct place at;
	struct br_client *c;
	struct cb_why why = { "" };
	uint64_t start;
	int l, fill[64], i;

	place_make(&at);
	memcpy(un.sun_path, at.socket, strlen(at.socket));
	l = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(l, (struct sockaddr *)&un, sizeof(un)), 0);
	ck_assert_int_eq(listen(l, 1), 0);
	for (i = 0; i < 64; i++) {
		fill[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(fill[i], (struct sockaddr *)&un, sizeof(un)) != 0)
			break;
	}
	ck_assert_int_lt(i, 64);
	start = br_now_ms();
	ck_err(br_connect(&c, at.socket, 300, &why), CB_E_TIMEOUT);
	ck_assert_uint_ge(br_now_ms() - start, 250);
	ck_assert_uint_le(br_now_ms() - start, 600);
	for (; i >= 0; i--)
		close(fill[i]);
	close(l);
	place_clear(&at);
}
END_TEST

START_TEST(a_stopped_bridge_is_not_greeted)
{
	struct br_client *c;
	uint64_t start;

	stop_bridge();
	start = br_now_ms();
	ck_err(br_connect(&c, b.at.socket, 100, NULL), CB_E_TIMEOUT);
	ck_assert_uint_le(br_now_ms() - start, 250);
}
END_TEST

START_TEST(a_killed_bridge_is_noticed_at_once)
{
	struct br_client *c = attached(&b, "a", BR_ROAD_DIRECT), *d;
	uint64_t start;
	struct cb_why why = { "" };
	enum cb_err e;

	power_on(c);
	ck_assert_int_eq(kill(b.pid, SIGKILL), 0);
	start = br_now_ms();
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0, 0xa4, 4, 0), 0);
	ck_err(e, CB_E_PEER);
	ck_assert_uint_le(br_now_ms() - start, 300);
	bridge_stop(&b);	/* until it has been buried */
	/* the kernel may still be taking its sockets down */
	while ((e = br_connect(&d, b.at.socket, 100, &why)) == CB_E_PEER &&
	    br_now_ms() - start < 2000)
		continue;
	ck_err(e, CB_E_ABSENT);
	ck_assert_ptr_nonnull(strstr(why.text, b.at.socket));
	br_close(&c);
}
END_TEST

/* The sum of both kinds of context switches of all threads. */
static unsigned long
switches(pid_t pid)
{
	char name[64], line[256];
	unsigned long n, sum = 0;
	FILE *f;

	/* the loop's thread is the process's first; there is no other */
	snprintf(name, sizeof(name), "/proc/%d/status", (int)pid);
	f = fopen(name, "re");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "Threads: %lu", &n) == 1)
			sum += n * 1000000;
		if (sscanf(line, "voluntary_ctxt_switches: %lu", &n) == 1)
			sum += n;
	}
	fclose(f);
	return sum;
}

START_TEST(an_idle_bridge_does_not_wake)
{
	struct br_client *c = attached(&b, "a", BR_ROAD_DIRECT);
	struct br_client *w = dial(&b), *used = attached(&b, "b",
	    BR_ROAD_DIRECT);
	struct br_target t = { .name = "a" };
	struct br_state state;
	uint8_t atr[CB_ATR_MAX];
	unsigned long before;
	size_t n;
	enum cb_err e;

	ck_ok(br_watch(w, &t, BR_ROAD_PCSC, &state));
	power_on(used);
	ck_assert_uint_eq(send_apdu(used, &e, 4, 0, 0xa4, 4, 0), 0x9000);
	ck_ok(br_power(used, BR_POWER_OFF, atr, &n, NULL));
	sleep(7);	/* the card rests after 3 s, its thread goes 2 s later */
	before = switches(b.pid);
	ck_assert_uint_eq(before / 1000000, 1);
	sleep(3);
	ck_assert_uint_eq(switches(b.pid), before);
	br_close(&c);
	br_close(&w);
	br_close(&used);
}
END_TEST

/* How often the threads beside the loop's have gone to sleep. */
static unsigned long
session_switches(pid_t pid)
{
	char name[64], line[256];
	unsigned long n, sum = 0;
	struct dirent *e;
	DIR *d;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/task", (int)pid);
	ck_assert_ptr_nonnull(d = opendir(name));
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.' || strtol(e->d_name, NULL, 10) == pid)
			continue;
		snprintf(name, sizeof(name), "/proc/%d/task/%.20s/status",
		    (int)pid, e->d_name);
		ck_assert_ptr_nonnull(f = fopen(name, "re"));
		while (fgets(line, sizeof(line), f) != NULL)
			if (sscanf(line, "voluntary_ctxt_switches: %lu",
				&n) == 1)
				sum += n;
		fclose(f);
	}
	closedir(d);
	return sum;
}

START_TEST(a_timeout_ends_with_its_session)
{
	struct br_client *c = attached(&b, "a", BR_ROAD_DIRECT);
	uint8_t atr[CB_ATR_MAX];
	unsigned long before;
	size_t n;
	enum cb_err e;

	power_on(c);
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0x80, 5, 0, 200), 0x9000);
	ck_ok(br_power(c, BR_POWER_OFF, atr, &n, NULL));
	power_on(c);
	usleep(100000);
	before = session_switches(b.pid);
	sleep(2);
	ck_assert_uint_le(session_switches(b.pid), before + 1);
	br_close(&c);
}
END_TEST

Suite *
deadlines_suite(void)
{
	Suite *s = suite_create("deadlines");
	TCase *t = tcase_create("deadlines");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, a_stopped_bridge_is_noticed_by_the_short_deadline);
	tcase_add_test(t, a_bridge_stopped_while_it_computes_is_noticed);
	tcase_add_test(t, signs_of_life_extend_up_to_the_long_deadline);
	tcase_add_test(t, a_busy_card_does_not_delay_another);
	tcase_add_test(t, connecting_to_a_full_backlog_ends);
	tcase_add_test(t, a_stopped_bridge_is_not_greeted);
	tcase_add_test(t, a_killed_bridge_is_noticed_at_once);
	tcase_add_test(t, an_idle_bridge_does_not_wake);
	tcase_add_test(t, a_timeout_ends_with_its_session);
	suite_add_tcase(s, t);
	return s;
}
