/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * cardbridge env: the variables that put the library in front of a program,
 * for a shell to evaluate.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "bridge/client.h"
#include "cli/front.h"

static int env_run(const struct cli_cmd *cmd, const void *args, int argc,
    char **argv);

const struct cli_cmd cli_env_cmd = {
	.name = "env",
	.args = "",
	.summary = "Prints variables that lead programs to a bridge",
	.run = env_run,
	.examples = "  eval \"$(cardbridge env)\"    "
	    "programs of this shell use the bridge\n",
	.manual = "run",
};

static void
print(const char *name, const char *value)
{
	printf("export %s='", name);
	for (; *value != '\0'; value++) {
		if (*value == '\'')
			(void)fputs("'\\''", stdout);
		else
			(void)putchar(*value);
	}
	(void)puts("'");
}

static int
env_run(const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	struct cli_front front = CLI_FRONT_INIT;
	char path[PATH_MAX], *socket = NULL;
	enum cb_err r;
	int code;

	(void)cmd;
	(void)args;
	(void)argc;
	(void)argv;
	if ((code = cli_front_find(&front)) != CLI_OK)
		return code;
	r = br_socket_path(cli_socket, path, sizeof(path));
	if (r == CB_E_ABSENT)
		code = cli_fail(CLI_NO_BRIDGE, "there is no place for a "
		    "bridge's socket here: name one with --socket");
	else if (r != CB_OK)
		code = cli_fail(CLI_NO_BRIDGE, "the socket's path is too long");
	else if ((socket = cli_absolute(path)) == NULL)
		code = cli_fail(CLI_FAILED, "out of memory");
	if (code == CLI_OK) {
		print(cli_front_socket, socket);
		print(cli_front_path, front.library_path);
		print(cli_front_library, front.library);
	}
	free(socket);
	cli_front_clear(&front);
	return cli_flush(code);
}
