/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * seccomp, by libseccomp. Whatever is in no list answers EPERM: libraries
 * probe for calls that they can do without. What is in the list of the
 * forbidden ends the process, so that an attack leaves a line in the log of
 * the parent instead of a second try.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <seccomp.h>

#include "backend/walls_sys.h"

#define ONLY(role) (1u << (role))
#define ALL (~0u)

struct call {
	int number;
	unsigned roles;
};

/* Reading, writing, waiting, memory, threads, clocks. */
static const struct call calls[] = {
	{ SCMP_SYS(read), ALL },
	{ SCMP_SYS(readv), ALL },
	{ SCMP_SYS(write), ALL },
	{ SCMP_SYS(writev), ALL },
	{ SCMP_SYS(close), ALL },
	{ SCMP_SYS(close_range), ALL },
	{ SCMP_SYS(dup), ALL },
	{ SCMP_SYS(fstat), ALL },
	{ SCMP_SYS(lseek), ALL },
	{ SCMP_SYS(recvfrom), ALL },
	{ SCMP_SYS(recvmsg), ALL },
	{ SCMP_SYS(poll), ALL },
	{ SCMP_SYS(ppoll), ALL },
	{ SCMP_SYS(epoll_create1), ALL },
	{ SCMP_SYS(epoll_ctl), ALL },
	{ SCMP_SYS(epoll_wait), ALL },
	{ SCMP_SYS(epoll_pwait), ALL },
	{ SCMP_SYS(eventfd2), ALL },
	{ SCMP_SYS(timerfd_create), ALL },
	{ SCMP_SYS(timerfd_settime), ALL },
	{ SCMP_SYS(brk), ALL },
	{ SCMP_SYS(munmap), ALL },
	{ SCMP_SYS(mremap), ALL },
	{ SCMP_SYS(madvise), ALL },
	{ SCMP_SYS(mlock), ALL },
	{ SCMP_SYS(munlock), ALL },
	{ SCMP_SYS(futex), ALL },
	{ SCMP_SYS(set_robust_list), ALL },
	{ SCMP_SYS(rseq), ALL },
	{ SCMP_SYS(sched_yield), ALL },
	{ SCMP_SYS(sched_getaffinity), ALL },
	{ SCMP_SYS(clock_gettime), ALL },
	{ SCMP_SYS(clock_nanosleep), ALL },
	{ SCMP_SYS(nanosleep), ALL },
	{ SCMP_SYS(gettimeofday), ALL },
	{ SCMP_SYS(time), ALL },
	{ SCMP_SYS(getrandom), ALL },
	{ SCMP_SYS(getpid), ALL },
	{ SCMP_SYS(gettid), ALL },
	{ SCMP_SYS(getuid), ALL },
	{ SCMP_SYS(geteuid), ALL },
	{ SCMP_SYS(getgid), ALL },
	{ SCMP_SYS(getegid), ALL },
	{ SCMP_SYS(rt_sigaction), ALL },
	{ SCMP_SYS(rt_sigprocmask), ALL },
	{ SCMP_SYS(rt_sigreturn), ALL },
	{ SCMP_SYS(sigaltstack), ALL },
	{ SCMP_SYS(restart_syscall), ALL },
	{ SCMP_SYS(exit), ALL },
	{ SCMP_SYS(exit_group), ALL },
	/* long computations give way (emulator/crypto/heavy.c) */
	{ SCMP_SYS(setpriority), ONLY(BE_WORKER) },
	{ SCMP_SYS(sched_setattr), ONLY(BE_WORKER) },
	{ SCMP_SYS(sched_getattr), ONLY(BE_WORKER) },
	/* clients: the listening sockets come from the parent */
	{ SCMP_SYS(accept4), ONLY(BE_DOOR) },
	{ SCMP_SYS(getsockname), ONLY(BE_DOOR) },
	{ SCMP_SYS(getpeername), ONLY(BE_DOOR) },
	{ SCMP_SYS(getsockopt), ONLY(BE_DOOR) },
	{ SCMP_SYS(setsockopt), ONLY(BE_DOOR) },
	/* the database: which files is Landlock's */
	{ SCMP_SYS(openat), ONLY(BE_STORE) },
	{ SCMP_SYS(rename), ONLY(BE_STORE) },
	{ SCMP_SYS(flock), ONLY(BE_STORE) },
	{ SCMP_SYS(unlink), ONLY(BE_STORE) },
	{ SCMP_SYS(unlinkat), ONLY(BE_STORE) },
	{ SCMP_SYS(access), ONLY(BE_STORE) },
	{ SCMP_SYS(faccessat2), ONLY(BE_STORE) },
	{ SCMP_SYS(stat), ONLY(BE_STORE) },
	{ SCMP_SYS(lstat), ONLY(BE_STORE) },
	{ SCMP_SYS(newfstatat), ONLY(BE_STORE) },
	{ SCMP_SYS(readlink), ONLY(BE_STORE) },
	{ SCMP_SYS(getcwd), ONLY(BE_STORE) },
	{ SCMP_SYS(pread64), ONLY(BE_STORE) },
	{ SCMP_SYS(pwrite64), ONLY(BE_STORE) },
	{ SCMP_SYS(fsync), ONLY(BE_STORE) },
	{ SCMP_SYS(fdatasync), ONLY(BE_STORE) },
	{ SCMP_SYS(ftruncate), ONLY(BE_STORE) },
	{ SCMP_SYS(fallocate), ONLY(BE_STORE) },
	{ SCMP_SYS(fchmod), ONLY(BE_STORE) },
	{ SCMP_SYS(statfs), ONLY(BE_STORE) },
	{ SCMP_SYS(fstatfs), ONLY(BE_STORE) },
};

