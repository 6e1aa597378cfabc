/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See role.h.
 */
#include <fcntl.h>
#include <libgen.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backend/store/lock.h"
#include "backend/store/role.h"
#include "backend/store/serve.h"

/* A commit waits for acts that are to come, so many times: as long for each of
 * them as is less than what it takes to compute, and no longer than this. */
#define GATHER_EACH_US 125
#define GATHER_MAX_US 8000
#define GATHERS 4
#define TIDY_MS 600000
#define LAST_HEADS_MS 2000	/* to sign what is left at the end */
#define PAGE 256	/* organisations of one reading */

/* ---- peers --------------------------------------------------------------- */

static void
on_gone(struct be_caller *c)
{
	struct be_server *s = be_server_of(c);

	for (size_t i = 0; i < s->waiting_n; i++)
		if (s->waiting[i].from == c)
			s->waiting[i].from = NULL;
	if (c->role == BE_VAULT)
		be_sign_forget(s);
}

static enum cb_err
take_peer(struct be_server *s, const struct be_told *peer)
{
	enum cb_err r = be_peers_add(&s->peers, peer);

	if (r == CB_OK && peer->role == BE_VAULT)
		be_sign_soon(s, true);
	else if (r == CB_OK)
		be_disk_greet(s, s->peers.first);
	return r;
}

/* ---- the parent ---------------------------------------------------------- */

static enum cb_err
on_parent(void *ctx, struct be_channel *ch, const struct be_message *m)
{
	struct be_server *s = ctx;
	struct be_told told;
	enum cb_err r;

	(void)ch;
	if ((r = be_control_told(&s->control, m, &told)) != CB_OK)
		return r;
	if (told.what == BE_TOLD_STOP) {
		s->stopping = be_tick();
		be_sign_soon(s, true);
		return CB_OK;
	}
	if (told.role == BE_VAULT || told.role == BE_WORKER)
		return take_peer(s, &told);
	(void)close(told.fd);
	return CB_E_PEER;
}

static void
on_parent_gone(void *ctx, struct be_channel *ch)
{
	struct be_server *s = ctx;

	(void)ch;
	be_loop_stop(s->loop);
}

/* How many more acts those that have come last promise: the fewest of them. */
static long
promised(const struct be_server *s, size_t seen)
{
	uint8_t fewest = UINT8_MAX;

	for (; seen < s->waiting_n; seen++)
		if (s->waiting[seen].read.act.more < fewest)
			fewest = s->waiting[seen].read.act.more;
	return fewest;
}

static void
wait_for(long acts)
{
	const long us = acts * GATHER_EACH_US;
	const struct timespec t = { .tv_nsec = 1000 *
		(us < GATHER_MAX_US ? us : GATHER_MAX_US) };

	(void)nanosleep(&t, NULL);
}

/* Where the commit before was for several, those that are about to come are
 * let in: a commit costs as much for many. Whoever uses the backend alone does
 * not wait. */
static bool
more_may_come(struct be_server *s)
{
	const size_t seen = s->seen;
	long more;

	s->seen = s->waiting_n;
	if (s->waiting_n < BE_FEW && s->batch < BE_FEW)
		return false;
	if (s->waiting_n == 0 || s->waiting_n == seen)
		return false;
	if (s->gathers < GATHERS && (more = promised(s, seen)) > 0) {
		s->gathers++;
		wait_for(more);
	} else {
		s->gathers = GATHERS;
		(void)sched_yield();
	}
	return true;
}

static int
due(void *ctx)
{
	struct be_server *s = ctx;
	const uint64_t tick = be_tick();
	struct cb_why why = { "" };
	int wait, disk;

	if (more_may_come(s))
		return 0;
	s->batch = s->waiting_n;
	s->seen = 0;
	s->gathers = 0;
	be_serve_acts(s);
	if (tick - s->tidied >= TIDY_MS) {
		s->tidied = tick;
		if (be_store_tidy(s->st, be_now(), &why) != CB_OK)
			cb_log(CB_LOG_WARNING, "tidying up: %s", why.text);
	}
	wait = be_sign_due(s);
	disk = be_disk_due(s);
	if (disk >= 0 && (wait < 0 || disk < wait))
		wait = disk;
	if (s->stopping != 0 &&
	    (!be_sign_busy(s) || tick - s->stopping >= LAST_HEADS_MS)) {
		be_control_stopped(&s->control);
		be_loop_stop(s->loop);
	}
	if (s->stopping != 0)
		return 100;
	return wait >= 0 && wait < TIDY_MS ? wait : TIDY_MS;
}

/* ---- start and end ------------------------------------------------------- */

/* Another directory of a backend may name this very database, as a copy of it
 * does: each would have chains and leases changed behind its back. It is kept
 * open until this process ends. */
