/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Whose connections must go where there is no room for all.
 */
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bridge/loop.h"
#include "tests/bridge/harness.h"

#define ROOM 40

static struct br_server *srv;

static void
setup(void)
{
	ck_assert_ptr_nonnull(srv = calloc(1, sizeof(*srv)));
	srv->conns_max = ROOM;
	ck_assert_int_ge(srv->epoll = epoll_create1(EPOLL_CLOEXEC), 0);
}

static void
teardown(void)
{
	while (srv->first != NULL)
		br_conn_close(srv->first);
	br_conn_bury(srv);
	ck_assert_ptr_null(srv->users);
	ck_assert_uint_eq(srv->conns, 0);
	close(srv->epoll);
	free(srv);
}

static enum cb_err
come(pid_t pid, uid_t uid, enum br_conn_state state)
{
	const struct br_cred cred = { .pid = pid, .uid = uid };
	struct br_conn *c;
	enum cb_err r;
	int fd;

	if ((r = br_limits_admit(srv, &cred)) != CB_OK)
		return r;
	ck_assert_int_ge(fd = socket(AF_UNIX, SOCK_STREAM, 0), 0);
	ck_assert_ptr_nonnull(c = br_conn_new(srv, fd, &cred));
	c->state = state;
	return CB_OK;
}

static unsigned
left(uid_t uid)
{
	struct br_conn *c;
	unsigned n = 0;

	for (c = srv->first; c != NULL; c = c->next)
		n += c->cred.uid == uid;
	return n;
}

/* Few for each process, but many processes. One more of the same user is let
 * in at the cost of one that has more than it. */
START_TEST(another_user_is_let_in)
{
	unsigned i;

	ck_ok(come(1, 0, BR_CONN_WATCHING));
	ck_ok(come(1, 0, BR_CONN_WATCHING));
	for (i = 0; i < ROOM - 2; i++)
		ck_ok(come((pid_t)(100 + i / (unsigned)(_i + 1)), 7, BR_CONN_GREETED));
	ck_err(come(99, 7, BR_CONN_NEW), _i == 0 ? CB_E_LIMIT : CB_OK);
	ck_ok(come(2, 8, BR_CONN_GREETED));
	ck_ok(come(1, 0, BR_CONN_GREETED));
	ck_assert_uint_eq(left(0), 3);
	ck_assert_uint_eq(left(8), 1);
	ck_assert_uint_eq(left(7), ROOM - 4);
}
END_TEST

START_TEST(who_has_not_greeted_goes_first)
{
	unsigned i;

	ck_ok(come(2, 8, BR_CONN_NEW));
	for (i = 0; i < ROOM - 1; i++)
		ck_ok(come((pid_t)(100 + i), 7, BR_CONN_GREETED));
	ck_ok(come(1, 0, BR_CONN_GREETED));
	ck_assert_uint_eq(left(8), 0);
	ck_assert_uint_eq(left(7), ROOM - 1);
}
END_TEST

/* Numbers of processes come again. */
START_TEST(nobody_pays_for_another_user)
{
	ck_ok(come(1, 7, BR_CONN_GREETED));
	ck_ok(come(1, 8, BR_CONN_GREETED));
	ck_assert_uint_eq(srv->last->peer->user->uid, 8);
	ck_assert_uint_eq(srv->last->peer->count, 1);
	br_conn_close(srv->first);
	ck_assert_ptr_null(srv->users->next);
	ck_assert_uint_eq(srv->users->uid, 8);
}
END_TEST

/* Whoever shares a card could take all the room there is with handles. */
START_TEST(sharing_is_no_way_to_keep_others_out)
{
	struct br_conn *c;
	unsigned i;

	for (i = 0; i < ROOM; i++) {
		ck_ok(come((pid_t)(100 + i / 30), 7, BR_CONN_SESSION));
		/* one has a card for itself */
		srv->last->type = i == 0 ? BR_POWER : BR_SHARE_CONNECT;
	}
	ck_err(come(99, 7, BR_CONN_NEW), CB_E_LIMIT);
	for (i = 0; i < ROOM - 1; i++)
		ck_ok(come(2, 8, BR_CONN_GREETED));
	ck_assert_uint_eq(srv->ending, ROOM - 1);
	ck_assert(!srv->first->ending);
	ck_assert(!srv->last->ending);
	ck_err(come(3, 9, BR_CONN_NEW), CB_E_LIMIT);
	/* they have gone */
	while ((c = srv->first->next)->ending)
		br_conn_close(c);
	ck_assert_uint_eq(srv->ending, 0);
	ck_assert_uint_eq(srv->conns, ROOM);
}
END_TEST

Suite *
limits_suite(void)
{
	Suite *s = suite_create("limits");
	TCase *t = tcase_create("limits");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, another_user_is_let_in, 0, 3);
	tcase_add_test(t, who_has_not_greeted_goes_first);
	tcase_add_test(t, nobody_pays_for_another_user);
	tcase_add_test(t, sharing_is_no_way_to_keep_others_out);
	suite_add_tcase(s, t);
	return s;
}
