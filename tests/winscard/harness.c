/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See conform.h.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/winscard/conform.h"

#define DEADLINE_MS 10000

static unsigned rows, failed;
static bool met[256];

/* ---- rows -------------------------------------------------------------- */

static const struct difference *
difference_of(const char *row)
{
	size_t i;

	for (i = 0; i < differences_n; i++) {
		if (strcmp(differences[i].row, row) != 0)
			continue;
		met[i] = true;
		return &differences[i];
	}
	return NULL;
}

void
row_is(const char *row, unsigned long got, unsigned long want)
{
	const struct difference *d = difference_of(row);
	bool other = d != NULL && d->kind == SAYS && upstream;

	if (other)
		want = d->says;
	if (got != want)
		failed++;
	printf("%sok %u - %s%s%s\n", got == want ? "" : "not ", ++rows, row,
	    other ? ": pcsc-lite: " : "", other ? d->why : "");
	if (got != want)
		printf("# got 0x%lX, expected 0x%lX\n", got, want);
	fflush(stdout);
}

void
ok(const char *row, bool good)
{
	is(row, good, true);
}

bool
runs(const char *row)
{
	const struct difference *d = difference_of(row);

	if (!upstream || d == NULL || d->kind != NOT_RUN)
		return true;
	printf("# not run: %s: %s\n", row, d->why);
	return false;
}

void
bail(const char *why)
{
	printf("Bail out! %s\n", why);
	exit(1);
}

int
finish(void)
{
	size_t i;
	bool all = true;

	for (i = 0; i < differences_n; i++) {
		if (!met[i])
			printf("# no row: %s\n", differences[i].row);
		all = all && met[i];
	}
	if (differences_n > 0)
		ok("every difference has its row", all);
	printf("1..%u\n", rows);
	return failed == 0 ? 0 : 1;
}

/* ---- readers and cards ------------------------------------------------- */

uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
nap(void)
{
	const struct timespec t = { .tv_nsec = 1000000 };

	nanosleep(&t, NULL);
}

void
bridge(const char *verb, const char *name, const char *uri)
{
	const char *program = getenv("CARDBRIDGE");
	char *argv[] = { (char *)(uintptr_t)"cardbridge",
		(char *)(uintptr_t)"reader", (char *)(uintptr_t)verb,
		(char *)(uintptr_t)name, (char *)(uintptr_t)uri, NULL };
	posix_spawn_file_actions_t to;
	pid_t pid;
	int rc = -1;

	/* its words are no TAP */
	posix_spawn_file_actions_init(&to);
	posix_spawn_file_actions_addopen(
	    &to, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, program != NULL ? program : argv[0], &to, NULL,
		argv, environ) != 0 || waitpid(pid, &rc, 0) != pid || rc != 0)
		bail("cardbridge reader fails");
	posix_spawn_file_actions_destroy(&to);
}

unsigned long
state_of(const char *name)
{
	SCARD_READERSTATE st = { .szReader = name };
	SCARDCONTEXT ctx = establish();
	LONG rv = SCardGetStatusChange(ctx, 0, &st, 1);

	SCardReleaseContext(ctx);
	return rv == SCARD_S_SUCCESS ? st.dwEventState : 0;
}

static void
card_move(const char *verb, unsigned long state)
{
	uint64_t end = now_ms() + DEADLINE_MS;

	bridge(verb, "one", NULL);
	while ((state_of(reader) & state) == 0) {
		if (now_ms() > end)
			bail("no library sees what became of the card");
		nap();
	}
}

void
card_out(void)
{
	card_move("eject", SCARD_STATE_EMPTY);
}

void
card_in(void)
{
	card_move("insert", SCARD_STATE_PRESENT);
}

void
card_anew(void)
{
	card_out();
	card_in();
}

SCARDCONTEXT
establish(void)
{
	SCARDCONTEXT ctx = 0;

	if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &ctx) !=
	    SCARD_S_SUCCESS)
		bail("no context");
	return ctx;
}