/* Where an argument decides. Masked comparisons: (argument & mask) == value. */
struct call_with {
	int number;
	unsigned argument;
	uint64_t mask, value;
};
static const struct call_with calls_with[] = {
	/* to whom a socket is connected, and not by connecting it (TCP Fast
	 * Open) */
	{ SCMP_SYS(sendto), 3, MSG_FASTOPEN, 0 },
	{ SCMP_SYS(sendmsg), 2, MSG_FASTOPEN, 0 },
	/* a connection's own end; the other half of it would end a socket
	 * that listens, for whoever has it, too */
	{ SCMP_SYS(shutdown), 1, UINT32_MAX, SHUT_WR },
	/* memory that holds data holds no code */
	{ SCMP_SYS(mmap), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(mprotect), 2, PROT_EXEC, 0 },
	/* threads, not processes */
	{ SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD },
	{ SCMP_SYS(prctl), 0, UINT32_MAX, PR_SET_NAME },
	{ SCMP_SYS(prctl), 0, UINT32_MAX, PR_SET_VMA },
	/* descriptors: flags and locks, no signals to strangers */
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFD },
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETFD },
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFL },
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETFL },
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETLK },
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETLK },
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_DUPFD_CLOEXEC },
};

/* Nobody needs these, and nobody tries them by mistake. */
static const int forbidden[] = {
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(fork),
	SCMP_SYS(vfork),
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(process_madvise),
	SCMP_SYS(pidfd_open),
	SCMP_SYS(pidfd_getfd),
	SCMP_SYS(pidfd_send_signal),
	SCMP_SYS(kcmp),
	SCMP_SYS(connect),
	SCMP_SYS(bind),
	SCMP_SYS(listen),
	SCMP_SYS(mount),
	SCMP_SYS(umount2),
	SCMP_SYS(pivot_root),
	SCMP_SYS(chroot),
	SCMP_SYS(setns),
	SCMP_SYS(unshare),
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(kexec_load),
	SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(keyctl),
	SCMP_SYS(add_key),
	SCMP_SYS(request_key),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(memfd_create),
};

#define N_OF(table) (sizeof(table) / sizeof((table)[0]))

static int
allow_calls(scmp_filter_ctx ctx, enum be_role role)
{
	int e;

	for (size_t i = 0; i < N_OF(calls); i++)
		if ((calls[i].roles & ONLY(role)) != 0 &&
		    (e = seccomp_rule_add(
			 ctx, SCMP_ACT_ALLOW, calls[i].number, 0)) != 0)
			return e;
	for (size_t i = 0; i < N_OF(calls_with); i++) {
		const struct call_with *c = &calls_with[i];
		const struct scmp_arg_cmp is = { c->argument,
			SCMP_CMP_MASKED_EQ, c->mask, c->value };

		if ((e = seccomp_rule_add_array(
			 ctx, SCMP_ACT_ALLOW, c->number, 1, &is)) != 0)
			return e;
	}
	/* its flags lie in memory, where no filter looks: glibc goes on with
	 * clone where there is no clone3 */
	return seccomp_rule_add(
	    ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

static int
forbid_calls(scmp_filter_ctx ctx)
{
	int e;

	for (size_t i = 0; i < N_OF(forbidden); i++)
		if ((e = seccomp_rule_add(
			 ctx, SCMP_ACT_KILL_PROCESS, forbidden[i], 0)) != 0)
			return e;
	return 0;
}

enum cb_err
be_walls_sys_up(enum be_role role, struct cb_why *why)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int e = -ENOMEM;

	if (ctx != NULL && (e = allow_calls(ctx, role)) == 0 &&
	    (e = forbid_calls(ctx)) == 0 &&
	    /* calls of another architecture or numbering: the end */
	    (e = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
		 SCMP_ACT_KILL_PROCESS)) == 0 &&
	    /* of many threads all, if there are more than one */
	    (e = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1)) == 0)
		e = seccomp_load(ctx);
	seccomp_release(ctx);
	if (e == 0)
		return CB_OK;
	cb_why_set(why, "seccomp for the %s: %s", be_role_name(role),
	    strerror(-e));
	return CB_E_DENIED;
}
