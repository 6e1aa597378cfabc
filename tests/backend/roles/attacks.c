/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The attacks, by what they are after.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "backend/roles.h"
#include "tests/backend/roles/attacks.h"

/* ---- other processes ----------------------------------------------------- */

static long
attach(const struct victim *v)
{
	return ptrace(PTRACE_ATTACH, v->parent, NULL, NULL);
}

static long
be_traced(const struct victim *v)
{
	(void)v;
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static char scratch[64];

static long
read_memory(const struct victim *v)
{
	struct iovec here = { scratch, sizeof(scratch) },
		     there = { scratch, sizeof(scratch) };

	return process_vm_readv(v->parent, &here, 1, &there, 1, 0);
}

static long
write_memory(const struct victim *v)
{
	struct iovec here = { scratch, sizeof(scratch) },
		     there = { scratch, sizeof(scratch) };

	return process_vm_writev(v->parent, &here, 1, &there, 1, 0);
}

static long
open_proc(const struct victim *v, const char *file, int how)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)v->parent,
	    file);
	return open(path, how | O_CLOEXEC);
}

static long
proc_mem(const struct victim *v)
{
	return open_proc(v, "mem", O_RDWR);
}

static long
proc_environ(const struct victim *v)
{
	return open_proc(v, "environ", O_RDONLY);
}

static long
proc_fd(const struct victim *v)
{
	char file[32];

	(void)snprintf(file, sizeof(file), "fd/%d", v->stranger);
	return open_proc(v, file, O_RDWR);
}

static long
proc_list(const struct victim *v)
{
	(void)v;
	return open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static long
own_mem(const struct victim *v)
{
	(void)v;
	return open("/proc/self/mem", O_RDWR | O_CLOEXEC);
}

static long
send_signal(const struct victim *v)
{
	return kill(v->parent, 0);
}

static long
send_thread_signal(const struct victim *v)
{
	return syscall(SYS_tgkill, v->parent, v->parent, 0);
}

static long
send_queued_signal(const struct victim *v)
{
	union sigval value = { 0 };

	return sigqueue(v->parent, 0, value);
}

static long
signal_by_descriptor(const struct victim *v)
{
	return fcntl(v->unix_socket, F_SETOWN, v->parent);
}

static long
hold_process(const struct victim *v)
{
	return syscall(SYS_pidfd_open, v->parent, 0);
}

static long
steal_descriptor(const struct victim *v)
{
	return syscall(SYS_pidfd_getfd, v->unix_socket, v->stranger, 0);
}

static long
lower_others(const struct victim *v)
{
	const struct sched_param p = { 0 };

	return sched_setscheduler(v->parent, SCHED_IDLE, &p);
}

/* ---- other programs ------------------------------------------------------ */

static long
run_program(const struct victim *v)
{
	char *const argv[] = { NULL };

	(void)v;
	return execve("/bin/true", argv, argv);
}

static long
run_descriptor(const struct victim *v)
{
	char *const argv[] = { NULL };

	return syscall(SYS_execveat, v->unix_socket, "", argv, argv, 0x1000);
}

static long
new_process(const struct victim *v)
{
	pid_t pid = fork();

	(void)v;
	if (pid == 0)
		_exit(0);
	return pid;
}

static long
new_process_by_clone(const struct victim *v)
{
	long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	(void)v;
	if (pid == 0)
		_exit(0);
	return pid;
}

static long
new_process_by_clone3(const struct victim *v)
{
	uint64_t args[8] = { 0 };
	long pid = syscall(SYS_clone3, args, sizeof(args));

	(void)v;
	if (pid == 0)
		_exit(0);
	return pid;
}

static long
write_code(const struct victim *v)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)v;
	return p == MAP_FAILED ? -1 : 0;
}

static long
make_code(const struct victim *v)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)v;
	if (p == MAP_FAILED)
		return 0;	/* allowed to all: the test is wrong */
	return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static long
memory_file(const struct victim *v)
{
	(void)v;
	return memfd_create("code", 0);
}

/* ---- the network --------------------------------------------------------- */

static long
any_socket(const struct victim *v)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_RAW,
		SOCK_SEQPACKET };

	(void)v;
	for (int family = 0; family < 64; family++)
		for (size_t i = 0; i < 4; i++)
			if (socket(family, types[i], 0) >= 0) {
				fprintf(stderr, "# family %d, type %d\n",
				    family, types[i]);
				return 0;
			}
	return -1;
}

