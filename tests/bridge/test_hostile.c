/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Programs of the same user that mean harm: whatever they do, somebody else
 * connects within 100 ms, and its commands have a p99 under 5 ms, or, where
 * the machine lets nobody be so quick, under four times that of an echo beside,
 * but 50 ms at most.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/protocol.h"
#include "bridge/sock.h"
#include "tests/bridge/harness.h"

#define CONNECT_US 100000
#define P99_US 5000
/* A command takes threads of the bridge, too, and the client is one of many
 * that wait for its loop; an echo has a process to itself. */
#define OF_ECHO 4
#define P99_MOST_US 50000
#define EXCHANGES 2000
#define WINDOWS 8

static struct bridge b;

static void
begin(unsigned greet_ms)
{
	struct rlimit rl;

	getrlimit(RLIMIT_NOFILE, &rl);
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
	bridge_init(&b);
	b.set.greet_ms = greet_ms * slower();
	bridge_fork(&b, two_readers);
}

static void
setup(void)
{
	begin(3000);
}

/* Whoever counts connections that say nothing must have the time. */
static void
setup_patient(void)
{
	begin(60000);
}

static void
teardown(void)
{
	bridge_clear(&b);
}

static int
connections(void)
{
	return getenv("CB_SOAK") != NULL ? 10000 : 1000;
}

