/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Who has a card file. Its owner holds flock(LOCK_EX) on it, which ends with
 * the process, however that ends, and is no part of SQLite's own locks
 * (fcntl), so that others may look on.
 *
 * Closing any descriptor of a file drops all fcntl locks that the process has
 * on it, SQLite's included (fcntl(2), "Record locking"). Therefore a table of
 * all card files that this process has open, with one descriptor each; whether
 * a path is one of them is found out through O_PATH, which takes no part in
 * that rule, and cannot block or disturb a device either. The file stays this
 * process's until its last user here has gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "emulator/nvm_file.h"

struct emu_file_hold {
	struct emu_file_hold *next;
	struct stat st;		/* device and inode tell files apart */
	int fd;
	unsigned users;
	bool owned;		/* one of them owns the file */
	bool kept;		/* one of them keeps it while it is closed */
};

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct emu_file_hold *table;

static struct emu_file_hold *
table_find(const struct stat *st)
{
	struct emu_file_hold *h;

	for (h = table; h != NULL; h = h->next)
		if (h->st.st_dev == st->st_dev && h->st.st_ino == st->st_ino)
			return h;
	return NULL;
}

/* Takes fd when it succeeds. */
static enum cb_err
table_add(struct emu_file_hold **out, const struct stat *st, int fd)
{
	struct emu_file_hold *h = calloc(1, sizeof(*h));

	*out = NULL;
	if (h == NULL)
		return CB_E_NOMEM;
	h->st = *st;
	h->fd = fd;
	h->next = table;
	table = h;
	*out = h;
	return CB_OK;
}

static void
table_drop(struct emu_file_hold *h)
{
	struct emu_file_hold **at;

	for (at = &table; *at != h; at = &(*at)->next)
		;
	*at = h->next;
	close(h->fd);
	free(h);
}

/* The process that holds flock on the file, by /proc/locks (proc(5)); 0 when
 * it is not to be seen from here. Lines look like
 *	7: FLOCK  ADVISORY  WRITE 813 fe:00:1835012 0 EOF */
static int
holder_pid(const struct stat *st)
{
	FILE *f = fopen("/proc/locks", "re");
	char line[256];
	uintmax_t ino;
	unsigned major_no, minor_no;
	int pid, found = 0;

	if (f == NULL)
		return 0;
	while (found == 0 && fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%*u: FLOCK %*s WRITE %d %x:%x:%ju", &pid,
		    &major_no, &minor_no, &ino) == 4 && pid > 0 &&
		    ino == (uintmax_t)st->st_ino &&
		    major_no == major(st->st_dev) &&
		    minor_no == minor(st->st_dev))
			found = pid;
	}
	fclose(f);
	return found;
}

static void
tell_holder(const char *path, const struct stat *st, struct cb_why *why)
{
	char name[64], comm[32] = "";
	FILE *f;
	int pid = holder_pid(st);

	if (pid == 0) {
		cb_why_set(why, "%s is in use by another process", path);
		return;
	}
	snprintf(name, sizeof(name), "/proc/%d/comm", pid);
	if ((f = fopen(name, "re")) != NULL) {
		if (fgets(comm, sizeof(comm), f) != NULL)
			comm[strcspn(comm, "\n")] = '\0';
		fclose(f);
	}
	/* its name is its own choice, and goes to our terminal */
	for (char *c = comm; *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7E)
			*c = '?';
	cb_why_set(why, "%s is in use by %s (pid %d)", path,
	    comm[0] != '\0' ? comm : "another process", pid);
}

static enum cb_err
own_file(struct emu_file_hold *h, const char *path, struct cb_why *why)
{
	if (h->owned) {
		cb_why_set(why, "%s is in use by this process already", path);
		return CB_E_BUSY;
	}
	if (flock(h->fd, LOCK_EX | LOCK_NB) == 0) {
		h->owned = true;
		return CB_OK;
	}
	if (errno == EWOULDBLOCK) {
		tell_holder(path, &h->st, why);
		return CB_E_BUSY;
	}
	cb_why_set(why, "%s cannot be locked: %s", path, strerror(errno));
	return CB_E_STORE;
}

