/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * MACs for rows: what a person ordered gets them; with any one thing wrong
 * about who signed nothing does. And the first rows of an organisation.
 */
#include <string.h>

#include "backend/vault/found.h"
#include "tests/backend/trial.h"
#include "tests/backend/vault.h"

/* ---- ways and flaws ------------------------------------------------------ */

/* clang-format off */
#define FLAW(name, change) static void name(struct trial *t) { change; }

FLAW(registrar, t->rows[T_ROLE].number[WIRE_G_ROLE] = WIRE_ROLE_REGISTRAR)
FLAW(other_revoked, t->with_revocation = true)
/* of cards: bit 8 */
FLAW(demanded, t->policy[2] = 1)
FLAW(second, demanded(t); t->with_approval = true)
FLAW(second_unasked, t->with_approval = true)
FLAW(other_demanded, t->policy[3] = 1 << WIRE_GRANT_ROLE)

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
/* of the first row's card: what was signed was another row */
FLAW(other_row,
    t->act_bytes.p[8 + 3 * WIRE_ID + 10 + WIRE_ID + 2 + 4 + 3 + 20] ^= 1)
FLAW(factor_mac, t->macs[T_FACTOR].p[20] ^= 1)
FLAW(factor_type, t->rows[T_FACTOR].type = WIRE_GRANT_POLICY)
FLAW(factor_state, t->rows[T_FACTOR].number[WIRE_G_STATE] = 2)
FLAW(factor_other, t->other_fingerprint = true)
FLAW(revoked, t->with_revocation = true;
    t->rows[T_REVOCATION].bytes[WIRE_G_SUBJECT] = CB_SPAN_OF(t->act.person))
FLAW(revocation_mac, t->with_revocation = true;
    t->macs[T_REVOCATION].p[20] ^= 1)
FLAW(role_mac, t->macs[T_ROLE].p[20] ^= 1)
FLAW(role_person,
    t->rows[T_ROLE].bytes[WIRE_G_PERSON] = CB_SPAN_OF(trial_other))
FLAW(role_over, t->rows[T_ROLE].number[WIRE_G_UNTIL] = NOW * 1000)
FLAW(auditor, t->rows[T_ROLE].number[WIRE_G_ROLE] = WIRE_ROLE_AUDITOR)
FLAW(no_role, t->rows[T_ROLE].number[WIRE_G_ROLE] = 0)
FLAW(unknown_role, t->rows[T_ROLE].number[WIRE_G_ROLE] = 4)
FLAW(registrar_person, registrar(t); trial_act(t, WIRE_ACT_PERSON_TOKEN);
    trial_row(t, WIRE_GRANT_TOKEN)->bytes[WIRE_G_NAME] =
	cb_span_str(WIRE_TOKEN_PERSON);
    (void)trial_row(t, WIRE_GRANT_ROLE))
FLAW(registrar_policy, registrar(t); trial_act(t, WIRE_ACT_ORG_SET))
FLAW(registrar_revokes, registrar(t); trial_act(t, WIRE_ACT_PERSON_REVOKE))
FLAW(registrar_founds, registrar(t); trial_of_platform(t);
    trial_act(t, WIRE_ACT_ORG_ADD))
FLAW(auditor_ends, t->rows[T_ROLE].number[WIRE_G_ROLE] = WIRE_ROLE_AUDITOR;
    trial_act(t, WIRE_ACT_SESSION_END))
FLAW(of_platform, memset(t->certificate_of, 0, WIRE_ID))
FLAW(of_other, memset(t->certificate_of, 0xA1, WIRE_ID))
FLAW(platform_other, t->with_platform = true)
FLAW(platform_person, t->with_platform = true;
    t->rows[T_PLATFORM].bytes[WIRE_G_SUBJECT] = CB_SPAN_OF(t->act.person))
FLAW(platform_certificate, t->with_platform = true;
    t->rows[T_PLATFORM].bytes[WIRE_G_FINGERPRINT] =
	CB_SPAN_OF(t->fingerprints[0]))
FLAW(platform_second, second(t); t->with_platform = true;
    t->rows[T_PLATFORM].bytes[WIRE_G_SUBJECT] =
	CB_SPAN_OF(t->approval.person))
FLAW(platform_mac, t->with_platform = true; t->macs[T_PLATFORM].p[20] ^= 1)
/* the organisation's key makes no row of the platform */
FLAW(platform_own, t->with_platform = true;
    ck_assert_int_eq(cb_buf_set(&t->bytes[T_PLATFORM],
	cb_buf_span(&t->bytes[T_REVOCATION])), CB_OK);
    ck_assert_int_eq(cb_buf_set(&t->macs[T_PLATFORM],
	cb_buf_span(&t->macs[T_REVOCATION])), CB_OK))
