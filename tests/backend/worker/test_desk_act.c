/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Acts of people: what each changes, what it leaves in the books, and that it
 * does so wholly or not at all.
 */
#include <stdio.h>
#include <string.h>

#include "common/atr.h"
#include "common/hex.h"
#include "tests/backend/worker/at_desk.h"

#define NEW_PIN "24681012"
#define NEW_FIELD "3234363831303132" NEW_FFS
#define NEW_FFS "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF" \
	"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
#define VERIFY_NEW "0020008140" NEW_FIELD

static const uint8_t card[WIRE_ID] = { 0xC0, 0xFF, 0xEE };

static int64_t
count(const char *what)
{
	char sql[200];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", what);
	return rig_number(&g, sql);
}

#define OF_CARD " WHERE card=x'C0FFEE00000000000000000000000000'"
#define OWNED_BY " WHERE owner=x'C0FFEE00000000000000000000000000'"
#define IS_CARD " WHERE id=x'C0FFEE00000000000000000000000000'"

/* ---- a new card ---------------------------------------------------------- */

START_TEST(a_card_is_made)
{
	struct wire_fields item, id = { .has = 0 };
	char atr[2 * CB_ATR_MAX + 1], where[160];
	const struct emu_info *info;
	struct emu_card *made;

	ck_assert_uint_eq(desk_new_card(&d, 0x30, card), 0);
	desk_told(&d, &item);
	ck_assert(cb_span_equal(item.bytes[WIRE_D_ID], CB_SPAN_OF(card)));
	made = rig_card(&g, card);
	ck_assert_ptr_nonnull(made);
	info = emu_card_info(made);
	ck_assert(info->test);
	(void)cb_hex_encode(atr, sizeof(atr), cb_span(info->atr, info->atr_n));
	(void)snprintf(where, sizeof(where),
	    "card" IS_CARD " AND atr=x'%s'", atr);
	ck_assert_int_eq(count(where), 1);
	ck_assert_str_eq(emu_card_info(made)->profile, "authentic3");
	emu_card_free(&made);
	ck_assert_int_eq(count("wrap" OWNED_BY), 2);
	wire_fields_bytes(&id, WIRE_D_ID, CB_SPAN_OF(card));
	desk_list(&d, WIRE_LIST_CARDS, 1, &id, NULL);
	desk_told(&d, &item);
	ck_assert(cb_span_equal(
	    item.bytes[WIRE_D_NAME], cb_span_str("Ward 7")));
	ck_assert(wire_fields_has(&item, WIRE_D_BLANK));
	ck_assert(!wire_fields_has(&item, WIRE_D_TAKE_OVER));
	ck_assert_uint_ge(rig_entries(&g, WIRE_PASSCODE_CREATED), 1);
	/* its passcode was never anything that is kept for programs */
	ck_assert_uint_eq(rig_entries(&g, WIRE_VERIFY), 0);
}
END_TEST

static void
wish(const char *profile)
{
	desk_act(&d, WIRE_ACT_CARD_NEW, 0x31, card);
	wire_fields_bytes(&d.detail, WIRE_D_PROFILE, cb_span_str(profile));
	wire_fields_number(&d.detail, WIRE_D_TEST, 1);
	desk_card_row(&d, 1, 1);
}

/* Every kind of card, whole: with keys, certificates and all events of it in
 * one act. */
static const char *const profiles[] = { "authentic3", "authentic5",
	"iasecc-gemalto", "iasecc-oberthur", "series8" };

START_TEST(cards_of_every_profile_are_made)
{
	struct wire_fields item;
	struct emu_card *made;

	wish(profiles[_i]);
	wire_fields_bytes(&d.secrets, WIRE_D_PASSCODE, cb_span_str("2468"));
	ck_assert_msg(desk_order(&d) == 0, "%s: %s", profiles[_i], d.text);
	desk_told(&d, &item);
	made = rig_card(&g, card);
	ck_assert_ptr_nonnull(made);
	emu_card_free(&made);
	/* who ordered it is told what unblocks it, where the SO does not */
	ck_assert_uint_eq(item.bytes[WIRE_D_PASSCODE].n,
	    strcmp(profiles[_i], "authentic5") == 0 ? 16 : 0);
}
END_TEST

