/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * MACs for rows: what a person ordered gets them; with any one thing wrong
 * nothing does. And the first rows of an organisation.
 */
#include <string.h>

#include "backend/vault/act.h"
#include "backend/vault/enrol.h"
#include "backend/vault/found.h"
#include "backend/vault/mac.h"
#include "tests/backend/vault.h"

enum { FACTOR, ROLE, POLICY, SECOND_FACTOR, SECOND_ROLE, REVOCATION, ROWS };

static const uint8_t somebody[WIRE_ID] = { 0xEE };

/* All of it is right until a test changes one thing. */
struct trial {
	/* what to make: */
	struct be_org *worker;
	struct wire_act act;
	struct wire_approval approval;
	struct wire_grant rows[ROWS], order[2];
	bool removed[2];
	uint8_t challenge_for[WIRE_ID];
	uint8_t policy[5];
	size_t policy_n;
	int64_t now;
	uint64_t tick;
	enum wire_usage usage;
	bool with_approval, with_revocation, no_challenge, other_key,
		other_second_key, other_request, other_fingerprint;
	/* what was made: */
	struct wire_key *keys[3];
	struct cb_buf certs[2], bytes[ROWS], macs[ROWS], changes, order_bytes,
		act_bytes, approval_bytes;
	struct be_challenges challenges;
	uint8_t fingerprints[2][CR_HASH];
	struct be_granted out;
	struct cb_buf given;
	enum be_refusal refusal;
};

typedef void flaw(struct trial *t);

/* ---- making -------------------------------------------------------------- */

static void
trial_init(struct trial *t)
{
	struct be_org *org = backend_get()->org;
	struct wire_grant *r = t->rows;

	*t = (struct trial){ .worker = org, .now = NOW, .tick = 1000,
		.policy_n = 4, .usage = WIRE_PERSON,
		.act = { .kind = WIRE_TEST, .id = { 0x31 },
		    .person = { 0x32 }, .what = cb_span_str("rows") },
		.approval = { .kind = WIRE_TEST, .person = { 0x33 },
		    .until = (NOW + 1) * 1000 } };
	memcpy(t->act.backend, org->self.id, WIRE_ID);
	memcpy(t->act.organisation, org->id, WIRE_ID);
	memcpy(t->challenge_for, t->act.id, WIRE_ID);
	r[FACTOR].type = r[SECOND_FACTOR].type = WIRE_GRANT_FACTOR;
	r[ROLE].type = r[SECOND_ROLE].type = WIRE_GRANT_ROLE;
	r[POLICY].type = WIRE_GRANT_POLICY;
	r[REVOCATION].type = WIRE_GRANT_REVOCATION;
	for (int i = 0; i < ROWS; i++) {
		const bool second = i == SECOND_FACTOR || i == SECOND_ROLE;

		memcpy(r[i].organisation, org->id, WIRE_ID);
		r[i].bytes[WIRE_G_ID] = CB_SPAN_OF(somebody);
		r[i].bytes[WIRE_G_SUBJECT] = CB_SPAN_OF(somebody);
		r[i].bytes[WIRE_G_PERSON] = second
		    ? CB_SPAN_OF(t->approval.person)
		    : CB_SPAN_OF(t->act.person);
		r[i].number[WIRE_G_STATE] = BE_STATE_IN_USE;
		r[i].number[WIRE_G_ROLE] = WIRE_ROLE_ADMINISTRATOR;
		r[i].bytes[WIRE_G_NAME] = cb_span_str(
		    i == POLICY ? BE_POLICY_SECOND : BE_FACTOR_CERTIFICATE);
	}
	for (int i = 0; i < 2; i++) {
		t->order[i].type = i == 0 ? WIRE_GRANT_CARD : WIRE_GRANT_TOKEN;
		memcpy(t->order[i].organisation, org->id, WIRE_ID);
		t->order[i].bytes[WIRE_G_CARD] = CB_SPAN_OF(somebody);
		t->order[i].bytes[WIRE_G_SUBJECT] = CB_SPAN_OF(somebody);
		t->order[i].bytes[WIRE_G_PERSON] = CB_SPAN_OF(somebody);
		t->order[i].bytes[WIRE_G_NAME] =
		    cb_span_str(WIRE_TOKEN_DEVICE);
		t->order[i].bytes[WIRE_G_FINGERPRINT] =
		    CB_SPAN_OF(t->fingerprints[0]);
	}
	be_challenges_init(&t->challenges, 4, 4);
}

