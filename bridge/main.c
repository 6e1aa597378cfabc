/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * cardbridged, the bridge: options, then the server until a signal.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/config.h"
#include "bridge/daemon.h"
#include "bridge/memory.h"
#include "bridge/protocol.h"
#include "bridge/server.h"
#include "bridge/trace.h"
#include "common/log.h"
#include "common/notify.h"
#include "common/options.h"
#include "common/process.h"

enum { EXIT_USAGE = 2 };

static const char usage_text[] =
    "Usage: cardbridged [OPTION]...\n"
    "Keeps smart card readers for the programs of this machine.\n"
    "\n"
    "      --socket PATH      listen at PATH\n"
    "      --state-dir DIR    remember readers that are added there\n"
    "      --config FILE      read settings from FILE\n"
    "      --reader NAME=URI  a reader; the URI of a card file is emu:FILE\n"
    "      --foreground       do not go to the background\n"
    "      --private FD       for cardbridge run, which FD tells of the start\n"
    "      --trace FD         with --private: what cards are asked\n"
    "      --trace-full FD    the same, of test cards with all secrets\n"
    "      --help             print this text\n"
    "      --version          print the version\n"
    "\n"
    "The socket is CARDBRIDGE_SOCKET if neither option nor file names one,\n"
    "else /run/cardbridge/socket for root, and $XDG_RUNTIME_DIR/cardbridge/\n"
    "socket for anybody else.\n";

struct options {
	struct br_config config;
	char *socket, *state_dir;
	bool foreground;
	int run;		/* --private: its descriptor; else -1 */
};

static struct br_server *server;

static void
on_signal(int sig)
{
	(void)sig;
	if (server != NULL)
		br_server_stop(server);
}

static int
complain(const char *text)
{
	fprintf(stderr, "cardbridged: %s\n", text);
	return 1;
}

static int
misused(const char *text)
{
	fprintf(stderr, "cardbridged: %s\n"
	    "Try 'cardbridged --help'.\n", text);
	return EXIT_USAGE;
}

static int
shortened(const char *name)
{
	fprintf(stderr, "cardbridged: options are not shortened: write --%s.\n",
	    name);
	return EXIT_USAGE;
}

/* The working directory will be another one. */
static char *
absolute(const char *path)
{
	char here[PATH_MAX], *out = NULL;

	if (path[0] == '/')
		return strdup(path);
	if (getcwd(here, sizeof(here)) == NULL ||
	    asprintf(&out, "%s/%s", here, path) < 0)
		return NULL;
	return out;
}

static int
keep(char **out, const char *path)
{
	free(*out);
	if ((*out = absolute(path)) == NULL)
		return complain(strerror(errno));
	return 0;
}

/* A descriptor that `cardbridge run` has handed us; -1: it is none. */
static int
inherited(const char *text)
{
	char *end = NULL;
	long fd = strtol(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' ||
	    fd <= STDERR_FILENO || fd > INT_MAX ||
	    fcntl((int)fd, F_SETFD, FD_CLOEXEC) != 0)
		return -1;
	return (int)fd;
}

/* A bridge for one `cardbridge run` alone. */
static int
take_private(struct options *o, const char *text)
{
	if ((o->run = inherited(text)) < 0)
		return misused("--private wants an open descriptor.");
	br_memory_allow(true);
	return 0;
}

static int
take_trace(const char *text, bool full)
{
	int fd = inherited(text);

	if (fd < 0)
		return misused("--trace wants an open descriptor.");
	br_trace_start(fd, full);
	return 0;
}

/* NAME=URI; a relative card file is one here. */
static int
take_reader(struct br_config *config, const char *text)
{
	const char *equals = strchr(text, '='), *uri;
	char *name, *path = NULL, *whole = NULL;
	int status = 0;

	if (equals == NULL)
		return misused("--reader wants NAME=URI.");
	uri = equals + 1;
	if ((name = strndup(text, (size_t)(equals - text))) == NULL)
		return complain("out of memory.");
	if (strncmp(uri, "emu:", 4) == 0 && uri[4] != '\0') {
		path = absolute(uri + 4);
		if (path == NULL || asprintf(&whole, "emu:%s", path) < 0)
			whole = NULL;
	} else {
		whole = strdup(uri);
	}
	if (whole == NULL || br_config_add(config, name, whole) != CB_OK)
		status = complain("out of memory.");
	free(whole);
	free(path);
	free(name);
	return status;
}

/* -1: go on. The configuration file comes first, wherever it stands, so that
 * the command line is stronger. */