/* Refused before the vault is asked. */
static const struct {
	const char *profile, *pin, *so, *serial;
	bool live, blank;
	uint16_t code;
	const char *text;
	bool asked;
} wishes[] = {
	{ "authentic9", NULL, NULL, NULL, false, false, CB_E_ARG,
	    "no such profile", false },
	{ "../authentic3", NULL, NULL, NULL, false, false, CB_E_ARG,
	    "no such profile", false },
	{ "authentic3", NULL, NULL, NULL, true, false, CB_E_ARG,
	    "for tests only", false },
	{ "authentic5", "1234", NULL, NULL, false, true, CB_E_ARG,
	    "from the start", false },
	/* and behind it, by the card's own rules */
	{ "authentic3", "1", NULL, NULL, false, false, CB_E_ARG,
	    "characters", true },
	{ "authentic3", NULL, "1", NULL, false, false, CB_E_ARG,
	    "characters", true },
	{ "authentic3", NULL, NULL, "12", false, true, CB_E_ARG,
	    "hexadecimal", true },
};

START_TEST(a_wish_is_refused)
{
	const unsigned entries = rig_entries(&g, WIRE_ACT);

	desk_act(&d, WIRE_ACT_CARD_NEW, 0x32, card);
	wire_fields_bytes(
	    &d.detail, WIRE_D_PROFILE, cb_span_str(wishes[_i].profile));
	if (!wishes[_i].live)
		wire_fields_number(&d.detail, WIRE_D_TEST, 1);
	if (wishes[_i].blank)
		wire_fields_number(&d.detail, WIRE_D_BLANK, 1);
	if (wishes[_i].serial != NULL)
		wire_fields_bytes(&d.detail, WIRE_D_SERIAL,
		    cb_span_str(wishes[_i].serial));
	if (wishes[_i].pin != NULL)
		wire_fields_bytes(&d.secrets, WIRE_D_PASSCODE,
		    cb_span_str(wishes[_i].pin));
	if (wishes[_i].so != NULL)
		wire_fields_bytes(&d.secrets, WIRE_D_SO_PASSCODE,
		    cb_span_str(wishes[_i].so));
	desk_card_row(&d, 1, 1);
	ck_assert_uint_eq(desk_order(&d), wishes[_i].code);
	ck_assert_msg(strstr(d.text, wishes[_i].text) != NULL, "%s", d.text);
	ck_assert_uint_eq(g.orders, wishes[_i].asked);
	ck_assert_int_eq(count("card" IS_CARD), 0);
	ck_assert_int_eq(count("wrap" OWNED_BY), 0);
	/* what the vault granted is in the books, whatever came of it */
	ck_assert_uint_eq(
	    rig_entries(&g, WIRE_ACT), entries + wishes[_i].asked);
}
END_TEST

START_TEST(no_card_takes_the_place_of_another)
{
	ck_assert_uint_eq(desk_new_card(&d, 0x33, g.card), CB_E_ARG);
	ck_assert_uint_eq(g.orders, 0);
	ck_assert_uint_eq(desk_new_card(&d, 0x34, NULL), CB_E_ARG);
}
END_TEST

/* ---- unblock ------------------------------------------------------------- */

static uint16_t
unblock(uint8_t act, const uint8_t *which, const char *pin)
{
	desk_act(&d, WIRE_ACT_CARD_UNBLOCK, act, which);
	if (pin != NULL)
		wire_fields_bytes(
		    &d.secrets, WIRE_D_PASSCODE, cb_span_str(pin));
	return desk_order(&d);
}