static void
trial_clear(struct trial *t)
{
	for (int i = 0; i < ROWS; i++) {
		cb_buf_free(&t->bytes[i]);
		cb_buf_free(&t->macs[i]);
	}
	for (int i = 0; i < 3; i++)
		wire_key_free(&t->keys[i]);
	cb_buf_free(&t->certs[0]);
	cb_buf_free(&t->certs[1]);
	cb_buf_free(&t->changes);
	cb_buf_free(&t->order_bytes);
	cb_buf_free(&t->act_bytes);
	cb_buf_free(&t->approval_bytes);
	cb_buf_free(&t->given);
	be_challenges_clear(&t->challenges);
}

/* Who signs: a certificate, and what the rows say of it. */
static void
make_person(struct trial *t, int i, const uint8_t id[WIRE_ID])
{
	struct backend *b = backend_get();

	ck_assert_int_eq(be_certificate_make(b->ring, t->usage, id,
			     b->org->id, NULL, 0, t->keys[i], NULL, NOW,
			     &t->certs[i]),
	    CB_OK);
	ck_assert_int_eq(cr_sha256(cb_buf_span(&t->certs[i]),
			     t->fingerprints[i]),
	    CB_OK);
	t->fingerprints[i][0] ^= t->other_fingerprint;
}

static void
make_rows(struct trial *t)
{
	struct wire_grant *r = t->rows;

	for (int i = 0; i < ROWS; i++) {
		r[i].bytes[WIRE_G_VALUE] = i == POLICY
		    ? cb_span(t->policy, t->policy_n)
		    : CB_SPAN_OF(t->fingerprints[i == SECOND_FACTOR]);
		r[i].bytes[WIRE_G_FINGERPRINT] = cb_span(
		    backend_get()->ring->books_public, CR_HASH);
		ck_assert_int_eq(wire_grant_put(&t->bytes[i], &r[i]), CB_OK);
		ck_assert_int_eq(be_grant_sign(&t->macs[i],
				     backend_get()->org,
				     cb_buf_span(&t->bytes[i])),
		    CB_OK);
	}
}

static void
make_changes(struct trial *t)
{
	struct wire_change c;

	for (int i = 0; i < 2; i++) {
		cb_buf_clear(&t->order_bytes);
		ck_assert_int_eq(
		    wire_grant_put(&t->order_bytes, &t->order[i]), CB_OK);
		c = (struct wire_change){ t->removed[i],
			cb_buf_span(&t->order_bytes) };
		ck_assert_int_eq(wire_change_put(&t->changes, &c), CB_OK);
	}
	t->act.count = 2;
	t->act.changes = cb_buf_span(&t->changes);
}

static void
trial_make(struct trial *t)
{
	static const uint8_t none[WIRE_ID];

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(wire_key_new_p256(&t->keys[i]), CB_OK);
	make_person(t, 0, t->act.person);
	make_person(t, 1, t->approval.person);
	make_rows(t);
	make_changes(t);
	if (!t->no_challenge)
		ck_assert_int_eq(be_challenge_new(&t->challenges, 1000,
				     t->act.organisation, none,
				     t->challenge_for, t->act.challenge),
		    CB_OK);
	t->act.certificate = cb_buf_span(&t->certs[0]);
	ck_assert_int_eq(wire_act_put(&t->act_bytes, &t->act,
			     t->keys[t->other_key ? 2 : 0]),
	    CB_OK);
	ck_assert_int_eq(
	    wire_act_request(&t->act, t->approval.request), CB_OK);
	t->approval.request[5] ^= t->other_request;
	t->approval.certificate = cb_buf_span(&t->certs[1]);
	ck_assert_int_eq(wire_approval_put(&t->approval_bytes, &t->approval,
			     t->keys[t->other_second_key ? 2 : 1]),
	    CB_OK);
}

