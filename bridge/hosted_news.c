/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Whether a card in a backend is there, as its hold says, see hosted.h.
 */
#include <stdio.h>
#include <string.h>

#include "bridge/hosted.h"

/* Lock held. */
static void
pass_on(struct br_hosted *l, bool lost)
{
	struct br_link_news news = { .present = l->there, .lost = lost,
		.words = l->words };

	if (!l->powered)
		news.atr = cb_span(l->atr, l->atr_n);
	if (l->tell != NULL)
		l->tell(l->ctx, &news);
}

/* Lock held. */
static void
note_atr(struct br_hosted *l, struct cb_span raw)
{
	struct cb_atr atr;

	if (raw.n > sizeof(l->atr) || cb_atr_parse(&atr, raw) != CB_OK)
		return;
	memcpy(l->atr, raw.p, raw.n);
	l->atr_n = raw.n;
}

void
br_hosted_news(void *ctx, const struct br_hold_news *news)
{
	struct br_hosted *l = ctx;

	pthread_mutex_lock(&l->lock);
	l->known = true;
	if (news->over)
		l->over = true;
	l->yielded = news->elsewhere && (l->yielded || news->over);
	/* who may take it over sees it, until it was taken from them */
	l->there = news->there ||
	    (news->elsewhere && l->uri.take_over && !l->yielded);
	(void)snprintf(l->words, sizeof(l->words), "%s", news->words);
	note_atr(l, news->atr);
	pass_on(l, news->over || news->changed);
	pthread_mutex_unlock(&l->lock);
}

void
br_hosted_watch(struct br_hosted *l, br_link_tell *tell, void *ctx)
{
	pthread_mutex_lock(&l->lock);
	l->tell = tell;
	l->ctx = ctx;
	if (!l->known)
		(void)snprintf(l->words, sizeof(l->words),
		    "the backend has not answered yet");
	pass_on(l, false);
	pthread_mutex_unlock(&l->lock);
}

enum cb_err
br_hosted_there(struct br_hosted *l, struct cb_why *why)
{
	enum cb_err r = CB_OK;

	pthread_mutex_lock(&l->lock);
	if (!l->there) {
		cb_why_set(why, "%s", l->words);
		r = CB_E_ABSENT;
	}
	pthread_mutex_unlock(&l->lock);
	return r;
}

void
br_hosted_taken_out(struct br_hosted *l)
{
	pthread_mutex_lock(&l->lock);
	pass_on(l, true);
	pthread_mutex_unlock(&l->lock);
}

void
br_hosted_yield(struct br_hosted *l)
{
	pthread_mutex_lock(&l->lock);
	l->yielded = true;
	l->there = false;
	(void)snprintf(l->words, sizeof(l->words),
	    "another device uses the card");
	pass_on(l, false);
	pthread_mutex_unlock(&l->lock);
}

void
br_hosted_powered(struct br_hosted *l)
{
	pthread_mutex_lock(&l->lock);
	l->powered = true;
	pthread_mutex_unlock(&l->lock);
}
