/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Options by table, --help from the same table, and how failures are said.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "common/options.h"
#include "common/text.h"

#define OPTS_MAX 24
#define OPT_BASE 256		/* values of getopt_long beyond characters */
#define HELP_COLUMN 26

enum { OPT_HELP = 'h', OPT_SOCKET = 's' };

const char *cli_socket;

/* An option of one letter is written with one dash. */
static bool
is_letter(const char *name)
{
	return name[0] != '\0' && name[1] == '\0';
}

bool
cli_is_option(const char *word)
{
	return strncmp(word, "--", 2) == 0;
}

static int
option_width(const char *name, const char *arg)
{
	return printf("  %s%s%s%s", is_letter(name) ? "-" : "--", name,
	    arg != NULL ? " " : "", arg != NULL ? arg : "");
}

static void
option_help(const char *name, const char *arg, const char *help)
{
	int used = option_width(name, arg);

	if (used >= HELP_COLUMN) {
		printf("\n");
		used = 0;
	}
	printf("%*s%s\n", HELP_COLUMN - used, "", help);
}

void
cli_help(const struct cli_cmd *cmd)
{
	printf("usage: cardbridge %s%s%s [options]%s%s\n%s.\n\n",
	    cmd->group != NULL ? cmd->group : "",
	    cmd->group != NULL ? " " : "", cmd->name,
	    cmd->args[0] != '\0' ? " " : "", cmd->args, cmd->summary);
	for (size_t i = 0; i < cmd->opts_n; i++)
		option_help(cmd->opts[i].name, cmd->opts[i].arg,
		    cmd->opts[i].help);
	if ((cmd->flags & CLI_NO_SOCKET) == 0)
		option_help("socket", "PATH", "the bridge's socket");
	option_help("help", NULL, "show this");
	if (cmd->examples != NULL)
		printf("\n%s", cmd->examples);
	printf("\nMore: man cardbridge-%s\n", cmd->manual != NULL
	    ? cmd->manual : cmd->group != NULL ? cmd->group : cmd->name);
}

static int
set_number(const struct cli_opt *opt, const char *text, unsigned *out)
{
	char *end = NULL;
	unsigned long v;

	errno = 0;
	v = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
	    v == 0 || v > 1000000)
		return cli_fail(CLI_USAGE,
		    "--%s: expected a number from 1, not \"%s\"", opt->name,
		    text);
	*out = (unsigned)v;
	return CLI_OK;
}

static int
add_item(const struct cli_opt *opt, struct cli_list *list)
{
	if (list->n == CLI_LIST_MAX)
		return cli_fail(CLI_USAGE, "--%s: these are more than %d",
		    opt->name, CLI_LIST_MAX);
	list->items[list->n++] = (struct cli_item){ opt, optarg };
	return CLI_OK;
}

static int
set_option(const struct cli_opt *opt, void *args)
{
	void *to = (char *)args + opt->off;

	switch (opt->kind) {
	case CLI_FLAG:
		*(bool *)to = true;
		return CLI_OK;
	case CLI_TEXT:
		*(const char **)to = optarg;
		return CLI_OK;
	case CLI_NUMBER:
		return set_number(opt, optarg, to);
	case CLI_LIST:
		return add_item(opt, to);
	}
	return CLI_USAGE;
}

static int
try_help(const struct cli_cmd *cmd, const char *what)
{
	return cli_fail(CLI_USAGE, "%s; see cardbridge %s%s%s --help", what,
	    cmd->group != NULL ? cmd->group : "",
	    cmd->group != NULL ? " " : "", cmd->name);
}

/* The word that getopt_long stopped at: of letters behind one dash it stays
 * at the word until the last is read. */
static const char *
stopped_at(char *const *argv)
{
	const char *word = argv[optind - 1], *next = argv[optind];

	/* --part value */
	if (optopt == 0 && word[0] != '-' && optind > 1)
		return argv[optind - 2];
	return optopt > 0 && optopt < OPT_BASE && next != NULL &&
	    next[0] == '-' && next[1] != '-' && strchr(next, optopt) != NULL
	    ? next : word;
}

/* Not a word of what was typed but an option's name: another may be a passcode
 * that somebody tried to give as an option, and so may what is behind "=". */
static int
no_option(const struct cli_cmd *cmd, char *const *argv)
{
	const char *word = stopped_at(argv);
	size_t n = strspn(word, "-abcdefghijklmnopqrstuvwxyz");
	char what[128];

	if (optopt >= OPT_BASE)
		(void)snprintf(what, sizeof(what), "option --%s takes no value",
		    cmd->opts[optopt - OPT_BASE].name);
	else if (word[0] == '-' && n > 1 && (word[n] == '\0' || word[n] == '='))
		(void)snprintf(what, sizeof(what),
		    "%.*s is no option that this command has",
		    n < 40 ? (int)n : 40, word);
	else
		(void)snprintf(what, sizeof(what),
		    "argument %d is no option that this command has",
		    optind - 1);
	return try_help(cmd, what);
}

/* The name of an option that getopt_long has told as `c`. */
static const char *
name_of(const struct cli_cmd *cmd, int c)
{
	return c >= OPT_BASE ? cmd->opts[c - OPT_BASE].name : "socket";
}

static int
no_value(const struct cli_cmd *cmd, const char *name, const char *more)
{
	char what[128];

	(void)snprintf(what, sizeof(what), "option %s%s needs a value%s",
	    is_letter(name) ? "-" : "--", name, more);
	return try_help(cmd, what);
}