static long
pair_of_sockets(const struct victim *v)
{
	int ends[2];

	(void)v;
	return socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
}

static struct sockaddr_in
loopback(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a.sin_port = htons(9);
	return a;
}

/* A connection that is refused was tried: that must not be possible. */
static long
tried(long result)
{
	return result == 0 || (errno != EPERM && errno != EACCES) ? 0 : -1;
}

static long
connect_out(const struct victim *v)
{
	const struct sockaddr_in a = loopback();

	return tried(connect(
	    v->socket, (const struct sockaddr *)&a, sizeof(a)));
}

static long
send_out(const struct victim *v)
{
	const struct sockaddr_in a = loopback();

	/* with a fresh connection of TCP Fast Open */
	return tried(sendto(v->socket, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL,
	    (const struct sockaddr *)&a, sizeof(a)));
}

static long
listen_here(const struct victim *v)
{
	struct sockaddr_in a = loopback();

	a.sin_port = 0;
	return tried(bind(v->socket, (const struct sockaddr *)&a, sizeof(a)));
}

static long
stop_listening(const struct victim *v)
{
	return tried(shutdown(v->socket, SHUT_RD));
}

static long
connect_abstract(const struct victim *v)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX,
		.sun_path = "\0cardbridge test" };

	return tried(connect(
	    v->unix_socket, (const struct sockaddr *)&a, sizeof(a)));
}

/* ---- files --------------------------------------------------------------- */

static long
read_elsewhere(const struct victim *v)
{
	return open(v->elsewhere, O_RDONLY | O_CLOEXEC);
}

static long
write_elsewhere(const struct victim *v)
{
	return open(v->elsewhere, O_WRONLY | O_CLOEXEC);
}

static long
read_inside(const struct victim *v)
{
	return open(v->inside, O_RDONLY | O_CLOEXEC);
}

static long
read_system(const struct victim *v)
{
	(void)v;
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static long
cut_elsewhere(const struct victim *v)
{
	return truncate(v->elsewhere, 0);
}

static long
remove_elsewhere(const struct victim *v)
{
	return unlink(v->elsewhere);
}

static long
link_inside(const struct victim *v)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s.link", v->inside);
	return link(v->elsewhere, path);
}

static long
move_inside(const struct victim *v)
{
	return rename(v->elsewhere, v->inside);
}

static long
change_mode(const struct victim *v)
{
	return chmod(v->elsewhere, 0777);
}

static long
watch_files(const struct victim *v)
{
	(void)v;
	return inotify_init1(IN_CLOEXEC);
}

static long
open_by_handle(const struct victim *v)
{
	struct file_handle handle = { .handle_bytes = 0 };

	(void)v;
	return open_by_handle_at(AT_FDCWD, &handle, O_RDONLY);
}

/* ---- the kernel ---------------------------------------------------------- */

static long
become_root(const struct victim *v)
{
	(void)v;
	return syscall(SYS_setresuid, 0, 0, 0);
}

static long
dump_again(const struct victim *v)
{
	(void)v;
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static long
new_namespace(const struct victim *v)
{
	(void)v;
	return unshare(CLONE_NEWUSER);
}

static long
mount_something(const struct victim *v)
{
	(void)v;
	return mount("none", "/tmp", "tmpfs", 0, NULL);
}

static long
new_root(const struct victim *v)
{
	(void)v;
	return chroot("/tmp");
}

static long
type_at_terminal(const struct victim *v)
{
	char c = 'x';

	(void)v;
	return ioctl(STDERR_FILENO, TIOCSTI, &c);
}

static long
keyring(const struct victim *v)
{
	(void)v;
	return syscall(SYS_keyctl, 0, 0, 0, 0, 0);
}

static long
program_kernel(const struct victim *v)
{
	(void)v;
	return syscall(SYS_bpf, 0, NULL, 0);
}

static long
count_events(const struct victim *v)
{
	(void)v;
	return syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0);
}

static long
ring_of_calls(const struct victim *v)
{
	char params[256] = { 0 };

	(void)v;
	return syscall(SYS_io_uring_setup, 4, params);
}

