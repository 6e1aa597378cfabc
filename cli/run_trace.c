/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The file of a trace: made, and begun. What follows is written by the bridge
 * (bridge/trace.c) and by the library in each program (winscard-shim/trace.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/run.h"

const char run_trace_variable[] = "CARDBRIDGE_TRACE";

static const char no_file[] = "that is no ordinary file";

/* NULL: it may be written over. In a directory that others can write to they
 * may have put there what they like. */
static const char *
wrong_with(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return no_file;
	if (st.st_uid != geteuid())
		return "that file is another user's";
	if (st.st_nlink != 1)
		return "that file has another name as well";
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return "another run traces into it";
	if (fchmod(fd, 0600) != 0 || ftruncate(fd, 0) != 0)
		return strerror(errno);
	return NULL;
}

int
run_trace_open(struct run *run, const char *file)
{
	const char *wrong;

	/* one that leads elsewhere is not followed */
	if ((run->trace_path = cli_absolute_as_is(file)) == NULL)
		return cli_fail(CLI_FAILED, "out of memory");
	run->trace = open(run->trace_path, O_WRONLY | O_CREAT | O_APPEND |
	    O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	if (run->trace >= 0)
		wrong = wrong_with(run->trace);
	else if (errno == ELOOP)
		wrong = "that is a symbolic link";
	else if (errno == ENXIO)
		wrong = no_file;	/* a pipe that nobody reads */
	else
		wrong = strerror(errno);
	if (wrong == NULL)
		return CLI_OK;
	return cli_fail(CLI_FAILED, "no trace in %s: %s", file, wrong);
}

/* Of CMD only the name: its arguments may be passcodes. */
int
run_trace_begin(const struct run *run)
{
	const char *slash = strrchr(run->argv[0], '/');
	const time_t now = time(NULL);
	struct tm tm;
	char day[16] = "", *text = NULL;
	int n;

	if (run->trace < 0)
		return CLI_OK;
	if (gmtime_r(&now, &tm) != NULL)
		(void)strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	n = asprintf(&text, "# cardbridge run, %s, %s; times are UTC\n"
	    "# %s\n", slash != NULL ? slash + 1 : run->argv[0], day, run->full
	    ? "everything is shown: passcodes, keys, and what they protect"
	    : "<N bytes> may hold passcodes, keys or what they protect");
	if (n < 0)
		return cli_fail(CLI_FAILED, "out of memory");
	for (char *p = text; *p != '\0'; p++)
		if ((*p < ' ' && *p != '\n') || *p == 0x7F)
			*p = '?';
	if (write(run->trace, text, (size_t)n) != n)
		n = -1;
	free(text);
	return n > 0 ? CLI_OK : cli_fail(CLI_FAILED, "no trace in %s: %s",
	    run->trace_path, strerror(errno));
}

void
run_trace_close(struct run *run)
{
	free(run->trace_path);
	run->trace_path = NULL;
	if (run->trace >= 0)
		(void)close(run->trace);
	run->trace = -1;
}
