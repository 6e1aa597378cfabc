/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Which file a descriptor stands for.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/fd.h"
#include "tests/common/suites.h"

START_TEST(fd_of_another_file_is_not_ours)
{
	struct cb_fd_id id;
	int ends[2], other[2], fd;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, other), 0);
	ck_assert_int_eq(cb_fd_id_get(&id, ends[0]), CB_OK);
	ck_assert(cb_fd_is(ends[0], &id));
	ck_assert(!cb_fd_is(ends[1], &id));
	/* the same file by another number */
	fd = dup(ends[0]);
	ck_assert(cb_fd_is(fd, &id));
	/* another file by the same number */
	ck_assert_int_eq(dup2(other[0], ends[0]), ends[0]);
	ck_assert(!cb_fd_is(ends[0], &id));
	close(fd);
	close(ends[0]);
	close(ends[1]);
	close(other[0]);
	close(other[1]);
}
END_TEST

START_TEST(fd_that_is_closed_is_nobody_s)
{
	struct cb_fd_id id;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(cb_fd_id_get(&id, ends[1]), CB_OK);
	/* both ends of a pipe are one file */
	ck_assert(cb_fd_is(ends[0], &id));
	close(ends[0]);
	errno = 0;
	ck_assert(!cb_fd_is(ends[0], &id));
	ck_assert(!cb_fd_is(-1, &id));
	ck_assert_int_eq(errno, 0);
	ck_assert_int_eq(cb_fd_id_get(&id, ends[0]), CB_E_INTERNAL);
	close(ends[1]);
}
END_TEST

Suite *
fd_suite(void)
{
	Suite *s = suite_create("fd");
	TCase *tc = tcase_create("fd");

	tcase_add_test(tc, fd_of_another_file_is_not_ours);
	tcase_add_test(tc, fd_that_is_closed_is_nobody_s);
	suite_add_tcase(s, tc);
	return s;
}