static long
faults(const struct victim *v)
{
	(void)v;
	return syscall(SYS_userfaultfd, 0);
}

static long
share_memory(const struct victim *v)
{
	(void)v;
	return syscall(SYS_shmget, 0, 4096, 01600);
}

#if defined(__x86_64__)
/* The numbering of 32-bit programs, where 20 is getpid: nobody looks for it
 * in a list of 64-bit calls. */
static long
other_numbering(const struct victim *v)
{
	long result;

	(void)v;
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(20L)
			 : "memory", "r8", "r9", "r10", "r11");
	return result > 0 ? 0 : -1;
}

static long
x32_numbering(const struct victim *v)
{
	(void)v;
	return syscall(0x40000000 + SYS_getpid);
}
#endif

#define STORE (1u << BE_STORE)

const struct attack attacks[] = {
	{ "attaching to another process", attach, 0, 0 },
	{ "asking to be traced", be_traced, 0, 0 },
	{ "reading another's memory", read_memory, 0, 0 },
	{ "writing another's memory", write_memory, 0, 0 },
	{ "/proc/PID/mem", proc_mem, 0, STORE },
	{ "/proc/PID/environ", proc_environ, 0, STORE },
	{ "/proc/PID/fd", proc_fd, 0, STORE },
	{ "/proc", proc_list, 0, STORE },
	{ "/proc/self/mem", own_mem, 0, STORE },
	{ "kill", send_signal, 0, 0 },
	{ "tgkill", send_thread_signal, 0, 0 },
	{ "sigqueue", send_queued_signal, 0, 0 },
	{ "F_SETOWN", signal_by_descriptor, 0, 0 },
	{ "pidfd_open", hold_process, 0, 0 },
	{ "pidfd_getfd", steal_descriptor, 0, 0 },
	{ "sched_setscheduler", lower_others, 0, 0 },
	{ "execve", run_program, 0, 0 },
	{ "execveat", run_descriptor, 0, 0 },
	{ "fork", new_process, 0, 0 },
	{ "clone", new_process_by_clone, 0, 0 },
	{ "clone3", new_process_by_clone3, 0, 0 },
	{ "memory that is written and run", write_code, 0, 0 },
	{ "memory that was written, and is run", make_code, 0, 0 },
	{ "memfd_create", memory_file, 0, 0 },
	{ "a socket of any family", any_socket, 0, 0 },
	{ "socketpair", pair_of_sockets, 0, 0 },
	{ "connect", connect_out, 0, 0 },
	{ "TCP Fast Open", send_out, 0, 0 },
	{ "bind", listen_here, 0, 0 },
	{ "shutdown", stop_listening, 0, 0 },
	{ "an abstract socket", connect_abstract, 0, 0 },
	{ "reading a file", read_elsewhere, 0, STORE },
	{ "writing a file", write_elsewhere, 0, STORE },
	{ "reading a file of the store", read_inside, STORE, 0 },
	{ "/etc/passwd", read_system, 0, STORE },
	{ "truncate", cut_elsewhere, 0, 0 },
	{ "unlink", remove_elsewhere, 0, STORE },
	{ "link", link_inside, 0, 0 },
	{ "rename", move_inside, 0, 0 },
	{ "chmod", change_mode, 0, 0 },
	{ "inotify", watch_files, 0, 0 },
	{ "open_by_handle_at", open_by_handle, 0, 0 },
	{ "setresuid", become_root, 0, 0 },
	{ "PR_SET_DUMPABLE", dump_again, 0, 0 },
	{ "unshare", new_namespace, 0, 0 },
	{ "mount", mount_something, 0, 0 },
	{ "chroot", new_root, 0, 0 },
	{ "TIOCSTI", type_at_terminal, 0, 0 },
	{ "keyctl", keyring, 0, 0 },
	{ "bpf", program_kernel, 0, 0 },
	{ "perf_event_open", count_events, 0, 0 },
	{ "io_uring_setup", ring_of_calls, 0, 0 },
	{ "userfaultfd", faults, 0, 0 },
	{ "shmget", share_memory, 0, 0 },
#if defined(__x86_64__)
	{ "calls of 32-bit programs", other_numbering, 0, 0 },
	{ "calls of x32 programs", x32_numbering, 0, 0 },
#endif
};
const size_t attacks_n = sizeof(attacks) / sizeof(attacks[0]);
