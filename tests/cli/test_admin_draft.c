/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What takes two people: drafted, approved and ordered by cardbridge admin,
 * at a desk in the same process.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/hex.h"
#include "tests/cli/admin_rig.h"
#include "wire/draft.h"

#define CARD "cacacacacacacacacacacacacacacaca"
#define DEVICE "dededededededededededededededede"
#define PERSON "9d9d9d9d9d9d9d9d9d9d9d9d9d9d9d9d"
#define FIRST "9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e"

static char file[300];

static void
add(enum wire_desk_list list, uint8_t id, const char *name)
{
	struct wire_fields item = { .has = 0 };
	uint8_t bytes[WIRE_ID];
	static const uint8_t print[CR_HASH] = { 0xF1 };

	memset(bytes, id, WIRE_ID);
	wire_fields_bytes(&item, WIRE_D_ID, CB_SPAN_OF(bytes));
	wire_fields_bytes(&item, WIRE_D_NAME, cb_span_str(name));
	wire_fields_number(&item, WIRE_D_STATE, 1);
	wire_fields_number(&item, WIRE_D_CLASS, 1);
	wire_fields_number(&item, WIRE_D_VERSION, 3);
	wire_fields_bytes(&item, WIRE_D_FINGERPRINT, CB_SPAN_OF(print));
	if (list == WIRE_LIST_CARDS)
		wire_fields_number(&item, WIRE_D_TEST, 1);
	fake_desk_add(list, FAKE_ORG, &item);
}

/* Nobody is to be asked at the terminal of who runs this. */
static void
leave_terminal(void)
{
	const int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);

	if (tty < 0)
		return;
	ck_assert_int_eq(ioctl(tty, TIOCNOTTY), 0);
	(void)close(tty);
}

static void
setup(void)
{
	struct wire_fields own = { .has = 0 };
	uint8_t id[WIRE_ID];

	leave_terminal();
	admin_setup();
	memset(id, FAKE_ORG, WIRE_ID);
	wire_fields_bytes(&own, WIRE_D_ID, CB_SPAN_OF(id));
	wire_fields_bytes(&own, WIRE_D_NAME, cb_span_str("Clinic"));
	fake_desk_add(WIRE_LIST_ORGANISATIONS, FAKE_ORG, &own);
	add(WIRE_LIST_CARDS, 0xCA, "Ward 3");
	add(WIRE_LIST_DEVICES, 0xDE, "Desk");
	fake_desk_role(FAKE_ORG, FAKE_PERSON, WIRE_ROLE_ADMINISTRATOR);
	fake_desk_role(FAKE_ORG, FAKE_SECOND, WIRE_ROLE_ADMINISTRATOR);
	fake_desk_role(FAKE_ORG, 0x9D, WIRE_ROLE_AUDITOR);
	fake_desk_role(0, FAKE_SECOND, WIRE_ROLE_ADMINISTRATOR);
	snprintf(file, sizeof(file), "%s/draft", desk.dir);
}

static int
second(const char *line)
{
	return admin_run_at("https://far:1", desk.second, line);
}

#define SECOND_RUNS(line) \
	do { \
		int code_ = second(line); \
		ck_assert_msg(code_ == 0, "exit %d: %s", code_, admin_err); \
	} while (0)
#define SECOND_FAILS(line, code, words) \
	do { \
		ck_assert_int_eq(second(line), code); \
		ck_assert_msg(strstr(admin_err, words) != NULL, "%s", \
		    admin_err); \
	} while (0)

static void
says(const char *words)
{
	ck_assert_msg(strstr(admin_out, words) != NULL, "\"%s\" in %s", words,
	    admin_out);
}

/* ---- each act ------------------------------------------------------------ */

