/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See parent.h. A role that died is started again, at first at once, then ever
 * later.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "backend/ask.h"
#include "backend/kit.h"
#include "backend/links.h"
#include "backend/loop.h"
#include "backend/parent.h"
#include "common/log.h"
#include "common/notify.h"

#define FIRST_MS 20		/* until it is started again, at first */
#define LAST_MS 5000		/* and at most */
#define LIVED_MS 10000		/* then it counts as the first time again */
#define START_MS 40000		/* until START is answered */
#define STOP_MS 5000		/* until a role has ended */

struct parent {
	struct be_kit kit;
	struct be_links links;
	struct be_loop *loop;
	struct be_watched *signals_watched;
	int signals;
	struct be_child *children[BE_ROLES + BE_WORKERS_MAX];
	size_t n, workers;
	uint64_t number;
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

static void
link_all(struct parent *p, struct be_child *c)
{
	for (size_t i = 0; i < p->n; i++) {
		struct be_child *other = p->children[i];

		if (other != c && other->ready && be_links_speak(c, other))
			be_links_join(&p->links, c, other, now_ms());
	}
}

/* ---- starting one -------------------------------------------------------- */

static be_message_fn on_message;
static be_gone_fn on_gone;

static enum cb_err
start(struct parent *p, struct be_child *c)
{
	struct cb_why why = { "" };
	enum cb_err r;

	c->due = 0;
	c->since = now_ms();
	if (c->role == BE_DOOR && (r = be_kit_listen(&p->kit, &why)) != CB_OK) {
		cb_log(CB_LOG_ERROR, "%s", why.text);
		return r;
	}
	if ((r = be_child_start(c, &p->kit, ++p->number)) != CB_OK)
		return r;
	return be_loop_channel(
	    p->loop, &c->watched, c->ch, on_message, on_gone, p);
}

static struct be_child *
add_child(struct parent *p, enum be_role role,
    const uint8_t organisation[WIRE_ID])
{
	struct be_child *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	*c = (struct be_child){ .role = role, .wait_ms = FIRST_MS,
		.due = now_ms(),
		.user = be_conf_user(p->kit.plan->conf, role, p->workers) };
	memcpy(c->organisation, organisation, WIRE_ID);
	p->workers += role == BE_WORKER;
	p->children[p->n++] = c;
	return c;
}

/* An organisation that the store knows; it has a worker from now on. */
static void
add_worker(struct parent *p, const uint8_t organisation[WIRE_ID])
{
	if (!p->kit.plan->roles[BE_WORKER])
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
	cb_notify("STOPPING=1");
}

static void
ask_to_stop(struct parent *p, struct be_child *c)
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
			struct be_child *c = p->children[i];

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

static struct be_child *
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
	cb_notify("READY=1");
}

static enum cb_err
on_ready(struct parent *p, struct be_child *c, struct cb_span ids)
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
on_lost(struct parent *p, struct be_child *c, struct cb_span body)
{
	uint64_t number;

	if (cb_get_u64(&body, &number) != CB_OK || cb_get_end(&body) != CB_OK)
		return CB_E_PEER;
	/* its peer has ended as it was told */
	if (p->stopping != BE_PARENT)
		return CB_OK;
	return be_links_lost(&p->links, c, number, now_ms());
}

static enum cb_err
on_message(void *ctx, struct be_channel *ch, const struct be_message *m)
{
	struct parent *p = ctx;
	struct be_child *c = by_channel(p, ch);

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
	return m->type == BE_ASK_LOST ? on_lost(p, c, m->body) : CB_E_PEER;
}

/* What says nonsense, or has closed its channel, ends. */
static void
on_gone(void *ctx, struct be_channel *ch)
{
	struct be_child *c = by_channel(ctx, ch);

	if (c == NULL)
		return;
	c->watched = NULL;
	if (c->pid != 0 && !c->asked_to_stop)
		(void)kill(c->pid, SIGKILL);
}

/* ---- deaths -------------------------------------------------------------- */

static void
tell_death(const struct be_child *c, int status)
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
on_death(struct parent *p, struct be_child *c, int status)
{
	const uint64_t now = now_ms();
	const bool was_ready = c->ready;

	be_loop_forget(p->loop, &c->watched);
	be_channel_free(&c->ch);
	be_links_drop(&p->links, c);
	c->pid = 0;
	c->ready = false;
	if (c->role == BE_DOOR)
		be_kit_unlisten(&p->kit);
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
		struct be_child *c = p->children[i];

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
	uint64_t wait = 1000, link;

	if (p->stopping != BE_PARENT) {
		if (stop_more(p))
			be_loop_stop(p->loop);
		return 100;
	}
	start_due(p, now);
	if ((link = be_links_due(&p->links, now)) < wait)
		wait = link;
	for (size_t i = 0; i < p->n; i++) {
		const struct be_child *c = p->children[i];

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
	(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 ||
	    (p->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
		return CB_E_INTERNAL;
	return be_loop_fd(
	    p->loop, &p->signals_watched, p->signals, on_signal, p);
}

static void
clear(struct parent *p)
{
	be_loop_free(&p->loop);
	be_links_clear(&p->links);
	be_kit_close(&p->kit);
	for (size_t i = 0; i < p->n; i++) {
		be_channel_free(&p->children[i]->ch);
		free(p->children[i]);
	}
	if (p->signals >= 0)
		(void)close(p->signals);
}

int
be_parent_run(const struct be_parent_plan *plan)
{
	static const uint8_t nobody[WIRE_ID];
	static const enum be_role first[] = { BE_VAULT, BE_STORE, BE_DOOR };
	struct parent p = { .signals = -1 };
	struct cb_why why = { "" };
	enum cb_err r;

	if ((r = be_kit_open(&p.kit, plan, &why)) == CB_OK &&
	    (r = be_loop_new(&p.loop)) == CB_OK)
		r = open_signals(&p);
	for (size_t i = 0; r == CB_OK && i < 3; i++)
		if (plan->roles[first[i]] &&
		    add_child(&p, first[i], nobody) == NULL)
			r = CB_E_NOMEM;
	if (r == CB_OK) {
		be_loop_due(p.loop, due, &p);
		r = be_loop_run(p.loop);
	}
	if (r == CB_OK && p.status == EXIT_SUCCESS)
		cb_log(CB_LOG_NOTICE, "ended");
	if (r != CB_OK)
		cb_log(CB_LOG_ERROR, "%s",
		    why.text[0] != '\0' ? why.text : cb_err_text(r));
	clear(&p);
	return r == CB_OK ? p.status : EXIT_FAILURE;
}
