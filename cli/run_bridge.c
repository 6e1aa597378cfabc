/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The private bridge of a run: its cards, its start, its end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/run.h"

#define GREET_MS 2000
#define END_MS 5000		/* to put away what its cards have done */
#define END_UNUSED_MS 200	/* nobody has asked them for anything yet */

/* Descriptors of the bridge beside the usual three: what keeps the directory
 * held, where it says that it serves, and its trace. */
enum { HELD = STDERR_FILENO + 1, READY, TRACE, UNUSED };
#define READY_TEXT "4"
#define TRACE_TEXT "5"
_Static_assert(READY == 4 && TRACE == 5, "as their texts say");

static const char **
arguments(const struct run *run, char *readers[])
{
	const char **argv = calloc(2 * run->readers_n + 10, sizeof(*argv));
	size_t n = 0;

	if (argv == NULL)
		return NULL;
	argv[n++] = "cardbridged";
	argv[n++] = "--foreground";
	argv[n++] = "--private";
	argv[n++] = READY_TEXT;
	argv[n++] = "--socket";
	argv[n++] = run->socket;
	if (run->trace >= 0) {
		argv[n++] = run->full ? "--trace-full" : "--trace";
		argv[n++] = TRACE_TEXT;
	}
	for (size_t i = 0; i < run->readers_n; i++) {
		argv[n++] = "--reader";
		argv[n++] = readers[i];
	}
	return argv;
}

/* Puts the descriptors into the places 0 to n - 1. */
static bool
arrange(int fds[], int n)
{
	/* first out of each other's way */
	for (int i = 0; i < n; i++)
		if ((fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, n)) < 0)
			return false;
	for (int i = 0; i < n; i++)
		if (dup2(fds[i], i) < 0)
			return false;
	return close_range((unsigned)n, ~0U, 0) == 0;
}

/* In the child. Nothing else that was open here concerns the bridge. */
static void
become(const struct run *run, const char **argv, int ready)
{
	static const char *const not_ours[] = { "NOTIFY_SOCKET", "LISTEN_FDS",
		"LISTEN_PID", "LISTEN_FDNAMES" };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int fds[UNUSED] = {
		[STDIN_FILENO] = null,
		[STDOUT_FILENO] = null,
		[STDERR_FILENO] = run->log,
		[HELD] = run->scratch.fd,
		[READY] = ready,
		[TRACE] = run->trace,
	};

	if (!arrange(fds, run->trace >= 0 ? UNUSED : TRACE))
		_exit(1);
	for (size_t i = 0; i < sizeof(not_ours) / sizeof(not_ours[0]); i++)
		(void)unsetenv(not_ours[i]);
	(void)execv(run->bridge, (char **)(uintptr_t)argv);
	fprintf(stderr, "%s: %s\n", run->bridge, strerror(errno));
	_exit(1);
}

static int
fork_bridge(struct run *run, const char **argv, pid_t *pid, int *ready)
{
	pid_t self = getpid();
	int ends[2];

	/* without a name: nothing of it stays, however all this ends */
	run->log = memfd_create("cardbridged.log", MFD_CLOEXEC);
	if (run->log < 0 || fcntl(run->log, F_SETFL, O_APPEND) != 0 ||
	    pipe2(ends, O_CLOEXEC) != 0)
		return cli_fail(CLI_FAILED, "no memory file or pipe: %s",
		    strerror(errno));
	if ((*pid = fork()) == 0) {
		run_child_ready(run, self);
		become(run, argv, ends[1]);
	}
	(void)close(ends[1]);
	*ready = ends[0];
	if (*pid > 0)
		return CLI_OK;
	*pid = 0;
	return cli_fail(CLI_FAILED, "no process: %s", strerror(errno));
}

int
run_bridge_launch(struct run *run, pid_t *pid, int *ready)
{
	char *readers[CLI_LIST_MAX] = { NULL };
	const char **argv = NULL;
	bool whole = true;
	int code;

	*pid = 0;
	*ready = -1;
	for (size_t i = 0; i < run->readers_n && whole; i++)
		if (asprintf(&readers[i], "%s=%s", run->readers[i].name,
			run->readers[i].uri) < 0) {
			readers[i] = NULL;
			whole = false;
		}
	if (whole)
		argv = arguments(run, readers);
	code = argv != NULL ? fork_bridge(run, argv, pid, ready)
			    : cli_fail(CLI_FAILED, "out of memory");
	for (size_t i = 0; i < run->readers_n; i++)
		free(readers[i]);
	free(argv);
	return code;
}

