/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Clients that take their time, workers that do, and a door at rest.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/backend/door/rig.h"
#include "tests/backend/door/suites.h"

#define COMMANDS "/sessions/05010000000000000000000000000000"
#define LIMIT_MS 300
#define SOON_MS 5000	/* on a busy machine */

static struct rig r;

static void
init(void)
{
	rig_init(&r);
}

static void
stop(void)
{
	rig_clear(&r);
}

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Closed, not before the limit. */
static void
expect_end(struct client *c, int64_t from)
{
	struct reply reply;
	int64_t took;

	ck_assert(!client_reply(c, &reply));
	took = now_ms() - from;
	ck_assert_msg(took >= LIMIT_MS - 20 && took < SOON_MS, "%d ms",
	    (int)took);
	client_close(c);
}

START_TEST(a_handshake_has_a_limit)
{
	struct client c;
	int64_t from = now_ms();

	r.settings.limits.handshake = LIMIT_MS;
	rig_start(&r);
	client_bare(&r, &c);
	/* a record that does not end */
	if (_i == 1)
		ck_assert_int_eq(write(c.fd, "\26\3\1\1\0\1", 6), 6);
	ck_assert_int_eq(recv(c.fd, &(char){ 0 }, 1, 0), 0);
	ck_assert_int_ge(now_ms() - from, LIMIT_MS - 20);
	client_close(&c);
}
END_TEST

static const char *const begun[] = {
	"P",
	"POST " COMMANDS " HTTP/1.1\r\nHost: a\r\n",
	"POST " COMMANDS " HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
	"POST " COMMANDS " HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n1",
};

START_TEST(a_request_has_a_limit)
{
	struct client c;
	int64_t from;

	r.settings.limits.request = LIMIT_MS;
	rig_start(&r);
	client_open(&r, &c, DEVICE);
	from = now_ms();
	client_text(&c, begun[_i]);
	expect_end(&c, from);
	rig_untold(&r);
}
END_TEST

/* A byte now and then does not make the time longer. */
START_TEST(drops_do_not_count)
{
	struct client c;
	struct pollfd p;
	int64_t from;

	r.settings.limits.request = LIMIT_MS;
	rig_start(&r);
	client_open(&r, &c, DEVICE);
	from = now_ms();
	p = (struct pollfd){ .fd = c.fd, .events = POLLRDHUP };
	client_text(&c, "GET /");
	while (poll(&p, 1, 30) == 0 && now_ms() - from < SOON_MS)
		client_text(&c, "a");
	ck_assert_int_ne(p.revents & POLLRDHUP, 0);
	ck_assert_int_lt(now_ms() - from, SOON_MS);
	client_close(&c);
}
END_TEST

START_TEST(rest_has_a_limit)
{
	struct client c;
	struct reply reply;
	int64_t from = now_ms();

	r.settings.limits.idle = LIMIT_MS;
	rig_start(&r);
	client_open(&r, &c, _i == 0 ? DEVICE : NOBODY);
	client_ask(&c, "GET", "/backend", CB_SPAN_EMPTY);
	ck_assert(client_reply(&c, &reply));
	reply_clear(&reply);
	ck_assert(!client_reply(&c, &reply));
	ck_assert_int_ge(now_ms() - from, LIMIT_MS - 20);
	/* with a word, so that it is no error */
	ck_assert_int_eq(SSL_get_shutdown(c.ssl) & SSL_RECEIVED_SHUTDOWN,
	    SSL_RECEIVED_SHUTDOWN);
	client_close(&c);
}
END_TEST

/* The timer of the handshake fires when that is over for long. */
START_TEST(a_limit_ends_with_what_it_is_for)
{
	struct client c;
	struct reply reply;

	r.settings.limits.handshake = LIMIT_MS;
	rig_start(&r);
	client_open(&r, &c, DEVICE);
	usleep((LIMIT_MS + 200) * 1000);
	client_ask(&c, "GET", "/backend", CB_SPAN_EMPTY);
	ck_assert(client_reply(&c, &reply));
	ck_assert_uint_eq(reply.status, 200);
	reply_clear(&reply);
	client_close(&c);
}
END_TEST

