/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Who has a card file: other processes, this one, and those who look on.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/emulator/nvm_test.h"

/* A child that owns the file, and puts a record for each byte it is sent. */
struct owner {
	pid_t pid;
	int to, from;
};

static void
own_until_told(const char *path, int from, int to)
{
	struct emu_nvm *nvm = NULL;
	char c, text[2] = "";

	prctl(PR_SET_NAME, "somebody");
	if (emu_file_open(&nvm, path, 0, NULL) != CB_OK)
		_exit(1);
	if (write(to, "+", 1) != 1)
		_exit(1);
	while (read(from, &c, 1) == 1) {
		text[0] = c;
		if (nvm_put1(nvm, "told", text) != CB_OK ||
		    write(to, "+", 1) != 1)
			_exit(1);
	}
	_exit(0);
}

static struct owner
start_owner(const char *path)
{
	struct owner o;
	int to[2], from[2];
	char c;

	ck_assert_int_eq(pipe(to), 0);
	ck_assert_int_eq(pipe(from), 0);
	if ((o.pid = fork()) == 0) {
		close(to[1]);
		close(from[0]);
		own_until_told(path, to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	o.to = to[1];
	o.from = from[0];
	ck_assert_int_eq(read(o.from, &c, 1), 1);
	return o;
}

static void
tell_owner(const struct owner *o, char c)
{
	ck_assert_int_eq(write(o->to, &c, 1), 1);
	ck_assert_int_eq(read(o->from, &c, 1), 1);
}

static void
end_owner(const struct owner *o)
{
	kill(o->pid, SIGKILL);
	waitpid(o->pid, NULL, 0);
	close(o->to);
	close(o->from);
}

START_TEST(the_second_process_is_told_who_has_it)
{
	const char *path = nvm_path("card");
	struct owner o;
	struct emu_nvm *nvm = NULL;
	struct cb_why why;
	char want[64];

	nvm_make_file(path, 1);
	o = start_owner(path);
	ck_assert_int_eq(emu_file_open(&nvm, path, 0, &why), CB_E_BUSY);
	ck_assert_ptr_null(nvm);
	snprintf(want, sizeof(want), "in use by somebody (pid %d)",
	    (int)o.pid);
	ck_assert_msg(strstr(why.text, want) != NULL, "%s", why.text);
	end_owner(&o);
	ck_assert_int_eq(emu_file_open(&nvm, path, 0, &why), CB_OK);
	emu_nvm_free(&nvm);
}
END_TEST

START_TEST(one_may_look_on)
{
	const char *path = nvm_path("card");
	struct owner o;
	struct emu_nvm *nvm = NULL;

	nvm_make_file(path, 0);
	o = start_owner(path);
	ck_assert_int_eq(
	    emu_file_open(&nvm, path, EMU_FILE_READONLY, NULL), CB_OK);
	ck_assert_str_eq(nvm_text(nvm), "");
	tell_owner(&o, '1');
	ck_assert_str_eq(nvm_text(nvm), "told=1\n");
	ck_assert_int_eq(nvm->ops->begin(nvm), CB_E_DENIED);
	tell_owner(&o, '2');
	ck_assert_str_eq(nvm_text(nvm), "told=2\n");
	emu_nvm_free(&nvm);
	end_owner(&o);
}
END_TEST

START_TEST(looking_on_keeps_nobody_out)
{
	const char *path = nvm_path("card");
	struct owner o;
	struct emu_nvm *nvm = NULL;

	nvm_make_file(path, 0);
	ck_assert_int_eq(
	    emu_file_open(&nvm, path, EMU_FILE_READONLY, NULL), CB_OK);
	ck_assert_int_eq(nvm->ops->begin(nvm), CB_E_DENIED);
	o = start_owner(path);
	tell_owner(&o, '1');
	ck_assert_str_eq(nvm_text(nvm), "told=1\n");
	emu_nvm_free(&nvm);
	end_owner(&o);
}
END_TEST

/* Whether another process would find SQLite's RESERVED byte locked
 * (os.h: PENDING_BYTE 0x40000000, RESERVED_BYTE one after it). */
static bool
locked_for_others(const char *path)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
		.l_start = 0x40000001, .l_len = 1 };
	int fd, pipes[2];
	pid_t pid;
	char c = '?';

	ck_assert_int_eq(pipe(pipes), 0);
	if ((pid = fork()) == 0) {
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd >= 0 && fcntl(fd, F_GETLK, &l) == 0)
			c = l.l_type == F_UNLCK ? 'n' : 'y';
		if (write(pipes[1], &c, 1) != 1)
			_exit(1);
		raise(SIGKILL);	/* no handler, no leak checker's opinion */
	}
	ck_assert_int_eq(read(pipes[0], &c, 1), 1);
	close(pipes[0]);
	close(pipes[1]);
	waitpid(pid, NULL, 0);
	ck_assert(c == 'y' || c == 'n');
	return c == 'y';
}