static const struct {
	const char *line, *words[3], *done;
} acts[] = {
	{ "org add Ward", { "org-add: founds an organisation",
	    "  of            the backend itself", "person " FIRST
	    " will be administrator" }, "is founded" },
	{ "org set unblock=none name=Surgery", { "of            organisation "
	    ORG_ID " \"Clinic\"", "unblock is set to none",
	    "name          \"Surgery\"" }, "is set" },
	{ "org set second-signer=role,card", { "second-signer is set to "
	    "role,card", "about         organisation " ORG_ID, NULL },
	    "is set" },
	{ "device token --card " CARD " --class user --name Hall",
	    { "a token for user device", "may use card " CARD " \"Ward 3\"",
	    "name          \"Hall\"" }, "can be enrolled" },
	{ "device revoke " DEVICE, { "about         device " DEVICE
	    " \"Desk\"", "will be stopped", "certificate f1000000" },
	    "is revoked" },
	{ "person token --role registrar", { "a token for a person",
	    "will be registrar", "until 20" }, "can be enrolled" },
	{ "person revoke " PERSON, { "a certificate of person " PERSON
	    " will be stopped", "is revoked", NULL }, "is revoked" },
	{ "card new --profile authentic3 --test --blank --serial 0a --to-org "
	    "--take-over --device " DEVICE, { "profile       authentic3\n  "
	    "serial        0a\n  blank         yes\n  test          yes\n"
	    "  take_over     yes\n", "change        organisation " ORG_ID
	    " \"Clinic\" may use card", "device " DEVICE " \"Desk\" may" },
	    "Next: cardbridge reader add" },
	{ "card set " CARD " name=Hall take-over=yes", { "card-set: changes",
	    "name          \"Hall\"", "take_over     yes" }, "is set" },
	{ "card assign " CARD " --device " DEVICE, { "card-assign: lets more",
	    "change        device " DEVICE " \"Desk\" may use card", NULL },
	    "is assigned" },
	{ "card suspend " CARD, { "will be suspended", NULL, NULL },
	    "is suspended" },
	{ "card unblock " CARD, { "a new passcode", "card " CARD, NULL },
	    "has its new passcode" },
	{ "card terminate --yes " CARD, { "destroyed for ever", "for ever\n",
	    NULL }, "is no more" },
};

START_TEST(an_act_goes_from_one_to_the_other)
{
	uint8_t id[WIRE_ID];
	struct stat st;

	RUNS(admin_say("%s --draft %s", acts[_i].line, file));
	ck_assert_uint_eq(desk.orders, 0);
	ck_assert(strstr(admin_out, "approve") != NULL ||
	    strstr(admin_err, "approve") != NULL);
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	SECOND_RUNS(admin_say("approve %s --yes", file));
	ck_assert_uint_eq(desk.orders, 0);
	for (size_t i = 0; i < 3 && acts[_i].words[i] != NULL; i++)
		says(acts[_i].words[i]);
	says("drafted by    person " FIRST "\n");
	says("is approved, until 20");
	RUNS(admin_say("order %s", file));
	ck_assert_uint_eq(desk.orders, 1);
	says(acts[_i].done);
	memset(id, FAKE_SECOND, WIRE_ID);
	ck_assert_mem_eq(desk.approved.person, id, WIRE_ID);
	ck_assert_uint_gt(
	    desk.approved.until, cli_admin_now() + 11 * 3600000);
	ck_assert_uint_le(
	    desk.approved.until, cli_admin_now() + 12 * 3600000);
}
END_TEST

START_TEST(passcodes_come_when_it_is_ordered)
{
	FILE *f = fopen(admin_say("%s/pin", desk.dir), "w");

	fputs("271828\n", f);
	fclose(f);
	FAILS(admin_say("card unblock " CARD " --draft %s --passcode-file %s",
	    file, file), CLI_USAGE, "holds no passcode");
	RUNS(admin_say("card unblock " CARD " --draft %s --json", file));
	says("\"draft\"");
	SECOND_RUNS(admin_say("approve %s --yes --json", file));
	says("\"until\": \"20");
	ck_assert_ptr_nonnull(strstr(admin_err, "a new passcode"));
	RUNS(admin_say("order %s --passcode-file %s/pin", file, desk.dir));
	ck_assert(cb_span_equal(desk.secret.bytes[WIRE_D_PASSCODE],
	    cb_span_str("271828")));
}
END_TEST

/* ---- what is not good ---------------------------------------------------- */

static void
drafted(const char *line)
{
	RUNS(admin_say("%s --draft %s", line, file));
}

START_TEST(it_takes_another_person)
{
	drafted("card suspend " CARD);
	FAILS(admin_say("approve %s --yes", file), CLI_NO,
	    "another person approves it");
	SECOND_FAILS(admin_say("order %s", file), CLI_USAGE, "add --yes");
	SECOND_RUNS(admin_say("approve %s --yes --valid 22h", file));
	SECOND_FAILS(admin_say("order %s --yes", file), CLI_NO, "your own");
	ck_assert_uint_eq(desk.orders, 0);
	SECOND_FAILS(admin_say("approve %s --yes --valid 23h", file),
	    CLI_USAGE, "less than 23h");
	/* a third one, of the first's id, orders what they have read */
	RUNS(admin_say("order %s", file));
}
END_TEST

