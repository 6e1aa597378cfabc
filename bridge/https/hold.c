/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See hold.h. Locks: `all_lock` (the list of holds) before a hold's own, and
 * neither is held across a request. Cards are told with the hold's lock held.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/https/hold.h"
#include "bridge/https/note.h"
#include "bridge/https/retry.h"
#include "bridge/sock.h"
#include "common/hex.h"
#include "common/log.h"
#include "common/until.h"

#define CONNECT_MS 5000u
#define STACK_SIZE ((size_t)512 * 1024)
/* Where something on the road forgets connections that are silent. */
#define RENEW_S 50u
#define RENEW_SLACK_S 15u
#define REFUSED_MS 30000u	/* between two tries that are refused */
#define UNKNOWN 401u		/* the status for who is no device there */
/* A held request takes a while. So many that do not, one after the other, are
 * news that come thick and fast; more of them are a backend that holds none. */
#define QUICK_MS 1000u
#define QUICK_MOST 32u
/* A hold that stood for so long had reached the backend: whoever is patient
 * begins anew, while the pauses between tries still grow. */
#define STOOD_MS 100u
unsigned br_hold_patience_ms = 25000;

static const uint8_t none[WIRE_ID];

struct br_hold {
	struct br_hold *next;
	unsigned users;			/* all_lock */
	struct br_https_uri uri;	/* of whoever came first */
	struct br_places places;
	struct br_http *http;
	pthread_t thread;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct br_who *who;	/* made another one by its thread alone */
	struct br_who *next_who; /* NULL: nobody else waits for his turn */
	struct br_held_card *cards;
	size_t count;
	bool stop;
	bool again;		/* what is asked has changed */
	bool told_gone;		/* nobody is reached, and cards know */
	uint64_t stood;		/* when a hold ended that stood; 0: none */
	char trouble[256];	/* "": none */

	struct br_note note;

	/* of its thread */
	struct br_home home;
	struct br_retry retry;
	struct br_retry idle;	/* answers that no hold can have */
	unsigned quick;		/* answers that came at once, in a row */
	unsigned refusals;	/* in a row */
	uint64_t sent_at;	/* what is asked now */
	bool renew;		/* a link died in silence before */
};

static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static struct br_hold *all;

struct br_places *
br_hold_places(struct br_hold *hold)
{
	return &hold->places;
}

/* ---- how it is ----------------------------------------------------------- */

static void
on_sending(void *ctx)
{
	struct br_hold *h = ctx;

	/* the road to it may be long, and counts for nothing */
	h->sent_at = br_now_ms();
	br_note_up(&h->note);
}

void
br_hold_status(struct br_hold *h, struct br_road_status *out)
{
	br_note_get(&h->note, out);
	(void)snprintf(out->url, sizeof(out->url), "%s",
	    h->places.origins[atomic_load(&h->places.at)]);
}

bool
br_hold_ends(struct br_hold *h, struct cb_why *out)
{
	return br_note_ends(&h->note, out);
}

/* ---- telling (lock held) ------------------------------------------------- */

static void
tell(struct br_hold *h, struct br_held_card *c,
    const struct br_hold_news *news)
{
	c->heard = true;
	c->tell(c->ctx, news);
	pthread_cond_broadcast(&h->changed);
}

/* Nobody is reached: what was known counts no more; or, as long as that may
 * pass, of those alone of which nothing is known. */
static void
tell_gone(struct br_hold *h, bool every, const char *words)
{
	struct br_hold_news news = { .over = true };
	struct br_held_card *c;

	(void)snprintf(news.words, sizeof(news.words), "%s", words);
	for (c = h->cards; c != NULL; c = c->next) {
		if (!every && c->heard)
			continue;
		c->stamp = 0;
		memcpy(c->session, none, WIRE_ID);
		tell(h, c, &news);
	}
	h->told_gone = h->told_gone || every;
}

static void
describe(const struct wire_told *told, struct br_hold_news *news)
{
	const char *words = "";

	if (told->state == WIRE_ELSEWHERE)
		words = "another device uses the card";
	else if (told->state != WIRE_THERE && told->code == CB_E_DENIED)
		words = "the backend does not let this device use the card: "
		    "ask who runs it, whom \"cardbridge admin card show\" "
		    "tells why";
	else if (told->state != WIRE_THERE)
		words = "the card is not there: ask who runs the backend";
	(void)snprintf(news->words, sizeof(news->words), "%s", words);
}

