/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * cardbridge admin, whole, at a desk in the same process: what it orders, row
 * by row, what it shows, and what it says where it does not.
 */
#include <stdio.h>

#include "common/hex.h"
#include "tests/cli/admin_rig.h"
#include "wire/token.h"

#define CARD "caca0000000000000000000000000001"
#define CARD2 "caca0000000000000000000000000002"
#define DEVICE "dede0000000000000000000000000002"

static struct cb_span
bytes(const char *hex)
{
	static uint8_t ids[8][WIRE_ID];
	static unsigned i;
	uint8_t *to = ids[i++ % 8];

	ck_assert_int_eq(cb_hex_get(cb_span_str(hex), to, WIRE_ID), CB_OK);
	return cb_span(to, WIRE_ID);
}

static bool
same(struct cb_span a, const char *hex)
{
	return cb_span_equal(a, bytes(hex));
}

/* ---- organisations ------------------------------------------------------- */

START_TEST(an_organisation_begins_with_its_founder)
{
	struct wire_grant row;
	uint8_t print[CR_HASH];
	json_t *made;

	RUNS("--json org add Practice unblock=none second-signer=card,policy");
	made = admin_json();
	ck_assert_int_eq(cr_sha256(cb_buf_span(&desk.who.certificate), print),
	    CB_OK);
	ck_assert(cb_span_equal(desk.act.what, cb_span_str("org-add")));
	ck_assert(same(CB_SPAN_OF(desk.act.subject),
	    json_string_value(json_object_get(made, "id"))));
	ck_assert(cb_span_equal(
	    desk.detail.bytes[WIRE_D_NAME], cb_span_str("Practice")));
	ck_assert_uint_eq(desk.act.organisation[0], 0);
	ck_assert_uint_eq(desk.act.count, 5);
	ck_assert(!fake_desk_change(0, &row).remove);
	ck_assert_int_eq(row.type, WIRE_GRANT_FACTOR);
	ck_assert_mem_eq(row.organisation, desk.act.subject, WIRE_ID);
	ck_assert_mem_eq(row.bytes[WIRE_G_ID].p, print, WIRE_ID);
	ck_assert_mem_eq(row.bytes[WIRE_G_PERSON].p, desk.who.id, WIRE_ID);
	ck_assert_uint_eq(row.number[WIRE_G_STATE], 1);
	ck_assert(cb_span_equal(
	    row.bytes[WIRE_G_NAME], cb_span_str("certificate")));
	ck_assert(cb_span_equal(row.bytes[WIRE_G_VALUE], CB_SPAN_OF(print)));
	fake_desk_change(1, &row);
	ck_assert_int_eq(row.type, WIRE_GRANT_ROLE);
	ck_assert_uint_eq(row.number[WIRE_G_ROLE], WIRE_ROLE_ADMINISTRATOR);
	fake_desk_change(2, &row);
	ck_assert(cb_span_equal(
	    row.bytes[WIRE_G_VALUE], cb_span_str("none")));
	fake_desk_change(3, &row);
	ck_assert(cb_span_equal(
	    row.bytes[WIRE_G_NAME], cb_span_str("second-signer")));
	ck_assert(cb_span_equal(row.bytes[WIRE_G_VALUE],
	    cb_span("\x00\x00\x01\x20", 4)));
	fake_desk_change(4, &row);
	ck_assert(cb_span_equal(
	    row.bytes[WIRE_G_NAME], cb_span_str("inspected")));
	json_decref(made);
}
END_TEST