START_TEST(nobody_is_asked_without_a_terminal)
{
	char before[8192], after[8192];

	drafted("card suspend " CARD);
	admin_slurp(file, before, sizeof(before));
	SECOND_FAILS(admin_say("approve %s", file), CLI_USAGE, "add --yes");
	admin_slurp(file, after, sizeof(after));
	ck_assert_str_eq(before, after);
}
END_TEST

/* Who may not order it cannot approve it, either. */
START_TEST(an_approval_takes_a_role)
{
	fake_desk_teardown();
	admin_setup();
	add(WIRE_LIST_CARDS, 0xCA, "Ward 3");
	fake_desk_role(FAKE_ORG, FAKE_SECOND, WIRE_ROLE_REGISTRAR);
	snprintf(file, sizeof(file), "%s/draft", desk.dir);
	drafted("org set unblock=none");
	SECOND_FAILS(admin_say("approve %s --yes", file), CLI_NO,
	    "of an administrator,");
	(void)unlink(file);
	drafted("card suspend " CARD);
	SECOND_RUNS(admin_say("approve %s --yes", file));
}
END_TEST

/* The draft of `path`, whose first approval is the caller's to change. */
static void
read_draft(struct wire_draft *d)
{
	static char text[WIRE_DRAFT_MAX];

	admin_slurp(file, text, sizeof(text));
	ck_assert_int_eq(wire_draft_get(cb_span_str(text), d), CB_OK);
}

static void
write_draft(struct wire_draft *d)
{
	struct cb_buf text = CB_BUF_INIT_MAX(WIRE_DRAFT_MAX);
	FILE *f = fopen(file, "w");

	ck_assert_int_eq(wire_draft_put(&text, d), CB_OK);
	ck_assert_uint_eq(fwrite(text.p, 1, text.n, f), text.n);
	fclose(f);
	cb_buf_free(&text);
	wire_draft_clear(d);
}

/* Signed by the second person: another request, or an end that is past. */
static void
approve_by_hand(uint64_t until, bool other)
{
	struct wire_identity who;
	struct wire_approval a = { .kind = WIRE_TEST, .until = until };
	struct cb_span head, signature;
	struct cb_why why;
	struct wire_draft d;
	struct wire_act act;

	read_draft(&d);
	ck_assert_int_eq(wire_identity_read(&who, desk.second,
			     (int64_t)(cli_admin_now() / 1000), &why), CB_OK);
	ck_assert_int_eq(wire_act_get(cb_buf_span(&d.act), &act, &head,
			     &signature), CB_OK);
	ck_assert_int_eq(wire_act_request(&act, a.request), CB_OK);
	a.request[0] ^= other;
	memcpy(a.person, who.id, WIRE_ID);
	a.certificate = cb_buf_span(&who.certificate);
	ck_assert_int_eq(
	    wire_approval_put(&d.approvals[d.n++], &a, who.key), CB_OK);
	write_draft(&d);
	wire_identity_clear(&who);
}

START_TEST(an_approval_is_of_its_act_and_has_an_end)
{
	const uint64_t now = cli_admin_now();

	drafted("card suspend " CARD);
	approve_by_hand(now + 60000, true);
	FAILS(admin_say("order %s", file), CLI_NO, "of another act");
	approve_by_hand(now - 1, false);
	FAILS(admin_say("order %s", file), CLI_NO, "was good until");
	ck_assert_ptr_nonnull(strstr(admin_err, "admin approve"));
	ck_assert_uint_eq(desk.orders, 0);
	/* any that is good will do */
	approve_by_hand(now + 60000, false);
	RUNS(admin_say("order %s", file));
	/* and what is of no use makes room */
	SECOND_RUNS(admin_say("approve %s --yes", file));
	RUNS(admin_say("order %s", file));
}
END_TEST

/* Without one it is for the backend to say whether that does. */
START_TEST(what_needs_no_approval_is_ordered_without)
{
	drafted("card suspend " CARD);
	RUNS(admin_say("order %s", file));
	ck_assert_uint_eq(desk.approval.n, 0);
}
END_TEST

