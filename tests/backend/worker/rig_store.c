/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The other end of the worker's channel to the store.
 */
#include <string.h>

#include "backend/store/serve.h"
#include "backend/vault/mac.h"
#include "tests/backend/worker/rig_serve.h"

void
rig_answer(struct be_channel *ch, const struct be_message *m,
    enum cb_err code, struct cb_buf *body)
{
	const struct be_message answer = { m->type, (uint16_t)code, true,
		m->id, code == CB_OK ? cb_buf_span(body) : CB_SPAN_EMPTY };

	if (m->id != 0)
		ck_assert_int_ne(be_channel_send(ch, &answer), CB_E_LIMIT);
	cb_buf_free(body);
}

/* ---- acts ---------------------------------------------------------------- */

static enum fault
fault_due(struct rig *g)
{
	enum fault fault = NO_FAULT;

	(void)pthread_mutex_lock(&g->lock);
	g->acts++;
	if (g->fault != NO_FAULT && g->after == 0)
		fault = g->fault;
	else if (g->after > 0)
		g->after--;
	g->swallowed += fault == FAULT_SWALLOW;
	(void)pthread_mutex_unlock(&g->lock);
	return fault;
}

static void
on_act(struct rig *g, struct be_channel *ch, const struct be_message *m)
{
	static const uint8_t node[WIRE_ID] = { 0x40 };
	const enum fault fault = fault_due(g);
	struct cb_buf body = CB_BUF_INIT;
	struct be_act_read read;
	struct be_acted acted = { .err = CB_E_STORE };

	ck_assert_int_eq(be_act_get(m->body, &read), CB_OK);
	memcpy(read.act.organisation, rig_keys.org->id, WIRE_ID);
	memcpy(read.lease.node, node, WIRE_ID);
	if (fault == NO_FAULT || fault == FAULT_LOSE) {
		(void)!be_store_act(g->st, &read.act);
		be_acted_of(&acted, &read.act);
	}
	be_act_read_free(&read);
	if (fault == FAULT_SWALLOW || fault == FAULT_LOSE)
		return;
	ck_assert_int_eq(be_acted_put(&body, &acted), CB_OK);
	rig_answer(ch, m, CB_OK, &body);
}

/* ---- rights -------------------------------------------------------------- */

void
rig_grant(struct kept *k, struct be_rights *rights, enum be_right which,
    struct wire_grant *row)
{
	struct be_ask_signed s;

	memcpy(row->organisation, rig_keys.org->id, WIRE_ID);
	ck_assert_int_eq(wire_grant_put(&k->bytes[k->n], row), CB_OK);
	ck_assert_int_eq(be_grant_sign(&k->macs[k->n], rig_keys.org,
			     cb_buf_span(&k->bytes[k->n])),
	    CB_OK);
	s.bytes = cb_buf_span(&k->bytes[k->n]);
	s.mac = cb_buf_span(&k->macs[k->n]);
	k->n++;
	ck_assert_int_eq(be_rights_add(rights, which, &s), CB_OK);
}

void
rig_kept_clear(struct kept *k)
{
	for (size_t i = 0; i < k->n; i++) {
		cb_buf_free(&k->bytes[i]);
		cb_buf_free(&k->macs[i]);
	}
}