static const struct {
	const char *line;
	int code;
	const char *words;
} refused[] = {
	{ "org add", CLI_USAGE, "NAME" },
	{ "org add unblock=none", CLI_USAGE, "what is it called" },
	{ "org add platform", CLI_USAGE, "another name" },
	{ "org add A unblock=perhaps", CLI_USAGE, "none or online" },
	{ "org add A second-signer=cards", CLI_USAGE, "device, member" },
	{ "org add A colour=red", CLI_USAGE, "nothing that can be set" },
	{ "org add A unblock=none unblock=online", CLI_USAGE, "twice" },
	{ "org add A B", CLI_USAGE, "not KEY=VALUE" },
	{ "org set Clinic", CLI_USAGE, "set what" },
	{ "org set Clinic second-signer=card,token", CLI_USAGE,
	    "person token --role administrator" },
	{ "org add A second-signer=role", CLI_USAGE, "a second one" },
	{ "org add A second-signer=factor --yes", CLI_USAGE, "no option" },
	{ "org set Clinic name=platform", CLI_USAGE, "another name" },
	{ "card list --org Surgery", CLI_NO, "Clinic (" ORG_ID ")" },
	{ "card list --org 0b", CLI_NO, "no organisation \"0b\"" },
	{ "card list --role auditor", CLI_USAGE, "no option" },
	{ "card show " DEVICE, CLI_NO, "no card " DEVICE },
	{ "card show 12", CLI_USAGE, "32 hexadecimal digits" },
	{ "card new --org Clinic", CLI_USAGE, "--profile" },
	{ "card new --profile nonexistent --test", CLI_FAILED, "authentic3" },
	{ "card new --profile series8", CLI_USAGE, "add --test" },
	{ "card new --org platform --profile series8 --test", CLI_USAGE,
	    "the platform has no cards" },
	{ "org add " CARD, CLI_USAGE, "taken for an id" },
	{ "card new --profile ./x", CLI_USAGE, "by name" },
	{ "card new --profile series8 --serial 0g", CLI_USAGE,
	    "hexadecimal digits" },
	{ "card new --profile series8 --test --passcode-file /nonexistent",
	    CLI_FAILED, "/nonexistent" },
	{ "card assign " CARD, CLI_USAGE, "to whom" },
	{ "card assign --to-org " CARD, CLI_NO, "no card " CARD },
	{ "card terminate " CARD, CLI_USAGE, "--yes" },
	{ "card set " CARD " colour=red", CLI_USAGE, "neither name" },
	{ "card set " CARD " take-over=1", CLI_USAGE, "yes or no" },
	{ "device revoke " DEVICE, CLI_NO, "no device" },
	{ "device token --valid 24", CLI_USAGE, "such as 24h" },
	{ "device token --valid 900d", CLI_USAGE, "at most a year" },
	{ "device token --class car", CLI_USAGE, "desk, user" },
	{ "device token --card " CARD, CLI_NO, "no card " CARD },
	{ "person token", CLI_USAGE, "--role" },
	{ "person revoke " DEVICE, CLI_NO, "no person" },
	{ "session end " CARD, CLI_NO, "no session" },
	{ "audit list --count 0", CLI_USAGE, "from 1" },
	{ "card", CLI_USAGE, "do what" },
	{ "card paint", CLI_USAGE, "no command" },
	{ "", CLI_USAGE, "no command" },
	{ "--server https://near:1 org list", CLI_NO_BRIDGE, "reached" },
};

START_TEST(what_cannot_be_is_told)
{
	FAILS(refused[_i].line, refused[_i].code, refused[_i].words);
	ck_assert_uint_eq(desk.orders, 0);
}
END_TEST

START_TEST(a_device_orders_nothing)
{
	ck_assert_int_eq(admin_run_at("https://far:1", desk.device, "org list"),
	    CLI_USAGE);
	ck_assert_ptr_nonnull(strstr(admin_err, "identity of a device"));
	ck_assert_int_eq(admin_run_at(NULL, desk.person, "org list"), CLI_USAGE);
	ck_assert_ptr_nonnull(strstr(admin_err, "--server"));
	ck_assert_int_eq(admin_run_at("https://far:1", NULL, "org list"),
	    CLI_USAGE);
	ck_assert_ptr_nonnull(strstr(admin_err, "--identity"));
}
END_TEST

START_TEST(a_refusal_is_told_in_its_words)
{
	desk.refuses = CB_E_DENIED;
	desk.words = "an auditor orders nothing";
	FAILS("org set unblock=online", CLI_NO, "an auditor orders nothing");
	desk.refuses = CB_E_TIMEOUT;
	desk.words = "the backend does not answer";
	FAILS("org set unblock=online", CLI_NO_BRIDGE, "does not answer");
}
END_TEST

/* A vault that was started anew knows no challenge of before: the same act is
 * ordered once more over another one. */
