/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * How a role begins: settings and descriptors arrive whole, and nothing else
 * is taken for a start.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/ask.h"
#include "backend/control.h"
#include "common/fd.h"
#include "tests/backend/roles/suites.h"

static struct be_channel *parent;
static int role_end;
static struct be_control control;
static struct cb_why why;

static void
setup(void)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(be_channel_new(&parent, fds[0]), CB_OK);
	role_end = fds[1];
	memset(&control, 0, sizeof(control));
}

static void
teardown(void)
{
	be_channel_free(&parent);
	be_control_close(&control);
}

static void
say(uint16_t type, uint64_t id, struct cb_span body, const int *fds, size_t n)
{
	const struct be_message m = { .type = type, .id = id, .body = body };

	ck_assert_int_eq(be_channel_send_fds(parent, &m, fds, n), CB_OK);
}

static void
start(const char *settings, uint8_t count, const int *fds, size_t n)
{
	struct cb_buf body = CB_BUF_INIT;

	ck_assert_int_eq(cb_put_lv32(&body, cb_span_str(settings)), CB_OK);
	ck_assert_int_eq(cb_put_u8(&body, count), CB_OK);
	say(BE_ASK_START, 7, cb_buf_span(&body), fds, n);
	cb_buf_free(&body);
}

START_TEST(settings_come_back_as_they_were)
{
	struct be_settings in = { .kind = WIRE_LIVE, .user = 60803,
		.log = CB_LOG_DEBUG, .store = strdup("/a/\"b\""),
		.heads = strdup("/c"), .roots = { strdup("file:/1"),
		    strdup("file:/2") }, .roots_n = 2,
		.recovery = strdup("file:/3"), .log_json = true,
		.tls12 = true,
		.bounds = { 1, 2, 3, 4, UINT32_MAX },
		.pace = { 5, 6, 7, 8, UINT32_MAX - 1 } }, out;
	struct cb_buf text = CB_BUF_INIT;

	memset(in.backend, 1, WIRE_ID);
	memset(in.node, 2, WIRE_ID);
	memset(in.organisation, 3, WIRE_ID);
	memset(in.run, 5, WIRE_ID);
	memset(in.books, 4, CR_KEY);
	ck_assert_int_eq(be_settings_put(&text, &in), CB_OK);
	ck_assert_int_eq(
	    be_settings_get(cb_buf_span(&text), &out, &why), CB_OK);
	ck_assert_int_eq(out.kind, WIRE_LIVE);
	ck_assert_uint_eq(out.user, 60803);
	ck_assert_int_eq(out.log, CB_LOG_DEBUG);
	ck_assert(out.log_json && out.tls12);
	ck_assert_mem_eq(&out.bounds, &in.bounds, sizeof(in.bounds));
	ck_assert_mem_eq(&out.pace, &in.pace, sizeof(in.pace));
	ck_assert_str_eq(out.store, "/a/\"b\"");
	ck_assert_str_eq(out.heads, "/c");
	ck_assert_uint_eq(out.roots_n, 2);
	ck_assert_str_eq(out.roots[1], "file:/2");
	ck_assert_str_eq(out.recovery, "file:/3");
	ck_assert_mem_eq(out.backend, in.backend, WIRE_ID);
	ck_assert_mem_eq(out.node, in.node, WIRE_ID);
	ck_assert_mem_eq(out.organisation, in.organisation, WIRE_ID);
	ck_assert_mem_eq(out.run, in.run, WIRE_ID);
	ck_assert_mem_eq(out.books, in.books, CR_KEY);
	be_settings_clear(&in);
	be_settings_clear(&out);
	cb_buf_free(&text);
}
END_TEST

static const char *const wrong[] = {
	"",
	"[]",
	"{",
	"{\"kind\":\"test\"",
	"{\"kind\":\"tset\"}",
	"{\"kind\":1}",
	"{\"colour\":\"red\"}",
	"{\"user\":-1}",
	"{\"user\":4294967296}",
	"{\"user\":\"1\"}",
	"{\"backend\":\"00\"}",
	"{\"backend\":5}",
	"{\"log\":9}",
	"{\"root\":[\"file:/1\",\"\"]}",
	"{\"root\":\"file:/1\"}",
	"{\"store\":\"/1\",\"store\":\"/2\"}",
	"{\"store\":null}",
};

