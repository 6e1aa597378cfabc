/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See trial.h.
 */
#include <string.h>

#include "backend/vault/enrol.h"
#include "backend/vault/mac.h"
#include "tests/backend/trial.h"
#include "tests/backend/vault.h"

const uint8_t trial_subject[WIRE_ID] = { 0xEE },
	      trial_other[WIRE_ID] = { 0xEF };

static const uint8_t fingerprint[CR_HASH] = { 0xF1 };

/* ---- what to make -------------------------------------------------------- */

void
trial_act(struct trial *t, const char *what)
{
	t->act.what = cb_span_str(what);
	t->order_n = 0;
}

struct wire_grant *
trial_row(struct trial *t, enum wire_grant_type type)
{
	struct wire_grant *g = &t->order[t->order_n++];
	const struct cb_span subject = CB_SPAN_OF(t->act.subject);

	*g = (struct wire_grant){ .type = type };
	memcpy(g->organisation, t->act.organisation, WIRE_ID);
	g->bytes[WIRE_G_ID] = g->bytes[WIRE_G_CARD] = subject;
	g->bytes[WIRE_G_DEVICE] = g->bytes[WIRE_G_PERSON] = subject;
	g->bytes[WIRE_G_SUBJECT] = g->bytes[WIRE_G_GROUP] = subject;
	g->bytes[WIRE_G_FINGERPRINT] = CB_SPAN_OF(fingerprint);
	g->bytes[WIRE_G_NAME] = cb_span_str(WIRE_TOKEN_DEVICE);
	g->bytes[WIRE_G_VALUE] = CB_SPAN_OF(fingerprint);
	g->number[WIRE_G_KIND] = BE_TO_DEVICE;
	g->number[WIRE_G_CLASS] = 1;
	g->number[WIRE_G_STATE] = BE_STATE_IN_USE;
	g->number[WIRE_G_ROLE] = WIRE_ROLE_REGISTRAR;
	g->number[WIRE_G_VERSION] = 1;
	g->number[WIRE_G_UNTIL] = (NOW + 60) * 1000;
	return g;
}

static void
init_rows(struct trial *t)
{
	struct wire_grant *r = t->rows;

	r[T_FACTOR].type = r[T_SECOND_FACTOR].type = WIRE_GRANT_FACTOR;
	r[T_ROLE].type = r[T_SECOND_ROLE].type = WIRE_GRANT_ROLE;
	r[T_REVOCATION].type = r[T_PLATFORM].type = WIRE_GRANT_REVOCATION;
	r[T_CARD].type = WIRE_GRANT_CARD;
	r[T_POLICY].type = r[T_UNBLOCK].type = WIRE_GRANT_POLICY;
	for (int i = 0; i < T_ROWS; i++) {
		const bool second =
		    i == T_SECOND_FACTOR || i == T_SECOND_ROLE;

		if (i != T_PLATFORM)
			memcpy(r[i].organisation, t->org.id, WIRE_ID);
		r[i].bytes[WIRE_G_ID] = CB_SPAN_OF(trial_other);
		r[i].bytes[WIRE_G_SUBJECT] = CB_SPAN_OF(trial_other);
		r[i].bytes[WIRE_G_DEVICE] = CB_SPAN_OF(trial_other);
		r[i].bytes[WIRE_G_CARD] = CB_SPAN_OF(trial_subject);
		r[i].bytes[WIRE_G_PERSON] = second
		    ? CB_SPAN_OF(t->approval.person)
		    : CB_SPAN_OF(t->act.person);
		r[i].number[WIRE_G_STATE] = BE_STATE_IN_USE;
		r[i].number[WIRE_G_VERSION] = 1;
		r[i].number[WIRE_G_ROLE] = WIRE_ROLE_ADMINISTRATOR;
		r[i].bytes[WIRE_G_NAME] = cb_span_str(BE_FACTOR_CERTIFICATE);
		r[i].bytes[WIRE_G_FINGERPRINT] = CB_SPAN_OF(fingerprint);
	}
	r[T_POLICY].bytes[WIRE_G_NAME] = cb_span_str(WIRE_POLICY_SECOND);
	r[T_UNBLOCK].bytes[WIRE_G_NAME] = cb_span_str(WIRE_POLICY_UNBLOCK);
	r[T_UNBLOCK].bytes[WIRE_G_VALUE] = cb_span_str(WIRE_UNBLOCK_ONLINE);
}