START_TEST(an_act_is_ordered_again_by_itself)
{
	desk.refuses = CB_E_PEER;
	desk.words = "the challenge is over";
	desk.refuses_n = 1;
	desk.again = true;
	RUNS("org set unblock=online");
	ck_assert_uint_eq(desk.challenges, 2);
	ck_assert_uint_eq(desk.orders, 1);
	/* once, and where there is a session */
	desk.again = false;
	desk.refuses = CB_E_PEER;
	desk.refuses_n = 2;
	FAILS("org set unblock=online", CLI_NO_BRIDGE, "challenge is over");
	ck_assert_uint_eq(desk.challenges, 4);
	desk.refuses = CB_E_PEER;
	desk.refuses_n = 1;
	desk.closed = true;
	FAILS("org set unblock=online", CLI_NO_BRIDGE, "challenge is over");
	ck_assert_uint_eq(desk.challenges, 5);
}
END_TEST

/* ---- which organisation -------------------------------------------------- */

START_TEST(the_only_organisation_need_not_be_named)
{
	RUNS("org set second-signer=none");
	RUNS("org set name=Surgery unblock=online");
	ck_assert_uint_eq(desk.act.organisation[0], FAKE_ORG);
	ck_assert(same(CB_SPAN_OF(desk.act.subject), ORG_ID));
	ck_assert_uint_eq(desk.act.count, 1);
	ck_assert(cb_span_equal(
	    desk.detail.bytes[WIRE_D_NAME], cb_span_str("Surgery")));
	fake_desk_org(0x0B, "Clinic");
	FAILS("org set unblock=online", CLI_USAGE, "which organisation");
	FAILS("org set Clinic unblock=online", CLI_USAGE, "several");
	RUNS("org set 0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b unblock=online");
	ck_assert_uint_eq(desk.act.organisation[0], 0x0B);
	RUNS("org set --org platform unblock=online");
	ck_assert_uint_eq(desk.act.organisation[0], 0);
}
END_TEST

START_TEST(others_have_their_own)
{
	desk.opened = 0;
	ck_assert_int_eq(admin_run_at("https://far:1", desk.stranger, "card list"),
	    CLI_OK);
	ck_assert_uint_eq(desk.opened, 1);
}
END_TEST

/* ---- what there is ------------------------------------------------------- */

static void
add_card_in(uint8_t state, unsigned i, bool test)
{
	struct wire_fields item = { .has = 0 };
	char id[2 * WIRE_ID + 1] = CARD;

	id[30] = (char)('0' + i / 10 % 10);
	id[31] = (char)('0' + i % 10);
	id[29] = (char)('0' + i / 100);
	wire_fields_bytes(&item, WIRE_D_ID, bytes(id));
	wire_fields_bytes(&item, WIRE_D_PROFILE, cb_span_str("authentic3"));
	wire_fields_bytes(&item, WIRE_D_NAME, cb_span_str("Jürgen's"));
	wire_fields_number(&item, WIRE_D_STATE, state);
	wire_fields_number(&item, WIRE_D_VERSION, 7);
	wire_fields_number(&item, WIRE_D_CREATED, 1800000000000);
	if (test)
		wire_fields_number(&item, WIRE_D_TEST, 1);
	fake_desk_add(WIRE_LIST_CARDS, FAKE_ORG, &item);
}

static void
add_card(unsigned i, bool test)
{
	add_card_in(CLI_IN_USE, i, test);
}

/* ---- tokens -------------------------------------------------------------- */