static enum cb_err
open_err(const char *path, struct cb_why *why)
{
	int e = errno;

	cb_why_set(why, "%s: %s", path, strerror(e));
	switch (e) {
	case ENOENT:
	case ENOTDIR:
		return CB_E_ABSENT;
	case EACCES:
	case EPERM:
	case EROFS:
		return CB_E_DENIED;
	case ENOMEM:
		return CB_E_NOMEM;
	default:
		return CB_E_STORE;
	}
}

/* The table's entry for path, made if need be. */
static enum cb_err
hold_find(struct emu_file_hold **out, const char *path, struct cb_why *why)
{
	struct stat st;
	char self[64];
	enum cb_err r = CB_OK;
	int at, fd = -1;

	*out = NULL;
	if ((at = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC)) < 0 ||
	    fstat(at, &st) < 0) {
		r = open_err(path, why);
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		cb_why_set(why, "%s is not a regular file", path);
		r = CB_E_FORMAT;
		goto out;
	}
	if ((*out = table_find(&st)) != NULL)
		goto out;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", at);
	if ((fd = open(self, O_RDONLY | O_CLOEXEC)) < 0) {
		r = open_err(path, why);
		goto out;
	}
	if ((r = table_add(out, &st, fd)) == CB_OK)
		fd = -1;
out:
	if (fd >= 0)
		close(fd);
	if (at >= 0)
		close(at);
	return r;
}

enum cb_err
emu_file_hold_take(struct emu_file_hold **out, const char *path, bool own,
    struct cb_why *why)
{
	struct emu_file_hold *h;
	enum cb_err r;

	*out = NULL;
	pthread_mutex_lock(&table_lock);
	if ((r = hold_find(&h, path, why)) != CB_OK)
		goto out;
	if (own && (r = own_file(h, path, why)) != CB_OK) {
		if (h->users == 0)
			table_drop(h);
		goto out;
	}
	h->users++;
	*out = h;
out:
	pthread_mutex_unlock(&table_lock);
	return r;
}

enum cb_err
emu_file_hold_new(struct emu_file_hold **out, int fd)
{
	struct stat st;
	enum cb_err r;

	*out = NULL;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 || fstat(fd, &st) < 0)
		return CB_E_STORE;
	pthread_mutex_lock(&table_lock);
	if ((r = table_add(out, &st, fd)) == CB_OK) {
		(*out)->owned = true;
		(*out)->users = 1;
	}
	pthread_mutex_unlock(&table_lock);
	return r;
}

void
emu_file_hold_drop(struct emu_file_hold **hold, bool own)
{
	struct emu_file_hold *h = *hold;

	if (h == NULL)
		return;
	*hold = NULL;
	pthread_mutex_lock(&table_lock);
	if (own)
		h->owned = false;
	if (--h->users == 0)
		table_drop(h);	/* and flock with it */
	pthread_mutex_unlock(&table_lock);
}

enum cb_err
emu_file_hold_keep(struct emu_file_hold *hold)
{
	enum cb_err r;

	pthread_mutex_lock(&table_lock);
	r = hold->kept ? CB_E_BUSY : CB_OK;
	hold->kept = true;
	pthread_mutex_unlock(&table_lock);
	return r;
}

void
emu_file_hold_unkeep(struct emu_file_hold *hold)
{
	pthread_mutex_lock(&table_lock);
	hold->kept = false;
	pthread_mutex_unlock(&table_lock);
}

int
emu_file_hold_fd(const struct emu_file_hold *hold)
{
	return hold->fd;
}

void
emu_file_hold_stat(const struct emu_file_hold *hold, struct stat *st)
{
	*st = hold->st;
}
