/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Channels: what arrives is what was sent, however it is cut; and what a role
 * that was taken over may send.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/channel.h"
#include "tests/backend/roles/suites.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static int raw;
static struct be_channel *ch;

static void
open_one(void)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	raw = ends[0];
	ck_assert_int_eq(be_channel_new(&ch, ends[1]), CB_OK);
}

static void
close_one(void)
{
	be_channel_free(&ch);
	be_channel_free(&ch);
	(void)close(raw);
}

/* The next message, waited for. */
static enum cb_err
next(struct be_channel *from, struct be_message *m)
{
	struct pollfd p = { be_channel_fd(from), POLLIN, 0 };
	enum cb_err r;

	while ((r = be_channel_next(from, m)) == CB_E_SHORT) {
		ck_assert_int_eq(poll(&p, 1, 10000), 1);
		if ((r = be_channel_read(from)) != CB_OK)
			return r;
	}
	return r;
}

static const uint8_t hello[] = { 0, 0, 0, 2, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	9, 'h', 'i' };

START_TEST(a_frame_is_as_described)
{
	const struct be_message request = { 7, 0, false, 9,
		{ (const uint8_t *)"hi", 2 } }, answer = { 7, 6, true, 9,
		{ NULL, 0 } };
	static const uint8_t absent[] = { 0, 0, 0, 0, 0x80, 7, 0, 6, 0, 0, 0,
		0, 0, 0, 0, 9 };
	uint8_t got[64];

	ck_assert_int_eq(be_channel_send(ch, &request), CB_OK);
	ck_assert_int_eq(read(raw, got, sizeof(got)), sizeof(hello));
	ck_assert_mem_eq(got, hello, sizeof(hello));
	ck_assert_int_eq(be_channel_send(ch, &answer), CB_OK);
	ck_assert_int_eq(read(raw, got, sizeof(got)), sizeof(absent));
	ck_assert_mem_eq(got, absent, sizeof(absent));
	ck_assert(!be_channel_unsent(ch));
	ck_assert_int_eq(fcntl(be_channel_fd(ch), F_GETFD), FD_CLOEXEC);
}
END_TEST

/* A passcode does not lie there until somebody says something again. */
START_TEST(what_was_heard_is_wiped)
{
	struct be_message m;
	const uint8_t *body[2];

	ck_assert_int_eq(write(raw, hello, sizeof(hello)), sizeof(hello));
	ck_assert_int_eq(write(raw, hello, sizeof(hello)), sizeof(hello));
	/* and a piece of a third */
	ck_assert_int_eq(write(raw, hello, 3), 3);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(next(ch, &m), CB_OK);
		ck_assert_mem_eq(m.body.p, "hi", 2);
		body[i] = m.body.p;
	}
	ck_assert_mem_eq(body[0], "hi", 2);
	ck_assert_int_eq(be_channel_next(ch, &m), CB_E_SHORT);
	for (int i = 0; i < 2; i++)
		ck_assert_mem_eq(body[i], "\0", 2);
	ck_assert_int_eq(
	    write(raw, hello + 3, sizeof(hello) - 3), sizeof(hello) - 3);
	ck_assert_int_eq(next(ch, &m), CB_OK);
	ck_assert_mem_eq(m.body.p, "hi", 2);
}
END_TEST

/* In pieces of every length, several at once. */
START_TEST(frames_may_come_in_pieces)
{
	uint8_t many[3 * sizeof(hello)];
	struct be_message m;
	size_t at, n;

	for (size_t i = 0; i < 3; i++)
		memcpy(many + i * sizeof(hello), hello, sizeof(hello));
	for (size_t piece = 1; piece <= sizeof(many); piece++) {
		size_t whole = 0;

		for (at = 0; at < sizeof(many); at += n) {
			n = sizeof(many) - at < piece ? sizeof(many) - at
						      : piece;
			ck_assert_int_eq(
			    write(raw, many + at, n), (ssize_t)n);
			ck_assert_int_eq(be_channel_read(ch), CB_OK);
			while (be_channel_next(ch, &m) == CB_OK) {
				ck_assert_uint_eq(m.type, 7);
				ck_assert_uint_eq(m.id, 9);
				ck_assert(!m.answer);
				ck_assert(cb_span_equal(
				    m.body, cb_span_str("hi")));
				whole++;
			}
			ck_assert_uint_eq(
			    whole, (at + n) / sizeof(hello));
		}
	}
}
END_TEST

