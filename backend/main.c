/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * cardbridge-backend: commands and options. The roles are this program, too,
 * executed anew by the parent.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backend/check.h"
#include "backend/control.h"
#include "backend/door/door.h"
#include "backend/init.h"
#include "backend/layout.h"
#include "backend/parent.h"
#include "backend/renew.h"
#include "backend/store/role.h"
#include "backend/vault/role.h"
#include "backend/walls.h"
#include "backend/worker/worker.h"
#include "common/options.h"
#include "common/process.h"

enum { EXIT_USAGE = 2 };

#define NAME "cardbridge-backend"

static const char usage_text[] =
    "Usage: " NAME " init --dir DIR (--live | --test) [OPTION]...\n"
    "       " NAME " run --dir DIR [--listen A:P] [--admin-listen A:P]\n"
    "       " NAME " check --dir DIR\n"
    "       " NAME " renew --dir DIR [--name HOST]...\n"
    "Hosts smart cards for bridges that reach them over TLS.\n"
    "\n"
    "      --dir DIR           where the backend lies\n"
    "      --allow-swap        of init, run and renew: also with swap space\n"
    "                          where memory cannot be locked\n"
    "      --help              print this text\n"
    "      --version           print the version\n"
    "init makes a backend:\n"
    "      --live, --test      for real cards, or for trying things out\n"
    "      --store sqlite:PATH the database; else below DIR\n"
    "      --name HOST         a name or address of the door, also several;\n"
    "                          else localhost, 127.0.0.1 and ::1\n"
    "      --service-key file:PATH  a part of the root; all are needed\n"
    "      --shares N/M        recovery shares: any N of M bring the root\n"
    "                          back; they are left in DIR/shares\n"
    "run runs it until it is told to end (SIGTERM):\n"
    "      --listen A:P        where bridges come to\n"
    "      --admin-listen A:P  a second place for people\n"
    "      --log text|json     how the lines of its log look\n"
    "check looks whether it is whole, and which walls would stand.\n"
    "renew makes another certificate for the door, once a year:\n"
    "      --name HOST         as of init; else those that it has\n";

/* Those that this release has. */
static const struct {
	enum be_role role;
	int (*main)(int fd);
} roles[] = {
	{ BE_DOOR, be_door_main },
	{ BE_WORKER, be_worker_main },
	{ BE_STORE, be_store_main },
	{ BE_VAULT, be_vault_main },
};
#define ROLES (sizeof(roles) / sizeof(roles[0]))

struct options {
	char *dir;
	bool live, test, allow_swap;
	const char *listen, *admin_listen, *shares, *log;
	bool log_json;
	struct be_init init;
};

static int
complain(const char *text)
{
	fprintf(stderr, NAME ": %s\n", text);
	return EXIT_FAILURE;
}

static int
misused(const char *fmt, ...) CB_PRINTF(1, 2);