void
trial_init(struct trial *t)
{
	*t = (struct trial){ .org = *backend_get()->org, .worker = &t->org,
		.wraps_of = &t->org, .now = NOW, .tick = 1000, .made_at = 1000,
		.policy_n = 4, .policies_n = 2, .usage = WIRE_PERSON,
		.act = { .kind = WIRE_TEST, .id = { 0x31 },
		    .person = { 0x32 } },
		.approval = { .kind = WIRE_TEST, .person = { 0x33 },
		    .until = (NOW + 1) * 1000 } };
	memcpy(t->act.backend, t->org.self.id, WIRE_ID);
	memcpy(t->act.organisation, t->org.id, WIRE_ID);
	memcpy(t->act.subject, trial_subject, WIRE_ID);
	memcpy(t->certificate_of, t->org.id, WIRE_ID);
	memcpy(t->challenge_for, t->act.id, WIRE_ID);
	init_rows(t);
	trial_act(t, WIRE_ACT_CARD_NEW);
	(void)trial_row(t, WIRE_GRANT_CARD);
	(void)trial_row(t, WIRE_GRANT_ASSIGNMENT);
	be_challenges_init(&t->challenges, 4, 4);
	be_limit_init(&t->limit, NULL);
}

void
trial_of_platform(struct trial *t)
{
	t->org = *backend_get()->platform;
	memset(t->act.organisation, 0, WIRE_ID);
	memset(t->certificate_of, 0, WIRE_ID);
	for (int i = 0; i < T_ROWS; i++)
		memset(t->rows[i].organisation, 0, WIRE_ID);
}

void
trial_clear(struct trial *t)
{
	for (int i = 0; i < T_ROWS; i++) {
		cb_buf_free(&t->bytes[i]);
		cb_buf_free(&t->macs[i]);
	}
	for (int i = 0; i < 3; i++)
		wire_key_free(&t->keys[i]);
	cb_buf_free(&t->certs[0]);
	cb_buf_free(&t->certs[1]);
	cb_buf_free(&t->changes);
	cb_buf_free(&t->act_bytes);
	cb_buf_free(&t->approval_bytes);
	cb_buf_free(&t->card_key);
	cb_buf_free(&t->unblock);
	cb_buf_free(&t->given);
	be_granted_clear(&t->out);
	be_challenges_clear(&t->challenges);
	be_limit_clear(&t->limit);
	be_recovery_free(&t->recovery);
	be_root_free(&t->root);
}

/* ---- making -------------------------------------------------------------- */

/* Who signs: a certificate, and what the rows say of it. */
static void
make_person(struct trial *t, int i, const uint8_t id[WIRE_ID])
{
	ck_assert_int_eq(be_certificate_make(backend_get()->ring, t->usage,
			     id, t->certificate_of, NULL, 0, t->keys[i],
			     NULL, NOW, &t->certs[i]),
	    CB_OK);
	ck_assert_int_eq(
	    cr_sha256(cb_buf_span(&t->certs[i]), t->fingerprints[i]),
	    CB_OK);
	t->fingerprints[i][0] ^= t->other_fingerprint;
}

static void
make_rows(struct trial *t)
{
	struct wire_grant *r = t->rows;

	r[T_POLICY].bytes[WIRE_G_VALUE] = cb_span(t->policy, t->policy_n);
	for (int i = 0; i < T_ROWS; i++) {
		if (r[i].bytes[WIRE_G_VALUE].n == 0)
			r[i].bytes[WIRE_G_VALUE] = CB_SPAN_OF(
			    t->fingerprints[i == T_SECOND_FACTOR]);
		ck_assert_int_eq(wire_grant_put(&t->bytes[i], &r[i]), CB_OK);
		ck_assert_int_eq(
		    be_grant_sign(&t->macs[i],
			i == T_PLATFORM ? backend_get()->platform : &t->org,
			cb_buf_span(&t->bytes[i])),
		    CB_OK);
	}
}