/* True: it is news. */
static bool
take_one(struct br_hold *h, const struct wire_told *told)
{
	struct br_hold_news news = {
		.there = told->state == WIRE_THERE,
		.elsewhere = told->state == WIRE_ELSEWHERE,
		.kept = told->kept,
		.atr = told->atr,
	};
	struct br_held_card *c;
	bool fresh = false;

	describe(told, &news);
	for (c = h->cards; c != NULL; c = c->next) {
		if (memcmp(c->card, told->card, WIRE_ID) != 0)
			continue;
		/* asked when another session was on, or none: the card itself
		 * is meant by the rest */
		news.over = told->over &&
		    memcmp(told->session, none, WIRE_ID) != 0 &&
		    memcmp(c->session, told->session, WIRE_ID) == 0;
		news.changed = told->changed;
		if (news.over)
			memcpy(c->session, none, WIRE_ID);
		fresh = fresh || c->stamp != told->stamp;
		c->stamp = told->stamp;
		tell(h, c, &news);
	}
	return fresh;
}

static enum cb_err
take_news(struct br_hold *h, struct cb_span body, bool *fresh)
{
	struct wire_news news;
	struct wire_told told;
	enum cb_err r;

	*fresh = false;
	if ((r = wire_news_get(body, &news)) != CB_OK)
		return r;
	if (news.kind != h->who->identity.kind)
		return CB_E_FORMAT;
	pthread_mutex_lock(&h->lock);
	h->told_gone = false;
	h->trouble[0] = '\0';
	for (unsigned i = 0; i < news.count && r == CB_OK; i++)
		if ((r = wire_told_get(&news.cards, &told)) == CB_OK)
			*fresh = take_one(h, &told) || *fresh;
	pthread_mutex_unlock(&h->lock);
	return r;
}

/* ---- the thread ---------------------------------------------------------- */

/* Lock held, but not meanwhile: waits, unless there is something new to ask. */
static void
wait_ms(struct br_hold *h, unsigned ms)
{
	if (h->stop || h->again)
		return;
	pthread_mutex_unlock(&h->lock);
	br_http_pause(h->http, ms);
	pthread_mutex_lock(&h->lock);
}

/* ---- somebody else (lock held) ------------------------------------------- */

static bool
in_use(const struct br_hold *h)
{
	const struct br_held_card *c = h->cards;

	while (c != NULL && !c->opening && memcmp(c->session, none, WIRE_ID) ==
		0)
		c = c->next;
	return c != NULL;
}

/* Not CB_OK: later. */
static enum cb_err
become(struct br_hold *h, struct br_who *who)
{
	struct br_held_card *c;
	enum cb_err r;

	if ((r = br_http_trust(h->http, &who->trust)) != CB_OK)
		return r;
	cb_log(CB_LOG_NOTICE, "the identity in %s is another one now: "
	    "organisation and device %s", h->uri.identity, who->text);
	br_who_drop(&h->who);
	h->who = br_who_keep(who);
	br_note_until(&h->note, who->identity.until);
	h->refusals = 0;
	br_retry_worked(&h->retry);
	/* what another one was told is not known */
	for (c = h->cards; c != NULL; c = c->next)
		c->stamp = 0;
	return CB_OK;
}

/* What the directory has become, if anything. What cannot be used changes
 * nothing for who was read before. */
static void
read_home(struct br_hold *h)
{
	struct br_who *found;
	struct cb_why why = { "" };
	enum cb_err r;

	r = br_home_read(&h->home, &found, &why);
	if (r != CB_OK && why.text[0] == '\0')
		cb_why_set(&why, "%s", cb_err_text(r));
	/* that who we are has ended is told as such */
	if (found != NULL && br_who_same(found, h->who)) {
		br_who_drop(&found);
		why.text[0] = '\0';
		r = CB_OK;
	}
	if (br_note_identity(&h->note, why.text) && r != CB_OK)
		cb_log(CB_LOG_WARNING, "%s; what was there before stays in "
		    "use", why.text);
	pthread_mutex_lock(&h->lock);
	br_who_drop(&h->next_who);
	if (found != NULL && r == CB_OK)
		h->next_who = br_who_keep(found);
	pthread_mutex_unlock(&h->lock);
	br_who_drop(&found);
}