static void
rights_of(struct rig *g, const struct device *d, struct cb_buf *body)
{
	static struct be_rights rights;
	struct kept k = { .n = 0 };
	uint8_t fingerprint[CR_HASH];
	struct wire_grant row;

	rights.n = 0;
	rights.card_key = cb_buf_span(&g->card_key);
	rights.take_over = g->take_over;
	ck_assert_int_eq(
	    cr_sha256(cb_buf_span(&d->cert), fingerprint), CB_OK);
	row = (struct wire_grant){ .type = WIRE_GRANT_DEVICE };
	row.bytes[WIRE_G_DEVICE] = CB_SPAN_OF(d->id);
	row.bytes[WIRE_G_FINGERPRINT] = CB_SPAN_OF(fingerprint);
	row.number[WIRE_G_CLASS] = 2;
	row.number[WIRE_G_STATE] = BE_STATE_IN_USE;
	rig_grant(&k, &rights, BE_RIGHT_HOLDER, &row);
	row = (struct wire_grant){ .type = WIRE_GRANT_ASSIGNMENT };
	row.bytes[WIRE_G_CARD] = CB_SPAN_OF(g->card);
	row.bytes[WIRE_G_SUBJECT] = CB_SPAN_OF(d->id);
	row.number[WIRE_G_KIND] = BE_TO_DEVICE;
	row.number[WIRE_G_UNTIL] =
	    __atomic_load_n(&d->until, __ATOMIC_RELAXED);
	rig_grant(&k, &rights, BE_RIGHT_RIGHT, &row);
	row = (struct wire_grant){ .type = WIRE_GRANT_CARD };
	row.bytes[WIRE_G_CARD] = CB_SPAN_OF(g->card);
	row.number[WIRE_G_STATE] =
	    __atomic_load_n(&g->card_state, __ATOMIC_RELAXED);
	row.number[WIRE_G_VERSION] = 7;
	rig_grant(&k, &rights, BE_RIGHT_CARD, &row);
	if (__atomic_load_n(&d->revoked, __ATOMIC_RELAXED)) {
		row = (struct wire_grant){ .type = WIRE_GRANT_REVOCATION };
		row.bytes[WIRE_G_SUBJECT] = CB_SPAN_OF(d->id);
		row.bytes[WIRE_G_FINGERPRINT] = CB_SPAN_OF(fingerprint);
		row.number[WIRE_G_SINCE] = 1;
		rig_grant(&k, &rights, BE_RIGHT_REVOCATION, &row);
	}
	ck_assert_int_eq(be_rights_put(body, &rights), CB_OK);
	ck_assert_int_eq(cb_put_lv32(body, cb_span_str(RIG_ATR)), CB_OK);
	rig_kept_clear(&k);
}

static void
on_rights(struct rig *g, struct be_channel *ch, const struct be_message *m)
{
	struct cb_buf body = CB_BUF_INIT;
	struct be_ask_rights ask;
	enum cb_err code = CB_E_ABSENT;

	ck_assert_int_eq(be_ask_rights_get(m->body, &ask), CB_OK);
	for (int i = 0; i < DEVICES; i++)
		if (memcmp(g->devices[i].id, ask.holder, WIRE_ID) == 0 &&
		    __atomic_load_n(
			&g->devices[i].assigned, __ATOMIC_RELAXED)) {
			rights_of(g, &g->devices[i], &body);
			code = CB_OK;
		}
	rig_answer(ch, m, code, &body);
}

static void
on_token(struct rig *g, struct be_channel *ch, const struct be_message *m)
{
	struct be_rights none = { .n = 0 };
	struct kept k = { .n = 0 };
	struct cb_buf body = CB_BUF_INIT;
	struct wire_grant row = { .type = WIRE_GRANT_TOKEN };
	struct be_token token;
	uint8_t hash[CR_HASH];
	enum cb_err r;

	ck_assert_int_eq(be_ask_hash_get(m->body, hash), CB_OK);
	if ((r = be_store_token(g->st, hash, 2, &token, NULL)) == CB_OK) {
		row.bytes[WIRE_G_SUBJECT] = CB_SPAN_OF(token.subject);
		row.bytes[WIRE_G_FINGERPRINT] = CB_SPAN_OF(hash);
		row.bytes[WIRE_G_NAME] = cb_span_str(token.purpose);
		row.number[WIRE_G_CLASS] = token.class;
		row.number[WIRE_G_UNTIL] = token.until;
		rig_grant(&k, &none, BE_RIGHT_HOLDER, &row);
		r = be_ask_signed_put(&body, &none.rows[0]);
		rig_kept_clear(&k);
	}
	rig_answer(ch, m, r, &body);
}