/* One that the command line has; NULL: it was made since. */
static struct run_reader *
known(struct run *run, const char *name)
{
	for (size_t i = 0; i < run->readers_n; i++)
		if (strcmp(run->readers[i].name, name) == 0)
			return &run->readers[i];
	return NULL;
}

static int
look_at_readers(struct run *run, struct br_client *c)
{
	struct br_reader_info *list = NULL;
	struct cb_why why = { "" };
	struct run_reader *reader;
	size_t n = 0;
	int code = CLI_OK;
	enum cb_err r;

	if ((r = br_reader_list(c, &list, &n, &why)) != CB_OK)
		return cli_fail_err(r, &why, "readers");
	for (size_t i = 0; i < n; i++) {
		if (list[i].trouble[0] != '\0') {
			(void)cli_fail(CLI_FAILED, "%s: %s", list[i].name,
			    list[i].trouble);
			if ((reader = known(run, list[i].name)) != NULL)
				reader->told = true;
			if (!run->keep_going && !list[i].present)
				code = CLI_FAILED;
		}
		if (run->full && !(list[i].present && list[i].test))
			code = cli_fail(CLI_FAILED, "%s: there is no test card "
			    "in it, so that --full would show somebody's "
			    "secrets: leave one of the two out", list[i].name);
	}
	/* no mistake where CMD makes some itself */
	if (n == 0)
		(void)cli_fail(CLI_OK, "note: there is no reader until "
		    "cardbridge reader add makes one inside; options that "
		    "give a card: " RUN_CARD_OPTIONS);
	free(list);
	return code;
}

int
run_bridge_look(struct run *run)
{
	struct br_client *c = NULL;
	struct cb_why why = { "" };
	enum cb_err r;
	int code;

	r = br_connect(&c, run->socket, GREET_MS, &why);
	if (r != CB_OK)
		return cli_fail_err(r, &why, run->socket);
	code = look_at_readers(run, c);
	br_close(&c);
	return code;
}

void
run_bridge_look_again(struct run *run)
{
	struct br_reader_info *list = NULL;
	struct br_client *c = NULL;
	const struct run_reader *reader;
	size_t n = 0;

	if (br_connect(&c, run->socket, GREET_MS, NULL) == CB_OK &&
	    br_reader_list(c, &list, &n, NULL) != CB_OK)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		reader = known(run, list[i].name);
		if (list[i].trouble[0] != '\0' &&
		    (reader == NULL || !reader->told))
			(void)cli_fail(CLI_FAILED, "note: %s: %s",
			    list[i].name, list[i].trouble);
	}
	free(list);
	br_close(&c);
}

bool
run_bridge_visited(const struct run *run)
{
	struct br_client *c = NULL;
	uint32_t visits = 0;
	bool visited = true;	/* where it is not known, nothing is said */

	/* two of them were ours: at the start, and now */
	if (br_connect(&c, run->socket, GREET_MS, NULL) == CB_OK &&
	    br_visits(c, &visits) == CB_OK)
		visited = visits > 2;
	br_close(&c);
	return visited;
}

void
run_bridge_tell(const struct run *run)
{
	char text[4096];
	ssize_t n = pread(run->log, text, sizeof(text), 0);

	if (n > 0)
		(void)fwrite(text, 1, (size_t)n, stderr);
}

void
run_bridge_end(pid_t pid, bool used)
{
	const struct timespec pause = { 0, 1000000 };
	const uint64_t end = run_now_ms() + (used ? END_MS : END_UNUSED_MS);

	if (pid <= 0)
		return;
	(void)kill(pid, SIGTERM);
	(void)kill(pid, SIGCONT);
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (run_now_ms() >= end)
			(void)kill(pid, SIGKILL);
		(void)nanosleep(&pause, NULL);
	}
}