static void
make_changes(struct trial *t)
{
	struct cb_buf bytes = CB_BUF_INIT;
	struct wire_change c;

	cb_buf_clear(&t->changes);
	for (int i = 0; i < t->order_n; i++) {
		cb_buf_clear(&bytes);
		ck_assert_int_eq(
		    wire_grant_put(&bytes, &t->order[i]), CB_OK);
		c = (struct wire_change){ t->removed[i],
			cb_buf_span(&bytes) };
		ck_assert_int_eq(wire_change_put(&t->changes, &c), CB_OK);
	}
	cb_buf_free(&bytes);
	t->act.count = t->order_n;
	t->act.changes = cb_buf_span(&t->changes);
}

static void
make_card(struct trial *t)
{
	struct cb_buf key = CB_BUF_INIT;

	ck_assert_int_eq(be_root_new(&t->root, &t->org.self), CB_OK);
	ck_assert_int_eq(be_recovery_new(&t->recovery, t->root), CB_OK);
	ck_assert_int_eq(
	    be_recovery_make(t->recovery, t->org.id, &key), CB_OK);
	ck_assert_int_eq(
	    be_recovery_open(t->recovery, &t->org, cb_buf_span(&key)),
	    CB_OK);
	ck_assert_int_eq(be_unblock_make(&t->org, trial_subject, t->secret,
			     &t->unblock),
	    CB_OK);
	ck_assert_int_eq(be_org_card_make(t->wraps_of, trial_subject, 1,
			     &t->card_key),
	    CB_OK);
	ck_assert_int_eq(be_org_card_open(t->wraps_of, trial_subject, 1,
			     cb_buf_span(&t->card_key), t->key),
	    CB_OK);
	if (t->no_recovery)
		t->org.recovery.version = 0;
	cb_buf_free(&key);
}

static void
make_messages(struct trial *t)
{
	static const uint8_t none[WIRE_ID];

	make_changes(t);
	if (!t->no_challenge)
		ck_assert_int_eq(be_challenge_new(&t->challenges, t->made_at,
				     t->act.organisation, none,
				     t->challenge_for, t->act.challenge),
		    CB_OK);
	t->act.certificate = cb_buf_span(&t->certs[0]);
	cb_buf_clear(&t->act_bytes);
	ck_assert_int_eq(wire_act_put(&t->act_bytes, &t->act,
			     t->keys[t->other_key ? 2 : 0]),
	    CB_OK);
	ck_assert_int_eq(
	    wire_act_request(&t->act, t->approval.request), CB_OK);
	t->approval.request[5] ^= t->other_request;
	t->approval.certificate = cb_buf_span(&t->certs[1]);
	cb_buf_clear(&t->approval_bytes);
	ck_assert_int_eq(wire_approval_put(&t->approval_bytes, &t->approval,
			     t->keys[t->other_second_key ? 2 : 1]),
	    CB_OK);
}

void
trial_make(struct trial *t)
{
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(wire_key_new_p256(&t->keys[i]), CB_OK);
	make_person(t, 0, t->act.person);
	make_person(t, 1, t->approval.person);
	make_rows(t);
	make_card(t);
	make_messages(t);
}

void
trial_again(struct trial *t, uint64_t tick)
{
	t->tick = tick;
	t->made_at = tick;
	t->challenge_for[1]++;
	memcpy(t->act.id, t->challenge_for, WIRE_ID);
	be_granted_clear(&t->out);
	cb_buf_clear(&t->given);
	make_messages(t);
}

/* ---- asking -------------------------------------------------------------- */

static struct be_signed
row(const struct trial *t, int i)
{
	return (struct be_signed){ cb_buf_span(&t->bytes[i]),
		cb_buf_span(&t->macs[i]) };
}