LONG
connect_to(SCARDCONTEXT ctx, const char *name, DWORD mode, DWORD protocols,
    SCARDHANDLE *card)
{
	DWORD active;

	return SCardConnect(ctx, name, mode, protocols, card, &active);
}

SCARDHANDLE
connected(SCARDCONTEXT ctx, DWORD mode)
{
	SCARDHANDLE card = 0;
	LONG rv = connect_to(ctx, reader, mode, SCARD_PROTOCOL_ANY, &card);

	if (rv != SCARD_S_SUCCESS)
		bail(pcsc_stringify_error(rv));
	return card;
}

LONG
reconnect(SCARDHANDLE card, DWORD mode, DWORD init)
{
	DWORD active;

	return SCardReconnect(card, mode, SCARD_PROTOCOL_ANY, init, &active);
}

LONG
transmit(SCARDHANDLE card)
{
	static const BYTE cmd[] = { 0x00, 0xCA, 0x9F, 0x7F, 0x2D };
	BYTE rsp[64];
	DWORD n = sizeof(rsp);
	LONG rv = SCardTransmit(card, SCARD_PCI_T1, cmd, sizeof(cmd), NULL,
	    rsp, &n);

	/* an answer that is none would be told as success */
	if (rv == SCARD_S_SUCCESS && n != ANSWER_N)
		bail("the card does not tell what it is");
	return rv;
}

LONG
status(SCARDHANDLE card)
{
	return SCardStatus(card, NULL, NULL, NULL, NULL, NULL, NULL);
}

DWORD
status_state(SCARDHANDLE card)
{
	DWORD state = 0;

	(void)SCardStatus(card, NULL, NULL, &state, NULL, NULL, NULL);
	return state & 0xFFFF;
}

/* ---- calls that wait, in a thread of their own ------------------------- */

LONG
task_begin(struct task *t)
{
	return SCardBeginTransaction(t->card);
}

LONG
task_connect(struct task *t)
{
	return connect_to(
	    t->ctx, reader, t->arg, SCARD_PROTOCOL_ANY, &t->card);
}

LONG
task_status(struct task *t)
{
	return status(t->card);
}

LONG
task_transmit(struct task *t)
{
	return transmit(t->card);
}

LONG
task_reconnect(struct task *t)
{
	return reconnect(t->card, SCARD_SHARE_SHARED, SCARD_LEAVE_CARD);
}

LONG
task_disconnect(struct task *t)
{
	return SCardDisconnect(t->card, t->arg);
}

LONG
task_watch(struct task *t)
{
	return SCardGetStatusChange(t->ctx, t->timeout, &t->state, 1);
}

static void *
task_run(void *arg)
{
	struct task *t = arg;

	t->rv = t->call(t);
	t->ended_ms = now_ms();
	atomic_store(&t->ended, true);
	return NULL;
}

void
task_start(struct task *t, LONG (*call)(struct task *t))
{
	t->call = call;
	atomic_store(&t->ended, false);
	if (pthread_create(&t->thread, NULL, task_run, t) != 0)
		bail("no thread");
}

static bool
task_ends(struct task *t, unsigned ms)
{
	uint64_t end = now_ms() + ms;

	while (!atomic_load(&t->ended) && now_ms() < end)
		nap();
	return atomic_load(&t->ended);
}

bool
task_waits(struct task *t, unsigned ms)
{
	return !task_ends(t, ms);
}

LONG
task_end(struct task *t)
{
	if (!task_ends(t, DEADLINE_MS))
		bail("a call does not end");
	pthread_join(t->thread, NULL);
	return t->rv;
}

/* ---- other processes --------------------------------------------------- */

const char *
self(void)
{
	static char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	/* under valgrind the link itself would lead elsewhere */
	if (n <= 0)
		bail("no /proc");
	path[n] = '\0';
	return path;
}

