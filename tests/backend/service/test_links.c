/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the parent makes for its roles: channels with numbers, whose loss is
 * told once and in any order, and sockets that a dead door has not spoilt.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/kit.h"
#include "backend/links.h"
#include "backend/listen.h"
#include "tests/backend/service/rig.h"
#include "tests/backend/service/suites.h"

enum { STORE, WORKER, WORKER2, DOOR, CHILDREN };

static struct be_child child[CHILDREN];
static struct be_channel *end[CHILDREN];	/* the role's */
static struct be_links links;

static void
setup(void)
{
	static const enum be_role roles[] = { BE_STORE, BE_WORKER, BE_WORKER,
		BE_DOOR };
	int fds[2];

	links = (struct be_links){ 0 };
	for (int i = 0; i < CHILDREN; i++) {
		ck_assert_int_eq(socketpair(AF_UNIX,
		    SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
		child[i] = (struct be_child){ .role = roles[i],
			.ready = true };
		memset(child[i].organisation, i, WIRE_ID);
		ck_assert_int_eq(be_channel_new(&child[i].ch, fds[0]), CB_OK);
		ck_assert_int_eq(be_channel_new(&end[i], fds[1]), CB_OK);
		be_channel_take_fds(end[i]);
	}
}

static void
teardown(void)
{
	be_links_clear(&links);
	for (int i = 0; i < CHILDREN; i++) {
		be_channel_free(&child[i].ch);
		be_channel_free(&end[i]);
	}
}

/* PEER, of `of`; the number. 0: nothing came. */
static uint64_t
peer(int to, int of)
{
	struct be_message m;
	uint64_t number;
	int fd;

	ck_assert_int_eq(be_channel_read(end[to]), CB_OK);
	if (be_channel_next(end[to], &m) != CB_OK)
		return 0;
	ck_assert_int_eq(m.type, BE_ASK_PEER);
	ck_assert_uint_eq(m.body.n, 1 + WIRE_ID + 8);
	ck_assert_uint_eq(m.body.p[0], child[of].role);
	ck_assert_mem_eq(m.body.p + 1, child[of].organisation, WIRE_ID);
	m.body = cb_span_tail(m.body, 1 + WIRE_ID);
	ck_assert_int_eq(cb_get_u64(&m.body, &number), CB_OK);
	fd = be_channel_fd_next(end[to]);
	ck_assert_int_ge(fd, 0);
	(void)close(fd);
	return number;
}

/* Both ends hear of the same. */
static uint64_t
both(int a, int b)
{
	const uint64_t number = peer(a, b);

	ck_assert_uint_eq(peer(b, a), number);
	return number;
}

START_TEST(a_loss_within_the_second_is_not_forgotten)
{
	uint64_t first, second;

	be_links_join(&links, &child[STORE], &child[WORKER], 5000);
	first = both(STORE, WORKER);
	ck_assert_uint_ne(first, 0);
	ck_assert_int_eq(
	    be_links_lost(&links, &child[WORKER], first, 5300), CB_OK);
	ck_assert_uint_eq(both(STORE, WORKER), 0);
	ck_assert_uint_eq(be_links_due(&links, 5400), 600);
	ck_assert_uint_eq(both(STORE, WORKER), 0);
	ck_assert_uint_eq(be_links_due(&links, 6000), UINT64_MAX);
	second = both(STORE, WORKER);
	ck_assert_uint_gt(second, first);
	/* and one that lived longer at once */
	ck_assert_int_eq(
	    be_links_lost(&links, &child[STORE], second, 8000), CB_OK);
	ck_assert_uint_gt(both(STORE, WORKER), second);
}
END_TEST

START_TEST(a_loss_that_is_known_replaces_nothing)
{
	uint64_t first, second;

	be_links_join(&links, &child[STORE], &child[WORKER], 1000);
	first = both(STORE, WORKER);
	ck_assert_int_eq(
	    be_links_lost(&links, &child[STORE], first, 9000), CB_OK);
	second = both(STORE, WORKER);
	ck_assert_uint_gt(second, first);
	/* the other end says so, too, but later */
	ck_assert_int_eq(
	    be_links_lost(&links, &child[WORKER], first, 99000), CB_OK);
	ck_assert_uint_eq(both(STORE, WORKER), 0);
	ck_assert_uint_eq(be_links_due(&links, 99000), UINT64_MAX);
}
END_TEST

START_TEST(workers_do_not_wait_for_each_other)
{
	uint64_t one, two;

	be_links_join(&links, &child[STORE], &child[WORKER], 1000);
	be_links_join(&links, &child[STORE], &child[WORKER2], 9500);
	one = peer(STORE, WORKER);
	two = peer(STORE, WORKER2);
	ck_assert_uint_ne(one, two);
	/* the other worker's channel was made half a second ago */
	ck_assert_int_eq(
	    be_links_lost(&links, &child[STORE], one, 10000), CB_OK);
	ck_assert_uint_gt(peer(STORE, WORKER), two);
}
END_TEST

START_TEST(numbers_of_others_are_nonsense)
{
	uint64_t number;

	be_links_join(&links, &child[STORE], &child[WORKER], 1000);
	number = both(STORE, WORKER);
	ck_assert_int_eq(
	    be_links_lost(&links, &child[DOOR], number, 9000), CB_E_PEER);
	ck_assert_int_eq(
	    be_links_lost(&links, &child[STORE], number + 1, 9000),
	    CB_E_PEER);
	ck_assert_int_eq(
	    be_links_lost(&links, &child[STORE], 0, 9000), CB_E_PEER);
	ck_assert_uint_eq(both(STORE, WORKER), 0);
	/* of one that has died nothing is made */
	be_links_drop(&links, &child[WORKER]);
	ck_assert_int_eq(
	    be_links_lost(&links, &child[STORE], number, 9000), CB_OK);
	ck_assert_uint_eq(both(STORE, WORKER), 0);
}
END_TEST

START_TEST(old_losses_without_end_are_nonsense)
{
	uint64_t old;

	be_links_join(&links, &child[STORE], &child[WORKER], 1000);
	old = both(STORE, WORKER);
	be_links_drop(&links, &child[WORKER]);
	for (int i = 0; i < BE_LINK_LOSSES; i++)
		ck_assert_int_eq(be_links_lost(&links, &child[STORE], old,
		    9000 + (uint64_t)i % 100), CB_OK);
	ck_assert_int_eq(
	    be_links_lost(&links, &child[STORE], old, 9999), CB_E_PEER);
	/* of another child, and in another second, they count anew */
	ck_assert_int_eq(
	    be_links_lost(&links, &child[DOOR], old, 9999), CB_OK);
	ck_assert_int_eq(
	    be_links_lost(&links, &child[STORE], old, 10000), CB_OK);
}
END_TEST

/* ---- sockets ------------------------------------------------------------- */

static bool
connects(const char *where)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool done;

	ck_assert_int_ge(fd, 0);
	at.sin_port =
	    htons((uint16_t)strtoul(strrchr(where, ':') + 1, NULL, 10));
	done = connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0;
	(void)close(fd);
	return done;
}

START_TEST(sockets_are_made_anew_where_they_were)
{
	const struct rig *rig = rig_get();
	const struct be_parent_plan plan = { .conf = &rig->conf,
		.dir = rig->dir, .listen = "127.0.0.1:0",
		.admin_listen = "127.0.0.1:0", .roles = { [BE_DOOR] = true } };
	struct be_kit kit;
	struct cb_why why = { "" };
	char where[2][BE_WHERE_MAX];
	int fds[BE_FDS_MAX];

	ck_assert_msg(be_kit_open(&kit, &plan, &why) == CB_OK, "%s", why.text);
	ck_assert_uint_eq(be_kit_fds(&kit, fds), 6);
	memcpy(where, kit.where, sizeof(where));
	ck_assert(connects(where[0]) && connects(where[1]));
	/* what a door can do that was taken over */
	ck_assert_int_eq(shutdown(fds[4], SHUT_RDWR), 0);
	ck_assert(!connects(where[0]));
	be_kit_unlisten(&kit);
	ck_assert_int_eq(be_kit_listen(&kit, &why), CB_OK);
	ck_assert_mem_eq(kit.where, where, sizeof(where));
	ck_assert(connects(where[0]) && connects(where[1]));
	be_kit_close(&kit);
}
END_TEST

START_TEST(a_backend_runs_once)
{
	const struct rig *rig = rig_get();
	const struct be_parent_plan plan = { .conf = &rig->conf,
		.dir = rig->dir };
	struct be_kit kit, other;
	uint8_t run[WIRE_ID];
	struct cb_why why = { "" };
	char words[64];

	ck_assert_msg(be_kit_open(&kit, &plan, &why) == CB_OK, "%s", why.text);
	ck_assert_int_eq(be_kit_open(&other, &plan, &why), CB_E_BUSY);
	(void)snprintf(words, sizeof(words), "runs already (process %d)",
	    (int)getpid());
	ck_assert_msg(strstr(why.text, words) != NULL, "%s", why.text);
	be_kit_close(&other);
	be_kit_close(&kit);
	memcpy(run, kit.run, sizeof(run));
	ck_assert_int_eq(be_kit_open(&kit, &plan, &why), CB_OK);
	ck_assert_mem_ne(kit.run, run, sizeof(run));
	be_kit_close(&kit);
}
END_TEST

/* At boot it may come later. */
START_TEST(an_address_need_not_be_there_yet)
{
	static const char *const later[] = { "192.0.2.1:0",
		"[2001:db8::1]:0" };
	struct cb_why why = { "" };
	char where[BE_WHERE_MAX];
	int fd;

	for (size_t i = 0; i < 2; i++) {
		if (later[i][0] == '[' &&
		    access("/proc/net/if_inet6", F_OK) != 0)
			continue;
		ck_assert_msg(be_listen(&fd, later[i], &why) == CB_OK, "%s",
		    why.text);
		ck_assert_int_eq(
		    be_listen_where(fd, where, sizeof(where)), CB_OK);
		ck_assert_int_eq(strncmp(where, later[i],
		    strlen(later[i]) - 1), 0);
		(void)close(fd);
	}
}
END_TEST

Suite *
links_suite(void)
{
	Suite *s = suite_create("links");
	TCase *c = tcase_create("links");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_loss_within_the_second_is_not_forgotten);
	tcase_add_test(c, a_loss_that_is_known_replaces_nothing);
	tcase_add_test(c, workers_do_not_wait_for_each_other);
	tcase_add_test(c, numbers_of_others_are_nonsense);
	tcase_add_test(c, old_losses_without_end_are_nonsense);
	tcase_add_test(c, an_address_need_not_be_there_yet);
	tcase_add_test(c, sockets_are_made_anew_where_they_were);
	tcase_add_test(c, a_backend_runs_once);
	suite_add_tcase(s, c);
	return s;
}
