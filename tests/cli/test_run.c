/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What cardbridge run makes of the readers that its bridge tells of, before it
 * starts a program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/addr.h"
#include "bridge/protocol.h"
#include "cli/cli.h"
#include "cli/run.h"
#include "tests/cli/suites.h"
#include "tests/tree.h"

#define ck_ok(what) ck_assert_int_eq((what), CB_OK)

static const struct {
	bool present;
	const char *trouble;
	bool keep_going;
	int code;
} readers[] = {
	{ false, "it is gone", false, CLI_FAILED },
	{ false, "it is gone", true, CLI_OK },
	{ true, "it ends soon", false, CLI_OK },
	{ true, "", false, CLI_OK },
};

static char dir[64], path[96], said[96];
static pid_t bridge;

/* HELLO, then READER_NEXT: one reader, and no other. */
static void
answer(struct cb_buf *out, const struct br_header *asked, int i)
{
	static struct br_reader_info info = { .name = "far",
		.uri = "https://far:1", .slot = -1, .test = true };
	static unsigned told;

	info.present = readers[i].present;
	snprintf(info.trouble, sizeof(info.trouble), "%s", readers[i].trouble);
	if (asked->type == BR_HELLO)
		ck_ok(br_put_welcome(out, asked->seq, 5000, 60000));
	else if (told++ == 0)
		ck_ok(br_put_info(out, asked->seq, 1, &info));
	else
		ck_ok(br_put_error(out, asked->seq, CB_E_ABSENT, ""));
}

/* One connection, until it ends. */
static void
serve(int listener, int i)
{
	const int fd = accept(listener, NULL, NULL);
	uint8_t raw[BR_HEADER_SIZE], body[BR_BODY_MAX];
	struct cb_buf out = CB_BUF_INIT;
	struct br_header asked;

	while (recv(fd, raw, sizeof(raw), MSG_WAITALL) == sizeof(raw) &&
	    br_header_get(&asked, raw, BR_FROM_CLIENT) == CB_OK &&
	    recv(fd, body, asked.length, MSG_WAITALL) ==
		(ssize_t)asked.length) {
		cb_buf_clear(&out);
		answer(&out, &asked, i);
		if (send(fd, out.p, out.n, MSG_NOSIGNAL) != (ssize_t)out.n)
			break;
	}
	cb_buf_free(&out);
	_exit(0);
}

static void
start(int i)
{
	const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct br_addr at;

	snprintf(dir, sizeof(dir), "/tmp/cardbridge-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/socket", dir);
	snprintf(said, sizeof(said), "%s/said", dir);
	ck_ok(br_addr_init(&at, path));
	ck_assert_int_eq(
	    bind(listener, (struct sockaddr *)&at.un, at.n), 0);
	br_addr_clear(&at);
	ck_assert_int_eq(listen(listener, 1), 0);
	if ((bridge = fork()) == 0)
		serve(listener, i);
	close(listener);
}

START_TEST(a_card_that_is_there_may_have_a_warning)
{
	static struct run run;
	char text[512];
	int status;
	size_t n;
	FILE *f;

	start(_i);
	run.socket = path;
	run.keep_going = readers[_i].keep_going;
	ck_assert_ptr_nonnull(freopen(said, "w", stderr));
	ck_assert_int_eq(run_bridge_look(&run), readers[_i].code);
	fflush(stderr);
	ck_assert_ptr_nonnull(f = fopen(said, "r"));
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	ck_assert_msg(strstr(text, readers[_i].trouble) != NULL &&
	    (n == 0) == (readers[_i].trouble[0] == '\0'), "%s", text);
	ck_assert_int_eq(waitpid(bridge, &status, 0), bridge);
	ck_assert(tree_remove(dir));
}
END_TEST

Suite *
run_suite(void)
{
	Suite *s = suite_create("run");
	TCase *t = tcase_create("run");

	tcase_add_loop_test(t, a_card_that_is_there_may_have_a_warning, 0,
	    (int)(sizeof(readers) / sizeof(readers[0])));
	suite_add_tcase(s, t);
	return s;
}
