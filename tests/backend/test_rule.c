/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Each act, and what it may not do: rows that are not its own, rows about
 * something else, states that lead nowhere.
 */
#include <string.h>

#include "tests/backend/trial.h"
#include "tests/backend/vault.h"

/* clang-format off */
#define FLAW(name, change) static void name(struct trial *t) { change; }
#define ROW(type) (void)trial_row(t, WIRE_GRANT_##type)
#define NUMBER(i, field) t->order[i].number[WIRE_G_##field]
#define BYTES(i, field) t->order[i].bytes[WIRE_G_##field]
#define CARD_IS(s) t->rows[T_CARD].number[WIRE_G_STATE] = (s)

/* ---- acts ---------------------------------------------------------------- */

static const uint8_t one_signer[4];

static void
org_add(struct trial *t)
{
	struct wire_grant *g;

	trial_of_platform(t);
	trial_act(t, WIRE_ACT_ORG_ADD);
	g = trial_row(t, WIRE_GRANT_FACTOR);
	g->bytes[WIRE_G_PERSON] = CB_SPAN_OF(t->act.person);
	g->bytes[WIRE_G_NAME] = cb_span_str(BE_FACTOR_CERTIFICATE);
	g->bytes[WIRE_G_VALUE] = CB_SPAN_OF(t->fingerprints[0]);
	g = trial_row(t, WIRE_GRANT_ROLE);
	g->bytes[WIRE_G_PERSON] = CB_SPAN_OF(t->act.person);
	g->number[WIRE_G_ROLE] = WIRE_ROLE_ADMINISTRATOR;
	g->number[WIRE_G_UNTIL] = 0;
	g = trial_row(t, WIRE_GRANT_POLICY);
	g->bytes[WIRE_G_NAME] = cb_span_str(WIRE_POLICY_SECOND);
	g->bytes[WIRE_G_VALUE] = CB_SPAN_OF(one_signer);
	for (int i = 0; i < 3; i++)
		memcpy(t->order[i].organisation, trial_subject, WIRE_ID);
}

static struct wire_grant *
put_policy(struct trial *t, const char *name, const char *value)
{
	struct wire_grant *g = trial_row(t, WIRE_GRANT_POLICY);

	g->bytes[WIRE_G_NAME] = cb_span_str(name);
	g->bytes[WIRE_G_VALUE] = cb_span_str(value);
	return g;
}

FLAW(org_set, trial_act(t, WIRE_ACT_ORG_SET);
    memcpy(t->act.subject, t->org.id, WIRE_ID))
FLAW(org_policies, org_set(t);
    put_policy(t, WIRE_POLICY_UNBLOCK, WIRE_UNBLOCK_NONE);
    put_policy(t, WIRE_POLICY_INSPECTED, "yes"))
FLAW(signers, org_set(t);
    put_policy(t, WIRE_POLICY_SECOND, "abcd"))
FLAW(device_token, trial_act(t, WIRE_ACT_DEVICE_TOKEN); ROW(TOKEN))
FLAW(device_token_card, device_token(t); ROW(ASSIGNMENT);
    BYTES(1, CARD) = CB_SPAN_OF(trial_other))
FLAW(one_more_card, ROW(ASSIGNMENT))
FLAW(device_revoke, trial_act(t, WIRE_ACT_DEVICE_REVOKE); ROW(DEVICE);
    ROW(REVOCATION); NUMBER(0, STATE) = 2)
FLAW(token_back, trial_act(t, WIRE_ACT_DEVICE_REVOKE); ROW(TOKEN);
    t->removed[0] = true)
FLAW(person_token, trial_act(t, WIRE_ACT_PERSON_TOKEN); ROW(TOKEN);
    ROW(ROLE); BYTES(0, NAME) = cb_span_str(WIRE_TOKEN_PERSON))
FLAW(person_back, trial_act(t, WIRE_ACT_PERSON_REVOKE); ROW(TOKEN);
    t->removed[0] = true; BYTES(0, NAME) = cb_span_str(WIRE_TOKEN_PERSON))
FLAW(person_revoke, trial_act(t, WIRE_ACT_PERSON_REVOKE); ROW(FACTOR);
    ROW(REVOCATION); NUMBER(0, STATE) = 2)
FLAW(two_factors, person_revoke(t); ROW(FACTOR); ROW(REVOCATION);
    NUMBER(2, STATE) = 2;
    BYTES(2, VALUE) = BYTES(3, FINGERPRINT) = CB_SPAN_OF(t->fingerprints[1]))
FLAW(card_bare, trial_act(t, WIRE_ACT_CARD_NEW); ROW(CARD))
FLAW(card_of_platform, trial_of_platform(t); card_bare(t))
FLAW(card_set, trial_act(t, WIRE_ACT_CARD_SET))
FLAW(card_assign, trial_act(t, WIRE_ACT_CARD_ASSIGN); ROW(ASSIGNMENT))
FLAW(card_unassign, trial_act(t, WIRE_ACT_CARD_UNASSIGN); ROW(ASSIGNMENT);
    t->removed[0] = true)