static const struct {
	const char *why;
	uint8_t bytes[16];
} wrong[] = {
	{ "longer than anything", { 0, 0x10, 0, 1, 0, 7, 0, 0, 0, 0, 0, 0, 0,
	    0, 0, 9 } },
	{ "all bits", { 0xFF, 0xFF, 0xFF, 0xFF, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0,
	    0, 9 } },
	{ "a code in a request", { 0, 0, 0, 0, 0, 7, 0, 1, 0, 0, 0, 0, 0, 0,
	    0, 9 } },
	{ "an answer to no number", { 0, 0, 0, 0, 0x80, 7, 0, 0, 0, 0, 0, 0,
	    0, 0, 0, 0 } },
};

START_TEST(other_frames_break_it)
{
	struct be_message m;

	ck_assert_int_eq(write(raw, wrong[_i].bytes, 16), 16);
	ck_assert_msg(next(ch, &m) == CB_E_PEER, "%s", wrong[_i].why);
	/* and go on doing so */
	ck_assert_int_eq(be_channel_next(ch, &m), CB_E_PEER);
}
END_TEST

START_TEST(the_end_is_noticed)
{
	const struct be_message m = { 7, 0, false, 9, { NULL, 0 } };
	struct be_message got;

	ck_assert_int_eq(write(raw, hello, 5), 5);
	ck_assert_int_eq(shutdown(raw, SHUT_RDWR), 0);
	ck_assert_int_eq(next(ch, &got), CB_E_PEER);
	ck_assert_int_eq(be_channel_send(ch, &m), CB_E_PEER);
	ck_assert_int_eq(be_channel_flush(ch), CB_E_PEER);
}
END_TEST

/* The largest body, to one who reads slowly: nothing waits, nothing is lost. */
START_TEST(large_bodies_go_through)
{
	struct cb_buf body = CB_BUF_INIT;
	struct be_message m = { 7, 0, false, 9, { NULL, 0 } }, got;
	struct be_channel *other;
	uint8_t *p;

	ck_assert_int_eq(be_channel_new(&other, dup(raw)), CB_OK);
	ck_assert_int_eq(cb_buf_grow(&body, BE_BODY_MAX, &p), CB_OK);
	for (size_t i = 0; i < BE_BODY_MAX; i++)
		p[i] = (uint8_t)(i * 7 + i / 256);
	m.body = cb_buf_span(&body);
	for (m.id = 1; m.id <= 3; m.id++)
		ck_assert_int_eq(be_channel_send(ch, &m), CB_OK);
	ck_assert(be_channel_unsent(ch));
	for (uint64_t id = 1; id <= 3; id++) {
		while (be_channel_next(other, &got) == CB_E_SHORT) {
			ck_assert_int_eq(be_channel_flush(ch), CB_OK);
			ck_assert_int_eq(be_channel_read(other), CB_OK);
		}
		ck_assert_uint_eq(got.id, id);
		ck_assert(cb_span_equal(got.body, m.body));
	}
	ck_assert(!be_channel_unsent(ch));
	be_channel_free(&other);
	cb_buf_free(&body);
}
END_TEST

START_TEST(what_cannot_be_sent_is_not)
{
	struct cb_buf body = CB_BUF_INIT_MAX(BE_BODY_MAX + 1);
	struct be_message m = { 7, 0, false, 9, { NULL, 0 } };
	uint8_t *p;
	enum cb_err r = CB_OK;
	size_t n = 0;

	ck_assert_int_eq(cb_buf_grow(&body, BE_BODY_MAX + 1, &p), CB_OK);
	m.body = cb_buf_span(&body);
	ck_assert_int_eq(be_channel_send(ch, &m), CB_E_LIMIT);
	m.body.n = 0;
	m.type = 0x8007;
	ck_assert_int_eq(be_channel_send(ch, &m), CB_E_ARG);
	m.type = 7;
	m.answer = true;
	m.id = 0;
	ck_assert_int_eq(be_channel_send(ch, &m), CB_E_ARG);
	ck_assert(!be_channel_unsent(ch));
	/* nobody reads: there is an end, and then it is broken */
	m.answer = false;
	m.body.n = BE_BODY_MAX;
	while (r == CB_OK && n++ < 64)
		r = be_channel_send(ch, &m);
	ck_assert_int_eq(r, CB_E_PEER);
	ck_assert_uint_le(n, BE_UNSENT_MAX / BE_BODY_MAX + 2);
	m.body.n = 0;
	ck_assert_int_eq(be_channel_send(ch, &m), CB_E_PEER);
	cb_buf_free(&body);
}
END_TEST

