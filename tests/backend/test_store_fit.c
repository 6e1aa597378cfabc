/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Rows that name others, and what organisations are called.
 */
#include <string.h>

#include "tests/backend/store_rig.h"
#include "wire/entry.h"

static enum cb_err
change(struct rig *g, uint8_t organisation, enum be_table table,
    const struct be_value *columns, struct cb_why *why)
{
	const struct be_row_change c = { table, false, columns };
	const struct cb_span e = entry_of(WIRE_ACT, NULL);
	struct be_act a = act_row(&c, &e);
	enum cb_err r;

	memset(a.organisation, organisation, WIRE_ID);
	r = be_store_act(g->st, &a);
	*why = a.why;
	return r;
}

/* ---- assignments --------------------------------------------------------- */

static const char revoke[] = "UPDATE device SET state=2";
#define TOKEN(purpose, used) \
	"INSERT INTO token(organisation,hash,purpose,subject,class,until,mac," \
	"used,label) SELECT id,zeroblob(32),'" purpose "'," \
	"x'77777777777777777777777777777777',1,9,x''," used ",x''" \
	" FROM organisation WHERE setting=x'01'"
static const char make_group[] = "INSERT INTO device_group(organisation,id,"
    "label) SELECT id,x'66666666666666666666666666666666',x''"
    " FROM organisation WHERE setting=x'01'";

static const struct {
	const char *name, *before;
	int64_t kind;
	uint8_t subject;
	enum cb_err want;
} assignments[] = {
	{ "a device", NULL, 1, 0x91, CB_OK },
	{ "no device", NULL, 1, 0x77, CB_E_ABSENT },
	{ "another's device", NULL, 1, 0xA1, CB_E_ABSENT },
	{ "a device that is revoked", revoke, 1, 0x91, CB_E_ABSENT },
	{ "one that has its token", TOKEN("device", "NULL"), 1, 0x77, CB_OK },
	{ "a person's token", TOKEN("person", "NULL"), 1, 0x77, CB_E_ABSENT },
	{ "a token that was used", TOKEN("device", "5"), 1, 0x77, CB_E_ABSENT },
	{ "a group", make_group, 2, 0x66, CB_OK },
	{ "no group", NULL, 2, 0x66, CB_E_ABSENT },
	{ "a device as a group", NULL, 2, 0x91, CB_E_ABSENT },
	{ "all", NULL, 3, 0x01, CB_OK },
};

START_TEST(a_card_is_assigned_to_what_is_there)
{
	const struct be_value v[] = { BE_ID(id(0x11)),
		BE_I(assignments[_i].kind), BE_ID(id(assignments[_i].subject)),
		BE_I(0), BE_B(cb_span_str("mac")) };
	struct cb_why why;
	struct rig g;

	rig_init(&g);
	if (assignments[_i].before != NULL)
		sql_run(&g, assignments[_i].before);
	ck_assert_msg(change(&g, 1, BE_ASSIGNMENT, v, &why) ==
		assignments[_i].want, "%s: %s", assignments[_i].name,
	    why.text);
	ck_assert_int_eq(sql_number(&g, "SELECT count(*) FROM assignment"),
	    assignments[_i].want == CB_OK);
	if (assignments[_i].want != CB_OK)
		ck_assert_msg(strstr(why.text, "or it is revoked") != NULL,
		    "%s", why.text);
	rig_clear(&g);
}
END_TEST

/* What an act makes may be named in it, whichever comes first. */
START_TEST(an_act_is_looked_at_whole)
{
	const struct be_value to[] = { BE_ID(id(0x11)), BE_I(1),
		BE_ID(id(0x77)), BE_I(0), BE_B(cb_span_str("mac")) };
	static const uint8_t hash[CR_HASH];
	const struct be_value token[] = { BE_HASH(hash),
		BE_T(cb_span_str("device")), BE_ID(id(0x77)), BE_I(1),
		BE_I(9), BE_B(cb_span_str("mac")), BE_NONE,
		BE_B(CB_SPAN_EMPTY) };
	const struct be_row_change c[] = { { BE_ASSIGNMENT, false, to },
		{ BE_TOKEN, false, token } };
	const struct cb_span e = entry_of(WIRE_ACT, NULL);
	struct be_act a = act_new(BE_ADMIN);
	struct rig g;

	rig_init(&g);
	a.rows = c;
	a.rows_n = 2;
	a.entries = &e;
	a.entries_n = 1;
	ck_assert_msg(be_store_act(g.st, &a) == CB_OK, "%s", a.why.text);
	rig_clear(&g);
}
END_TEST

