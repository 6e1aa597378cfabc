/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Two roads, one reader. Behind the road of pcscd stands an arbiter that
 * hands the card to many programs; the others are single programs. They never
 * have the card together: while pcscd has it powered, everybody else is told
 * that it is busy; while somebody else has it, pcscd sees no card at all,
 * because it would show it to programs that never gave its passcode.
 */
#include <string.h>

#include "bridge/reader.h"
#include "bridge/sock.h"

static struct br_view *
view_of(struct br_reader *rd, enum br_road road)
{
	return &rd->view[road == BR_ROAD_PCSC ? BR_VIEW_PCSC : BR_VIEW_ALL];
}

enum cb_err
br_share_claim(struct br_reader *rd, struct br_session *s, enum br_road road,
    pid_t pid, struct cb_why *why)
{
	char who[64];
	pid_t other = 0;
	bool pcsc = false;
	enum cb_err r = CB_OK;

	pthread_mutex_lock(&rd->lock);
	if (rd->holder == NULL && rd->sharers == 0) {
		/* a card that a sharer has just left is powered anew */
		rd->arb.powered = false;
		rd->arb.protocol = 0;
		rd->holder = s;
		rd->holder_road = road;
		rd->holder_pid = pid;
	} else if (rd->holder == NULL) {
		other = rd->arb.handles != NULL ? rd->arb.handles->pid : 0;
		r = CB_E_BUSY;
	} else {
		other = rd->holder_pid;
		pcsc = rd->holder_road == BR_ROAD_PCSC;
		r = CB_E_BUSY;
	}
	pthread_mutex_unlock(&rd->lock);
	if (r != CB_OK) {
		br_reader_who(other, who, sizeof(who));
		cb_why_set(why, "Sharing violation: the card in reader %s is "
		    "in use by %s.%s", rd->name, who, pcsc
			? " pcscd lets go of a card some seconds after the "
			  "last program, and after it was put in." : "");
	}
	return r;
}

void
br_share_release(struct br_reader *rd, struct br_session *s)
{
	pthread_mutex_lock(&rd->lock);
	if (rd->holder == s)
		rd->holder = NULL;
	pthread_mutex_unlock(&rd->lock);
}

/* With rd->lock held. */
static bool
refresh(struct br_reader *rd, enum br_road road, bool present)
{
	struct br_view *v = view_of(rd, road);

	if (v->present == present)
		return false;
	v->present = present;
	v->changes++;
	v->stamp_ns = br_now_ns();
	return true;
}

bool
br_share_refresh(struct br_reader *rd)
{
	bool here, pcsc, changed;

	pthread_mutex_lock(&rd->lock);
	here = rd->inserted && !rd->removed && rd->usable && !rd->away;
	if (here && !rd->here)	/* what was chosen without a card is over */
		rd->arb.protocol = 0;
	rd->here = here;
	rd->gone = rd->removed;
	pcsc = rd->here && (rd->holder != NULL ?
	    rd->holder_road == BR_ROAD_PCSC : rd->sharers == 0);
	changed = refresh(rd, BR_ROAD_PCSC, pcsc);
	changed = refresh(rd, BR_ROAD_DIRECT, rd->here) || changed;
	pthread_mutex_unlock(&rd->lock);
	return changed;
}

void
br_share_take_out(struct br_reader *rd, bool removed)
{
	pthread_mutex_lock(&rd->lock);
	rd->here = false;
	rd->gone = removed;
	pthread_mutex_unlock(&rd->lock);
}

bool
br_share_sees(struct br_reader *rd, enum br_road road)
{
	return view_of(rd, road)->present;
}

void
br_share_anew(struct br_reader *rd)
{
	struct br_view *v = view_of(rd, BR_ROAD_PCSC);

	v->changes++;
	v->stamp_ns = br_now_ns();
}

void
br_share_state(struct br_reader *rd, enum br_road road, struct br_state *out)
{
	const struct br_view *v;

	memset(out, 0, sizeof(*out));
	out->max_apdu = 256;
	if (rd == NULL)
		return;
	v = view_of(rd, road);
	out->known = true;
	out->present = v->present;
	out->changes = v->changes;
	out->stamp_ns = v->stamp_ns;
	if (!v->present)
		return;
	pthread_mutex_lock(&rd->lock);
	out->test = rd->info.test;
	out->max_apdu = rd->info.max_apdu;
	out->protocols = rd->info.protocols;
	pthread_mutex_unlock(&rd->lock);
}

void
br_share_list(struct br_reader *rd, struct br_listed *out)
{
	memset(out, 0, sizeof(*out));
	out->number = rd->number;
	memcpy(out->name, rd->name, sizeof(rd->name));
	pthread_mutex_lock(&rd->lock);
	out->present = rd->here;
	out->exclusive = rd->holder != NULL || rd->arb.exclusive != NULL;
	out->in_use = out->exclusive || rd->arb.handles_n > 0;
	out->changes = rd->view[BR_VIEW_ALL].changes;
	if (rd->here) {
		memcpy(out->atr, rd->info.atr, rd->info.atr_n);
		out->atr_n = rd->info.atr_n;
	}
	pthread_mutex_unlock(&rd->lock);
}
