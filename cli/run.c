/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * cardbridge run: a program with cards of its own, without pcscd.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/bridge.h"
#include "cli/program.h"
#include "cli/run.h"

#ifndef CB_BRIDGE
#define CB_BRIDGE "/usr/local/sbin/cardbridged"
#endif

struct args {
	struct cli_list readers;
	unsigned timeout_s;
	bool fresh_keys, keep_going, full;
	const char *trace;
};

static int run_run(const struct cli_cmd *cmd, const void *args, int argc,
    char **argv);

enum { TEST_CARD, CARD, READER };

#define AT(m) offsetof(struct args, m)
static const struct cli_opt run_opts[] = {
	[TEST_CARD] = { "test-card", CLI_LIST, AT(readers), "PROFILE",
	    "a reader with a new test card (PIN 123456)" },
	[CARD] = { "card", CLI_LIST, AT(readers), "FILE",
	    "a reader with the card of this file" },
	[READER] = { "reader", CLI_LIST, AT(readers), "NAME=URI",
	    "a reader of this name, as with reader add" },
	{ "fresh-keys", CLI_FLAG, AT(fresh_keys), NULL,
	    "keys of the test cards are generated, not published" },
	{ "timeout", CLI_NUMBER, AT(timeout_s), "SECONDS",
	    "end it all after this time (exit status 124)" },
	{ "trace", CLI_TEXT, AT(trace), "FILE",
	    "write down what is said to the cards, without secrets" },
	{ "full", CLI_FLAG, AT(full), NULL,
	    "with --trace: with the secrets of test cards" },
	{ "keep-going", CLI_FLAG, AT(keep_going), NULL,
	    "start CMD although a card cannot be used" },
};
#undef AT

const struct cli_cmd cli_run_cmd = {
	.name = "run",
	.args = "-- CMD [ARG]...",
	.summary = "Runs a program with cards of its own, without pcscd",
	.opts = run_opts,
	.opts_n = sizeof(run_opts) / sizeof(run_opts[0]),
	.args_size = sizeof(struct args),
	.operands_min = 1,
	.operands_max = -1,
	.run = run_run,
	.flags = CLI_STARTS | CLI_NO_SOCKET,
	.examples =
	    "Examples:\n"
	    "  cardbridge run --test-card series8 -- pkcs11-tool -L -O\n"
	    "  cardbridge run --card my.card --timeout 60 -- make check\n"
	    "  cardbridge run --test-card authentic3 --test-card series8 -- "
	    "opensc-tool -l\n",
};

/* ---- readers ------------------------------------------------------------- */

static int
take_reader(struct run_reader *r, const char *text)
{
	const char *equals = strchr(text, '=');

	if (equals == NULL || (size_t)(equals - text) >= sizeof(r->name) ||
	    strchr(equals, ':') == NULL)
		return cli_fail(CLI_USAGE, "--reader: expected NAME=URI, such "
		    "as desk=emu:FILE, not \"%s\"", text);
	(void)snprintf(r->name, sizeof(r->name), "%.*s", (int)(equals - text),
	    text);
	if ((r->uri = cli_absolute_uri(equals + 1)) == NULL)
		return cli_fail(CLI_FAILED, "out of memory");
	return CLI_OK;
}

static int
set_uri(struct run_reader *r, const char *scheme, const char *file)
{
	char *path = cli_absolute(file);

	if (path == NULL || asprintf(&r->uri, "%s:%s", scheme, path) < 0)
		r->uri = NULL;
	free(path);
	return r->uri != NULL ? CLI_OK
			      : cli_fail(CLI_FAILED, "out of memory");
}

/* The bridge makes it, in its memory. */
static int
take_test_card(struct run_reader *r, const char *profile, bool fresh_keys)
{
	char scheme[100], *file = NULL;
	int code = cli_profile_find(profile, &file);

	(void)snprintf(scheme, sizeof(scheme), "memory:%s:%s", r->name,
	    fresh_keys ? "fresh" : "published");
	if (code == CLI_OK)
		code = set_uri(r, scheme, file);
	free(file);
	return code;
}

/* cardN has the place N among all. */
static int
take_readers(struct run *run, const struct cli_list *list, bool fresh_keys)
{
	int code = CLI_OK;

	for (size_t i = 0; i < list->n && code == CLI_OK; i++) {
		const struct cli_item *item = &list->items[i];
		struct run_reader *r = &run->readers[run->readers_n++];

		(void)snprintf(r->name, sizeof(r->name), "card%zu", i + 1);
		if (item->opt == &run_opts[READER])
			code = take_reader(r, item->value);
		else if (item->opt == &run_opts[CARD])
			code = set_uri(r, "emu", item->value);
		else
			code = take_test_card(r, item->value, fresh_keys);
		if (code == CLI_OK)
			code = cli_reader_name_check(r->name);
		for (size_t j = 0; j < i && code == CLI_OK; j++)
			if (strcmp(run->readers[j].name, r->name) == 0)
				code = cli_fail(CLI_USAGE, "two readers are "
				    "called \"%s\"", r->name);
	}
	return code;
}

/* ---- what is needed ------------------------------------------------------ */

static int
find_bridge(struct run *run)
{
	run->bridge = cli_beside("cardbridged", CB_BRIDGE);
	if (run->bridge == NULL)
		return cli_fail(CLI_FAILED, "out of memory");
	if (access(run->bridge, X_OK) != 0)
		return cli_fail(CLI_FAILED, "%s: %s", run->bridge,
		    strerror(errno));
	return CLI_OK;
}