static void
block(void)
{
	bridge_select(&b);
	bridge_is(&b, WRONG, "63C2");
	bridge_is(&b, WRONG, "63C1");
	bridge_is(&b, WRONG, "6983");
}

/* The session goes on; that its card was unblocked it sees at once. */
START_TEST(a_card_in_use_unblocks)
{
	block();
	ck_assert_uint_eq(unblock(0x40, g.card, NEW_PIN), 0);
	bridge_is(&b, VERIFY, "63C2");
	bridge_is(&b, VERIFY_NEW, "9000");
	ck_assert_uint_eq(rig_entries(&g, WIRE_UNBLOCK_SECRET_USED), 1);
	ck_assert_uint_eq(rig_entries(&g, WIRE_PASSCODE_RESET), 1);
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_OPEN), 1);
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_END), 0);
	/* and what was done is what is stored */
	rig_restart(&g);
	bridge_clear(&b);
	bridge_init(&b, &g, 0);
	bridge_select(&b);
	bridge_is(&b, VERIFY_NEW, "9000");
}
END_TEST

/* And whoever waits for news of it hears it: once, each time anew, and only
 * who has the session. */
START_TEST(a_card_in_use_tells_that_it_was_unblocked)
{
	struct bridge other;
	struct watch_told t;
	uint64_t held, others;

	bridge_init(&other, &g, 1);
	bridge_select(&b);
	held = watch_held(&b);
	t = watch_told(&g, watch_post(&other, false, 0));
	others = watch_post(&other, false, t.stamp);
	ck_assert_uint_eq(unblock(0x47, g.card, NEW_PIN), 0);
	t = watch_told(&g, held);
	ck_assert_uint_eq(t.state, WIRE_THERE);
	ck_assert_uint_eq(t.flags, 2);
	held = watch_post(&b, true, t.stamp);
	ck_assert(!rig_has(&g, held, 50));
	ck_assert(!rig_has(&g, others, 50));
	ck_assert_uint_eq(unblock(0x48, g.card, "20406080"), 0);
	t = watch_told(&g, held);
	ck_assert_uint_eq(t.flags, 2);
	/* an act that was not done changed nothing */
	held = watch_post(&b, true, t.stamp);
	ck_assert_uint_eq(unblock(0x49, g.card, "1"), CB_E_ARG);
	ck_assert(!rig_has(&g, held, 50));
	/* nor was the next session's card changed after it was opened */
	bridge_clear(&b);
	bridge_init(&b, &g, 0);
	bridge_select(&b);
	t = watch_told(&g, watch_post(&b, true, t.stamp));
	ck_assert_uint_eq(t.state, WIRE_THERE);
	ck_assert_uint_eq(t.flags, 0);
	bridge_clear(&other);
}
END_TEST

START_TEST(a_login_ends_where_somebody_unblocks)
{
	bridge_select(&b);
	bridge_is(&b, VERIFY, "9000");
	ck_assert_uint_eq(unblock(0x41, g.card, NEW_PIN), 0);
	bridge_is(&b, TRIES, "63C3");
}
END_TEST

/* One that the vault holds back has changed nothing: who uses the card goes on,
 * logged in. */
START_TEST(an_unblocking_that_fails_disturbs_nobody)
{
	struct be_limits one = { .burst = 1 };

	be_limit_clear(&g.limit);
	be_limit_init(&g.limit, &one);
	bridge_select(&b);
	bridge_is(&b, VERIFY, "9000");
	ck_assert_uint_eq(unblock(0x4A, g.card, NEW_PIN), CB_E_BUSY);
	bridge_is(&b, TRIES, "9000");
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_END), 0);
	ck_assert_uint_eq(rig_entries(&g, WIRE_PASSCODE_RESET), 0);
}
END_TEST

