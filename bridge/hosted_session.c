/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The session with a card in a backend, see hosted.h.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bridge/hosted.h"
#include "bridge/https/retry.h"
#include "bridge/sock.h"
#include "common/hex.h"
#include "common/log.h"

/* For all of one command, computing included. */
#define COMMAND_MS 120000
#define OPEN_TRIES 4
/* For giving back, and so long also where nobody is reached; and for power that
 * goes. */
#define CLOSE_MS 3000
#define CLOSE_PATIENCE_MS 2000
#define OFF_MS 2000

static const uint8_t none[WIRE_ID];

/* Zeros: none. */
static void
in_session(struct br_hosted *l, const uint8_t session[WIRE_ID])
{
	pthread_mutex_lock(&l->status_lock);
	l->in_session = memcmp(session, none, WIRE_ID) != 0;
	memcpy(l->session, session, WIRE_ID);
	pthread_mutex_unlock(&l->status_lock);
	br_hold_session(l->hold, &l->held, session);
}

void
br_hosted_drop(struct br_hosted *l)
{
	br_remote_clear(&l->remote);
	l->unheard = false;
	in_session(l, none);
	l->over = false;
}

static void
lose(struct br_hosted *l, const char *words)
{
	cb_log(CB_LOG_WARNING, "card %s: %s", l->card, words);
	br_hosted_drop(l);
	br_hosted_taken_out(l);
	br_hold_hurry(l->hold);
}

static enum cb_err
call(struct br_hosted *l, const char *path, struct cb_span body,
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
session_path(const struct br_hosted *l, char path[64])
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
exchange(struct br_hosted *l, const struct asking *a, struct cb_buf *rsp,
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
ends(struct br_hosted *l)
{
	return atomic_load(&l->end_by) != 0;
}

enum cb_err
br_hosted_ask(struct br_hosted *l, enum wire_command_type type,
    uint8_t argument, struct cb_span apdu, struct cb_buf *rsp,
    struct cb_why *why)
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
close_ms(struct br_hosted *l)
{
	uint64_t end = atomic_load(&l->end_by), now = br_now_ms();

	if (end == 0)
		return CLOSE_MS;
	return end > now ? (unsigned)(end - now) : 0;
}

/* Until it is heard, if it can be. */
static enum cb_err
say_close(struct br_hosted *l, struct cb_why *why)
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
 * answered before may run still, which is waited for; or it never came, and
 * this ends the session out of order. */
void
br_hosted_give_back(struct br_hosted *l)
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
open_once(struct br_hosted *l, bool *denied, struct cb_why *why)
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

void
br_hosted_show(struct br_hosted *l)
{
	l->caller.device = l->who->device;
	l->info.test = l->who->identity.kind == WIRE_TEST;
}

/* A session begins as who we are by now. */
static enum cb_err
begin_session(struct br_hosted *l)
{
	struct br_who *who = br_hold_begin(l->hold, &l->held);
	enum cb_err r = CB_OK;

	if (who != l->who &&
	    (r = br_http_trust(l->http, &who->trust)) == CB_OK) {
		br_who_drop(&l->who);
		l->who = br_who_keep(who);
		br_hosted_show(l);
	}
	br_who_drop(&who);
	return r;
}

static enum cb_err
try_open(struct br_hosted *l, struct cb_why *why)
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

enum cb_err
br_hosted_open(struct br_hosted *l, struct cb_why *why)
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

/* At the end the session is given back, which says this, too. */
void
br_hosted_off(struct br_hosted *l)
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