START_TEST(a_token_is_made_here_and_its_hash_is_ordered)
{
	struct wire_token token;
	struct wire_grant row;
	uint8_t hash[CR_HASH];
	const uint64_t now = cli_admin_now();
	json_t *made;

	add_card(1, true);
	add_card(2, true);
	RUNS("device token --org Clinic --card " CARD " --valid 2h --name "
	    "Desk --class user --json");
	made = admin_json();
	ck_assert_int_eq(wire_token_get(cb_span_str(json_string_value(
			     json_object_get(made, "token"))),
			     &token, NULL),
	    CB_OK);
	ck_assert(same(CB_SPAN_OF(desk.act.subject),
	    json_string_value(json_object_get(made, "id"))));
	ck_assert_int_eq(cr_sha256(CB_SPAN_OF(token.secret), hash), CB_OK);
	ck_assert_mem_eq(token.backend, desk.who.backend, WIRE_ID);
	ck_assert(same(CB_SPAN_OF(token.organisation), ORG_ID));
	ck_assert_uint_eq(desk.act.count, 2);
	fake_desk_change(0, &row);
	ck_assert_int_eq(row.type, WIRE_GRANT_TOKEN);
	ck_assert(cb_span_equal(row.bytes[WIRE_G_SUBJECT],
	    CB_SPAN_OF(desk.act.subject)));
	ck_assert(cb_span_equal(
	    row.bytes[WIRE_G_FINGERPRINT], CB_SPAN_OF(hash)));
	ck_assert(cb_span_equal(
	    row.bytes[WIRE_G_NAME], cb_span_str("device")));
	ck_assert_uint_eq(row.number[WIRE_G_CLASS], 2);
	ck_assert_uint_ge(row.number[WIRE_G_UNTIL], now + 7200000);
	ck_assert_uint_le(row.number[WIRE_G_UNTIL], now + 7260000);
	fake_desk_change(1, &row);
	ck_assert_int_eq(row.type, WIRE_GRANT_ASSIGNMENT);
	ck_assert(same(row.bytes[WIRE_G_CARD], CARD));
	ck_assert(cb_span_equal(row.bytes[WIRE_G_SUBJECT],
	    CB_SPAN_OF(desk.act.subject)));
	ck_assert_uint_eq(row.number[WIRE_G_KIND], 1);
	json_decref(made);
	RUNS("device token --card " CARD " --card " CARD2);
	ck_assert_uint_eq(desk.orders, 2);
	ck_assert_uint_eq(desk.act.count, 3);
	fake_desk_change(2, &row);
	ck_assert_int_eq(row.type, WIRE_GRANT_ASSIGNMENT);
	ck_assert(same(row.bytes[WIRE_G_CARD], CARD2));
}
END_TEST

START_TEST(a_token_alone_is_on_standard_output)
{
	struct wire_grant row;

	RUNS("person token --role auditor");
	ck_assert_int_eq(strncmp(admin_out, "cardbridge-token-1:", 19), 0);
	ck_assert_ptr_eq(strchr(admin_out, '\n') + 1, admin_out + strlen(admin_out));
	ck_assert_ptr_nonnull(strstr(admin_err, "enrol"));
	ck_assert_uint_eq(desk.act.count, 2);
	fake_desk_change(1, &row);
	ck_assert_int_eq(row.type, WIRE_GRANT_ROLE);
	ck_assert_uint_eq(row.number[WIRE_G_ROLE], WIRE_ROLE_AUDITOR);
	ck_assert(cb_span_equal(row.bytes[WIRE_G_PERSON],
	    CB_SPAN_OF(desk.act.subject)));
}
END_TEST

/* ---- revoking ------------------------------------------------------------ */

static const uint8_t print[CR_HASH] = { 0xF1, 0x9E };

static void
add_device(void)
{
	struct wire_fields item = { .has = 0 };

	wire_fields_bytes(&item, WIRE_D_ID, bytes(DEVICE));
	wire_fields_number(&item, WIRE_D_CLASS, 2);
	wire_fields_number(&item, WIRE_D_STATE, 1);
	wire_fields_number(&item, WIRE_D_UNTIL, 1900000000000);
	wire_fields_bytes(&item, WIRE_D_FINGERPRINT, CB_SPAN_OF(print));
	fake_desk_add(WIRE_LIST_DEVICES, FAKE_ORG, &item);
}

START_TEST(a_device_is_stopped_and_its_certificate_revoked)
{
	struct wire_grant row;

	add_device();
	RUNS("device revoke " DEVICE);
	ck_assert_uint_eq(desk.act.count, 2);
	ck_assert(!fake_desk_change(0, &row).remove);
	ck_assert_int_eq(row.type, WIRE_GRANT_DEVICE);
	ck_assert(same(row.bytes[WIRE_G_DEVICE], DEVICE));
	ck_assert_uint_eq(row.number[WIRE_G_STATE], 2);
	ck_assert_uint_eq(row.number[WIRE_G_CLASS], 2);
	ck_assert_uint_eq(row.number[WIRE_G_UNTIL], 1900000000000);
	ck_assert(cb_span_equal(
	    row.bytes[WIRE_G_FINGERPRINT], CB_SPAN_OF(print)));
	fake_desk_change(1, &row);
	ck_assert_int_eq(row.type, WIRE_GRANT_REVOCATION);
	ck_assert(same(row.bytes[WIRE_G_SUBJECT], DEVICE));
	ck_assert(cb_span_equal(
	    row.bytes[WIRE_G_FINGERPRINT], CB_SPAN_OF(print)));
}
END_TEST

