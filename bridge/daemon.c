/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Going to the background, see daemon.h. The child keeps standard error until
 * it is ready, so that what is wrong is said where it was started.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/daemon.h"

static int ready_fd = -1;

/* The parent: as long as the child has not said a word, it has not failed. */
static void
await_child(int fd)
{
	char byte;
	ssize_t n;

	do {
		n = read(fd, &byte, 1);
	} while (n < 0 && errno == EINTR);
	_exit(n == 1 ? 0 : 1);
}

int
br_daemon_detach(void)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	if ((pid = fork()) < 0) {
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	if (pid > 0) {
		close(ends[1]);
		await_child(ends[0]);
	}
	close(ends[0]);
	/* twice, so that it never gets a terminal again */
	if (setsid() < 0 || (pid = fork()) < 0)
		_exit(1);
	if (pid > 0)
		_exit(0);
	ready_fd = ends[1];
	return chdir("/");
}

void
br_daemon_ready(void)
{
	struct stat st;
	int null;

	if (ready_fd < 0)
		return;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		(void)dup2(null, STDIN_FILENO);
		(void)dup2(null, STDOUT_FILENO);
		/* a log file stays; a terminal or pipe would be held open */
		if (fstat(STDERR_FILENO, &st) != 0 || !S_ISREG(st.st_mode))
			(void)dup2(null, STDERR_FILENO);
		if (null > STDERR_FILENO)
			close(null);
	}
	if (write(ready_fd, "", 1) < 0)
		(void)fprintf(stderr, "the parent is gone\n");
	close(ready_fd);
	ready_fd = -1;
}
