/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Opening: what is right opens; with any one thing wrong nothing does, the
 * log says what, and the outside is told the same each time.
 */
#include <string.h>

#include "backend/vault/held.h"
#include "backend/vault/mac.h"
#include "tests/backend/scene.h"
#include "tests/backend/vault.h"

static const uint8_t elsewhere[CR_HASH] = { 0xEE, 0xEE };

#define OTHER_ID cb_span(elsewhere, WIRE_ID)

/* clang-format off */
#define FLAW(name, change) \
	static void name(struct scene *s) { change; }

/* ---- ways that are right ------------------------------------------------- */

FLAW(nothing, (void)s)
FLAW(to_organisation,
    s->rows[RIGHT].number[WIRE_G_KIND] = BE_TO_ORGANISATION;
    s->rows[RIGHT].bytes[WIRE_G_SUBJECT] = CB_SPAN_OF(s->offer.organisation))
FLAW(to_group,
    s->with_group = true;
    s->rows[RIGHT].number[WIRE_G_KIND] = BE_TO_GROUP;
    s->rows[RIGHT].bytes[WIRE_G_SUBJECT] = s->rows[GROUP].bytes[WIRE_G_GROUP])
FLAW(revoked_other, s->with_revocation = true)
FLAW(until_later,
    s->rows[HOLDER].number[WIRE_G_UNTIL] = NOW * 1000 + 1;
    s->rows[RIGHT].number[WIRE_G_UNTIL] = NOW * 1000 + 1)
FLAW(there_other, s->with_revocation = s->of_platform = true;
    s->signers[REVOCATION] = backend_get()->platform;
    memset(s->rows[REVOCATION].organisation, 0, WIRE_ID))
FLAW(platform_person, memset(s->wish.organisation, 0, WIRE_ID))
FLAW(just_in_time, s->tick = s->made_at + BE_CHALLENGE_MS - 1)

static const struct { const char *name; flaw *way; bool is_person; } ways[] = {
	{ "to the device", nothing, false },
	{ "to the organisation", to_organisation, false },
	{ "to a group", to_group, false },
	{ "another is revoked", revoked_other, false },
	{ "until later", until_later, false },
	{ "just in time", just_in_time, false },
	{ "a person", nothing, true },
	{ "a person, another is revoked", revoked_other, true },
	{ "a person until later", until_later, true },
	{ "another is revoked there", there_other, false },
	{ "a person of the platform", platform_person, true },
};

/* ---- flaws --------------------------------------------------------------- */

FLAW(cut_offer, s->offer_bytes.n--)
FLAW(cut_accept, s->accept_bytes.n--)
FLAW(offer_live, s->offer.kind = WIRE_LIVE)
FLAW(accept_live, s->accept.kind = WIRE_LIVE)
FLAW(other_worker, s->worker = backend_get()->other_org)
FLAW(accept_session, s->accept.session[0]++)
FLAW(accept_card, s->accept.card[0]++)
FLAW(accept_org, s->accept.organisation[0]++)

FLAW(platform_device, memset(s->wish.organisation, 0, WIRE_ID))
FLAW(there_holder, there_other(s);
    s->rows[REVOCATION].bytes[WIRE_G_SUBJECT] = CB_SPAN_OF(s->accept.device))
FLAW(there_card, there_other(s);
    s->rows[REVOCATION].bytes[WIRE_G_SUBJECT] = CB_SPAN_OF(s->offer.card))
FLAW(there_mac, s->with_revocation = s->of_platform = true)

FLAW(never_made, s->no_challenge = true)
FLAW(used_before, s->used_before = true)
FLAW(too_late, s->tick = s->made_at + BE_CHALLENGE_MS)
FLAW(other_challenge, s->other_challenge = true)
FLAW(challenge_card, s->card[0]++)
FLAW(challenge_session, s->session[0]++)
FLAW(challenge_org, s->org[0]++)