START_TEST(a_card_that_nobody_uses_unblocks)
{
	struct cb_buf records = CB_BUF_INIT;

	block();
	cb_buf_clear(&b.body);
	bridge_add(&b, WIRE_CLOSE, 0, CB_SPAN_EMPTY, 0);
	ck_assert(bridge_send(&b, &records));
	ck_assert_uint_eq(unblock(0x42, g.card, NEW_PIN), 0);
	/* nobody has it: its lease is free, and so is the vault */
	ck_assert_int_eq(
	    count("lease WHERE device IS NOT NULL"), 0);
	ck_assert(rig_holds(&g, 1));
	bridge_clear(&b);
	bridge_init(&b, &g, 0);
	bridge_select(&b);
	bridge_is(&b, VERIFY_NEW, "9000");
	cb_buf_free(&records);
}
END_TEST

/* A worker that died has left its lease. */
START_TEST(a_card_of_a_dead_worker_unblocks)
{
	block();
	desk_clear(&d);
	rig_restart(&g);
	desk_open(&d, &g);
	ck_assert_uint_eq(unblock(0x43, g.card, NEW_PIN), 0);
	bridge_clear(&b);
	bridge_init(&b, &g, 0);
	bridge_select(&b);
	bridge_is(&b, VERIFY_NEW, "9000");
}
END_TEST

START_TEST(an_unblocking_that_fails_is_entered)
{
	block();
	ck_assert_uint_eq(unblock(0x44, g.card, NULL), CB_E_ARG);
	ck_assert_uint_eq(g.orders, 0);
	ck_assert_uint_eq(unblock(0x45, g.card, "1"), CB_E_ARG);
	ck_assert_msg(strstr(d.text, "characters") != NULL, "%s", d.text);
	ck_assert_uint_eq(rig_entries(&g, WIRE_UNBLOCK_SECRET_USED), 1);
	ck_assert_uint_eq(rig_entries(&g, WIRE_PASSCODE_RESET), 0);
	bridge_is(&b, VERIFY, "6983");
	/* and where it cannot be kept the session is over */
	rig_fault(&g, FAULT_FAIL, 0);
	ck_assert_uint_eq(unblock(0x46, g.card, NEW_PIN), CB_E_STORE);
	rig_fault(&g, NO_FAULT, 0);
	ck_assert(rig_holds(&g, 1));
	ck_assert_str_eq(bridge_apdu(&b, VERIFY_NEW), "code 6 outcome 1");
}
END_TEST

/* ---- the end of cards and sessions --------------------------------------- */

START_TEST(a_card_is_terminated)
{
	ck_assert_uint_eq(desk_new_card(&d, 0x50, card), 0);
	ck_assert_int_gt(count("record" OF_CARD), 0);
	desk_act(&d, WIRE_ACT_CARD_TERMINATE, 0x51, card);
	desk_card_row(&d, 3, 1);
	ck_assert_uint_eq(desk_order(&d), 0);
	ck_assert_int_eq(count("record" OF_CARD), 0);
	ck_assert_int_eq(count("wrap" OWNED_BY), 0);
	ck_assert_int_eq(count("card" IS_CARD " AND state=3"), 1);
	/* what it was remains to be seen */
	ck_assert_int_eq(
	    count("card" IS_CARD " AND label=x'576172642037'"), 1);
}
END_TEST

START_TEST(a_terminated_card_is_nobodys)
{
	bridge_select(&b);
	desk_act(&d, WIRE_ACT_CARD_TERMINATE, 0x52, g.card);
	desk_card_row(&d, 3, 7);
	ck_assert_uint_eq(desk_order(&d), 0);
	ck_assert(rig_holds(&g, 1));
	ck_assert_str_eq(bridge_apdu(&b, TRIES), "code 6 outcome 1");
	ck_assert_int_eq(count("record"), 0);
	ck_assert_int_eq(count("lease WHERE device IS NOT NULL"), 0);
}
END_TEST

/* Who writes the file puts all back that the act has removed: the number in its
 * entry is the last one, whatever the end of the session says; and whatever the
 * records said, or even without any. */