START_TEST(a_token_is_taken_back)
{
	struct wire_fields item = { .has = 0 };
	struct wire_grant row;
	json_t *list;

	wire_fields_bytes(&item, WIRE_D_ID, bytes(DEVICE));
	wire_fields_bytes(&item, WIRE_D_NAME, cb_span_str("person"));
	wire_fields_number(&item, WIRE_D_CLASS, 1);
	wire_fields_number(&item, WIRE_D_UNTIL, 1900000000000);
	wire_fields_bytes(&item, WIRE_D_FINGERPRINT, CB_SPAN_OF(print));
	fake_desk_add(WIRE_LIST_TOKENS, FAKE_ORG, &item);
	FAILS("device revoke " DEVICE, CLI_NO, "no device");
	wire_fields_bytes(&item, WIRE_D_NAME, cb_span_str("device"));
	fake_desk_add(WIRE_LIST_TOKENS, FAKE_ORG, &item);
	RUNS("device list --json");
	list = admin_json();
	ck_assert_uint_eq(json_array_size(list), 1);
	ck_assert_ptr_null(
	    json_object_get(json_array_get(list, 0), "state"));
	json_decref(list);
	RUNS("device revoke " DEVICE);
	ck_assert_uint_eq(desk.act.count, 1);
	ck_assert(fake_desk_change(0, &row).remove);
	ck_assert_int_eq(row.type, WIRE_GRANT_TOKEN);
	ck_assert(same(row.bytes[WIRE_G_SUBJECT], DEVICE));
	ck_assert(cb_span_equal(
	    row.bytes[WIRE_G_FINGERPRINT], CB_SPAN_OF(print)));
}
END_TEST

START_TEST(every_certificate_of_a_person_is_revoked)
{
	struct wire_fields item = { .has = 0 };
	struct wire_grant row;

	wire_fields_bytes(&item, WIRE_D_PERSON, bytes(DEVICE));
	wire_fields_number(&item, WIRE_D_ROLE, 2);
	wire_fields_number(&item, WIRE_D_STATE, 1);
	wire_fields_bytes(&item, WIRE_D_FINGERPRINT, CB_SPAN_OF(print));
	for (int i = 0; i < 2; i++) {
		wire_fields_bytes(
		    &item, WIRE_D_ID, bytes(i == 0 ? CARD : ORG_ID));
		fake_desk_add(WIRE_LIST_PEOPLE, FAKE_ORG, &item);
	}
	RUNS("person revoke " DEVICE);
	ck_assert_uint_eq(desk.act.count, 4);
	fake_desk_change(2, &row);
	ck_assert_int_eq(row.type, WIRE_GRANT_FACTOR);
	ck_assert(same(row.bytes[WIRE_G_ID], ORG_ID));
	ck_assert(same(row.bytes[WIRE_G_PERSON], DEVICE));
	ck_assert_uint_eq(row.number[WIRE_G_STATE], 2);
	fake_desk_change(3, &row);
	ck_assert_int_eq(row.type, WIRE_GRANT_REVOCATION);
}
END_TEST

/* ---- cards --------------------------------------------------------------- */

