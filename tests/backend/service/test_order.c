/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Acts of the first operator at the vault's own process: an organisation is
 * founded, a card made and unblocked in it; and what a worker that was taken
 * over tries with the same signatures.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/vault/serve.h"
#include "tests/backend/service/draft.h"
#include "tests/backend/service/suites.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static void
found_online(void)
{
	drafts_setup();
	drafts_found(WIRE_UNBLOCK_ONLINE);
}

/* ---- a card -------------------------------------------------------------- */

static enum cb_err
ask_passcode(struct be_channel *ch, const uint8_t session[WIRE_ID],
    uint8_t which, uint64_t *wait_ms)
{
	struct be_passcode_ask pin = { .scrypt = { which } };
	struct be_passcode_told told;
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	enum cb_err r;

	memcpy(pin.session, session, WIRE_ID);
	ck_assert_int_eq(be_passcode_ask_put(&body, &pin), CB_OK);
	r = ask(ch, BE_ASK_PASSCODE, cb_buf_span(&body), &answer);
	if (r == CB_OK) {
		ck_assert_int_eq(
		    be_passcode_told_get(cb_buf_span(&answer), &told),
		    CB_OK);
		*wait_ms = told.wait_ms;
	}
	cb_buf_free(&body);
	cb_buf_free(&answer);
	return r;
}

static enum cb_err
passcode(struct be_channel *ch, const uint8_t session[WIRE_ID])
{
	uint64_t wait_ms = 0;
	const enum cb_err r = ask_passcode(ch, session, 1, &wait_ms);

	ck_assert_uint_eq(wait_ms, 0);
	return r;
}

static void
lock(struct be_channel *ch, const uint8_t session[WIRE_ID])
{
	const uint8_t *ids[] = { session };
	struct cb_buf body = CB_BUF_INIT;

	ck_assert_int_eq(be_ask_ids_put(&body, ids, 1), CB_OK);
	say(ch, BE_ASK_LOCK, 0, cb_buf_span(&body));
	cb_buf_free(&body);
}

static void
draft_card(struct draft *d, struct side *of)
{
	uint8_t card[WIRE_ID];

	ck_assert_int_eq(cr_random(card, WIRE_ID), CB_OK);
	draft_begin(d, of, WIRE_ACT_CARD_NEW, card);
	(void)draft_add(d, WIRE_GRANT_CARD);
}

/* Unblocks the card that `d` has made. */
static void
draft_unblock(struct draft *u, struct draft *d)
{
	draft_begin(u, d->of, WIRE_ACT_CARD_UNBLOCK, d->act.subject);
	draft_vouch(&u->rights, BE_RIGHT_CARD, draft_signed(d, 0));
	u->rights.card_key = draft_keep(d->told.wraps[0].wrap);
	if (d->told.wraps_n > 1)
		u->unblock = draft_keep(d->told.wraps[1].wrap);
}

START_TEST(a_card_is_made_and_unblocked)
{
	struct draft d, u;

	draft_card(&d, &mine);
	ck_assert_int_eq(draft_order(&d), CB_OK);
	ck_assert(d.told.has_key && d.told.has_unblock);
	ck_assert_uint_eq(d.told.wraps_n, 2);
	ck_assert_mem_eq(d.told.act, d.act.id, WIRE_ID);
	ck_assert_mem_eq(d.told.person, operator.id, WIRE_ID);
	draft_unblock(&u, &d);
	ck_assert_int_eq(draft_order(&u), CB_OK);
	ck_assert(u.told.has_key && u.told.has_unblock);
	ck_assert_mem_eq(u.told.key, d.told.key, CR_KEY);
	ck_assert_mem_eq(u.told.unblock, d.told.unblock, CR_KEY);
	draft_drop(&d);
	draft_drop(&u);
}
END_TEST

START_TEST(a_card_is_open_to_its_act)
{
	struct draft d;

	draft_card(&d, &mine);
	ck_assert_int_eq(passcode(mine.worker, d.act.id), CB_E_ABSENT);
	ck_assert_int_eq(draft_order(&d), CB_OK);
	ck_assert_int_eq(passcode(mine.worker, d.act.id), CB_OK);
	ck_assert_int_eq(passcode(top.worker, d.act.id), CB_E_ABSENT);
	lock(mine.worker, d.act.id);
	ck_assert_int_eq(passcode(mine.worker, d.act.id), CB_E_ABSENT);
	draft_drop(&d);
}
END_TEST

