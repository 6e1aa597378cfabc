/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A process that keeps its secrets, see process.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/process.h"

/*
 * May this process lock more than its limit says? Asked by doing it once, on
 * pages that cannot be touched, and not by looking for CAP_IPC_LOCK: root of
 * a user namespace has that too, and the kernel does not honour it there.
 */
static bool
limit_binds(size_t limit)
{
	size_t n = limit + (size_t)sysconf(_SC_PAGESIZE);
	void *p;

	if (n < limit)
		return false;
	p = mmap(NULL, n, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_LOCKED, -1, 0);
	if (p == MAP_FAILED)
		return true;
	(void)munmap(p, n);
	return false;
}

bool
cb_process_can_lock(void)
{
	struct rlimit rl;

	return getrlimit(RLIMIT_MEMLOCK, &rl) == 0 &&
	    (rl.rlim_cur == RLIM_INFINITY || !limit_binds(rl.rlim_cur));
}

/*
 * With a limit that binds, MCL_FUTURE would make mmap and malloc fail once
 * the limit is reached: then nothing is locked at all.
 */
static enum cb_err
lock_memory(struct cb_why *why)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_MEMLOCK, &rl) != 0) {
		cb_why_set(why, "memory is not locked, keys in use may reach "
		    "the swap: RLIMIT_MEMLOCK cannot be read: %s",
		    strerror(errno));
		return CB_E_DENIED;
	}
	if (rl.rlim_cur != RLIM_INFINITY && limit_binds(rl.rlim_cur)) {
		cb_why_set(why, "memory is not locked, keys in use may reach "
		    "the swap: RLIMIT_MEMLOCK is %llu KiB; set it to infinity "
		    "(LimitMEMLOCK=infinity in a unit, ulimit -l unlimited)",
		    (unsigned long long)rl.rlim_cur / 1024);
		return CB_E_DENIED;
	}
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) {
		cb_why_set(why, "memory is not locked, keys in use may reach "
		    "the swap: mlockall: %s", strerror(errno));
		return CB_E_DENIED;
	}
	return CB_OK;
}

enum cb_err
cb_process_harden(struct cb_why *why)
{
	const struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    setrlimit(RLIMIT_CORE, &none) != 0) {
		cb_why_set(why, "core dumps cannot be switched off: %s",
		    strerror(errno));
		return CB_E_INTERNAL;
	}
	return lock_memory(why);
}

void
cb_process_stdio(void)
{
	int fd;

	/* the lowest that is free: 0 to 2 first */
	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
	/* a limit on files is an error like a full disk, not an end */
	(void)signal(SIGXFSZ, SIG_IGN);
}
