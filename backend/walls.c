/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Putting the walls up, in the order in which each can still be put up.
 */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend/walls.h"
#include "backend/walls_fs.h"
#include "backend/walls_sys.h"
#include "common/log.h"
#include "common/process.h"

static enum cb_err
failed(struct cb_why *why, const char *what)
{
	cb_why_set(why, "%s: %s", what, strerror(errno));
	return CB_E_DENIED;
}

/* All of them, in every set, and no way to gain one. */
static enum cb_err
drop_privileges(struct cb_why *why)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	const struct __user_cap_data_struct none[2] = { { 0, 0, 0 },
		{ 0, 0, 0 } };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return failed(why, "no_new_privs");
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		/* an ordinary user has none to drop, and may not */
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0 &&
		    errno != EPERM)
			return failed(why, "bounding set of capabilities");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
		return failed(why, "ambient capabilities");
	if (syscall(SYS_capset, &head, none) != 0)
		return failed(why, "capabilities");
	return CB_OK;
}

enum cb_err
be_walls_become(uint32_t user, struct cb_why *why)
{
	const uid_t u = user;

	if (user == 0)
		return CB_OK;
	if (setgroups(0, NULL) != 0 || setresgid(user, user, user) != 0 ||
	    setresuid(u, u, u) != 0) {
		cb_why_set(why, "becoming user %u: %s", (unsigned)user,
		    strerror(errno));
		return CB_E_DENIED;
	}
	return CB_OK;
}

enum cb_err
be_walls_up(enum be_role role, const char *const *dirs, struct be_walls *up,
    struct cb_why *why)
{
	struct cb_why unlocked = { "" };
	enum cb_err r;

	*up = (struct be_walls){ 0 };
	r = cb_process_harden(&unlocked);
	if (r != CB_OK && r != CB_E_DENIED) {
		*why = unlocked;
		return CB_E_DENIED;
	}
	up->locked = r == CB_OK;
	up->no_dumps = true;
	if ((r = drop_privileges(why)) != CB_OK)
		return r;
	up->no_privileges = true;
	if ((r = be_walls_fs_up(dirs, &up->landlock, why)) != CB_OK ||
	    (r = be_walls_sys_up(role, why)) != CB_OK)
		return r;
	up->seccomp = true;
	return CB_OK;
}

static bool
has_swap(void)
{
	FILE *f = fopen("/proc/swaps", "re");
	char line[256];
	int lines = 0;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		lines++;
	if (f != NULL)
		(void)fclose(f);
	return lines > 1;
}

void
be_walls_look(struct be_walls *would)
{
	*would = (struct be_walls){
		.no_dumps = true,
		.no_privileges = true,
		.seccomp = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0,
		.landlock = be_walls_fs_version(),
		.locked = cb_process_can_lock(),
		.swap = has_swap(),
	};
}
