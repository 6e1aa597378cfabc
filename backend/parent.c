/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See parent.h. Two roles that speak to each other have a pair of sockets,
 * made anew whenever one of them starts. A role that died is started again,
 * at first at once, then ever later.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "backend/ask.h"
#include "backend/control.h"
#include "backend/layout.h"
#include "backend/listen.h"
#include "backend/loop.h"
#include "backend/parent.h"
#include "common/hex.h"

#define FIRST_MS 20		/* until it is started again, at first */
#define LAST_MS 5000		/* and at most */
#define LIVED_MS 10000		/* then it counts as the first time again */
#define START_MS 40000		/* until START is answered */
#define STOP_MS 5000		/* until a role has ended */
#define LINK_MS 1000		/* between new channels of one pair */

struct child {
	enum be_role role;
	uint8_t organisation[WIRE_ID];
	uint32_t user;
	pid_t pid;		/* 0: it does not run */
	struct be_channel *ch;
	struct be_watched *watched;
	bool ready, asked_to_stop;
	uint64_t since;		/* started, or asked to stop */
	uint64_t due;		/* to be started; 0: not */
	unsigned wait_ms;	/* the next time that it dies */
	uint64_t linked[BE_ROLES];	/* last time, with one of that role */
};

struct parent {
	const struct be_parent_plan *plan;
	struct be_loop *loop;
	struct be_watched *signals_watched;
	int signals, listening[2], files[4];
	size_t listening_n;
	struct child *children[BE_ROLES + BE_WORKERS_MAX];
	size_t n, workers;
	uint64_t number;
	uint8_t books[CR_KEY];
	bool begun;		/* all roles were ready once */
	enum be_role stopping;	/* BE_PARENT: not */
	int status;
};

static uint64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* In this order they end; those that others need come last. */
static const enum be_role ends[] = { BE_DOOR, BE_WORKER, BE_STORE, BE_VAULT };
#define ENDS (sizeof(ends) / sizeof(ends[0]))

/* ---- channels between two ------------------------------------------------ */

static bool
speak(const struct child *a, const struct child *b)
{
	static const bool pairs[BE_ROLES][BE_ROLES] = {
		[BE_DOOR][BE_WORKER] = true,
		[BE_WORKER][BE_STORE] = true,
		[BE_WORKER][BE_VAULT] = true,
		[BE_STORE][BE_VAULT] = true,
	};

	return pairs[a->role][b->role] || pairs[b->role][a->role];
}

/* A broken control channel is noticed by the loop. */
static void
send_peer(struct child *to, const struct child *peer, int fd)
{
	uint8_t body[1 + WIRE_ID] = { (uint8_t)peer->role };
	const struct be_message m = { .type = BE_ASK_PEER,
		.body = CB_SPAN_OF(body) };

	/* a store or vault is nobody's; it hears whose worker it is */
	memcpy(body + 1, peer->organisation, WIRE_ID);
	if (be_channel_send_fds(to->ch, &m, &fd, 1) != CB_OK)
		cb_log(CB_LOG_WARNING, "the %s does not hear of a peer",
		    be_role_name(to->role));
}

static void
link_two(struct child *a, struct child *b)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
		cb_log(CB_LOG_ERROR, "a channel: %s", strerror(errno));
		return;
	}
	send_peer(a, b, fds[0]);
	send_peer(b, a, fds[1]);
	(void)close(fds[0]);
	(void)close(fds[1]);
	a->linked[b->role] = b->linked[a->role] = now_ms();
}

static void
link_all(struct parent *p, struct child *c)
{
	for (size_t i = 0; i < p->n; i++) {
		struct child *other = p->children[i];

		if (other != c && other->ready && speak(c, other))
			link_two(c, other);
	}
}

/* A role has lost a channel, and neither of the two has died: they get
 * another, but not ever faster. */
