/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Landlock by its system calls: Debian 12 has headers of its second version
 * and no library for it. What later versions close is closed where the
 * kernel knows it; bits that it does not know it would refuse.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/landlock.h>

#include "backend/walls_fs.h"

/* As the kernel's uapi/linux/landlock.h has them, by version. */
#define FS_V1 ((UINT64_C(1) << 13) - 1)
#define FS_REFER (UINT64_C(1) << 13)	/* 2 */
#define FS_TRUNCATE (UINT64_C(1) << 14) /* 3 */
#define NET_ALL UINT64_C(3)		/* 4: bind and connect, TCP */
#define FS_IOCTL_DEV (UINT64_C(1) << 15) /* 5 */
#define SCOPE_ALL UINT64_C(3)		/* 6: abstract sockets, signals */

struct ruleset {
	uint64_t fs, net, scoped;
};

/* What the store does below its directory. */
#define FS_STORE \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | \
	    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | \
	    LANDLOCK_ACCESS_FS_REMOVE_FILE | FS_TRUNCATE)

int
be_walls_fs_version(void)
{
	long v = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	return v > 0 ? (int)v : 0;
}

/* All that this version can close, and how long its structure is. */
static size_t
everything(int version, struct ruleset *rules)
{
	rules->fs = FS_V1 | (version >= 2 ? FS_REFER : 0) |
	    (version >= 3 ? FS_TRUNCATE : 0) |
	    (version >= 5 ? FS_IOCTL_DEV : 0);
	rules->net = version >= 4 ? NET_ALL : 0;
	rules->scoped = version >= 6 ? SCOPE_ALL : 0;
	return version >= 6 ? sizeof(*rules)
	    : version >= 4  ? offsetof(struct ruleset, scoped)
			    : offsetof(struct ruleset, net);
}

static int
allow(int rules, const char *dir, uint64_t what)
{
	struct landlock_path_beneath_attr below = { .allowed_access = what };
	long failed;

	below.parent_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (below.parent_fd < 0)
		return -1;
	failed = syscall(SYS_landlock_add_rule, rules,
	    LANDLOCK_RULE_PATH_BENEATH, &below, 0);
	(void)close(below.parent_fd);
	return failed == 0 ? 0 : -1;
}

/* *failed: the one that could not be. */
static int
allow_all(int rules, const char *const *dirs, uint64_t what,
    const char **failed)
{
	for (; dirs != NULL && *dirs != NULL; dirs++)
		if (allow(rules, *dirs, what) != 0) {
			*failed = *dirs;
			return -1;
		}
	return 0;
}

enum cb_err
be_walls_fs_up(const char *const *dirs, int *version, struct cb_why *why)
{
	const char *dir = NULL;
	struct ruleset rules;
	size_t size;
	int fd;
	enum cb_err r = CB_OK;

	if ((*version = be_walls_fs_version()) == 0)
		return CB_OK;
	size = everything(*version, &rules);
	fd = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
	if (fd < 0 || allow_all(fd, dirs, FS_STORE & rules.fs, &dir) != 0 ||
	    syscall(SYS_landlock_restrict_self, fd, 0) != 0) {
		cb_why_set(why, "Landlock: %s%s%s", dir != NULL ? dir : "",
		    dir != NULL ? ": " : "", strerror(errno));
		*version = 0;
		r = CB_E_DENIED;
	}
	if (fd >= 0)
		(void)close(fd);
	return r;
}