START_TEST(unblocking_has_its_limit)
{
	struct draft d, u;

	draft_card(&d, &mine);
	ck_assert_int_eq(draft_order(&d), CB_OK);
	draft_unblock(&u, &d);
	for (int i = 0; i < 11; i++) {
		ck_assert_int_eq(cr_random(u.act.id, WIRE_ID), CB_OK);
		ck_assert_int_eq(draft_order(&u), i < 10 ? CB_OK : CB_E_BUSY);
	}
	ck_assert_int_eq(passcode(mine.worker, u.act.id), CB_E_ABSENT);
	draft_drop(&d);
	draft_drop(&u);
}
END_TEST

/* The numbers are those of the settings. */
START_TEST(limits_are_settings)
{
	struct be_pace *pace = &rig_get()->conf.pace;
	uint64_t wait_ms = 0;
	struct draft d, u;

	*pace = (struct be_pace){ .passcodes = 2, .passcode_s = 3000,
		.unblocks = 1, .unblock_s = 3000 };
	found_online();
	*pace = (struct be_pace){ 0 };
	draft_card(&d, &mine);
	ck_assert_int_eq(draft_order(&d), CB_OK);
	for (uint8_t i = 1; i <= 3; i++) {
		ck_assert_uint_eq(wait_ms, 0);
		ck_assert_int_eq(ask_passcode(mine.worker, d.act.id, i,
				     &wait_ms), CB_OK);
	}
	ck_assert_uint_gt(wait_ms, 2900000);
	ck_assert_uint_le(wait_ms, 3000000);
	draft_unblock(&u, &d);
	ck_assert_int_eq(draft_order(&u), CB_OK);
	ck_assert_int_eq(cr_random(u.act.id, WIRE_ID), CB_OK);
	ck_assert_int_eq(draft_order(&u), CB_E_BUSY);
	draft_drop(&d);
	draft_drop(&u);
	drafts_teardown();
}
END_TEST

/* ---- without a recovery root --------------------------------------------- */

static void
setup_other_recovery(const char *uri)
{
	struct be_conf *conf = &rig_get()->conf;
	char *before = conf->recovery;

	conf->recovery = uri != NULL ? strdup(uri) : NULL;
	drafts_setup();
	free(conf->recovery);
	conf->recovery = before;
}

static const char *
root_uri(void)
{
	return rig_get()->conf.roots[0];
}

/* None at all, none there, and one that is another key. */
START_TEST(without_its_recovery_root_no_secret_is_kept)
{
	const char *const uris[] = { NULL, "file:/nowhere/at/all",
		root_uri() };
	struct draft d;

	setup_other_recovery(uris[_i]);
	drafts_found(WIRE_UNBLOCK_ONLINE);
	draft_card(&d, &mine);
	ck_assert_int_eq(draft_order(&d), CB_OK);
	ck_assert(d.told.has_key && !d.told.has_unblock);
	ck_assert_uint_eq(d.told.wraps_n, 1);
	draft_drop(&d);
	/* nor does anything new hang on another one */
	draft_founding(&d, id(0x77), WIRE_UNBLOCK_NONE);
	ck_assert_int_eq(draft_order(&d), CB_OK);
	ck_assert_uint_eq(d.told.wraps_n, 3);
	draft_drop(&d);
	drafts_teardown();
}
END_TEST

/* ---- a worker that was taken over ---------------------------------------- */

static struct draft base;	/* a card of mine, or as the trick has it */

static void
by_other_worker(void)
{
	base.to = top.worker;
}

static void
of_platform(void)
{
	draft_drop(&base);
	draft_card(&base, &top);
	base.to = mine.worker;
}

static void
other_row(void)
{
	/* the end of the row of the card: its version */
	base.bytes.p[8 + 3 * WIRE_ID + 10 + WIRE_ID + 2 + 4 + 3 + 17 + 17 +
	    2 + 4] ^= 2;
}

static void
again(void)
{
	ck_assert_int_eq(draft_send(&base), CB_OK);
}