static const char *const meanwhile[] = { "SELECT 1",
	"DELETE FROM record WHERE name='root'", "DELETE FROM record" };

START_TEST(a_terminated_card_does_not_come_back)
{
	rig_sql(&g, "CREATE TABLE kept AS SELECT * FROM record");
	bridge_select(&b);
	rig_sql(&g, meanwhile[_i]);
	desk_act(&d, WIRE_ACT_CARD_TERMINATE, 0x57, g.card);
	desk_card_row(&d, 3, 7);
	ck_assert_uint_eq(desk_order(&d), 0);
	ck_assert(rig_holds(&g, 1));
	rig_sql(&g, "DELETE FROM record;INSERT INTO record SELECT * FROM kept; DROP TABLE kept;"
		    "UPDATE card SET state=1");
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_END), 1);
	bridge_clear(&b);
	bridge_init(&b, &g, 0);
	(void)bridge_open(&b, false);
	ck_assert_int_eq(b.last.type, WIRE_REFUSED);
	ck_assert_msg(strstr(b.last.text, "behind the books") != NULL, "%s",
	    b.last.text);
}
END_TEST

START_TEST(an_end_that_is_not_kept_ends_nothing)
{
	bridge_select(&b);
	rig_fault(&g, FAULT_FAIL, 0);
	desk_act(&d, WIRE_ACT_CARD_TERMINATE, 0x59, g.card);
	desk_card_row(&d, 3, 7);
	ck_assert_uint_eq(desk_order(&d), CB_E_STORE);
	desk_act(&d, WIRE_ACT_SESSION_END, 0x5A, b.session);
	wire_fields_bytes(&d.detail, WIRE_D_CARD, CB_SPAN_OF(g.card));
	ck_assert_uint_eq(desk_order(&d), CB_E_STORE);
	rig_fault(&g, NO_FAULT, 0);
	bridge_is(&b, TRIES, "63C3");
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_END), 0);
}
END_TEST

/* The secret was given, though the card does not open. */
START_TEST(a_given_secret_is_entered)
{
	struct cb_buf records = CB_BUF_INIT;

	bridge_select(&b);
	cb_buf_clear(&b.body);
	bridge_add(&b, WIRE_CLOSE, 0, CB_SPAN_EMPTY, 0);
	ck_assert(bridge_send(&b, &records));
	rig_sql(&g, "DELETE FROM record WHERE name='root'");
	ck_assert_uint_ne(unblock(0x5B, g.card, NEW_PIN), 0);
	ck_assert_uint_eq(rig_entries(&g, WIRE_UNBLOCK_SECRET_USED), 1);
	cb_buf_free(&records);
}
END_TEST

START_TEST(an_auditor_takes_no_card)
{
	const unsigned before = rig_entries(&g, WIRE_ACT);
	static struct desk other;

	desk_open_as(&other, &g, AUDITOR);
	desk_act(&other, WIRE_ACT_CARD_UNBLOCK, 0x5C, g.card);
	wire_fields_bytes(
	    &other.secrets, WIRE_D_PASSCODE, cb_span_str(NEW_PIN));
	ck_assert_uint_eq(desk_order(&other), CB_E_DENIED);
	ck_assert_uint_eq(g.orders, 0);
	ck_assert_uint_eq(rig_entries(&g, WIRE_ACT), before + 1);
	desk_clear(&other);
}
END_TEST

/* ---- sessions ------------------------------------------------------------ */

START_TEST(a_session_is_ended)
{
	bridge_select(&b);
	desk_act(&d, WIRE_ACT_SESSION_END, 0x53, card);
	wire_fields_bytes(&d.detail, WIRE_D_CARD, CB_SPAN_OF(g.card));
	ck_assert_uint_eq(desk_order(&d), CB_E_ABSENT);
	bridge_is(&b, TRIES, "63C3");
	desk_act(&d, WIRE_ACT_SESSION_END, 0x54, b.session);
	wire_fields_bytes(&d.detail, WIRE_D_CARD, CB_SPAN_OF(g.card));
	ck_assert_uint_eq(desk_order(&d), 0);
	ck_assert(rig_holds(&g, 1));
	ck_assert_str_eq(bridge_apdu(&b, TRIES), "code 6 outcome 1");
	ck_assert_int_eq(count("lease WHERE device IS NOT NULL"), 0);
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_END), 1);
}
END_TEST