static void
link_again(struct parent *p, struct child *c, enum be_role role,
    const uint8_t organisation[WIRE_ID])
{
	for (size_t i = 0; i < p->n; i++) {
		struct child *other = p->children[i];

		if (other->role == role && other->ready && c->ready &&
		    speak(c, other) &&
		    (role != BE_WORKER ||
			memcmp(other->organisation, organisation, WIRE_ID) ==
			    0) &&
		    now_ms() - c->linked[role] >= LINK_MS)
			link_two(c, other);
	}
}

/* ---- starting one -------------------------------------------------------- */

/* In the new process; comes back only if it failed. */
static void
become_role(const struct child *c, int control)
{
	const char *const argv[] = { "cardbridge-backend", "role",
		be_role_name(c->role), NULL };
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit files;
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* so that a role that is not root can lock its memory, too; and a door
	 * have as many clients as this process may have descriptors */
	(void)setrlimit(RLIMIT_MEMLOCK, &all);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	/* what whoever started us has left open is for no role */
	(void)close_range(BE_CONTROL_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	/* also where it is that number already: without close-on-exec */
	if (control == BE_CONTROL_FD
		? fcntl(control, F_SETFD, 0) != 0
		: dup2(control, BE_CONTROL_FD) < 0)
		return;
	(void)execv("/proc/self/exe", (char **)(uintptr_t)argv);
}

static enum cb_err
settings_of(const struct parent *p, const struct child *c, struct cb_buf *out)
{
	const struct be_conf *conf = p->plan->conf;
	struct be_settings s = { .kind = conf->kind, .user = c->user,
		.log = conf->log };
	char *heads = be_path(p->plan->dir, BE_FILE_HEADS);
	enum cb_err r = heads == NULL ? CB_E_NOMEM : CB_OK;

	memcpy(s.backend, conf->backend, WIRE_ID);
	memcpy(s.node, conf->node, WIRE_ID);
	memcpy(s.organisation, c->organisation, WIRE_ID);
	memcpy(s.books, p->books, CR_KEY);
	if (c->role == BE_STORE) {
		s.store = conf->store;
		s.heads = heads;
	}
	if (c->role == BE_WORKER)
		s.profiles = be_profiles_dir();
	if (c->role == BE_VAULT) {
		memcpy(s.roots, conf->roots, sizeof(s.roots));
		s.roots_n = conf->roots_n;
		s.recovery = conf->recovery;
	}
	if (r == CB_OK)
		r = be_settings_put(out, &s);
	free(heads);
	return r;
}

static enum cb_err
send_start(struct parent *p, struct child *c)
{
	struct cb_buf settings = CB_BUF_INIT, body = CB_BUF_INIT;
	struct be_message m = { .type = BE_ASK_START, .id = ++p->number };
	int fds[BE_FDS_MAX];
	size_t n = 0;
	enum cb_err r;

	if (c->role == BE_DOOR) {
		for (; n < 4; n++) {
			fds[n] = p->files[n];
			(void)lseek(fds[n], 0, SEEK_SET);
		}
		for (size_t i = 0; i < p->listening_n; i++)
			fds[n++] = p->listening[i];
	}
	if ((r = settings_of(p, c, &settings)) == CB_OK &&
	    (r = be_lb_put(&body, cb_buf_span(&settings))) == CB_OK &&
	    (r = cb_put_u8(&body, (uint8_t)n)) == CB_OK) {
		m.body = cb_buf_span(&body);
		r = be_channel_send_fds(c->ch, &m, fds, n);
	}
	cb_buf_free(&settings);
	cb_buf_free(&body);
	return r;
}

static be_message_fn on_message;
static be_gone_fn on_gone;

static enum cb_err
start(struct parent *p, struct child *c)
{
	int fds[2];
	enum cb_err r;

	c->due = 0;
	c->since = now_ms();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return CB_E_INTERNAL;
	if ((r = be_channel_new(&c->ch, fds[0])) != CB_OK) {
		(void)close(fds[1]);
		return r;
	}
	if ((c->pid = fork()) == 0) {
		become_role(c, fds[1]);
		_exit(127);
	}
	(void)close(fds[1]);
	if (c->pid < 0) {
		c->pid = 0;
		return CB_E_INTERNAL;
	}
	if ((r = be_loop_channel(p->loop, &c->watched, c->ch, on_message,
		 on_gone, p)) == CB_OK)
		r = send_start(p, c);
	return r;
}

static struct child *
add_child(struct parent *p, enum be_role role,
    const uint8_t organisation[WIRE_ID])
{
	struct child *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	*c = (struct child){ .role = role, .wait_ms = FIRST_MS,
		.due = now_ms(),
		.user = be_conf_user(p->plan->conf, role, p->workers) };
	memcpy(c->organisation, organisation, WIRE_ID);
	p->workers += role == BE_WORKER;
	p->children[p->n++] = c;
	return c;
}

/* An organisation that the store knows; it has a worker from now on. */
static void
add_worker(struct parent *p, const uint8_t organisation[WIRE_ID])
{
	if (!p->plan->roles[BE_WORKER])
		return;
	for (size_t i = 0; i < p->n; i++)
		if (p->children[i]->role == BE_WORKER &&
		    memcmp(p->children[i]->organisation, organisation,
			WIRE_ID) == 0)
			return;
	if (p->workers == BE_WORKERS_MAX ||
	    add_child(p, BE_WORKER, organisation) == NULL)
		cb_log(CB_LOG_ERROR, "there is no room for another "
				     "organisation's worker");
}

/* ---- ending -------------------------------------------------------------- */

static void
begin_stop(struct parent *p, int status)
{
	if (p->stopping != BE_PARENT)
		return;
	p->status = status;
	p->stopping = ends[0];
}

static void
ask_to_stop(struct parent *p, struct child *c)
{
	const struct be_message m = { .type = BE_ASK_STOP,
		.id = ++p->number };

	c->asked_to_stop = true;
	c->since = now_ms();
	if (c->ch == NULL || be_channel_send(c->ch, &m) != CB_OK)
		(void)kill(c->pid, SIGKILL);
}

/* One kind of role after the other. True: nobody runs any more. */
static bool
stop_more(struct parent *p)
{
	for (size_t at = 0; at < ENDS; at++) {
		bool runs = false;

		p->stopping = ends[at];
		for (size_t i = 0; i < p->n; i++) {
			struct child *c = p->children[i];

			if (c->role != ends[at] || c->pid == 0)
				continue;
			runs = true;
			if (!c->asked_to_stop)
				ask_to_stop(p, c);
			else if (now_ms() - c->since >= STOP_MS)
				(void)kill(c->pid, SIGKILL);
		}
		if (runs)
			return false;
	}
	return true;
}

/* ---- what roles say ------------------------------------------------------ */

static struct child *
by_channel(const struct parent *p, const struct be_channel *ch)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->children[i]->ch == ch)
			return p->children[i];
	return NULL;
}

