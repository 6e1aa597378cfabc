/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The loop of a role: what it calls and when, and what may happen within a
 * call.
 */
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/loop.h"
#include "tests/backend/roles/suites.h"

static struct be_loop *loop;
static struct be_channel *ours, *theirs;
static struct be_watched *watched;
static unsigned messages, ends, bytes;
static enum cb_err verdict;

static void
open_all(void)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(be_channel_new(&ours, pair[0]), CB_OK);
	ck_assert_int_eq(be_channel_new(&theirs, pair[1]), CB_OK);
	ck_assert_int_eq(be_loop_new(&loop), CB_OK);
	messages = ends = bytes = 0;
	verdict = CB_OK;
}

static void
close_all(void)
{
	be_loop_free(&loop);
	be_channel_free(&ours);
	be_channel_free(&theirs);
}

static void
say(struct be_channel *ch, const char *text)
{
	const struct be_message m = { .type = 1, .body = cb_span_str(text) };

	ck_assert_int_eq(be_channel_send(ch, &m), CB_OK);
}

/* Stops at the message "stop". */
static enum cb_err
on_message(void *ctx, struct be_channel *ch, const struct be_message *m)
{
	ck_assert_ptr_eq(ctx, &messages);
	ck_assert_ptr_eq(ch, ours);
	messages++;
	bytes += (unsigned)m->body.n;
	if (cb_span_equal(m->body, cb_span_str("stop")))
		be_loop_stop(loop);
	if (cb_span_equal(m->body, cb_span_str("forget"))) {
		be_loop_forget(loop, &watched);
		be_channel_free(&ours);
		be_loop_stop(loop);
	}
	return verdict;
}

static void
on_gone(void *ctx, struct be_channel *ch)
{
	ck_assert_ptr_eq(ctx, &messages);
	ck_assert_ptr_eq(ch, ours);
	be_channel_free(&ours);
	ends++;
	be_loop_stop(loop);
}

static void
watch_ours(void)
{
	ck_assert_int_eq(be_loop_channel(loop, &watched, ours, on_message,
			     on_gone, &messages),
	    CB_OK);
}

START_TEST(messages_come_before_the_end)
{
	watch_ours();
	say(theirs, "a");
	say(theirs, "bc");
	be_channel_free(&theirs);
	ck_assert_int_eq(be_loop_run(loop), CB_OK);
	ck_assert_uint_eq(messages, 2);
	ck_assert_uint_eq(bytes, 3);
	ck_assert_uint_eq(ends, 1);
}
END_TEST

START_TEST(a_message_that_is_refused_is_the_end)
{
	watch_ours();
	verdict = CB_E_FORMAT;
	say(theirs, "a");
	say(theirs, "b");
	ck_assert_int_eq(be_loop_run(loop), CB_OK);
	ck_assert_uint_eq(messages, 1);
	ck_assert_uint_eq(ends, 1);
}
END_TEST

START_TEST(a_channel_may_be_freed_within_its_call)
{
	watch_ours();
	say(theirs, "forget");
	say(theirs, "b");
	ck_assert_int_eq(be_loop_run(loop), CB_OK);
	ck_assert_uint_eq(messages, 1);
	ck_assert_uint_eq(ends, 0);
	ck_assert_ptr_null(watched);
}
END_TEST

/* Far more than a socket takes, sent by a thread that is not the loop's while
 * it waits: the other end reads all of it, and says so. */
#define MUCH ((size_t)200000)
#define TIMES 40

static void *
send_much(void *arg)
{
	static uint8_t much[MUCH];
	const struct be_message m = { .type = 1,
		.body = { much, sizeof(much) } };

	for (int i = 0; i < TIMES; i++)
		ck_assert_int_eq(be_channel_send(ours, &m), CB_OK);
	return arg;
}

static void *
read_much(void *arg)
{
	uint8_t some[65536];
	size_t left = TIMES * (MUCH + 16);
	ssize_t n;

	while (left > 0 && (n = read(*(int *)arg, some, sizeof(some))) > 0)
		left -= (size_t)n;
	ck_assert_uint_eq(left, 0);
	be_loop_stop(loop);
	return arg;
}