START_TEST(a_worker_has_a_limit)
{
	struct client c;
	struct told told;
	struct reply reply;

	r.settings.limits.answer = LIMIT_MS;
	rig_start(&r);
	client_open(&r, &c, DEVICE);
	client_ask(&c, "POST", COMMANDS, cb_span_str("records"));
	rig_told(&r, &told, 0x0103);
	ck_assert(client_reply(&c, &reply));
	expect_failure(&reply, 503, CB_E_TIMEOUT);
	reply_clear(&reply);
	/* too late is no lie: the next is answered */
	rig_answer(&r, told.type, told.id, 0, CB_SPAN_EMPTY);
	cb_buf_free(&told.body);
	client_ask(&c, "POST", COMMANDS, cb_span_str("records"));
	rig_told(&r, &told, 0x0103);
	rig_answer(&r, told.type, told.id, 0, cb_span_str("yes"));
	cb_buf_free(&told.body);
	ck_assert(client_reply(&c, &reply));
	ck_assert_uint_eq(reply.status, 200);
	ck_assert_uint_eq(reply.body.n, 3);
	reply_clear(&reply);
	client_close(&c);
}
END_TEST

/* A client that does not take what it has asked for. */
START_TEST(taking_an_answer_has_a_limit)
{
	const int little = 65536;
	struct cb_buf body = CB_BUF_INIT;
	struct client c;
	struct told told;
	uint8_t *p;
	size_t got = 0;
	ssize_t n;

	r.settings.limits.sending = LIMIT_MS;
	rig_start(&r);
	ck_assert_int_eq(cb_buf_grow(&body, (size_t)1 << 20, &p), CB_OK);
	client_open(&r, &c, DEVICE);
	(void)setsockopt(
	    c.fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof(little));
	for (int i = 0; i < 8; i++)
		client_ask(&c, "POST", COMMANDS, CB_SPAN_EMPTY);
	for (int i = 0; i < 8; i++) {
		struct pollfd waits = { .fd = be_channel_fd(r.worker),
			.events = POLLIN };

		if (poll(&waits, 1, LIMIT_MS * 2) == 0)
			break;
		rig_told(&r, &told, 0x0103);
		rig_answer(&r, told.type, told.id, 0, cb_buf_span(&body));
		cb_buf_free(&told.body);
	}
	/* it has the end without all of them */
	while ((n = recv(c.fd, p, body.n, 0)) > 0)
		got += (size_t)n;
	ck_assert_uint_lt(got, 8 * body.n);
	cb_buf_free(&body);
	client_close(&c);
}
END_TEST

/* Who fills the connection while its request waits. */
START_TEST(not_too_far_ahead)
{
	static const char head[] =
	    "POST " COMMANDS " HTTP/1.1\r\nHost: a\r\n\r\n";
	struct client c;
	struct told told;
	struct reply reply;

	rig_start(&r);
	client_open(&r, &c, DEVICE);
	client_text(&c, head);
	rig_told(&r, &told, 0x0103);
	cb_buf_free(&told.body);
	for (int i = 0; i < 1000; i++)
		client_text(&c, head);
	ck_assert(!client_reply(&c, &reply));
	client_close(&c);
}
END_TEST

/* The number behind `name` in a file of the door's. */
static unsigned long
look(const char *file, const char *name)
{
	char path[64], line[256] = "";
	const char *at = NULL;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)r.pid, file);
	ck_assert_ptr_nonnull(f = fopen(path, "r"));
	while (at == NULL && fgets(line, sizeof(line), f) != NULL)
		at = strncmp(line, name, strlen(name)) == 0 ? line : NULL;
	ck_assert_ptr_nonnull(at);
	(void)fclose(f);
	return strtoul(line + strlen(name), NULL, 10);
}

static unsigned long
wakes_within(int ms)
{
	const unsigned long before =
	    look("status", "voluntary_ctxt_switches:");

	(void)poll(NULL, 0, ms);
	return look("status", "voluntary_ctxt_switches:") - before;
}

static void
hold_one(struct client *c)
{
	struct cb_buf list = CB_BUF_INIT, body = CB_BUF_INIT;
	struct wire_held held = { .stamp = 1 };
	struct wire_hold h = { .kind = WIRE_TEST, .count = 1 };

	ck_assert_int_eq(wire_held_put(&list, &held), CB_OK);
	h.cards = cb_buf_span(&list);
	ck_assert_int_eq(wire_hold_put(&body, &h), CB_OK);
	client_ask(c, "POST", "/hold", cb_buf_span(&body));
	cb_buf_free(&list);
	cb_buf_free(&body);
}