/* Many threads: each message is whole, each thread's in its order. */
enum { THREADS = 4, EACH = 2000 };

static void *
send_many(void *arg)
{
	const uint16_t *type = arg;
	struct cb_buf body = CB_BUF_INIT;
	struct be_message m = { *type, 0, false, 1, { NULL, 0 } };
	uint8_t *p;

	if (cb_buf_grow(&body, 300, &p) != CB_OK)
		return NULL;
	memset(p, (int)*type, 300);
	for (; m.id <= EACH; m.id++) {
		m.body = cb_span(body.p, m.id % 300);
		if (be_channel_send(ch, &m) != CB_OK)
			break;
	}
	cb_buf_free(&body);
	return NULL;
}

START_TEST(threads_do_not_mix)
{
	static uint16_t types[THREADS] = { 1, 2, 3, 4 };
	uint64_t last[THREADS + 1] = { 0 };
	pthread_t threads[THREADS];
	struct be_channel *other;
	struct be_message m;

	ck_assert_int_eq(be_channel_new(&other, dup(raw)), CB_OK);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(
		    &threads[i], NULL, send_many, &types[i]), 0);
	for (int i = 0; i < THREADS * EACH; i++) {
		enum cb_err r;

		while ((r = be_channel_next(other, &m)) == CB_E_SHORT) {
			ck_assert_int_eq(be_channel_flush(ch), CB_OK);
			ck_assert_int_eq(be_channel_read(other), CB_OK);
		}
		ck_assert_int_eq(r, CB_OK);
		ck_assert(m.type >= 1 && m.type <= THREADS);
		ck_assert_uint_eq(m.id, ++last[m.type]);
		ck_assert_uint_eq(m.body.n, m.id % 300);
		for (size_t j = 0; j < m.body.n; j++)
			ck_assert_uint_eq(m.body.p[j], m.type);
	}
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	be_channel_free(&other);
}
END_TEST

static void *
send_one(void *arg)
{
	const struct be_message m = { .type = 1, .id = 1 };

	(void)arg;
	return be_channel_send(ch, &m) == CB_OK ? ch : NULL;
}

/* Also what another thread says, and when it was said before is over. */
START_TEST(what_is_held_goes_together)
{
	struct pollfd p = { raw, POLLIN, 0 };
	uint8_t got[64];
	pthread_t thread;
	void *sent;

	be_channel_hold(ch);
	ck_assert_ptr_nonnull(send_one(NULL));
	ck_assert_int_eq(pthread_create(&thread, NULL, send_one, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, &sent), 0);
	ck_assert_ptr_nonnull(sent);
	ck_assert_int_eq(poll(&p, 1, 0), 0);
	ck_assert_int_eq(be_channel_flush(ch), CB_OK);
	ck_assert_int_eq(read(raw, got, sizeof(got)), 32);
	ck_assert_ptr_nonnull(send_one(NULL));
	ck_assert_int_eq(read(raw, got, sizeof(got)), 16);
}
END_TEST

Suite *
channel_suite(void)
{
	Suite *s = suite_create("channel");
	TCase *tc = tcase_create("channel");

	tcase_add_checked_fixture(tc, open_one, close_one);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_frame_is_as_described);
	tcase_add_test(tc, what_was_heard_is_wiped);
	tcase_add_test(tc, frames_may_come_in_pieces);
	tcase_add_loop_test(tc, other_frames_break_it, 0, COUNT(wrong));
	tcase_add_test(tc, the_end_is_noticed);
	tcase_add_test(tc, large_bodies_go_through);
	tcase_add_test(tc, what_cannot_be_sent_is_not);
	tcase_add_test(tc, threads_do_not_mix);
	tcase_add_test(tc, what_is_held_goes_together);
	suite_add_tcase(s, tc);
	return s;
}
