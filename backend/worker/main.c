/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The worker as a process: what its parent tells it.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/control.h"
#include "backend/worker/profiles.h"
#include "backend/worker/worker.h"
#include "common/log.h"

struct role {
	struct be_profiles *profiles;
	struct be_control control;
	struct be_loop *loop;
	struct be_watched *parent, *stopped;
	struct be_worker *w;
	uint64_t numbers[BE_ROLES];	/* of the channels to them */
	int done[2];	/* written to when all cards are given back */
};

/* A thread of the pool. */
static void
on_stopped(void *ctx)
{
	struct role *r = ctx;

	(void)!write(r->done[1], "", 1);
}

static void
on_done(void *ctx, int fd)
{
	struct role *r = ctx;

	(void)fd;
	be_control_stopped(&r->control);
	be_loop_stop(r->loop);
}

static enum cb_err
on_parent(void *ctx, struct be_channel *ch, const struct be_message *m)
{
	struct role *r = ctx;
	struct be_told told;
	enum cb_err e;

	(void)ch;
	if ((e = be_control_told(&r->control, m, &told)) != CB_OK)
		return e;
	if (told.what == BE_TOLD_STOP) {
		be_worker_stop(r->w, on_stopped, r);
	} else {
		r->numbers[told.role] = told.number;
		e = be_worker_peer(r->w, told.role, told.fd);
	}
	return e;
}

static void
on_parent_gone(void *ctx, struct be_channel *ch)
{
	struct role *r = ctx;

	(void)ch;
	be_loop_stop(r->loop);
}

static void
on_lost(void *ctx, enum be_role role)
{
	struct role *r = ctx;

	be_control_lost(&r->control, r->numbers[role]);
}

/* Before the walls: behind them there are no files. Without profiles cards are
 * used as before, and none is made. */
static void
read_profiles(struct role *r)
{
	const char *dir = r->control.settings.profiles;
	struct cb_why why = { "" };

	if (dir == NULL || dir[0] == '\0')
		return;
	if (be_profiles_read(&r->profiles, dir, &why) != CB_OK)
		cb_log(CB_LOG_WARNING,
		    "no cards can be made, as there are no profiles: %s",
		    why.text);
}

static enum cb_err
begin(struct role *r, struct cb_why *why)
{
	const struct be_settings *from = &r->control.settings;
	struct be_worker_settings set = { .kind = from->kind };
	enum cb_err e;

	memcpy(set.backend, from->backend, WIRE_ID);
	memcpy(set.organisation, from->organisation, WIRE_ID);
	memcpy(set.books, from->books, CR_KEY);
	if (pipe(r->done) != 0)
		return CB_E_NOMEM;
	read_profiles(r);
	set.profiles = r->profiles;
	/* one thread still: the walls are around all that come */
	if ((e = be_control_enclose(&r->control, BE_WORKER, NULL, why)) !=
		CB_OK ||
	    (e = be_loop_new(&r->loop)) != CB_OK ||
	    (e = be_worker_new(&r->w, r->loop, &set)) != CB_OK ||
	    (e = be_loop_fd(r->loop, &r->stopped, r->done[0], on_done, r)) !=
		CB_OK ||
	    (e = be_loop_channel(r->loop, &r->parent, r->control.ch,
		 on_parent, on_parent_gone, r)) != CB_OK)
		return e;
	be_worker_on_lost(r->w, on_lost, r);
	return be_control_ready(&r->control, CB_SPAN_EMPTY);
}

int
be_worker_main(int fd)
{
	struct role r = { .done = { -1, -1 } };
	struct cb_why why = { "" };
	enum cb_err e;

	if ((e = be_control_open(&r.control, fd, &why)) == CB_OK &&
	    (e = begin(&r, &why)) == CB_OK)
		e = be_loop_run(r.loop);
	if (e != CB_OK)
		cb_log(CB_LOG_ERROR, "the worker ends: %s",
		    why.text[0] != '\0' ? why.text : cb_err_text(e));
	be_worker_free(&r.w);
	be_profiles_free(&r.profiles);
	be_loop_free(&r.loop);
	be_control_close(&r.control);
	for (int i = 0; i < 2; i++)
		if (r.done[i] >= 0)
			(void)close(r.done[i]);
	return e == CB_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
