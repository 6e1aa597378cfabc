/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * DISK: whether anything can be committed. Workers are told when it changes, so
 * that a door which is asked can say it. What failed is tried once a second by
 * the store itself: where nobody asks for an act nobody else would find out that
 * there is room again.
 */
#include "backend/store/serve.h"

#define TRY_MS 1000

static void
tell(const struct be_server *s, struct be_caller *c)
{
	const uint8_t fails = s->fails;
	const struct be_message m = { .type = BE_ASK_DISK,
		.body = cb_span(&fails, 1) };

	/* a channel that is broken is the loop's to notice */
	if (c->role == BE_WORKER && be_channel_send(c->ch, &m) != CB_OK)
		cb_log(CB_LOG_DEBUG, "store: a worker is not told of the disk");
}

static void
change(struct be_server *s, bool fails)
{
	s->fails = fails;
	for (struct be_caller *c = s->peers.first; c != NULL; c = c->next)
		tell(s, c);
}

void
be_disk_failed(struct be_server *s, const char *why)
{
	cb_log(s->fails ? CB_LOG_DEBUG : CB_LOG_ERROR,
	    "store: nothing is committed: %s", why);
	s->try_at = be_tick() + TRY_MS;
	if (!s->fails)
		change(s, true);
}

void
be_disk_reopen(struct be_server *s)
{
	struct cb_why why = { "" };

	if (be_store_reopen(s->st, &why) != CB_OK)
		be_disk_failed(s, why.text);
}

void
be_disk_greet(const struct be_server *s, struct be_caller *c)
{
	if (s->fails)
		tell(s, c);
}

int
be_disk_due(struct be_server *s)
{
	const uint64_t tick = be_tick();
	struct cb_why why = { "" };

	if (!s->fails)
		return -1;
	if (tick < s->try_at)
		return (int)(s->try_at - tick);
	if (be_store_try(s->st, &why) == CB_OK) {
		cb_log(CB_LOG_NOTICE, "store: commits are kept again");
		change(s, false);
		/* a head may have been lost */
		be_sign_soon(s, true);
		return -1;
	}
	cb_log(CB_LOG_DEBUG, "store: %s", why.text);
	s->try_at = be_tick() + TRY_MS;
	return TRY_MS;
}
