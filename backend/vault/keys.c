/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Keys lie wrapped in the store: the ring is asked for when there is one, an
 * organisation's keys when its worker first needs them. Until they are here,
 * requests wait in the order in which they came.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/vault/serve.h"

/* What waits, of one caller and of all. Beyond what all may have those who have
 * nothing there may have one each: nobody takes the place of others. */
#define WAIT_EACH 64
#define WAIT_EACH_BYTES ((size_t)2 << 20)
#define WAIT_BYTES ((size_t)16 << 20)

static const uint8_t platform[WIRE_ID];

/* ---- asking the store ---------------------------------------------------- */

static enum cb_err
ask(struct be_safe *s, enum be_ask type, struct cb_span body, uint64_t *id)
{
	struct be_caller *store = be_peers_find(&s->peers, BE_STORE);
	const struct be_message m = { .type = (uint16_t)type,
		.id = ++s->next_id, .body = body };
	enum cb_err r;

	*id = 0;
	if (store == NULL)
		return CB_OK;	/* when there is one */
	if ((r = be_channel_send(store->ch, &m)) == CB_OK)
		*id = m.id;
	return r;
}

static struct be_keyed *
find_keyed(struct be_safe *s, const uint8_t id[WIRE_ID])
{
	struct be_keyed *k = s->keyed;

	while (k != NULL && memcmp(k->id, id, WIRE_ID) != 0)
		k = k->next;
	return k;
}

static enum cb_err
ask_keys(struct be_safe *s, const uint8_t id[WIRE_ID])
{
	struct be_keyed *k = find_keyed(s, id);

	if (k == NULL) {
		if ((k = calloc(1, sizeof(*k))) == NULL)
			return CB_E_NOMEM;
		memcpy(k->id, id, WIRE_ID);
		k->next = s->keyed;
		s->keyed = k;
	}
	if (k->org != NULL || k->asked != 0)
		return CB_OK;
	return ask(s, BE_ASK_KEYS, CB_SPAN_OF(k->id), &k->asked);
}

enum cb_err
be_safe_ask(struct be_safe *s)
{
	enum cb_err r = CB_OK;

	/* whatever was asked of the store before this one */
	for (struct be_keyed *k = s->keyed; k != NULL; k = k->next)
		k->asked = 0;
	if (s->platform == NULL)
		r = ask_keys(s, platform);
	if (r == CB_OK && !s->heads_known)
		r = ask(s, BE_ASK_HEADS, CB_SPAN_EMPTY, &s->asked_heads);
	for (struct be_keyed *k = s->keyed; r == CB_OK && k != NULL;
	     k = k->next)
		r = ask_keys(s, k->id);
	return r;
}

/* ---- who waits ----------------------------------------------------------- */

static bool
may_wait(const struct be_caller *a, size_t n)
{
	if (a->waiting_n == 0)
		return true;
	return a->waiting_n < WAIT_EACH &&
	       a->waiting_bytes + n <= WAIT_EACH_BYTES &&
	       be_safe_of(a)->delayed_bytes + n <= WAIT_BYTES;
}

static enum cb_err
delay(struct be_caller *a, const struct be_message *m)
{
	struct be_safe *s = be_safe_of(a);
	struct be_delayed *d;
	enum cb_err r;

	if (!may_wait(a, m->body.n))
		return be_safe_refuse(a, m, CB_E_BUSY);
	if ((d = calloc(1, sizeof(*d))) == NULL)
		return CB_E_NOMEM;
	*d = (struct be_delayed){ .from = a, .type = m->type, .id = m->id,
		.body = CB_BUF_INIT_MAX(BE_BODY_MAX) };
	if ((r = cb_buf_set(&d->body, m->body)) != CB_OK) {
		free(d);
		return r;
	}
	*s->delayed_end = d;
	s->delayed_end = &d->next;
	a->waiting_n++;
	a->waiting_bytes += m->body.n;
	s->delayed_bytes += m->body.n;
	return CB_OK;
}

static void
take_out(struct be_safe *s, struct be_delayed **at)
{
	struct be_delayed *d = *at;

	if ((*at = d->next) == NULL)
		s->delayed_end = at;
	d->from->waiting_n--;
	d->from->waiting_bytes -= d->body.n;
	s->delayed_bytes -= d->body.n;
	cb_buf_free(&d->body);
	free(d);
}