START_TEST(what_a_full_socket_did_not_take_is_sent_on)
{
	pthread_t sender, reader;
	struct timeval limit = { 10, 0 };
	int pair[2];

	be_channel_free(&ours);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(setsockopt(pair[1], SOL_SOCKET, SO_RCVTIMEO, &limit,
			     sizeof(limit)),
	    0);
	ck_assert_int_eq(be_channel_new(&ours, pair[0]), CB_OK);
	watch_ours();
	ck_assert_int_eq(pthread_create(&sender, NULL, send_much, NULL), 0);
	ck_assert_int_eq(pthread_create(&reader, NULL, read_much, &pair[1]), 0);
	ck_assert_int_eq(be_loop_run(loop), CB_OK);
	ck_assert_int_eq(pthread_join(sender, NULL), 0);
	ck_assert_int_eq(pthread_join(reader, NULL), 0);
	(void)close(pair[1]);
}
END_TEST

static unsigned rounds;

static int
due(void *ctx)
{
	ck_assert_ptr_eq(ctx, &rounds);
	if (++rounds == 3)
		be_loop_stop(loop);
	return 1;
}

START_TEST(time_passes_where_nothing_happens)
{
	rounds = 0;
	be_loop_due(loop, due, &rounds);
	ck_assert_int_eq(be_loop_run(loop), CB_OK);
	ck_assert_uint_eq(rounds, 3);
}
END_TEST

static void
on_ready(void *ctx, int fd)
{
	char c;

	ck_assert_int_eq(read(fd, &c, 1), 1);
	*(char *)ctx = c;
	be_loop_forget(loop, &watched);
	be_loop_stop(loop);
}

START_TEST(a_descriptor_is_told_of)
{
	int p[2];
	char c = 0;

	ck_assert_int_eq(pipe(p), 0);
	ck_assert_int_eq(be_loop_fd(loop, &watched, p[0], on_ready, &c), CB_OK);
	ck_assert_int_eq(write(p[1], "xy", 2), 2);
	ck_assert_int_eq(be_loop_run(loop), CB_OK);
	ck_assert_int_eq(c, 'x');
	/* forgotten: the rest stays where it is, and nothing more is told */
	be_loop_due(loop, due, &rounds);
	rounds = 0;
	ck_assert_int_eq(be_loop_run(loop), CB_OK);
	ck_assert_int_eq(read(p[0], &c, 1), 1);
	ck_assert_int_eq(c, 'y');
	(void)close(p[0]);
	(void)close(p[1]);
}
END_TEST

/* ---- what is said in a turn ---------------------------------------------- */

/* So many answers to each message; none of them goes out alone. */
static unsigned answers, alone;
static bool frees;

static enum cb_err
on_question(void *ctx, struct be_channel *ch, const struct be_message *m)
{
	struct pollfd p = { be_channel_fd(theirs), POLLIN, 0 };

	(void)ctx;
	(void)m;
	for (unsigned i = 0; i < answers; i++) {
		say(ch, "an answer");
		alone += (unsigned)poll(&p, 1, 0);
	}
	if (frees) {
		be_loop_forget(loop, &watched);
		be_channel_free(&ours);
	}
	be_loop_stop(loop);
	return CB_OK;
}

static unsigned
said(void)
{
	struct be_message m;
	unsigned n = 0;

	(void)!be_channel_read(theirs);
	while (be_channel_next(theirs, &m) == CB_OK)
		n++;
	return n;
}

/* A few wait for each other until the end of the turn; of many, none for long;
 * and none is lost, not even with its channel. */
static const struct {
	unsigned answers;
	bool frees, waits;
} turns[] = { { 3, false, true }, { 3, true, true }, { 200, false, false } };