START_TEST(a_second_opening_here_is_refused_and_harmless)
{
	const char *path = nvm_path("card");
	struct emu_nvm *nvm = NULL, *second = NULL;
	struct cb_why why;

	nvm_make_file(path, 1);
	ck_assert_int_eq(emu_file_open(&nvm, path, 0, NULL), CB_OK);
	ck_assert_int_eq(nvm->ops->begin(nvm), CB_OK);
	ck_assert_int_eq(nvm->ops->put(nvm, "a", CB_SPAN_EMPTY), CB_OK);
	ck_assert(locked_for_others(path));
	ck_assert_int_eq(emu_file_open(&second, path, 0, &why), CB_E_BUSY);
	ck_assert_ptr_nonnull(strstr(why.text, "this process"));
	/* no descriptor was closed that would have dropped SQLite's locks */
	ck_assert(locked_for_others(path));
	ck_assert_int_eq(
	    emu_file_open(&second, path, EMU_FILE_READONLY, &why), CB_OK);
	emu_nvm_free(&second);
	ck_assert(locked_for_others(path));
	ck_assert_int_eq(nvm->ops->commit(nvm, EMU_NVM_NOW), CB_OK);
	ck_assert(!locked_for_others(path));
	emu_nvm_free(&nvm);
	ck_assert_int_eq(emu_file_open(&nvm, path, 0, NULL), CB_OK);
	emu_nvm_free(&nvm);
}
END_TEST

START_TEST(a_kept_file_stays_ours_while_it_is_closed)
{
	const char *path = nvm_path("card");
	struct emu_file_keep *keep = NULL;
	struct emu_nvm *nvm = NULL;
	pid_t pid;
	int i, status;

	nvm_make_file(path, 1);
	ck_assert_int_eq(emu_file_keep_new(&keep, path, NULL), CB_OK);
	for (i = 0; i < 3; i++) {
		if ((pid = fork()) == 0) {
			/* a descriptor of its own: flock is not inherited by
			 * a new opening */
			_exit(execl("/usr/bin/flock", "flock", "-n", path,
			    "true", (char *)NULL));
		}
		waitpid(pid, &status, 0);
		ck_assert(WIFEXITED(status));
		if (WEXITSTATUS(status) == 255)
			break;	/* no such program here */
		ck_assert_int_eq(WEXITSTATUS(status), 1);
		ck_assert_int_eq(emu_file_open(&nvm, path, 0, NULL), CB_OK);
		emu_nvm_free(&nvm);
	}
	emu_file_keep_free(&keep);
	ck_assert_int_eq(emu_file_open(&nvm, path, 0, NULL), CB_OK);
	emu_nvm_free(&nvm);
}
END_TEST

/* Two readers on one file, under whatever names: the second is told, and the
 * first keeps its lock. */
START_TEST(a_file_is_kept_once)
{
	const char *path = nvm_path("card");
	struct emu_file_keep *keep = NULL, *second = NULL;
	struct emu_nvm *nvm = NULL;
	struct cb_why why = { "" };
	int fd;

	nvm_make_file(path, 1);
	ck_assert_int_eq(symlink(path, nvm_path("other")), 0);
	ck_assert_int_eq(emu_file_keep_new(&keep, path, NULL), CB_OK);
	ck_assert_int_eq(
	    emu_file_keep_new(&second, nvm_path("other"), &why), CB_E_BUSY);
	ck_assert_ptr_null(second);
	ck_assert_ptr_nonnull(strstr(why.text, "by this process already"));
	ck_assert_int_ge(fd = open(path, O_RDONLY | O_CLOEXEC), 0);
	ck_assert_int_ne(flock(fd, LOCK_EX | LOCK_NB), 0);
	/* and whoever still has the file open keeps it locked */
	ck_assert_int_eq(emu_file_open(&nvm, path, 0, NULL), CB_OK);
	emu_file_keep_free(&keep);
	ck_assert_int_ne(flock(fd, LOCK_EX | LOCK_NB), 0);
	emu_nvm_free(&nvm);
	ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(
	    emu_file_keep_new(&second, nvm_path("other"), NULL), CB_OK);
	emu_file_keep_free(&second);
}
END_TEST

START_TEST(a_moved_file_is_not_written)
{
	const char *path = nvm_path("card");
	struct emu_nvm *nvm = NULL;

	nvm_make_file(path, 0);
	ck_assert_int_eq(emu_file_open(&nvm, path, 0, NULL), CB_OK);
	ck_assert_int_eq(rename(path, nvm_path("moved")), 0);
	ck_assert_int_eq(nvm_put1(nvm, "a", "1"), CB_E_STORE);
	ck_assert_int_eq(rename(nvm_path("moved"), path), 0);
	ck_assert_int_eq(nvm_put1(nvm, "a", "2"), CB_OK);
	emu_nvm_free(&nvm);
	ck_assert_str_eq(nvm_file_text(path, 0, NULL), "a=2\n");
}
END_TEST

Suite *
nvm_lock_suite(void)
{
	Suite *s = suite_create("nvm_lock");
	TCase *tc = tcase_create("owners");

	tcase_add_checked_fixture(tc, nvm_dir_setup, nvm_dir_teardown);
	tcase_add_test(tc, the_second_process_is_told_who_has_it);
	tcase_add_test(tc, one_may_look_on);
	tcase_add_test(tc, looking_on_keeps_nobody_out);
	tcase_add_test(tc, a_second_opening_here_is_refused_and_harmless);
	tcase_add_test(tc, a_kept_file_stays_ours_while_it_is_closed);
	tcase_add_test(tc, a_file_is_kept_once);
	tcase_add_test(tc, a_moved_file_is_not_written);
	suite_add_tcase(s, tc);
	return s;
}