static struct be_signed
row(const struct trial *t, int i)
{
	return (struct be_signed){ cb_buf_span(&t->bytes[i]),
		cb_buf_span(&t->macs[i]) };
}

static enum cb_err
trial_ask(struct trial *t)
{
	const struct be_signed revocation = row(t, REVOCATION);
	const struct be_ordered ask = { .ring = backend_get()->ring,
		.org = t->worker, .challenges = &t->challenges,
		.now = t->now, .tick = t->tick,
		.act = cb_buf_span(&t->act_bytes),
		.factor = row(t, FACTOR), .role = row(t, ROLE),
		.policy = row(t, POLICY),
		.approval = t->with_approval
		    ? cb_buf_span(&t->approval_bytes) : CB_SPAN_EMPTY,
		.second_factor = row(t, SECOND_FACTOR),
		.second_role = row(t, SECOND_ROLE),
		.revocations = &revocation,
		.revocations_n = t->with_revocation ? 1 : 0 };

	return be_vault_grant(&ask, &t->out, &t->given, &t->refusal);
}

/* ---- ways and flaws ------------------------------------------------------ */

/* clang-format off */
#define FLAW(name, change) static void name(struct trial *t) { change; }

FLAW(nothing, (void)t)
FLAW(registrar, t->rows[ROLE].number[WIRE_G_ROLE] = WIRE_ROLE_REGISTRAR)
FLAW(other_revoked, t->with_revocation = true)
/* of cards: bit 8 */
FLAW(demanded, t->policy[2] = 1)
FLAW(second, demanded(t); t->with_approval = true)
FLAW(second_unasked, t->with_approval = true)
FLAW(other_demanded, t->policy[3] = 1 << WIRE_GRANT_ROLE)
FLAW(a_role_row, t->order[1].type = WIRE_GRANT_ROLE)

FLAW(cut, t->act_bytes.n--)
FLAW(live, t->act.kind = WIRE_LIVE)
FLAW(other_backend, t->act.backend[0]++)
FLAW(other_worker, t->worker = backend_get()->other_org)
FLAW(never_made, t->no_challenge = true)
FLAW(other_act, t->challenge_for[0]++)
FLAW(too_late, t->tick = 1000 + BE_CHALLENGE_MS)
FLAW(a_device, t->usage = WIRE_DEVICE)
FLAW(over, t->now = NOW + 366 * 86400)
FLAW(other_key, t->other_key = true)
/* of the last row, its end: what was signed was another row */
FLAW(other_row, t->act_bytes.p[8 + 3 * WIRE_ID + 2 + 4 + 4 + 3 + 20] ^= 1)
FLAW(factor_mac, t->macs[FACTOR].p[20] ^= 1)
FLAW(factor_type, t->rows[FACTOR].type = WIRE_GRANT_POLICY)
FLAW(factor_state, t->rows[FACTOR].number[WIRE_G_STATE] = 2)
FLAW(factor_other, t->other_fingerprint = true)
FLAW(revoked, t->with_revocation = true;
    t->rows[REVOCATION].bytes[WIRE_G_SUBJECT] = CB_SPAN_OF(t->act.person))
FLAW(revocation_mac, t->with_revocation = true;
    t->macs[REVOCATION].p[20] ^= 1)
FLAW(role_mac, t->macs[ROLE].p[20] ^= 1)
FLAW(role_person,
    t->rows[ROLE].bytes[WIRE_G_PERSON] = CB_SPAN_OF(somebody))
