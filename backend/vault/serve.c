/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the vault is asked: a table of messages and who may send them. A body
 * that is none breaks the channel; a refusal says no more than that it is
 * one, and the log of the vault says why.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/vault/brought.h"
#include "backend/vault/open.h"
#include "backend/vault/serve.h"
#include "backend/vault/ticket.h"
#include "common/ct.h"

static uint64_t
milliseconds(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t
be_vault_tick(void)
{
	return milliseconds(CLOCK_BOOTTIME);
}

int64_t
be_vault_now(void)
{
	return (int64_t)(milliseconds(CLOCK_REALTIME) / 1000);
}

/* ---- questions of workers ------------------------------------------------ */

static enum cb_err
take_challenge(struct be_question *q)
{
	struct be_safe *s = be_safe_of(q->a);
	uint8_t ids[2][WIRE_ID];	/* card, session */
	struct be_challenged c = {
		.service = cb_buf_span(&s->ring->service_cert),
		.kind = s->ring->self.kind,
	};
	enum cb_err r;

	if ((r = be_ask_ids_get(q->body, ids, 2)) != CB_OK)
		return r;
	q->code = be_challenge_new(&s->challenges, be_vault_tick(),
	    q->a->organisation, ids[0], ids[1], c.challenge);
	return q->code == CB_OK ? be_challenged_put(q->out, &c) : CB_OK;
}

#define TO_OPEN \
	(BE_BROUGHT(BE_RIGHT_HOLDER) | BE_BROUGHT(BE_RIGHT_RIGHT) | \
	    BE_BROUGHT(BE_RIGHT_CARD) | BE_BROUGHT(BE_RIGHT_GROUP) | \
	    BE_BROUGHT(BE_RIGHT_REVOCATION) | BE_BROUGHT(BE_RIGHT_PLATFORM))

static struct be_open
open_of(struct be_question *q, struct cb_span card_key,
    const struct be_brought *g)
{
	struct be_safe *s = be_safe_of(q->a);

	return (struct be_open){ .ring = s->ring, .org = q->org,
		.challenges = &s->challenges, .now = be_vault_now(),
		.tick = be_vault_tick(), .holder = g->one[BE_RIGHT_HOLDER],
		.right = g->one[BE_RIGHT_RIGHT],
		.card = g->one[BE_RIGHT_CARD],
		.group = g->one[BE_RIGHT_GROUP],
		.card_key = card_key,
		.revocations = g->revocations.rows,
		.revocations_n = g->revocations.n,
		.platform = { s->platform, g->platform.rows,
		    g->platform.n } };
}

static struct be_ticket_when
when_of(const struct be_safe *s)
{
	struct be_ticket_when when = { be_vault_tick(), s->born, { 0 } };

	memcpy(when.run, s->control.settings.run, WIRE_ID);
	return when;
}

static enum cb_err
put_unlocked(struct be_question *q, const struct be_opened *o)
{
	struct be_unlocked u = { .is_person = o->is_person,
		.take_over = o->take_over, .role = o->role,
		.class = o->class };
	struct be_safe *s = be_safe_of(q->a);
	const struct be_ticket_when when = when_of(s);
	struct be_held h;
	enum cb_err r = CB_OK;

	memcpy(h.session, o->session, WIRE_ID);
	memcpy(h.holder, o->holder, WIRE_ID);
	memcpy(h.card, o->card, WIRE_ID);
	memcpy(u.holder, o->holder, WIRE_ID);
	memcpy(u.secret, o->secret, CR_KEY);
	memcpy(u.key, o->key, CR_KEY);
	if ((q->code = be_ticket_hold(&s->held, s->ring, q->a->organisation,
		 &h, &when, u.ticket)) == CB_OK)
		r = be_unlocked_put(q->out, &u);
	cb_wipe(&u, sizeof(u));
	return r;
}

/* What was asked for, where it can be read. */
static void
log_unopened(struct cb_span accept, enum be_refusal refusal)
{
	struct be_id_text card = { "?" }, holder = { "?" };
	bool desk = false;
	struct wire_accept a;
	struct cb_span head, signature;

	if (wire_accept_get(accept, &a, &head, &signature) == CB_OK) {
		desk = be_is_zeros(a.card);
		(void)be_id_text(&card, a.card);
		(void)be_id_text(&holder, a.device);
	}
	cb_log(CB_LOG_WARNING, "vault: %s%s is not opened for %s: %s",
	    desk ? "the desk" : "card ", desk ? "" : card.text, holder.text,
	    be_refusal_text(refusal));
}

static enum cb_err
take_unlock(struct be_question *q)
{
	struct be_opened *opened = NULL;
	enum be_refusal refusal;
	struct be_brought brought;
	struct be_unlock u;
	struct be_open ask;
	enum cb_err r;

	if ((r = be_unlock_get(q->body, &u)) != CB_OK ||
	    (r = be_brought_sort(&u.rights, TO_OPEN, &brought)) != CB_OK)
		return r;
	ask = open_of(q, u.rights.card_key, &brought);
	ask.offer = u.offer;
	ask.accept = u.accept;
	if ((opened = cr_secret_new(sizeof(*opened))) == NULL)
		return CB_E_NOMEM;
	if ((q->code = be_vault_open(&ask, opened, &refusal)) != CB_OK)
		log_unopened(u.accept, refusal);
	else
		r = put_unlocked(q, opened);
	cr_secret_free(opened, sizeof(*opened));
	return r;
}

/* The rights of a session that is open, as the rows are now. A vault that was
 * started anew can tell as well, and takes it back by its ticket. */
static enum cb_err
take_recheck(struct be_question *q)
{
	struct be_safe *s = be_safe_of(q->a);
	const struct be_ticket_when when = when_of(s);
	enum be_refusal refusal;
	struct be_brought brought;
	struct be_recheck asked;
	struct be_rechecked told;
	struct be_open ask;
	enum cb_err r;

	if ((r = be_recheck_get(q->body, &asked)) != CB_OK ||
	    (r = be_brought_sort(&asked.rights, TO_OPEN, &brought)) != CB_OK)
		return r;
	ask = open_of(q, asked.rights.card_key, &brought);
	q->code = be_vault_recheck(&ask, asked.holder, asked.card,
	    asked.certificate, &refusal);
	if ((r = be_ticket_rechecked(&s->held, s->ring, q->a->organisation,
		 &asked, q->code == CB_OK, &when, &told)) != CB_OK)
		return r;
	if (q->code == CB_OK)
		return be_rechecked_put(q->out, &told);
	cb_log(CB_LOG_WARNING, "a session may not go on: %s",
	    be_refusal_text(refusal));
	return CB_OK;
}

static enum cb_err
take_passcode(struct be_question *q)
{
	struct be_safe *s = be_safe_of(q->a);
	struct be_passcode_ask ask;
	struct be_passcode_told told = { 0 };
	struct be_limited how = { 0, false };
	struct be_held *h;
	enum cb_err r;

	if ((r = be_passcode_ask_get(q->body, &ask)) != CB_OK)
		return r;
	h = be_held_find(&s->held, q->a->organisation, be_vault_tick(),
	    ask.session);
	q->code = h == NULL
	    ? CB_E_ABSENT
	    : be_passcode(&s->limit, s->ring, q->a->organisation, h->card,
		  be_vault_tick(), ask.scrypt, told.key, &how);
	if (how.alarm)
		cb_log(CB_LOG_ERROR, "passcodes of a card are tried too "
				     "often: the vault makes it wait");
	if (q->code == CB_E_BUSY)
		q->code = CB_OK;	/* the answer says how long */
	told.wait_ms = how.wait_ms;
	if (q->code == CB_OK)
		r = be_passcode_told_put(q->out, &told);
	cb_wipe(&ask, sizeof(ask));
	cb_wipe(&told, sizeof(told));
	return r;
}

static enum cb_err
take_lock(struct be_question *q)
{
	uint8_t session[1][WIRE_ID];
	enum cb_err r;

	if ((r = be_ask_ids_get(q->body, session, 1)) == CB_OK)
		be_held_drop(&be_safe_of(q->a)->held, q->a->organisation,
		    session[0]);
	return r;
}

static enum cb_err
take_token_hash(struct be_question *q)
{
	uint8_t hash[CR_HASH];

	q->code = be_enrol_hash(be_safe_of(q->a)->ring, q->body, hash);
	return q->code == CB_OK ? cb_buf_add(q->out, CB_SPAN_OF(hash))
				: CB_OK;
}

static enum cb_err
take_certify(struct be_question *q)
{
	struct be_certify ask;
	struct be_enrolled enrolled;
	struct be_certified told = { .n = 1 };
	struct cb_buf der = CB_BUF_INIT, row = CB_BUF_INIT, mac = CB_BUF_INIT;
	enum cb_err r;

	if ((r = be_certify_get(q->body, &ask)) != CB_OK)
		return r;
	const struct be_signed token = { ask.token.bytes, ask.token.mac };
	q->code = be_enrol(be_safe_of(q->a)->ring, q->org, ask.enrol, &token, NULL,
	    be_vault_now(), &enrolled, &der, &row, &mac);
	if (q->code == CB_OK) {
		told.certificate = cb_buf_span(&der);
		told.rows[0] = (struct be_ask_signed){ cb_buf_span(&row),
			cb_buf_span(&mac) };
		r = be_certified_put(q->out, &told);
	}
	cb_buf_free(&der);
	cb_buf_free(&row);
	cb_buf_free(&mac);
	return r;
}

/* A row that no session needs, but somebody goes by. */
static enum cb_err
take_check(struct be_question *q)
{
	struct be_ask_signed asked;
	struct wire_grant grant;
	enum cb_err r;

	if ((r = be_ask_signed_get(&q->body, &asked)) != CB_OK ||
	    (r = cb_get_end(&q->body)) != CB_OK)
		return r;
	const struct be_signed row = { asked.bytes, asked.mac };

	q->code = be_grant_check(&row, q->org, &grant);
	return CB_OK;
}

/* Where these books end at least, whatever the database says by now. */
static enum cb_err
take_last_head(struct be_question *q)
{
	struct be_safe *s = be_safe_of(q->a);

	if (q->body.n > 0)
		return CB_E_FORMAT;
	q->code = be_head_last(&s->marks, s->ring, q->a->organisation,
	    milliseconds(CLOCK_REALTIME), q->out);
	return CB_OK;
}

/* How late it was when anything was signed: other organisations' chains are
 * the platform's business alone. */
static enum cb_err
take_latest(struct be_question *q)
{
	if (q->body.n > 0)
		return CB_E_FORMAT;
	if (be_is_zeros(q->a->organisation))
		return cb_put_u64(
		    q->out, be_head_latest(&be_safe_of(q->a)->marks));
	q->code = CB_E_DENIED;
	return CB_OK;
}

/* ---- of the store -------------------------------------------------------- */

static enum cb_err
take_sign_head(struct be_question *q)
{
	struct be_safe *s = be_safe_of(q->a);
	struct be_sign_head head;
	enum cb_err r;

	if ((r = be_sign_head_get(q->body, &head)) == CB_OK &&
	    (q->code = be_head_sign(&s->marks, s->ring, head.organisation,
		 head.number, head.hash, head.time, q->out)) != CB_OK)
		cb_log(CB_LOG_ERROR, "a head is not signed: %s",
		    q->code == CB_E_DENIED
			? "it would go back on one that is"
			: cb_err_text(q->code));
	return r;
}

/* ---- all of them --------------------------------------------------------- */

static const struct {
	enum be_ask type;
	bool of_store;
	enum cb_err (*take)(struct be_question *q);
} table[] = {
	{ BE_ASK_CHALLENGE, false, take_challenge },
	{ BE_ASK_UNLOCK, false, take_unlock },
	{ BE_ASK_PASSCODE, false, take_passcode },
	{ BE_ASK_LOCK, false, take_lock },
	{ BE_ASK_RECHECK, false, take_recheck },
	{ BE_ASK_TOKEN_HASH, false, take_token_hash },
	{ BE_ASK_CERTIFY, false, take_certify },
	{ BE_ASK_ORDER, false, be_take_order },
	{ BE_ASK_CHECK, false, take_check },
	{ BE_ASK_LAST_HEAD, false, take_last_head },
	{ BE_ASK_LATEST, false, take_latest },
	{ BE_ASK_SIGN_HEAD, true, take_sign_head },
};

static enum cb_err
answer(struct be_caller *a, const struct be_message *m, enum cb_err code,
    struct cb_span body)
{
	const struct be_message out = { .type = m->type, .answer = true,
		.id = m->id, .code = (uint16_t)code,
		.body = code == CB_OK ? body : CB_SPAN_EMPTY };

	return m->id == 0 ? CB_OK : be_channel_send(a->ch, &out);
}

enum cb_err
be_safe_refuse(struct be_caller *a, const struct be_message *m,
    enum cb_err code)
{
	return answer(a, m, code, CB_SPAN_EMPTY);
}

enum cb_err
be_safe_serve(
    struct be_caller *a, struct be_org *org, const struct be_message *m)
{
	struct cb_buf out = CB_BUF_INIT_MAX(BE_BODY_MAX);
	struct be_question q = { .a = a, .org = org, .body = m->body,
		.out = &out };
	enum cb_err r = CB_E_PEER;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].type == m->type &&
		    table[i].of_store == (a->role == BE_STORE)) {
			r = table[i].take(&q);
			break;
		}
	if (r == CB_OK)
		r = answer(a, m, q.code, cb_buf_span(&out));
	cb_buf_free(&out);
	/* it has another meaning to who calls this */
	return r == CB_E_ABSENT ? CB_E_PEER : r;
}