START_TEST(a_card_is_ordered_with_its_passcodes_beside)
{
	struct wire_grant row;
	json_t *made;
	FILE *f = fopen(admin_say("%s/pin", desk.dir), "w");

	fputs("4711 and more\nnot this\n", f);
	fclose(f);
	RUNS(admin_say("card new --org Clinic --profile authentic3 --test "
	    "--take-over --serial 0AFF --device " DEVICE " --to-org "
	    "--passcode-file %s/pin --json", desk.dir));
	made = admin_json();
	ck_assert_str_eq(json_string_value(json_object_get(made, "url")),
	    admin_say("https://far:1/cards/%s",
		json_string_value(json_object_get(made, "id"))));
	ck_assert(cb_span_equal(desk.detail.bytes[WIRE_D_PROFILE],
	    cb_span_str("authentic3")));
	ck_assert(cb_span_equal(
	    desk.detail.bytes[WIRE_D_SERIAL], cb_span_str("0aff")));
	ck_assert(wire_fields_has(&desk.detail, WIRE_D_TEST));
	ck_assert(wire_fields_has(&desk.detail, WIRE_D_TAKE_OVER));
	ck_assert(!wire_fields_has(&desk.detail, WIRE_D_BLANK));
	ck_assert(cb_span_equal(desk.secret.bytes[WIRE_D_PASSCODE],
	    cb_span_str("4711 and more")));
	ck_assert(cb_span_equal(desk.secret.bytes[WIRE_D_SO_PASSCODE],
	    cb_span_str("87654321")));
	ck_assert_uint_eq(desk.act.count, 3);
	fake_desk_change(0, &row);
	ck_assert_int_eq(row.type, WIRE_GRANT_CARD);
	ck_assert_uint_eq(row.number[WIRE_G_STATE], 1);
	ck_assert_uint_eq(row.number[WIRE_G_VERSION], 1);
	fake_desk_change(1, &row);
	ck_assert(same(row.bytes[WIRE_G_SUBJECT], DEVICE));
	fake_desk_change(2, &row);
	ck_assert(same(row.bytes[WIRE_G_SUBJECT], ORG_ID));
	ck_assert_uint_eq(row.number[WIRE_G_KIND], 3);
	ck_assert_ptr_null(json_object_get(made, "unblock_value"));
	json_decref(made);
}
END_TEST

START_TEST(a_test_card_says_that_it_is_one)
{
	json_t *made;

	desk.unblock = cb_span_str("\x12\xab");
	RUNS("card new --profile authentic5 --test --json");
	made = admin_json();
	ck_assert_str_eq(json_string_value(
			     json_object_get(made, "unblock_value")), "12ab");
	json_decref(made);
	RUNS("card new --profile authentic5 --test");
	ck_assert_ptr_nonnull(strstr(admin_out, "unblock value: 12AB\n"));
	ck_assert_ptr_nonnull(strstr(admin_out, "is a test card"));
}
END_TEST

static const struct {
	const char *line, *what;
	uint8_t from, state;
} states[] = {
	{ "card suspend " CARD, "card-suspend", 1, 2 },
	{ "card resume " CARD, "card-resume", 2, 1 },
	{ "card terminate --yes " CARD, "card-terminate", 1, 3 },
};

START_TEST(a_card_changes_its_state_and_nothing_else)
{
	struct wire_grant row;

	add_card_in(states[_i].from, 1, false);
	RUNS(states[_i].line);
	ck_assert(cb_span_equal(
	    desk.act.what, cb_span_str(states[_i].what)));
	ck_assert_uint_eq(desk.act.count, 1);
	fake_desk_change(0, &row);
	ck_assert_int_eq(row.type, WIRE_GRANT_CARD);
	ck_assert_uint_eq(row.number[WIRE_G_STATE], states[_i].state);
	ck_assert_uint_eq(row.number[WIRE_G_VERSION], 7);
}
END_TEST

START_TEST(a_card_keeps_what_is_not_set)
{
	struct wire_fields item = { .has = 0 };

	wire_fields_bytes(&item, WIRE_D_ID, bytes(CARD));
	wire_fields_number(&item, WIRE_D_TAKE_OVER, 1);
	fake_desk_add(WIRE_LIST_CARDS, FAKE_ORG, &item);
	RUNS("card set " CARD " name=Ward");
	ck_assert(cb_span_equal(
	    desk.detail.bytes[WIRE_D_NAME], cb_span_str("Ward")));
	ck_assert(wire_fields_has(&desk.detail, WIRE_D_TAKE_OVER));
	RUNS("card set " CARD " take-over=no");
	ck_assert(!wire_fields_has(&desk.detail, WIRE_D_NAME));
	ck_assert(!wire_fields_has(&desk.detail, WIRE_D_TAKE_OVER));
}
END_TEST

