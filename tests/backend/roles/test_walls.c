/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The walls around each role: every attack from inside is refused, everything
 * the role is for still works, and nobody of the same user gets in from
 * outside.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "backend/walls.h"
#include "emulator/crypto/crypto.h"
#include "tests/backend/roles/attacks.h"
#include "tests/backend/roles/suites.h"

static char top[] = "/tmp/test_walls.XXXXXX";
static char store[64], elsewhere[64], inside[64];
static int channel[2], pipes[2], tcp, local;

static void
touch(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "secret", 6), 6);
	(void)close(fd);
}

static void
prepare(void)
{
	ck_assert_ptr_nonnull(mkdtemp(top));
	(void)snprintf(store, sizeof(store), "%s/store", top);
	(void)snprintf(elsewhere, sizeof(elsewhere), "%s/other", top);
	(void)snprintf(inside, sizeof(inside), "%s/store/file", top);
	ck_assert_int_eq(mkdir(store, 0700), 0);
	touch(elsewhere);
	touch(inside);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, channel), 0);
	ck_assert_int_eq(pipe(pipes), 0);
	ck_assert_int_ge(tcp = socket(AF_INET, SOCK_STREAM, 0), 0);
	ck_assert_int_ge(local = socket(AF_UNIX, SOCK_STREAM, 0), 0);
	/* a role is not root: its parent sees to it */
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(top, 65534, 65534), 0);
		ck_assert_int_eq(chown(store, 65534, 65534), 0);
		ck_assert_int_eq(chown(elsewhere, 65534, 65534), 0);
		ck_assert_int_eq(chown(inside, 65534, 65534), 0);
		ck_assert_int_eq(setgid(65534), 0);
		ck_assert_int_eq(setuid(65534), 0);
	}
	/* the change of user has set this: the walls must do it themselves */
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
}

static void
clean(void)
{
	static const char *const names[] = { "store/file", "store/db",
		"store/db-wal", "store/db-shm", "store/db-journal", "store",
		"other", "" };
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", top, names[i]);
		(void)remove(path);
	}
}

static const char *const *
dirs_of(enum be_role role)
{
	static const char *const dirs[] = { store, NULL };

	return role == BE_STORE ? dirs : NULL;
}

/* Exit codes of what runs behind the walls. */
enum { HELD = 0, CAME_THROUGH = 1, NO_WALLS = 2 };

static void
enter(enum be_role role)
{
	struct be_walls up;
	struct cb_why why = { "" };

	if (be_walls_up(role, dirs_of(role), &up, &why) != CB_OK ||
	    !up.no_dumps || !up.no_privileges || !up.seccomp ||
	    up.landlock != 0) {
		if (up.seccomp)
			return;
		fprintf(stderr, "# %s\n", why.text);
		_exit(NO_WALLS);
	}
}

static int
status_of(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	/* ended by the wall itself */
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ||
		    WTERMSIG(status) == SIGSEGV ? HELD : NO_WALLS;
	return WEXITSTATUS(status);
}

static bool
is_refusal(int e)
{
	return e == EPERM || e == EACCES || e == ENOSYS;
}

static int
try(enum be_role role, const struct attack *a, bool walls)
{
	const struct victim v = { getpid(), elsewhere, inside, tcp, local,
		pipes[0] };
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)alarm(30);
		if (walls)
			enter(role);
		errno = 0;
		_exit(a->run(&v) == -1 && is_refusal(errno) ? HELD
							    : CAME_THROUGH);
	}
	return status_of(pid);
}

/* The roles with walls; the parent is the one without. */
static const enum be_role roles[] = { BE_DOOR, BE_WORKER, BE_STORE,
	BE_VAULT };
#define N_ROLES ((int)(sizeof(roles) / sizeof(roles[0])))

START_TEST(no_attack_comes_through)
{
	enum be_role role = roles[_i];
	struct be_walls would;

	be_walls_look(&would);
	for (size_t i = 0; i < attacks_n; i++) {
		if ((attacks[i].not_for & (1u << role)) != 0 ||
		    (would.landlock == 0 &&
			(attacks[i].by_landlock & (1u << role)) != 0))
			continue;
		ck_assert_msg(try(role, &attacks[i], true) == HELD,
		    "%s: %s", be_role_name(role), attacks[i].name);
	}
}
END_TEST