FLAW(other_authority, s->other_authority = true)
FLAW(usage_person, s->wish.usage = WIRE_PERSON)
FLAW(usage_device, s->wish.usage = WIRE_DEVICE)
FLAW(usage_door, s->wish.usage = WIRE_DOOR)
FLAW(certificate_live, s->wish.kind = WIRE_LIVE)
FLAW(certificate_over, s->now = s->wish.until + 1)
FLAW(certificate_early, s->now = s->wish.from - 1)
FLAW(certificate_subject, s->wish.subject[0]++)
FLAW(certificate_org, s->wish.organisation[0]++)

FLAW(other_key, s->other_key = true)
FLAW(changed_accept, s->accept_bytes.p[104] ^= 1 /* take over */)
FLAW(changed_half, s->accept_bytes.p[80] ^= 1 /* agreement */)
FLAW(changed_offer, s->offer_bytes.p[90] ^= 1 /* agreement */)

FLAW(holder_mac, s->macs[HOLDER].p[20] ^= 1)
FLAW(holder_none, s->bytes[HOLDER].n = s->macs[HOLDER].n = 0)
FLAW(holder_changed, s->bytes[HOLDER].p[40] ^= 1)
FLAW(holder_foreign,
    s->signers[HOLDER] = backend_get()->other_org;
    memcpy(s->rows[HOLDER].organisation, s->signers[HOLDER]->id, WIRE_ID))
FLAW(holder_type, s->rows[HOLDER].type = WIRE_GRANT_ROLE)
FLAW(holder_id,
    s->rows[HOLDER].bytes[WIRE_G_DEVICE] = OTHER_ID;
    s->rows[HOLDER].bytes[WIRE_G_PERSON] = OTHER_ID)
FLAW(holder_name, s->rows[HOLDER].bytes[WIRE_G_NAME] = cb_span_str("totp"))
FLAW(holder_state, s->rows[HOLDER].number[WIRE_G_STATE] = 2)
FLAW(holder_state_0, s->rows[HOLDER].number[WIRE_G_STATE] = 0)
FLAW(holder_until, s->rows[HOLDER].number[WIRE_G_UNTIL] = NOW * 1000)
FLAW(holder_fingerprint, s->other_fingerprint = true)

FLAW(revocation_mac, s->macs[REVOCATION].p[20] ^= 1)
FLAW(revocation_type,
    s->with_revocation = true; s->rows[REVOCATION].type = WIRE_GRANT_ROLE)
FLAW(revoked_holder, s->with_revocation = true;
    s->rows[REVOCATION].bytes[WIRE_G_SUBJECT] = CB_SPAN_OF(s->accept.device))
FLAW(revoked_card, s->with_revocation = true;
    s->rows[REVOCATION].bytes[WIRE_G_SUBJECT] = CB_SPAN_OF(s->offer.card))

FLAW(right_mac, s->macs[RIGHT].p[20] ^= 1)
FLAW(right_type, s->rows[RIGHT].type = WIRE_GRANT_CARD)
FLAW(right_card, s->rows[RIGHT].bytes[WIRE_G_CARD] = OTHER_ID)
FLAW(right_subject, s->rows[RIGHT].bytes[WIRE_G_SUBJECT] = OTHER_ID)
FLAW(right_person, s->rows[RIGHT].bytes[WIRE_G_PERSON] = OTHER_ID)
FLAW(right_org, s->rows[RIGHT].number[WIRE_G_KIND] = BE_TO_ORGANISATION)
FLAW(right_kind, s->rows[RIGHT].number[WIRE_G_KIND] = 4)
FLAW(right_until, s->rows[RIGHT].number[WIRE_G_UNTIL] = NOW * 1000)
FLAW(group_none, to_group(s); s->with_group = false)
FLAW(group_mac, s->macs[GROUP].p[20] ^= 1)
FLAW(group_other, to_group(s); s->rows[GROUP].bytes[WIRE_G_GROUP] = OTHER_ID)
FLAW(group_device, to_group(s); s->rows[GROUP].bytes[WIRE_G_DEVICE] = OTHER_ID)
FLAW(group_type, to_group(s); s->rows[GROUP].type = WIRE_GRANT_POLICY)