/* Who has a session goes on with it: it is of who we were. */
static void
look(struct br_hold *h)
{
	pthread_mutex_unlock(&h->lock);
	if (br_home_changed(&h->home))
		read_home(h);
	pthread_mutex_lock(&h->lock);
	if (h->next_who == NULL)
		return;
	if (!in_use(h) && become(h, h->next_who) == CB_OK) {
		br_who_drop(&h->next_who);
		(void)br_note_identity(&h->note, "");
	} else {
		(void)br_note_identity(&h->note, "another identity is there, "
		    "and counts when no card is in use any more");
	}
}

/* ---- asking -------------------------------------------------------------- */

/* Lock held. */
static enum cb_err
put_hold(struct br_hold *h, uint32_t seconds, struct cb_buf *out)
{
	struct wire_hold hold = { .kind = h->who->identity.kind,
		.seconds = seconds, .count = (uint16_t)h->count };
	struct cb_buf cards = CB_BUF_INIT;
	struct br_held_card *c;
	enum cb_err r = CB_OK;

	for (c = h->cards; c != NULL && r == CB_OK; c = c->next) {
		struct wire_held one = { .stamp = c->stamp };

		memcpy(one.card, c->card, WIRE_ID);
		memcpy(one.session, c->session, WIRE_ID);
		r = wire_held_put(&cards, &one);
	}
	hold.cards = cb_buf_span(&cards);
	cb_buf_clear(out);
	if (r == CB_OK)
		r = wire_hold_put(out, &hold);
	cb_buf_free(&cards);
	return r;
}

static void
failed(struct br_hold *h, bool silent, bool refused, unsigned least_ms,
    const char *words)
{
	uint64_t now = br_now_ms();
	unsigned ms = br_retry_failed(&h->retry, now);
	uint64_t since = h->retry.since > h->stood ? h->retry.since : h->stood;

	/* each place may say so for itself */
	h->refusals = refused ? h->refusals + 1 : 0;
	refused = h->refusals >= h->places.n;
	pthread_mutex_lock(&h->lock);
	if (strcmp(h->trouble, words) != 0) {
		(void)snprintf(h->trouble, sizeof(h->trouble), "%s", words);
		cb_log(CB_LOG_WARNING, "%s: %s",
		    h->places.origins[atomic_load(&h->places.at)], words);
	}
	if (h->retry.tries >= h->places.n)
		tell_gone(h, !h->told_gone && (refused ||
		    now - since >= br_hold_patience_ms), words);
	if (silent && !h->renew) {
		h->renew = true;
		br_http_wary(h->http);
	}
	if (refused || least_ms > REFUSED_MS)
		ms = REFUSED_MS;
	else if (ms < least_ms)
		ms = least_ms;
	br_note_down(&h->note, words, ms);
	wait_ms(h, ms);
	pthread_mutex_unlock(&h->lock);
}

/* It was answered: who holds nothing is not asked without end. */
static void
answered(struct br_hold *h, uint64_t asked_at, bool fresh)
{
	uint64_t now = br_now_ms();

	br_retry_worked(&h->retry);
	h->refusals = 0;
	if (now - asked_at >= QUICK_MS) {
		h->quick = 0;
		br_retry_worked(&h->idle);
		return;
	}
	if (fresh && h->quick++ < QUICK_MOST)
		return;
	pthread_mutex_lock(&h->lock);
	wait_ms(h, br_retry_failed(&h->idle, now));
	pthread_mutex_unlock(&h->lock);
}

static void
ask(struct br_hold *h, bool renew, struct cb_span body)
{
	unsigned place = atomic_load(&h->places.at);
	struct br_http_ask asked = { .origin = h->places.origins[place],
		.path = "/hold", .post = true, .body = body,
		.connect_ms = CONNECT_MS, .device = h->who->device,
		.sending = on_sending, .ctx = h,
		.all_ms = renew ? (RENEW_S + RENEW_SLACK_S) * 1000 : 0,
		.most = WIRE_BODY_MAX };
	struct br_http_answer answer = { .body = CB_BUF_INIT };
	enum wire_outcome outcome;
	struct cb_why why = { "" };
	uint64_t at = br_now_ms(), now;
	bool distrust, fresh = false;
	enum cb_err r;

	r = br_http_do(h->http, &asked, &answer, &distrust, &why);
	now = br_now_ms();
	if (r != CB_OK && answer.sent && now - h->sent_at >= STOOD_MS)
		h->stood = now;
	/* it was held: what was before is another outage */
	if (r != CB_OK && answer.sent && now - h->sent_at >= QUICK_MS)
		br_retry_worked(&h->retry);
	if (r == CB_E_BUSY)
		goto out;
	if (r == CB_OK)
		r = br_call_judge(&answer, &outcome, &why);
	else
		distrust = distrust || (r != CB_E_PEER && r != CB_E_TIMEOUT);
	if (r == CB_OK &&
	    (r = take_news(h, cb_buf_span(&answer.body), &fresh)) != CB_OK)
		cb_why_set(&why, "the backend's news are not of this "
		    "version: use the same release at both ends");
	if (r == CB_OK) {
		answered(h, at, fresh);
		goto out;
	}
	if (answer.status == UNKNOWN)
		br_who_explain(h->who, &why);
	failed(h, r == CB_E_TIMEOUT && answer.status == 0,
	    distrust || (answer.status != 0 && r != CB_E_TIMEOUT),
	    1000 * answer.retry_after_s, why.text);
	br_places_leave(&h->places, place);
out:
	cb_buf_free(&answer.body);
}

