/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A library is a guest in somebody else's process. What a process may do to
 * it (fork, start others, end threads, close every descriptor, end in the
 * middle of a call), and what it must not do to the process.
 *
 *	guest rows READER
 *	guest establish x	the answer, as a number
 *
 * The bridge has a reader "one", with a card.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/winscard/conform.h"
#include "tests/winscard/own.h"

#define PRESENT SCARD_STATE_PRESENT

bool upstream;
const char *reader, *reader_both;
const struct difference differences[] = { { NULL, NOT_RUN, 0, NULL } };
const size_t differences_n = 0;

/* ---- what a process has ------------------------------------------------ */

/* All that a library might change of signals. */
struct signals {
	struct sigaction of[65];
	sigset_t mask;
};

static void
signals_get(struct signals *s)
{
	int i;

	memset(s, 0, sizeof(*s));
	for (i = 1; i <= 64; i++)
		(void)sigaction(i, NULL, &s->of[i]);
	sigemptyset(&s->mask);
	pthread_sigmask(SIG_SETMASK, NULL, &s->mask);
}

static bool
signals_same(const struct signals *a, const struct signals *b)
{
	int i;

	for (i = 1; i <= 64; i++)
		if (a->of[i].sa_handler != b->of[i].sa_handler ||
		    a->of[i].sa_flags != b->of[i].sa_flags ||
		    sigismember(&a->mask, i) != sigismember(&b->mask, i))
			return false;
	return true;
}

static struct task
watcher(void)
{
	struct task t = { .ctx = establish(), .timeout = INFINITE };

	t.state = (SCARD_READERSTATE){ .szReader = reader,
		.dwCurrentState = PRESENT };
	return t;
}

/* ---- quiet ------------------------------------------------------------- */

/* A call that waits has what it needs of the thread that makes it. */
static void
rows_quiet(void)
{
	unsigned fds = own_descriptors(), had = own_threads();
	struct signals before, after;
	struct task t;
	SCARDCONTEXT ctx;
	SCARDHANDLE card;

	signals_get(&before);
	ctx = establish();
	card = connected(ctx, SCARD_SHARE_SHARED);
	is("quiet: the card answers", transmit(card), SCARD_S_SUCCESS);
	is("quiet: no thread", own_threads(), had);
	t = watcher();
	task_start(&t, task_watch);
	ok("quiet: a call waits", task_waits(&t, 50));
	is("quiet: in one thread, its own", own_threads(), had + 1);
	signals_get(&after);
	ok("quiet: signals are as they were", signals_same(&before, &after));
	SCardCancel(t.ctx);
	is("quiet: it ends", task_end(&t), SCARD_E_CANCELLED);
	SCardReleaseContext(t.ctx);
	SCardReleaseContext(ctx);
	is("quiet: no descriptor is left", own_descriptors(), fds);
}

/* ---- other programs ---------------------------------------------------- */

static void
rows_exec(void)
{
	unsigned long before = ask_self("descriptors");
	struct task t = watcher();
	SCARDHANDLE card = connected(t.ctx, SCARD_SHARE_SHARED);
	pid_t pid;
	int rc = -1;

	task_start(&t, task_watch);
	ok("exec: a call waits", task_waits(&t, 50));
	is("exec: a program gets no descriptor of ours",
	    ask_self("descriptors"), before);
	/* vfork runs nobody's handlers: the child is this process until exec */
	if ((pid = vfork()) == 0)
		_exit(0);
	waitpid(pid, &rc, 0);
	SCardCancel(t.ctx);
	is("exec: the wait", task_end(&t), SCARD_E_CANCELLED);
	is("exec: the card, after a vfork", transmit(card), SCARD_S_SUCCESS);
	SCardReleaseContext(t.ctx);
}

/* ---- fork -------------------------------------------------------------- */

static unsigned descriptors_before;