FLAW(suspend, trial_act(t, WIRE_ACT_CARD_SUSPEND); ROW(CARD);
    NUMBER(0, STATE) = 2)
FLAW(resume, trial_act(t, WIRE_ACT_CARD_RESUME); ROW(CARD); CARD_IS(2))
FLAW(unblock, trial_act(t, WIRE_ACT_CARD_UNBLOCK))
FLAW(terminate, trial_act(t, WIRE_ACT_CARD_TERMINATE); ROW(CARD);
    NUMBER(0, STATE) = 3)
FLAW(session_end, trial_act(t, WIRE_ACT_SESSION_END))
FLAW(unknown, trial_act(t, "card-sell"))

/* ---- flaws --------------------------------------------------------------- */

FLAW(as_registrar, t->rows[T_ROLE].number[WIRE_G_ROLE] = WIRE_ROLE_REGISTRAR)
FLAW(all_demanded, memset(t->policy, 0xFF, 4))
FLAW(cards_demanded, t->policy[2] = 1)
FLAW(devices_demanded, t->policy[3] = 1 << WIRE_GRANT_DEVICE)
FLAW(people_demanded, t->policy[2] = 1 << (WIRE_GRANT_FACTOR - 8))
FLAW(others_demanded, memset(t->policy, 0xFF, 4); t->policy[2] = 0xFE)
FLAW(is_suspended, CARD_IS(2))
FLAW(is_terminated, CARD_IS(3))
/* 32 more than one in use */
FLAW(is_strange, CARD_IS(33))
FLAW(is_in_use, CARD_IS(1))
FLAW(card_other, t->rows[T_CARD].bytes[WIRE_G_CARD] = CB_SPAN_OF(trial_other))
FLAW(card_type, t->rows[T_CARD].type = WIRE_GRANT_DEVICE)
FLAW(card_mac, t->macs[T_CARD].p[20] ^= 1)
FLAW(card_none, t->bytes[T_CARD].n = t->macs[T_CARD].n = 0)
FLAW(card_revoked, t->with_revocation = true;
    t->rows[T_REVOCATION].bytes[WIRE_G_SUBJECT] = CB_SPAN_OF(trial_subject))

FLAW(foreign, t->order[0].organisation[0] ^= 1)
FLAW(foreign_last, t->order[1].organisation[0] ^= 1)
FLAW(of_founder, memset(t->order[1].organisation, 0, WIRE_ID))
FLAW(row_more, ROW(ROLE))
FLAW(token_more, ROW(TOKEN))
FLAW(token_removed, ROW(TOKEN); t->removed[2] = true)
FLAW(token_instead, t->order_n--; ROW(TOKEN); t->removed[1] = true)
FLAW(row_twice, t->order[t->order_n] = t->order[0]; t->order_n++)
FLAW(row_less, t->order_n--)
FLAW(no_rows, t->order_n = 0)
FLAW(first_removed, t->removed[0] = true)
FLAW(first_kept, t->removed[0] = false)
FLAW(last_removed, t->removed[t->order_n - 1] = true)
FLAW(group_member, ROW(MEMBER))
FLAW(a_network, ROW(NETWORK))

FLAW(of_signer, memcpy(t->act.subject, t->act.person, WIRE_ID);
    BYTES(0, SUBJECT) = CB_SPAN_OF(t->act.person))
FLAW(subject_other, memcpy(t->act.subject, trial_other, WIRE_ID);
    for (int i = 0; i < T_ORDERED; i++)
	for (int f = 0; f < WIRE_G_END; f++)
	    if (cb_span_equal(t->order[i].bytes[f], CB_SPAN_OF(trial_other)))
		t->order[i].bytes[f] = CB_SPAN_OF(trial_subject))
FLAW(is_there, t->is_there = true)
FLAW(card_first, BYTES(0, CARD) = CB_SPAN_OF(trial_other))
FLAW(device_first, BYTES(0, DEVICE) = CB_SPAN_OF(trial_other))
FLAW(person_first, BYTES(0, PERSON) = CB_SPAN_OF(trial_other))
FLAW(person_last, BYTES(1, PERSON) = CB_SPAN_OF(trial_other))
FLAW(subject_first, BYTES(0, SUBJECT) = CB_SPAN_OF(trial_other))
FLAW(subject_last, BYTES(1, SUBJECT) = CB_SPAN_OF(trial_other))
FLAW(card_last, BYTES(1, CARD) = CB_SPAN_OF(trial_other))
FLAW(to_group, NUMBER(1, KIND) = BE_TO_GROUP)
FLAW(to_all, NUMBER(1, KIND) = BE_TO_ORGANISATION;
    BYTES(1, SUBJECT) = CB_SPAN_OF(t->org.id))