/* ---- what is ended ------------------------------------------------------- */

static const char person_of_1[] = "INSERT INTO factor(organisation,id,person,"
    "kind,state,data,mac) SELECT id,x'55555555555555555555555555555555',"
    "x'44444444444444444444444444444444','certificate',1,zeroblob(32),x''"
    " FROM organisation WHERE setting=x'01'";

/* The attack: a registrar's signature is good for a device's row and a
 * revocation of the certificate in it. */
static const struct {
	const char *name;
	uint8_t device, print;
	int64_t class, until;
	enum cb_err want;
} ended[] = {
	{ "as it is", 0x91, 0, 1, 9, CB_OK },
	{ "a person as a device", 0x44, 0, 1, 9, CB_E_ABSENT },
	{ "a person's certificate", 0x91, 7, 1, 9, CB_E_ABSENT },
	{ "of another class", 0x91, 0, 2, 9, CB_E_ABSENT },
	{ "for longer", 0x91, 0, 1, 0, CB_E_ABSENT },
	{ "another's device", 0xA1, 0, 1, 9, CB_E_ABSENT },
};

START_TEST(a_device_is_ended_as_it_is)
{
	const uint8_t print[CR_HASH] = { ended[_i].print };
	const struct be_value v[] = { BE_ID(id(ended[_i].device)),
		BE_I(ended[_i].class), BE_I(2), BE_HASH(print),
		BE_I(ended[_i].until), BE_B(cb_span_str("label")),
		BE_B(cb_span_str("mac")) };
	struct cb_why why;
	struct rig g;

	rig_init(&g);
	sql_run(&g, person_of_1);
	ck_assert_msg(change(&g, 1, BE_DEVICE, v, &why) == ended[_i].want,
	    "%s: %s", ended[_i].name, why.text);
	ck_assert_int_eq(
	    sql_number(&g, "SELECT count(*) FROM device WHERE state=2"),
	    ended[_i].want == CB_OK);
	rig_clear(&g);
}
END_TEST

static const struct {
	const char *name;
	uint8_t organisation, factor, person, print;
	const char *kind;
	enum cb_err want;
} ended_people[] = {
	{ "as they are", 1, 0x55, 0x44, 0, "certificate", CB_OK },
	{ "another person's", 1, 0x55, 0x45, 0, "certificate", CB_E_ABSENT },
	{ "a new one", 1, 0x56, 0x44, 0, "certificate", CB_E_ABSENT },
	{ "another certificate", 1, 0x55, 0x44, 7, "certificate",
	    CB_E_ABSENT },
	{ "of another kind", 1, 0x55, 0x44, 0, "key", CB_E_ABSENT },
	{ "of another organisation", 2, 0x55, 0x44, 0, "certificate",
	    CB_E_ABSENT },
};

START_TEST(a_person_is_ended_as_they_are)
{
	const uint8_t print[CR_HASH] = { ended_people[_i].print };
	const struct be_value v[] = { BE_ID(id(ended_people[_i].factor)),
		BE_ID(id(ended_people[_i].person)),
		BE_T(cb_span_str(ended_people[_i].kind)), BE_I(2),
		BE_HASH(print), BE_B(cb_span_str("mac")) };
	struct cb_why why;
	struct rig g;

	rig_init(&g);
	sql_run(&g, person_of_1);
	ck_assert_msg(change(&g, ended_people[_i].organisation, BE_FACTOR, v,
			  &why) == ended_people[_i].want,
	    "%s: %s", ended_people[_i].name, why.text);
	ck_assert_int_eq(
	    sql_number(&g, "SELECT count(*) FROM factor WHERE state=2"),
	    ended_people[_i].want == CB_OK);
	rig_clear(&g);
}
END_TEST

