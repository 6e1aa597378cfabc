/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The keeper of a run, see run.h: starts CMD and the bridge, waits for the
 * first reason to end, and leaves nothing behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/run.h"

#define GRACE_MS 5000		/* from TERM to KILL */
#define TICK_NS 16000000	/* between two looks at who is left */

struct keeper {
	struct run *run;
	int orders;		/* from `run` */
	int children;		/* signalfd: one has changed */
	int ready;		/* the bridge says that it serves */
	pid_t command, bridge;	/* 0: there is none any more */
	int status;		/* of CMD, as waitpid gives it */
	struct cli_tree tree;	/* all but the bridge */
};

enum reason { GOES_ON, ENDED, LATE, ORDERED };

uint64_t
run_now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* ---- CMD ----------------------------------------------------------------- */

void
run_child_ready(const struct run *run, pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(1);
	(void)sigaction(SIGCHLD, &run->child, NULL);
	/* cb_process_stdio, which concerns us alone */
	(void)signal(SIGXFSZ, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &run->mask, NULL);
}

/* In the child: once everything is ready it is told so. */
static void
become_command(const struct run *run, int go, pid_t parent)
{
	enum cli_exit code;
	char byte;

	if (read(go, &byte, 1) != 1)
		_exit(CLI_REFUSED);
	run_child_ready(run, parent);
	if (setenv(cli_front_socket, run->socket, 1) != 0 ||
	    setenv(cli_front_path, run->front.library_path, 1) != 0 ||
	    setenv(cli_front_library, run->front.library, 1) != 0 ||
	    (run->trace_path != NULL ? setenv(run_trace_variable,
		run->trace_path, 1) : unsetenv(run_trace_variable)) != 0)
		_exit(cli_fail(CLI_REFUSED, "out of memory"));
	(void)execvp(run->argv[0], run->argv);
	code = errno == ENOENT ? CLI_NOT_FOUND : CLI_NOT_RUN;
	_exit(cli_fail(code, "%s: %s", run->argv[0], strerror(errno)));
}

/* A child that waits for its start: it must be forked before this process
 * leaves the session of the terminal. *go: where to say so. */
static int
fork_command(struct keeper *k, int *go)
{
	pid_t self = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return cli_fail(CLI_FAILED, "no pipe: %s", strerror(errno));
	if ((k->command = fork()) == 0) {
		(void)close(ends[1]);
		become_command(k->run, ends[0], self);
	}
	(void)close(ends[0]);
	*go = ends[1];
	if (k->command > 0)
		return CLI_OK;
	k->command = 0;
	return cli_fail(CLI_FAILED, "no process: %s", strerror(errno));
}

/* ---- waiting ------------------------------------------------------------- */

/* Takes all children that have ended, ours and inherited ones. */
static void
reap(struct keeper *k)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(k->children, &info, sizeof(info)) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == k->command) {
			k->command = 0;
			k->status = status;
		} else if (pid == k->bridge) {
			k->bridge = 0;
			run_bridge_tell(k->run);
			(void)cli_fail(CLI_FAILED, "the bridge has ended: "
			    "there are no readers any more");
		}
	}
}

/* What `run` has been sent. An order to end is for the whole tree; others are
 * for CMD, as they would be at a terminal. */
static enum reason
take_orders(struct keeper *k, int *sig)
{
	unsigned char order;
	ssize_t n;

	for (;;) {
		n = read(k->orders, &order, 1);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return GOES_ON;
		if (n != 1) {
			*sig = SIGTERM;	/* `run` is gone */
			return ORDERED;
		}
		if (order == SIGTERM || order == SIGHUP) {
			*sig = order;
			return ORDERED;
		}
		if (k->command > 0)
			(void)kill(k->command, order);
	}
}

/* Milliseconds that are left, as poll takes them. */
static int
time_left(const struct run *run)
{
	uint64_t now = run_now_ms();

	if (run->timeout_s == 0)
		return -1;
	return run->deadline <= now ? 0 : (int)(run->deadline - now);
}

static enum reason
wait_for_end(struct keeper *k, int *sig)
{
	struct pollfd fds[2] = {
		{ .fd = k->children, .events = POLLIN },
		{ .fd = k->orders, .events = POLLIN },
	};
	enum reason why;

	for (;;) {
		reap(k);
		if (k->command == 0)
			return ENDED;
		if ((why = take_orders(k, sig)) != GOES_ON)
			return why;
		if (time_left(k->run) == 0)
			return LATE;
		(void)poll(fds, 2, time_left(k->run));
	}
}

/* ---- the end ------------------------------------------------------------- */