static LONG
list(SCARDCONTEXT ctx)
{
	DWORD n = 0;

	return SCardListReaders(ctx, NULL, NULL, &n);
}

/* What the child of a fork finds; each bit is something wrong. free: nobody
 * holds the card. */
static int
child(SCARDCONTEXT ctx, SCARDHANDLE card, bool is_free)
{
	SCARDCONTEXT own;
	SCARDHANDLE k;
	int bad = 0;

	bad |= own_descriptors() == descriptors_before ? 0 : 1;
	bad |= SCardIsValidContext(ctx) == SCARD_E_INVALID_HANDLE ? 0 : 2;
	bad |= transmit(card) == SCARD_E_INVALID_HANDLE ? 0 : 4;
	bad |= SCardDisconnect(card, SCARD_RESET_CARD) ==
		SCARD_E_INVALID_HANDLE ? 0 : 8;
	bad |= SCardReleaseContext(ctx) == SCARD_E_INVALID_HANDLE ? 0 : 16;
	own = establish();
	bad |= list(own) == SCARD_S_SUCCESS ? 0 : 32;
	if (is_free) {
		bad |= connect_to(own, reader, SCARD_SHARE_SHARED,
		    SCARD_PROTOCOL_ANY, &k) == SCARD_S_SUCCESS ? 0 : 64;
		bad |= transmit(k) == SCARD_S_SUCCESS ? 0 : 64;
	}
	SCardReleaseContext(own);
	bad |= own_descriptors() == descriptors_before ? 0 : 128;
	return bad;
}

/* Its exit code; 255 where a signal ended it. */
static int
code_of(pid_t pid)
{
	int rc = -1;

	if (pid < 0 || waitpid(pid, &rc, 0) != pid)
		bail("no child");
	return WIFEXITED(rc) ? WEXITSTATUS(rc) : 255;
}

/* Children that end with and without a word, and a child of a child. */
static void
rows_children(SCARDCONTEXT ctx, SCARDHANDLE card, bool is_free)
{
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0)
		_exit(child(ctx, card, is_free));
	is("fork: what the child finds", code_of(pid), 0);
	/* what calls that ran had on the heap is lost in a child */
	if (is_free && (pid = fork()) == 0)
		exit(child(ctx, card, is_free));
	if (is_free)
		is("fork: a child that ends as programs do", code_of(pid), 0);
	if ((pid = fork()) == 0) {
		SCARDCONTEXT own = establish();

		if ((pid = fork()) == 0)
			_exit(child(own, card, is_free));
		_exit(code_of(pid) != 0 || list(own) != SCARD_S_SUCCESS);
	}
	is("fork: a child of a child", code_of(pid), 0);
}

/* Threads are in calls of every kind while another one forks. */
static void
rows_forks(void)
{
	SCARDCONTEXT ctx;
	SCARDHANDLE owner;
	struct task watch, begin, command, join;

	descriptors_before = own_descriptors();
	ctx = establish();
	owner = connected(ctx, SCARD_SHARE_SHARED);
	rows_children(ctx, owner, true);
	watch = watcher();
	begin = command = join = (struct task){ .arg = SCARD_SHARE_SHARED };
	begin.ctx = establish();
	begin.card = connected(begin.ctx, SCARD_SHARE_SHARED);
	command.ctx = establish();
	command.card = connected(command.ctx, SCARD_SHARE_SHARED);
	join.ctx = establish();
	is("fork: a transaction", SCardBeginTransaction(owner),
	    SCARD_S_SUCCESS);
	task_start(&watch, task_watch);
	task_start(&begin, task_begin);
	task_start(&command, task_transmit);
	task_start(&join, task_connect);
	ok("fork: calls wait", task_waits(&watch, 100) &&
		task_waits(&begin, 1) && task_waits(&command, 1) &&
		task_waits(&join, 1));
	rows_children(ctx, owner, false);
	ok("fork: they wait on", task_waits(&watch, 1) &&
		task_waits(&begin, 1) && task_waits(&command, 1) &&
		task_waits(&join, 1));
	is("fork: the parent's card", transmit(owner), SCARD_S_SUCCESS);
	is("fork: the parent's transaction",
	    SCardEndTransaction(owner, SCARD_LEAVE_CARD), SCARD_S_SUCCESS);
	is("fork: its begin", task_end(&begin), SCARD_S_SUCCESS);
	(void)SCardEndTransaction(begin.card, SCARD_LEAVE_CARD);
	is("fork: its command", task_end(&command), SCARD_S_SUCCESS);
	is("fork: its connect", task_end(&join), SCARD_S_SUCCESS);
	is("fork: its wait", SCardCancel(watch.ctx), SCARD_S_SUCCESS);
	is("fork: its wait ends", task_end(&watch), SCARD_E_CANCELLED);
	SCardReleaseContext(watch.ctx);
	SCardReleaseContext(begin.ctx);
	SCardReleaseContext(command.ctx);
	SCardReleaseContext(join.ctx);
	SCardReleaseContext(ctx);
}