FLAW(card_mac, s->macs[CARD].p[20] ^= 1)
FLAW(card_type, s->rows[CARD].type = WIRE_GRANT_ROLE)
FLAW(card_other, s->rows[CARD].bytes[WIRE_G_CARD] = OTHER_ID)
FLAW(card_suspended, s->rows[CARD].number[WIRE_G_STATE] = 2)
FLAW(card_terminated, s->rows[CARD].number[WIRE_G_STATE] = 3)

FLAW(secret_session, s->label_session[0]++)
FLAW(secret_card, s->label_card[0]++)
FLAW(secret_org, s->label_org[0]++)

FLAW(key_card, s->key_card[0]++)
FLAW(key_version, s->key_version++)
FLAW(key_org, s->key_org = backend_get()->other_org)
FLAW(key_cut, s->wrap.n--)

static const struct {
	const char *name;
	flaw *early, *late;
	bool is_person;
	enum be_refusal refusal;
} flaws[] = {
	{ "offer cut", nothing, cut_offer, false, BE_REFUSED_OFFER },
	{ "accept cut", nothing, cut_accept, false, BE_REFUSED_ACCEPT },
	{ "offer live", offer_live, NULL, false, BE_REFUSED_KIND },
	{ "accept live", accept_live, NULL, false, BE_REFUSED_KIND },
	{ "other worker", nothing, other_worker, false, BE_REFUSED_ORGANISATION },
	{ "accept session", accept_session, NULL, false, BE_REFUSED_MISMATCH },
	{ "accept card", accept_card, NULL, false, BE_REFUSED_MISMATCH },
	{ "accept organisation", accept_org, NULL, false, BE_REFUSED_MISMATCH },

	{ "no challenge", never_made, NULL, false, BE_REFUSED_CHALLENGE },
	{ "used before", used_before, NULL, false, BE_REFUSED_CHALLENGE },
	{ "too late", too_late, NULL, false, BE_REFUSED_CHALLENGE_AGE },
	{ "other challenge", other_challenge, NULL, false, BE_REFUSED_CHALLENGE_OTHER },
	{ "for another card", challenge_card, NULL, false, BE_REFUSED_CHALLENGE_OTHER },
	{ "for another session", challenge_session, NULL, false, BE_REFUSED_CHALLENGE },
	{ "for another organisation", challenge_org, NULL, false, BE_REFUSED_CHALLENGE },

	{ "authority", other_authority, NULL, false, BE_REFUSED_CERTIFICATE },
	{ "a person's", usage_person, NULL, false, BE_REFUSED_CERTIFICATE },
	{ "a device's", usage_device, NULL, true, BE_REFUSED_CERTIFICATE },
	{ "a door's", usage_door, NULL, false, BE_REFUSED_CERTIFICATE },
	{ "live certificate", certificate_live, NULL, false, BE_REFUSED_CERTIFICATE },
	{ "over", certificate_over, NULL, false, BE_REFUSED_CERTIFICATE_DATES },
	{ "not yet", certificate_early, NULL, false, BE_REFUSED_CERTIFICATE_DATES },
	{ "subject", certificate_subject, NULL, false, BE_REFUSED_CERTIFICATE_NAMES },
	{ "organisation", certificate_org, NULL, false, BE_REFUSED_CERTIFICATE_NAMES },
	{ "person's", certificate_org, NULL, true, BE_REFUSED_CERTIFICATE_NAMES },
	{ "platform's", platform_device, NULL, false, BE_REFUSED_CERTIFICATE_NAMES },

	{ "other key", other_key, NULL, false, BE_REFUSED_SIGNATURE },
	{ "a person's other key", other_key, NULL, true, BE_REFUSED_SIGNATURE },
	{ "accept changed", nothing, changed_accept, false, BE_REFUSED_SIGNATURE },
	{ "half changed", nothing, changed_half, false, BE_REFUSED_SIGNATURE },
	{ "offer changed", nothing, changed_offer, false, BE_REFUSED_SIGNATURE },

	{ "holder mac", nothing, holder_mac, false, BE_REFUSED_HOLDER_MAC },
	{ "holder none", nothing, holder_none, false, BE_REFUSED_HOLDER_MAC },
	{ "holder changed", nothing, holder_changed, false, BE_REFUSED_HOLDER_MAC },
	{ "holder foreign", holder_foreign, NULL, false, BE_REFUSED_HOLDER_MAC },
	{ "holder type", holder_type, NULL, false, BE_REFUSED_HOLDER },
	{ "holder id", holder_id, NULL, false, BE_REFUSED_HOLDER },
	{ "holder state", holder_state, NULL, false, BE_REFUSED_HOLDER_STATE },
	{ "holder state 0", holder_state_0, NULL, false, BE_REFUSED_HOLDER_STATE },
	{ "holder until", holder_until, NULL, false, BE_REFUSED_HOLDER_STATE },
	{ "fingerprint", holder_fingerprint, NULL, false, BE_REFUSED_HOLDER_CERTIFICATE },
	{ "factor mac", nothing, holder_mac, true, BE_REFUSED_HOLDER_MAC },
	{ "factor type", holder_type, NULL, true, BE_REFUSED_HOLDER },
	{ "factor person", holder_id, NULL, true, BE_REFUSED_HOLDER },
	{ "factor name", holder_name, NULL, true, BE_REFUSED_HOLDER },
	{ "factor state", holder_state, NULL, true, BE_REFUSED_HOLDER_STATE },
	{ "factor value", holder_fingerprint, NULL, true, BE_REFUSED_HOLDER_CERTIFICATE },

	{ "revocation mac", revoked_other, revocation_mac, false, BE_REFUSED_REVOCATION_MAC },
	{ "revocation type", revocation_type, NULL, false, BE_REFUSED_REVOCATION_MAC },
	{ "revoked holder", revoked_holder, NULL, false, BE_REFUSED_REVOKED },
	{ "revoked card", revoked_card, NULL, false, BE_REFUSED_REVOKED },
	{ "revoked person", revoked_holder, NULL, true, BE_REFUSED_REVOKED },
	{ "revoked there", there_holder, NULL, false, BE_REFUSED_REVOKED },
	{ "card there", there_card, NULL, false, BE_REFUSED_REVOKED },
	{ "person there", there_holder, NULL, true, BE_REFUSED_REVOKED },
	{ "there, own mac", there_mac, NULL, false, BE_REFUSED_REVOCATION_MAC },

	{ "right mac", nothing, right_mac, false, BE_REFUSED_RIGHT_MAC },
	{ "right type", right_type, NULL, false, BE_REFUSED_RIGHT },
	{ "right card", right_card, NULL, false, BE_REFUSED_RIGHT },
	{ "right subject", right_subject, NULL, false, BE_REFUSED_RIGHT },
	{ "right organisation", right_org, NULL, false, BE_REFUSED_RIGHT },
	{ "right kind", right_kind, NULL, false, BE_REFUSED_RIGHT },
	{ "right until", right_until, NULL, false, BE_REFUSED_RIGHT_OVER },
	{ "no group", group_none, NULL, false, BE_REFUSED_GROUP_MAC },
	{ "group mac", to_group, group_mac, false, BE_REFUSED_GROUP_MAC },
	{ "group", group_other, NULL, false, BE_REFUSED_GROUP },
	{ "group device", group_device, NULL, false, BE_REFUSED_GROUP },
	{ "group type", group_type, NULL, false, BE_REFUSED_GROUP },
	{ "role mac", nothing, right_mac, true, BE_REFUSED_RIGHT_MAC },
	{ "role type", right_type, NULL, true, BE_REFUSED_RIGHT },
	{ "role person", right_person, NULL, true, BE_REFUSED_RIGHT },
	{ "role until", right_until, NULL, true, BE_REFUSED_RIGHT_OVER },

	{ "card mac", nothing, card_mac, false, BE_REFUSED_CARD_MAC },
	{ "card type", card_type, NULL, false, BE_REFUSED_CARD },
	{ "card other", card_other, NULL, false, BE_REFUSED_CARD },
	{ "card suspended", card_suspended, NULL, false, BE_REFUSED_CARD_STATE },
	{ "card terminated", card_terminated, NULL, false, BE_REFUSED_CARD_STATE },

	{ "secret session", secret_session, NULL, false, BE_REFUSED_SECRET },
	{ "secret card", secret_card, NULL, false, BE_REFUSED_SECRET },
	{ "secret organisation", secret_org, NULL, false, BE_REFUSED_SECRET },
	{ "secret of a person", secret_session, NULL, true, BE_REFUSED_SECRET },

	{ "key of a card", key_card, NULL, false, BE_REFUSED_CARD_KEY },
	{ "key version", key_version, NULL, false, BE_REFUSED_CARD_KEY },
	{ "key of an organisation", key_org, NULL, false, BE_REFUSED_CARD_KEY },
	{ "key cut", nothing, key_cut, false, BE_REFUSED_CARD_KEY },
};
/* clang-format on */

