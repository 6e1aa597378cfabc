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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/card.h"
#include "cli/run.h"

#define START_MS 15000
#define GREET_MS 2000
#define END_MS 5000

static const char log_name[] = "log";

/* A file of the directory; to be freed. */
static char *
inside(const struct run *run, const char *name, const char *tail)
{
	char *out = NULL;

	return asprintf(&out, "%s/%s%s", run->scratch.path, name, tail) < 0
	    ? NULL : out;
}

static int
make_cards(struct run *run)
{
	struct run_reader *r;
	char *path;
	int code = CLI_OK;

	for (size_t i = 0; i < run->readers_n && code == CLI_OK; i++) {
		r = &run->readers[i];
		if (r->profile == NULL)
			continue;
		path = inside(run, r->name, ".card");
		if (path == NULL || asprintf(&r->uri, "emu:%s", path) < 0) {
			r->uri = NULL;
			code = cli_fail(CLI_FAILED, "out of memory");
		} else {
			code = cli_card_make_test(
			    path, r->profile, run->fresh_keys);
		}
		free(path);
	}
	return code;
}

static const char **
arguments(const struct run *run, char *readers[], const char *state)
{
	const char **argv = calloc(2 * run->readers_n + 8, sizeof(*argv));
	size_t n = 0;

	if (argv == NULL)
		return NULL;
	argv[n++] = "cardbridged";
	argv[n++] = "--foreground";
	argv[n++] = "--socket";
	argv[n++] = run->socket;
	argv[n++] = "--state-dir";
	argv[n++] = state;
	for (size_t i = 0; i < run->readers_n; i++) {
		argv[n++] = "--reader";
		argv[n++] = readers[i];
	}
	return argv;
}

/* In the child. The directory stays held as long as the bridge lives; nothing
 * else that was open here concerns it. */
static void
become(const struct run *run, const char **argv, const char *log)
{
	static const char *const not_ours[] = { "NOTIFY_SOCKET", "LISTEN_FDS",
		"LISTEN_PID", "LISTEN_FDNAMES" };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int err = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (null < 0 || err < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0 ||
	    dup2(run->scratch.fd, 3) < 0 || fcntl(3, F_SETFD, 0) != 0)
		_exit(1);
	(void)close_range(4, ~0U, 0);
	for (size_t i = 0; i < sizeof(not_ours) / sizeof(not_ours[0]); i++)
		(void)unsetenv(not_ours[i]);
	(void)execv(run->bridge, (char **)(uintptr_t)argv);
	fprintf(stderr, "%s: %s\n", run->bridge, strerror(errno));
	_exit(1);
}

static int
launch(const struct run *run, pid_t *pid)
{
	char *readers[CLI_LIST_MAX] = { NULL };
	char *state = inside(run, "state", "");
	char *log = inside(run, log_name, "");
	const char **argv = NULL;
	bool whole = state != NULL && log != NULL;
	pid_t self = getpid();
	int code = CLI_OK;

	for (size_t i = 0; i < run->readers_n && whole; i++)
		if (asprintf(&readers[i], "%s=%s", run->readers[i].name,
			run->readers[i].uri) < 0) {
			readers[i] = NULL;
			whole = false;
		}
	if (whole)
		argv = arguments(run, readers, state);
	if (argv == NULL) {
		code = cli_fail(CLI_FAILED, "out of memory");
	} else if ((*pid = fork()) == 0) {
		run_child_ready(run, self);
		become(run, argv, log);
	} else if (*pid < 0) {
		*pid = 0;
		code = cli_fail(CLI_FAILED, "no process: %s", strerror(errno));
	}
	for (size_t i = 0; i < run->readers_n; i++)
		free(readers[i]);
	free(argv);
	free(state);
	free(log);
	return code;
}

/* A bridge is silent until it has looked at its cards. */
static int
await(const struct run *run, pid_t *pid, struct br_client **c)
{
	const struct timespec pause = { 0, 1000000 };
	const uint64_t end = run_now_ms() + START_MS;
	struct cb_why why = { "" };
	enum cb_err r;

	while ((r = br_connect(c, run->socket, GREET_MS, &why)) != CB_OK) {
		if (waitpid(*pid, NULL, WNOHANG) == *pid) {
			*pid = 0;
			run_bridge_tell(run);
			return cli_fail(
			    CLI_FAILED, "the bridge did not start");
		}
		if ((r != CB_E_ABSENT && r != CB_E_TIMEOUT) ||
		    run_now_ms() >= end) {
			run_bridge_tell(run);
			return cli_fail_err(r, &why, run->socket);
		}
		(void)nanosleep(&pause, NULL);
	}
	return CLI_OK;
}

static int
look_at_readers(const struct run *run, struct br_client *c)
{
	struct br_reader_info *list = NULL;
	struct cb_why why = { "" };
	size_t n = 0;
	int code = CLI_OK;
	enum cb_err r;

	if ((r = br_reader_list(c, &list, &n, &why)) != CB_OK)
		return cli_fail_err(r, &why, "readers");
	for (size_t i = 0; i < n; i++) {
		if (list[i].trouble[0] == '\0')
			continue;
		(void)cli_fail(CLI_FAILED, "%s: %s", list[i].name,
		    list[i].trouble);
		if (!run->keep_going)
			code = CLI_FAILED;
	}
	free(list);
	return code;
}

int
run_bridge_start(struct run *run, pid_t *pid)
{
	struct br_client *c = NULL;
	int code;

	*pid = 0;
	if ((code = make_cards(run)) != CLI_OK ||
	    (code = launch(run, pid)) != CLI_OK ||
	    (code = await(run, pid, &c)) != CLI_OK)
		return code;
	code = look_at_readers(run, c);
	br_close(&c);
	return code;
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
	char *path = inside(run, log_name, ""), text[4096];
	int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n;

	if (fd >= 0 && (n = read(fd, text, sizeof(text))) > 0)
		(void)fwrite(text, 1, (size_t)n, stderr);
	if (fd >= 0)
		(void)close(fd);
	free(path);
}

void
run_bridge_end(pid_t pid)
{
	const struct timespec pause = { 0, 1000000 };
	const uint64_t end = run_now_ms() + END_MS;

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
