/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * https://HOST:PORT/cards/ID?identity=DIR: a card in a backend. Whether it is
 * there comes by its hold; a session is opened when it is powered, and given
 * back with rest. What the road does is never an answer of the card: where a
 * session is lost, the card counts as taken out.
 *
 * The ATR comes with its hold as well, so that programs see which card it is
 * before anybody uses it; what the card said when it was powered counts more.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge/https/hold.h"
#include "bridge/https/retry.h"
#include "bridge/https/session.h"
#include "bridge/https/uri.h"
#include "bridge/link.h"
#include "bridge/protocol.h"
#include "bridge/sock.h"
#include "common/hex.h"
#include "common/log.h"

/* How long `reader add` waits to tell whether the card is there. */
#define FIRST_NEWS_MS 2000
/* For all of one command, computing included. */
#define COMMAND_MS 120000
#define OPEN_TRIES 4
/* For giving back, and so long also where nobody is reached; at the end; and for
 * power that goes. */
#define CLOSE_MS 3000
#define CLOSE_PATIENCE_MS 2000
#define END_MS 2000
#define OFF_MS 2000

static const uint8_t none[WIRE_ID];

struct link_https {
	struct br_link base;
	struct br_https_uri uri;
	char card[2 * WIRE_ID + 1];
	struct br_hold *hold;
	struct br_held_card held;
	struct br_who *who;	/* whom http shows, and the session is of */
	struct br_http *http;
	struct br_caller caller;
	struct br_remote remote;
	struct br_link_info info;
	uint64_t idle_at;	/* ms; UINT64_MAX: no connection */
	atomic_ullong end_by;	/* ms; 0: the bridge does not end */
	bool unheard;		/* whether its session is open is not known */
	atomic_ullong trips;	/* requests with an APDU that were answered */

	pthread_mutex_t status_lock;	/* nothing else under it */
	bool in_session;
	uint8_t session[WIRE_ID];

	atomic_bool over;	/* told by the hold's thread, as is what follows */
	pthread_mutex_t lock;	/* below */
	br_link_tell *tell;	/* NULL: nobody watches yet */
	void *ctx;
	bool known, there;
	bool yielded;		/* another device has taken it over */
	bool powered;		/* once; its ATR is known from it itself */
	uint8_t atr[CB_ATR_MAX];	/* before that, as the hold says */
	size_t atr_n;
	char words[256];
};

/* ---- news ---------------------------------------------------------------- */

/* Lock held. */
static void
pass_on(struct link_https *l, bool lost)
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
note_atr(struct link_https *l, struct cb_span raw)
{
	struct cb_atr atr;

	if (raw.n > sizeof(l->atr) || cb_atr_parse(&atr, raw) != CB_OK)
		return;
	memcpy(l->atr, raw.p, raw.n);
	l->atr_n = raw.n;
}

