/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The bridge's socket: modes, one bridge a path, what a killed one leaves,
 * long paths, and who is let in.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bridge/harness.h"

static struct place at;

static void
setup(void)
{
	place_make(&at);
}

static void
teardown(void)
{
	place_clear(&at);
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	return st.st_mode & 07777;
}

START_TEST(modes_let_nobody_else_in)
{
	struct br_listen l;
	char dir[600], path[700];

	snprintf(dir, sizeof(dir), "%s/run", at.dir);
	snprintf(path, sizeof(path), "%s/socket", dir);
	umask(0);
	ck_ok(br_listen_open(&l, path, NULL, NULL));
	ck_assert_uint_eq(mode_of(dir), 0700);
	ck_assert_uint_eq(mode_of(path), 0600);
	br_listen_close(&l);
	ck_assert_int_eq(access(path, F_OK), -1);
	/* the lock is gone as well */
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

START_TEST(a_service_lets_its_group_in)
{
	struct br_listen l;
	char dir[600], path[700];
	gid_t group = getegid();

	snprintf(dir, sizeof(dir), "%s/run", at.dir);
	snprintf(path, sizeof(path), "%s/socket", dir);
	ck_ok(br_listen_open(&l, path, &group, NULL));
	ck_assert_uint_eq(mode_of(dir), 0750);
	ck_assert_uint_eq(mode_of(path), 0660);
	br_listen_close(&l);
}
END_TEST

START_TEST(unsafe_places_are_refused)
{
	struct br_listen l;
	struct cb_why why = { "" };
	int fd;

	ck_assert_int_eq(chmod(at.dir, 0777), 0);
	ck_err(br_listen_open(&l, at.socket, NULL, &why), CB_E_DENIED);
	ck_assert_ptr_nonnull(strstr(why.text, at.dir));
	/* as /tmp: whoever comes when this bridge is gone gets its clients */
	ck_assert_int_eq(chmod(at.dir, 01777), 0);
	ck_err(br_listen_open(&l, at.socket, NULL, &why), CB_E_DENIED);
	ck_assert_int_eq(chmod(at.dir, 0700), 0);
	/* a file that is no socket is not removed */
	fd = open(at.socket, O_CREAT | O_WRONLY, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_err(br_listen_open(&l, at.socket, NULL, &why), CB_E_DENIED);
	ck_assert_int_eq(access(at.socket, F_OK), 0);
	ck_err(br_listen_open(&l, "/nonexistent/x/socket", NULL, &why),
	    CB_E_ABSENT);
}
END_TEST

/* Places where somebody else's socket may be: of the test's directory, and of
 * one in it, if there is one. */
static const struct {
	mode_t mode;
	uid_t owner;
	bool inner;		/* theirs */
	bool greeted;
} places[] = {
	/* where anybody may make a socket */
	{ 01777, 0, false, false },
	{ 0777, 0, false, false },
	/* theirs, but in /tmp anybody may have made it */
	{ 0755, 65534, false, false },
	/* theirs, in one of ours: a service, a user's own bridge */
	{ 0755, 0, true, true },
	/* theirs, in one where anybody may make what they like */
	{ 01777, 0, true, false },
	{ 0777, 0, true, false },
	{ 0775, 0, true, false },
};

/* Somebody else has made a socket where ours might be: not a byte for them,
 * unless that must be their place. Only root can play two users. */
START_TEST(a_stranger_is_not_greeted)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	bool greeted = places[_i].greeted;
	char inner[300], path[320];
	struct br_client *c = NULL;
	struct cb_why why = { "" };
	int ready[2], status;
	uint8_t byte = 0;
	ssize_t n;
	pid_t pid;

	snprintf(inner, sizeof(inner), "%s/theirs", at.dir);
	snprintf(path, sizeof(path), "%s/socket",
	    places[_i].inner ? inner : at.dir);
	ck_assert_int_eq(mkdir(inner, 0755), 0);
	ck_assert_int_eq(chown(inner, 65534, 65534), 0);
	ck_assert_int_eq(chown(at.dir, places[_i].owner, 0), 0);
	ck_assert_int_eq(chmod(at.dir, places[_i].mode), 0);
	ck_assert_int_eq(pipe(ready), 0);
	if ((pid = fork()) == 0) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0), in;

		snprintf(un.sun_path, sizeof(un.sun_path), "%.*s",
		    (int)sizeof(un.sun_path) - 1, path);
		if (setgid(65534) != 0 || setuid(65534) != 0 ||
		    bind(fd, (struct sockaddr *)&un, sizeof(un)) != 0 ||
		    listen(fd, 1) != 0 || write(ready[1], "x", 1) != 1 ||
		    (in = accept(fd, NULL, NULL)) < 0)
			_exit(9);
		n = recv(in, &byte, 1, 0);
		_exit(n == 1);	/* what was it told? */
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	ck_err(br_connect(&c, path, 1000, &why),
	    greeted ? CB_E_PEER : CB_E_DENIED);
	if (!greeted)
		ck_assert_ptr_nonnull(strstr(why.text, "another user"));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, greeted ? 1 << 8 : 0);
	(void)unlink(path);
	ck_assert_int_eq(chown(at.dir, 0, 0), 0);
	ck_assert_int_eq(chmod(at.dir, 0700), 0);
	close(ready[0]);
	close(ready[1]);
}
END_TEST