static void
look_begun(struct parent *p)
{
	if (p->begun)
		return;
	for (size_t i = 0; i < p->n; i++)
		if (!p->children[i]->ready)
			return;
	p->begun = true;
	cb_log(CB_LOG_NOTICE, "ready");
}

static enum cb_err
on_ready(struct parent *p, struct child *c, struct cb_span ids)
{
	if (c->ready || ids.n % WIRE_ID != 0 ||
	    (ids.n > 0 && c->role != BE_STORE))
		return CB_E_PEER;
	c->ready = true;
	for (size_t i = 0; i < ids.n; i += WIRE_ID)
		add_worker(p, ids.p + i);
	link_all(p, c);
	look_begun(p);
	return CB_OK;
}

static enum cb_err
on_message(void *ctx, struct be_channel *ch, const struct be_message *m)
{
	struct parent *p = ctx;
	struct child *c = by_channel(p, ch);

	if (c == NULL)
		return CB_E_PEER;
	if (m->answer && m->type == BE_ASK_START)
		return on_ready(p, c, m->body);
	if (m->answer && m->type == BE_ASK_STOP && c->asked_to_stop)
		return CB_OK;	/* it ends by itself */
	if (m->type == BE_ASK_ORGANISATION && c->role == BE_STORE &&
	    m->body.n == WIRE_ID) {
		add_worker(p, m->body.p);
		return CB_OK;
	}
	if (m->type == BE_ASK_LOST && m->body.n == 1 + WIRE_ID) {
		link_again(
		    p, c, (enum be_role)m->body.p[0], m->body.p + 1);
		return CB_OK;
	}
	return CB_E_PEER;
}