START_TEST(an_assignment_is_removed_as_it_is)
{
	struct wire_fields item = { .has = 0 };
	struct wire_grant row;
	json_t *shown, *one;

	add_card(1, false);
	RUNS("card assign " CARD " --device " DEVICE);
	ck_assert(!fake_desk_change(0, &row).remove);
	FAILS("card unassign " CARD " --device " DEVICE, CLI_NO,
	    "not assigned");
	wire_fields_bytes(&item, WIRE_D_CARD, bytes(CARD));
	wire_fields_bytes(&item, WIRE_D_ID, bytes(DEVICE));
	wire_fields_number(&item, WIRE_D_KIND, 1);
	wire_fields_number(&item, WIRE_D_UNTIL, 12345);
	fake_desk_add(WIRE_LIST_ASSIGNMENTS, FAKE_ORG, &item);
	RUNS("card show --json " CARD);
	shown = admin_json();
	one = json_array_get(json_object_get(shown, "assignments"), 0);
	ck_assert_str_eq(
	    json_string_value(json_object_get(one, "id")), DEVICE);
	json_decref(shown);
	RUNS("card unassign " CARD " --device " DEVICE);
	ck_assert_uint_eq(desk.act.count, 1);
	ck_assert(fake_desk_change(0, &row).remove);
	ck_assert_uint_eq(row.number[WIRE_G_UNTIL], 12345);
}
END_TEST

static const struct {
	uint8_t state;
	const char *line, *words;
} in_vain[] = {
	{ CLI_IN_USE, "card resume " CARD, "in use already" },
	{ CLI_STOPPED, "card suspend " CARD, "stopped already" },
	{ CLI_ENDED, "card resume " CARD, "was terminated" },
	{ CLI_ENDED, "card unblock " CARD, "was terminated" },
	{ CLI_ENDED, "card assign --to-org " CARD, "was terminated" },
	{ CLI_ENDED, "device token --card " CARD, "was terminated" },
};

START_TEST(what_a_card_is_already_is_not_ordered)
{
	add_card_in(in_vain[_i].state, 1, true);
	FAILS(in_vain[_i].line, CLI_NO, in_vain[_i].words);
	ck_assert_uint_eq(desk.orders, 0);
}
END_TEST

START_TEST(a_card_that_stays_blocked_says_of_what)
{
	add_card(1, true);
	desk.refuses = CB_E_DENIED;
	desk.words = "not allowed";
	FAILS("card unblock " CARD, CLI_NO, "unblock=online");
	/* and of nothing else where that is not why */
	desk.words = "too many passcodes were tried; order it later";
	FAILS("card unblock " CARD, CLI_NO, "order it later");
	ck_assert_ptr_null(strstr(admin_err, "unblock=online"));
}
END_TEST

START_TEST(a_card_is_unblocked_with_a_new_passcode)
{
	add_card(1, true);
	RUNS("card unblock " CARD);
	ck_assert(cb_span_equal(desk.secret.bytes[WIRE_D_PASSCODE],
	    cb_span_str("123456")));
	ck_assert_uint_eq(desk.act.count, 0);
	ck_assert_ptr_null(strstr(admin_out, "123456"));
}
END_TEST

START_TEST(a_session_is_ended_with_its_card)
{
	struct wire_fields item = { .has = 0 };

	wire_fields_bytes(&item, WIRE_D_ID, bytes(DEVICE));
	wire_fields_bytes(&item, WIRE_D_CARD, bytes(CARD));
	fake_desk_add(WIRE_LIST_SESSIONS, FAKE_ORG, &item);
	RUNS("session end " DEVICE);
	ck_assert(same(CB_SPAN_OF(desk.act.subject), DEVICE));
	ck_assert(same(desk.detail.bytes[WIRE_D_CARD], CARD));
}
END_TEST

/* ---- lists --------------------------------------------------------------- */