void
be_safe_forget(struct be_safe *s, const struct be_caller *a)
{
	struct be_delayed **at = &s->delayed;

	while (*at != NULL)
		if ((*at)->from == a)
			take_out(s, at);
		else
			at = &(*at)->next;
}

/* CB_E_ABSENT: not all that it needs is here. */
static enum cb_err
try_serve(struct be_caller *a, const struct be_message *m)
{
	struct be_safe *s = be_safe_of(a);
	struct be_keyed *k;

	if (s->platform == NULL || !s->heads_known)
		return CB_E_ABSENT;
	if (a->role == BE_STORE)
		return be_safe_serve(a, NULL, m);
	k = find_keyed(s, a->organisation);
	if (k == NULL || k->org == NULL)
		return CB_E_ABSENT;
	return be_safe_serve(a, k->org, m);
}

static void
serve_delayed(struct be_safe *s)
{
	struct be_delayed **at = &s->delayed;

	while (*at != NULL) {
		struct be_delayed *d = *at;
		const struct be_message m = { .type = d->type, .id = d->id,
			.body = cb_buf_span(&d->body) };
		const enum cb_err r = try_serve(d->from, &m);

		if (r == CB_E_ABSENT) {
			at = &d->next;
			continue;
		}
		if (r != CB_OK)
			cb_log(CB_LOG_WARNING, "request %04x: %s",
			    (unsigned)m.type, cb_err_text(r));
		take_out(s, at);
	}
}

/* The store has no keys of this organisation. */
static void
refuse_delayed(struct be_safe *s, const uint8_t id[WIRE_ID], enum cb_err code)
{
	struct be_delayed **at = &s->delayed;

	while (*at != NULL) {
		struct be_delayed *d = *at;
		const struct be_message m = { .type = d->type, .id = d->id };

		if (d->from->role == BE_STORE ||
		    memcmp(d->from->organisation, id, WIRE_ID) != 0) {
			at = &d->next;
			continue;
		}
		if (be_safe_refuse(d->from, &m, code) != CB_OK)
			cb_log(CB_LOG_WARNING, "a refusal is not heard");
		take_out(s, at);
	}
}

/* ---- what the store brings ----------------------------------------------- */

/* What is not there stays empty. */
static enum cb_err
sort_wraps(struct cb_span cur, struct cb_span wraps[BE_WHATS])
{
	enum cb_err r = CB_OK;
	struct cb_span wrap;
	uint8_t what;

	for (size_t i = 0; i < BE_WHATS; i++)
		wraps[i] = CB_SPAN_EMPTY;
	while (r == CB_OK && cur.n > 0)
		if ((r = be_ask_wrap_get(&cur, &what, &wrap)) == CB_OK) {
			if (what >= BE_WHATS)
				r = CB_E_FORMAT;
			else
				wraps[what] = wrap;
		}
	return r;
}

static enum cb_err
open_ring(struct be_safe *s, const struct cb_span wraps[BE_WHATS])
{
	struct cb_why why = { "" };
	enum cb_err r;

	if ((r = be_ring_open(&s->ring, s->root, &wraps[BE_SERVICE], &why)) !=
	    CB_OK) {
		cb_log(CB_LOG_ERROR, "the keys do not open: %s", why.text);
		return r;
	}
	be_root_free(&s->root);
	cb_log(CB_LOG_NOTICE, "vault: the keys are open");
	return CB_OK;
}

/* An organisation that was founded without a recovery root has no such key;
 * the platform has: where that does not open, the root is another's, and new
 * keys must not hang on it. */
static void
open_recovery(struct be_safe *s, struct be_org *org, struct cb_span wrap)
{
	const bool first = memcmp(org->id, platform, WIRE_ID) == 0;
	enum cb_err r;

	if (s->recovery == NULL || (wrap.n == 0 && !first) ||
	    (r = be_recovery_open(s->recovery, org, wrap)) == CB_OK)
		return;
	cb_log(CB_LOG_ERROR, "the recovery key of %s does not open: %s",
	    first ? "the platform" : "an organisation", cb_err_text(r));
	if (first)
		be_recovery_free(&s->recovery);
}

