/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See kit.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/kit.h"
#include "backend/layout.h"
#include "backend/listen.h"
#include "common/hex.h"

/* ---- the directory ------------------------------------------------------- */

/* Who has locked it, as the kernel knows (proc(5), /proc/locks); 0: it does
 * not say. */
static long
holder_of(int fd)
{
	FILE *f = fopen("/proc/locks", "re");
	struct stat st;
	char line[200];
	unsigned long inode;
	long pid = 0, found = 0;

	while (f != NULL && fstat(fd, &st) == 0 &&
	    fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "%*d: FLOCK %*s %*s %ld %*x:%*x:%lu", &pid,
			&inode) == 2 &&
		    inode == st.st_ino && pid > 0)
			found = pid;
	if (f != NULL)
		(void)fclose(f);
	return found;
}

/* It is let go by the end of this process, however that comes. */
static enum cb_err
lock_dir(struct be_kit *kit, struct cb_why *why)
{
	const char *dir = kit->plan->dir;
	char process[40] = "";
	long pid;

	kit->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (kit->dir >= 0 && flock(kit->dir, LOCK_EX | LOCK_NB) == 0)
		return CB_OK;
	if (kit->dir < 0 || errno != EWOULDBLOCK) {
		cb_why_set(why, "%.300s: %s", dir, strerror(errno));
		return CB_E_STORE;
	}
	if ((pid = holder_of(kit->dir)) != 0)
		(void)snprintf(process, sizeof(process), " (process %ld)", pid);
	cb_why_set(why, "the backend in %.300s runs already%s: there can be one "
	    "at a time.", dir, process);
	return CB_E_BUSY;
}

/* ---- files --------------------------------------------------------------- */

/* Others may write to it, or read what is secret. */
static bool
is_open(int fd, bool secret)
{
	struct stat st;

	return fstat(fd, &st) != 0 ||
	    (st.st_uid != 0 && st.st_uid != geteuid()) ||
	    (st.st_mode & (secret ? 077 : 022)) != 0;
}

/* Opened, not read: what is in it is for the door. */
static enum cb_err
open_files(struct be_kit *kit, struct cb_why *why)
{
	for (size_t i = 0; i < BE_KIT_FILES; i++) {
		char *path = be_path(kit->plan->dir, be_door_files[i]);

		kit->files[i] = path == NULL
		    ? -1
		    : open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (kit->files[i] < 0)
			cb_why_set(why, "%.300s: %s",
			    path != NULL ? path : "", strerror(errno));
		else if (is_open(kit->files[i], i == BE_KIT_FILES - 1))
			cb_why_set(why, "%.300s is open to others: chmod 600 "
			    "it, and see who has used it.", path);
		free(path);
		if (why->text[0] != '\0')
			return CB_E_DENIED;
	}
	return CB_OK;
}

static enum cb_err
read_books(struct be_kit *kit, struct cb_why *why)
{
	char *path = be_path(kit->plan->dir, BE_FILE_BOOKS);
	uint8_t text[2 * CR_KEY];
	int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	enum cb_err r = CB_OK;

	if (fd < 0 || read(fd, text, sizeof(text)) != (ssize_t)sizeof(text) ||
	    cb_hex_get(CB_SPAN_OF(text), kit->books, CR_KEY) != CB_OK) {
		cb_why_set(why, "%.300s: not the public key that init wrote",
		    path != NULL ? path : "");
		r = CB_E_FORMAT;
	}
	if (fd >= 0)
		(void)close(fd);
	free(path);
	return r;
}

enum cb_err
be_kit_open(struct be_kit *kit, const struct be_parent_plan *plan,
    struct cb_why *why)
{
	enum cb_err r;

	cb_why_set(why, "%s", "");
	*kit = (struct be_kit){ .plan = plan, .dir = -1,
		.files = { -1, -1, -1, -1 } };
	if ((r = cr_random(kit->run, WIRE_ID)) != CB_OK ||
	    (r = lock_dir(kit, why)) != CB_OK ||
	    (r = open_files(kit, why)) != CB_OK ||
	    (r = read_books(kit, why)) != CB_OK)
		return r;
	return be_kit_listen(kit, why);
}

void
be_kit_close(struct be_kit *kit)
{
	be_kit_unlisten(kit);
	for (size_t i = 0; i < BE_KIT_FILES; i++)
		if (kit->files[i] >= 0)
			(void)close(kit->files[i]);
	if (kit->dir >= 0)
		(void)close(kit->dir);
}

/* ---- sockets ------------------------------------------------------------- */

static enum cb_err
listen_at(struct be_kit *kit, const char *where, const char *what,
    struct cb_why *why)
{
	const size_t i = kit->listening_n;
	const bool again = kit->where[i][0] != '\0';
	enum cb_err r;

	if ((r = be_listen(&kit->listening[i], again ? kit->where[i] : where,
		 why)) != CB_OK)
		return r;
	kit->listening_n++;
	if (again)
		return CB_OK;
	if ((r = be_listen_where(kit->listening[i], kit->where[i],
		 sizeof(kit->where[i]))) == CB_OK)
		cb_log(CB_LOG_NOTICE, "%s: listening at %s", what,
		    kit->where[i]);
	return r;
}

enum cb_err
be_kit_listen(struct be_kit *kit, struct cb_why *why)
{
	const struct be_parent_plan *plan = kit->plan;
	enum cb_err r = CB_OK;

	if (!plan->roles[BE_DOOR] || kit->listening_n > 0)
		return CB_OK;
	if ((r = listen_at(kit, plan->listen, "door", why)) == CB_OK &&
	    plan->admin_listen != NULL)
		r = listen_at(kit, plan->admin_listen, "desk", why);
	if (r != CB_OK)
		be_kit_unlisten(kit);
	return r;
}

void
be_kit_unlisten(struct be_kit *kit)
{
	while (kit->listening_n > 0)
		(void)close(kit->listening[--kit->listening_n]);
}

size_t
be_kit_fds(const struct be_kit *kit, int fds[BE_FDS_MAX])
{
	size_t n = 0;

	for (; n < BE_KIT_FILES; n++) {
		fds[n] = kit->files[n];
		(void)lseek(fds[n], 0, SEEK_SET);
	}
	for (size_t i = 0; i < kit->listening_n; i++)
		fds[n++] = kit->listening[i];
	return n;
}