START_TEST(a_list_of_many_answers_is_one)
{
	json_t *list;

	for (unsigned i = 1; i <= 300; i++)
		add_card(i, false);
	desk.page = (unsigned)_i;
	RUNS("card list --json");
	list = admin_json();
	ck_assert_uint_eq(json_array_size(list), 300);
	json_decref(list);
	RUNS("card show --json caca0000000000000000000000000300");
	list = admin_json();
	ck_assert_str_eq(json_string_value(json_object_get(list, "name")),
	    "Jürgen's");
	ck_assert_int_eq(
	    json_integer_value(json_object_get(list, "state")), 1);
	ck_assert_int_eq(
	    json_integer_value(json_object_get(list, "created")),
	    1800000000000);
	ck_assert_ptr_null(json_object_get(list, "test"));
	json_decref(list);
}
END_TEST

START_TEST(tables_have_a_line_for_each)
{
	for (unsigned i = 1; i <= 30; i++)
		add_card(i, false);
	desk.page = 7;
	RUNS("card list");
	ck_assert_uint_eq(admin_lines(admin_out), 31);
	ck_assert_int_eq(strncmp(admin_out, "ID ", 3), 0);
	ck_assert_ptr_nonnull(strstr(admin_out, "authentic3       in use"));
	ck_assert_ptr_nonnull(strstr(admin_out, "Jürgen's\n"));
	RUNS("org list");
	ck_assert_ptr_nonnull(strstr(admin_out, ORG_ID));
	ck_assert_ptr_nonnull(strstr(admin_out, "2027-01-15 08:00"));
}
END_TEST

/* Whoever has the worker writes what they like. */
START_TEST(no_value_reaches_a_terminal_as_it_is)
{
	struct wire_fields item = { .has = 0 };

	wire_fields_bytes(&item, WIRE_D_NAME, cb_span_str("unblock"));
	wire_fields_bytes(
	    &item, WIRE_D_VALUE, cb_span_str("no\033[2Jne\x9B\u202E"));
	fake_desk_add(WIRE_LIST_POLICIES, FAKE_ORG, &item);
	RUNS("org show");
	ck_assert_ptr_nonnull(strstr(admin_out, "  no?[2Jne????\n"));
	RUNS("org show --json");
	json_decref(admin_json());
	ck_assert_ptr_nonnull(strstr(admin_out, "\"no?[2Jne????\""));
}
END_TEST

Suite *
admin_suite(void)
{
	Suite *s = suite_create("admin");
	TCase *t = tcase_create("admin");

	tcase_add_unchecked_fixture(t, fake_desk_make, fake_desk_free);
	tcase_add_checked_fixture(t, admin_setup, fake_desk_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, an_organisation_begins_with_its_founder);
	tcase_add_loop_test(t, what_cannot_be_is_told, 0,
	    (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(t, a_device_orders_nothing);
	tcase_add_test(t, a_refusal_is_told_in_its_words);
	tcase_add_test(t, an_act_is_ordered_again_by_itself);
	tcase_add_test(t, the_only_organisation_need_not_be_named);
	tcase_add_test(t, others_have_their_own);
	tcase_add_test(t, a_token_is_made_here_and_its_hash_is_ordered);
	tcase_add_test(t, a_token_alone_is_on_standard_output);
	tcase_add_test(t, a_device_is_stopped_and_its_certificate_revoked);
	tcase_add_test(t, a_token_is_taken_back);
	tcase_add_test(t, every_certificate_of_a_person_is_revoked);
	tcase_add_test(t, a_card_is_ordered_with_its_passcodes_beside);
	tcase_add_test(t, a_test_card_says_that_it_is_one);
	tcase_add_loop_test(
	    t, a_card_changes_its_state_and_nothing_else, 0, 3);
	tcase_add_test(t, a_card_keeps_what_is_not_set);
	tcase_add_test(t, an_assignment_is_removed_as_it_is);
	tcase_add_loop_test(t, what_a_card_is_already_is_not_ordered, 0,
	    (int)(sizeof(in_vain) / sizeof(in_vain[0])));
	tcase_add_test(t, a_card_that_stays_blocked_says_of_what);
	tcase_add_test(t, a_card_is_unblocked_with_a_new_passcode);
	tcase_add_test(t, a_session_is_ended_with_its_card);
	tcase_add_loop_test(t, a_list_of_many_answers_is_one, 100, 102);
	tcase_add_test(t, tables_have_a_line_for_each);
	tcase_add_test(t, no_value_reaches_a_terminal_as_it_is);
	suite_add_tcase(s, t);
	return s;
}