START_TEST(what_is_right_opens)
{
	const struct be_org *org = backend_get()->org;
	const bool is_person = ways[_i].is_person;
	static const uint8_t none[CR_KEY];
	uint8_t key[CR_KEY];
	struct scene s;

	scene_init(&s, is_person);
	ways[_i].way(&s);
	ck_assert_msg(scene_open(&s, NULL) == CB_OK, "%s: %s", ways[_i].name,
	    be_refusal_text(s.refusal));
	ck_assert_int_eq(s.refusal, BE_REFUSED_NOT);
	ck_assert_mem_eq(s.opened.secret, scene_secret, CR_KEY);
	ck_assert_mem_eq(s.opened.session, s.offer.session, WIRE_ID);
	ck_assert_mem_eq(s.opened.organisation, org->id, WIRE_ID);
	ck_assert_mem_eq(s.opened.card, s.offer.card, WIRE_ID);
	ck_assert_mem_eq(s.opened.holder, s.accept.device, WIRE_ID);
	ck_assert_int_eq(s.opened.is_person, is_person);
	ck_assert_uint_eq(s.opened.role, is_person ? 3 : 0);
	ck_assert_uint_eq(s.opened.class, is_person ? 0 : 2);
	if (is_person)
		ck_assert_mem_eq(s.opened.key, none, CR_KEY);
	else {
		ck_assert_int_eq(be_org_card_open(org, s.offer.card,
				     s.key_version, cb_buf_span(&s.wrap),
				     key),
		    CB_OK);
		ck_assert_mem_eq(s.opened.key, key, CR_KEY);
	}
	scene_clear(&s);
}
END_TEST