static atomic_bool enough;

/* Contexts and cards that come and go. */
static void *
come_and_go(void *arg)
{
	long *wrong = arg;
	SCARDCONTEXT ctx;
	SCARDHANDLE card;

	while (!atomic_load(&enough)) {
		ctx = establish();
		card = connected(ctx, SCARD_SHARE_SHARED);
		*wrong += transmit(card) != SCARD_S_SUCCESS;
		*wrong += SCardDisconnect(card, SCARD_LEAVE_CARD) !=
		    SCARD_S_SUCCESS;
		*wrong += SCardReleaseContext(ctx) != SCARD_S_SUCCESS;
	}
	return NULL;
}

/* A fork in the middle of anything. */
static void
rows_storm(void)
{
	pthread_t t[2];
	long wrong[2] = { 0, 0 };
	int i, bad = 0;
	pid_t pid;

	atomic_store(&enough, false);
	for (i = 0; i < 2; i++)
		if (pthread_create(&t[i], NULL, come_and_go, &wrong[i]) != 0)
			bail("no thread");
	fflush(stdout);
	for (i = 0; i < 40; i++) {
		if ((pid = fork()) == 0) {
			SCARDCONTEXT own = establish();

			_exit(list(own) != SCARD_S_SUCCESS ||
			    SCardReleaseContext(own) != SCARD_S_SUCCESS);
		}
		bad += code_of(pid) != 0;
	}
	atomic_store(&enough, true);
	for (i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	is("storm: children", bad, 0);
	is("storm: the parent's calls", wrong[0] + wrong[1], 0);
}

/* The child lives on and has nothing of the card of a parent that is gone. */
static void
rows_orphan(void)
{
	SCARDCONTEXT ctx = establish();
	struct task t = { .ctx = ctx };
	int from[2], to[2];
	char byte;
	pid_t pid;

	t.card = connected(ctx, SCARD_SHARE_DIRECT);
	if (pipe(from) != 0 || pipe(to) != 0)
		bail("no pipe");
	fflush(stdout);
	if ((pid = fork()) == 0) {
		SCARDCONTEXT own = establish();
		SCARDHANDLE card = connected(own, SCARD_SHARE_SHARED);

		if (SCardBeginTransaction(card) != SCARD_S_SUCCESS)
			_exit(1);
		close(to[1]);
		if (fork() == 0) {
			/* until the end of `to` */
			byte = 0;
			if (write(from[1], "c", 1) == 1)
				byte = (char)read(to[0], &byte, 1);
			_exit(byte);
		}
		pause();
	}
	if (read(from[0], &byte, 1) != 1)
		bail("no grandchild");
	task_start(&t, task_begin);
	ok("orphan: its parent has the card", task_waits(&t, 50));
	kill(pid, SIGKILL);
	(void)code_of(pid);
	is("orphan: the card is free", task_end(&t), SCARD_W_RESET_CARD);
	close(to[1]);
	close(to[0]);
	close(from[0]);
	close(from[1]);
	SCardReleaseContext(ctx);
}

/* ---- descriptors that are closed by others ----------------------------- */

#define STRANGERS 24

/* Everything is closed, as a program does that becomes a daemon, and our
 * numbers become others' sockets: none is written to, read from, or closed. */
static void
rows_closed(void)
{
	int mine[STRANGERS], other[STRANGERS], ends[2], i, touched = 0;
	struct task t = watcher();
	SCARDCONTEXT ctx = establish();
	SCARDHANDLE card = connected(ctx, SCARD_SHARE_SHARED);
	struct pollfd p;
	DWORD n = 0;
	char byte;

	task_start(&t, task_watch);
	ok("closed: a call waits", task_waits(&t, 50));
	if (close_range(3, ~0u, 0) != 0)
		bail("close_range");
	is("closed: the wait is over", task_end(&t), SCARD_E_CANCELLED);
	for (i = 0; i < STRANGERS; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 ||
		    (other[i] = fcntl(ends[1], F_DUPFD, 200)) < 0)
			bail("no sockets");
		/* low numbers on one side, with something to be read */
		close(ends[1]);
		mine[i] = ends[0];
		if (write(other[i], "x", 1) != 1)
			bail("no byte");
	}
	is("closed: transmit", transmit(card), SCARD_E_READER_UNAVAILABLE);
	is("closed: list", SCardListReaders(ctx, NULL, NULL, &n),
	    SCARD_E_NO_SERVICE);
	is("closed: watch", task_watch(&t), SCARD_E_NO_SERVICE);
	is("closed: cancel", SCardCancel(ctx), SCARD_S_SUCCESS);
	is("closed: disconnect", SCardDisconnect(card, SCARD_RESET_CARD),
	    SCARD_S_SUCCESS);
	is("closed: release", SCardReleaseContext(ctx), SCARD_S_SUCCESS);
	is("closed: release the other", SCardReleaseContext(t.ctx),
	    SCARD_S_SUCCESS);
	ctx = establish();
	card = connected(ctx, SCARD_SHARE_SHARED);
	is("closed: a new context", transmit(card), SCARD_S_SUCCESS);
	SCardReleaseContext(ctx);
	for (i = 0; i < STRANGERS; i++) {
		p = (struct pollfd){ .fd = other[i], .events = POLLIN };
		/* nothing came, nobody hung up, and nothing was taken */
		touched += poll(&p, 1, 0) != 0 ||
		    read(mine[i], &byte, 1) != 1 || byte != 'x';
		close(mine[i]);
		close(other[i]);
	}
	is("closed: strangers are left alone", touched, 0);
}

