/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The other end of the worker's channel to the vault.
 */
#include <string.h>
#include <time.h>

#include "backend/vault/head.h"
#include "backend/vault/ticket.h"
#include "tests/backend/worker/rig_serve.h"

uint64_t
rig_tick(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
on_challenge(struct rig *g, struct be_channel *ch, const struct be_message *m)
{
	struct be_challenged c = { .kind = WIRE_TEST,
		.service = cb_buf_span(&rig_keys.ring->service_cert) };
	struct cb_buf body = CB_BUF_INIT;
	uint8_t ids[2][WIRE_ID];
	enum cb_err r;

	ck_assert_int_eq(be_ask_ids_get(m->body, ids, 2), CB_OK);
	if ((r = be_challenge_new(&g->challenges, rig_tick(), rig_keys.org->id,
		 ids[0], ids[1], c.challenge)) == CB_OK)
		r = be_challenged_put(&body, &c);
	rig_answer(ch, m, r, &body);
}

static void
sort_rights(const struct be_rights *rights, struct be_open *ask,
    struct be_signed *revocations)
{
	for (size_t i = 0; i < rights->n; i++) {
		const struct be_signed s = { rights->rows[i].bytes,
			rights->rows[i].mac };

		switch (rights->which[i]) {
		case BE_RIGHT_HOLDER:
			ask->holder = s;
			break;
		case BE_RIGHT_RIGHT:
			ask->right = s;
			break;
		case BE_RIGHT_CARD:
			ask->card = s;
			break;
		case BE_RIGHT_GROUP:
			ask->group = s;
			break;
		case BE_RIGHT_REVOCATION:
			revocations[ask->revocations_n++] = s;
			break;
		default:
			ck_abort_msg("no row to open a card with");
		}
	}
	ask->revocations = revocations;
	ask->card_key = rights->card_key;
}

static struct be_ticket_when
when_of(const struct rig *g)
{
	return (struct be_ticket_when){ rig_tick(),
		__atomic_load_n(&g->born, __ATOMIC_RELAXED), { 0 } };
}

static struct be_held *
held(struct rig *g, const uint8_t session[WIRE_ID])
{
	return be_held_find(&g->opened, rig_keys.org->id, rig_tick(), session);
}

void
rig_hold(struct rig *g, const uint8_t session[WIRE_ID],
    const uint8_t holder[WIRE_ID], const uint8_t card[WIRE_ID], uint64_t ms,
    uint8_t ticket[BE_TICKET])
{
	const struct be_ticket_when when = when_of(g);
	struct be_held h = { .checked = when.tick, .ms = ms };

	memcpy(h.session, session, WIRE_ID);
	memcpy(h.holder, holder, WIRE_ID);
	memcpy(h.card, card, WIRE_ID);
	if (held(g, session) == NULL)
		__atomic_add_fetch(&g->held, 1, __ATOMIC_RELAXED);
	ck_assert_int_eq(
	    be_held_add(&g->opened, rig_keys.org->id, &h), CB_OK);
	ck_assert_int_eq(be_ticket_make(rig_keys.ring, rig_keys.org->id, &h,
			     &when, ticket), CB_OK);
	memcpy(g->ticket, ticket, BE_TICKET);
}

static void
on_lock(struct rig *g, const uint8_t session[WIRE_ID])
{
	if (held(g, session) == NULL)
		return;
	be_held_drop(&g->opened, rig_keys.org->id, session);
	__atomic_sub_fetch(&g->held, 1, __ATOMIC_RELAXED);
}

static void
on_unlock(struct rig *g, struct be_channel *ch, const struct be_message *m)
{
	static struct be_unlock u;
	static struct be_signed revocations[BE_RIGHTS_MAX];
	struct be_open ask = { .ring = rig_keys.ring, .org = rig_keys.org,
		.challenges = &g->challenges, .now = (int64_t)time(NULL),
		.tick = rig_tick() };
	struct cb_buf body = CB_BUF_INIT;
	struct be_unlocked told;
	struct be_opened opened;
	enum be_refusal why;
	enum cb_err r;

	ck_assert_int_eq(be_unlock_get(m->body, &u), CB_OK);
	ask.offer = u.offer;
	ask.accept = u.accept;
	sort_rights(&u.rights, &ask, revocations);
	if ((r = be_vault_open(&ask, &opened, &why)) == CB_OK) {
		told = (struct be_unlocked){ .is_person = opened.is_person || g->as_person,
			.take_over = opened.take_over, .role = opened.role,
			.class = opened.class };
		memcpy(told.holder, opened.holder, WIRE_ID);
		memcpy(told.secret, opened.secret, CR_KEY);
		memcpy(told.key, opened.key, CR_KEY);
		rig_hold(g, opened.session, opened.holder, opened.card,
		    BE_HELD_MS, told.ticket);
		r = be_unlocked_put(&body, &told);
	}
	rig_answer(ch, m, r, &body);
}

static void
on_recheck(struct rig *g, struct be_channel *ch, const struct be_message *m)
{
	static struct be_recheck asked;
	static struct be_signed revocations[BE_RIGHTS_MAX];
	struct be_open ask = { .ring = rig_keys.ring, .org = rig_keys.org,
		.now = (int64_t)time(NULL) };
	const struct be_ticket_when when = when_of(g);
	struct be_rechecked told;
	struct cb_buf body = CB_BUF_INIT;
	enum be_refusal why;
	bool before;
	enum cb_err r;

	ck_assert_int_eq(be_recheck_get(m->body, &asked), CB_OK);
	__atomic_add_fetch(&g->rechecks, 1, __ATOMIC_RELAXED);
	sort_rights(&asked.rights, &ask, revocations);
	if ((r = __atomic_load_n(&g->recheck, __ATOMIC_RELAXED)) == CB_OK)
		r = be_vault_recheck(&ask, asked.holder, asked.card,
		    asked.certificate, &why);
	if (memcmp(asked.ticket, g->ticket, BE_TICKET) != 0)
		__atomic_add_fetch(&g->other_tickets, 1, __ATOMIC_RELAXED);
	before = held(g, asked.session) != NULL;
	ck_assert_int_eq(be_ticket_rechecked(&g->opened, rig_keys.ring,
			     rig_keys.org->id, &asked, r == CB_OK, &when,
			     &told),
	    CB_OK);
	__atomic_add_fetch(&g->held,
	    (held(g, asked.session) != NULL) - before, __ATOMIC_RELAXED);
	if (told.held)
		memcpy(g->ticket, told.ticket, BE_TICKET);
	if (r == CB_OK)
		r = be_rechecked_put(&body, &told);
	rig_answer(ch, m, r, &body);
}

static void
on_passcode(struct rig *g, struct be_channel *ch, const struct be_message *m)
{
	struct be_passcode_told told = { .wait_ms = 0 };
	struct be_passcode_ask ask;
	const struct be_held *h;
	struct be_limited how;
	struct cb_buf body = CB_BUF_INIT;
	enum cb_err r = CB_E_ABSENT;

	ck_assert_int_eq(be_passcode_ask_get(m->body, &ask), CB_OK);
	__atomic_add_fetch(&g->passcodes, 1, __ATOMIC_RELAXED);
	if ((h = held(g, ask.session)) != NULL)
		r = be_passcode(&g->limit, rig_keys.ring, rig_keys.org->id,
		    h->card, rig_tick(), ask.scrypt, told.key, &how);
	if (r == CB_E_BUSY) {
		told = (struct be_passcode_told){ .wait_ms = how.wait_ms };
		r = CB_OK;
	}
	if (r == CB_OK)
		r = be_passcode_told_put(&body, &told);
	rig_answer(ch, m, r, &body);
}

static void
on_token_hash(struct be_channel *ch, const struct be_message *m)
{
	struct cb_buf body = CB_BUF_INIT;
	uint8_t hash[CR_HASH];
	enum cb_err r;

	if ((r = be_enrol_hash(rig_keys.ring, m->body, hash)) == CB_OK)
		r = be_bytes_put(&body, hash, sizeof(hash));
	rig_answer(ch, m, r, &body);
}

static void
on_certify(struct be_channel *ch, const struct be_message *m)
{
	struct cb_buf body = CB_BUF_INIT, der = CB_BUF_INIT,
		      row = CB_BUF_INIT, mac = CB_BUF_INIT;
	struct be_certified made = { .n = 1 };
	struct be_certify ask;
	struct be_signed token;
	struct be_enrolled who;
	enum cb_err r;

	ck_assert_int_eq(be_certify_get(m->body, &ask), CB_OK);
	token = (struct be_signed){ ask.token.bytes, ask.token.mac };
	if ((r = be_enrol(rig_keys.ring, rig_keys.org, ask.enrol, &token,
		 NULL, (int64_t)time(NULL), &who, &der, &row, &mac)) ==
	    CB_OK) {
		made.certificate = cb_buf_span(&der);
		made.rows[0] = (struct be_ask_signed){ cb_buf_span(&row),
			cb_buf_span(&mac) };
		r = be_certified_put(&body, &made);
	}
	rig_answer(ch, m, r, &body);
	cb_buf_free(&der);
	cb_buf_free(&row);
	cb_buf_free(&mac);
}

static void
on_check(struct be_channel *ch, const struct be_message *m)
{
	struct cb_span cur = m->body;
	struct cb_buf none = CB_BUF_INIT;
	struct be_ask_signed asked;
	struct wire_grant grant;
	struct be_signed row;

	ck_assert_int_eq(be_ask_signed_get(&cur, &asked), CB_OK);
	ck_assert_uint_eq(cur.n, 0);
	row = (struct be_signed){ asked.bytes, asked.mac };
	rig_answer(ch, m, be_grant_check(&row, rig_keys.org, &grant), &none);
}

/* Of entry 7, whatever the store has. */
static void
on_last_head(struct be_channel *ch, const struct be_message *m)
{
	static const uint8_t hash[CR_HASH];
	struct cb_buf body = CB_BUF_INIT;
	struct be_marks marks;

	ck_assert_uint_eq(m->body.n, 0);
	be_marks_init(&marks, 1);
	rig_answer(ch, m, be_head_sign(&marks, rig_keys.ring,
	    rig_keys.org->id, 7, hash, 1234, &body), &body);
	be_marks_clear(&marks);
}

static void
on_latest(struct rig *g, struct be_channel *ch, const struct be_message *m)
{
	struct cb_buf body = CB_BUF_INIT;

	ck_assert_uint_eq(m->body.n, 0);
	ck_assert_int_eq(cb_put_u64(&body,
			     __atomic_load_n(&g->latest, __ATOMIC_RELAXED)),
	    CB_OK);
	rig_answer(ch, m, CB_OK, &body);
}

enum cb_err
rig_on_vault(void *ctx, struct be_channel *ch, const struct be_message *m)
{
	struct rig *g = ctx;

	if (rig_on_order(g, ch, m))
		return CB_OK;
	switch (m->type) {
	case BE_ASK_CHALLENGE:
		on_challenge(g, ch, m);
		return CB_OK;
	case BE_ASK_UNLOCK:
		on_unlock(g, ch, m);
		return CB_OK;
	case BE_ASK_RECHECK:
		on_recheck(g, ch, m);
		return CB_OK;
	case BE_ASK_PASSCODE:
		on_passcode(g, ch, m);
		return CB_OK;
	case BE_ASK_TOKEN_HASH:
		on_token_hash(ch, m);
		return CB_OK;
	case BE_ASK_CERTIFY:
		on_certify(ch, m);
		return CB_OK;
	case BE_ASK_CHECK:
		on_check(ch, m);
		return CB_OK;
	case BE_ASK_LAST_HEAD:
		on_last_head(ch, m);
		return CB_OK;
	case BE_ASK_LATEST:
		on_latest(g, ch, m);
		return CB_OK;
	case BE_ASK_LOCK:
		ck_assert_uint_eq(m->body.n, WIRE_ID);
		on_lock(g, m->body.p);
		return CB_OK;
	default:
		ck_abort_msg("the vault is asked %x", m->type);
		return CB_E_PEER;
	}
}