/* Every digit: nobody signs, orders or is told what somebody has changed. */
START_TEST(what_was_changed_is_nobodys)
{
	static char text[WIRE_DRAFT_MAX];
	FILE *f;

	drafted("card suspend " CARD);
	admin_slurp(file, text, sizeof(text));
	for (size_t i = (size_t)_i; text[i] != '\0'; i += 97) {
		const char was = text[i];

		text[i] = was == '0' ? '1' : '0';
		f = fopen(file, "w");
		fputs(text, f);
		fclose(f);
		text[i] = was;
		ck_assert_msg(admin_run(admin_say("order %s", file)) != CLI_OK,
		    "%zu", i);
		ck_assert_msg(second(admin_say("approve %s --yes", file)) !=
			CLI_OK, "%zu", i);
	}
	ck_assert_uint_eq(desk.orders, 0);
}
END_TEST

/* Values of a policy that a terminal would obey, or show a part of. */
static const struct {
	const char *text;
	size_t n;
} unshown[] = { { "none\xC2\x9B" "2J", 8 }, { "none\x9B" "2J", 7 },
	{ "none\0yes", 8 } };
#define UNSHOWN ((int)(sizeof(unshown) / sizeof(unshown[0])))

/* Each is written, and has a number or a name that means nothing here: who
 * would read it could take it for another. */
static void
add_row(struct wire_act *act, struct wire_grant *g, struct cb_buf *changes)
{
	static const uint8_t some[CR_HASH] = { 0xCA };
	struct cb_buf row = CB_BUF_INIT;
	struct wire_change change;

	for (unsigned f = 1; f < WIRE_G_END; f++)
		if (g->bytes[f].n == 0)
			g->bytes[f] = cb_span(some,
			    f == WIRE_G_FINGERPRINT ? CR_HASH : WIRE_ID);
	ck_assert_int_eq(wire_grant_put(&row, g), CB_OK);
	change = (struct wire_change){ false, cb_buf_span(&row) };
	ck_assert_int_eq(wire_change_put(changes, &change), CB_OK);
	cb_buf_free(&row);
	act->count = 1;
	act->changes = cb_buf_span(changes);
}

#define TYPE(t) .type = WIRE_GRANT_##t
#define NUMBER(f, v) .number[WIRE_G_##f] = (v)
#define NAMED(t) .bytes[WIRE_G_NAME] = { (const uint8_t *)(t), sizeof(t) - 1 }
#define VALUE(t) .bytes[WIRE_G_VALUE] = { (const uint8_t *)(t), sizeof(t) - 1 }
static const struct wire_grant strange[] = {
	{ TYPE(CARD), NUMBER(STATE, 4) },
	{ TYPE(DEVICE), NUMBER(STATE, 0) },
	{ TYPE(FACTOR), NUMBER(STATE, 9), NAMED("certificate") },
	{ TYPE(ROLE), NUMBER(ROLE, 4) },
	{ TYPE(ASSIGNMENT), NUMBER(KIND, 0) },
	{ TYPE(TOKEN), NUMBER(CLASS, 3), NAMED(WIRE_TOKEN_DEVICE) },
	{ TYPE(TOKEN), NUMBER(CLASS, 1), NAMED("group") },
	{ TYPE(POLICY), NAMED("second-signer"), VALUE("\x80\0\0\0") },
	{ TYPE(POLICY), NAMED("second-signer"), VALUE("\0\0\0\x04.") },
	{ TYPE(POLICY), NAMED("unblock"), VALUE("online, or none") },
	{ TYPE(POLICY), NAMED("colour"), VALUE("none") },
	{ TYPE(NETWORK) },
	{ TYPE(MEMBER) },
	/* of no organisation: all before are of that of the act */
	{ TYPE(CARD), NUMBER(STATE, 2) },
};
#define STRANGE ((int)(sizeof(strange) / sizeof(strange[0])))

static void
put_policy(struct wire_act *act, struct cb_span value, struct cb_buf *changes)
{
	struct wire_grant g = { TYPE(POLICY), NAMED("unblock") };

	memset(g.organisation, FAKE_ORG, WIRE_ID);
	g.bytes[WIRE_G_VALUE] = value;
	add_row(act, &g, changes);
}

static void
put_strange(struct wire_act *act, int i, struct cb_buf *changes)
{
	struct wire_grant g = strange[i];

	if (i < STRANGE - 1)
		memset(g.organisation, FAKE_ORG, WIRE_ID);
	add_row(act, &g, changes);
}