static enum cb_err
open_org(struct be_safe *s, struct be_keyed *k,
    const struct cb_span wraps[BE_WHATS])
{
	enum cb_err r;

	if ((r = be_org_open(&k->org, s->ring, k->id, &wraps[BE_ORG])) ==
	    CB_OK)
		open_recovery(s, k->org, wraps[BE_RECOVERY]);
	return r;
}

/* Without the platform's nothing goes on: an error, and the store must come
 * again. */
static enum cb_err
take_first_keys(struct be_safe *s, struct be_keyed *k,
    const struct cb_span wraps[BE_WHATS])
{
	enum cb_err r;

	if (s->ring == NULL && (r = open_ring(s, wraps)) != CB_OK)
		return r;
	if ((r = open_org(s, k, wraps)) != CB_OK)
		cb_log(CB_LOG_ERROR, "the platform's keys do not open: %s",
		    cb_err_text(r));
	s->platform = k->org;
	return r;
}

static enum cb_err
take_keys(struct be_safe *s, struct be_keyed *k, const struct be_message *m)
{
	struct cb_span wraps[BE_WHATS];
	const bool first = memcmp(k->id, platform, WIRE_ID) == 0;
	enum cb_err r = (enum cb_err)m->code;

	k->asked = 0;
	if (r == CB_OK && (r = sort_wraps(m->body, wraps)) != CB_OK)
		return r;
	if (first &&
	    (r != CB_OK || (r = take_first_keys(s, k, wraps)) != CB_OK))
		return r;
	if (s->platform == NULL)
		return be_safe_ask(s);
	if (!first && r == CB_OK)
		r = open_org(s, k, wraps);
	if (r != CB_OK) {
		cb_log(CB_LOG_ERROR, "keys of an organisation: %s",
		    cb_err_text(r));
		refuse_delayed(s, k->id, r);
	}
	serve_delayed(s);
	return CB_OK;
}

static enum cb_err
take_heads(struct be_safe *s, const struct be_message *m)
{
	struct cb_span cur = m->body, head;
	enum cb_err r = (enum cb_err)m->code;

	if (s->ring == NULL)
		return CB_E_PEER;	/* they were asked for after the keys */
	while (r == CB_OK && cur.n > 0)
		if ((r = cb_get_lv32(&cur, &head)) == CB_OK)
			r = be_head_known(&s->marks, s->ring, head);
	if (r != CB_OK) {
		cb_log(CB_LOG_ERROR, "the store's heads: %s", cb_err_text(r));
		return r;
	}
	s->asked_heads = 0;
	s->heads_known = true;
	serve_delayed(s);
	return CB_OK;
}

static enum cb_err
take_answer(struct be_safe *s, const struct be_message *m)
{
	if (m->type == BE_ASK_HEADS && m->id == s->asked_heads)
		return take_heads(s, m);
	for (struct be_keyed *k = s->keyed; k != NULL; k = k->next)
		if (m->type == BE_ASK_KEYS && k->asked == m->id)
			return take_keys(s, k, m);
	return CB_E_PEER;
}

enum cb_err
be_safe_message(struct be_caller *a, const struct be_message *m)
{
	enum cb_err r;

	if (m->answer)
		return a->role == BE_STORE ? take_answer(be_safe_of(a), m)
					   : CB_E_PEER;
	if ((r = try_serve(a, m)) != CB_E_ABSENT)
		return r;
	if (a->role != BE_STORE &&
	    (r = ask_keys(be_safe_of(a), a->organisation)) != CB_OK)
		return r;
	return delay(a, m);
}

void
be_safe_clear(struct be_safe *s)
{
	struct be_keyed *k;

	while (s->delayed != NULL)
		take_out(s, &s->delayed);
	while ((k = s->keyed) != NULL) {
		s->keyed = k->next;
		be_org_free(&k->org);
		free(k);
	}
	be_ring_free(&s->ring);
	be_root_free(&s->root);
	be_recovery_free(&s->recovery);
	be_challenges_clear(&s->challenges);
	be_marks_clear(&s->marks);
	be_helds_clear(&s->held);
	be_limit_clear(&s->limit);
	be_limit_clear(&s->unblocks);
}
