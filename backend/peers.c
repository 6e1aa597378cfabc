/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See peers.h.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/peers.h"

static void
drop(struct be_caller *c)
{
	struct be_caller **at = &c->all->first;

	while (*at != NULL && *at != c)
		at = &(*at)->next;
	if (*at != NULL)
		*at = c->next;
	c->all->gone(c);
	be_loop_forget(c->all->loop, &c->watched);
	be_channel_free(&c->ch);
	free(c);
}

static enum cb_err
on_message(void *ctx, struct be_channel *ch, const struct be_message *m)
{
	struct be_caller *c = ctx;

	(void)ch;
	return c->all->message(c, m);
}

static void
on_gone(void *ctx, struct be_channel *ch)
{
	struct be_caller *c = ctx;

	(void)ch;
	be_control_lost(c->all->control, c->number);
	drop(c);
}

static bool
is_the_same(const struct be_caller *c, const struct be_told *peer)
{
	return c->role == peer->role &&
	    (peer->role != BE_WORKER ||
		memcmp(c->organisation, peer->organisation, WIRE_ID) == 0);
}

enum cb_err
be_peers_add(struct be_peers *peers, const struct be_told *peer)
{
	struct be_caller *c, *next;
	struct be_channel *ch;
	enum cb_err r;

	if ((r = be_channel_new(&ch, peer->fd)) != CB_OK)
		return r;
	for (c = peers->first; c != NULL; c = next) {
		next = c->next;
		if (is_the_same(c, peer))
			drop(c);
	}
	if ((c = calloc(1, sizeof(*c))) == NULL) {
		be_channel_free(&ch);
		return CB_E_NOMEM;
	}
	*c = (struct be_caller){ .next = peers->first, .all = peers, .ch = ch,
		.role = peer->role, .number = peer->number };
	memcpy(c->organisation, peer->organisation, WIRE_ID);
	peers->first = c;
	if ((r = be_loop_channel(peers->loop, &c->watched, ch, on_message,
		 on_gone, c)) != CB_OK)
		drop(c);
	return r;
}

struct be_caller *
be_peers_find(const struct be_peers *peers, enum be_role role)
{
	struct be_caller *c = peers->first;

	while (c != NULL && c->role != role)
		c = c->next;
	return c;
}

void
be_peers_clear(struct be_peers *peers)
{
	while (peers->first != NULL)
		drop(peers->first);
}