/* Who signs has read it: what has no words here is not signed. */
START_TEST(what_has_no_words_is_not_signed)
{
	const struct wire_key *key = desk.who.key;
	struct cb_span head, signature;
	struct cb_buf bytes = CB_BUF_INIT, changes = CB_BUF_INIT;
	struct wire_draft d;
	struct wire_act act;

	drafted("card suspend " CARD);
	read_draft(&d);
	ck_assert_int_eq(wire_act_get(cb_buf_span(&d.act), &act, &head,
			     &signature), CB_OK);
	if (_i < UNSHOWN)
		put_policy(&act, cb_span(unshown[_i].text, unshown[_i].n),
		    &changes);
	else if (_i < UNSHOWN + STRANGE)
		put_strange(&act, _i - UNSHOWN, &changes);
	else if (_i == UNSHOWN + STRANGE)
		act.what = cb_span_str("card-sell");
	else
		act.detail = cb_span("\x17\0\1x", 4);
	ck_assert_int_eq(wire_act_put(&bytes, &act, key), CB_OK);
	ck_assert_int_eq(cb_buf_set(&d.act, cb_buf_span(&bytes)), CB_OK);
	write_draft(&d);
	cb_buf_free(&bytes);
	cb_buf_free(&changes);
	SECOND_FAILS(admin_say("approve %s --yes", file), CLI_NO, "no words");
	ck_assert_ptr_null(strstr(admin_out, "\x9B"));
}
END_TEST

#define OTHER "dfdfdfdfdfdfdfdfdfdfdfdfdfdfdfdf"
#define Q16 "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\""
#define E4 "\\\"\\\"\\\"\\\""
#define E16 E4 E4 E4 E4

/* Whatever a device is called, the line tells where that ends. */
static const struct {
	const char *name, *line;
} names[] = {
	{ "a\" may use card \"b\u00E9",
	    "\"a\\\" may use card \\\"b\u00E9\"" },
	{ "a\\\" may use card \"b", "\"a\\\\\\\" may use card \\\"b\"" },
	{ "a\\", "\"a\\\\\"" },
	{ "\u201Ea\u201D may use card \u201Cb",
	    "\"\\\u201Ea\\\u201D may use card \\\u201Cb\"" },
	{ "O'Brien", "\"O'Brien\"" },
	{ "\u00C5ngstr\u00F6m \u2013 2", "\"\u00C5ngstr\u00F6m \u2013 2\"" },
	/* as many as fit */
	{ Q16 Q16 Q16 Q16, "\"" E16 E16 E16 E16 "\"" },
};

START_TEST(names_make_no_sentence)
{
	char line[256];

	snprintf(line, sizeof(line), "device " OTHER " %s may use card " CARD,
	    names[_i].line);
	add(WIRE_LIST_DEVICES, 0xDF, names[_i].name);
	drafted("card assign " CARD " --device " OTHER);
	SECOND_RUNS(admin_say("approve %s --yes", file));
	says(line);
}
END_TEST

/* As a name that is given is shown, so is one that is there. */
START_TEST(a_new_name_makes_no_sentence)
{
	/* words of a command line are not quoted here: there are no blanks */
	drafted("card set " CARD " name=a\"b");
	SECOND_RUNS(admin_say("approve %s --yes", file));
	says("name          \"a\\\"b\"\n");
	FAILS("card set " CARD " name=a\u202Eb", CLI_USAGE,
	    "that control a terminal");
}
END_TEST

Suite *
admin_draft_suite(void)
{
	Suite *s = suite_create("admin_draft");
	TCase *t = tcase_create("draft");

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, fake_desk_make, fake_desk_free);
	tcase_add_checked_fixture(t, setup, fake_desk_teardown);
	tcase_add_loop_test(t, an_act_goes_from_one_to_the_other, 0,
	    (int)(sizeof(acts) / sizeof(acts[0])));
	tcase_add_test(t, passcodes_come_when_it_is_ordered);
	tcase_add_test(t, it_takes_another_person);
	tcase_add_test(t, nobody_is_asked_without_a_terminal);
	tcase_add_test(t, an_approval_takes_a_role);
	tcase_add_test(t, an_approval_is_of_its_act_and_has_an_end);
	tcase_add_test(t, what_needs_no_approval_is_ordered_without);
	tcase_add_loop_test(t, what_was_changed_is_nobodys, 0, 4);
	tcase_add_loop_test(t, what_has_no_words_is_not_signed, 0,
	    UNSHOWN + STRANGE + 2);
	tcase_add_loop_test(
	    t, names_make_no_sentence, 0, sizeof(names) / sizeof(names[0]));
	tcase_add_test(t, a_new_name_makes_no_sentence);
	suite_add_tcase(s, t);
	return s;
}