static int
take_options(struct options *o, int argc, char **argv)
{
	enum { SOCKET = 256, STATE_DIR, CONFIG, READER, FOREGROUND, PRIVATE,
		TRACE, TRACE_FULL, HELP, VERSION };
	static const struct option longs[] = {
		{ "socket", required_argument, NULL, SOCKET },
		{ "state-dir", required_argument, NULL, STATE_DIR },
		{ "config", required_argument, NULL, CONFIG },
		{ "reader", required_argument, NULL, READER },
		{ "foreground", no_argument, NULL, FOREGROUND },
		{ "private", required_argument, NULL, PRIVATE },
		{ "trace", required_argument, NULL, TRACE },
		{ "trace-full", required_argument, NULL, TRACE_FULL },
		{ "help", no_argument, NULL, HELP },
		{ "version", no_argument, NULL, VERSION },
		{ NULL, 0, NULL, 0 },
	};
	const char *config = NULL;
	struct cb_why why;
	int c, pass, which, status = 0;

	for (pass = 0; pass < 2; pass++) {
		optind = 1;
		opterr = pass == 0;
		while ((c = cb_getopt(argc, argv, "", longs, &which)) != -1) {
			if (c == HELP) {
				fputs(usage_text, stdout);
				return 0;
			}
			if (c == VERSION) {
				puts("cardbridged " BR_RELEASE);
				return 0;
			}
			if (c == '?' && which >= 0)
				return shortened(longs[which].name);
			if (c == '?')
				return misused("unknown or incomplete option.");
			if (c == CONFIG)
				config = optarg;
			if (pass == 0)
				continue;
			if (c == FOREGROUND)
				o->foreground = true;
			else if (c == SOCKET)
				status = keep(&o->socket, optarg);
			else if (c == STATE_DIR)
				status = keep(&o->state_dir, optarg);
			else if (c == PRIVATE)
				status = take_private(o, optarg);
			else if (c == TRACE || c == TRACE_FULL)
				status = take_trace(optarg, c == TRACE_FULL);
			else if (c == READER)
				status = take_reader(&o->config, optarg);
			if (status != 0)
				return status;
		}
		if (optind < argc)
			return misused("no arguments are expected.");
		if (pass == 0 && config != NULL &&
		    br_config_read(&o->config, config, &why) != CB_OK)
			return complain(why.text);
	}
	if (o->config.log_given)
		cb_log_set_level(o->config.log);
	return -1;
}

/* XDG Base Directory Specification: what a user's programs remember. */
static char *
default_state_dir(void)
{
	const char *given = getenv("STATE_DIRECTORY");	/* systemd.exec(5) */
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *out = NULL;
	int n;

	if (given != NULL && given[0] == '/' && strchr(given, ':') == NULL)
		return strdup(given);
	if (geteuid() == 0)
		return strdup("/var/lib/cardbridge");
	if (state != NULL && state[0] == '/')
		n = asprintf(&out, "%s/cardbridge", state);
	else if (home != NULL && home[0] == '/')
		n = asprintf(&out, "%s/.local/state/cardbridge", home);
	else
		return NULL;
	return n < 0 ? NULL : out;
}

/* mkdir -p; what stands there already is left as it is. */
static int
make_dirs(char *path)
{
	char *p;

	for (p = path + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		(void)mkdir(path, 0700);
		*p = '/';
	}
	return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -1;
}

/* Who may write there could have us open any card at our next start. */
static bool
safe_state_dir(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 &&
	    (st.st_uid == geteuid() || st.st_uid == 0) &&
	    (st.st_mode & 022) == 0;
}

/* One bridge at a time has a state directory. The descriptor stays open as
 * long as the process. */
static int
own_state_dir(struct options *o)
{
	char *given = o->state_dir;
	int fd;

	if (o->run >= 0)
		return 0;	/* nothing outlives it */
	if (given == NULL)
		given = o->config.state_dir;
	if (given != NULL)
		given = strdup(given);
	else
		given = default_state_dir();
	free(o->state_dir);
	o->state_dir = given;
	if (given == NULL) {
		complain("HOME is not set: readers that are added are "
		    "forgotten at the end; --state-dir names a place.");
		return 0;
	}
	if (make_dirs(given) != 0 ||
	    (fd = open(given, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
		fprintf(stderr, "cardbridged: The state directory %s: %s.\n",
		    given, strerror(errno));
		return 1;
	}
	if (!safe_state_dir(fd)) {
		fprintf(stderr, "cardbridged: The state directory %s belongs "
		    "to another user, or others may write to it; --state-dir "
		    "names another.\n", given);
		return 1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		fprintf(stderr, "cardbridged: Another bridge has the state "
		    "directory %s; --state-dir names another.\n", given);
		return 1;
	}
	return 0;
}

static int
find_socket(struct options *o)
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	const char *env = getenv("CARDBRIDGE_SOCKET");
	char *path = NULL;

	if (o->socket != NULL)
		return 0;
	if (o->config.socket != NULL)
		path = strdup(o->config.socket);
	else if (env != NULL && env[0] != '\0')
		path = absolute(env);
	else if (geteuid() == 0)
		path = strdup("/run/cardbridge/socket");
	else if (run == NULL || run[0] != '/')
		return complain("XDG_RUNTIME_DIR is not set; --socket names "
		    "the place to listen at.");
	else if (asprintf(&path, "%s/cardbridge/socket", run) < 0)
		path = NULL;
	o->socket = path;
	return path != NULL ? 0 : complain("out of memory.");
}

static void
raise_limits(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) != 0 || rl.rlim_cur >= rl.rlim_max)
		return;
	rl.rlim_cur = rl.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &rl);
}

