/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See admin_rig.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/cli/admin_rig.h"

#define ARGS_MAX 24

char admin_out[ADMIN_OUT_MAX], admin_err[ADMIN_ERR_MAX];

void
admin_slurp(const char *path, char *to, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(to, 1, size - 1, f);
	to[n] = '\0';
	fclose(f);
}

/* Standard output and error go to files while it runs. */
int
admin_run_at(const char *server, const char *identity, const char *line)
{
	char copy[2048], *rest = copy, *word, *argv[ARGS_MAX + 2];
	char to_out[300], to_err[300];
	struct cli_admin_args args = { .server = NULL };
	int argc = 0, code = CLI_OK, n;
	const int was_out = dup(STDOUT_FILENO), was_err = dup(STDERR_FILENO);

	snprintf(copy, sizeof(copy), "admin %s", line);
	while ((word = strsep(&rest, " ")) != NULL && argc < ARGS_MAX)
		argv[argc++] = word;
	argv[argc] = NULL;
	snprintf(to_out, sizeof(to_out), "%s/out", desk.dir);
	snprintf(to_err, sizeof(to_err), "%s/err", desk.dir);
	fflush(stdout);
	ck_assert_ptr_nonnull(freopen(to_out, "w", stdout));
	ck_assert_ptr_nonnull(freopen(to_err, "w", stderr));
	if ((n = cli_parse(&cli_admin_cmd, argc, argv, &args, &code)) >= 0) {
		args.server = args.server == NULL ? server : args.server;
		args.identity = identity;
		code = cli_admin_cmd.run(&cli_admin_cmd, &args, n, argv);
	}
	fflush(stdout);
	fflush(stderr);
	dup2(was_out, STDOUT_FILENO);
	dup2(was_err, STDERR_FILENO);
	close(was_out);
	close(was_err);
	admin_slurp(to_out, admin_out, sizeof(admin_out));
	admin_slurp(to_err, admin_err, sizeof(admin_err));
	return code;
}

int
admin_run(const char *line)
{
	return admin_run_at("https://far:1", desk.person, line);
}

const char *
admin_say(const char *fmt, ...)
{
	static char line[4096];
	va_list ap;

	va_start(ap, fmt);
	ck_assert_int_lt(vsnprintf(line, sizeof(line), fmt, ap),
	    (int)sizeof(line));
	va_end(ap);
	return line;
}

json_t *
admin_json(void)
{
	json_t *v = json_loads(admin_out, 0, NULL);

	ck_assert_msg(v != NULL, "%s", admin_out);
	return v;
}

void
admin_setup(void)
{
	const char *dir = getenv("srcdir");

	fake_desk_setup();
	fake_desk_org(FAKE_ORG, "Clinic");
	ck_assert_int_eq(setenv("CARDBRIDGE_PROFILES",
			     admin_say("%s/data/profiles",
				 dir != NULL ? dir : "."),
			     1), 0);
}

unsigned
admin_lines(const char *text)
{
	unsigned n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}
