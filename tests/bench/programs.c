/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * How long programs take, in microseconds:
 *
 *   programs run N PROGRAM ARGUMENT...
 *                            from its start until it has ended well, its
 *                            output thrown away: p50
 *   programs bridge READER SOCKET PROGRAM ARGUMENT...
 *                            a bridge from its exec until that reader's card
 *                            is there: ready
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/client.h"
#include "tests/bench/measure.h"

#define START_US 10e6	/* patience with a starting bridge */

static pid_t
launch(char **argv, bool quiet)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid;

	if (null < 0 || (pid = fork()) < 0)
		die("%s: %s", argv[0], strerror(errno));
	if (pid == 0) {
		if (quiet) {
			(void)dup2(null, STDIN_FILENO);
			(void)dup2(null, STDOUT_FILENO);
		}
		execvp(argv[0], argv);
		_exit(127);
	}
	close(null);
	return pid;
}

static void
run_run(char **argv)
{
	static double samples[COUNT_MAX];
	size_t n = count_of(argv[0]), i;
	double start;
	int status;

	for (i = 0; i < n; i++) {
		start = now_us();
		if (waitpid(launch(argv + 1, true), &status, 0) < 0 ||
		    status != 0)
			die("%s: failed", argv[1]);
		samples[i] = now_us() - start;
	}
	printf("p50 %.2f\n", percentile(samples, n, 0.50));
}

static bool
card_there(const char *path, const char *name)
{
	struct br_target target = { name, 0 };
	struct br_client *c = NULL;
	struct br_state state = { .present = false };
	bool there;

	there = br_connect(&c, path, 1000, NULL) == CB_OK &&
	    br_attach(c, &target, BR_ROAD_PCSC, &state) == CB_OK &&
	    state.present;
	br_close(&c);
	return there;
}

static void
run_bridge(char **argv)
{
	double start = now_us();
	pid_t pid = launch(argv + 2, false);
	bool there;

	while (!(there = card_there(argv[1], argv[0])) &&
	    now_us() - start < START_US)
		usleep(500);
	start = now_us() - start;
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	if (!there)
		die("%s: no card in %s", argv[2], argv[0]);
	printf("ready %.2f\n", start);
}

int
main(int argc, char **argv)
{
	if (argc >= 4 && strcmp(argv[1], "run") == 0)
		run_run(argv + 2);
	else if (argc >= 5 && strcmp(argv[1], "bridge") == 0)
		run_bridge(argv + 2);
	else
		die("usage: programs run|bridge ...; see the head of its "
		    "source");
	return EXIT_SUCCESS;
}