START_TEST(what_is_said_in_a_turn_goes_together)
{
	answers = turns[_i].answers;
	frees = turns[_i].frees;
	alone = 0;
	ck_assert_int_eq(be_loop_channel(loop, &watched, ours, on_question,
			     on_gone, &messages),
	    CB_OK);
	say(theirs, "a question");
	ck_assert_int_eq(be_loop_run(loop), CB_OK);
	ck_assert_int_eq(alone == 0, turns[_i].waits);
	ck_assert_uint_eq(said(), answers);
}
END_TEST

/* `far` goes away as somebody asks `theirs`; whoever is told of it says so to
 * `theirs`, whose turn to be sent to is over then. */
static struct be_channel *other, *far;
static struct be_watched *other_watched;

static enum cb_err
on_ask(void *ctx, struct be_channel *ch, const struct be_message *m)
{
	(void)ctx;
	(void)ch;
	(void)m;
	be_channel_free(&far);
	say(other, "nobody hears this");
	return CB_OK;
}

static void
on_other_gone(void *ctx, struct be_channel *ch)
{
	(void)ctx;
	ck_assert_ptr_eq(ch, other);
	be_channel_free(&other);
	say(ours, "it is gone");
}

static void *
hear(void *heard)
{
	struct pollfd p = { be_channel_fd(theirs), POLLIN, 0 };

	*(int *)heard = poll(&p, 1, 5000);
	be_loop_stop(loop);
	return NULL;
}

START_TEST(what_is_said_about_a_loss_goes_at_once)
{
	pthread_t listener;
	int pair[2], heard = 0;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(be_channel_new(&other, pair[0]), CB_OK);
	ck_assert_int_eq(be_channel_new(&far, pair[1]), CB_OK);
	ck_assert_int_eq(be_loop_channel(loop, &other_watched, other,
			     on_message, on_other_gone, NULL),
	    CB_OK);
	ck_assert_int_eq(be_loop_channel(loop, &watched, ours, on_ask,
			     on_gone, &messages),
	    CB_OK);
	say(theirs, "a question");
	ck_assert_int_eq(pthread_create(&listener, NULL, hear, &heard), 0);
	ck_assert_int_eq(be_loop_run(loop), CB_OK);
	ck_assert_int_eq(pthread_join(listener, NULL), 0);
	ck_assert_int_eq(heard, 1);
	ck_assert_ptr_null(other);
}
END_TEST

/* What was said in its turn is out, and what comes meanwhile is in the next. */
static void
while_it_rests(void *ctx)
{
	unsigned *rests = ctx;

	if (++*rests == 1) {
		ck_assert_uint_eq(messages, 0);
		say(theirs, "one");
		say(theirs, "two");
		ck_assert_int_eq(be_channel_flush(theirs), CB_OK);
	} else {
		ck_assert_uint_eq(messages, 2);
		be_loop_stop(loop);
	}
}

START_TEST(it_rests_before_it_waits)
{
	unsigned rests = 0;

	ck_assert_int_eq(be_loop_channel(loop, &watched, ours, on_message,
			     on_gone, &messages),
	    CB_OK);
	be_loop_rest(loop, while_it_rests, &rests);
	ck_assert_int_eq(be_loop_run(loop), CB_OK);
	ck_assert_uint_eq(rests, 2);
}
END_TEST

Suite *
loop_suite(void)
{
	Suite *s = suite_create("loop");
	TCase *tc = tcase_create("loop");

	tcase_add_checked_fixture(tc, open_all, close_all);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, messages_come_before_the_end);
	tcase_add_test(tc, a_message_that_is_refused_is_the_end);
	tcase_add_test(tc, a_channel_may_be_freed_within_its_call);
	tcase_add_test(tc, what_a_full_socket_did_not_take_is_sent_on);
	tcase_add_test(tc, time_passes_where_nothing_happens);
	tcase_add_test(tc, a_descriptor_is_told_of);
	tcase_add_loop_test(tc, what_is_said_in_a_turn_goes_together, 0,
	    sizeof(turns) / sizeof(turns[0]));
	tcase_add_test(tc, what_is_said_about_a_loss_goes_at_once);
	tcase_add_test(tc, it_rests_before_it_waits);
	suite_add_tcase(s, tc);
	return s;
}