void
run_end_tree(struct cli_tree *tree, int sig, void (*reap_all)(void *ctx),
    void *ctx)
{
	struct timespec pause = { 0, 1000000 };
	uint64_t end = run_now_ms() + GRACE_MS;

	while (cli_tree_signal(tree, sig) > 0) {
		if (run_now_ms() >= end && sig == SIGKILL) {
			(void)cli_fail(CLI_FAILED, "process %ld cannot be "
			    "ended", (long)tree->last);
			break;
		}
		if (run_now_ms() >= end) {
			sig = SIGKILL;
			cli_tree_forget(tree);
			end = run_now_ms() + GRACE_MS;
		}
		(void)nanosleep(&pause, NULL);
		if (pause.tv_nsec < TICK_NS)
			pause.tv_nsec *= 2;
		reap_all(ctx);
	}
	reap_all(ctx);
}

/* As a shell has it. */
static int
exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

static void
reap_for_end(void *ctx)
{
	struct keeper *k = ctx;

	reap(k);
	k->tree.known = k->command;
}

static int
finish(struct keeper *k, enum reason why, int sig)
{
	bool told = why != ENDED || k->bridge == 0 ||
	    run_bridge_visited(k->run);
	pid_t bridge = k->bridge;

	if (bridge != 0 && why != ORDERED)
		run_bridge_look_again(k->run);
	k->tree.root = getpid();
	k->tree.spare = bridge;
	k->tree.known = k->command;
	run_end_tree(&k->tree, sig, reap_for_end, k);
	cli_tree_clear(&k->tree);
	/* read last: what was ended just now may have been the first to come */
	if (!told)
		(void)cli_fail(CLI_FAILED, "note: no program has looked for a "
		    "card: none of them uses PC/SC, or the variables of "
		    "cardbridge env did not reach it (sudo, env -i)");
	if (why == LATE)
		return cli_fail(CLI_LATE, "ended after %u s, as --timeout says",
		    k->run->timeout_s);
	return exit_code(k->status);
}

static int
start(struct keeper *k, int *go)
{
	sigset_t child;
	int code;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	k->children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (k->children < 0 ||
	    fcntl(k->orders, F_SETFL, O_NONBLOCK) != 0)
		return cli_fail(CLI_FAILED, "%s", strerror(errno));
	if ((code = fork_command(k, go)) != CLI_OK)
		return code;
	/* it is the last of ours in the session of the terminal */
	if (setsid() < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
		return cli_fail(CLI_FAILED, "%s", strerror(errno));
	if ((code = run_trace_begin(k->run)) != CLI_OK)
		return code;
	return run_bridge_launch(k->run, &k->bridge, &k->ready);
}

/* Until the bridge serves, which its cards may delay by long. GOES_ON: it
 * does, or is gone. */
static enum reason
await_bridge(struct keeper *k, int *sig)
{
	struct pollfd fds[2] = {
		{ .fd = k->ready, .events = POLLIN },
		{ .fd = k->orders, .events = POLLIN },
	};
	enum reason why;

	for (;;) {
		(void)poll(fds, 2, time_left(k->run));
		why = take_orders(k, sig);
		if (why != GOES_ON || fds[0].revents != 0)
			return why;
		if (time_left(k->run) == 0)
			return LATE;
	}
}

/* GOES_ON: the bridge serves, and its cards are as they should be. ENDED: not
 * so, which was said. */
static enum reason
prepare(struct keeper *k, int *go, int *sig)
{
	enum reason why;
	char byte;

	if (start(k, go) != CLI_OK)
		return ENDED;
	if ((why = await_bridge(k, sig)) != GOES_ON)
		return why;
	if (read(k->ready, &byte, 1) != 1) {
		run_bridge_end(k->bridge, false);
		k->bridge = 0;
		run_bridge_tell(k->run);
		(void)cli_fail(CLI_FAILED, "the bridge did not start");
		return ENDED;
	}
	(void)close(k->ready);
	return run_bridge_look(k->run) == CLI_OK ? GOES_ON : ENDED;
}

int
run_keep(struct run *run, int orders)
{
	struct keeper k = { .run = run, .orders = orders, .children = -1,
		.ready = -1 };
	enum reason why;
	int go = -1, code = CLI_REFUSED, sig = SIGTERM;
	bool gone = false;

	/* `run` continues us when it sees us stopped; at its end this does */
	(void)prctl(PR_SET_PDEATHSIG, SIGCONT);
	why = prepare(&k, &go, &sig);
	if (why == GOES_ON)
		gone = write(go, "", 1) == 1;
	else if (why == ORDERED)
		code = 128 + sig;
	else if (why == LATE)
		code = cli_fail(CLI_LATE, "not started: after %u s, as "
		    "--timeout says, there are no cards yet", run->timeout_s);
	if (gone) {
		why = wait_for_end(&k, &sig);
		code = finish(&k, why, sig);
	} else {
		/* it only waits to be started */
		(void)finish(&k, ORDERED, SIGKILL);
	}
	run_bridge_end(k.bridge, gone);
	cli_scratch_remove(&run->scratch);
	return code;
}