enum cb_err
trial_ask(struct trial *t)
{
	const struct be_signed revocation = row(t, T_REVOCATION),
	    platform = row(t, T_PLATFORM),
	    policies[] = { row(t, T_POLICY), row(t, T_UNBLOCK) };
	const bool new_card = cb_span_equal(
	    t->act.what, cb_span_str(WIRE_ACT_CARD_NEW));
	struct be_ordered ask = { .ring = backend_get()->ring,
		.org = t->worker,
		.recovery = t->no_recovery ? NULL : t->recovery,
		.challenges = &t->challenges, .unblocks = &t->limit,
		.now = t->now, .tick = t->tick,
		.act = cb_buf_span(&t->act_bytes),
		.factor = row(t, T_FACTOR), .role = row(t, T_ROLE),
		.card = row(t, T_CARD), .policies = policies,
		.policies_n = t->policies_n,
		.approval = t->with_approval
		    ? cb_buf_span(&t->approval_bytes) : CB_SPAN_EMPTY,
		.second_factor = row(t, T_SECOND_FACTOR),
		.second_role = row(t, T_SECOND_ROLE),
		.revocations = &revocation,
		.revocations_n = t->with_revocation ? 1 : 0,
		.platform = { backend_get()->platform, &platform,
		    t->with_platform ? 1 : 0 },
		.card_key = cb_buf_span(&t->card_key),
		.unblock = cb_buf_span(&t->unblock) };

	if (new_card && !t->is_there)
		ask.card = (struct be_signed){ CB_SPAN_EMPTY,
			CB_SPAN_EMPTY };
	return be_vault_grant(&ask, &t->out, &t->given, &t->refusal);
}

static void
check_refused(const struct trial *t)
{
	static const struct be_granted none;

	ck_assert_uint_eq(t->given.n, 0);
	ck_assert_mem_eq(&t->out, &none, sizeof(none));
}

/* Each row that is put has its MAC, in order. */
static void
check_given(struct trial *t)
{
	const bool first = cb_span_equal(
	    t->act.what, cb_span_str(WIRE_ACT_ORG_ADD));
	struct cb_span cur = t->act.changes, macs = cb_buf_span(&t->given);
	struct be_signed made;
	struct wire_change c;
	struct wire_grant g;

	for (unsigned i = 0; i < t->act.count; i++) {
		ck_assert_int_eq(wire_change_get(&cur, &c), CB_OK);
		if (c.remove)
			continue;
		made.bytes = c.row;
		made.mac = cb_span_head(macs, BE_GRANT_MAC);
		macs = cb_span_tail(macs, BE_GRANT_MAC);
		if (!first)
			ck_assert_int_eq(
			    be_grant_check(&made, t->worker, &g), CB_OK);
	}
	ck_assert_uint_eq(macs.n, 0);
	ck_assert_mem_eq(t->out.act, t->act.id, WIRE_ID);
	ck_assert_mem_eq(t->out.person, t->act.person, WIRE_ID);
	ck_assert_mem_eq(t->out.request, t->approval.request, CR_HASH);
	ck_assert_int_eq(t->out.has_second, t->with_approval);
	if (t->with_approval)
		ck_assert_mem_eq(t->out.second, t->approval.person, WIRE_ID);
}

static void
change(trial_fn *fn, struct trial *t)
{
	if (fn != NULL)
		fn(t);
}

void
trial_run(const struct trial_row *row)
{
	struct trial t;
	enum cb_err r;

	trial_init(&t);
	change(row->act, &t);
	change(row->early, &t);
	trial_make(&t);
	change(row->late, &t);
	r = trial_ask(&t);
	ck_assert_msg(t.refusal == row->refusal, "%s: %s", row->name,
	    be_refusal_text(t.refusal));
	ck_assert_int_eq(
	    r, row->refusal == BE_REFUSED_NOT ? CB_OK : CB_E_DENIED);
	if (row->refusal == BE_REFUSED_NOT)
		check_given(&t);
	else
		check_refused(&t);
	trial_clear(&t);
}
