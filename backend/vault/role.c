/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See role.h. The root is read from its places before the walls stand.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/vault/role.h"
#include "backend/vault/serve.h"

#define ORGANISATIONS 4096
#define CHALLENGES 1024		/* of one organisation */
#define LOOK_MS 60000	/* between two looks for what is stale */

/* ---- peers --------------------------------------------------------------- */

static void
on_gone(struct be_caller *a)
{
	be_safe_forget(be_safe_of(a), a);
	if (a->role == BE_WORKER)
		be_held_drop(
		    &be_safe_of(a)->held, a->organisation, NULL);
}

static enum cb_err
take_peer(struct be_safe *s, const struct be_told *peer)
{
	enum cb_err r = be_peers_add(&s->peers, peer);

	return r == CB_OK && peer->role == BE_STORE ? be_safe_ask(s) : r;
}

/* ---- the parent ---------------------------------------------------------- */

static enum cb_err
on_parent(void *ctx, struct be_channel *ch, const struct be_message *m)
{
	struct be_safe *s = ctx;
	struct be_told told;
	enum cb_err r;

	(void)ch;
	if ((r = be_control_told(&s->control, m, &told)) != CB_OK)
		return r;
	if (told.what == BE_TOLD_STOP) {
		be_control_stopped(&s->control);
		be_loop_stop(s->loop);
		return CB_OK;
	}
	if (told.role == BE_STORE || told.role == BE_WORKER)
		return take_peer(s, &told);
	(void)close(told.fd);
	return CB_E_PEER;
}

static void
on_parent_gone(void *ctx, struct be_channel *ch)
{
	struct be_safe *s = ctx;

	(void)ch;
	be_loop_stop(s->loop);
}

/* ---- what falls due ------------------------------------------------------ */

static int
due(void *ctx)
{
	struct be_safe *s = ctx;
	const uint64_t now = be_vault_tick();

	if (now >= s->look_at) {
		be_held_drop_stale(&s->held, now);
		s->look_at = now + LOOK_MS;
	}
	return be_held_none(&s->held) ? -1 : (int)(s->look_at - now);
}

/* ---- start and end ------------------------------------------------------- */

/* It can be elsewhere: all but unblocking goes on without it. */
static void
load_recovery(struct be_safe *s, const struct be_self *self)
{
	const char *uri = s->control.settings.recovery;
	struct cb_why why = { "" };
	enum cb_err r = CB_E_ABSENT;

	if (uri != NULL && uri[0] != '\0')
		r = be_recovery_load(&s->recovery, self, uri, &why);
	if (r != CB_OK)
		cb_log(CB_LOG_WARNING, "vault: no unblock secrets: %s",
		    why.text[0] != '\0' ? why.text
					: "the recovery root has no place");
}

static void
init_limits(struct be_safe *s, const struct be_pace *pace)
{
	const struct be_limits passcodes = { .burst = pace->passcodes,
		.interval_ms = pace->passcode_s * 1000,
		.cards = pace->passcode_cards };
	const struct be_limits unblocks = { .burst = pace->unblocks,
		.interval_ms = pace->unblock_s * 1000 };

	be_limit_init(&s->limit, &passcodes);
	be_limit_init(&s->unblocks, &unblocks);
}

static enum cb_err
begin(struct be_safe *s, struct cb_why *why)
{
	const struct be_settings *set = &s->control.settings;
	const char *uris[BE_ROOTS_MAX];
	struct be_self self = { .kind = set->kind };
	enum cb_err r;

	memcpy(self.id, set->backend, WIRE_ID);
	for (size_t i = 0; i < set->roots_n; i++)
		uris[i] = set->roots[i];
	if ((r = be_root_load(&s->root, &self, uris, set->roots_n, why)) !=
		CB_OK)
		return r;
	load_recovery(s, &self);
	if ((r = be_control_enclose(&s->control, BE_VAULT, NULL, why)) !=
		CB_OK)
		return r;
	be_challenges_init(&s->challenges, ORGANISATIONS, CHALLENGES);
	be_marks_init(&s->marks, ORGANISATIONS);
	be_helds_init(&s->held, ORGANISATIONS);
	s->born = be_vault_tick();
	init_limits(s, &set->pace);
	return be_control_ready(&s->control, CB_SPAN_EMPTY);
}

static enum cb_err
serve(struct be_safe *s, struct cb_why *why)
{
	enum cb_err r;

	if ((r = begin(s, why)) != CB_OK ||
	    (r = be_loop_new(&s->loop)) != CB_OK ||
	    (r = be_loop_channel(s->loop, &s->parent, s->control.ch,
		 on_parent, on_parent_gone, s)) != CB_OK)
		return r;
	be_loop_due(s->loop, due, s);
	s->peers.loop = s->loop;
	return be_loop_run(s->loop);
}

int
be_vault_main(int fd)
{
	struct be_safe *s = calloc(1, sizeof(*s));
	struct cb_why why = { "" };
	enum cb_err r;

	if (s == NULL)
		return EXIT_FAILURE;
	s->delayed_end = &s->delayed;
	s->peers = (struct be_peers){ .control = &s->control,
		.message = be_safe_message, .gone = on_gone, .ctx = s };
	if ((r = be_control_open(&s->control, fd, &why)) == CB_OK)
		r = serve(s, &why);
	if (r != CB_OK)
		cb_log(CB_LOG_ERROR, "vault: %s",
		    why.text[0] != '\0' ? why.text : cb_err_text(r));
	be_peers_clear(&s->peers);
	be_loop_free(&s->loop);
	be_safe_clear(s);
	be_control_close(&s->control);
	free(s);
	return r == CB_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