static int
try_connect(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(un.sun_path, b.at.socket, strlen(b.at.socket));
	if (fd >= 0 && connect(fd, (struct sockaddr *)&un, sizeof(un)) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* ---- what they do, for ever --------------------------------------------- */

static void
hold_many(bool greet)
{
	struct cb_buf hello = CB_BUF_INIT;
	int n = connections(), i, fd;

	ck_ok(br_put_hello(&hello, 1));
	for (i = 0; i < n; i++) {
		if ((fd = try_connect()) < 0)
			continue;
		if (greet && send(fd, hello.p, hello.n, MSG_NOSIGNAL) < 0)
			close(fd);
	}
	for (;;)
		pause();
}

static void
many_silent(void)
{
	hold_many(false);
}

static void
many_greeted(void)
{
	hold_many(true);
}

static void
come_and_go(void)
{
	int fd;

	for (;;)
		if ((fd = try_connect()) >= 0)
			close(fd);
}

static void
noise(void)
{
	uint8_t block[300];
	unsigned seed = 1;
	size_t i;
	int fd;

	for (;;) {
		if ((fd = try_connect()) < 0)
			continue;
		for (i = 0; i < sizeof(block); i++)
			block[i] = (uint8_t)rand_r(&seed);
		(void)!send(fd, block, sizeof(block), MSG_NOSIGNAL);
		close(fd);
	}
}

/* Half of a large command, on a powered card of its own. */
static void
half_message(void)
{
	struct br_client *c = attached(&b, "b", BR_ROAD_DIRECT);
	uint8_t block[4096] = { 0, 1, 0, 0, 0, BR_TRANSMIT, 0, 9 };

	power_on(c);
	(void)!send(br_fd(c), block, sizeof(block), MSG_NOSIGNAL);
	for (;;)
		pause();
}

/* Asks for long answers and reads none. */
static void
never_read(void)
{
	struct br_client *c = attached(&b, "b", BR_ROAD_DIRECT);
	uint8_t cmd[] = { 0, 0, 0, 4, 0, BR_TRANSMIT, 0, 9, 0x80, 3, 0xff,
		0 };

	power_on(c);
	while (send(br_fd(c), cmd, sizeof(cmd), MSG_NOSIGNAL) > 0)
		;
	for (;;)
		pause();
}

/* The same from the loop: lists. */
static void
never_read_lists(void)
{
	uint8_t cmd[] = { 0, 0, 0, 4, 0, BR_READER_NEXT, 0, 9, 0, 0, 0, 0 };
	int fd;

	for (;;) {
		fd = raw_greeted(&b);
		while (send(fd, cmd, sizeof(cmd),
			   MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
			usleep(1);
		close(fd);
	}
}

static void
ask_without_end(void)
{
	struct br_client *c = dial(&b);
	struct br_reader_info *list;
	size_t n;

	for (;;)
		if (br_reader_list(c, &list, &n, NULL) == CB_OK)
			free(list);
}

static void
eject_the_other(void)
{
	struct br_client *c = dial(&b);

	for (;;) {
		(void)!br_reader_eject(c, "b", NULL);
		(void)!br_reader_insert(c, "b", NULL);
	}
}

static const struct {
	const char *what;
	void (*run)(void);
	int copies;
} enemies[] = {
	{ "many silent connections", many_silent, 2 },
	{ "many greeted connections", many_greeted, 2 },
	{ "connecting and leaving", come_and_go, 2 },
	{ "noise", noise, 2 },
	{ "half a message", half_message, 1 },
	{ "never reading answers", never_read, 1 },
	{ "never reading lists", never_read_lists, 1 },
	{ "asking without end", ask_without_end, 1 },
	{ "ejecting another reader", eject_the_other, 1 },
};

#define N_ENEMIES ((int)(sizeof(enemies) / sizeof(enemies[0])))
#define COPIES_MAX 2

/* ---- and what the others notice ----------------------------------------- */

static int
compare(const void *a, const void *c)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)c;

	return x < y ? -1 : x > y;
}

static uint64_t
slowest_of_20(void)
{
	uint64_t start, took, slowest = 0;
	struct br_client *c;

	for (int i = 0; i < 20; i++) {
		start = now_us();
		c = attached(&b, "a", BR_ROAD_DIRECT);
		took = now_us() - start;
		if (took > slowest)
			slowest = took;
		br_close(&c);
	}
	return slowest;
}

/* A process that answers a byte with a byte, and knows of no bridge: what it
 * needs is what the machine has for anybody. */
static pid_t
echo_fork(int *fd)
{
	int pair[2];
	pid_t pid;
	char byte;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		close(pair[0]);
		while (read(pair[1], &byte, 1) == 1 &&
		    write(pair[1], &byte, 1) == 1)
			;
		_exit(0);
	}
	close(pair[1]);
	*fd = pair[0];
	return pid;
}

static uint64_t
echo_us(int fd)
{
	const uint64_t start = now_us();
	char byte = 0;

	ck_assert_int_eq(write(fd, &byte, 1), 1);
	ck_assert_int_eq(read(fd, &byte, 1), 1);
	return now_us() - start;
}

static uint64_t
p99(uint64_t took[EXCHANGES])
{
	qsort(took, EXCHANGES, sizeof(took[0]), compare);
	return took[EXCHANGES * 99 / 100];
}

static uint64_t
allowed_us(uint64_t echo_us)
{
	const uint64_t least = (uint64_t)P99_US * slower();
	const uint64_t most = (uint64_t)P99_MOST_US * slower();
	const uint64_t us = OF_ECHO * echo_us;

	return us < least ? least : us > most ? most : us;
}

START_TEST(they_harm_themselves_only)
{
	static uint64_t took[EXCHANGES], echoed[EXCHANGES];
	pid_t pids[COPIES_MAX], echo;
	struct br_client *c;
	uint64_t start, connect_us = 0, limit_us = 0;
	enum cb_err e;
	int i, window, fd;

	for (i = 0; i < enemies[_i].copies; i++) {
		pids[i] = fork();
		ck_assert_int_ge(pids[i], 0);
		if (pids[i] == 0) {
			enemies[_i].run();
			_exit(0);
		}
	}
	usleep(300000);
	/* Other tests run beside this one: a bridge that lets itself be
	 * harmed is slow in every window, a busy machine only in some. */
	for (window = 0; window < WINDOWS; window++) {
		connect_us = slowest_of_20();
		if (connect_us < CONNECT_US)
			break;
	}
	c = attached(&b, "a", BR_ROAD_DIRECT);
	power_on(c);
	echo = echo_fork(&fd);
	for (window = 0; window < WINDOWS; window++) {
		for (i = 0; i < EXCHANGES; i++) {
			start = now_us();
			ck_assert_uint_eq(
			    send_apdu(c, &e, 4, 0, 0xa4, 4, 0), 0x9000);
			took[i] = now_us() - start;
			echoed[i] = echo_us(fd);
		}
		limit_us = allowed_us(p99(echoed));
		if (p99(took) < limit_us)
			break;
	}
	close(fd);
	waitpid(echo, NULL, 0);
	br_close(&c);
	for (i = 0; i < enemies[_i].copies; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	ck_assert_msg(connect_us < (uint64_t)CONNECT_US * slower(),
	    "%s: connected after %lu us", enemies[_i].what,
	    (unsigned long)connect_us);
	ck_assert_msg(took[EXCHANGES * 99 / 100] < limit_us,
	    "%s: p99 %lu us, allowed %lu", enemies[_i].what,
	    (unsigned long)took[EXCHANGES * 99 / 100],
	    (unsigned long)limit_us);
	if (getenv("CB_TELL") != NULL)
		fprintf(stderr, "# %s: connect %lu us at most, p50 %lu, "
		    "p99 %lu us, an echo's %lu\n", enemies[_i].what,
		    (unsigned long)connect_us,
		    (unsigned long)took[EXCHANGES / 2],
		    (unsigned long)took[EXCHANGES * 99 / 100],
		    (unsigned long)echoed[EXCHANGES * 99 / 100]);
}
END_TEST

/* Descriptors that the bridge has. */
static int
fds_of_bridge(void)
{
	char path[64];
	int n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)b.pid);
	ck_assert_ptr_nonnull(d = opendir(path));
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* Until the bridge has seen that all are gone. It may have had a descriptor
 * more for a moment, when they were counted before. */
static void
settled(int before)
{
	int same = 0, last = 0, now;

	for (int i = 0; i < 2000 && same < 5; i++) {
		usleep(10000);
		now = fds_of_bridge();
		same = now <= before && now == last ? same + 1 : 0;
		last = now;
	}
	ck_assert_int_eq(same, 5);
}

/* Without a greeting the oldest goes; with one, the newest is not let in. */
START_TEST(one_process_has_its_share_only)
{
	const int before = fds_of_bridge();
	int fd[300], i, left = 0;

	for (i = 0; i < 256; i++)
		fd[i] = raw_greeted(&b);
	for (; i < 300; i++) {
		fd[i] = raw_connect(&b);
		ck_assert(raw_closed(fd[i], 1000));
	}
	for (i = 0; i < 300; i++) {
		left += !raw_closed(fd[i], 1);
		close(fd[i]);
	}
	ck_assert_int_eq(left, 256);
	settled(before);
	for (i = 0; i < 300; i++)
		fd[i] = raw_connect(&b);
	for (i = 0; i < 300; i++) {
		ck_assert(raw_closed(fd[i], i < 44 ? 20000 : 1) == (i < 44));
		close(fd[i]);
	}
}
END_TEST

Suite *
hostile_suite(void)
{
	Suite *s = suite_create("hostile");
	TCase *t = tcase_create("hostile"), *share = tcase_create("share");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, they_harm_themselves_only, 0, N_ENEMIES);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(share, setup_patient, teardown);
	tcase_set_timeout(share, 120);
	tcase_add_test(share, one_process_has_its_share_only);
	suite_add_tcase(s, share);
	return s;
}
