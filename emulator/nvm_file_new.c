/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * How a new card file gets its name. The whole file is written to an inode
 * without a name (O_TMPFILE), made durable, and linked under its name, which
 * must be free: so there is a whole card file or none, at any moment, and
 * nothing to sweep up. Where the file system has no such inodes, a name drawn
 * at random takes their place for those milliseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/hex.h"
#include "emulator/nvm_file.h"

#define TEMP_SIZE 32

enum cb_err
emu_file_place_find(
    struct emu_file_place *place, const char *path, struct cb_why *why)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash == NULL ? path : slash + 1;
	char *dir = NULL, *real = NULL, *journal = NULL;
	struct stat st;
	enum cb_err r = CB_E_NOMEM;

	if (*base == '\0' || strcmp(base, ".") == 0 ||
	    strcmp(base, "..") == 0) {
		cb_why_set(why, "%s is not a name for a file", path);
		return CB_E_ARG;
	}
	dir = slash == NULL ? strdup(".") : slash == path ? strdup("/") :
	    strndup(path, (size_t)(slash - path));
	if (dir == NULL || (place->base = strdup(base)) == NULL)
		goto out;
	place->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place->dir < 0 || (real = realpath(dir, NULL)) == NULL) {
		cb_why_set(why, "%s: %s", dir, strerror(errno));
		r = errno == EACCES ? CB_E_DENIED : CB_E_ABSENT;
		goto out;
	}
	if (asprintf(&place->path, "%s/%s", strcmp(real, "/") == 0 ? "" : real,
	    base) < 0) {
		place->path = NULL;
		goto out;
	}
	if (fstatat(place->dir, base, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		cb_why_set(why, "%s is there already. Nothing was changed. "
		    "Choose another name.", path);
		r = CB_E_DENIED;
		goto out;
	}
	if (asprintf(&journal, "%s-journal", base) < 0) {
		journal = NULL;
		goto out;
	}
	if (fstatat(place->dir, journal, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		/* it would be played into the new card */
		cb_why_set(why, "%s-journal is left from an earlier card of "
		    "this name. Nothing was changed. Choose another name, or "
		    "remove it.", path);
		r = CB_E_DENIED;
		goto out;
	}
	if (faccessat(place->dir, ".", R_OK | W_OK | X_OK, AT_EACCESS) < 0) {
		cb_why_set(why, "%s: %s", dir, strerror(errno));
		r = CB_E_DENIED;
		goto out;
	}
	r = CB_OK;
out:
	free(dir);
	free(real);
	free(journal);
	if (r != CB_OK)
		emu_file_place_clear(place);
	return r;
}

void
emu_file_place_clear(struct emu_file_place *place)
{
	if (place->dir >= 0)
		close(place->dir);
	free(place->base);
	free(place->path);
	*place = (struct emu_file_place)EMU_FILE_PLACE_INIT;
}

static int
write_all(int fd, struct cb_span s)
{
	ssize_t n;

	while (s.n > 0) {
		n = write(fd, s.p, s.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		s = cb_span_tail(s, (size_t)n);
	}
	return fsync(fd);
}

/* An inode to fill; temp is "" if it has no name. */
static int
open_temp(int dir, char temp[TEMP_SIZE])
{
	uint8_t drawn[8];
	char hex[2 * sizeof(drawn) + 1];
	int fd;

	temp[0] = '\0';
	fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR &&
	    errno != ENOENT && errno != EINVAL))
		return fd;
	if (getrandom(drawn, sizeof(drawn), 0) != (ssize_t)sizeof(drawn))
		return -1;
	snprintf(temp, TEMP_SIZE, ".new-%s",
	    cb_hex_encode(hex, sizeof(hex), CB_SPAN_OF(drawn)));
	fd = openat(dir, temp,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		temp[0] = '\0';
	return fd;
}

static int
name_it(const struct emu_file_place *place, int fd, char temp[TEMP_SIZE])
{
	char self[64];

	if (temp[0] == '\0') {
		snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
		if (linkat(AT_FDCWD, self, place->dir, place->base,
		    AT_SYMLINK_FOLLOW) < 0)
			return -1;
	} else {
		if (renameat2(place->dir, temp, place->dir, place->base,
		    RENAME_NOREPLACE) < 0)
			return -1;
		temp[0] = '\0';
	}
	if (fsync(place->dir) == 0)
		return 0;
	emu_file_place_undo(place);
	errno = EIO;
	return -1;
}

enum cb_err
emu_file_place_fill(const struct emu_file_place *place, struct cb_span image,
    struct emu_file_hold **hold)
{
	char temp[TEMP_SIZE];
	enum cb_err r = CB_E_STORE;
	int fd;

	*hold = NULL;
	/* 0600 whatever the umask takes */
	if ((fd = open_temp(place->dir, temp)) < 0 || fchmod(fd, 0600) < 0 ||
	    write_all(fd, image) < 0)
		goto out;
	if ((r = emu_file_hold_new(hold, fd)) != CB_OK)
		goto out;
	if (name_it(place, fd, temp) < 0) {
		r = errno == EEXIST ? CB_E_DENIED : CB_E_STORE;
		emu_file_hold_drop(hold, true);
	}
	fd = -1;	/* hold has it, or had */
out:
	if (fd >= 0)
		close(fd);
	if (temp[0] != '\0')
		(void)unlinkat(place->dir, temp, 0);
	return r;
}

void
emu_file_place_undo(const struct emu_file_place *place)
{
	(void)unlinkat(place->dir, place->base, 0);
	(void)fsync(place->dir);
}