START_TEST(a_persons_session_is_ended)
{
	static struct desk other;

	desk_open_as(&other, &g, AUDITOR);
	desk_act(&d, WIRE_ACT_SESSION_END, 0x55, other.b.session);
	ck_assert_uint_eq(desk_order(&d), 0);
	ck_assert(rig_holds(&g, 1));
	/* one's own is busy with ending it */
	desk_act(&d, WIRE_ACT_SESSION_END, 0x56, d.b.session);
	ck_assert_uint_eq(desk_order(&d), CB_E_BUSY);
	desk_clear(&other);
}
END_TEST

/* ---- rows ---------------------------------------------------------------- */

START_TEST(a_card_is_renamed)
{
	ck_assert_uint_eq(desk_new_card(&d, 0x60, card), 0);
	desk_act(&d, WIRE_ACT_CARD_SET, 0x61, card);
	wire_fields_bytes(&d.detail, WIRE_D_NAME, cb_span_str("X"));
	wire_fields_number(&d.detail, WIRE_D_TAKE_OVER, 1);
	ck_assert_uint_eq(desk_order(&d), 0);
	ck_assert_int_eq(count("card" IS_CARD " AND label=x'58' AND"
		" take_over=1 AND blank=1 AND profile='authentic3'"),
	    1);
}
END_TEST

/* Its own row is the platform's, and all else in it stays. */
START_TEST(an_organisation_is_renamed)
{
	struct wire_fields item;

	desk_list(&d, WIRE_LIST_ORGANISATIONS, 1, NULL, NULL);
	desk_told(&d, &item);
	ck_assert(cb_span_equal(
	    item.bytes[WIRE_D_NAME], cb_span_str("setting")));
	desk_act(&d, WIRE_ACT_ORG_SET, 0x66, g.set.organisation);
	wire_fields_bytes(&d.detail, WIRE_D_NAME, cb_span_str("Clinic"));
	ck_assert_uint_eq(desk_order(&d), 0);
	desk_list(&d, WIRE_LIST_ORGANISATIONS, 1, NULL, NULL);
	desk_told(&d, &item);
	ck_assert(cb_span_equal(
	    item.bytes[WIRE_D_ID], CB_SPAN_OF(g.set.organisation)));
	ck_assert(cb_span_equal(
	    item.bytes[WIRE_D_NAME], cb_span_str("Clinic")));
	ck_assert_uint_eq(item.number[WIRE_D_STATE], 1);
	/* where none is ordered it keeps the one that it has */
	desk_act(&d, WIRE_ACT_ORG_SET, 0x67, g.set.organisation);
	ck_assert_uint_eq(desk_order(&d), 0);
	ck_assert_int_eq(
	    count("organisation WHERE setting=x'436C696E6963'"), 1);
}
END_TEST