static void
older_challenge(void)
{
	struct draft first;

	draft_card(&first, &mine);
	draft_sign(&first);
	memcpy(base.act.challenge, first.act.challenge, WIRE_CHALLENGE);
	cb_buf_clear(&base.bytes);
	ck_assert_int_eq(
	    wire_act_put(&base.bytes, &base.act, operator.key), CB_OK);
	draft_drop(&first);
}

static void
rights_of_platform(void)
{
	base.rights = top.rights;
}

/* Of the platform's, for the organisation's own. */
static void
policy_of_platform(void)
{
	base.rights.rows[3] = top.rights.rows[3];
}

static void
no_policy(void)
{
	base.rights.n = 2;
}

static void
hidden_row(void)
{
	draft_drop(&base);
	draft_card(&base, &mine);
	memset(draft_add(&base, WIRE_GRANT_ASSIGNMENT)->organisation, 0, WIRE_ID);
	base.rows[1].number[WIRE_G_KIND] = 1;
}

static void
no_person(void)
{
	base.rights.rows[0] = base.rights.rows[1];
}

static void
founding_there(void)
{
	draft_drop(&base);
	draft_founding(&base, mine.id, WIRE_UNBLOCK_NONE);
	base.of = &mine;
	base.to = mine.worker;
}

static const struct {
	void (*before)(void), (*after)(void);	/* it is signed */
	/* of a challenge that is not open: a new one would do */
	enum cb_err want;
} tricks[] = {
	{ NULL, by_other_worker, CB_E_DENIED },
	{ of_platform, NULL, CB_E_DENIED },
	{ NULL, other_row, CB_E_DENIED },
	{ NULL, again, CB_E_TIMEOUT },
	{ NULL, older_challenge, CB_E_DENIED },
	{ NULL, rights_of_platform, CB_E_DENIED },
	{ NULL, policy_of_platform, CB_E_DENIED },
	{ NULL, no_policy, CB_E_DENIED },
	{ hidden_row, NULL, CB_E_DENIED },
	{ NULL, no_person, CB_E_DENIED },
	{ founding_there, NULL, CB_E_DENIED },
};

START_TEST(a_signature_is_good_for_its_act_alone)
{
	struct draft d;

	draft_card(&base, &mine);
	if (tricks[_i].before != NULL)
		tricks[_i].before();
	draft_sign(&base);
	if (tricks[_i].after != NULL)
		tricks[_i].after();
	ck_assert_int_eq(draft_send(&base), tricks[_i].want);
	draft_drop(&base);
	/* and nothing of it is left in the vault */
	draft_card(&d, &mine);
	ck_assert_int_eq(draft_order(&d), CB_OK);
	draft_drop(&d);
}
END_TEST

/* The rows of one that is there are of older keys, and its own stay good. */
START_TEST(founding_one_that_is_there_is_of_no_use)
{
	struct draft d, c;

	draft_founding(&d, mine.id, WIRE_UNBLOCK_ONLINE);
	ck_assert_int_eq(draft_order(&d), CB_OK);
	draft_card(&c, &mine);
	c.rights.rows[0] = (struct be_ask_signed){ draft_signed(&d, 0).bytes,
		draft_signed(&d, 0).mac };
	ck_assert_int_eq(draft_order(&c), CB_E_DENIED);
	c.rights = mine.rights;
	ck_assert_int_eq(cr_random(c.act.id, WIRE_ID), CB_OK);
	ck_assert_int_eq(draft_order(&c), CB_OK);
	draft_drop(&d);
	draft_drop(&c);
}
END_TEST

START_TEST(an_unblock_needs_the_policy)
{
	struct draft d, u;

	drafts_setup();
	drafts_found(WIRE_UNBLOCK_NONE);
	draft_card(&d, &mine);
	ck_assert_int_eq(draft_order(&d), CB_OK);
	ck_assert(!d.told.has_unblock);
	draft_unblock(&u, &d);
	ck_assert_int_eq(draft_order(&u), CB_E_DENIED);
	/* nor is the row as it would have to be */
	ck_assert_int_eq(cr_random(u.act.id, WIRE_ID), CB_OK);
	u.rights.rows[3].bytes = top.rights.rows[3].bytes;
	ck_assert_int_eq(draft_order(&u), CB_E_DENIED);
	draft_drop(&d);
	draft_drop(&u);
	drafts_teardown();
}
END_TEST

