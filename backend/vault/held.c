/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See held.h.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/vault/held.h"

static bool
is_session(const struct be_held *h, const uint8_t session[WIRE_ID])
{
	return memcmp(h->opened->session, session, WIRE_ID) == 0;
}

static bool
is_stale(const struct be_held *h, uint64_t tick)
{
	return tick - h->checked >= h->ms;
}

struct be_held *
be_held_find(struct be_held *all, const void *by, uint64_t tick,
    const uint8_t session[WIRE_ID])
{
	while (all != NULL && (all->by != by || !is_session(all, session)))
		all = all->next;
	return all != NULL && is_stale(all, tick) ? NULL : all;
}

void
be_held_checked(struct be_held *h, uint64_t tick)
{
	if (h->ms == BE_HELD_MS)
		h->checked = tick;
}

static void
let_go(struct be_held **at)
{
	struct be_held *h = *at;

	*at = h->next;
	cr_secret_free(h->opened, sizeof(*h->opened));
	free(h);
}

enum cb_err
be_held_add(struct be_held **all, const void *by, uint64_t tick, uint64_t ms,
    struct be_opened **opened)
{
	struct be_held *h;
	size_t n = 0;

	be_held_drop(all, by, (*opened)->session);
	for (h = *all; h != NULL; h = h->next)
		n += h->by == by;
	if (n >= BE_HELD_MAX)
		return CB_E_LIMIT;
	if ((h = calloc(1, sizeof(*h))) == NULL)
		return CB_E_NOMEM;
	h->next = *all;
	h->by = by;
	h->checked = tick;
	h->ms = ms;
	h->opened = *opened;
	*opened = NULL;
	*all = h;
	return CB_OK;
}

void
be_held_drop(struct be_held **all, const void *by, const uint8_t *session)
{
	while (*all != NULL)
		if ((by == NULL || (*all)->by == by) &&
		    (session == NULL || is_session(*all, session)))
			let_go(all);
		else
			all = &(*all)->next;
}

void
be_held_drop_stale(struct be_held **all, uint64_t tick)
{
	while (*all != NULL)
		if (is_stale(*all, tick))
			let_go(all);
		else
			all = &(*all)->next;
}
