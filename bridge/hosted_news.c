/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Whether a card in a backend is there, as its hold says, see hosted.h.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bridge/hosted.h"

/* Lock held. */
static void
pass_on(struct br_hosted *l, bool lost)
{
	struct br_link_news news = { .present = l->there, .lost = lost,
		.words = l->there ? l->unopened : l->words };

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

/* What may be done about it depends on what its URI says. */
static const char *
elsewhere(const struct br_hosted *l, bool kept)
{
	return kept
	    ? "another device uses the card, and its setting does not let it "
	      "be taken over: wait until it is given back there"
	    : l->uri.take_over
	    ? "another device uses the card: wait until it is given back "
	      "there, or have reader eject and insert take it back"
	    : "another device uses the card: wait until it is given back "
	      "there, or add the reader with takeover, where the card lets "
	      "that be";
}

void
br_hosted_news(void *ctx, const struct br_hold_news *news)
{
	struct br_hosted *l = ctx;

	pthread_mutex_lock(&l->lock);
	l->known = true;
	/* another card, as it were */
	if (!l->there || news->over || news->changed)
		l->unopened[0] = '\0';
	if (news->over)
		l->over = true;
	l->yielded = news->elsewhere && (l->yielded || news->over);
	/* who may take it over sees it, until it was taken from them */
	l->there = news->there ||
	    (news->elsewhere && !news->kept && l->uri.take_over &&
		!l->yielded);
	(void)snprintf(l->words, sizeof(l->words), "%s",
	    news->elsewhere ? elsewhere(l, news->kept) : news->words);
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
		    "the backend has not answered yet: look again soon");
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
	    "another device uses the card, and it was not to be taken over: "
	    "wait until it is given back there");
	pass_on(l, false);
	pthread_mutex_unlock(&l->lock);
	/* it may have been, and the news of that were heard before this */
	br_hold_refused(l->hold, &l->held);
}

void
br_hosted_powered(struct br_hosted *l)
{
	pthread_mutex_lock(&l->lock);
	l->powered = true;
	if (l->unopened[0] != '\0') {
		l->unopened[0] = '\0';
		pass_on(l, false);
	}
	pthread_mutex_unlock(&l->lock);
}

/* Nobody asks for it again by himself: when that was is told as well. */
void
br_hosted_unopened(struct br_hosted *l, const char *words)
{
	const time_t now = time(NULL);
	char at[sizeof("HH:MM:SS")] = "?";
	struct tm tm;

	if (gmtime_r(&now, &tm) != NULL)
		(void)strftime(at, sizeof(at), "%H:%M:%S", &tm);
	pthread_mutex_lock(&l->lock);
	(void)snprintf(l->unopened, sizeof(l->unopened),
	    "it did not open at %s UTC: %.*s", at,
	    (int)sizeof(l->unopened) - 40, words);
	pass_on(l, false);
	pthread_mutex_unlock(&l->lock);
}