/* Else the test above would show nothing: most of this works where no walls
 * are, for an ordinary user. */
START_TEST(without_walls_attacks_succeed)
{
	static const char *const must[] = { "kill", "tgkill", "pidfd_open",
		"fork", "clone", "execve", "a socket of any family",
		"socketpair", "connect", "TCP Fast Open", "bind",
		"an abstract socket", "reading a file", "writing a file",
		"/etc/passwd", "truncate", "/proc", "/proc/self/mem",
		"memory that is written and run",
		"memory that was written, and is run", "memfd_create",
		"F_SETOWN", "inotify", "shmget" };
	bool found;

	for (size_t i = 0; i < sizeof(must) / sizeof(must[0]); i++) {
		found = false;
		for (size_t j = 0; j < attacks_n; j++) {
			if (strcmp(attacks[j].name, must[i]) != 0)
				continue;
			found = true;
			/* execve: the program ends as it should */
			ck_assert_msg(
			    try(BE_PARENT, &attacks[j], false) ==
				(strcmp(must[i], "execve") == 0
					? HELD : CAME_THROUGH),
			    "%s", must[i]);
		}
		ck_assert_msg(found, "%s", must[i]);
	}
}
END_TEST

/* ---- what a role is for -------------------------------------------------- */

static void *
draw(void *arg)
{
	uint8_t bytes[16];

	*(enum cb_err *)arg = cr_random(bytes, sizeof(bytes));
	return NULL;
}

static bool
everybody_works(void)
{
	enum cb_err r = CB_E_INTERNAL;
	pthread_t thread;
	char byte = 'x';
	void *big;

	if (write(channel[1], &byte, 1) != 1 ||
	    read(channel[0], &byte, 1) != 1 ||
	    pthread_create(&thread, NULL, draw, &r) != 0 ||
	    pthread_join(thread, NULL) != 0 || r != CB_OK)
		return false;
	if ((big = malloc((size_t)8 << 20)) == NULL)
		return false;
	memset(big, 1, (size_t)8 << 20);
	free(big);
	return true;
}

static bool
worker_works(void)
{
	const struct emu_scrypt how = { .log2n = 10, .r = 8, .p = 1 };
	struct emu_rsa *key = NULL;
	uint8_t out[EMU_KEY];
	bool good;

	good = emu_scrypt(&how, cb_span_str("123456"), out) == CB_OK &&
	    emu_rsa_generate(&key, 1024, CB_SPAN_EMPTY) == CB_OK;
	emu_rsa_free(&key);
	return good;
}

static bool
store_works(void)
{
	char path[128];
	sqlite3 *db = NULL;
	bool good;

	(void)snprintf(path, sizeof(path), "%s/db", store);
	good = sqlite3_open(path, &db) == SQLITE_OK &&
	    sqlite3_exec(db, "PRAGMA journal_mode = WAL;"
		"PRAGMA synchronous = FULL; CREATE TABLE t(x);"
		"INSERT INTO t VALUES (1); DROP TABLE t;"
		"PRAGMA wal_checkpoint(TRUNCATE); VACUUM;",
		NULL, NULL, NULL) == SQLITE_OK;
	if (!good)
		fprintf(stderr, "# %s\n", sqlite3_errmsg(db));
	return sqlite3_close(db) == SQLITE_OK && good;
}

START_TEST(its_work_is_possible)
{
	enum be_role role = roles[_i];
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)alarm(60);
		enter(role);
		_exit(everybody_works() &&
		    (role != BE_WORKER || worker_works()) &&
		    (role != BE_STORE || store_works()) ? 0 : 1);
	}
	ck_assert_msg(status_of(pid) == 0, "%s", be_role_name(role));
}
END_TEST

