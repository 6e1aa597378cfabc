/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The command `cardbridge`: finds the subcommand, hardens the process before
 * anything secret can be in it, and runs it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "common/log.h"
#include "common/process.h"

#ifndef CB_VERSION
#define CB_VERSION "unreleased"
#endif

/* Commands that are a word by themselves. */
static const struct cli_cmd *const words[] = {
	&cli_status_cmd, &cli_apdu_cmd, &cli_run_cmd, &cli_env_cmd,
	&cli_enrol_cmd, &cli_admin_cmd,
};
#define N_WORDS (sizeof(words) / sizeof(words[0]))

static void
help_row(const struct cli_cmd *cmd)
{
	char left[40];

	(void)snprintf(left, sizeof(left), "%s%s%s",
	    cmd->group != NULL ? cmd->group : "",
	    cmd->group != NULL ? " " : "", cmd->name);
	printf("  %-15s %s\n", left, cmd->summary);
}

/* Everything, or one group. */
static int
help(const char *group)
{
	bool all = group == NULL;

	printf("usage: cardbridge [--socket PATH] %s\n\n",
	    all ? "command [options] ..." : group);
	for (size_t i = 0; i < cli_card_cmds_n; i++)
		if (all || strcmp(group, "card") == 0)
			help_row(&cli_card_cmds[i]);
	for (size_t i = 0; i < cli_reader_cmds_n; i++)
		if (all || strcmp(group, "reader") == 0)
			help_row(&cli_reader_cmds[i]);
	for (size_t i = 0; all && i < N_WORDS; i++)
		help_row(words[i]);
	printf("\nEach command has --help. More: man cardbridge%s%s\n",
	    all ? "" : "-", all ? "" : group);
	return cli_flush(CLI_OK);
}

static const struct cli_cmd *
find(const struct cli_cmd *cmds, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(cmds[i].name, name) == 0)
			return &cmds[i];
	return NULL;
}

/* Passcodes may pass through: no core dump, no swap. Where memory may not be
 * locked the emulator says so once, for keys as well. */
static void
harden(void)
{
	if (cb_process_harden(NULL) != CB_OK)
		cb_log(CB_LOG_DEBUG, "memory is not locked");
}

static int
run(const struct cli_cmd *cmd, int argc, char **argv)
{
	void *args = calloc(1, cmd->args_size > 0 ? cmd->args_size : 1);
	int code = CLI_OK, n;

	if (args == NULL)
		return cli_fail(CLI_FAILED, "out of memory");
	if ((cmd->flags & CLI_STARTS) == 0)
		harden();
	n = cli_parse(cmd, argc, argv, args, &code);
	if (n >= 0)
		code = cmd->run(cmd, args, n, argv);
	else if (code != CLI_OK && (cmd->flags & CLI_STARTS) != 0)
		code = CLI_REFUSED;
	free(args);
	return code;
}

static int
run_group(const char *group, const struct cli_cmd *cmds, size_t n, int argc,
    char **argv)
{
	const struct cli_cmd *cmd;

	if (argc < 2)
		return cli_fail(CLI_USAGE,
		    "which %s command? See cardbridge %s --help", group,
		    group);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help(group);
	if ((cmd = find(cmds, n, argv[1])) == NULL)
		return cli_fail(CLI_USAGE,
		    "there is no command \"%s %.32s\"; see cardbridge %s "
		    "--help", group, argv[1], group);
	return run(cmd, argc - 1, argv + 1);
}

/* Takes options that stand before the subcommand; how many words. */
static int
leading_options(int argc, char **argv, int *code)
{
	static const char socket[] = "--socket";
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "-h") == 0) {
			*code = help(NULL);
			return -1;
		}
		if (strcmp(argv[i], "--version") == 0) {
			printf("cardbridge %s\n", CB_VERSION);
			*code = cli_flush(CLI_OK);
			return -1;
		}
		if (strcmp(argv[i], socket) == 0) {
			if (i + 1 == argc || cli_is_option(argv[i + 1])) {
				*code = cli_fail(CLI_USAGE, "option %s needs a "
				    "value; see cardbridge --help", socket);
				return -1;
			}
			cli_socket = argv[++i];
		} else if (strncmp(argv[i], socket, sizeof(socket) - 1) == 0 &&
		    argv[i][sizeof(socket) - 1] == '=') {
			cli_socket = argv[i] + sizeof(socket);
		} else {
			*code = cli_fail(CLI_USAGE, "argument %d is no option "
			    "that stands before a command; see cardbridge "
			    "--help", i);
			return -1;
		}
	}
	return i;
}

int
main(int argc, char **argv)
{
	int code = CLI_OK, skip;

	cb_process_stdio();
	if ((skip = leading_options(argc, argv, &code)) < 0)
		return code;
	argc -= skip;
	argv += skip;
	if (argc < 1)
		return cli_fail(CLI_USAGE,
		    "which command? See cardbridge --help");
	if (strcmp(argv[0], "card") == 0)
		return run_group("card", cli_card_cmds, cli_card_cmds_n, argc,
		    argv);
	if (strcmp(argv[0], "reader") == 0)
		return run_group("reader", cli_reader_cmds,
		    cli_reader_cmds_n, argc, argv);
	for (size_t i = 0; i < N_WORDS; i++)
		if (strcmp(argv[0], words[i]->name) == 0)
			return run(words[i], argc, argv);
	if (strcmp(argv[0], "help") == 0)
		return help(NULL);
	return cli_fail(CLI_USAGE,
	    "there is no command \"%.32s\"; see cardbridge --help", argv[0]);
}
