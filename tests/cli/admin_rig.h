/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Running cardbridge admin, whole, at the desk of fake_desk.h.
 */
#ifndef TESTS_CLI_ADMIN_RIG_H
#define TESTS_CLI_ADMIN_RIG_H

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/admin.h"
#include "tests/cli/fake_desk.h"
#include "tests/cli/suites.h"

#define ORG_ID "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"

/* What it said last, on standard output and error. */
#define ADMIN_OUT_MAX 262144
#define ADMIN_ERR_MAX 4096
extern char admin_out[ADMIN_OUT_MAX], admin_err[ADMIN_ERR_MAX];

/* With an organisation "Clinic"; a checked fixture. */
void admin_setup(void);
/* Exit code. Words of the line are apart by one blank. */
int admin_run_at(const char *server, const char *identity, const char *line);
int admin_run(const char *line); /* as the person of the platform */
json_t *admin_json(void);	/* of its output */
/* Text in a buffer that is good until the next. */
const char *admin_say(const char *fmt, ...) CB_PRINTF(1, 2);
unsigned admin_lines(const char *text);
void admin_slurp(const char *path, char *to, size_t size);

#define RUNS(line) \
	do { \
		int code_ = admin_run(line); \
		ck_assert_msg(code_ == 0, "exit %d: %s", code_, admin_err); \
	} while (0)
#define FAILS(line, code, words) \
	do { \
		ck_assert_int_eq(admin_run(line), code); \
		ck_assert_msg(strstr(admin_err, words) != NULL, "%s", \
		    admin_err); \
	} while (0)

#endif