/* A revocation of it would end the card, without those whom that takes. */
START_TEST(nobody_enrols_as_what_there_is)
{
	static const uint8_t hash[CR_HASH] = { 5 };
	const uint8_t taken[] = { 0x11, 0x21, 0x91, 0xA1, 0x44 };
	static const uint8_t organisations[] = { 1, 2 };
	struct be_value v[] = { BE_HASH(hash), BE_T(cb_span_str("device")),
		BE_NONE, BE_I(1), BE_I(9), BE_B(cb_span_str("mac")), BE_NONE,
		BE_B(CB_SPAN_EMPTY) };
	struct cb_why why;
	struct rig g;

	rig_init(&g);
	sql_run(&g, person_of_1);
	for (size_t i = 0; i < 2 * sizeof(taken); i++) {
		v[2] = BE_ID(id(taken[i / 2]));
		ck_assert_int_eq(change(&g, organisations[i % 2], BE_TOKEN, v,
				     &why), CB_E_DENIED);
	}
	v[2] = BE_ID(id(0x45));
	ck_assert_int_eq(change(&g, 1, BE_TOKEN, v, &why), CB_OK);
	rig_clear(&g);
}
END_TEST

/* ---- names --------------------------------------------------------------- */

static const struct {
	const char *name;
	enum cb_err want;
	const char *words;
} names[] = {
	{ "\001", CB_OK, "" },		/* its own */
	{ "\002", CB_E_DENIED, "another organisation of this name" },
	{ "Clinic", CB_OK, "" },
	{ "platform", CB_E_DENIED, "as an id or the platform" },
	{ "platforms", CB_OK, "" },
	{ "01010101010101010101010101010101", CB_E_DENIED, "as an id" },
	{ "0123456789abcdefABCDEF0123456789", CB_E_DENIED, "as an id" },
	{ "0101010101010101010101010101010", CB_OK, "" },
	{ "0101010101010101010101010101010g", CB_OK, "" },
};

/* By the organisation itself, and by the platform that makes one. */
START_TEST(a_name_means_one_organisation)
{
	const struct cb_span name = cb_span_str(names[_i].name);
	struct be_value own[] = { BE_ID(id(1)), BE_I(1), BE_B(name),
		BE_I(5) };
	struct cb_why why;
	struct rig g;

	rig_init(&g);
	ck_assert_msg(change(&g, 1, BE_ORGANISATION, own, &why) ==
		names[_i].want, "%s: %s", names[_i].name, why.text);
	ck_assert_msg(strstr(why.text, names[_i].words) != NULL, "%s",
	    why.text);
	own[0] = BE_ID(id(3));
	/* what the first has got by now is taken */
	ck_assert_int_eq(
	    change(&g, 0, BE_ORGANISATION, own, &why), CB_E_DENIED);
	rig_clear(&g);
}
END_TEST

Suite *
store_fit_suite(void)
{
	Suite *s = suite_create("store_fit");
	TCase *tc = tcase_create("fit");

	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, a_device_is_ended_as_it_is, 0,
	    (int)(sizeof(ended) / sizeof(ended[0])));
	tcase_add_loop_test(tc, a_person_is_ended_as_they_are, 0,
	    (int)(sizeof(ended_people) / sizeof(ended_people[0])));
	tcase_add_test(tc, nobody_enrols_as_what_there_is);
	tcase_add_loop_test(tc, a_card_is_assigned_to_what_is_there, 0,
	    COUNT(assignments));
	tcase_add_test(tc, an_act_is_looked_at_whole);
	tcase_add_loop_test(
	    tc, a_name_means_one_organisation, 0, COUNT(names));
	suite_add_tcase(s, tc);
	return s;
}