START_TEST(one_bridge_at_a_path)
{
	struct br_listen one, two;
	struct cb_why why = { "" };

	ck_ok(br_listen_open(&one, at.socket, NULL, NULL));
	ck_err(br_listen_open(&two, at.socket, NULL, &why), CB_E_BUSY);
	ck_assert_ptr_nonnull(strstr(why.text, at.socket));
	/* the refused one has taken nothing away */
	ck_assert_int_eq(access(at.socket, F_OK), 0);
	br_listen_close(&one);
	ck_ok(br_listen_open(&two, at.socket, NULL, &why));
	br_listen_close(&two);
}
END_TEST

/* Nobody may be left to do so: all of a run but its bridge can be killed. */
START_TEST(a_directory_of_its_own_ends_with_the_socket)
{
	struct br_listen l;
	char dir[600], path[700];

	snprintf(dir, sizeof(dir), "%s/run", at.dir);
	snprintf(path, sizeof(path), "%s/socket", dir);
	ck_ok(br_listen_alone(&l, path, NULL));
	ck_assert_int_eq(access(path, F_OK), 0);
	br_listen_close(&l);
	ck_assert_int_eq(access(dir, F_OK), -1);
	ck_ok(br_listen_open(&l, path, NULL, NULL));
	br_listen_close(&l);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

START_TEST(a_killed_bridge_is_followed)
{
	struct br_listen l;
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		ck_ok(br_listen_open(&l, at.socket, NULL, NULL));
		kill(getpid(), SIGKILL);
	}
	waitpid(pid, &status, 0);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(access(at.socket, F_OK), 0);
	ck_ok(br_listen_open(&l, at.socket, NULL, NULL));
	br_listen_close(&l);
}
END_TEST

START_TEST(another_programs_socket_is_left_alone)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct br_listen l;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(un.sun_path, at.socket, strlen(at.socket));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_err(br_listen_open(&l, at.socket, NULL, NULL), CB_E_BUSY);
	ck_assert_int_eq(access(at.socket, F_OK), 0);
	close(fd);
}
END_TEST

/* sun_path holds 107 bytes and its NUL. */
static const size_t path_lengths[] = { 106, 107, 108, 200 };

START_TEST(paths_of_any_length_work_on_both_sides)
{
	struct bridge b;
	struct br_client *c;
	size_t room;
	char *p;
	enum cb_err e;

	bridge_init(&b);
	/* dir, /xxx..., /socket */
	room = path_lengths[_i] - strlen(b.at.dir) - strlen("//socket");
	p = b.at.socket +
	    snprintf(b.at.socket, sizeof(b.at.socket), "%s/", b.at.dir);
	memset(p, 'x', room);
	memcpy(p + room, "/socket", 8);
	ck_assert_uint_eq(strlen(b.at.socket), path_lengths[_i]);
	bridge_start(&b, one_reader);
	ck_assert_int_eq(access(b.at.socket, F_OK), 0);
	c = attached(&b, "a", BR_ROAD_DIRECT);
	power_on(c);
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0, 0xa4, 4, 0), 0x9000);
	br_close(&c);
	bridge_stop(&b);
	ck_assert_int_eq(access(b.at.socket, F_OK), -1);
	bridge_clear(&b);
}
END_TEST

START_TEST(blanks_and_umlauts_are_nothing_special)
{
	struct bridge b;
	struct br_client *c;

	bridge_init(&b);
	snprintf(b.at.socket, sizeof(b.at.socket), "%s/S\xc3\xb6 ck:et",
	    b.at.dir);
	bridge_start(&b, one_reader);
	c = attached(&b, "a", BR_ROAD_DIRECT);
	br_close(&c);
	bridge_clear(&b);
}
END_TEST

START_TEST(the_usual_places)
{
	char path[128];

	setenv("CARDBRIDGE_SOCKET", "/tmp/env", 1);
	ck_ok(br_socket_path("/tmp/given", path, sizeof(path)));
	ck_assert_str_eq(path, "/tmp/given");
	ck_ok(br_socket_path(NULL, path, sizeof(path)));
	ck_assert_str_eq(path, "/tmp/env");
	ck_err(br_socket_path("/tmp/given", path, 5), CB_E_LIMIT);
	unsetenv("CARDBRIDGE_SOCKET");
	if (access("/run/cardbridge/socket", F_OK) == 0)
		return;
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	ck_ok(br_socket_path(NULL, path, sizeof(path)));
	ck_assert_str_eq(path, "/run/user/7/cardbridge/socket");
	unsetenv("XDG_RUNTIME_DIR");
	ck_err(br_socket_path(NULL, path, sizeof(path)), CB_E_ABSENT);
}
END_TEST