static int
make_place(struct run *run)
{
	int code = cli_scratch_new(&run->scratch);

	if (code == CLI_OK &&
	    asprintf(&run->socket, "%s/socket", run->scratch.path) < 0) {
		run->socket = NULL;
		cli_scratch_remove(&run->scratch);
		code = cli_fail(CLI_FAILED, "out of memory");
	}
	return code;
}

/* ---- the process that was started as `run` ------------------------------- */

/* Theirs are the signals that a terminal sends, to CMD as well: those need
 * not be passed on. */
static void
pass_on(const siginfo_t *info, int orders)
{
	unsigned char order = (unsigned char)info->si_signo;

	if ((order == SIGINT || order == SIGQUIT) &&
	    info->si_code == SI_KERNEL)
		return;
	if (write(orders, &order, 1) != 1)
		return;		/* it is ending already */
}

static void
reap_any(void *ctx)
{
	(void)ctx;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

/* The keeper was killed: what it had is ours now. */
static int
take_over(struct run *run)
{
	struct cli_tree tree = { .root = getpid() };

	(void)cli_fail(CLI_FAILED, "the process that kept the bridge was "
	    "killed: all is ended");
	run_end_tree(&tree, SIGTERM, reap_any, NULL);
	cli_tree_clear(&tree);
	cli_scratch_remove(&run->scratch);
	return CLI_REFUSED;
}

static int
attend(struct run *run, pid_t keeper, int orders, const sigset_t *signals)
{
	siginfo_t info;
	int status;

	for (;;) {
		if (waitpid(keeper, &status, WNOHANG | WUNTRACED) == keeper) {
			if (!WIFSTOPPED(status))
				break;
			/* No terminal does that, it is in no session of one:
			 * all would wait for it for ever. */
			(void)kill(keeper, SIGCONT);
		}
		if (sigwaitinfo(signals, &info) > 0 &&
		    info.si_signo != SIGCHLD)
			pass_on(&info, orders);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : take_over(run);
}

static int
start(struct run *run)
{
	const struct sigaction by_default = { .sa_handler = SIG_DFL };
	static const int ours[] = { SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM,
		SIGPIPE };
	sigset_t signals;
	int ends[2], code;
	pid_t keeper;

	sigemptyset(&signals);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		sigaddset(&signals, ours[i]);
	(void)sigprocmask(SIG_BLOCK, &signals, &run->mask);
	(void)sigaction(SIGCHLD, &by_default, &run->child);
	sigdelset(&signals, SIGPIPE);	/* stays blocked: nobody waits for it */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0 ||
	    pipe2(ends, O_CLOEXEC) != 0)
		return cli_fail(CLI_REFUSED, "%s", strerror(errno));
	if (make_place(run) != CLI_OK)
		return CLI_REFUSED;
	(void)fflush(NULL);
	if ((keeper = fork()) == 0) {
		(void)close(ends[1]);
		code = run_keep(run, ends[0]);
		(void)fflush(NULL);
		_exit(code);
	}
	(void)close(ends[0]);
	if (keeper > 0)
		return attend(run, keeper, ends[1], &signals);
	code = cli_fail(CLI_REFUSED, "no process: %s", strerror(errno));
	cli_scratch_remove(&run->scratch);
	return code;
}

/* Was the option forgotten that makes a card of it? */
static int
check_program(const struct run *run, int argc)
{
	int code = cli_program_check(run->argv[0], run->front.library);

	if ((code == CLI_NOT_FOUND || code == CLI_NOT_RUN) && argc > 1 &&
	    strcmp(run->argv[1], "--") == 0)
		(void)cli_fail(CLI_NOT_FOUND, "note: a card is given by an "
		    "option: " RUN_CARD_OPTIONS);
	return code;
}

static int
run_run(const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct args *a = args;
	struct run *run = calloc(1, sizeof(*run));
	int code;

	(void)cmd;
	if (a->full && a->trace == NULL)
		return cli_fail(CLI_REFUSED, "--full is about a trace: add "
		    "--trace FILE");
	if (run == NULL)
		return cli_fail(CLI_REFUSED, "out of memory");
	run->scratch = (struct cli_scratch)CLI_SCRATCH_INIT;
	run->log = run->trace = -1;
	run->keep_going = a->keep_going;
	run->timeout_s = a->timeout_s;
	run->deadline = run_now_ms() + 1000ull * a->timeout_s;
	run->full = a->full;
	run->argv = argv;
	if ((code = take_readers(run, &a->readers, a->fresh_keys)) ==
		CLI_OK &&
	    (code = cli_front_find(&run->front)) == CLI_OK &&
	    (code = find_bridge(run)) == CLI_OK) {
		code = check_program(run, argc);
		if (code == CLI_OK && a->trace != NULL &&
		    run_trace_open(run, a->trace) != CLI_OK)
			code = CLI_REFUSED;
		if (code == CLI_OK)
			code = start(run);
	} else {
		code = CLI_REFUSED;
	}
	for (size_t i = 0; i < run->readers_n; i++)
		free(run->readers[i].uri);
	cli_scratch_forget(&run->scratch);
	cli_front_clear(&run->front);
	run_trace_close(run);
	free(run->bridge);
	free(run->socket);
	free(run);
	return code;
}