static int
misused(const char *fmt, ...)
{
	va_list ap;

	fputs(NAME ": ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs("\nTry '" NAME " --help'.\n", stderr);
	return EXIT_USAGE;
}

/* ---- options ------------------------------------------------------------- */

enum { DIR_ = 256, LIVE, TEST, STORE, NAME_, SERVICE_KEY, SHARES, LISTEN,
	ADMIN_LISTEN, ALLOW_SWAP, LOG_, HELP, VERSION };

enum { OF_INIT = 1, OF_RUN = 2, OF_CHECK = 4, OF_RENEW = 8 };

static const struct option longs[] = {
	{ "dir", required_argument, NULL, DIR_ },
	{ "live", no_argument, NULL, LIVE },
	{ "test", no_argument, NULL, TEST },
	{ "store", required_argument, NULL, STORE },
	{ "name", required_argument, NULL, NAME_ },
	{ "service-key", required_argument, NULL, SERVICE_KEY },
	{ "shares", required_argument, NULL, SHARES },
	{ "listen", required_argument, NULL, LISTEN },
	{ "admin-listen", required_argument, NULL, ADMIN_LISTEN },
	{ "allow-swap", no_argument, NULL, ALLOW_SWAP },
	{ "log", required_argument, NULL, LOG_ },
	{ "help", no_argument, NULL, HELP },
	{ "version", no_argument, NULL, VERSION },
	{ NULL, 0, NULL, 0 },
};

static unsigned
belongs_to(int option)
{
	if (option == DIR_)
		return OF_INIT | OF_RUN | OF_CHECK | OF_RENEW;
	if (option == ALLOW_SWAP)
		return OF_INIT | OF_RUN | OF_RENEW;
	if (option == NAME_)
		return OF_INIT | OF_RENEW;
	return option == LISTEN || option == ADMIN_LISTEN || option == LOG_
	    ? OF_RUN
	    : OF_INIT;
}

/* Roles run elsewhere than who starts them, and paths are kept. */
static int
take_dir(struct options *o, const char *path)
{
	char here[PATH_MAX];

	free(o->dir);
	o->dir = NULL;
	if (path[0] == '\0')
		return misused("--dir is empty: name a directory.");
	if (path[0] == '/')
		o->dir = strdup(path);
	else if (getcwd(here, sizeof(here)) == NULL ||
	    asprintf(&o->dir, "%s/%s", here, path) < 0)
		o->dir = NULL;
	if (o->dir == NULL)
		return complain(strerror(errno));
	for (size_t n = strlen(o->dir); n > 1 && o->dir[n - 1] == '/'; n--)
		o->dir[n - 1] = '\0';
	return strlen(o->dir) < BE_PATH_MAX / 2
	    ? 0
	    : complain("the name of the directory is too long.");
}

static int
take_shares(struct options *o, const char *text)
{
	unsigned n = 0, m = 0;
	char rest;

	if (sscanf(text, "%2u/%2u%c", &n, &m, &rest) != 2 || n < 2 || n > m ||
	    m > BE_ROOTS_MAX)
		return misused("--shares wants N/M, such as 3/5: 2 to 32 "
			       "shares, and at least 2 to bring the root "
			       "back.");
	o->init.needed = n;
	o->init.shares = m;
	return 0;
}

/* A place says where a key is, and never what is needed to get it. */
static int
take_place(struct options *o, const char *uri)
{
	if (be_conf_has_secret(uri))
		return misused("--service-key: no secret belongs into a "
			       "place: it would be seen in the list of "
			       "processes. Write file:/absolute/path, a file "
			       "that only its owner may read.");
	if (o->init.roots_n == BE_ROOTS_MAX)
		return misused("a root has at most 32 parts.");
	for (size_t i = 0; i < o->init.roots_n; i++)
		if (strcmp(o->init.roots[i], uri) == 0)
			return misused("--service-key: each part needs a "
				       "place of its own.");
	o->init.roots[o->init.roots_n++] = uri;
	return 0;
}

static int
take_option(struct options *o, int c)
{
	switch (c) {
	case DIR_:
		return take_dir(o, optarg);
	case LIVE:
		o->live = true;
		return 0;
	case TEST:
		o->test = true;
		return 0;
	case ALLOW_SWAP:
		o->allow_swap = true;
		return 0;
	case STORE:
		o->init.store = optarg;
		return 0;
	case NAME_:
		if (o->init.names_n == BE_NAMES_MAX)
			return misused("a door has at most 32 names.");
		o->init.names[o->init.names_n++] = optarg;
		return 0;
	case SERVICE_KEY:
		return take_place(o, optarg);
	case SHARES:
		return take_shares(o, optarg);
	case LOG_:
		o->log = optarg;
		return be_conf_format(optarg, &o->log_json) == CB_OK
		    ? 0
		    : misused("--log: \"text\" or \"json\" is possible.");
	case LISTEN:
		o->listen = optarg;
		return 0;
	default:
		o->admin_listen = optarg;
		return 0;
	}
}

/* -1: go on. */
static int
take_options(struct options *o, unsigned command, int argc, char **argv)
{
	int c, status, which;

	while ((c = cb_getopt(argc, argv, "", longs, &which)) != -1) {
		if (c == '?' && which >= 0)
			return misused("options are not shortened: write "
				       "--%s.", longs[which].name);
		if (c == '?')
			return misused("unknown or incomplete option.");
		if (c == HELP) {
			fputs(usage_text, stdout);
			return EXIT_SUCCESS;
		}
		if (c == VERSION) {
			puts(NAME " " CB_VERSION);
			return EXIT_SUCCESS;
		}
		if ((belongs_to(c) & command) == 0)
			return misused("%s does not take this option.",
			    argv[0]);
		if ((status = take_option(o, c)) != 0)
			return status;
	}
	if (optind < argc)
		return misused("no arguments are expected.");
	return o->dir != NULL ? -1 : misused("--dir is missing.");
}

/* ---- commands ------------------------------------------------------------ */

/* Before there is a key in it. */
static int
harden(bool allow_swap)
{
	struct be_walls would;
	struct cb_why why;

	be_walls_look(&would);
	if (cb_process_harden(&why) == CB_E_INTERNAL)
		return complain(why.text);
	if (!allow_swap && would.swap && !would.locked)
		return complain("there is swap space, and memory cannot be "
		    "locked: keys in use would reach the disk. Set "
		    "LimitMEMLOCK=infinity (ulimit -l unlimited), or say "
		    "--allow-swap, or write allow-swap = true; in "
		    BE_CONF_NAME ".");
	return -1;
}

static int
run_init(struct options *o)
{
	struct cb_why why = { "" };
	int status;
	enum cb_err r;

	if (o->live == o->test)
		return misused("choose: --live makes a backend for real "
		    "cards, with their policy; --test one for trying things "
		    "out, whose cards and certificates nothing live takes. "
		    "This cannot be changed later.");
	o->init.kind = o->live ? WIRE_LIVE : WIRE_TEST;
	o->init.dir = o->dir;
	if ((status = harden(o->allow_swap)) >= 0)
		return status;
	(void)umask(0077);
	if ((r = be_init(&o->init, &why)) != CB_OK) {
		status = complain(
		    why.text[0] != '\0' ? why.text : cb_err_text(r));
		return r == CB_E_ARG ? EXIT_USAGE : status;
	}
	printf("%s: a %s backend.\n"
	       "Next: move %s/" BE_DIR_OPERATOR " to the operator's machine",
	    o->dir, o->live ? "live" : "test", o->dir);
	if (o->init.shares != 0)
		printf(", give each file of\n%s/" BE_DIR_SHARES
		       " to its holder", o->dir);
	printf(",\nthen: " NAME " run --dir %s\n", o->dir);
	return EXIT_SUCCESS;
}

static int
read_conf(struct options *o, struct be_conf *conf)
{
	char *path = be_path(o->dir, BE_CONF_NAME);
	struct cb_why why = { "" };
	enum cb_err r = CB_E_NOMEM;

	*conf = (struct be_conf){ .log = CB_LOG_NOTICE };
	if (path != NULL)
		r = be_conf_read(conf, path, &why);
	if (r == CB_E_ABSENT)
		fprintf(stderr, NAME ": %s is no backend: it has no "
		    BE_CONF_NAME ". '" NAME " init --dir %s --test' makes "
		    "one.\n", o->dir, o->dir);
	else if (r != CB_OK)
		(void)complain(
		    why.text[0] != '\0' ? why.text : cb_err_text(r));
	free(path);
	return r == CB_OK ? -1 : EXIT_FAILURE;
}

static int
run_check(struct options *o)
{
	struct be_conf conf;
	int status;

	/* it warns itself of what cannot be locked */
	if ((status = harden(true)) >= 0)
		return status;
	if ((status = read_conf(o, &conf)) < 0)
		status = be_check(o->dir, &conf);
	be_conf_clear(&conf);
	return status;
}

static int
renew(struct options *o, const struct be_conf *conf)
{
	struct be_renew in = { .dir = o->dir, .conf = conf,
		.names = o->init.names, .names_n = o->init.names_n,
		.now = (int64_t)time(NULL) };
	struct be_ends ends;
	struct cb_why why = { "" };
	enum cb_err r;
	int status;

	(void)umask(0077);
	if ((r = be_renew(&in, &ends, &why)) != CB_OK) {
		status = complain(
		    why.text[0] != '\0' ? why.text : cb_err_text(r));
		return r == CB_E_ARG ? EXIT_USAGE : status;
	}
	printf("%s: the door's certificate is good until %s.\n", o->dir,
	    ends.of[BE_END_DOOR].day);
	for (size_t i = 0; i < BE_END_DOOR; i++)
		if (be_ends_tell(&ends, i, in.now,
			ends.of[BE_END_DOOR].until - 1, &why))
			printf("But before that %s.\n", why.text);
	puts("Next: stop and start the backend, if it runs: its door takes it "
	     "then.");
	return EXIT_SUCCESS;
}

static int
run_renew(struct options *o)
{
	struct be_conf conf;
	int status;

	if ((status = read_conf(o, &conf)) < 0 &&
	    (status = harden(conf.allow_swap || o->allow_swap)) < 0)
		status = renew(o, &conf);
	be_conf_clear(&conf);
	return status;
}

static int
may_run(const struct be_conf *conf)
{
	if (geteuid() == 0 && conf->first_user == 0)
		return complain(BE_CONF_NAME ": as root each role runs under "
		    "a user of its own: write first-user = 60800; (a number "
		    "from which on 512 users are nobody else's).");
	return harden(conf->allow_swap);
}

static int
run_run(struct options *o)
{
	struct be_conf conf;
	struct be_parent_plan plan = { .conf = &conf, .dir = o->dir };
	int status;

	if ((status = read_conf(o, &conf)) < 0) {
		conf.allow_swap = conf.allow_swap || o->allow_swap;
		status = may_run(&conf);
	}
	if (status < 0) {
		plan.listen = o->listen != NULL ? o->listen
		    : conf.listen != NULL	? conf.listen
						: BE_LISTEN;
		plan.admin_listen = o->admin_listen != NULL
		    ? o->admin_listen
		    : conf.admin_listen;
		for (size_t i = 0; i < ROLES; i++)
			plan.roles[roles[i].role] = true;
		cb_log_set_role(be_role_name(BE_PARENT));
		cb_log_never_wait();
		cb_log_set_level(conf.log);
		if (o->log != NULL)
			conf.log_json = o->log_json;
		cb_log_set_json(conf.log_json);
		(void)umask(0077);
		status = be_parent_run(&plan);
	}
	be_conf_clear(&conf);
	return status;
}

/* By the parent only. */
static int
run_role(const char *name)
{
	struct stat st;

	if (fstat(BE_CONTROL_FD, &st) != 0 || !S_ISSOCK(st.st_mode))
		return misused("a role is started by '" NAME " run' only.");
	for (size_t i = 0; i < ROLES; i++)
		if (strcmp(be_role_name(roles[i].role), name) == 0) {
			cb_log_set_role(be_role_name(roles[i].role));
			cb_log_never_wait();
			return roles[i].main(BE_CONTROL_FD);
		}
	return misused("there is no role \"%s\".", name);
}

static const struct {
	const char *name;
	unsigned bit;
	int (*run)(struct options *o);
} commands[] = {
	{ "init", OF_INIT, run_init },
	{ "run", OF_RUN, run_run },
	{ "check", OF_CHECK, run_check },
	{ "renew", OF_RENEW, run_renew },
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

int
main(int argc, char **argv)
{
	struct options o = { .dir = NULL };
	int status;

	/* a reader of the log that is gone ends nobody */
	(void)signal(SIGPIPE, SIG_IGN);
	if (argc == 3 && strcmp(argv[1], "role") == 0)
		return run_role(argv[2]);
	cb_process_stdio();
	for (size_t i = 0; argc > 1 && i < COMMANDS; i++) {
		if (strcmp(commands[i].name, argv[1]) != 0)
			continue;
		status =
		    take_options(&o, commands[i].bit, argc - 1, argv + 1);
		if (status < 0)
			status = commands[i].run(&o);
		free(o.dir);
		return status;
	}
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 ||
			     strcmp(argv[1], "--version") == 0)) {
		if (argv[1][2] == 'h')
			fputs(usage_text, stdout);
		else
			puts(NAME " " CB_VERSION);
		return EXIT_SUCCESS;
	}
	return misused("what is to be done? init, run, check or renew.");
}
