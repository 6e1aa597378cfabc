/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See roles.h.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "tests/road/roles.h"

/* Bytes; 0: there is no such process. */
static size_t
read_of(pid_t pid, const char *what, char *out, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, what);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return 0;
	n = read(fd, out, size - 1);
	close(fd);
	out[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* State and parent stand behind the name, which may hold anything. */
static bool
stat_of(pid_t pid, char *state, pid_t *parent)
{
	char text[1024], *end;
	int ppid;

	if (read_of(pid, "stat", text, sizeof(text)) == 0 ||
	    (end = strrchr(text, ')')) == NULL ||
	    sscanf(end + 1, " %c %d", state, &ppid) != 2)
		return false;
	*parent = (pid_t)ppid;
	return true;
}

bool
roles_gone(pid_t pid)
{
	pid_t parent;
	char state;

	return !stat_of(pid, &state, &parent) || state == 'Z' || state == 'X';
}

/* Are these its first words? */
static bool
begins(pid_t pid, const char *second, const char *third)
{
	char text[512];
	const size_t n = read_of(pid, "cmdline", text, sizeof(text));
	const char *two = text + strlen(text) + 1, *three;

	if (n == 0 || two >= text + n || strcmp(two, second) != 0)
		return false;
	three = two + strlen(two) + 1;
	return third[0] == '\0' ||
	    (three < text + n && strcmp(three, third) == 0);
}

static unsigned
children(pid_t of, const char *second, const char *third,
    pid_t out[ROLES_MAX])
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	unsigned n = 0;
	pid_t parent;
	char state;

	if (d == NULL)
		return 0;
	while (n < ROLES_MAX && (e = readdir(d)) != NULL) {
		const pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);

		if (isdigit((unsigned char)e->d_name[0]) &&
		    stat_of(pid, &state, &parent) && parent == of &&
		    state != 'Z' && begins(pid, second, third))
			out[n++] = pid;
	}
	closedir(d);
	return n;
}

pid_t
roles_parent(pid_t keeper)
{
	pid_t found[ROLES_MAX];

	return children(keeper, "run", "", found) > 0 ? found[0] : 0;
}

static uid_t
user_of(pid_t pid)
{
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	return stat(path, &st) == 0 ? st.st_uid : 0;
}

static int
by_user(const void *a, const void *b)
{
	const uid_t x = user_of(*(const pid_t *)a),
		    y = user_of(*(const pid_t *)b);

	return x < y ? -1 : x > y;
}

unsigned
roles_find(pid_t parent, const char *name, pid_t out[ROLES_MAX])
{
	const unsigned n = children(parent, "role", name, out);

	qsort(out, n, sizeof(out[0]), by_user);
	return n;
}