/* A client of the door: accepted from a socket that somebody else bound. */
START_TEST(the_door_takes_clients)
{
	int listening = socket(AF_INET, SOCK_STREAM, 0), client, fd, one = 1;
	struct sockaddr_storage a = { .ss_family = AF_INET };
	socklen_t n = sizeof(a);
	char c = 0;
	pid_t pid;

	ck_assert_int_eq(bind(listening, (struct sockaddr *)&a,
			     sizeof(struct sockaddr_in)), 0);
	ck_assert_int_eq(listen(listening, 1), 0);
	ck_assert_int_eq(
	    getsockname(listening, (struct sockaddr *)&a, &n), 0);
	ck_assert_int_ge(pid = fork(), 0);
	if (pid == 0) {
		(void)alarm(30);
		enter(BE_DOOR);
		n = sizeof(a);
		fd = accept4(listening, (struct sockaddr *)&a, &n,
		    SOCK_CLOEXEC);
		_exit(fd >= 0 &&
		    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one,
			sizeof(one)) == 0 &&
		    send(fd, "!", 1, MSG_NOSIGNAL) == 1 ? 0 : 1);
	}
	ck_assert_int_ge(client = socket(AF_INET, SOCK_STREAM, 0), 0);
	ck_assert_int_eq(connect(client, (struct sockaddr *)&a, n), 0);
	ck_assert_int_eq(read(client, &c, 1), 1);
	ck_assert_int_eq(c, '!');
	ck_assert_int_eq(status_of(pid), 0);
	(void)close(client);
	(void)close(listening);
}
END_TEST

/* ---- from outside -------------------------------------------------------- */

/* The same user, an ordinary process: it may not attach, nor read; but it may
 * where there are no walls. (Root may: SECURITY.md says so.) */
START_TEST(nobody_of_the_same_user_gets_in)
{
	char path[64], byte = 0;
	int status;
	pid_t pid;

	ck_assert_int_ge(pid = fork(), 0);
	if (pid == 0) {
		(void)alarm(30);
		(void)!write(channel[1], "w", 1);
		(void)!read(channel[1], &byte, 1);
		enter(roles[_i]);
		(void)!write(channel[1], "r", 1);
		(void)!read(channel[1], &byte, 1);
		_exit(0);
	}
	ck_assert_int_eq(read(channel[0], &byte, 1), 1);
	ck_assert_int_eq(ptrace(PTRACE_ATTACH, pid, NULL, NULL), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(ptrace(PTRACE_DETACH, pid, NULL, NULL), 0);
	ck_assert_int_eq(write(channel[0], "x", 1), 1);
	ck_assert_int_eq(read(channel[0], &byte, 1), 1);
	ck_assert_int_eq(ptrace(PTRACE_ATTACH, pid, NULL, NULL), -1);
	ck_assert_int_eq(errno, EPERM);
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	ck_assert_int_eq(open(path, O_RDONLY), -1);
	(void)snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	ck_assert_int_eq(open(path, O_RDONLY), -1);
	ck_assert_int_eq(write(channel[0], "x", 1), 1);
	ck_assert_int_eq(status_of(pid), 0);
}
END_TEST

START_TEST(each_role_has_a_name)
{
	ck_assert_str_eq(be_role_name(BE_PARENT), "parent");
	ck_assert_str_eq(be_role_name(BE_VAULT), "vault");
	ck_assert_str_eq(be_role_name(BE_ROLES), "?");
}
END_TEST

START_TEST(looking_puts_nothing_up)
{
	struct be_walls would;

	be_walls_look(&would);
	ck_assert(would.seccomp);
	ck_assert_int_ge(open("/etc/passwd", O_RDONLY), 0);
}
END_TEST

Suite *
walls_suite(void)
{
	Suite *s = suite_create("walls");
	TCase *tc = tcase_create("walls");

	tcase_add_checked_fixture(tc, prepare, clean);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, no_attack_comes_through, 0, N_ROLES);
	tcase_add_test(tc, without_walls_attacks_succeed);
	tcase_add_loop_test(tc, its_work_is_possible, 0, N_ROLES);
	tcase_add_test(tc, the_door_takes_clients);
	tcase_add_loop_test(tc, nobody_of_the_same_user_gets_in, 0, N_ROLES);
	tcase_add_test(tc, each_role_has_a_name);
	tcase_add_test(tc, looking_puts_nothing_up);
	suite_add_tcase(s, tc);
	return s;
}