static void *
hold_main(void *arg)
{
	struct br_hold *h = arg;
	struct cb_buf body = CB_BUF_INIT_MAX(WIRE_BODY_MAX);
	bool renew;
	enum cb_err r;

	pthread_mutex_lock(&h->lock);
	while (!h->stop) {
		if (h->cards == NULL) {
			wait_ms(h, REFUSED_MS);
			h->again = false;
			continue;
		}
		h->again = false;
		look(h);
		br_home_tell_end(&h->home, h->who);
		renew = h->renew || h->uri.inspected ||
		    br_http_proxied(h->http) || !br_home_is_heard(&h->home);
		r = put_hold(h, renew ? RENEW_S : br_who_look_s(h->who), &body);
		pthread_mutex_unlock(&h->lock);
		if (r == CB_OK)
			ask(h, renew, cb_buf_span(&body));
		else
			failed(h, false, true, 0, cb_err_text(r));
		pthread_mutex_lock(&h->lock);
	}
	pthread_mutex_unlock(&h->lock);
	cb_buf_free(&body);
	return NULL;
}

/* Lock held. */
static void
wake(struct br_hold *h)
{
	h->again = true;
	pthread_cond_broadcast(&h->changed);
	br_http_interrupt(h->http);
}

/* ---- making and ending --------------------------------------------------- */

static void
hold_free(struct br_hold *h)
{
	if (h == NULL)
		return;
	br_http_free(&h->http);
	br_home_close(&h->home);
	br_who_drop(&h->who);
	br_who_drop(&h->next_who);
	pthread_mutex_destroy(&h->lock);
	br_note_clear(&h->note);
	pthread_cond_destroy(&h->changed);
	free(h);
}

static enum cb_err
start(struct br_hold *h)
{
	pthread_attr_t attr;
	sigset_t every, old;
	int e;

	if (pthread_attr_init(&attr) != 0)
		return CB_E_NOMEM;
	(void)pthread_attr_setstacksize(&attr, STACK_SIZE);
	sigfillset(&every);
	(void)pthread_sigmask(SIG_SETMASK, &every, &old);
	e = pthread_create(&h->thread, &attr, hold_main, h);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	(void)pthread_attr_destroy(&attr);
	return e == 0 ? CB_OK : CB_E_LIMIT;
}

static enum cb_err
hold_new(struct br_hold **out, const struct br_https_uri *uri,
    struct cb_why *why)
{
	struct br_hold *h = calloc(1, sizeof(*h));
	struct br_heed heed;
	enum cb_err r;

	*out = NULL;
	if (h == NULL)
		return CB_E_NOMEM;
	pthread_mutex_init(&h->lock, NULL);
	br_note_init(&h->note);
	(void)cb_until_init(&h->changed);
	h->uri = *uri;
	br_places_init(&h->places, uri);
	br_home_open(&h->home, &h->uri);
	heed = br_home_heed(&h->home);
	r = br_home_read(&h->home, &h->who, why);
	/* another one is waited for as who has ended, who is told so */
	if ((r != CB_OK && h->who == NULL) ||
	    (r = br_http_new(&h->http, &h->who->trust)) != CB_OK)
		goto out;
	br_note_until(&h->note, h->who->identity.until);
	br_http_heed(h->http, &heed);
	if ((r = start(h)) == CB_OK) {
		*out = h;
		h = NULL;
	}
out:
	hold_free(h);
	return r;
}