FLAW(policy_none, t->policies_n = 0)
FLAW(policy_mac, t->bytes[T_POLICY].p[t->bytes[T_POLICY].n - 1] ^= 1)
FLAW(policy_name,
    t->rows[T_POLICY].bytes[WIRE_G_NAME] = cb_span_str("second"))
FLAW(policy_short, t->policy_n = 3)
FLAW(policy_long, t->policy_n = 5)
FLAW(approval_cut, t->approval_bytes.n--)
FLAW(approval_other, second(t); t->other_request = true)
FLAW(approval_live, second(t); t->approval.kind = WIRE_LIVE)
FLAW(approval_over, second(t); t->approval.until = NOW * 1000)
FLAW(approval_long, second(t); t->approval.until = (NOW + 82801) * 1000)
FLAW(approval_day, second(t); t->approval.until = (NOW + 82800) * 1000)
FLAW(approval_no_end, second(t); t->approval.until = 0)
FLAW(approval_key, second(t); t->other_second_key = true)
FLAW(second_same, second(t);
    memcpy(t->approval.person, t->act.person, WIRE_ID))
FLAW(second_auditor, second(t);
    t->rows[T_SECOND_ROLE].number[WIRE_G_ROLE] = WIRE_ROLE_AUDITOR)
FLAW(second_revoked, second(t); t->with_revocation = true;
    t->rows[T_REVOCATION].bytes[WIRE_G_SUBJECT] =
	CB_SPAN_OF(t->approval.person))
FLAW(second_factor, second(t);
    t->rows[T_SECOND_FACTOR].number[WIRE_G_STATE] = 2)