static pid_t
spawn_self(const char *what, int *to, int *from)
{
	char *argv[] = { (char *)(uintptr_t)"conform",
		(char *)(uintptr_t)what, (char *)(uintptr_t)reader, NULL };
	posix_spawn_file_actions_t a;
	int in[2], out[2];
	pid_t pid;

	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		bail("no pipe");
	posix_spawn_file_actions_init(&a);
	posix_spawn_file_actions_adddup2(&a, in[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&a, out[1], STDOUT_FILENO);
	if (posix_spawn(&pid, self(), &a, NULL, argv, environ) != 0)
		bail("no process");
	posix_spawn_file_actions_destroy(&a);
	close(in[0]);
	close(out[1]);
	*to = in[1];
	*from = out[0];
	return pid;
}

void
peer_start(struct peer *p)
{
	p->pid = spawn_self("peer", &p->to, &p->from);
}

void
peer_send(struct peer *p, const char *verb, unsigned arg)
{
	if (dprintf(p->to, "%s %u\n", verb, arg) < 0)
		bail("another process does not listen");
}

bool
peer_waits(struct peer *p, unsigned ms)
{
	struct pollfd f = { .fd = p->from, .events = POLLIN };

	return poll(&f, 1, (int)ms) == 0;
}

/* A line "HEXADECIMAL\n"; so few bytes come in one piece. */
static unsigned long
take_number(int fd)
{
	struct pollfd f = { .fd = fd, .events = POLLIN };
	char line[32];
	ssize_t n;

	if (poll(&f, 1, DEADLINE_MS) != 1 ||
	    (n = read(fd, line, sizeof(line) - 1)) <= 0)
		bail("another process does not answer");
	line[n] = '\0';
	return strtoul(line, NULL, 16);
}

LONG
peer_result(struct peer *p)
{
	return (LONG)take_number(p->from);
}

LONG
peer_do(struct peer *p, const char *verb, unsigned arg)
{
	peer_send(p, verb, arg);
	return peer_result(p);
}

static void
peer_gone(struct peer *p)
{
	close(p->to);
	close(p->from);
	if (waitpid(p->pid, NULL, 0) != p->pid)
		bail("a process is lost");
}

void
peer_kill(struct peer *p)
{
	kill(p->pid, SIGKILL);
	peer_gone(p);
}

void
peer_end(struct peer *p)
{
	peer_send(p, "exit", 0);
	peer_gone(p);
}

static LONG
peer_call(const char *verb, DWORD arg, SCARDCONTEXT ctx, SCARDHANDLE *card)
{
	if (strcmp(verb, "connect") == 0)
		return connect_to(ctx, reader, arg, SCARD_PROTOCOL_ANY, card);
	if (strcmp(verb, "begin") == 0)
		return SCardBeginTransaction(*card);
	if (strcmp(verb, "end") == 0)
		return SCardEndTransaction(*card, arg);
	if (strcmp(verb, "disconnect") == 0)
		return SCardDisconnect(*card, arg);
	if (strcmp(verb, "transmit") == 0)
		return transmit(*card);
	if (strcmp(verb, "status") == 0)
		return status(*card);
	if (strcmp(verb, "release") == 0)
		return SCardReleaseContext(ctx);
	return -1;
}

int
peer_main(void)
{
	SCARDCONTEXT ctx = establish();
	SCARDHANDLE card = 0;
	char line[64], verb[32];
	unsigned arg;

	while (fgets(line, sizeof(line), stdin) != NULL &&
	    sscanf(line, "%31s %u", verb, &arg) == 2 &&
	    strcmp(verb, "exit") != 0) {
		printf("%lX\n",
		    (unsigned long)peer_call(verb, arg, ctx, &card));
		fflush(stdout);
	}
	/* without a word: a program that just ends */
	return 0;
}

unsigned long
ask_self(const char *what)
{
	unsigned long v;
	int to, from;
	pid_t pid = spawn_self(what, &to, &from);

	v = take_number(from);
	close(to);
	close(from);
	waitpid(pid, NULL, 0);
	return v;
}
