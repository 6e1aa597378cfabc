/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See desk.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge/https/call.h"
#include "bridge/https/desk.h"
#include "bridge/https/retry.h"
#include "bridge/https/session.h"
#include "bridge/sock.h"

/* For so long a road may be broken in the middle of a session, and a worker be
 * starting before it: that of a new organisation needs a moment. Where nobody
 * is there at all, somebody waits at a terminal to be told so. */
#define PATIENCE_MS 10000u
#define NOBODY_MS 2000u
#define OPEN_MS 30000u
/* For all of one command: a card that is made computes its keys. */
#define COMMAND_MS 180000u
#define CLOSE_MS 2000u

static const uint8_t no_card[WIRE_ID];

struct br_desk {
	struct wire_identity as;	/* borrows all but its organisation */
	char organisation[2 * WIRE_ID + 1];
	struct br_trust trust;
	struct br_places places;
	struct br_caller caller;
	struct br_remote remote;
	struct cb_buf body;
};

static enum cb_err
call(struct br_desk *d, const char *path, struct cb_span body,
    unsigned patience_ms, unsigned all_ms, struct cb_why *why)
{
	struct br_asked asked = { .path = path, .post = true, .body = body,
		.patience_ms = patience_ms, .all_ms = all_ms,
		.most = WIRE_BODY_MAX };
	enum wire_outcome outcome;

	cb_buf_clear(&d->body);
	return br_call(&d->caller, &asked, &d->body, &outcome, why);
}

/* ---- opening ------------------------------------------------------------- */

/* The words of the road are about devices and cards. */
static enum cb_err
explain(enum cb_err r, struct cb_why *why)
{
	if (r == CB_E_DENIED)
		cb_why_set(why, "the backend does not let this person in: it "
		    "has no such organisation, or the person has no role "
		    "there, or not any more");
	return r;
}

static enum cb_err
open_once(struct br_desk *d, int64_t now, struct cb_why *why)
{
	struct cb_buf accept = CB_BUF_INIT;
	char path[80];
	enum cb_err r;

	(void)snprintf(path, sizeof(path), "/organisations/%s/offer",
	    d->organisation);
	if ((r = call(d, path, CB_SPAN_EMPTY, 0, OPEN_MS, why)) != CB_OK) {
		r = explain(r, why);
		goto out;
	}
	if ((r = br_remote_accept(&d->remote, &d->as, no_card, false,
		 cb_buf_span(&d->body), now, &accept, why)) != CB_OK)
		goto out;
	(void)snprintf(path, sizeof(path), "/organisations/%s/open",
	    d->organisation);
	/* an ACCEPT is good once: another offer is needed for a second try */
	if ((r = call(d, path, cb_buf_span(&accept), 0, OPEN_MS, why)) ==
		CB_OK)
		r = br_remote_opened(&d->remote, cb_buf_span(&d->body), why);
	else
		r = explain(r, why);
out:
	cb_buf_free(&accept);
	return r;
}

static enum cb_err
open_session(struct br_desk *d, int64_t now, struct cb_why *why)
{
	const uint64_t begun = br_now_ms();
	struct br_retry retry = { 0, 0 };
	struct timespec pause = { 0, 0 };
	unsigned patience;
	enum cb_err r;

	for (;;) {
		r = open_once(d, now, why);
		if (r != CB_E_TIMEOUT && r != CB_E_PEER)
			return r;
		patience = r == CB_E_PEER ? NOBODY_MS : PATIENCE_MS;
		if (br_now_ms() - begun > patience)
			return r;
		pause.tv_nsec = (long)br_retry_failed(&retry, br_now_ms()) *
		    999999L;
		(void)nanosleep(&pause, NULL);
	}
}

enum cb_err
br_desk_open(struct br_desk **out, const char *url,
    const struct wire_identity *person, const uint8_t organisation[WIRE_ID],
    int64_t now, struct cb_why *why)
{
	struct br_https_uri uri;
	struct br_desk *d;
	enum cb_err r;

	*out = NULL;
	if ((d = calloc(1, sizeof(*d))) == NULL)
		return CB_E_NOMEM;
	d->body = (struct cb_buf)CB_BUF_INIT_MAX(WIRE_BODY_MAX);
	/* people of the platform come to the desks of others, too, and OFFER
	 * and ACCEPT are then of these */
	d->as = *person;
	memcpy(d->as.organisation, organisation, WIRE_ID);
	br_id_text(d->organisation, organisation);
	if ((r = br_https_origin_get(&uri, url, why)) != CB_OK)
		goto out;
	if (uri.inspected) {
		cb_why_set(why, "people show their certificate, which a "
		    "network that replaces certificates would take away: "
		    "leave ?inspected out, and come from elsewhere");
		r = CB_E_ARG;
		goto out;
	}
	br_places_init(&d->places, &uri);
	d->caller.places = &d->places;
	br_trust_of(&d->trust, person, false, uri.tls12);
	if ((r = br_http_new(&d->caller.http, &d->trust)) == CB_OK)
		r = open_session(d, now, why);
out:
	if (r != CB_OK)
		br_desk_close(&d);
	*out = d;
	return r;
}

/* ---- using it ------------------------------------------------------------ */

#define PATH 128

static void
session_path(const struct br_desk *d, char path[PATH])
{
	char session[2 * WIRE_ID + 1];

	br_id_text(session, d->remote.session);
	(void)snprintf(path, PATH, "/organisations/%s/sessions/%s",
	    d->organisation, session);
}

enum cb_err
br_desk_ask(struct br_desk *d, const struct wire_desk *command,
    struct wire_told_items *told, struct cb_why *why)
{
	struct cb_buf message = CB_BUF_INIT;
	struct cb_span answer;
	char path[PATH];
	enum cb_err r;

	memset(told, 0, sizeof(*told));
	session_path(d, path);
	if ((r = wire_desk_put(&message, command)) != CB_OK ||
	    (r = br_remote_say(&d->remote, cb_buf_span(&message))) != CB_OK)
		goto out;
	if ((r = call(d, path, cb_buf_span(&d->remote.request), PATIENCE_MS,
		 COMMAND_MS, why)) != CB_OK) {
		d->remote.alive = false;
		if (r == CB_E_ABSENT)
			cb_why_set(why, "the session with the desk is over: "
			    "look whether it was done, then order it again");
		goto out;
	}
	if ((r = br_remote_heard(&d->remote, cb_buf_span(&d->body), &answer,
		 why)) != CB_OK)
		goto out;
	if (wire_told_items_get(answer, told) != CB_OK ||
	    told->number != d->remote.number)
		r = br_remote_distrust(&d->remote, why);
out:
	cb_buf_free(&message);
	return r;
}

bool
br_desk_is_open(const struct br_desk *d)
{
	return d->remote.alive;
}

const char *
br_desk_origin(const struct br_desk *d)
{
	return d->places.origins[0];
}

void
br_desk_close(struct br_desk **desk)
{
	struct br_desk *d = *desk;
	struct cb_why why = { "" };
	char path[PATH];

	if (d == NULL)
		return;
	*desk = NULL;
	if (d->remote.alive &&
	    br_remote_ask(&d->remote, WIRE_CLOSE, 0, CB_SPAN_EMPTY) ==
		CB_OK) {
		session_path(d, path);
		/* who is not heard is forgotten after a while */
		(void)!call(d, path, cb_buf_span(&d->remote.request), 0,
		    CLOSE_MS, &why);
	}
	br_http_free(&d->caller.http);
	br_remote_clear(&d->remote);
	cb_buf_free(&d->body);
	free(d);
}
