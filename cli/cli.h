/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The command `cardbridge`: what its files share. A command is a row in a
 * table; its options are rows too, from which both the parser and --help are
 * made. Commands return an exit code and have said why on standard error.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "common/buf.h"

/* Exit codes, as in cardbridge(1). */
enum cli_exit {
	CLI_OK = 0,
	CLI_NO = 1,		/* a negative answer: wrong passcode, --expect */
	CLI_USAGE = 2,		/* the command line, or what it asks for */
	CLI_NO_BRIDGE = 3,	/* no bridge, or no backend, answers */
	CLI_FAILED = 4,		/* a card, reader, file or device failed */
	CLI_LATE = 124,		/* run: the time is over */
	CLI_REFUSED = 125,	/* run: CMD was not started */
	CLI_NOT_RUN = 126,	/* run: CMD is there, but does not start */
	CLI_NOT_FOUND = 127,	/* run: there is no CMD */
};

enum cli_kind { CLI_FLAG, CLI_TEXT, CLI_NUMBER, CLI_LIST };

struct cli_opt {
	const char *name;	/* without the dashes; a letter has one */
	enum cli_kind kind;
	size_t off;		/* of bool, const char *, unsigned or struct
				 * cli_list in args */
	const char *arg;	/* its name in --help, NULL for a flag */
	const char *help;
};

/* What CLI_LIST options say, in the order they stand in: they may be repeated,
 * and several options may fill one list. */
#define CLI_LIST_MAX 64
struct cli_list {
	struct cli_item {
		const struct cli_opt *opt;
		const char *value;
	} items[CLI_LIST_MAX];
	size_t n;
};

enum {
	/* Starts a program: options end before its name, this process hands
	 * on the limits it has got, and a refusal is CLI_REFUSED. */
	CLI_STARTS = 1,
	/* Speaks to no bridge that --socket could name. */
	CLI_NO_SOCKET = 2,
	/* Has commands of its own: options end before the name of one. */
	CLI_NESTS = 4,
};

struct cli_cmd {
	const char *group;	/* "card", or NULL for a word of its own */
	const char *name;
	const char *args;	/* operands, as --help shows them */
	const char *summary;	/* one line */
	const struct cli_opt *opts; /* --socket and --help beside them */
	size_t opts_n;
	size_t args_size;	/* of the structure that opts fill */
	int operands_min, operands_max; /* max -1: any number */
	int (*run)(const struct cli_cmd *cmd, const void *args, int argc,
	    char **argv);	/* operands only */
	unsigned flags;
	const char *examples;	/* lines for --help, or NULL */
	const char *manual;	/* its page, where that is not its name */
};

/* The last three of a command that has none of them. */
#define CLI_PLAIN 0, NULL, NULL

extern const struct cli_cmd cli_card_cmds[], cli_reader_cmds[], cli_apdu_cmd;
extern const struct cli_cmd cli_run_cmd, cli_env_cmd, cli_enrol_cmd,
    cli_admin_cmd, cli_status_cmd;
extern const size_t cli_card_cmds_n, cli_reader_cmds_n;

/* What --socket says, or NULL. */
extern const char *cli_socket;

/* usage.c. Takes a command's options apart into args (zeroed before) and
 * moves operands to the front of argv: returns how many there are. Below 0:
 * all is said and done, exit with *code. */
int cli_parse(const struct cli_cmd *cmd, int argc, char **argv, void *args,
    int *code);
void cli_help(const struct cli_cmd *cmd);
/* Does it begin as a long option does? */
bool cli_is_option(const char *word);

/* Says "cardbridge: ..." on standard error; returns the exit code. */
int cli_fail(enum cli_exit code, const char *fmt, ...) CB_PRINTF(2, 3);
/* The same for an error of a function, with its own words where it has any. */
int cli_fail_err(enum cb_err r, const struct cb_why *why, const char *what);
/* What an error of the road to a backend, or a refusal by it, exits with. */
enum cli_exit cli_exit_of(enum cb_err r);
/* Flushes standard output; CLI_FAILED if not all of it could be written. */
int cli_flush(int code);

/* output.c: into the file at `path`, which must not exist yet, or to standard
 * output (NULL). Exit code, said. */
int cli_output(const char *path, struct cb_span text);
/* The same in pieces. */
struct cli_output;
int cli_output_begin(struct cli_output **out, const char *path);
/* CB_E_STORE: cli_output_end says more. */
CB_MUST_USE enum cb_err cli_output_add(
    struct cli_output *output, struct cb_span text);
/* Exit code, said; `code` where it is not CLI_OK, and then no file is left.
 * NULL is not looked at. */
int cli_output_end(struct cli_output **output, int code);

/* path.c: `path` seen from the root, to be freed. NULL: no memory. */
char *cli_absolute(const char *path);
/* The same, with symbolic links as they are. */
char *cli_absolute_as_is(const char *path);
/* The same for what an URI of the form emu:FILE names; others as they are. */
char *cli_absolute_uri(const char *uri);
/* The URI of a card in a backend with its identity's directory in it (NULL: as
 * it is), to be freed. */
char *cli_uri_identity(const char *uri, const char *dir);
/* The same with one more place of its backend: `other` is the URI of the same
 * card there. NULL: it is not, or no memory. */
char *cli_uri_also(const char *uri, const char *other);
/* Where the profile of this name is, or the file itself; to be freed. */
char *cli_profile_path(const char *name);
/* The same, *path to be freed; where a name is none, it is said which there
 * are. Exit code. */
int cli_profile_find(const char *name, char **path);

#endif