FLAW(to_others, NUMBER(1, KIND) = BE_TO_ORGANISATION)
FLAW(to_none, NUMBER(1, KIND) = 0)
FLAW(org_none, memset(t->act.subject, 0, WIRE_ID);
    for (int i = 0; i < 3; i++)
	memset(t->order[i].organisation, 0, WIRE_ID))

FLAW(state_1, NUMBER(0, STATE) = 1)
FLAW(state_2, NUMBER(0, STATE) = 2)
FLAW(state_3, NUMBER(0, STATE) = 3)
FLAW(version_2, NUMBER(0, VERSION) = 2)
FLAW(both_2, version_2(t); t->rows[T_CARD].number[WIRE_G_VERSION] = 2)
FLAW(class_0, NUMBER(0, CLASS) = 0)
FLAW(class_3, NUMBER(0, CLASS) = 3)
FLAW(role_0, NUMBER(1, ROLE) = 0)
FLAW(role_4, NUMBER(1, ROLE) = 4)
FLAW(role_2, NUMBER(1, ROLE) = 2)
FLAW(for_ever, NUMBER(0, UNTIL) = 0)
FLAW(over, NUMBER(0, UNTIL) = NOW * 1000)
FLAW(role_ends, NUMBER(1, UNTIL) = (NOW + 60) * 1000)
FLAW(for_device, BYTES(0, NAME) = cb_span_str(WIRE_TOKEN_DEVICE))
FLAW(for_person, BYTES(0, NAME) = cb_span_str(WIRE_TOKEN_PERSON))
FLAW(a_password, BYTES(0, NAME) = cb_span_str("password"))
FLAW(fingerprint_0, BYTES(0, VALUE) = CB_SPAN_OF(t->fingerprints[1]))
FLAW(fingerprint_1, BYTES(1, FINGERPRINT) = CB_SPAN_OF(t->fingerprints[1]))
FLAW(revoked_more, ROW(REVOCATION))
FLAW(revoked_less, ROW(FACTOR); NUMBER(2, STATE) = 2)

FLAW(policy_name, put_policy(t, "colour", "red"))
FLAW(policy_short, put_policy(t, WIRE_POLICY_SECOND, "abc"))
FLAW(policy_bits, put_policy(t, WIRE_POLICY_SECOND, "abcd"))
FLAW(policy_value, put_policy(t, WIRE_POLICY_UNBLOCK, "often"))
FLAW(policy_word, put_policy(t, WIRE_POLICY_INSPECTED, "perhaps"))
FLAW(policy_twice, put_policy(t, WIRE_POLICY_UNBLOCK, WIRE_UNBLOCK_NONE))
FLAW(other_policy, BYTES(2, NAME) = cb_span_str(WIRE_POLICY_UNBLOCK);
    BYTES(2, VALUE) = cb_span_str(WIRE_UNBLOCK_NONE))
FLAW(online, memcpy(put_policy(t, WIRE_POLICY_UNBLOCK,
    WIRE_UNBLOCK_ONLINE)->organisation, trial_subject, WIRE_ID))
FLAW(in_organisation, t->org = *backend_get()->org;
    memcpy(t->act.organisation, t->org.id, WIRE_ID);
    memcpy(t->certificate_of, t->org.id, WIRE_ID);
    for (int i = 0; i < T_ROWS; i++)
	if (i != T_PLATFORM)
	    memcpy(t->rows[i].organisation, t->org.id, WIRE_ID))

FLAW(by_policy, t->rows[T_UNBLOCK].bytes[WIRE_G_VALUE] =
    cb_span_str(WIRE_UNBLOCK_NONE))
FLAW(no_policy, t->policies_n = 1)
FLAW(policy_edited, t->bytes[T_UNBLOCK].p[t->bytes[T_UNBLOCK].n - 1] ^= 1)
FLAW(no_recovery, t->no_recovery = true)
FLAW(foreign_wrap, t->wraps_of = backend_get()->other_org)
FLAW(wrap_edited, t->card_key.p[t->card_key.n - 1] ^= 1)
FLAW(unblock_edited, t->unblock.p[t->unblock.n - 1] ^= 1)
FLAW(unblock_none, t->unblock.n = 0)