START_TEST(wrong_settings_start_nothing)
{
	start(wrong[_i], 0, NULL, 0);
	ck_assert_int_eq(
	    be_control_open(&control, role_end, &why), CB_E_FORMAT);
	ck_assert_str_ne(why.text, "");
}
END_TEST

START_TEST(descriptors_come_in_their_order)
{
	int pipes[2], came;
	struct cb_fd_id in, out;

	ck_assert_int_eq(pipe(pipes), 0);
	ck_assert_int_eq(cb_fd_id_get(&in, STDERR_FILENO), CB_OK);
	ck_assert_int_eq(cb_fd_id_get(&out, pipes[1]), CB_OK);
	start("{\"kind\":\"test\"}", 2,
	    (const int[]){ STDERR_FILENO, pipes[1] }, 2);
	ck_assert_int_eq(be_control_open(&control, role_end, &why), CB_OK);
	ck_assert_uint_eq(control.fds_n, 2);
	ck_assert(cb_fd_is(control.fds[0], &in));
	ck_assert(cb_fd_is(control.fds[1], &out));
	came = control.fds[1];
	be_control_close(&control);
	ck_assert_int_eq(close(came), -1);
	(void)close(pipes[0]);
	(void)close(pipes[1]);
}
END_TEST

START_TEST(a_start_without_its_descriptors_is_none)
{
	start("{}", 2, (const int[]){ STDERR_FILENO }, 1);
	ck_assert_int_eq(
	    be_control_open(&control, role_end, &why), CB_E_FORMAT);
}
END_TEST

START_TEST(a_parent_that_is_gone_starts_nothing)
{
	be_channel_free(&parent);
	ck_assert_int_eq(
	    be_control_open(&control, role_end, &why), CB_E_PEER);
}
END_TEST

static struct be_message
next(void)
{
	struct be_message m;

	ck_assert_int_eq(be_channel_read(control.ch), CB_OK);
	ck_assert_int_eq(be_channel_next(control.ch, &m), CB_OK);
	return m;
}

START_TEST(peers_and_the_end_are_told)
{
	const uint8_t peer[1 + WIRE_ID + 8] = { BE_WORKER, 9, 9,
		[1 + WIRE_ID + 7] = 5 };
	struct be_told told;
	struct be_message m;
	struct cb_fd_id in;

	start("{}", 0, NULL, 0);
	ck_assert_int_eq(be_control_open(&control, role_end, &why), CB_OK);
	ck_assert_int_eq(cb_fd_id_get(&in, STDERR_FILENO), CB_OK);
	say(BE_ASK_PEER, 0, CB_SPAN_OF(peer), (const int[]){ STDERR_FILENO },
	    1);
	m = next();
	ck_assert_int_eq(be_control_told(&control, &m, &told), CB_OK);
	ck_assert_int_eq(told.what, BE_TOLD_PEER);
	ck_assert_int_eq(told.role, BE_WORKER);
	ck_assert_mem_eq(told.organisation, peer + 1, WIRE_ID);
	ck_assert_uint_eq(told.number, 5);
	ck_assert(cb_fd_is(told.fd, &in));
	(void)close(told.fd);
	/* without a descriptor it is none */
	say(BE_ASK_PEER, 0, CB_SPAN_OF(peer), NULL, 0);
	m = next();
	ck_assert_int_eq(
	    be_control_told(&control, &m, &told), CB_E_FORMAT);
	say(BE_ASK_STOP, 8, CB_SPAN_EMPTY, NULL, 0);
	m = next();
	ck_assert_int_eq(be_control_told(&control, &m, &told), CB_OK);
	ck_assert_int_eq(told.what, BE_TOLD_STOP);
	be_control_stopped(&control);
	ck_assert_int_eq(be_channel_read(parent), CB_OK);
	ck_assert_int_eq(be_channel_next(parent, &m), CB_OK);
	ck_assert(m.answer && m.id == 8);
}
END_TEST

Suite *
control_suite(void)
{
	Suite *s = suite_create("control");
	TCase *c = tcase_create("control");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, settings_come_back_as_they_were);
	tcase_add_loop_test(c, wrong_settings_start_nothing, 0,
	    (int)(sizeof(wrong) / sizeof(wrong[0])));
	tcase_add_test(c, descriptors_come_in_their_order);
	tcase_add_test(c, a_start_without_its_descriptors_is_none);
	tcase_add_test(c, a_parent_that_is_gone_starts_nothing);
	tcase_add_test(c, peers_and_the_end_are_told);
	suite_add_tcase(s, c);
	return s;
}
