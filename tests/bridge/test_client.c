/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The thin end where the order of things matters: before bridges that say
 * what a real one says, each at the moment of the test's choice.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "bridge/protocol.h"
#include "bridge/sock.h"
#include "tests/bridge/harness.h"

/* ---- the list in pieces ------------------------------------------------- */

static void
await_request(int fd)
{
	uint8_t request[256];

	ck_assert_int_gt(recv(fd, request, sizeof(request), 0), 0);
}

static void
say(int fd, struct cb_buf *out)
{
	ck_ok(br_sock_send(fd, cb_buf_span(out), CB_SPAN_EMPTY, 1000));
	cb_buf_free(out);
}

/* One reader, and whether more come. */
static void
put_page(struct cb_buf *out, uint16_t seq, uint32_t number, bool more)
{
	struct br_listed one = { .number = number, .name = "a" };
	size_t mark;

	ck_ok(br_listed_begin(out, &mark, 0));
	ck_ok(br_listed_add(out, mark, &one));
	ck_ok(br_listed_end(out, mark, seq, more));
}

static void
put_changed(struct cb_buf *out)
{
	ck_ok(br_put_plain(out, 0, BR_CHANGED, CB_SPAN_EMPTY));
}

/* Where CHANGED stands: before the first piece, right behind it, before the
 * second, behind that. */
enum { BEFORE, BEHIND, BETWEEN, AFTER };
static int changed_at;

static void
play_pieces(int fd)
{
	struct cb_buf out = CB_BUF_INIT;

	await_request(fd);
	ck_ok(br_put_welcome(&out, 1, 5000, 60000));
	say(fd, &out);
	await_request(fd);
	if (changed_at == BEFORE)
		put_changed(&out);
	put_page(&out, 2, 1, true);
	if (changed_at == BEHIND)
		put_changed(&out);
	say(fd, &out);
	await_request(fd);
	if (changed_at == BETWEEN)
		put_changed(&out);
	put_page(&out, 3, 2, false);
	if (changed_at == AFTER)
		put_changed(&out);
	say(fd, &out);
	pause();
}

/* A piece that has come may be wrong by now, whatever comes later: only what
 * was said before the first one is known from the list itself. */
START_TEST(a_change_between_two_pieces_is_not_lost)
{
	struct br_listed *list;
	struct br_client *c;
	struct played p;
	uint32_t comings;
	size_t n;

	changed_at = _i;
	played_start(&p, play_pieces);
	ck_ok(br_connect(&c, p.at.socket, 2000, NULL));
	ck_ok(br_list(c, true, &list, &n, &comings));
	ck_assert_uint_eq(n, 2);
	ck_err(br_list_wait(c, br_now_ms() + 200, -1),
	    _i == BEFORE ? CB_E_TIMEOUT : CB_OK);
	/* once */
	ck_err(br_list_wait(c, br_now_ms() + 50, -1), CB_E_TIMEOUT);
	free(list);
	br_close(&c);
	played_clear(&p);
}
END_TEST

/* ---- signals ------------------------------------------------------------ */

static void
ignore(int sig)
{
	(void)sig;
}

/* A program that is interrupted again and again, as by a profiler. */
static void
interrupt_every(unsigned ms)
{
	struct sigaction sa = { .sa_handler = ignore };
	struct itimerval it = { .it_interval.tv_usec = 1000 * (long)ms };

	it.it_value = it.it_interval;
	ck_assert_int_eq(sigaction(SIGALRM, &sa, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &it, NULL), 0);
}

/* Nobody takes connections up, and no more fit. */
START_TEST(signals_do_not_put_off_the_end_of_connecting)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct br_client *c;
	struct place at;
	uint64_t start;
	int l, one = socket(AF_UNIX, SOCK_STREAM, 0);

	place_make(&at);
	memcpy(un.sun_path, at.socket, strlen(at.socket));
	l = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(l, (struct sockaddr *)&un, sizeof(un)), 0);
	ck_assert_int_eq(listen(l, 0), 0);
	/* one more than the backlog */
	ck_assert_int_eq(connect(one, (struct sockaddr *)&un, sizeof(un)), 0);
	interrupt_every(20);
	start = br_now_ms();
	ck_err(br_connect(&c, at.socket, 300, NULL), CB_E_TIMEOUT);
	ck_assert_uint_ge(br_now_ms() - start, 290);
	ck_assert_uint_lt(br_now_ms() - start, 600);
	close(one);
	close(l);
	place_clear(&at);
}
END_TEST

Suite *
client_suite(void)
{
	Suite *s = suite_create("client");
	TCase *t = tcase_create("client");

	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, a_change_between_two_pieces_is_not_lost,
	    BEFORE, AFTER + 1);
	tcase_add_test(t, signals_do_not_put_off_the_end_of_connecting);
	suite_add_tcase(s, t);
	return s;
}