/* What says nonsense, or has closed its channel, ends. */
static void
on_gone(void *ctx, struct be_channel *ch)
{
	struct child *c = by_channel(ctx, ch);

	if (c == NULL)
		return;
	c->watched = NULL;
	if (c->pid != 0 && !c->asked_to_stop)
		(void)kill(c->pid, SIGKILL);
}

/* ---- deaths -------------------------------------------------------------- */

static void
tell_death(const struct child *c, int status)
{
	if (WIFSIGNALED(status))
		cb_log(CB_LOG_ERROR, "the %s was ended by signal %d%s",
		    be_role_name(c->role), WTERMSIG(status),
		    WTERMSIG(status) == SIGSYS
			? ": it tried what its walls forbid"
			: "");
	else
		cb_log(CB_LOG_ERROR, "the %s has ended (%d)",
		    be_role_name(c->role), WEXITSTATUS(status));
}

static void
on_death(struct parent *p, struct child *c, int status)
{
	const uint64_t now = now_ms();
	const bool was_ready = c->ready;

	be_loop_forget(p->loop, &c->watched);
	be_channel_free(&c->ch);
	c->pid = 0;
	c->ready = false;
	if (p->stopping != BE_PARENT || c->asked_to_stop)
		return;
	tell_death(c, status);
	/* what never worked will not work the next time: the role has said
	 * why */
	if (!p->begun && !was_ready) {
		begin_stop(p, EXIT_FAILURE);
		return;
	}
	if (now - c->since >= LIVED_MS)
		c->wait_ms = FIRST_MS;
	c->due = now + c->wait_ms;
	c->wait_ms = 2 * c->wait_ms < LAST_MS ? 2 * c->wait_ms : LAST_MS;
}

static void
reap(struct parent *p)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < p->n; i++)
			if (p->children[i]->pid == pid)
				on_death(p, p->children[i], status);
}

/* ---- the loop ------------------------------------------------------------ */

static void
on_signal(void *ctx, int fd)
{
	struct parent *p = ctx;
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo == SIGCHLD)
			reap(p);
		else
			begin_stop(p, EXIT_SUCCESS);
}

static void
start_due(struct parent *p, uint64_t now)
{
	for (size_t i = 0; i < p->n; i++) {
		struct child *c = p->children[i];

		if (c->pid == 0 && c->due != 0 && c->due <= now &&
		    start(p, c) != CB_OK) {
			cb_log(CB_LOG_ERROR, "the %s cannot be started: %s",
			    be_role_name(c->role), strerror(errno));
			if (c->pid != 0)
				(void)kill(c->pid, SIGKILL);
			else {
				be_loop_forget(p->loop, &c->watched);
				be_channel_free(&c->ch);
				c->due = now + LAST_MS;
			}
		}
		/* it may have been started later than `now` */
		if (c->pid != 0 && !c->ready && now > c->since + START_MS)
			(void)kill(c->pid, SIGKILL);
	}
}

static int
due(void *ctx)
{
	struct parent *p = ctx;
	const uint64_t now = now_ms();
	uint64_t wait = 1000;

	if (p->stopping != BE_PARENT) {
		if (stop_more(p))
			be_loop_stop(p->loop);
		return 100;
	}
	start_due(p, now);
	for (size_t i = 0; i < p->n; i++) {
		const struct child *c = p->children[i];

		if (c->pid == 0 && c->due != 0 && c->due < now + wait)
			wait = c->due > now ? c->due - now : 0;
	}
	return (int)wait;
}

/* ---- start and end ------------------------------------------------------- */