/* Was the value forgotten? getopt_long takes the next word, whatever it is:
 * files would be made that are called as options are. What is written as one
 * word is meant so. */
static bool
is_forgotten(char *const *argv)
{
	return optarg != NULL && optarg == argv[optind - 1] &&
	    cli_is_option(optarg);
}

static void
add_letter(char *letters, const struct cli_opt *opt)
{
	size_t n = strlen(letters);

	letters[n++] = opt->name[0];
	if (opt->kind != CLI_FLAG)
		letters[n++] = ':';
	letters[n] = '\0';
}

/* The value that stands for an option of one letter; others as they are. */
static int
of_letter(const struct cli_cmd *cmd, int c)
{
	for (size_t i = 0; i < cmd->opts_n && i < OPTS_MAX; i++)
		if (is_letter(cmd->opts[i].name) && cmd->opts[i].name[0] == c)
			return OPT_BASE + (int)i;
	return c;
}

int
cli_parse(const struct cli_cmd *cmd, int argc, char **argv, void *args,
    int *code)
{
	struct option longs[OPTS_MAX + 3] = {
		{ "help", no_argument, NULL, OPT_HELP },
		{ "socket", required_argument, NULL, OPT_SOCKET },
	};
	char what[128], letters[4 + 2 * OPTS_MAX] = "+:h";
	const char *shorts = letters;
	int c, n, which;

	for (size_t i = 0; i < cmd->opts_n && i < OPTS_MAX; i++) {
		if (is_letter(cmd->opts[i].name))
			add_letter(letters, &cmd->opts[i]);
		longs[2 + i].name = cmd->opts[i].name;
		longs[2 + i].has_arg = cmd->opts[i].kind == CLI_FLAG
		    ? no_argument : required_argument;
		longs[2 + i].val = OPT_BASE + (int)i;
	}
	/* Options of what is started, or of a command inside, are not ours. */
	if ((cmd->flags & (CLI_STARTS | CLI_NESTS)) == 0)
		shorts++;
	optind = 0;	/* glibc: start anew, with permutation but for "+" */
	opterr = 0;
	*code = CLI_OK;
	while ((c = cb_getopt(argc, argv, shorts, longs, &which)) != -1) {
		/* a letter behind two dashes */
		if (c != ':' && c != '?' && which >= 0 &&
		    is_letter(longs[which].name)) {
			c = '?';
			optopt = 0;
		}
		if (c != OPT_HELP && c != OPT_SOCKET && c < OPT_BASE)
			c = of_letter(cmd, c);
		if (c == OPT_HELP) {
			cli_help(cmd);
			*code = cli_flush(CLI_OK);
			return -1;
		}
		if (c == '?') {
			*code = no_option(cmd, argv);
			return -1;
		}
		if (c == ':') {
			*code = no_value(cmd,
			    name_of(cmd, of_letter(cmd, optopt)), "");
			return -1;
		}
		/* not told what follows: it may be a passcode */
		if (is_forgotten(argv)) {
			*code = no_value(cmd, name_of(cmd, c), ", and what "
			    "follows begins as an option (a file so called "
			    "is ./--...)");
			return -1;
		}
		if (c == OPT_SOCKET)
			cli_socket = optarg;
		else if ((*code = set_option(
			      &cmd->opts[c - OPT_BASE], args)) != CLI_OK)
			return -1;
	}
	if (cli_socket != NULL && (cmd->flags & CLI_NO_SOCKET) != 0) {
		*code = try_help(cmd, "--socket: this has a bridge of its own");
		return -1;
	}
	n = argc - optind;
	if (n < cmd->operands_min ||
	    (cmd->operands_max >= 0 && n > cmd->operands_max)) {
		(void)snprintf(what, sizeof(what),
		    n < cmd->operands_min ? "%s %s needs: %s"
		    : cmd->operands_max == 0 ? "%s %s takes no operands%s"
		    : "%s %s takes only: %s",
		    cmd->group != NULL ? cmd->group : "cardbridge", cmd->name,
		    cmd->operands_max == 0 ? "" : cmd->args);
		*code = try_help(cmd, what);
		return -1;
	}
	memmove(argv, argv + optind, ((size_t)n + 1) * sizeof(*argv));
	return n;
}

/* Names of files and programs may hold anything: a terminal gets no control
 * characters from us. */
int
cli_fail(enum cli_exit code, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	(void)fflush(stdout);
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		text = NULL;
	if (text != NULL)
		cb_make_plain(text);
	fprintf(stderr, "cardbridge: %s\n",
	    text != NULL ? text : "out of memory");
	free(text);
	return (int)code;
}

int
cli_fail_err(enum cb_err r, const struct cb_why *why, const char *what)
{
	enum cli_exit code = r == CB_E_ARG ? CLI_USAGE : CLI_FAILED;

	if (why != NULL && why->text[0] != '\0')
		return cli_fail(code, "%s", why->text);
	return cli_fail(code, "%s: %s", what, cb_err_text(r));
}

enum cli_exit
cli_exit_of(enum cb_err r)
{
	switch (r) {
	case CB_OK:
		return CLI_OK;
	case CB_E_ARG:
		return CLI_USAGE;
	case CB_E_ABSENT:
	case CB_E_DENIED:
	case CB_E_BUSY:
		return CLI_NO;
	case CB_E_PEER:
	case CB_E_TIMEOUT:
		return CLI_NO_BRIDGE;
	default:
		return CLI_FAILED;
	}
}

int
cli_flush(int code)
{
	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return code;
	return cli_fail(CLI_FAILED, "standard output: %s", strerror(errno));
}
