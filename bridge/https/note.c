/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See note.h.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bridge/https/note.h"
#include "bridge/sock.h"
#include "wire/identity.h"

void
br_note_init(struct br_note *n)
{
	memset(n, 0, sizeof(*n));
	pthread_mutex_init(&n->lock, NULL);
}

void
br_note_clear(struct br_note *n)
{
	pthread_mutex_destroy(&n->lock);
}

/* Lock held. */
static void
set_state(struct br_note *n, enum br_road_state state)
{
	if (n->status.state != state)
		n->status.since = br_time_ms();
	n->status.state = state;
}

void
br_note_up(struct br_note *n)
{
	pthread_mutex_lock(&n->lock);
	set_state(n, BR_ROAD_UP);
	pthread_mutex_unlock(&n->lock);
}

void
br_note_down(struct br_note *n, const char *words, unsigned next_ms)
{
	pthread_mutex_lock(&n->lock);
	set_state(n, BR_ROAD_DOWN);
	(void)snprintf(n->status.why, sizeof(n->status.why), "%s", words);
	n->next_at = br_now_ms() + next_ms;
	pthread_mutex_unlock(&n->lock);
}

bool
br_note_identity(struct br_note *n, const char *words)
{
	char now[sizeof(n->status.identity)] = "";
	bool news;

	(void)snprintf(now, sizeof(now), "%s", words);
	pthread_mutex_lock(&n->lock);
	news = strcmp(now, n->status.identity) != 0;
	memcpy(n->status.identity, now, sizeof(now));
	pthread_mutex_unlock(&n->lock);
	return news;
}

void
br_note_until(struct br_note *n, int64_t until)
{
	pthread_mutex_lock(&n->lock);
	n->status.identity_until = until > 0 ? (uint64_t)until * 1000 : 0;
	pthread_mutex_unlock(&n->lock);
}

bool
br_note_ends(struct br_note *n, struct cb_why *out)
{
	const int64_t now = (int64_t)time(NULL);
	int64_t until;

	pthread_mutex_lock(&n->lock);
	until = (int64_t)(n->status.identity_until / 1000);
	pthread_mutex_unlock(&n->lock);
	return wire_identity_ends(
	    WIRE_DEVICE, until, now, now + WIRE_EXPIRY_SOON, out);
}

void
br_note_get(struct br_note *n, struct br_road_status *out)
{
	uint64_t now = br_now_ms();

	pthread_mutex_lock(&n->lock);
	*out = n->status;
	if (out->state == BR_ROAD_DOWN && n->next_at > now)
		out->next_ms = (uint32_t)(n->next_at - now);
	if (out->state != BR_ROAD_DOWN)
		out->why[0] = '\0';
	pthread_mutex_unlock(&n->lock);
}