static enum cb_err
have_alone(struct be_server *s, const char *path, struct cb_why *why)
{
	enum cb_err r;

	if ((s->database = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return CB_OK;	/* why, whoever opens it says */
	if ((r = be_lock(s->database)) == CB_E_BUSY)
		cb_why_set(why, "%.400s: another backend that runs has it; "
		    "each needs a store of its own", path);
	return r;
}

static enum cb_err
open_all(struct be_server *s, struct cb_why *why)
{
	static const uint8_t platform[WIRE_ID];
	const struct be_settings *set = &s->control.settings;
	struct wire_owner owner;
	enum cb_err r;

	if ((r = have_alone(s, set->store, why)) != CB_OK ||
	    (r = be_store_open(&s->st, set->store, why)) != CB_OK)
		return r;
	owner = be_store_owner(s->st, platform);
	if (owner.kind != set->kind ||
	    memcmp(owner.backend, set->backend, WIRE_ID) != 0) {
		cb_why_set(why, "%.400s is another backend's", set->store);
		return CB_E_DENIED;
	}
	if ((r = be_heads_open(&s->heads, set->heads, set->books, false,
		 why)) != CB_OK)
		return r;
	return be_sign_known(s, why);
}

static enum cb_err
put_id(void *ctx, const struct be_value *columns, size_t n)
{
	(void)n;
	return cb_buf_add(ctx, columns[0].s);
}

/* Before anything is read that a store which was taken over could have
 * written: the next one would open it as root, and without walls. */
static enum cb_err
enclose(struct be_server *s, struct cb_why *why)
{
	const struct be_settings *set = &s->control.settings;
	char *store, *heads;
	enum cb_err r;

	if (set->store == NULL || set->heads == NULL) {
		cb_why_set(why, "no store, or no heads");
		return CB_E_ARG;
	}
	store = strdup(set->store);
	heads = strdup(set->heads);
	r = store != NULL && heads != NULL ? CB_OK : CB_E_NOMEM;
	be_store_prepare();
	if (r == CB_OK) {
		const char *const dirs[] = { dirname(store), dirname(heads),
			NULL };

		r = be_control_enclose(&s->control, BE_STORE, dirs, why);
	}
	free(store);
	free(heads);
	return r;
}

static enum cb_err
put_organisations(struct be_server *s, struct cb_buf *ids, struct cb_why *why)
{
	static const uint8_t platform[WIRE_ID];
	struct be_value after[1];
	uint8_t last[WIRE_ID];
	size_t before = 0;
	enum cb_err r;

	do {
		if (ids->n > 0)
			memcpy(last, ids->p + ids->n - WIRE_ID, WIRE_ID);
		after[0] = BE_ID(last);
		before = ids->n;
		r = be_store_list(s->st, BE_ORGANISATION, platform,
		    before > 0 ? after : NULL, PAGE, put_id, ids, why);
	} while (r == CB_OK && ids->n == before + (size_t)PAGE * WIRE_ID);
	return r;
}

static enum cb_err
begin(struct be_server *s, struct cb_why *why)
{
	struct cb_buf ids = CB_BUF_INIT;
	enum cb_err r;

	if ((r = enclose(s, why)) == CB_OK && (r = open_all(s, why)) == CB_OK)
		r = put_organisations(s, &ids, why);
	if (r == CB_OK)
		r = be_control_ready(&s->control, cb_buf_span(&ids));
	cb_buf_free(&ids);
	return r;
}

static enum cb_err
serve(struct be_server *s, struct cb_why *why)
{
	enum cb_err r;

	if ((r = begin(s, why)) != CB_OK ||
	    (r = be_loop_new(&s->loop)) != CB_OK ||
	    (r = be_loop_channel(s->loop, &s->parent, s->control.ch,
		 on_parent, on_parent_gone, s)) != CB_OK)
		return r;
	s->peers.loop = s->loop;
	s->tidied = be_tick();
	be_sign_soon(s, true);
	be_loop_due(s->loop, due, s);
	r = be_loop_run(s->loop);
	be_serve_acts(s);
	return r;
}

int
be_store_main(int fd)
{
	struct be_server *s = calloc(1, sizeof(*s));
	struct cb_why why = { "" };
	enum cb_err r;

	if (s == NULL)
		return EXIT_FAILURE;
	s->peers = (struct be_peers){ .control = &s->control,
		.message = be_serve, .gone = on_gone, .ctx = s };
	if ((r = be_control_open(&s->control, fd, &why)) == CB_OK)
		r = serve(s, &why);
	if (r != CB_OK)
		cb_log(CB_LOG_ERROR, "store: %s",
		    why.text[0] != '\0' ? why.text : cb_err_text(r));
	be_peers_clear(&s->peers);
	be_loop_free(&s->loop);
	be_heads_close(&s->heads);
	be_store_close(&s->st);
	be_control_close(&s->control);
	free(s);
	return r == CB_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