static const struct trial_row trials[] = {
	{ "founding", org_add, NULL, NULL, BE_REFUSED_NOT },
	{ "founding, online", org_add, online, NULL, BE_REFUSED_NOT },
	{ "name", org_set, NULL, NULL, BE_REFUSED_NOT },
	{ "policies", org_policies, NULL, NULL, BE_REFUSED_NOT },
	{ "signers", org_set, policy_bits, NULL, BE_REFUSED_NOT },
	{ "device", device_token, as_registrar, NULL, BE_REFUSED_NOT },
	{ "its card", device_token_card, NULL, NULL, BE_REFUSED_NOT },
	{ "its cards", device_token_card, one_more_card, NULL,
	    BE_REFUSED_NOT },
	{ "out", device_revoke, as_registrar, NULL, BE_REFUSED_NOT },
	{ "back", token_back, as_registrar, NULL, BE_REFUSED_NOT },
	{ "person", person_token, NULL, NULL, BE_REFUSED_NOT },
	{ "person out", person_revoke, NULL, NULL, BE_REFUSED_NOT },
	{ "person back", person_back, NULL, NULL, BE_REFUSED_NOT },
	{ "with both", two_factors, NULL, NULL, BE_REFUSED_NOT },
	{ "card", NULL, as_registrar, NULL, BE_REFUSED_NOT },
	{ "bare", card_bare, NULL, NULL, BE_REFUSED_NOT },
	{ "to a group", NULL, to_group, NULL, BE_REFUSED_NOT },
	{ "to all", NULL, to_all, NULL, BE_REFUSED_NOT },
	{ "set", card_set, as_registrar, NULL, BE_REFUSED_NOT },
	{ "set, suspended", card_set, is_suspended, NULL, BE_REFUSED_NOT },
	{ "assign", card_assign, as_registrar, NULL, BE_REFUSED_NOT },
	{ "assign two", card_assign, row_twice, NULL, BE_REFUSED_NOT },
	{ "unassign", card_unassign, as_registrar, NULL, BE_REFUSED_NOT },
	{ "suspend", suspend, as_registrar, NULL, BE_REFUSED_NOT },
	{ "of version 2", suspend, both_2, NULL, BE_REFUSED_NOT },
	{ "resume", resume, as_registrar, NULL, BE_REFUSED_NOT },
	{ "unblock", unblock, as_registrar, NULL, BE_REFUSED_NOT },
	{ "terminate", terminate, as_registrar, NULL, BE_REFUSED_NOT },
	{ "suspended", terminate, is_suspended, NULL, BE_REFUSED_NOT },
	{ "session", session_end, as_registrar, NULL, BE_REFUSED_NOT },

	{ "unknown", unknown, NULL, NULL, BE_REFUSED_WHAT },
	{ "no platform", org_add, in_organisation, NULL, BE_REFUSED_WHAT },
	{ "platform's card", card_of_platform, NULL, NULL, BE_REFUSED_WHAT },

	/* acts without rows of cards take a second signer as those with */
	{ "set, two", card_set, cards_demanded, NULL, BE_REFUSED_NO_SECOND },
	{ "assign, two", card_assign, cards_demanded, NULL,
	    BE_REFUSED_NO_SECOND },
	{ "unassign, two", card_unassign, cards_demanded, NULL,
	    BE_REFUSED_NO_SECOND },
	{ "unblock, two", unblock, cards_demanded, NULL,
	    BE_REFUSED_NO_SECOND },
	{ "suspend, two", suspend, cards_demanded, NULL,
	    BE_REFUSED_NO_SECOND },
	{ "founding, two", org_add, all_demanded, NULL,
	    BE_REFUSED_NO_SECOND },
	/* nor does who enrols with a token go round it */
	{ "its card, two", device_token_card, cards_demanded, NULL,
	    BE_REFUSED_NO_SECOND },
	{ "device, two", device_token, devices_demanded, NULL,
	    BE_REFUSED_NO_SECOND },
	{ "device, one", device_token, people_demanded, NULL,
	    BE_REFUSED_NOT },
	{ "device, cards", device_token, cards_demanded, NULL,
	    BE_REFUSED_NOT },
	{ "person, two", person_token, people_demanded, NULL,
	    BE_REFUSED_NO_SECOND },
	{ "person, one", person_token, devices_demanded, NULL,
	    BE_REFUSED_NOT },
	/* what is in force is not turned off by one */
	{ "signers, two", signers, cards_demanded, NULL,
	    BE_REFUSED_NO_SECOND },
	{ "signers, one", signers, NULL, NULL, BE_REFUSED_NOT },
	{ "policies, one", org_policies, cards_demanded, NULL,
	    BE_REFUSED_NOT },
	{ "founding, one", org_add, cards_demanded, NULL, BE_REFUSED_NOT },
	{ "unblock, one", unblock, others_demanded, NULL, BE_REFUSED_NOT },
	{ "session, one", session_end, all_demanded, NULL, BE_REFUSED_NOT },

	{ "hidden", NULL, foreign_last, NULL, BE_REFUSED_ROW },
	{ "hidden first", device_token, foreign, NULL, BE_REFUSED_ROW },
	{ "founder's own", org_add, of_founder, NULL, BE_REFUSED_ROW },

	{ "a role, too", NULL, row_more, NULL, BE_REFUSED_ROWS },
	{ "a token, too", NULL, token_more, NULL, BE_REFUSED_ROWS },
	{ "a member", NULL, group_member, NULL, BE_REFUSED_ROWS },
	{ "a network", org_set, a_network, NULL, BE_REFUSED_ROWS },
	{ "two cards", NULL, row_twice, NULL, BE_REFUSED_ROWS },
	{ "no card", NULL, no_rows, NULL, BE_REFUSED_ROWS },
	{ "card away", card_bare, first_removed, NULL, BE_REFUSED_ROWS },
	{ "two tokens", device_token, row_twice, NULL, BE_REFUSED_ROWS },
	{ "no token", device_token, no_rows, NULL, BE_REFUSED_ROWS },
	{ "token away", device_token, first_removed, NULL, BE_REFUSED_ROWS },
	{ "not revoked", device_revoke, row_less, NULL, BE_REFUSED_ROWS },
	{ "unrevoked", device_revoke, last_removed, NULL, BE_REFUSED_ROWS },
	{ "none out", device_revoke, no_rows, NULL, BE_REFUSED_ROWS },
	{ "out and back", device_revoke, token_removed, NULL,
	    BE_REFUSED_ROWS },
	{ "half out, back", device_revoke, token_instead, NULL,
	    BE_REFUSED_VALUE },
	{ "token stays", token_back, first_kept, NULL, BE_REFUSED_ROWS },
	{ "no role", person_token, row_less, NULL, BE_REFUSED_ROWS },
	{ "role, set", card_set, row_more, NULL, BE_REFUSED_ROWS },
	{ "role, session", session_end, row_more, NULL, BE_REFUSED_ROWS },
	{ "role, unblock", unblock, row_more, NULL, BE_REFUSED_ROWS },
	{ "role, suspend", suspend, row_more, NULL, BE_REFUSED_ROWS },
	{ "none assigned", card_assign, no_rows, NULL, BE_REFUSED_ROWS },
	{ "assigned away", card_assign, first_removed, NULL,
	    BE_REFUSED_ROWS },
	{ "put back", card_unassign, first_kept, NULL, BE_REFUSED_ROWS },
	{ "not suspended", suspend, no_rows, NULL, BE_REFUSED_ROWS },
	{ "founded without", org_add, row_less, NULL, BE_REFUSED_ROWS },
	{ "with another", org_add, other_policy, NULL, BE_REFUSED_ROWS },
	{ "policy away", org_policies, last_removed, NULL, BE_REFUSED_ROWS },
	{ "revoked more", person_revoke, revoked_more, NULL,
	    BE_REFUSED_ROWS },
	{ "no person out", person_revoke, no_rows, NULL, BE_REFUSED_ROWS },
	{ "person, token", person_revoke, token_removed, NULL,
	    BE_REFUSED_VALUE },
	{ "person, stays", person_back, first_kept, NULL, BE_REFUSED_ROWS },
	{ "revoked less", person_revoke, revoked_less, NULL,
	    BE_REFUSED_ROWS },

	{ "new, other", card_bare, card_first, NULL, BE_REFUSED_SUBJECT },
	{ "to it, other", NULL, card_last, NULL, BE_REFUSED_SUBJECT },
	{ "subject", card_bare, subject_other, NULL, BE_REFUSED_SUBJECT },
	{ "suspend, other", suspend, card_first, NULL, BE_REFUSED_SUBJECT },
	{ "assign, other", card_assign, card_first, NULL,
	    BE_REFUSED_SUBJECT },
	{ "unassign, other", card_unassign, card_first, NULL,
	    BE_REFUSED_SUBJECT },
	{ "token, other", device_token, subject_first, NULL,
	    BE_REFUSED_SUBJECT },
	{ "its card, other", device_token_card, subject_last, NULL,
	    BE_REFUSED_SUBJECT },
	{ "its card, all", device_token_card, to_all, NULL,
	    BE_REFUSED_SUBJECT },
	{ "its card, group", device_token_card, to_group, NULL,
	    BE_REFUSED_SUBJECT },
	{ "out, other", device_revoke, device_first, NULL,
	    BE_REFUSED_SUBJECT },
	{ "revoked, other", device_revoke, subject_last, NULL,
	    BE_REFUSED_SUBJECT },
	{ "back, other", token_back, subject_first, NULL,
	    BE_REFUSED_SUBJECT },
	{ "back, others", person_back, subject_first, NULL,
	    BE_REFUSED_SUBJECT },
	{ "person, other", person_token, subject_first, NULL,
	    BE_REFUSED_SUBJECT },
	{ "one's own", person_token, of_signer, NULL, BE_REFUSED_SUBJECT },
	{ "one's own, device", device_token, of_signer, NULL,
	    BE_REFUSED_SUBJECT },
	{ "role, other", person_token, person_last, NULL,
	    BE_REFUSED_SUBJECT },
	{ "factor, other", person_revoke, person_first, NULL,
	    BE_REFUSED_SUBJECT },
	{ "founder, other", org_add, person_first, NULL,
	    BE_REFUSED_SUBJECT },
	{ "founder's role", org_add, person_last, NULL, BE_REFUSED_SUBJECT },
	{ "the platform", org_add, org_none, NULL, BE_REFUSED_SUBJECT },
	{ "org, other", org_policies, subject_other, NULL,
	    BE_REFUSED_SUBJECT },

	{ "new, suspended", card_bare, state_2, NULL, BE_REFUSED_VALUE },
	{ "new, version 2", card_bare, version_2, NULL, BE_REFUSED_VALUE },
	{ "to others", NULL, to_others, NULL, BE_REFUSED_VALUE },
	{ "to none", NULL, to_none, NULL, BE_REFUSED_VALUE },
	{ "suspend, 1", suspend, state_1, NULL, BE_REFUSED_VALUE },
	{ "suspend, 3", suspend, state_3, NULL, BE_REFUSED_VALUE },
	{ "suspend, key", suspend, version_2, NULL, BE_REFUSED_VALUE },
	{ "resume, 2", resume, state_2, NULL, BE_REFUSED_VALUE },
	{ "resume, key", resume, version_2, NULL, BE_REFUSED_VALUE },
	{ "terminate, 1", terminate, state_1, NULL, BE_REFUSED_VALUE },
	{ "terminate, key", terminate, version_2, NULL, BE_REFUSED_VALUE },
	{ "token, class", device_token, class_0, NULL, BE_REFUSED_VALUE },
	{ "token, class 3", device_token, class_3, NULL, BE_REFUSED_VALUE },
	{ "token, ever", device_token, for_ever, NULL, BE_REFUSED_VALUE },
	{ "token, over", device_token, over, NULL, BE_REFUSED_VALUE },
	{ "token, person", device_token, for_person, NULL,
	    BE_REFUSED_VALUE },
	{ "back, device", person_back, for_device, NULL, BE_REFUSED_VALUE },
	{ "back, person", token_back, for_person, NULL, BE_REFUSED_VALUE },
	{ "person, device", person_token, for_device, NULL,
	    BE_REFUSED_VALUE },
	{ "person, ever", person_token, for_ever, NULL, BE_REFUSED_VALUE },
	{ "role 0", person_token, role_0, NULL, BE_REFUSED_VALUE },
	{ "role 4", person_token, role_4, NULL, BE_REFUSED_VALUE },
	{ "device stays", device_revoke, state_1, NULL, BE_REFUSED_VALUE },
	{ "another's", device_revoke, fingerprint_1, NULL,
	    BE_REFUSED_VALUE },
	{ "person stays", person_revoke, state_1, NULL, BE_REFUSED_VALUE },
	{ "person's other", person_revoke, fingerprint_0, NULL,
	    BE_REFUSED_VALUE },
	{ "founder, no", org_add, state_2, NULL, BE_REFUSED_VALUE },
	{ "founder's word", org_add, a_password, NULL, BE_REFUSED_VALUE },
	{ "founder's key", org_add, fingerprint_0, NULL, BE_REFUSED_VALUE },
	{ "founder's 2", org_add, role_2, NULL, BE_REFUSED_VALUE },
	{ "founder's end", org_add, role_ends, NULL, BE_REFUSED_VALUE },
	{ "colour", org_policies, policy_name, NULL, BE_REFUSED_VALUE },
	{ "short", org_policies, policy_short, NULL, BE_REFUSED_VALUE },
	{ "often", org_set, policy_value, NULL, BE_REFUSED_VALUE },
	{ "perhaps", org_set, policy_word, NULL, BE_REFUSED_VALUE },
	{ "twice", org_policies, policy_twice, NULL, BE_REFUSED_VALUE },

	{ "set, card", card_set, card_other, NULL, BE_REFUSED_CARD },
	{ "suspend, card", suspend, card_other, NULL, BE_REFUSED_CARD },
	{ "unblock, card", unblock, card_other, NULL, BE_REFUSED_CARD },
	{ "a device's", suspend, card_type, NULL, BE_REFUSED_CARD },
	{ "set, mac", card_set, NULL, card_mac, BE_REFUSED_CARD_MAC },
	{ "resume, mac", resume, NULL, card_mac, BE_REFUSED_CARD_MAC },
	{ "resume, none", resume, NULL, card_none, BE_REFUSED_CARD_MAC },
	{ "revoked", unblock, card_revoked, NULL, BE_REFUSED_REVOKED },
	{ "is final", resume, is_terminated, NULL, BE_REFUSED_CARD_STATE },
	{ "final, set", card_set, is_terminated, NULL,
	    BE_REFUSED_CARD_STATE },
	{ "final, assign", card_assign, is_terminated, NULL,
	    BE_REFUSED_CARD_STATE },
	{ "final, unassign", card_unassign, is_terminated, NULL,
	    BE_REFUSED_CARD_STATE },
	{ "final, again", terminate, is_terminated, NULL,
	    BE_REFUSED_CARD_STATE },
	{ "final, unblock", unblock, is_terminated, NULL,
	    BE_REFUSED_CARD_STATE },
	{ "there already", card_bare, is_there, NULL,
	    BE_REFUSED_CARD_STATE },
	{ "strange", suspend, is_strange, NULL, BE_REFUSED_CARD_STATE },
	{ "suspend again", suspend, is_suspended, NULL,
	    BE_REFUSED_CARD_STATE },
	{ "resume, in use", resume, is_in_use, NULL, BE_REFUSED_CARD_STATE },
	{ "unblock, not", unblock, is_suspended, NULL,
	    BE_REFUSED_CARD_STATE },

	{ "unblock none", unblock, by_policy, NULL, BE_REFUSED_UNBLOCK },
	{ "unblock unsaid", unblock, no_policy, NULL, BE_REFUSED_UNBLOCK },
	{ "policy edited", unblock, NULL, policy_edited,
	    BE_REFUSED_POLICY_MAC },
	{ "edited, new", NULL, NULL, policy_edited, BE_REFUSED_POLICY_MAC },
	{ "no recovery", unblock, no_recovery, NULL,
	    BE_REFUSED_NO_RECOVERY },
	{ "foreign wrap", unblock, foreign_wrap, NULL, BE_REFUSED_CARD_KEY },
	{ "wrap edited", unblock, NULL, wrap_edited, BE_REFUSED_CARD_KEY },
	{ "secret edited", unblock, NULL, unblock_edited,
	    BE_REFUSED_UNBLOCK_KEY },
	{ "no secret", unblock, NULL, unblock_none, BE_REFUSED_UNBLOCK_KEY },
};
/* clang-format on */