/* ---- threads that are ended -------------------------------------------- */

static void
rows_ended(void)
{
	struct task t = watcher(), b = { .ctx = establish() };
	SCARDCONTEXT ctx = establish();
	SCARDHANDLE owner = connected(ctx, SCARD_SHARE_SHARED);
	void *how = NULL;
	DWORD n = 0;

	task_start(&t, task_watch);
	ok("ended: it waits", task_waits(&t, 50));
	pthread_cancel(t.thread);
	pthread_join(t.thread, &how);
	ok("ended: the thread that waits is", how == PTHREAD_CANCELED);
	is("ended: its context", SCardListReaders(t.ctx, NULL, NULL, &n),
	    SCARD_S_SUCCESS);
	task_start(&t, task_watch);
	ok("ended: another waits in it", task_waits(&t, 50));
	is("ended: and is cancelled", SCardCancel(t.ctx), SCARD_S_SUCCESS);
	is("ended: by its context", task_end(&t), SCARD_E_CANCELLED);
	is("ended: which is released", SCardReleaseContext(t.ctx),
	    SCARD_S_SUCCESS);

	/* what the bridge is doing for it is done first */
	b.card = connected(b.ctx, SCARD_SHARE_SHARED);
	(void)SCardBeginTransaction(owner);
	task_start(&b, task_begin);
	ok("ended: a begin waits", task_waits(&b, 50));
	pthread_cancel(b.thread);
	ok("ended: not in there", task_waits(&b, 50));
	is("ended: cancel", SCardCancel(b.ctx), SCARD_S_SUCCESS);
	pthread_join(b.thread, &how);
	(void)SCardEndTransaction(owner, SCARD_LEAVE_CARD);
	is("ended: its card", transmit(b.card), SCARD_S_SUCCESS);
	SCardReleaseContext(b.ctx);
	SCardReleaseContext(ctx);
}