START_TEST(one_flaw_is_enough)
{
	static const struct be_opened nothing_opened;
	struct scene s;

	scene_init(&s, flaws[_i].is_person);
	flaws[_i].early(&s);
	ck_assert_msg(scene_open(&s, flaws[_i].late) == CB_E_DENIED, "%s",
	    flaws[_i].name);
	ck_assert_msg(s.refusal == flaws[_i].refusal, "%s: %s",
	    flaws[_i].name, be_refusal_text(s.refusal));
	ck_assert_mem_eq(&s.opened, &nothing_opened, sizeof(s.opened));
	scene_clear(&s);
}
END_TEST

/* What the rows say counts for a session that is open, too; what was wrong with
 * its opening is over. */
START_TEST(a_session_is_checked_again)
{
	const enum be_refusal refusal = flaws[_i].refusal;
	const bool of_rows = refusal >= BE_REFUSED_HOLDER_MAC &&
	    refusal <= BE_REFUSED_CARD_STATE;
	struct scene s;

	scene_init(&s, flaws[_i].is_person);
	flaws[_i].early(&s);
	(void)!scene_open(&s, flaws[_i].late);
	if (of_rows || refusal == BE_REFUSED_CERTIFICATE_DATES) {
		ck_assert_int_eq(scene_recheck(&s), CB_E_DENIED);
		ck_assert_int_eq(s.refusal, refusal);
	} else if (refusal >= BE_REFUSED_SECRET) {
		ck_assert_int_eq(scene_recheck(&s), CB_OK);
	}
	scene_clear(&s);
}
END_TEST