FLAW(role_over, t->rows[ROLE].number[WIRE_G_UNTIL] = NOW * 1000)
FLAW(auditor, t->rows[ROLE].number[WIRE_G_ROLE] = WIRE_ROLE_AUDITOR)
FLAW(no_role, t->rows[ROLE].number[WIRE_G_ROLE] = 0)
FLAW(unknown_role, t->rows[ROLE].number[WIRE_G_ROLE] = 4)
FLAW(registrar_role, registrar(t); a_role_row(t))
FLAW(registrar_person, registrar(t);
    t->order[1].bytes[WIRE_G_NAME] = cb_span_str(WIRE_TOKEN_PERSON))
FLAW(registrar_removes, registrar(t); a_role_row(t); t->removed[1] = true)
FLAW(foreign_row, t->order[1].organisation[0]++)
FLAW(policy_none, t->bytes[POLICY].n = t->macs[POLICY].n = 0)
FLAW(policy_mac, t->bytes[POLICY].p[t->bytes[POLICY].n - 1] ^= 1)
FLAW(policy_name,
    t->rows[POLICY].bytes[WIRE_G_NAME] = cb_span_str("second"))
FLAW(policy_short, t->policy_n = 3)
FLAW(policy_long, t->policy_n = 5)
FLAW(approval_cut, t->approval_bytes.n--)
FLAW(approval_other, second(t); t->other_request = true)
FLAW(approval_live, second(t); t->approval.kind = WIRE_LIVE)
FLAW(approval_over, second(t); t->approval.until = NOW * 1000)
FLAW(approval_no_end, second(t); t->approval.until = 0)
FLAW(approval_key, second(t); t->other_second_key = true)
FLAW(second_same, second(t);
    memcpy(t->approval.person, t->act.person, WIRE_ID))
FLAW(second_auditor, second(t);
    t->rows[SECOND_ROLE].number[WIRE_G_ROLE] = WIRE_ROLE_AUDITOR)
FLAW(second_revoked, second(t); t->with_revocation = true;
    t->rows[REVOCATION].bytes[WIRE_G_SUBJECT] =
	CB_SPAN_OF(t->approval.person))
FLAW(second_factor, second(t);
    t->rows[SECOND_FACTOR].number[WIRE_G_STATE] = 2)