/* ---- the others ---------------------------------------------------------- */

static void
on_records(struct rig *g, struct be_channel *ch, const struct be_message *m)
{
	struct cb_buf body = CB_BUF_INIT;
	struct be_ask_records ask;
	enum cb_err r;

	ck_assert_int_eq(be_ask_records_get(m->body, &ask), CB_OK);
	r = be_records_gather(
	    g->st, rig_keys.org->id, &ask, &body, NULL);
	rig_answer(ch, m, r, &body);
}

static enum cb_err
add_lease(void *ctx, const struct be_lease *lease)
{
	return be_ask_leases_put(ctx, lease);
}

static void
on_id(struct rig *g, struct be_channel *ch, const struct be_message *m)
{
	struct cb_buf body = CB_BUF_INIT;
	struct be_lease lease;
	uint8_t id[1][WIRE_ID];
	enum cb_err r = CB_E_ARG;

	ck_assert_int_eq(be_ask_ids_get(m->body, id, 1), CB_OK);
	if (m->type == BE_ASK_LEASES)
		r = be_store_sessions(g->st, rig_keys.org->id, id[0], 100,
		    add_lease, &body, NULL);
	else if (m->type == BE_ASK_LEASE &&
	    (r = be_store_lease(g->st, id[0], &lease, NULL)) == CB_OK)
		r = be_ask_lease_put(&body, &lease);
	rig_answer(ch, m, r, &body);
}

static void
on_session(struct rig *g, struct be_channel *ch, const struct be_message *m)
{
	struct cb_buf body = CB_BUF_INIT;
	struct be_lease lease;
	uint8_t ids[2][WIRE_ID];
	enum cb_err r;

	ck_assert_int_eq(be_ask_ids_get(m->body, ids, 2), CB_OK);
	if ((r = be_store_session(g->st, rig_keys.org->id, ids[0], ids[1],
		 &lease, NULL)) == CB_OK)
		r = be_ask_leases_put(&body, &lease);
	rig_answer(ch, m, r, &body);
}

static void
on_outcome(struct rig *g, struct be_channel *ch, const struct be_message *m)
{
	struct cb_buf body = CB_BUF_INIT;
	struct be_ask_outcome ask;
	bool done;
	enum cb_err r;

	ck_assert_int_eq(be_ask_outcome_get(m->body, &ask), CB_OK);
	if ((r = be_store_outcome(g->st, rig_keys.org->id, ask.act,
		 ask.request, &done, NULL)) == CB_OK)
		r = cb_put_u8(&body, done);
	rig_answer(ch, m, r, &body);
}

static void
on_answer(struct rig *g, struct be_channel *ch, const struct be_message *m)
{
	struct cb_buf body = CB_BUF_INIT, bytes = CB_BUF_INIT;
	struct be_ask_answer a;
	struct be_answered found;
	enum cb_err r;

	ck_assert_int_eq(be_ask_answer_get(m->body, &a), CB_OK);
	if ((r = be_store_answer(g->st, rig_keys.org->id, a.device,
		 a.session, a.number, a.request, a.look_up, &found.found,
		 &bytes, NULL)) == CB_OK) {
		found.bytes = cb_buf_span(&bytes);
		r = be_answered_put(&body, &found);
	}
	cb_buf_free(&bytes);
	rig_answer(ch, m, r, &body);
}

static void
say_disk(struct rig *g, struct be_channel *ch)
{
	const uint8_t now = __atomic_load_n(&g->disk, __ATOMIC_ACQUIRE);
	const struct be_message m = { .type = BE_ASK_DISK,
		.body = cb_span(&now, 1) };

	if (now != g->disk_said)
		ck_assert_int_ne(be_channel_send(ch, &m), CB_E_LIMIT);
	g->disk_said = now;
}