/* One that is to end, and calls what might have been where it does. */
static void *
end_in_calls(void *arg)
{
	SCARDCONTEXT *ctx = arg;
	SCARDHANDLE card;

	pthread_cancel(pthread_self());
	(void)SCardCancel(*ctx);
	ctx[1] = establish();
	card = connected(ctx[1], SCARD_SHARE_SHARED);
	(void)transmit(card);
	(void)SCardDisconnect(card, SCARD_LEAVE_CARD);
	pthread_testcancel();
	return NULL;
}

static void
rows_ending(void)
{
	struct task t = watcher();
	SCARDCONTEXT ctx[2] = { t.ctx, 0 };
	void *how = NULL;
	pthread_t thread;

	task_start(&t, task_watch);
	ok("ending: a call waits", task_waits(&t, 50));
	if (pthread_create(&thread, NULL, end_in_calls, ctx) != 0)
		bail("no thread");
	pthread_join(thread, &how);
	ok("ending: the thread ends", how == PTHREAD_CANCELED);
	is("ending: after its calls", SCardReleaseContext(ctx[1]),
	    SCARD_S_SUCCESS);
	is("ending: which were done", task_end(&t), SCARD_E_CANCELLED);
	SCardReleaseContext(t.ctx);
}

/* ---- the end ----------------------------------------------------------- */

/* main returns while calls run. */
static int
end_in_the_middle(void)
{
	static struct task t, b;
	SCARDHANDLE owner;

	t = watcher();
	b.ctx = establish();
	b.card = connected(b.ctx, SCARD_SHARE_SHARED);
	owner = connected(establish(), SCARD_SHARE_SHARED);
	(void)SCardBeginTransaction(owner);
	task_start(&t, task_watch);
	task_start(&b, task_begin);
	if (!task_waits(&t, 50) || !task_waits(&b, 50))
		return 1;
	return 7;
}

static void
rows_end(void)
{
	char *argv[] = { (char *)(uintptr_t)"guest", (char *)(uintptr_t)"end",
		(char *)(uintptr_t)reader, NULL };
	uint64_t from = now_ms();
	pid_t pid;

	if (posix_spawn(&pid, self(), NULL, NULL, argv, environ) != 0)
		bail("no process");
	is("end: its exit code", code_of(pid), 7);
	ok("end: nothing waits", now_ms() - from < 5000);
}

int
main(int argc, char **argv)
{
	SCARDCONTEXT ctx = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 3)
		return 2;
	reader = argv[2];
	if (strcmp(argv[1], "descriptors") == 0)
		return printf("%X\n", own_descriptors()) > 0 ? 0 : 1;
	if (strcmp(argv[1], "end") == 0)
		return end_in_the_middle();
	if (strcmp(argv[1], "establish") == 0)
		return printf("%lX\n", 0xFFFFFFFF & (unsigned long)
			SCardEstablishContext(0, NULL, NULL, &ctx)) > 0 ? 0 : 1;
	alarm(100);
	rows_quiet();
	rows_exec();
	rows_forks();
	rows_storm();
	rows_orphan();
	rows_closed();
	rows_ended();
	rows_ending();
	rows_end();
	return finish();
}
