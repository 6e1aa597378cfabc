/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See thread.h.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/measure.h"
#include "tests/bench/thread.h"

#define THREADS_MAX 256

struct thread {
	pid_t id;
	unsigned long wakes;
};

/* proc(5): each time it slept, of its own accord. 0: it has ended. */
static unsigned long
wakes_of(const char *dir, const char *id)
{
	char path[300], line[128];
	unsigned long n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%.20s/status", dir, id);
	if ((f = fopen(path, "r")) == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "voluntary_ctxt_switches: %lu", &n) == 1)
			break;
	fclose(f);
	return n;
}

static size_t
all_of(pid_t process, struct thread *out)
{
	char dir[64];
	struct dirent *e;
	size_t n = 0;
	DIR *d;

	snprintf(dir, sizeof(dir), "/proc/%ld/task", (long)process);
	if ((d = opendir(dir)) == NULL)
		die("%s: %s", dir, strerror(errno));
	while (n < THREADS_MAX && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		out[n].id = (pid_t)strtol(e->d_name, NULL, 10);
		out[n++].wakes = wakes_of(dir, e->d_name);
	}
	closedir(d);
	return n;
}

static unsigned long
before(const struct thread *list, size_t n, pid_t id)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].id == id)
			return list[i].wakes;
	return 0;
}

pid_t
thread_woken(pid_t process, void (*work)(void *arg), void *arg,
    unsigned long times)
{
	struct thread first[THREADS_MAX], now[THREADS_MAX];
	size_t had = all_of(process, first), n;
	unsigned long most = 0, wakes;
	pid_t found = 0;

	work(arg);
	n = all_of(process, now);
	for (size_t i = 0; i < n; i++) {
		wakes = now[i].wakes - before(first, had, now[i].id);
		if (now[i].wakes > 0 && wakes > most) {
			most = wakes;
			found = now[i].id;
		}
	}
	if (most < times)
		die("no thread of process %ld is woken", (long)process);
	return found;
}

void
thread_keep_to(pid_t thread, const cpu_set_t *cores)
{
	if (sched_setaffinity(thread, sizeof(*cores), cores) != 0)
		die("thread %ld: %s", (long)thread, strerror(errno));
}