START_TEST(a_card_is_assigned_and_suspended)
{
	struct wire_grant row = { .type = WIRE_GRANT_ASSIGNMENT };

	ck_assert_uint_eq(desk_new_card(&d, 0x62, card), 0);
	desk_act(&d, WIRE_ACT_CARD_ASSIGN, 0x63, card);
	row.bytes[WIRE_G_CARD] = CB_SPAN_OF(card);
	row.bytes[WIRE_G_SUBJECT] = CB_SPAN_OF(g.devices[2].id);
	row.number[WIRE_G_KIND] = 1;
	desk_row(&d, false, &row);
	ck_assert_uint_eq(desk_order(&d), CB_E_ABSENT);
	ck_assert_msg(strstr(d.text, "no device 93939393") != NULL, "%s",
	    d.text);
	rig_sql(&g, "INSERT INTO device(organisation,id,class,state,"
		    "fingerprint,until,label,mac) SELECT organisation,"
		    "x'93939393939393939393939393939393',1,1,zeroblob(32),0,"
		    "x'',x'' FROM card LIMIT 1");
	ck_assert_uint_eq(desk_order(&d), 0);
	ck_assert_int_eq(count("assignment" OF_CARD), 1);
	desk_act(&d, WIRE_ACT_CARD_UNASSIGN, 0x64, card);
	desk_row(&d, true, &row);
	ck_assert_uint_eq(desk_order(&d), 0);
	ck_assert_int_eq(count("assignment" OF_CARD), 0);
	desk_act(&d, WIRE_ACT_CARD_SUSPEND, 0x65, card);
	desk_card_row(&d, 2, 1);
	ck_assert_uint_eq(desk_order(&d), 0);
	ck_assert_int_eq(count("card" IS_CARD " AND state=2 AND"
		" label=x'576172642037' AND length(mac)>4"),
	    1);
}
END_TEST

/* The second begins with what the first has left: a name that was read before a
 * suspension would bring its row back. */
START_TEST(acts_about_a_card_come_one_by_one)
{
	static struct desk other;
	uint64_t first, second;

	ck_assert_uint_eq(desk_new_card(&d, 0x66, card), 0);
	desk_open(&other, &g);
	g.late_type = BE_ASK_ROW;
	__atomic_store_n(&g.late, true, __ATOMIC_RELEASE);
	desk_act(&d, WIRE_ACT_CARD_SET, 0x67, card);
	wire_fields_bytes(&d.detail, WIRE_D_NAME, cb_span_str("X"));
	first = desk_post(&d);
	rig_await_late(&g);
	desk_act(&other, WIRE_ACT_CARD_SUSPEND, 0x68, card);
	desk_card_row(&other, 2, 1);
	second = desk_post(&other);
	ck_assert(!rig_has(&g, second, 300));
	rig_end_late(&g);
	ck_assert_uint_eq(desk_posted(&d, first), 0);
	ck_assert_uint_eq(desk_posted(&other, second), 0);
	ck_assert_int_eq(
	    count("card" IS_CARD " AND state=2 AND label=x'58'"), 1);
	desk_clear(&other);
}
END_TEST

/* ---- what is refused ----------------------------------------------------- */

START_TEST(refused_acts_are_entered_as_long_as_they_are_few)
{
	const unsigned before = rig_entries(&g, WIRE_ACT);

	__atomic_store_n(&g.refuses, true, __ATOMIC_RELAXED);
	for (int i = 0; i < 25; i++) {
		desk_act(&d, WIRE_ACT_ORG_SET, (uint8_t)(0x70 + i),
		    g.set.organisation);
		ck_assert_uint_eq(desk_order(&d), CB_E_DENIED);
	}
	ck_assert_uint_eq(rig_entries(&g, WIRE_ACT), before + 20);
	ck_assert_int_eq(count("policy"), 0);
}
END_TEST

START_TEST(an_act_is_who_sends_it)
{
	desk_act(&d, WIRE_ACT_ORG_SET, 0x90, g.set.organisation);
	memcpy(d.act.person, g.people[AUDITOR].id, WIRE_ID);
	ck_assert_uint_eq(desk_order(&d), CB_E_DENIED);
	desk_act(&d, WIRE_ACT_ORG_SET, 0x91, g.set.organisation);
	memset(d.act.organisation, 0xA1, WIRE_ID);
	ck_assert_uint_eq(desk_order(&d), CB_E_ARG);
	desk_act(&d, WIRE_ACT_ORG_SET, 0x92, g.set.organisation);
	memset(d.act.backend, 0xA1, WIRE_ID);
	ck_assert_uint_eq(desk_order(&d), CB_E_ARG);
	ck_assert_uint_eq(g.orders, 0);
}
END_TEST