START_TEST(an_act_does_what_it_says)
{
	trial_run(&trials[_i]);
}
END_TEST

/* The limit's is below. */
START_TEST(every_refusal_of_acts_is_tested)
{
	bool seen[BE_REFUSALS] = { false };

	for (int i = 0; i < COUNT(trials); i++)
		seen[trials[i].refusal] = true;
	seen[BE_REFUSED_UNBLOCK_LIMIT] = true;
	ck_assert(seen[BE_REFUSED_ROW]);
	for (int i = BE_REFUSED_WHAT; i < BE_REFUSALS; i++)
		ck_assert_msg(
		    seen[i], "%s", be_refusal_text((enum be_refusal)i));
}
END_TEST

/* ---- keys ---------------------------------------------------------------- */

static struct trial t;

static void
ask_for(trial_fn *act, trial_fn *early)
{
	trial_init(&t);
	if (act != NULL)
		act(&t);
	if (early != NULL)
		early(&t);
	trial_make(&t);
	ck_assert_int_eq(trial_ask(&t), CB_OK);
}

START_TEST(a_new_card_has_a_key_and_a_secret)
{
	uint8_t key[CR_KEY];

	ask_for(NULL, NULL);
	ck_assert(t.out.has_key && t.out.has_unblock);
	ck_assert_uint_eq(t.out.wraps_n, 2);
	ck_assert_int_eq(t.out.kinds[0], BE_CARD_KEY);
	ck_assert_int_eq(be_org_card_open(&t.org, trial_subject, 1,
			     cb_buf_span(&t.out.wraps[0]), key),
	    CB_OK);
	ck_assert_mem_eq(key, t.out.key, CR_KEY);
	ck_assert_mem_ne(key, t.key, CR_KEY);	/* not the one it was sent */
	ck_assert_int_eq(t.out.kinds[1], BE_UNBLOCK);
	ck_assert_int_eq(be_unblock_open(&t.org, trial_subject,
			     cb_buf_span(&t.out.wraps[1]), key),
	    CB_OK);
	ck_assert_mem_eq(key, t.out.unblock, CR_KEY);
	trial_clear(&t);
}
END_TEST