static const struct {
	const char *name;
	flaw *early, *late;
	enum be_refusal refusal;
} trials[] = {
	{ "as ordered", nothing, nothing, BE_REFUSED_NOT },
	{ "a registrar", registrar, nothing, BE_REFUSED_NOT },
	{ "a role", a_role_row, nothing, BE_REFUSED_NOT },
	{ "revoked, another", other_revoked, nothing, BE_REFUSED_NOT },
	{ "two of two", second, nothing, BE_REFUSED_NOT },
	{ "two, unasked", second_unasked, nothing, BE_REFUSED_NOT },
	{ "two for others", other_demanded, nothing, BE_REFUSED_NOT },
	{ "cut", nothing, cut, BE_REFUSED_ACT },
	{ "live", live, nothing, BE_REFUSED_KIND },
	{ "backend", other_backend, nothing, BE_REFUSED_KIND },
	{ "worker", other_worker, nothing, BE_REFUSED_ORGANISATION },
	{ "challenge", never_made, nothing, BE_REFUSED_CHALLENGE },
	{ "of another act", other_act, nothing, BE_REFUSED_CHALLENGE },
	{ "late", too_late, nothing, BE_REFUSED_CHALLENGE_AGE },
	{ "a device", a_device, nothing, BE_REFUSED_CERTIFICATE },
	{ "over", over, nothing, BE_REFUSED_CERTIFICATE_DATES },
	{ "key", other_key, nothing, BE_REFUSED_SIGNATURE },
	{ "row", nothing, other_row, BE_REFUSED_SIGNATURE },
	{ "factor mac", nothing, factor_mac, BE_REFUSED_HOLDER_MAC },
	{ "factor type", factor_type, nothing, BE_REFUSED_HOLDER },
	{ "factor state", factor_state, nothing, BE_REFUSED_HOLDER_STATE },
	{ "factor", factor_other, nothing, BE_REFUSED_HOLDER_CERTIFICATE },
	{ "revoked", revoked, nothing, BE_REFUSED_REVOKED },
	{ "revocation", nothing, revocation_mac, BE_REFUSED_REVOCATION_MAC },
	{ "role mac", nothing, role_mac, BE_REFUSED_RIGHT_MAC },
	{ "role of another", role_person, nothing, BE_REFUSED_RIGHT },
	{ "role over", role_over, nothing, BE_REFUSED_RIGHT_OVER },
	{ "auditor", auditor, nothing, BE_REFUSED_ROLE },
	{ "role 0", no_role, nothing, BE_REFUSED_ROLE },
	{ "role 4", unknown_role, nothing, BE_REFUSED_ROLE },
	{ "registrar, role", registrar_role, nothing, BE_REFUSED_ROLE },
	{ "registrar, person", registrar_person, nothing, BE_REFUSED_ROLE },
	{ "registrar, out", registrar_removes, nothing, BE_REFUSED_ROLE },
	{ "foreign row", foreign_row, nothing, BE_REFUSED_ROW },
	{ "no policy", nothing, policy_none, BE_REFUSED_POLICY_MAC },
	{ "policy", nothing, policy_mac, BE_REFUSED_POLICY_MAC },
	{ "policy type", policy_name, nothing, BE_REFUSED_POLICY },
	{ "policy short", policy_short, nothing, BE_REFUSED_POLICY },
	{ "policy long", policy_long, nothing, BE_REFUSED_POLICY },
	{ "one of two", demanded, nothing, BE_REFUSED_NO_SECOND },
	{ "approval cut", second, approval_cut, BE_REFUSED_APPROVAL },
	{ "approval", approval_other, nothing, BE_REFUSED_APPROVAL_OTHER },
	{ "approval live", approval_live, nothing, BE_REFUSED_APPROVAL_OTHER },
	{ "approval over", approval_over, nothing, BE_REFUSED_APPROVAL_OVER },
	{ "no end", approval_no_end, nothing, BE_REFUSED_APPROVAL_OVER },
	{ "approval key", approval_key, nothing, BE_REFUSED_SIGNATURE },
	{ "twice one", second_same, nothing, BE_REFUSED_SECOND_SAME },
	{ "auditor second", second_auditor, nothing, BE_REFUSED_ROLE },
	{ "second revoked", second_revoked, nothing, BE_REFUSED_REVOKED },
	{ "second state", second_factor, nothing, BE_REFUSED_HOLDER_STATE },
};
/* clang-format on */

static void
check_given(struct trial *t)
{
	struct cb_span cur = t->act.changes, macs = cb_buf_span(&t->given);
	struct be_signed made;
	struct wire_change c;
	struct wire_grant g;

	ck_assert_uint_eq(macs.n, 2 * BE_GRANT_MAC);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(wire_change_get(&cur, &c), CB_OK);
		made.bytes = c.row;
		made.mac = cb_span_head(macs, BE_GRANT_MAC);
		macs = cb_span_tail(macs, BE_GRANT_MAC);
		ck_assert_int_eq(be_grant_check(&made, t->worker, &g), CB_OK);
	}
	ck_assert_mem_eq(t->out.act, t->act.id, WIRE_ID);
	ck_assert_mem_eq(t->out.person, t->act.person, WIRE_ID);
	ck_assert_mem_eq(t->out.request, t->approval.request, CR_HASH);
	ck_assert_int_eq(t->out.has_second, t->with_approval);
	if (t->with_approval)
		ck_assert_mem_eq(t->out.second, t->approval.person, WIRE_ID);
}