/* Whose right has ended sits at no desk any more, and who ordered that stays. */
START_TEST(rights_end_at_the_desk_as_well)
{
	static struct desk other;

	desk_open_as(&other, &g, AUDITOR);
	g.people[AUDITOR].revoked = true;
	desk_act(&d, WIRE_ACT_ORG_SET, 0x93, g.set.organisation);
	ck_assert_uint_eq(desk_order(&d), 0);
	ck_assert(rig_holds(&g, 1));
	cb_buf_clear(&other.b.body);
	bridge_add(&other.b, WIRE_CLOSE, 0, CB_SPAN_EMPTY, 0);
	ck_assert(!bridge_send(&other.b, &other.message));
	ck_assert_uint_eq(other.b.code, CB_E_ABSENT);
	desk_act(&d, WIRE_ACT_ORG_SET, 0x94, g.set.organisation);
	ck_assert_uint_eq(desk_order(&d), 0);
	desk_clear(&other);
}
END_TEST

START_TEST(an_act_that_is_not_kept_is_not_done)
{
	rig_fault(&g, FAULT_SWALLOW, 0);
	ck_assert_uint_eq(desk_new_card(&d, 0xA0, card), CB_E_STORE);
	ck_assert_int_eq(count("card" IS_CARD), 0);
	/* done, and its answer lost: it is looked up */
	rig_fault(&g, FAULT_LOSE, 0);
	ck_assert_uint_eq(desk_new_card(&d, 0xA1, card), 0);
	ck_assert_int_eq(count("card" IS_CARD), 1);
}
END_TEST

Suite *
desk_act_suite(void)
{
	Suite *s = suite_create("acts");
	TCase *tc = tcase_create("acts");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, desk_setup, desk_teardown);
	tcase_add_test(tc, a_card_is_made);
	tcase_add_loop_test(
	    tc, cards_of_every_profile_are_made, 0, COUNT(profiles));
	tcase_add_loop_test(tc, a_wish_is_refused, 0, COUNT(wishes));
	tcase_add_test(tc, no_card_takes_the_place_of_another);
	tcase_add_test(tc, a_card_in_use_unblocks);
	tcase_add_test(tc, a_card_in_use_tells_that_it_was_unblocked);
	tcase_add_test(tc, a_login_ends_where_somebody_unblocks);
	tcase_add_test(tc, an_unblocking_that_fails_disturbs_nobody);
	tcase_add_test(tc, a_card_that_nobody_uses_unblocks);
	tcase_add_test(tc, a_card_of_a_dead_worker_unblocks);
	tcase_add_test(tc, an_unblocking_that_fails_is_entered);
	tcase_add_test(tc, a_card_is_terminated);
	tcase_add_test(tc, a_terminated_card_is_nobodys);
	tcase_add_loop_test(tc, a_terminated_card_does_not_come_back, 0,
	    COUNT(meanwhile));
	tcase_add_test(tc, an_end_that_is_not_kept_ends_nothing);
	tcase_add_test(tc, a_given_secret_is_entered);
	tcase_add_test(tc, an_auditor_takes_no_card);
	tcase_add_test(tc, a_session_is_ended);
	tcase_add_test(tc, a_persons_session_is_ended);
	tcase_add_test(tc, a_card_is_renamed);
	tcase_add_test(tc, an_organisation_is_renamed);
	tcase_add_test(tc, a_card_is_assigned_and_suspended);
	tcase_add_test(tc, acts_about_a_card_come_one_by_one);
	tcase_add_test(tc, refused_acts_are_entered_as_long_as_they_are_few);
	tcase_add_test(tc, an_act_is_who_sends_it);
	tcase_add_test(tc, rights_end_at_the_desk_as_well);
	tcase_add_test(tc, an_act_that_is_not_kept_is_not_done);
	suite_add_tcase(s, tc);
	return s;
}