static trial_fn *const unkept[] = { by_policy, no_policy, no_recovery };

START_TEST(a_new_card_may_have_no_secret)
{
	static const uint8_t none[CR_KEY];

	ask_for(NULL, unkept[_i]);
	ck_assert(t.out.has_key && !t.out.has_unblock);
	ck_assert_uint_eq(t.out.wraps_n, 1);
	ck_assert_mem_eq(t.out.unblock, none, CR_KEY);
	trial_clear(&t);
}
END_TEST

START_TEST(unblocking_gives_the_secret_that_was_kept)
{
	ask_for(unblock, NULL);
	ck_assert(t.out.has_key && t.out.has_unblock);
	ck_assert_mem_eq(t.out.key, t.key, CR_KEY);
	ck_assert_mem_eq(t.out.unblock, t.secret, CR_KEY);
	ck_assert_mem_eq(t.out.card, trial_subject, WIRE_ID);
	ck_assert_uint_eq(t.out.wraps_n + t.given.n, 0);
	trial_clear(&t);
}
END_TEST

static trial_fn *const keyless[] = { org_set, device_token, person_token,
	card_set, card_assign, suspend, terminate, session_end };

START_TEST(other_acts_get_no_key)
{
	static const uint8_t none[CR_KEY];

	ask_for(keyless[_i], NULL);
	ck_assert(!t.out.has_key && !t.out.has_unblock);
	ck_assert_mem_eq(t.out.key, none, CR_KEY);
	ck_assert_mem_eq(t.out.unblock, none, CR_KEY);
	ck_assert_uint_eq(t.out.wraps_n, 0);
	trial_clear(&t);
}
END_TEST