#define MANY 200
#define MANY_BODIES 30

/* With links that wait the door does not wake, and needs little memory. */
START_TEST(rest_costs_little)
{
	static struct client c[MANY];
	struct told told;
	unsigned long before, each;

	r.settings.limits.of_one = MANY + 2;
	r.settings.limits.holds = MANY + 2;
	rig_start(&r);
	for (int i = 0; i < 2; i++) {	/* what the first ones cost */
		client_open(&r, &c[i], DEVICE);
		hold_one(&c[i]);
		rig_told(&r, &told, 0x0104);
		cb_buf_free(&told.body);
	}
	before = look("status", "VmRSS:");
	for (int i = 2; i < MANY; i++) {
		client_open(&r, &c[i], DEVICE);
		hold_one(&c[i]);
		rig_told(&r, &told, 0x0104);
		cb_buf_free(&told.body);
	}
	each = (look("status", "VmRSS:") - before) * 1024 / (MANY - 2);
	(void)printf("# %lu bytes a connection that waits\n", each);
#ifndef __SANITIZE_ADDRESS__
	ck_assert_uint_lt(each, 40960);
#endif
	/* it may still be on its way to sleep */
	for (int i = 0; i < 10 && wakes_within(500) != 0; i++)
		continue;
	ck_assert_uint_eq(wakes_within(500), 0);
	for (int i = 0; i < MANY; i++)
		client_close(&c[i]);
}
END_TEST

/* What a large body needed is not kept for what is behind it. */
START_TEST(a_body_leaves_no_room_behind)
{
	static struct client c[MANY_BODIES];
	struct cb_buf body = CB_BUF_INIT;
	struct told told;
	struct reply reply;
	unsigned long before, more;
	uint8_t *p;

	r.settings.limits.of_one = MANY_BODIES;
	rig_start(&r);
	ck_assert_int_eq(cb_buf_add(&body, cb_span_str(
	    "POST " COMMANDS " HTTP/1.1\r\nHost: a\r\n"
	    "Content-Length: 1000000\r\n\r\n")), CB_OK);
	/* and one byte of the next request */
	ck_assert_int_eq(cb_buf_grow(&body, 1000001, &p), CB_OK);
	p[1000000] = 'P';
	before = look("status", "VmRSS:");
	for (int i = 0; i < MANY_BODIES; i++) {
		client_open(&r, &c[i], DEVICE);
		client_send(&c[i], cb_buf_span(&body));
		rig_told(&r, &told, 0x0103);
		rig_answer(&r, 0x0103, told.id, 0, CB_SPAN_EMPTY);
		cb_buf_free(&told.body);
		ck_assert(client_reply(&c[i], &reply));
		reply_clear(&reply);
	}
	more = look("status", "VmRSS:") - before;
	(void)printf("# %lu KiB for %d that have asked much\n", more,
	    MANY_BODIES);
#ifndef __SANITIZE_ADDRESS__
	ck_assert_uint_lt(more, 12000);
#endif
	for (int i = 0; i < MANY_BODIES; i++)
		client_close(&c[i]);
	cb_buf_free(&body);
}
END_TEST

Suite *
slow_suite(void)
{
	Suite *s = suite_create("slow");
	TCase *tc = tcase_create("slow");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, init, stop);
	tcase_add_loop_test(tc, a_handshake_has_a_limit, 0, 2);
	tcase_add_loop_test(tc, a_request_has_a_limit, 0,
	    sizeof(begun) / sizeof(begun[0]));
	tcase_add_test(tc, drops_do_not_count);
	tcase_add_loop_test(tc, rest_has_a_limit, 0, 2);
	tcase_add_test(tc, a_limit_ends_with_what_it_is_for);
	tcase_add_test(tc, a_worker_has_a_limit);
	tcase_add_test(tc, taking_an_answer_has_a_limit);
	tcase_add_test(tc, not_too_far_ahead);
	tcase_add_test(tc, rest_costs_little);
	tcase_add_test(tc, a_body_leaves_no_room_behind);
	suite_add_tcase(s, tc);
	return s;
}