static enum cb_err
open_signals(struct parent *p)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 ||
	    (p->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
		return CB_E_INTERNAL;
	return be_loop_fd(
	    p->loop, &p->signals_watched, p->signals, on_signal, p);
}

/* Opened, not read: what is in it is for the door. */
static enum cb_err
open_files(struct parent *p, struct cb_why *why)
{
	static const char *const names[4] = { BE_FILE_AUTHORITY,
		BE_FILE_SERVICE, BE_FILE_DOOR, BE_FILE_DOOR_KEY };

	for (size_t i = 0; i < 4; i++) {
		char *path = be_path(p->plan->dir, names[i]);

		p->files[i] = path == NULL
		    ? -1
		    : open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (p->files[i] < 0)
			cb_why_set(why, "%.300s: %s",
			    path != NULL ? path : "", strerror(errno));
		free(path);
		if (p->files[i] < 0)
			return CB_E_ABSENT;
	}
	return CB_OK;
}

static enum cb_err
read_books(struct parent *p, struct cb_why *why)
{
	char *path = be_path(p->plan->dir, BE_FILE_BOOKS);
	uint8_t text[2 * CR_KEY];
	int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	enum cb_err r = CB_OK;

	if (fd < 0 || read(fd, text, sizeof(text)) != (ssize_t)sizeof(text) ||
	    cb_hex_get(CB_SPAN_OF(text), p->books, CR_KEY) != CB_OK) {
		cb_why_set(why, "%.300s: not the public key that init wrote",
		    path != NULL ? path : "");
		r = CB_E_FORMAT;
	}
	if (fd >= 0)
		(void)close(fd);
	free(path);
	return r;
}

static enum cb_err
open_sockets(struct parent *p, struct cb_why *why)
{
	const struct be_parent_plan *plan = p->plan;
	enum cb_err r;

	if (!plan->roles[BE_DOOR])
		return CB_OK;
	if ((r = be_listen(&p->listening[0], plan->listen, "door", why)) !=
	    CB_OK)
		return r;
	p->listening_n = 1;
	if (plan->admin_listen == NULL)
		return CB_OK;
	if ((r = be_listen(&p->listening[1], plan->admin_listen, "desk",
		 why)) == CB_OK)
		p->listening_n = 2;
	return r;
}

static void
clear(struct parent *p)
{
	be_loop_free(&p->loop);
	for (size_t i = 0; i < p->n; i++) {
		be_channel_free(&p->children[i]->ch);
		free(p->children[i]);
	}
	for (size_t i = 0; i < p->listening_n; i++)
		(void)close(p->listening[i]);
	for (size_t i = 0; i < 4; i++)
		if (p->files[i] >= 0)
			(void)close(p->files[i]);
	if (p->signals >= 0)
		(void)close(p->signals);
}

int
be_parent_run(const struct be_parent_plan *plan)
{
	static const uint8_t nobody[WIRE_ID];
	static const enum be_role first[] = { BE_VAULT, BE_STORE, BE_DOOR };
	struct parent p = { .plan = plan, .signals = -1,
		.files = { -1, -1, -1, -1 } };
	struct cb_why why = { "" };
	enum cb_err r;

	if ((r = be_loop_new(&p.loop)) == CB_OK &&
	    (r = open_signals(&p)) == CB_OK &&
	    (r = open_files(&p, &why)) == CB_OK &&
	    (r = read_books(&p, &why)) == CB_OK)
		r = open_sockets(&p, &why);
	for (size_t i = 0; r == CB_OK && i < 3; i++)
		if (plan->roles[first[i]] &&
		    add_child(&p, first[i], nobody) == NULL)
			r = CB_E_NOMEM;
	if (r == CB_OK) {
		be_loop_due(p.loop, due, &p);
		r = be_loop_run(p.loop);
	}
	if (r != CB_OK)
		cb_log(CB_LOG_ERROR, "%s",
		    why.text[0] != '\0' ? why.text : cb_err_text(r));
	clear(&p);
	return r == CB_OK ? p.status : EXIT_FAILURE;
}