START_TEST(cards_are_unblocked_so_often)
{
	ask_for(unblock, NULL);
	for (int i = 1; i < 10; i++) {
		/* what is refused for another reason counts for nothing */
		trial_again(&t, 1000);
		t.unblock.n--;
		ck_assert_int_eq(trial_ask(&t), CB_E_DENIED);
		ck_assert_int_eq(t.refusal, BE_REFUSED_UNBLOCK_KEY);
		t.unblock.n++;
		trial_again(&t, 1000);
		ck_assert_int_eq(trial_ask(&t), CB_OK);
	}
	trial_again(&t, 60999);
	ck_assert_int_eq(trial_ask(&t), CB_E_DENIED);
	ck_assert_int_eq(t.refusal, BE_REFUSED_UNBLOCK_LIMIT);
	ck_assert(!t.out.has_key && !t.out.has_unblock);
	/* then one a minute */
	trial_again(&t, 61000);
	ck_assert_int_eq(trial_ask(&t), CB_OK);
	trial_again(&t, 61000);
	ck_assert_int_eq(trial_ask(&t), CB_E_DENIED);
	ck_assert_int_eq(t.refusal, BE_REFUSED_UNBLOCK_LIMIT);
	trial_clear(&t);
}
END_TEST

START_TEST(a_new_organisation_has_keys_of_its_own)
{
	struct cb_span wraps[BE_ORG_KEYS];
	struct be_org *org;
	struct wire_change c;
	struct wire_grant g;
	struct cb_span cur;

	ask_for(org_add, NULL);
	ck_assert_uint_eq(t.out.wraps_n, BE_ORG_KEYS + 1);
	for (int i = 0; i < BE_ORG_KEYS; i++) {
		ck_assert_int_eq(t.out.kinds[i], BE_ORG + i);
		wraps[i] = cb_buf_span(&t.out.wraps[i]);
	}
	ck_assert_int_eq(be_org_open(&org, backend_get()->ring,
			     trial_subject, wraps),
	    CB_OK);
	cur = t.act.changes;
	for (unsigned i = 0; i < t.act.count; i++) {
		ck_assert_int_eq(wire_change_get(&cur, &c), CB_OK);
		const struct be_signed made = { c.row,
			cb_span_head(cb_span_tail(cb_buf_span(&t.given),
					 i * BE_GRANT_MAC),
			    BE_GRANT_MAC) };

		ck_assert_int_eq(be_grant_check(&made, org, &g), CB_OK);
	}
	ck_assert_int_eq(t.out.kinds[BE_ORG_KEYS], BE_RECOVERY);
	ck_assert_int_eq(be_recovery_open(t.recovery, org,
			     cb_buf_span(&t.out.wraps[BE_ORG_KEYS])),
	    CB_OK);
	be_org_free(&org);
	trial_clear(&t);
}
END_TEST