static enum cb_err
hold(struct be_helds *all, const uint8_t organisation[WIRE_ID],
    unsigned session, uint64_t tick, uint64_t ms)
{
	const struct be_held h = { .session = { (uint8_t)session,
				       (uint8_t)(session >> 8) },
		.checked = tick, .ms = ms, .card = { 7 } };

	return be_held_add(all, organisation, &h);
}

START_TEST(a_session_that_nobody_checks_is_forgotten)
{
	struct be_helds all;
	const uint8_t me[WIRE_ID] = { 1 }, you[WIRE_ID] = { 2 };
	const uint8_t one[WIRE_ID] = { 1 }, two[WIRE_ID] = { 2 };

	be_helds_init(&all, 2);
	ck_assert_int_eq(hold(&all, me, 1, 5, BE_HELD_MS), CB_OK);
	ck_assert_int_eq(hold(&all, me, 2, 5, BE_HELD_MS), CB_OK);
	ck_assert_ptr_null(be_held_find(&all, you, 7, one));
	ck_assert_uint_eq(be_held_find(&all, me, 7, one)->card[0], 7);
	ck_assert_int_eq(hold(&all, me, 1, 6, BE_HELD_MS), CB_OK);
	be_held_drop_stale(&all, 4 + BE_HELD_MS);
	ck_assert_ptr_nonnull(be_held_find(&all, me, 7, two));
	be_held_drop_stale(&all, 5 + BE_HELD_MS);
	ck_assert_ptr_null(be_held_find(&all, me, 7, two));
	ck_assert_ptr_nonnull(be_held_find(&all, me, 7, one));
	be_held_drop(&all, you, NULL);
	ck_assert(!be_held_none(&all));
	be_held_drop(&all, me, one);
	ck_assert(be_held_none(&all));
	be_helds_clear(&all);
}
END_TEST

START_TEST(what_is_held_for_an_act_ends_by_itself)
{
	struct be_helds all;
	const uint8_t me[WIRE_ID] = { 1 };
	const uint8_t one[WIRE_ID] = { 1 };

	be_helds_init(&all, 2);
	ck_assert_int_eq(hold(&all, me, 1, 5, 60), CB_OK);
	ck_assert_ptr_nonnull(be_held_find(&all, me, 64, one));
	ck_assert_ptr_null(be_held_find(&all, me, 65, one));
	be_held_drop_stale(&all, 64);
	ck_assert(!be_held_none(&all));
	be_held_drop_stale(&all, 65);
	ck_assert(be_held_none(&all));
	be_helds_clear(&all);
}
END_TEST

START_TEST(a_worker_holds_so_many_and_no_more)
{
	struct be_helds all;
	const uint8_t me[WIRE_ID] = { 1 }, you[WIRE_ID] = { 2 };
	const uint8_t one[WIRE_ID] = { 1 };
	enum cb_err r = CB_OK;
	unsigned n = 0;

	be_helds_init(&all, 2);
	for (; r == CB_OK && n <= BE_HELD_MAX; n++)
		r = hold(&all, me, n, 5, BE_HELD_MS);
	ck_assert_int_eq(r, CB_E_LIMIT);
	ck_assert_uint_eq(n, BE_HELD_MAX + 1);
	/* another one for a session that it has is no more */
	ck_assert_int_eq(hold(&all, me, 0, 5, BE_HELD_MS), CB_OK);
	ck_assert_int_eq(hold(&all, you, 1, 5, BE_HELD_MS), CB_OK);
	be_held_drop(&all, me, NULL);
	ck_assert_ptr_null(be_held_find(&all, me, 6, one));
	ck_assert_ptr_nonnull(be_held_find(&all, you, 6, one));
	be_helds_clear(&all);
	ck_assert(be_held_none(&all));
}
END_TEST

