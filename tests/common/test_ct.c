/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Comparing and wiping secrets; the settings of a process that has some.
 * Every test is a process of its own, so these settings stay in it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/ct.h"
#include "common/process.h"
#include "tests/common/suites.h"

static const struct {
	const char *a, *b;
	bool equal;
} cases[] = {
	{ "", "", true },
	{ "1", "1", true },
	{ "123456", "123456", true },
	{ "123456", "123457", false },
	{ "123456", "023456", false },
	{ "123456", "12345", false },
	{ "", "1", false },
};

START_TEST(secrets_are_compared)
{
	ck_assert_int_eq(cb_ct_equal(cb_span_str(cases[_i].a),
	    cb_span_str(cases[_i].b)), cases[_i].equal);
}
END_TEST

START_TEST(wiped_bytes_are_gone)
{
	uint8_t p[] = { 1, 2, 3 };

	cb_wipe(p + 1, 1);
	ck_assert_uint_eq(p[0], 1);
	ck_assert_uint_eq(p[1], 0);
	ck_assert_uint_eq(p[2], 3);
	cb_wipe(NULL, 0);
	cb_wipe_stack();
}
END_TEST

static void
check_no_core(void)
{
	struct rlimit rl;

	ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_CORE, &rl), 0);
	ck_assert_uint_eq(rl.rlim_cur, 0);
	ck_assert_uint_eq(rl.rlim_max, 0);
}

/* VmLck of this process in KiB; -1: not known. */
static long
locked_kib(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[200];
	long kib = -1;

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "VmLck:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	ck_assert_int_eq(fclose(f), 0);
	return kib;
}

START_TEST(hardened_process_dumps_no_core)
{
	struct cb_why why = { "" };
	enum cb_err r;

	r = cb_process_harden(&why);
	if (r == CB_OK)
		ck_assert_str_eq(why.text, "");
	else
		ck_assert_int_eq(r, CB_E_DENIED);
	check_no_core();
}
END_TEST

/* Each of them closed or not. */
START_TEST(standard_streams_are_there)
{
	pid_t pid = fork();
	int fd, status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		for (fd = 0; fd < 3; fd++)
			if ((_i >> fd & 1) != 0)
				(void)close(fd);
		cb_process_stdio();
		for (fd = 0; fd < 3; fd++)
			if (fcntl(fd, F_GETFD) != 0)
				_exit(1);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

/* The limit binds whoever is not root; memory must stay to be had. */
START_TEST(limit_is_named_and_nothing_locked)
{
	const struct rlimit small = { 65536, 65536 };
	struct cb_why why = { "" };
	size_t n = 4 << 20;
	void *p;

	ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &small), 0);
	if (geteuid() == 0)
		ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
	ck_assert_int_eq(cb_process_harden(&why), CB_E_DENIED);
	ck_assert_ptr_nonnull(strstr(why.text, "RLIMIT_MEMLOCK is 64 KiB"));
	check_no_core();
	p = mmap(NULL, n, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(p, MAP_FAILED);
	ck_assert_int_eq(munmap(p, n), 0);
	ck_assert_int_eq(cb_process_harden(NULL), CB_E_DENIED);
}
END_TEST

START_TEST(memory_is_locked_as_it_is_touched)
{
	size_t n = 1 << 20;
	uint8_t *p;

	if (cb_process_harden(NULL) != CB_OK || locked_kib() <= 0)
		return;	/* not allowed here, or a sanitizer forbids it */
	p = mmap(NULL, n, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(p, MAP_FAILED);
	p[0] = 1;
	ck_assert_int_ge(locked_kib(), (long)n / 1024);
	ck_assert_int_eq(munmap(p, n), 0);
}
END_TEST

Suite *
ct_suite(void)
{
	Suite *s = suite_create("ct");
	TCase *tc = tcase_create("ct");

	tcase_add_loop_test(tc, secrets_are_compared, 0, COUNT(cases));
	tcase_add_test(tc, wiped_bytes_are_gone);
	tcase_add_test(tc, hardened_process_dumps_no_core);
	tcase_add_loop_test(tc, standard_streams_are_there, 0, 8);
	tcase_add_test(tc, limit_is_named_and_nothing_locked);
	tcase_add_test(tc, memory_is_locked_as_it_is_touched);
	suite_add_tcase(s, tc);
	return s;
}
