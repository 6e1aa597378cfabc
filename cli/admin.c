/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * cardbridge admin NOUN VERB: finds the row of the verb. Options that are of
 * every verb may stand anywhere.
 */
#include <stdio.h>
#include <string.h>

#include "cli/admin.h"

static int admin(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);

static const struct cli_opt opts[] = { CLI_ADMIN_OPTS };
#define OPTS opts, sizeof(opts) / sizeof(opts[0]), \
	sizeof(struct cli_admin_args)
#define ANY 0, -1

const struct cli_cmd cli_admin_cmd = {
	NULL, "admin", "NOUN VERB ...", "Orders and reads at a backend", OPTS,
	ANY, admin, CLI_NO_SOCKET | CLI_NESTS,
	"Nouns: org, device, person, card, session, audit; each has --help.\n"
	"What takes two people: --draft FILE of a verb, then approve FILE, then\n"
	"order FILE\n",
	NULL,
};

static const struct noun {
	struct cli_cmd cmd;	/* for its options and --help */
	const struct cli_cmd *verbs;
	const size_t *verbs_n;
	const char *all;
} nouns[] = {
#define NOUN(noun, summary, help) \
	{ { "admin", #noun, "VERB ...", summary, OPTS, ANY, NULL, \
	      CLI_NO_SOCKET | CLI_NESTS, help, "admin" }, \
	    cli_admin_##noun##_cmds, &cli_admin_##noun##_cmds_n, help }
	NOUN(org, "Organisations", "Verbs: add, list, show, set\n"),
	NOUN(device, "Devices, and tokens to enrol them",
	    "Verbs: token, list, revoke\n"),
	NOUN(person, "People, and tokens to enrol them",
	    "Verbs: token, list, revoke\n"),
	NOUN(card, "Cards", "Verbs: new, show, list, set, assign, "
	    "unassign, suspend, resume, unblock, terminate\n"),
	NOUN(session, "Sessions with cards", "Verbs: list, end\n"),
	NOUN(audit, "The books", "Verbs: list, verify, export, head\n"),
#undef NOUN
};
#define NOUNS (sizeof(nouns) / sizeof(nouns[0]))

static int
verb(const struct noun *noun, struct cli_admin_args *args, int argc,
    char **argv)
{
	const struct cli_cmd *cmd = NULL;
	int code = CLI_OK, n;

	for (size_t i = 0; i < *noun->verbs_n && cmd == NULL; i++)
		if (strcmp(argv[0], noun->verbs[i].name) == 0)
			cmd = &noun->verbs[i];
	if (cmd == NULL)
		return cli_fail(CLI_USAGE, "there is no command \"admin %s "
		    "%.32s\"; see cardbridge admin %s --help", noun->cmd.name,
		    argv[0], noun->cmd.name);
	if ((n = cli_parse(cmd, argc, argv, args, &code)) < 0)
		return code;
	return cmd->run(cmd, args, n, argv);
}

/* Those that are a word by themselves, and say of what in a file. */
static int
run_word(const char *name, struct cli_admin_args *args, int argc, char **argv)
{
	const struct cli_cmd *cmd = NULL;
	int code = CLI_OK, n;

	for (size_t i = 0; i < cli_admin_draft_cmds_n; i++)
		if (strcmp(name, cli_admin_draft_cmds[i].name) == 0)
			cmd = &cli_admin_draft_cmds[i];
	if (cmd == NULL)
		return cli_fail(CLI_USAGE, "there is no command \"admin "
		    "%.32s\"; see cardbridge admin --help", name);
	if ((n = cli_parse(cmd, argc, argv, args, &code)) < 0)
		return code;
	return cmd->run(cmd, args, n, argv);
}

static int
admin(const struct cli_cmd *cmd, const void *given, int argc, char **argv)
{
	struct cli_admin_args args = *(const struct cli_admin_args *)given;
	const struct noun *noun = NULL;
	int code = CLI_OK, n;

	(void)cmd;
	if (argc < 1)
		return cli_fail(CLI_USAGE, "admin of what? See cardbridge "
		    "admin --help");
	for (size_t i = 0; i < NOUNS && noun == NULL; i++)
		if (strcmp(argv[0], nouns[i].cmd.name) == 0)
			noun = &nouns[i];
	if (noun == NULL)
		return run_word(argv[0], &args, argc, argv);
	if ((n = cli_parse(&noun->cmd, argc, argv, &args, &code)) < 0)
		return code;
	if (n < 1)
		return cli_fail(CLI_USAGE, "admin %s: do what? %.*s",
		    noun->cmd.name, (int)strcspn(noun->all, "\n"), noun->all);
	return verb(noun, &args, n, argv);
}