static const struct trial_row trials[] = {
	{ "as ordered", NULL, NULL, NULL, BE_REFUSED_NOT },
	{ "a registrar", NULL, registrar, NULL, BE_REFUSED_NOT },
	{ "revoked, another", NULL, other_revoked, NULL, BE_REFUSED_NOT },
	{ "two of two", NULL, second, NULL, BE_REFUSED_NOT },
	{ "two, unasked", NULL, second_unasked, NULL, BE_REFUSED_NOT },
	{ "two, for a day", NULL, approval_day, NULL, BE_REFUSED_NOT },
	{ "two for others", NULL, other_demanded, NULL, BE_REFUSED_NOT },
	{ "of the platform", NULL, of_platform, NULL, BE_REFUSED_NOT },
	{ "platform, other", NULL, platform_other, NULL, BE_REFUSED_NOT },
	{ "cut", NULL, NULL, cut, BE_REFUSED_ACT },
	{ "live", NULL, live, NULL, BE_REFUSED_KIND },
	{ "backend", NULL, other_backend, NULL, BE_REFUSED_KIND },
	{ "worker", NULL, other_worker, NULL, BE_REFUSED_ORGANISATION },
	{ "challenge", NULL, never_made, NULL, BE_REFUSED_CHALLENGE },
	{ "of another act", NULL, other_act, NULL, BE_REFUSED_CHALLENGE },
	{ "late", NULL, too_late, NULL, BE_REFUSED_CHALLENGE_AGE },
	{ "a device", NULL, a_device, NULL, BE_REFUSED_CERTIFICATE },
	{ "over", NULL, over, NULL, BE_REFUSED_CERTIFICATE_DATES },
	{ "key", NULL, other_key, NULL, BE_REFUSED_SIGNATURE },
	{ "of another", NULL, of_other, NULL,
	    BE_REFUSED_CERTIFICATE_NAMES },
	{ "row", NULL, NULL, other_row, BE_REFUSED_SIGNATURE },
	{ "factor mac", NULL, NULL, factor_mac, BE_REFUSED_HOLDER_MAC },
	{ "factor type", NULL, factor_type, NULL, BE_REFUSED_HOLDER },
	{ "factor state", NULL, factor_state, NULL, BE_REFUSED_HOLDER_STATE },
	{ "factor", NULL, factor_other, NULL, BE_REFUSED_HOLDER_CERTIFICATE },
	{ "revoked", NULL, revoked, NULL, BE_REFUSED_REVOKED },
	{ "revocation", NULL, NULL, revocation_mac, BE_REFUSED_REVOCATION_MAC },
	{ "platform, out", NULL, platform_person, NULL, BE_REFUSED_REVOKED },
	{ "platform, cert", NULL, platform_certificate, NULL,
	    BE_REFUSED_REVOKED },
	{ "platform, second", NULL, platform_second, NULL,
	    BE_REFUSED_REVOKED },
	{ "platform mac", NULL, NULL, platform_mac,
	    BE_REFUSED_REVOCATION_MAC },
	{ "platform, own", NULL, NULL, platform_own,
	    BE_REFUSED_REVOCATION_MAC },
	{ "role mac", NULL, NULL, role_mac, BE_REFUSED_RIGHT_MAC },
	{ "role of another", NULL, role_person, NULL, BE_REFUSED_RIGHT },
	{ "role over", NULL, role_over, NULL, BE_REFUSED_RIGHT_OVER },
	{ "auditor", NULL, auditor, NULL, BE_REFUSED_ROLE },
	{ "role 0", NULL, no_role, NULL, BE_REFUSED_ROLE },
	{ "role 4", NULL, unknown_role, NULL, BE_REFUSED_ROLE },
	{ "registrar, person", NULL, registrar_person, NULL, BE_REFUSED_ROLE },
	{ "registrar, policy", NULL, registrar_policy, NULL, BE_REFUSED_ROLE },
	{ "registrar, out", NULL, registrar_revokes, NULL, BE_REFUSED_ROLE },
	{ "registrar founds", NULL, registrar_founds, NULL, BE_REFUSED_ROLE },
	{ "auditor, session", NULL, auditor_ends, NULL, BE_REFUSED_ROLE },
	{ "no policy", NULL, policy_none, NULL, BE_REFUSED_POLICY },
	{ "policy", NULL, NULL, policy_mac, BE_REFUSED_POLICY_MAC },
	{ "policy type", NULL, policy_name, NULL, BE_REFUSED_POLICY },
	{ "policy short", NULL, policy_short, NULL, BE_REFUSED_POLICY },
	{ "policy long", NULL, policy_long, NULL, BE_REFUSED_POLICY },
	{ "one of two", NULL, demanded, NULL, BE_REFUSED_NO_SECOND },
	{ "approval cut", NULL, second, approval_cut, BE_REFUSED_APPROVAL },
	{ "approval", NULL, approval_other, NULL, BE_REFUSED_APPROVAL_OTHER },
	{ "approval live", NULL, approval_live, NULL, BE_REFUSED_APPROVAL_OTHER },
	{ "approval over", NULL, approval_over, NULL, BE_REFUSED_APPROVAL_OVER },
	{ "for longer", NULL, approval_long, NULL, BE_REFUSED_APPROVAL_OVER },
	{ "no end", NULL, approval_no_end, NULL, BE_REFUSED_APPROVAL_OVER },
	{ "approval key", NULL, approval_key, NULL, BE_REFUSED_SIGNATURE },
	{ "twice one", NULL, second_same, NULL, BE_REFUSED_SECOND_SAME },
	{ "auditor second", NULL, second_auditor, NULL, BE_REFUSED_ROLE },
	{ "second revoked", NULL, second_revoked, NULL, BE_REFUSED_REVOKED },
	{ "second state", NULL, second_factor, NULL, BE_REFUSED_HOLDER_STATE },
};
/* clang-format on */

START_TEST(what_was_ordered_is_granted)
{
	trial_run(&trials[_i]);
}
END_TEST

/* A recording grants nothing, and what is removed has no MAC. */
START_TEST(an_act_is_granted_once)
{
	struct trial t;

	trial_init(&t);
	trial_make(&t);
	ck_assert_int_eq(trial_ask(&t), CB_OK);
	be_granted_clear(&t.out);
	cb_buf_clear(&t.given);
	ck_assert_int_eq(trial_ask(&t), CB_E_DENIED);
	ck_assert_int_eq(t.refusal, BE_REFUSED_CHALLENGE);
	ck_assert_uint_eq(t.given.n, 0);
	trial_clear(&t);
}
END_TEST

/* Those of what is ordered are tested in test_rule.c. */
START_TEST(every_refusal_of_signers_is_tested)
{
	bool seen[BE_REFUSALS] = { false };

	for (int i = 0; i < COUNT(trials); i++)
		seen[trials[i].refusal] = true;
	for (int i = BE_REFUSED_ACT; i < BE_REFUSED_WHAT; i++)
		ck_assert_msg(seen[i] || i == BE_REFUSED_ROW, "%s",
		    be_refusal_text((enum be_refusal)i));
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

	g.bytes[WIRE_G_PERSON] = CB_SPAN_OF(trial_other);
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
	tcase_add_test(tc, every_refusal_of_signers_is_tested);
	tcase_add_test(tc, first_rows_are_of_new_keys);
	suite_add_tcase(s, tc);
	return s;
}