static void
on_ready(void *ctx)
{
	const struct options *o = ctx;

	br_daemon_ready();
	cb_notify("READY=1");
	if (o->run < 0)
		return;
	if (write(o->run, "", 1) != 1)
		cb_log(CB_LOG_WARNING, "nobody waits for this bridge");
	close(o->run);
}

static void
catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigemptyset(&sa.sa_mask);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
}

static int
serve(struct options *o, struct br_listen *l)
{
	const struct br_settings set = {
		.listen = l,
		.state_dir = o->state_dir,
		.exchange_ms = o->config.exchange_ms,
		.long_ms = o->config.long_ms,
		.patient = o->run >= 0,
		.ready = on_ready,
		.ctx = o,
	};
	struct br_server *srv = NULL;
	struct cb_why why;
	enum cb_err r;
	size_t i;

	why.text[0] = '\0';
	r = br_server_new(&srv, &set, &why);
	for (i = 0; r == CB_OK && i < o->config.n_readers; i++)
		r = br_server_configure(srv, o->config.readers[i].name,
		    o->config.readers[i].uri, &why);
	if (r != CB_OK) {
		br_server_free(&srv);
		return complain(
		    why.text[0] != '\0' ? why.text : cb_err_text(r));
	}
	server = srv;
	catch_signals();
	r = br_server_run(srv);
	cb_notify("STOPPING=1");
	if (r == CB_E_TIMEOUT) {
		/* its thread still uses the server; what a card was asked is
		 * either durable or undone (nvm.h) */
		cb_log(CB_LOG_WARNING, "a card was still computing at the end");
		return 0;
	}
	server = NULL;
	br_server_free(&srv);
	br_memory_clear();
	if (r != CB_OK)
		cb_log(CB_LOG_ERROR, "the bridge ends: %s", cb_err_text(r));
	return r == CB_OK ? 0 : 1;
}

/* Everything after the options. */
static int
start(struct options *o)
{
	const gid_t *group = o->config.grouped ? &o->config.group : NULL;
	struct br_listen l = BR_LISTEN_INIT;
	struct cb_why why;
	enum cb_err r;
	int status;

	/* before it gets another process id, which LISTEN_PID names */
	r = o->run >= 0 ? CB_E_ABSENT : br_listen_inherit(&l, group, &why);
	if (r != CB_OK && r != CB_E_ABSENT)
		return complain(why.text);
	if (r == CB_E_ABSENT && (status = find_socket(o)) != 0)
		return status;
	if (!o->foreground && br_daemon_detach() != 0)
		return complain(strerror(errno));
	raise_limits();
	umask(0077);
	if ((r = cb_process_harden(&why)) == CB_E_DENIED)
		cb_log(CB_LOG_WARNING, "%s", why.text);
	else if (r != CB_OK)
		return complain(why.text);
	if ((status = own_state_dir(o)) != 0)
		return status;
	if (l.fd < 0) {
		r = o->run >= 0 ? br_listen_alone(&l, o->socket, &why) :
				  br_listen_open(&l, o->socket, group, &why);
		if (r != CB_OK)
			return complain(why.text);
	}
	status = serve(o, &l);
	br_listen_close(&l);
	return status;
}

int
main(int argc, char **argv)
{
	struct options o;
	int status;

	cb_process_stdio();
	memset(&o, 0, sizeof(o));
	o.run = -1;
	status = take_options(&o, argc, argv);
	if (status < 0 && o.run < 0 && br_trace_on())
		status = misused("--trace goes with --private.");
	if (status < 0)
		status = start(&o);
	if (server == NULL) {
		br_config_clear(&o.config);
		free(o.socket);
		free(o.state_dir);
	}
	return status;
}
