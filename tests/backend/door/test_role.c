/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The role as its parent sees it: START, PEER, STOP.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/ask.h"
#include "backend/roles.h"
#include "backend/settings.h"
#include "tests/backend/door/rig.h"
#include "tests/backend/door/suites.h"

static struct rig r;
static struct be_channel *parent;
static const struct be_bounds usual;

static struct rlimit files;	/* 0: as they are */

static void
start(void)
{
	int fds[2];

	rig_init(&r);
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	if ((r.pid = fork()) == 0) {
		(void)close(fds[0]);
		cb_log_set_level(CB_LOG_WARNING);
		if (files.rlim_cur != 0)
			(void)setrlimit(RLIMIT_NOFILE, &files);
		_exit(be_door_main(fds[1]));
	}
	(void)close(fds[1]);
	ck_assert_int_eq(be_channel_new(&parent, fds[0]), CB_OK);
}

static void
start_with_few_files(void)
{
	/* what it always has, a stranger, and two more */
	files = (struct rlimit){ 323, 323 };
	start();
}

static void
stop(void)
{
	rig_clear(&r);
	be_channel_free(&parent);
}

static int
file_of(struct cb_span s)
{
	FILE *f = tmpfile();
	int fd;

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(s.p, 1, s.n, f), s.n);
	ck_assert_int_eq(fflush(f), 0);
	fd = dup(fileno(f));
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(fclose(f), 0);
	return fd;
}

static void
send_start(bool whole, struct be_bounds bounds)
{
	struct cb_buf key = CB_BUF_INIT, set = CB_BUF_INIT, body = CB_BUF_INIT;
	const struct be_settings settings = { .kind = WIRE_TEST,
		.user = geteuid() == 0 ? 65534 : 0, .log = CB_LOG_WARNING,
		.bounds = bounds };
	struct be_message m = { .type = BE_ASK_START, .id = 1 };
	int fds[5];

	rig_serve(&r);
	ck_assert_int_eq(wire_key_put_pem(r.ids[DOOR].key, &key), CB_OK);
	fds[0] = file_of(cb_buf_span(&r.authority.cert));
	fds[1] = file_of(cb_buf_span(&r.service.cert));
	fds[2] = file_of(cb_buf_span(&r.ids[DOOR].cert));
	fds[3] = file_of(whole ? cb_buf_span(&key) : cb_span_str("none"));
	fds[4] = rig_listen(&r);
	ck_assert_int_eq(be_settings_put(&set, &settings), CB_OK);
	ck_assert_int_eq(cb_put_lv32(&body, cb_buf_span(&set)), CB_OK);
	ck_assert_int_eq(cb_put_u8(&body, 5), CB_OK);
	m.body = cb_buf_span(&body);
	ck_assert_int_eq(be_channel_send_fds(parent, &m, fds, 5), CB_OK);
	for (int i = 0; i < 5; i++)
		(void)close(fds[i]);
	cb_buf_free(&key);
	cb_buf_free(&set);
	cb_buf_free(&body);
}

/* A worker's channel, whose other end is the rig's. */
static void
send_peer(uint8_t number)
{
	uint8_t body[1 + WIRE_ID + 8] = { BE_WORKER };
	const struct be_message m = { .type = BE_ASK_PEER,
		.body = CB_SPAN_OF(body) };
	int fds[2];

	memcpy(body + 1, rig_org, WIRE_ID);
	body[sizeof(body) - 1] = number;
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	ck_assert_int_eq(be_channel_send_fds(parent, &m, &fds[1], 1), CB_OK);
	(void)close(fds[1]);
	ck_assert_int_eq(be_channel_new(&r.worker, fds[0]), CB_OK);
	r.state = rig_asked(&r, BE_ASK_STATE);
}