/* all_lock held. */
static enum cb_err
find(struct br_hold **out, const struct br_https_uri *uri,
    struct cb_why *why)
{
	struct br_hold *h;
	enum cb_err r;

	for (h = all; h != NULL; h = h->next)
		if (br_https_same(&h->uri, uri))
			break;
	if (h == NULL) {
		if ((r = hold_new(&h, uri, why)) != CB_OK)
			return r;
		h->next = all;
		all = h;
	}
	h->users++;
	*out = h;
	return CB_OK;
}

enum cb_err
br_hold_join(struct br_hold **out, struct br_held_card *card,
    const struct br_https_uri *uri, struct cb_why *why)
{
	struct br_hold *h;
	unsigned most;
	bool fits;
	enum cb_err r;

	*out = NULL;
	pthread_mutex_lock(&all_lock);
	r = find(&h, uri, why);
	pthread_mutex_unlock(&all_lock);
	if (r != CB_OK)
		return r;
	pthread_mutex_lock(&h->lock);
	memcpy(card->session, none, WIRE_ID);
	card->opening = false;
	card->stamp = 0;
	card->heard = false;
	card->next = h->cards;
	h->cards = card;
	most = h->uri.inspected ? WIRE_HOLD_CLAIMED_MAX : WIRE_HOLD_MAX;
	fits = ++h->count <= most;
	wake(h);
	pthread_mutex_unlock(&h->lock);
	*out = h;
	if (fits)
		return CB_OK;
	cb_why_set(why, "a bridge has at most %u cards of one backend and "
	    "identity", most);
	br_hold_leave(out, card);
	return CB_E_LIMIT;
}

void
br_hold_leave(struct br_hold **hold, struct br_held_card *card)
{
	struct br_hold *h = *hold, **at;
	struct br_held_card **c;
	bool last;

	if (h == NULL)
		return;
	*hold = NULL;
	pthread_mutex_lock(&all_lock);
	pthread_mutex_lock(&h->lock);
	for (c = &h->cards; *c != NULL && *c != card; c = &(*c)->next)
		;
	if (*c != NULL) {
		*c = card->next;
		h->count--;
	}
	last = --h->users == 0;
	h->stop = last;
	wake(h);
	pthread_mutex_unlock(&h->lock);
	for (at = &all; last && *at != NULL; at = &(*at)->next)
		if (*at == h) {
			*at = h->next;
			break;
		}
	pthread_mutex_unlock(&all_lock);
	if (!last)
		return;
	(void)pthread_join(h->thread, NULL);
	hold_free(h);
}

/* ---- for who has a card -------------------------------------------------- */

struct br_who *
br_hold_who(struct br_hold *h)
{
	struct br_who *who;

	pthread_mutex_lock(&h->lock);
	who = br_who_keep(h->who);
	pthread_mutex_unlock(&h->lock);
	return who;
}

struct br_who *
br_hold_begin(struct br_hold *h, struct br_held_card *card)
{
	pthread_mutex_lock(&h->lock);
	card->opening = true;
	pthread_mutex_unlock(&h->lock);
	return br_hold_who(h);
}

void
br_hold_session(struct br_hold *h, struct br_held_card *card,
    const uint8_t session[WIRE_ID])
{
	bool news;

	pthread_mutex_lock(&h->lock);
	news = memcmp(card->session, session, WIRE_ID) != 0;
	memcpy(card->session, session, WIRE_ID);
	if (news || (card->opening && h->next_who != NULL))
		wake(h);
	card->opening = false;
	pthread_mutex_unlock(&h->lock);
}

void
br_hold_refused(struct br_hold *h, struct br_held_card *card)
{
	pthread_mutex_lock(&h->lock);
	card->stamp = 0;
	wake(h);
	pthread_mutex_unlock(&h->lock);
}

void
br_hold_await(struct br_hold *h, struct br_held_card *card, unsigned ms)
{
	const struct timespec until = cb_until(ms);
	int late = 0;

	pthread_mutex_lock(&h->lock);
	while (!card->heard && late == 0)
		late = pthread_cond_timedwait(&h->changed, &h->lock, &until);
	pthread_mutex_unlock(&h->lock);
}

void
br_hold_hurry(struct br_hold *h)
{
	pthread_mutex_lock(&h->lock);
	if (h->trouble[0] != '\0')
		wake(h);
	pthread_mutex_unlock(&h->lock);
}