static void
on_news(void *ctx, const struct br_hold_news *news)
{
	struct link_https *l = ctx;

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

static void
link_https_watch(struct br_link *base, br_link_tell *tell, void *ctx)
{
	struct link_https *l = (struct link_https *)base;

	pthread_mutex_lock(&l->lock);
	l->tell = tell;
	l->ctx = ctx;
	if (!l->known)
		(void)snprintf(l->words, sizeof(l->words),
		    "the backend has not answered yet");
	pass_on(l, false);
	pthread_mutex_unlock(&l->lock);
}

/* ---- the session --------------------------------------------------------- */

/* Zeros: none. */
static void
in_session(struct link_https *l, const uint8_t session[WIRE_ID])
{
	pthread_mutex_lock(&l->status_lock);
	l->in_session = memcmp(session, none, WIRE_ID) != 0;
	memcpy(l->session, session, WIRE_ID);
	pthread_mutex_unlock(&l->status_lock);
	br_hold_session(l->hold, &l->held, session);
}

static void
drop(struct link_https *l)
{
	br_remote_clear(&l->remote);
	l->unheard = false;
	in_session(l, none);
	l->over = false;
}

/* Whoever has the card must see that it was taken out. */
static void
lose(struct link_https *l, const char *words)
{
	cb_log(CB_LOG_WARNING, "card %s: %s", l->card, words);
	drop(l);
	pthread_mutex_lock(&l->lock);
	pass_on(l, true);
	pthread_mutex_unlock(&l->lock);
	br_hold_hurry(l->hold);
}

static enum cb_err
call(struct link_https *l, const char *path, struct cb_span body,
    unsigned patience_ms, unsigned all_ms, struct cb_buf *out,
    struct cb_why *why)
{
	struct br_asked asked = { .path = path, .post = true, .body = body,
		.patience_ms = patience_ms, .all_ms = all_ms,
		.most = WIRE_BODY_MAX };
	enum wire_outcome outcome;
	enum cb_err r;

	r = br_call(&l->caller, &asked, out, &outcome, why);
	l->idle_at = br_now_ms() + br_https_idle_ms;
	return r;
}

static void
session_path(const struct link_https *l, char path[64])
{
	char session[2 * WIRE_ID + 1];

	br_id_text(session, l->remote.session);
	(void)snprintf(path, 64, "/sessions/%s", session);
}

struct asking {
	enum wire_command_type type;
	uint8_t argument;
	struct cb_span apdu;
	unsigned patience_ms, all_ms;
};

/* One command to the card, and its answer. Where the session is alive
 * afterwards an error is what the backend refuses. */
static enum cb_err
exchange(struct link_https *l, const struct asking *a, struct cb_buf *rsp,
    struct cb_why *why)
{
	struct cb_buf body = CB_BUF_INIT_MAX(WIRE_BODY_MAX);
	char path[64];
	enum cb_err r;

	if (l->over)
		return CB_E_ABSENT;
	if ((r = br_remote_ask(&l->remote, a->type, a->argument, a->apdu)) !=
	    CB_OK)
		return r;
	session_path(l, path);
	r = call(l, path, cb_buf_span(&l->remote.request), a->patience_ms,
	    a->all_ms, &body, why);
	if (r == CB_OK) {
		if (a->type == WIRE_TRANSMIT)
			atomic_fetch_add(&l->trips, 1);
		r = br_remote_answered(
		    &l->remote, cb_buf_span(&body), rsp, why);
	} else {
		l->remote.alive = false;
		l->unheard = r == CB_E_BUSY || r == CB_E_PEER ||
		    r == CB_E_TIMEOUT;
	}
	cb_buf_free(&body);
	return r;
}

static bool
ends(struct link_https *l)
{
	return atomic_load(&l->end_by) != 0;
}

/* The same for somebody who waits: without an answer the card is lost. */
static enum cb_err
ask(struct link_https *l, enum wire_command_type type, uint8_t argument,
    struct cb_span apdu, struct cb_buf *rsp, struct cb_why *why)
{
	const struct asking a = { type, argument, apdu, br_hold_patience_ms,
		COMMAND_MS };
	struct cb_why words = { "" };
	enum cb_err r;

	if (ends(l))
		return CB_E_ABSENT;
	if ((r = exchange(l, &a, rsp, &words)) == CB_OK)
		return r;
	if (words.text[0] == '\0')
		cb_why_set(&words, "%s", r == CB_E_BUSY
			? "the bridge ends" : cb_err_text(r));
	cb_why_set(why, "%s", words.text);
	if (l->remote.alive && !l->over)
		return r;
	/* nobody watches any more, but it is still to be given back */
	if (ends(l))
		return CB_E_PEER;
	lose(l, words.text);
	return r == CB_E_ABSENT || r == CB_E_NOMEM ? r : CB_E_PEER;
}

/* So long CLOSE may be tried. */
static unsigned
close_ms(struct link_https *l)
{
	uint64_t end = atomic_load(&l->end_by), now = br_now_ms();

	if (end == 0)
		return CLOSE_MS;
	return end > now ? (unsigned)(end - now) : 0;
}

/* Until it is heard, if it can be. */
static enum cb_err
say_close(struct link_https *l, struct cb_why *why)
{
	struct cb_buf body = CB_BUF_INIT_MAX(WIRE_BODY_MAX);
	struct br_asked asked = { .post = true, .most = WIRE_BODY_MAX,
		.body = cb_buf_span(&l->remote.request) };
	enum wire_outcome outcome;
	char path[64];
	enum cb_err r;

	session_path(l, path);
	asked.path = path;
	do {
		/* the end interrupts what ran before, and that is not this */
		if (ends(l))
			br_http_resume(l->http);
		asked.all_ms = close_ms(l);
		asked.patience_ms = ends(l) ? 0 : CLOSE_PATIENCE_MS;
		r = br_call_last(&l->caller, &asked, &body, &outcome, why);
	} while (r == CB_E_BUSY);
	cb_buf_free(&body);
	/* one that is over needs it no more */
	return r == CB_E_ABSENT ? CB_OK : r;
}

/* Else others would wait for the card until the backend misses us. What was not
 * answered before may run still, which is waited for; or it never came, and this
 * ends the session out of order. */
static void
give_back(struct link_https *l)
{
	struct cb_why why = { "" };

	if ((!l->remote.alive && !l->unheard) || l->over)
		return;
	l->remote.alive = true;
	if (br_remote_ask(&l->remote, WIRE_CLOSE, 0, CB_SPAN_EMPTY) == CB_OK &&
	    say_close(l, &why) != CB_OK)
		cb_log(CB_LOG_NOTICE, "card %s was not given back: %s",
		    l->card, why.text);
	l->remote.alive = l->unheard = false;
	l->idle_at = br_now_ms() + br_https_idle_ms;
}

static enum cb_err
open_once(struct link_https *l, bool *denied, struct cb_why *why)
{
	struct cb_buf offer = CB_BUF_INIT, accept = CB_BUF_INIT,
		      body = CB_BUF_INIT;
	unsigned made;
	char path[64];
	enum cb_err r;

	(void)snprintf(path, sizeof(path), "/cards/%s/offer", l->card);
	if ((r = call(l, path, CB_SPAN_EMPTY, br_https_open_ms / 2,
		 br_https_open_ms, &offer, why)) != CB_OK ||
	    (r = br_remote_accept(&l->remote, &l->who->identity, l->uri.card,
		 l->uri.take_over, cb_buf_span(&offer),
		 (int64_t)time(NULL), &accept, why)) != CB_OK)
		goto out;
	(void)snprintf(path, sizeof(path), "/cards/%s/open", l->card);
	/* an ACCEPT is good once: where its answer was lost, on a connection
	 * that broke, another offer is needed; and who was offered the card
	 * just now is hardly denied it */
	made = br_http_connections(l->http);
	r = call(l, path, cb_buf_span(&accept), 0, br_https_open_ms, &body,
	    why);
	if (r == CB_OK)
		r = br_remote_opened(&l->remote, cb_buf_span(&body), why);
	else if (r == CB_E_DENIED &&
	    (!*denied || made != br_http_connections(l->http))) {
		*denied = true;
		r = CB_E_PEER;
	}
out:
	if (r != CB_OK)
		br_remote_clear(&l->remote);
	cb_buf_free(&offer);
	cb_buf_free(&accept);
	cb_buf_free(&body);
	return r;
}

static void
show(struct link_https *l)
{
	l->caller.device = l->who->device;
	l->info.test = l->who->identity.kind == WIRE_TEST;
}

/* A session begins as who we are by now. */
static enum cb_err
begin_session(struct link_https *l)
{
	struct br_who *who = br_hold_begin(l->hold, &l->held);
	enum cb_err r = CB_OK;

	if (who != l->who &&
	    (r = br_http_trust(l->http, &who->trust)) == CB_OK) {
		br_who_drop(&l->who);
		l->who = br_who_keep(who);
		show(l);
	}
	br_who_drop(&who);
	return r;
}

static enum cb_err
try_open(struct link_https *l, struct cb_why *why)
{
	const uint64_t until = br_now_ms() + br_https_open_ms;
	struct br_retry retry = { 0, 0 };
	struct timespec pause = { 0, 0 };
	bool denied = false;
	enum cb_err r;

	for (int i = 1;; i++) {
		r = open_once(l, &denied, why);
		if ((r != CB_E_TIMEOUT && r != CB_E_PEER) ||
		    i == OPEN_TRIES || ends(l) || br_now_ms() >= until)
			break;
		atomic_fetch_add(&l->caller.again, 1);
		pause.tv_nsec = (long)br_retry_failed(&retry, br_now_ms()) *
		    999999L;
		(void)nanosleep(&pause, NULL);
	}
	return r;
}

static enum cb_err
open_session(struct link_https *l, struct cb_why *why)
{
	enum cb_err r;

	l->unheard = false;
	if ((r = begin_session(l)) == CB_OK)
		r = try_open(l, why);
	in_session(l, r == CB_OK ? l->remote.session : none);
	if (r == CB_OK)
		br_hold_hurry(l->hold);
	return r;
}

/* ---- the ops ------------------------------------------------------------- */

static enum cb_err
link_https_check(const char *rest, struct cb_why *why)
{
	struct br_https_uri uri;
	enum cb_err r;

	if ((r = br_https_uri_get(&uri, rest, why)) != CB_OK)
		return r;
	if (uri.identity[0] != '\0')
		return CB_OK;
	cb_why_set(why, "which device this is must be said: --identity DIR, "
	    "which \"cardbridge enrol\" has made (?identity=/DIR in the URI)");
	return CB_E_ARG;
}

static void
link_https_close(struct br_link *base)
{
	struct link_https *l = (struct link_https *)base;

	give_back(l);
	br_hold_leave(&l->hold, &l->held);
	br_http_free(&l->http);
	br_who_drop(&l->who);
	br_remote_clear(&l->remote);
	pthread_mutex_destroy(&l->lock);
	pthread_mutex_destroy(&l->status_lock);
	free(l);
}

static enum cb_err
link_https_open(struct br_link **out, const char *rest,
    struct br_link_info *info, struct cb_why *why)
{
	struct link_https *l;
	enum cb_err r;

	*out = NULL;
	if ((l = calloc(1, sizeof(*l))) == NULL)
		return CB_E_NOMEM;
	l->base.ops = &br_link_https;
	atomic_init(&l->end_by, 0);
	l->idle_at = UINT64_MAX;
	atomic_init(&l->trips, 0);
	pthread_mutex_init(&l->lock, NULL);
	pthread_mutex_init(&l->status_lock, NULL);
	if ((r = link_https_check(rest, why)) != CB_OK ||
	    (r = br_https_uri_get(&l->uri, rest, why)) != CB_OK)
		goto out;
	br_id_text(l->card, l->uri.card);
	memcpy(l->held.card, l->uri.card, WIRE_ID);
	l->held.tell = on_news;
	l->held.ctx = l;
	if ((r = br_hold_join(&l->hold, &l->held, &l->uri, why)) != CB_OK)
		goto out;
	l->who = br_hold_who(l->hold);
	if ((r = br_http_new(&l->http, &l->who->trust)) != CB_OK)
		goto out;
	show(l);
	l->caller.http = l->http;
	l->caller.places = br_hold_places(l->hold);
	br_hold_await(l->hold, &l->held, FIRST_NEWS_MS);
	/* until it is powered */
	l->info.max_apdu = 256;
	l->info.protocols = 3;
	*info = l->info;
	*out = &l->base;
	l = NULL;
out:
	if (l != NULL)
		link_https_close(&l->base);
	return r;
}

/* Is there a card to be powered, as far as is known? */
static enum cb_err
have_card(struct link_https *l, struct cb_why *why)
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

/* Its own setting keeps it with the device that uses it: until that has given
 * it back there is no card to be taken. */
static void
yield_card(struct link_https *l)
{
	pthread_mutex_lock(&l->lock);
	l->yielded = true;
	l->there = false;
	(void)snprintf(l->words, sizeof(l->words),
	    "another device uses the card");
	pass_on(l, false);
	pthread_mutex_unlock(&l->lock);
}

static enum cb_err
take_atr(struct link_https *l, struct cb_span raw)
{
	struct cb_atr atr;
	enum cb_err r;

	if (raw.n > sizeof(l->info.atr) ||
	    (r = cb_atr_parse(&atr, raw)) != CB_OK)
		return CB_E_PEER;
	memset(l->info.atr, 0, sizeof(l->info.atr));
	memcpy(l->info.atr, raw.p, raw.n);
	l->info.atr_n = raw.n;
	pthread_mutex_lock(&l->lock);
	l->powered = true;
	pthread_mutex_unlock(&l->lock);
	l->info.max_apdu = l->remote.data_max;
	l->info.protocols = l->remote.protocols;
	return CB_OK;
}

/* Nobody waits for it; where it is not heard the session is no longer used, and
 * given back when the card rests. So it is at the end, which says this, too. */
static void
power_off(struct link_https *l)
{
	const struct asking a = { .type = WIRE_POWER, .patience_ms = OFF_MS,
		.all_ms = OFF_MS };
	struct cb_buf rsp = CB_BUF_INIT;
	struct cb_why why = { "" };

	if (l->remote.alive && !ends(l) &&
	    exchange(l, &a, &rsp, &why) != CB_OK) {
		l->unheard = l->unheard || l->remote.alive;
		l->remote.alive = false;
		in_session(l, none);
	}
	cb_buf_free(&rsp);
}

static enum cb_err
link_https_power(struct br_link *base, enum br_power what,
    struct br_link_info *info, struct cb_why *why)
{
	struct link_https *l = (struct link_https *)base;
	struct cb_buf rsp = CB_BUF_INIT;
	enum cb_err r;

	if (l->over)
		drop(l);
	if (what == BR_POWER_OFF) {
		power_off(l);
		return CB_OK;
	}
	if (!l->remote.alive && ((r = have_card(l, why)) != CB_OK ||
		(r = open_session(l, why)) != CB_OK)) {
		if (r == CB_E_BUSY)
			yield_card(l);
		return r;
	}
	r = ask(l, WIRE_POWER, what == BR_POWER_RESET ? 2 : 1, CB_SPAN_EMPTY,
	    &rsp, why);
	if (r == CB_OK && (r = take_atr(l, cb_buf_span(&rsp))) != CB_OK)
		cb_why_set(why, "what the backend says is no ATR");
	if (r == CB_OK)
		*info = l->info;
	cb_buf_free(&rsp);
	return r;
}

static enum cb_err
link_https_protocol(struct br_link *base, unsigned t)
{
	struct link_https *l = (struct link_https *)base;
	struct cb_buf rsp = CB_BUF_INIT;
	enum cb_err r;

	if (!l->remote.alive || t > 1)
		return CB_E_ARG;
	r = ask(l, WIRE_PROTOCOL, (uint8_t)t, CB_SPAN_EMPTY, &rsp, NULL);
	cb_buf_free(&rsp);
	return r;
}

static enum cb_err
link_https_transmit(
    struct br_link *base, struct cb_span cmd, struct cb_buf *rsp)
{
	struct link_https *l = (struct link_https *)base;
	enum cb_err r;

	if (!l->remote.alive)
		return CB_E_ABSENT;
	if (!l->over && br_remote_ahead(&l->remote, cmd, rsp, &r))
		return r;
	return ask(l, WIRE_TRANSMIT, 0, cmd, rsp, NULL);
}

static uint64_t
link_https_deadline(const struct br_link *base)
{
	return ((const struct link_https *)base)->idle_at;
}

static void
link_https_tick(struct br_link *base)
{
	struct link_https *l = (struct link_https *)base;

	if (br_now_ms() < l->idle_at)
		return;
	br_http_hang_up(l->http);
	l->idle_at = UINT64_MAX;
}

static void
link_https_rest(struct br_link *base)
{
	struct link_https *l = (struct link_https *)base;

	give_back(l);
	drop(l);
	br_http_hang_up(l->http);
	l->idle_at = UINT64_MAX;
}

static void
link_https_give_up(struct br_link *base)
{
	struct link_https *l = (struct link_https *)base;

	/* in this order: whoever is interrupted knows why */
	atomic_store(&l->end_by, br_now_ms() + END_MS);
	atomic_store(&l->caller.give_up, true);
	br_http_interrupt(l->http);
}

static void
link_https_status(struct br_link *base, struct br_road_status *out)
{
	struct link_https *l = (struct link_https *)base;
	/* also if nobody has used the card since it was told; and without a
	 * lock, which who tells holds while he takes our caller's */
	const bool over = l->over;

	br_hold_status(l->hold, out);
	pthread_mutex_lock(&l->status_lock);
	out->in_session = l->in_session && !over;
	memcpy(out->session, out->in_session ? l->session : none, WIRE_ID);
	pthread_mutex_unlock(&l->status_lock);
	out->trips = atomic_load(&l->trips);
	out->others = atomic_load(&l->caller.trips) - out->trips;
	out->again = atomic_load(&l->caller.again);
	br_http_bytes(l->http, &out->sent, &out->received);
}

const struct br_link_ops br_link_https = {
	.scheme = "https",
	.check = link_https_check,
	.open = link_https_open,
	.power = link_https_power,
	.protocol = link_https_protocol,
	.transmit = link_https_transmit,
	.deadline = link_https_deadline,
	.tick = link_https_tick,
	.rest = link_https_rest,
	.close = link_https_close,
	.give_up = link_https_give_up,
	.status = link_https_status,
	.watch = link_https_watch,
};