/* The next message of the door's to its parent. */
static void
expect(uint16_t type, bool answer, struct cb_span body)
{
	struct pollfd p = { .fd = be_channel_fd(parent), .events = POLLIN };
	struct be_message m;
	enum cb_err e;

	while ((e = be_channel_next(parent, &m)) == CB_E_SHORT) {
		ck_assert_int_eq(poll(&p, 1, PATIENCE_MS), 1);
		ck_assert_int_eq(be_channel_read(parent), CB_OK);
	}
	ck_assert_int_eq(e, CB_OK);
	ck_assert_int_eq(m.type, type);
	ck_assert_int_eq(m.answer, answer);
	ck_assert(cb_span_equal(m.body, body));
}

static void
end(void)
{
	const struct be_message stop_it = { .type = BE_ASK_STOP, .id = 2 };

	ck_assert_int_eq(be_channel_send(parent, &stop_it), CB_OK);
	expect(BE_ASK_STOP, true, CB_SPAN_EMPTY);
}

static void
offer(void)
{
	struct client c;
	struct told told;
	struct reply reply;

	client_open(&r, &c, DEVICE);
	client_ask(&c, "POST",
	    "/cards/0c010000000000000000000000000000/offer", CB_SPAN_EMPTY);
	rig_told(&r, &told, BE_ASK_OFFER);
	rig_answer(&r, told.type, told.id, 0, cb_span_str("offer"));
	ck_assert(client_reply(&c, &reply));
	ck_assert_uint_eq(reply.status, 200);
	reply_clear(&reply);
	cb_buf_free(&told.body);
	client_close(&c);
}

START_TEST(it_does_what_its_parent_says)
{
	const uint8_t seven[8] = { [7] = 7 };

	send_start(true, usual);
	expect(BE_ASK_START, true, CB_SPAN_EMPTY);
	send_peer(7);
	offer();
	/* its worker is lost, and there is another */
	rig_lose(&r);
	expect(BE_ASK_LOST, false, CB_SPAN_OF(seven));
	send_peer(8);
	offer();
	end();
}
END_TEST

START_TEST(it_ends_without_a_key)
{
	int status;

	send_start(false, usual);
	ck_assert_int_eq(waitpid(r.pid, &status, 0), r.pid);
	ck_assert_int_ne(status, 0);
	r.pid = -1;
}
END_TEST

/* The third of them is not taken. */
START_TEST(so_many_as_it_is_told)
{
	const struct be_bounds few = { .connections = _i == 0 ? 2 : 0,
		.strangers = 1 };
	struct client c[3];

	send_start(true, few);
	expect(BE_ASK_START, true, CB_SPAN_EMPTY);
	client_open(&r, &c[0], DEVICE);
	client_open(&r, &c[1], DEVICE2);
	(void)!client_try(&r, &c[2], r.ctx[PERSON], NULL);
	client_ask(&c[2], "GET", "/backend", CB_SPAN_EMPTY);
	ck_assert_int_le(SSL_peek(c[2].ssl, &(char){ 0 }, 1), 0);
	for (int i = 0; i < 2; i++) {
		client_ask(&c[i], "GET", "/backend", CB_SPAN_EMPTY);
		ck_assert_int_eq(SSL_peek(c[i].ssl, &(char){ 0 }, 1), 1);
	}
	for (int i = 0; i < 3; i++)
		client_close(&c[i]);
	end();
}
END_TEST

Suite *
role_suite(void)
{
	Suite *s = suite_create("role");
	TCase *tc = tcase_create("role");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, start, stop);
	tcase_add_test(tc, it_does_what_its_parent_says);
	tcase_add_test(tc, it_ends_without_a_key);
	tcase_add_loop_test(tc, so_many_as_it_is_told, 0, 1);
	suite_add_tcase(s, tc);
	tc = tcase_create("few files");
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, start_with_few_files, stop);
	tcase_add_loop_test(tc, so_many_as_it_is_told, 1, 2);
	suite_add_tcase(s, tc);
	return s;
}