/* All the same but for its kind, which the whole backend has. */
START_TEST(a_live_organisation_begins_without_unblocking)
{
	struct be_ruling r = { .act = &t.act, .kind = WIRE_LIVE,
		.now = NOW, .fingerprint = t.fingerprints[0] };

	ask_for(org_add, online);
	r.rule = be_rule_find(t.act.what, t.act.organisation);
	ck_assert_int_eq(be_rule_check(&r), BE_REFUSED_VALUE);
	r.kind = WIRE_TEST;
	ck_assert_int_eq(be_rule_check(&r), BE_REFUSED_NOT);
	trial_clear(&t);
}
END_TEST

START_TEST(without_a_recovery_root_organisations_are_founded)
{
	ask_for(org_add, no_recovery);
	ck_assert_uint_eq(t.out.wraps_n, BE_ORG_KEYS);
	trial_clear(&t);
}
END_TEST

Suite *
rule_suite(void)
{
	Suite *s = suite_create("rule");
	TCase *tc = tcase_create("rule"), *slow = tcase_create("slow");

	tcase_set_timeout(slow, 60);
	tcase_set_tags(slow, "slow");
	tcase_add_loop_test(slow, an_act_does_what_it_says, 0, COUNT(trials));
	suite_add_tcase(s, slow);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, every_refusal_of_acts_is_tested);
	tcase_add_test(tc, a_new_card_has_a_key_and_a_secret);
	tcase_add_loop_test(
	    tc, a_new_card_may_have_no_secret, 0, COUNT(unkept));
	tcase_add_test(tc, unblocking_gives_the_secret_that_was_kept);
	tcase_add_loop_test(tc, other_acts_get_no_key, 0, COUNT(keyless));
	tcase_add_test(tc, cards_are_unblocked_so_often);
	tcase_add_test(tc, a_new_organisation_has_keys_of_its_own);
	tcase_add_test(tc, a_live_organisation_begins_without_unblocking);
	tcase_add_test(
	    tc, without_a_recovery_root_organisations_are_founded);
	suite_add_tcase(s, tc);
	return s;
}