/* Out at the platform is out everywhere. */
START_TEST(a_revocation_of_the_platform_counts)
{
	static uint8_t fingerprint[CR_HASH];
	struct draft r, d;
	struct be_signed row;
	struct wire_grant *g;

	ck_assert_int_eq(
	    cr_sha256(cb_buf_span(&operator.certificate), fingerprint),
	    CB_OK);
	draft_begin(&r, &top, WIRE_ACT_PERSON_REVOKE, operator.id);
	g = draft_add(&r, WIRE_GRANT_FACTOR);
	g->bytes[WIRE_G_ID] = cb_span(fingerprint, WIRE_ID);
	g->bytes[WIRE_G_PERSON] = CB_SPAN_OF(operator.id);
	g->bytes[WIRE_G_NAME] = cb_span_str("certificate");
	g->bytes[WIRE_G_VALUE] = CB_SPAN_OF(fingerprint);
	g->number[WIRE_G_STATE] = 2;
	draft_add(&r, WIRE_GRANT_REVOCATION)->bytes[WIRE_G_FINGERPRINT] =
	    CB_SPAN_OF(fingerprint);
	ck_assert_int_eq(draft_order(&r), CB_OK);
	row = draft_signed(&r, 1);
	draft_card(&d, &mine);
	ck_assert_int_eq(draft_order(&d), CB_OK);
	draft_vouch(&d.rights, BE_RIGHT_PLATFORM, row);
	ck_assert_int_eq(cr_random(d.act.id, WIRE_ID), CB_OK);
	ck_assert_int_eq(draft_order(&d), CB_E_DENIED);
	draft_drop(&r);
	draft_drop(&d);
}
END_TEST

/* What no ORDER has, or has once. */
static const enum be_right misplaced[] = { BE_RIGHT_GROUP, BE_RIGHT_HOLDER,
	BE_RIGHT_RIGHT };

START_TEST(an_order_that_is_none_ends_the_channel)
{
	struct draft d;

	draft_card(&d, &mine);
	draft_vouch(&d.rights, misplaced[_i],
	    (struct be_signed){ mine.rights.rows[0].bytes,
		mine.rights.rows[0].mac });
	ck_assert_int_eq(draft_order(&d), CB_E_PEER);
	ck_assert(role_runs(&vault));
	draft_drop(&d);
}
END_TEST

START_TEST(no_organisation_is_told_when_others_were_signed)
{
	ck_assert_int_eq(
	    ask(top.worker, BE_ASK_LATEST, CB_SPAN_EMPTY, NULL), CB_OK);
	ck_assert_int_eq(ask(mine.worker, BE_ASK_LATEST, CB_SPAN_EMPTY, NULL),
	    CB_E_DENIED);
}
END_TEST

Suite *
order_suite(void)
{
	Suite *s = suite_create("order");
	TCase *c = tcase_create("order"), *free_ones = tcase_create("alone");

	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, found_online, drafts_teardown);
	tcase_add_test(c, a_card_is_made_and_unblocked);
	tcase_add_test(c, a_card_is_open_to_its_act);
	tcase_add_test(c, unblocking_has_its_limit);
	tcase_add_loop_test(c, a_signature_is_good_for_its_act_alone, 0,
	    COUNT(tricks));
	tcase_add_test(c, founding_one_that_is_there_is_of_no_use);
	tcase_add_test(c, a_revocation_of_the_platform_counts);
	tcase_add_loop_test(c, an_order_that_is_none_ends_the_channel, 0,
	    COUNT(misplaced));
	tcase_add_test(c, no_organisation_is_told_when_others_were_signed);
	suite_add_tcase(s, c);
	tcase_set_timeout(free_ones, 60);
	tcase_add_loop_test(
	    free_ones, without_its_recovery_root_no_secret_is_kept, 0, 3);
	tcase_add_test(free_ones, an_unblock_needs_the_policy);
	tcase_add_test(free_ones, limits_are_settings);
	suite_add_tcase(s, free_ones);
	return s;
}