/* The revocation of a certificate, and not of a device that has a new one. */
START_TEST(a_certificate_may_be_revoked)
{
	uint8_t fingerprint[CR_HASH];
	struct be_signed row;
	struct scene s;

	scene_init(&s, false);
	s.with_revocation = true;
	ck_assert_int_eq(scene_open(&s, NULL), CB_OK);
	/* a second time, of the certificate that was made just now */
	ck_assert_int_eq(cr_sha256(cb_buf_span(&s.cert), fingerprint),
	    CB_OK);
	s.rows[REVOCATION].bytes[WIRE_G_FINGERPRINT] = CB_SPAN_OF(fingerprint);
	cb_buf_clear(&s.bytes[REVOCATION]);
	cb_buf_clear(&s.macs[REVOCATION]);
	ck_assert_int_eq(wire_grant_put(&s.bytes[REVOCATION],
			     &s.rows[REVOCATION]),
	    CB_OK);
	ck_assert_int_eq(be_grant_sign(&s.macs[REVOCATION], s.worker,
			     cb_buf_span(&s.bytes[REVOCATION])),
	    CB_OK);
	row = (struct be_signed){ cb_buf_span(&s.bytes[REVOCATION]),
		cb_buf_span(&s.macs[REVOCATION]) };
	ck_assert_int_eq(scene_again(&s, false, &row), CB_E_DENIED);
	ck_assert_int_eq(s.refusal, BE_REFUSED_REVOKED);
	ck_assert_int_eq(scene_again(&s, false, NULL), CB_OK);
	scene_clear(&s);
}
END_TEST

/* The very bytes that opened once open nothing. */
START_TEST(a_recording_opens_nothing)
{
	struct scene s;

	scene_init(&s, false);
	ck_assert_int_eq(scene_open(&s, NULL), CB_OK);
	ck_assert_int_eq(scene_again(&s, true, NULL), CB_E_DENIED);
	ck_assert_int_eq(s.refusal, BE_REFUSED_CHALLENGE);
	scene_clear(&s);
}
END_TEST

/* Nothing but these two is in no row of the table. */
START_TEST(every_refusal_is_tested)
{
	bool seen[BE_REFUSALS] = { [BE_REFUSED_NOT] = true,
		[BE_REFUSED_FAILED] = true };

	for (int i = 0; i < COUNT(flaws); i++)
		seen[flaws[i].refusal] = true;
	for (int i = 0; i < BE_REFUSED_ACT; i++) {
		ck_assert_msg(seen[i], "%s",
		    be_refusal_text((enum be_refusal)i));
		ck_assert_ptr_nonnull(be_refusal_text((enum be_refusal)i));
	}
}
END_TEST

Suite *
open_suite(void)
{
	Suite *s = suite_create("open");
	TCase *tc = tcase_create("open");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, what_is_right_opens, 0, COUNT(ways));
	tcase_add_loop_test(tc, one_flaw_is_enough, 0, COUNT(flaws));
	tcase_add_loop_test(tc, a_session_is_checked_again, 0, COUNT(flaws));
	tcase_add_test(tc, a_session_that_nobody_checks_is_forgotten);
	tcase_add_test(tc, what_is_held_for_an_act_ends_by_itself);
	tcase_add_test(tc, a_worker_holds_so_many_and_no_more);
	tcase_add_test(tc, a_certificate_may_be_revoked);
	tcase_add_test(tc, a_recording_opens_nothing);
	tcase_add_test(tc, every_refusal_is_tested);
	suite_add_tcase(s, tc);
	return s;
}