static void
serve(struct rig *g, struct be_channel *ch, const struct be_message *m)
{
	say_disk(g, ch);
	switch (m->type) {
	case BE_ASK_ACT:
		on_act(g, ch, m);
		break;
	case BE_ASK_RIGHTS:
		on_rights(g, ch, m);
		break;
	case BE_ASK_RECORDS:
		on_records(g, ch, m);
		break;
	case BE_ASK_SESSION:
		on_session(g, ch, m);
		break;
	case BE_ASK_ANSWER:
		on_answer(g, ch, m);
		break;
	case BE_ASK_TOKEN:
		on_token(g, ch, m);
		break;
	case BE_ASK_OUTCOME:
		on_outcome(g, ch, m);
		break;
	default:
		on_id(g, ch, m);
		break;
	}
}

/* Is this question kept for later? One that was kept is answered. It is one at
 * a time: what is asked of the same type meanwhile is answered. */
static bool
is_late(struct rig *g, struct be_channel *ch, const struct be_message *m)
{
	const bool late = __atomic_load_n(&g->late, __ATOMIC_ACQUIRE);
	const uint64_t id = __atomic_load_n(&g->late_id, __ATOMIC_RELAXED);
	struct be_message kept = { .type = (uint16_t)g->late_type,
		.id = id, .body = cb_buf_span(&g->late_body) };

	if (late && id == 0 && m->type == (uint16_t)g->late_type) {
		ck_assert_int_eq(
		    cb_buf_set(&g->late_body, m->body), CB_OK);
		__atomic_store_n(&g->late_id, m->id, __ATOMIC_RELAXED);
		return true;
	}
	if (!late && id != 0) {
		__atomic_store_n(&g->late_id, 0, __ATOMIC_RELAXED);
		if (!rig_on_desk(g, ch, &kept))
			serve(g, ch, &kept);
	}
	return false;
}

/* Is it the policy of inspected devices, and is there one? */
static bool
on_policy(struct rig *g, struct be_channel *ch, const struct be_message *m)
{
	struct wire_grant grant = { .type = WIRE_GRANT_POLICY };
	struct cb_buf bytes = CB_BUF_INIT, mac = CB_BUF_INIT,
		      body = CB_BUF_INIT;
	struct be_ask_rows ask;

	if (g->policy == NULL || m->type != BE_ASK_ROW)
		return false;
	ck_assert_int_eq(be_ask_rows_get(m->body, BE_ASK_ROW, &ask), CB_OK);
	if (ask.table != BE_POLICY ||
	    !cb_span_equal(ask.key.values[0].s, cb_span_str("inspected")))
		return false;
	memcpy(grant.organisation, rig_keys.org->id, WIRE_ID);
	grant.bytes[WIRE_G_NAME] = cb_span_str("inspected");
	grant.bytes[WIRE_G_VALUE] =
	    cb_span_str(g->forged ? "no" : g->policy);
	ck_assert_int_eq(wire_grant_put(&bytes, &grant), CB_OK);
	ck_assert_int_eq(
	    be_grant_sign(&mac, rig_keys.org, cb_buf_span(&bytes)), CB_OK);
	const struct be_value row[] = { BE_T(cb_span_str("inspected")),
		BE_B(cb_span_str(g->policy)), BE_B(cb_buf_span(&mac)) };

	ck_assert_int_eq(be_ask_row_put(&body, row, 3), CB_OK);
	rig_answer(ch, m, CB_OK, &body);
	cb_buf_free(&bytes);
	cb_buf_free(&mac);
	return true;
}

enum cb_err
rig_on_store(void *ctx, struct be_channel *ch, const struct be_message *m)
{
	struct rig *g = ctx;

	if (!is_late(g, ch, m) && !on_policy(g, ch, m) &&
	    !rig_on_desk(g, ch, m))
		serve(g, ch, m);
	return CB_OK;
}
