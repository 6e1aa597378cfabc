/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See enrol.h. What is asked first is believed for its fingerprint alone; the
 * token is wrapped for a service that the authority vouches for, so that who
 * stands between learns nothing.
 */
#include <stdio.h>
#include <string.h>

#include "bridge/https/call.h"
#include "bridge/https/enrol.h"
#include "bridge/https/uri.h"

/* The very same bytes, as often as that takes. */
#define PATIENCE_MS 10000u
#define ALL_MS 30000u
#define MOST 65536u

struct enrolling {
	struct br_https_uri uri;
	const struct wire_token *token;
	struct wire_key *service;
	struct wire_identity *identity;
};

static enum cb_err
ask(struct enrolling *e, enum br_trust_in in, const char *path,
    struct cb_span body, struct cb_buf *answer, struct cb_why *why)
{
	struct br_trust trust = { .in = in,
		.authority = cb_buf_span(&e->identity->authority),
		.tls12 = e->uri.tls12 };
	struct br_places places;
	struct br_asked asked = { .path = path, .post = body.n > 0,
		.body = body, .patience_ms = PATIENCE_MS, .all_ms = ALL_MS,
		.most = MOST };
	struct br_caller caller = { .places = &places };
	enum wire_outcome outcome;
	enum cb_err r;

	if ((r = br_http_new(&caller.http, &trust)) != CB_OK)
		return r;
	br_places_init(&places, &e->uri);
	r = br_call(&caller, &asked, answer, &outcome, why);
	br_http_free(&caller.http);
	return r;
}

/* ---- who is it ----------------------------------------------------------- */

static enum cb_err
believe(struct enrolling *e, const struct wire_about *about, int64_t now,
    struct cb_why *why)
{
	struct wire_identity *i = e->identity;
	uint8_t hash[CR_HASH];
	struct wire_cert cert;
	struct cb_why inner = { "" };
	enum cb_err r;

	if ((r = cr_sha256(about->authority, hash)) != CB_OK)
		return r;
	if (memcmp(hash, e->token->authority, CR_HASH) != 0 ||
	    about->kind != e->token->kind ||
	    memcmp(about->backend, e->token->backend, WIRE_ID) != 0) {
		cb_why_set(why, "that is not the backend that the token is "
		    "for: its authority, id or kind is another one");
		return CB_E_DENIED;
	}
	r = wire_cert_check(about->service, about->authority, WIRE_SERVICE,
	    about->kind, now, &cert, &e->service, &inner);
	if (r != CB_OK) {
		cb_why_set(why, "the backend's service: %.300s", inner.text);
		return CB_E_DENIED;
	}
	i->kind = about->kind;
	memcpy(i->backend, about->backend, WIRE_ID);
	if ((r = cb_buf_set(&i->authority, about->authority)) == CB_OK)
		r = cb_buf_set(&i->service, about->service);
	return r;
}

static enum cb_err
ask_about(struct enrolling *e, int64_t now, struct cb_why *why)
{
	struct cb_buf body = CB_BUF_INIT;
	struct wire_about about;
	enum cb_err r;

	if ((r = ask(e, BR_TRUST_ANYBODY, "/backend", CB_SPAN_EMPTY, &body,
		 why)) != CB_OK)
		return r;
	if ((r = wire_about_get(cb_buf_span(&body), &about)) != CB_OK)
		cb_why_set(why, "what answers there is no backend%s",
		    r == CB_E_LIMIT ? " of this version" : "");
	else
		r = believe(e, &about, now, why);
	cb_buf_free(&body);
	return r;
}

/* ---- the certificate ----------------------------------------------------- */

/* Of which usage it is, its token knows and we see. */
static enum cb_err
check(struct enrolling *e, int64_t now, struct cb_why *why)
{
	struct wire_identity *i = e->identity;
	enum cb_err r;

	i->usage = WIRE_DEVICE;
	if ((r = wire_identity_check(i, now, why)) != CB_OK) {
		i->usage = WIRE_PERSON;
		r = wire_identity_check(i, now, NULL);
	}
	if (r == CB_OK && memcmp(i->organisation, e->token->organisation,
		WIRE_ID) != 0) {
		cb_why_set(why, "the certificate is of another organisation "
		    "than the token");
		r = CB_E_DENIED;
	}
	return r;
}

static enum cb_err
take(struct enrolling *e, struct cb_span body, int64_t now,
    struct cb_why *why)
{
	struct cb_span certificate;
	enum cb_err r;

	if ((r = cb_get_lv16(&body, &certificate)) != CB_OK ||
	    (r = cb_get_end(&body)) != CB_OK) {
		cb_why_set(why, "the backend's answer holds no certificate");
		return CB_E_FORMAT;
	}
	if ((r = cb_buf_set(&e->identity->certificate, certificate)) !=
	    CB_OK)
		return r;
	return check(e, now, why);
}

static enum cb_err
ask_certificate(struct enrolling *e, int64_t now, struct cb_why *why)
{
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	char organisation[2 * WIRE_ID + 1], path[80];
	enum cb_err r;

	br_id_text(organisation, e->token->organisation);
	(void)snprintf(path, sizeof(path), "/organisations/%s/enrol",
	    organisation);
	(void)((r = wire_enrol_put(&body, e->identity->kind,
		 e->identity->backend, e->service, e->token->secret,
		 e->identity->key)) != CB_OK ||
	    (r = ask(e, e->uri.inspected ? BR_TRUST_SYSTEM : BR_TRUST_AUTHORITY,
		 path, cb_buf_span(&body), &answer, why)) != CB_OK ||
	    (r = take(e, cb_buf_span(&answer), now, why)) != CB_OK);
	if (r == CB_E_DENIED && why != NULL &&
	    e->identity->certificate.n == 0)
		cb_why_set(why, "the backend does not take the token: it was "
		    "used before, its time is over, or it was taken back");
	cb_buf_free(&body);
	cb_buf_free(&answer);
	return r;
}

enum cb_err
br_enrol(struct wire_identity *out, const char *url,
    const struct wire_token *token, int64_t now, struct cb_why *why)
{
	struct enrolling e = { .token = token, .identity = out };
	enum cb_err r;

	if ((r = br_https_origin_get(&e.uri, url, why)) ==
		CB_OK &&
	    (r = ask_about(&e, now, why)) == CB_OK)
		r = ask_certificate(&e, now, why);
	wire_key_free(&e.service);
	return r;
}
