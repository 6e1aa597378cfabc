/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * All that came of a process, see tree.h: read from /proc, again and again, as
 * its members come and go meanwhile.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/tree.h"

struct process {
	pid_t pid, parent;
	bool zombie;
};

struct table {
	struct process *p;
	size_t n, room;
};

/* proc(5), /proc/PID/stat: pid (name) state parent. A name has anything. */
static bool
read_process(int proc, const char *name, struct process *out)
{
	char path[40], text[512], *end;
	int parent, fd;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%.20s/stat", name);
	if ((fd = openat(proc, path, O_RDONLY | O_CLOEXEC)) < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	if ((end = strrchr(text, ')')) == NULL || end[1] != ' ' ||
	    end[2] == '\0' || sscanf(end + 3, "%d", &parent) != 1)
		return false;
	out->pid = (pid_t)strtol(name, NULL, 10);
	out->parent = (pid_t)parent;
	out->zombie = end[2] == 'Z' || end[2] == 'X';
	return true;
}

/* Does /proc tell of the processes that we have numbers of? */
static bool
proc_is_ours(void)
{
	char text[24] = "";

	return readlink("/proc/self", text, sizeof(text) - 1) > 0 &&
	    strtol(text, NULL, 10) == (long)getpid();
}

static void
read_all(struct table *t)
{
	struct process *larger;
	struct dirent *e;
	DIR *d = proc_is_ours() ? opendir("/proc") : NULL;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		if (t->n == t->room) {
			size_t room = t->room == 0 ? 256 : 2 * t->room;

			larger = realloc(t->p, room * sizeof(*t->p));
			if (larger == NULL)
				break;
			t->p = larger;
			t->room = room;
		}
		if (read_process(dirfd(d), e->d_name, &t->p[t->n]))
			t->n++;
	}
	if (d != NULL)
		(void)closedir(d);
}

static pid_t
parent_of(const struct table *t, pid_t pid)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->p[i].pid == pid)
			return t->p[i].parent;
	return 0;
}

/* The table was not read in one moment: a ring in it ends by counting. */
static bool
is_member(const struct cli_tree *t, const struct table *all, pid_t pid)
{
	size_t steps = 0;

	if (pid == t->root)
		return false;
	for (; pid > 1 && steps <= all->n; steps++) {
		if (pid == t->spare)
			return false;
		if (pid == t->root)
			return true;
		pid = parent_of(all, pid);
	}
	return false;
}

/* True the first time. */
static bool
tell(struct cli_tree *t, pid_t pid)
{
	pid_t *larger;

	for (size_t i = 0; i < t->told_n; i++)
		if (t->told[i] == pid)
			return false;
	if (t->told_n == t->told_room) {
		size_t room = t->told_room == 0 ? 64 : 2 * t->told_room;

		larger = realloc(t->told, room * sizeof(*larger));
		if (larger == NULL)
			return true;
		t->told = larger;
		t->told_room = room;
	}
	t->told[t->told_n++] = pid;
	return true;
}

static void
send(struct cli_tree *t, pid_t pid, int sig)
{
	t->last = pid;
	if (sig == 0 || !tell(t, pid))
		return;
	(void)kill(pid, sig);
	if (sig != SIGKILL)
		(void)kill(pid, SIGCONT);	/* stopped ones hear it, too */
}

size_t
cli_tree_signal(struct cli_tree *t, int sig)
{
	struct table all = { NULL, 0, 0 };
	size_t n = 0;

	read_all(&all);
	for (size_t i = 0; i < all.n; i++)
		if (!all.p[i].zombie && is_member(t, &all, all.p[i].pid)) {
			send(t, all.p[i].pid, sig);
			n++;
		}
	if (all.n == 0 && t->known > 0 && kill(t->known, 0) == 0) {
		send(t, t->known, sig);
		n++;
	}
	free(all.p);
	return n;
}

void
cli_tree_forget(struct cli_tree *t)
{
	t->told_n = 0;
}

void
cli_tree_clear(struct cli_tree *t)
{
	free(t->told);
	t->told = NULL;
	t->told_n = t->told_room = 0;
}