/* ---- other users: needs root ------------------------------------------- */

#define STRANGER 54321
#define MEMBERS 54322

/* Runs as another user; what it exits with. The socket is opened wide, so
 * that it is the bridge that decides. */
static int
as(uid_t uid, bool in_group, const struct bridge *b, enum cb_err add)
{
	gid_t members = MEMBERS;
	struct br_reader_info made;
	struct br_client *c;
	struct cb_why why = { "" };
	int status;
	pid_t pid = fork();
	enum cb_err r;

	ck_assert_int_ge(pid, 0);
	if (pid > 0) {
		waitpid(pid, &status, 0);
		return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	}
	if (setgroups(in_group ? 1 : 0, &members) != 0 ||
	    setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)
		_exit(100);
	if (br_connect(&c, b->at.socket, 1000, NULL) != CB_OK)
		_exit(1);
	r = br_reader_add(c, "mine", "fake:mine", &made, &why);
	if (r != add)
		_exit(2);
	if (r == CB_E_DENIED && strstr(why.text, "root") == NULL)
		_exit(3);
	_exit(0);
}

START_TEST(strangers_get_nothing_and_members_no_administration)
{
	struct bridge b;
	gid_t group = MEMBERS;
	int turn, fd;
	struct pollfd p;
	char byte;

	if (geteuid() != 0)
		return;
	for (turn = 0; turn < 2; turn++) {
		bridge_init(&b);
		bridge_start(&b, one_reader);
		if (turn == 1) {
			b.listen.grouped = true;
			b.listen.group = group;
		}
		ck_assert_int_eq(chmod(b.at.dir, 0755), 0);
		ck_assert_int_eq(chmod(b.at.socket, 0666), 0);
		ck_assert_int_eq(as(STRANGER, false, &b, CB_OK), 1);
		ck_assert_int_eq(as(STRANGER, true, &b, CB_E_DENIED),
		    turn == 1 ? 0 : 1);
		ck_assert_int_eq(as(0, false, &b, CB_OK), 0);
		/* and all is well with the rest */
		fd = raw_greeted(&b);
		p = (struct pollfd){ .fd = fd, .events = POLLIN };
		ck_assert_int_eq(poll(&p, 1, 10), 0);
		ck_assert_int_eq(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
		close(fd);
		bridge_clear(&b);
	}
}
END_TEST

START_TEST(a_service_managers_socket_is_taken)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct br_listen l;
	char pid[32];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(un.sun_path, at.socket, strlen(at.socket));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	ck_err(br_listen_inherit(&l, NULL, NULL), CB_E_ABSENT);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	ck_assert_int_eq(dup2(fd, 3), 3);
	ck_err(br_listen_inherit(&l, NULL, NULL), CB_E_ARG);
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	ck_assert_int_eq(listen(3, 1), 0);
	ck_ok(br_listen_inherit(&l, NULL, NULL));
	ck_assert_int_eq(l.fd, 3);
	ck_assert_ptr_null(getenv("LISTEN_FDS"));
	br_listen_close(&l);
	/* it is not ours to remove */
	ck_assert_int_eq(access(at.socket, F_OK), 0);
}
END_TEST

Suite *
listen_suite(void)
{
	Suite *s = suite_create("listen");
	TCase *t = tcase_create("listen");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, modes_let_nobody_else_in);
	if (geteuid() == 0)
		tcase_add_loop_test(t, a_stranger_is_not_greeted, 0,
		    sizeof(places) / sizeof(places[0]));
	tcase_add_test(t, a_service_lets_its_group_in);
	tcase_add_test(t, unsafe_places_are_refused);
	tcase_add_test(t, one_bridge_at_a_path);
	tcase_add_test(t, a_directory_of_its_own_ends_with_the_socket);
	tcase_add_test(t, a_killed_bridge_is_followed);
	tcase_add_test(t, another_programs_socket_is_left_alone);
	tcase_add_loop_test(t, paths_of_any_length_work_on_both_sides, 0,
	    (int)(sizeof(path_lengths) / sizeof(path_lengths[0])));
	tcase_add_test(t, blanks_and_umlauts_are_nothing_special);
	tcase_add_test(t, the_usual_places);
	tcase_add_test(
	    t, strangers_get_nothing_and_members_no_administration);
	tcase_add_test(t, a_service_managers_socket_is_taken);
	suite_add_tcase(s, t);
	return s;
}