START_TEST(what_was_ordered_is_granted)
{
	const enum be_refusal want = trials[_i].refusal;
	struct trial t;
	enum cb_err r;

	trial_init(&t);
	trials[_i].early(&t);
	trial_make(&t);
	trials[_i].late(&t);
	r = trial_ask(&t);
	ck_assert_msg(t.refusal == want, "%s: %s", trials[_i].name,
	    be_refusal_text(t.refusal));
	ck_assert_int_eq(r, want == BE_REFUSED_NOT ? CB_OK : CB_E_DENIED);
	if (want == BE_REFUSED_NOT)
		check_given(&t);
	else
		ck_assert_uint_eq(t.given.n, 0);
	trial_clear(&t);
}
END_TEST

/* A recording grants nothing, and what is removed has no MAC. */
START_TEST(an_act_is_granted_once)
{
	struct trial t;

	trial_init(&t);
	t.removed[0] = true;
	trial_make(&t);
	ck_assert_int_eq(trial_ask(&t), CB_OK);
	ck_assert_uint_eq(t.given.n, BE_GRANT_MAC);
	ck_assert_int_eq(trial_ask(&t), CB_E_DENIED);
	ck_assert_int_eq(t.refusal, BE_REFUSED_CHALLENGE);
	ck_assert_uint_eq(t.given.n, BE_GRANT_MAC);
	trial_clear(&t);
}
END_TEST

START_TEST(every_refusal_of_acts_is_tested)
{
	bool seen[BE_REFUSALS] = { false };

	for (int i = 0; i < COUNT(trials); i++)
		seen[trials[i].refusal] = true;
	for (int i = BE_REFUSED_ACT; i < BE_REFUSALS; i++)
		ck_assert_msg(
		    seen[i], "%s", be_refusal_text((enum be_refusal)i));
}
END_TEST

/* ---- the first rows ------------------------------------------------------ */

START_TEST(first_rows_are_of_new_keys)
{
	struct backend *b = backend_get();
	struct wire_grant g = { .type = WIRE_GRANT_ROLE }, back;
	struct cb_buf wraps[BE_ORG_KEYS] = { CB_BUF_INIT, CB_BUF_INIT,
		CB_BUF_INIT };
	struct cb_buf bytes = CB_BUF_INIT, mac = CB_BUF_INIT;
	struct cb_span spans[BE_ORG_KEYS], one;
	struct be_signed made;
	struct be_org *org;

	g.bytes[WIRE_G_PERSON] = CB_SPAN_OF(somebody);
	memcpy(g.organisation, b->org->id, WIRE_ID);
	ck_assert_int_eq(wire_grant_put(&bytes, &g), CB_OK);
	one = cb_buf_span(&bytes);
	ck_assert_int_eq(be_org_found(b->ring, b->other_org->id, &one, 1,
			     wraps, &mac),
	    CB_E_DENIED);
	ck_assert_uint_eq(wraps[0].n + mac.n, 0);
	ck_assert_int_eq(
	    be_org_found(b->ring, b->org->id, &one, 1, wraps, &mac), CB_OK);
	for (int i = 0; i < BE_ORG_KEYS; i++)
		spans[i] = cb_buf_span(&wraps[i]);
	ck_assert_int_eq(
	    be_org_open(&org, b->ring, b->org->id, spans), CB_OK);
	made = (struct be_signed){ one, cb_buf_span(&mac) };
	ck_assert_int_eq(be_grant_check(&made, org, &back), CB_OK);
	/* where there is such an organisation they grant nothing */
	ck_assert_int_eq(be_grant_check(&made, b->org, &back), CB_E_CRYPTO);
	be_org_free(&org);
	for (int i = 0; i < BE_ORG_KEYS; i++)
		cb_buf_free(&wraps[i]);
	cb_buf_free(&bytes);
	cb_buf_free(&mac);
}
END_TEST

Suite *
act_suite(void)
{
	Suite *s = suite_create("act");
	TCase *tc = tcase_create("act");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(
	    tc, what_was_ordered_is_granted, 0, COUNT(trials));
	tcase_add_test(tc, an_act_is_granted_once);
	tcase_add_test(tc, every_refusal_of_acts_is_tested);
	tcase_add_test(tc, first_rows_are_of_new_keys);
	suite_add_tcase(s, tc);
	return s;
}
