/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the store is asked for people: who orders something, the books, what
 * there is; and organisations that they make.
 */
#include <string.h>

#include "tests/backend/service/store.h"
#include "tests/backend/service/suites.h"
#include "wire/chain.h"

static const uint8_t mark[CR_HASH] = { 5 };

/* ---- founding ------------------------------------------------------------ */

struct founded {
	uint8_t id[WIRE_ID];
	struct be_value own[4];
	struct be_row_change row;
	struct cb_span entries[1];
	struct be_founding founding;
	struct be_act act;
};

static void
founded_init(struct founded *f)
{
	ck_assert_int_eq(cr_random(f->id, WIRE_ID), CB_OK);
	f->own[0] = BE_ID(f->id);
	f->own[1] = BE_I(1);
	f->own[2] = BE_B(cb_span_str("name"));
	f->own[3] = BE_I(5);
	f->row = (struct be_row_change){ BE_ORGANISATION, false, f->own };
	f->entries[0] = entry_about(NULL);
	f->founding = (struct be_founding){ .entries = f->entries,
		.entries_n = 1 };
	memcpy(f->founding.organisation, f->id, WIRE_ID);
	f->act = (struct be_act){ .kind = BE_ADMIN, .rows = &f->row,
		.rows_n = 1, .entries = f->entries, .entries_n = 1,
		.founding = &f->founding };
}

START_TEST(the_parent_hears_of_one_that_is_founded)
{
	struct founded f;
	struct be_message m;

	founded_init(&f);
	ck_assert_int_eq(do_act(platform, &f.act).err, CB_OK);
	do
		ck_assert(hear(store.parent, &m));
	while (!cb_span_equal(m.body, CB_SPAN_OF(f.id)));
	ck_assert_int_eq(m.type, BE_ASK_ORGANISATION);
}
END_TEST

START_TEST(a_worker_that_founds_has_no_channel)
{
	struct founded f;
	struct cb_buf body = CB_BUF_INIT;
	struct be_message m;

	founded_init(&f);
	f.act.now = 1800000000000;
	ck_assert_int_eq(be_act_put(&body, &f.act), CB_OK);
	say(one, BE_ASK_ACT, 9, cb_buf_span(&body));
	ck_assert(!hear(one, &m));
	cb_buf_free(&body);
}
END_TEST

/* ---- what there is ------------------------------------------------------- */

static enum cb_err
ask_own(struct be_channel *ch, const uint8_t *key, struct cb_buf *answer)
{
	struct be_ask_rows rows = { .table = BE_ORGANISATION, .limit = 1,
		.key = { .n = 1, .values = { BE_ID(key) } } };
	struct cb_buf body = CB_BUF_INIT;
	enum cb_err r;

	ck_assert_int_eq(be_ask_rows_put(&body, BE_ASK_ROW, &rows), CB_OK);
	r = ask(ch, BE_ASK_ROW, cb_buf_span(&body), answer);
	cb_buf_free(&body);
	return r;
}

START_TEST(an_organisation_sees_its_own_row)
{
	struct cb_buf answer = CB_BUF_INIT;
	struct be_ask_row row;
	struct cb_span cur;

	ck_assert_int_eq(ask_own(one, id(0x61), &answer), CB_OK);
	cur = cb_buf_span(&answer);
	ck_assert_int_eq(be_ask_row_get(&cur, &row), CB_OK);
	ck_assert(cb_span_equal(row.values[0].s, cb_span(id(0x61), WIRE_ID)));
	ck_assert_int_eq(ask_own(one, id(0x62), &answer), CB_E_ABSENT);
	ck_assert_int_eq(ask_own(one, zeros, &answer), CB_E_ABSENT);
	cb_buf_free(&answer);
}
END_TEST

START_TEST(sessions_tell_since_when)
{
	struct be_lease_change lease = { .what = BE_TAKE };
	struct cb_span entries[1];
	struct be_act take = { .kind = BE_SESSION, .card = id(0x73),
		.device = id(0x81), .session = id(0x82), .lease = &lease,
		.entries = entries, .entries_n = 1 };
	const uint8_t *first[] = { zeros };
	const uint8_t *const own[] = { id(0x81), id(0x82) };
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	struct be_lease l;
	struct cb_span cur;

	ck_assert_int_eq(put_card(one, id(0x73)).err, CB_OK);
	entries[0] = entry_about(id(0x73));
	ck_assert_int_eq(do_act(one, &take).err, CB_OK);
	ck_assert_int_eq(be_ask_ids_put(&body, first, 1), CB_OK);
	ck_assert_int_eq(
	    ask(one, BE_ASK_LEASES, cb_buf_span(&body), &answer), CB_OK);
	cur = cb_buf_span(&answer);
	ck_assert_int_eq(be_ask_leases_get(&cur, &l), CB_OK);
	ck_assert_uint_eq(cur.n, 0);
	ck_assert_mem_eq(l.card, id(0x73), WIRE_ID);
	ck_assert_mem_eq(l.session, id(0x82), WIRE_ID);
	ck_assert_uint_eq(l.since, take.now);
	ck_assert_int_eq(
	    ask(two, BE_ASK_LEASES, cb_buf_span(&body), &answer), CB_OK);
	ck_assert_uint_eq(answer.n, 0);
	/* and of one that is asked for */
	cb_buf_clear(&body);
	ck_assert_int_eq(be_ask_ids_put(&body, own, 2), CB_OK);
	ck_assert_int_eq(
	    ask(one, BE_ASK_SESSION, cb_buf_span(&body), &answer), CB_OK);
	cur = cb_buf_span(&answer);
	ck_assert_int_eq(be_ask_leases_get(&cur, &l), CB_OK);
	ck_assert_mem_eq(l.card, id(0x73), WIRE_ID);
	ck_assert_int_eq(ask(two, BE_ASK_SESSION, cb_buf_span(&body), &answer),
	    CB_E_ABSENT);
	cb_buf_free(&body);
	cb_buf_free(&answer);
}
END_TEST

/* ---- the books ----------------------------------------------------------- */

static void
ask_books(struct be_channel *ch, uint64_t first, uint16_t most,
    struct cb_buf *answer)
{
	const struct be_ask_books ask_for = { first, most };
	struct cb_buf body = CB_BUF_INIT;

	ck_assert_int_eq(be_ask_books_put(&body, &ask_for), CB_OK);
	ck_assert_int_eq(
	    ask(ch, BE_ASK_BOOKS, cb_buf_span(&body), answer), CB_OK);
	cb_buf_free(&body);
}

/* Whoever reads them can check the chain: all of it comes, in its order. */
START_TEST(the_books_come_in_pages_that_follow)
{
	struct wire_owner owner = { .kind = rig_get()->conf.kind };
	struct wire_chain chain;
	struct cb_buf answer = CB_BUF_INIT;
	struct be_ask_entry e;
	uint64_t next = 1;
	struct cb_span cur;

	memcpy(owner.backend, rig_get()->conf.backend, WIRE_ID);
	memcpy(owner.organisation, id(0x61), WIRE_ID);
	ck_assert_int_eq(wire_chain_init(&chain, &owner), CB_OK);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(put_card(one, id(0x71)).err, CB_OK);
	do {
		ask_books(one, next, 3, &answer);
		cur = cb_buf_span(&answer);
		for (int i = 0; cur.n > 0; i++) {
			ck_assert_int_lt(i, 3);
			ck_assert_int_eq(be_ask_entry_get(&cur, &e), CB_OK);
			ck_assert_uint_eq(e.number, next++);
			ck_assert_int_eq(
			    wire_chain_add(&chain, e.bytes), CB_OK);
			ck_assert_mem_eq(e.hash, chain.hash, CR_HASH);
		}
	} while (answer.n > 0);
	ck_assert_uint_ge(next, 9);
	/* as many as there is room for, where more are wanted */
	ask_books(one, 1, UINT16_MAX, &answer);
	cur = cb_buf_span(&answer);
	ck_assert_int_eq(be_ask_entry_get(&cur, &e), CB_OK);
	ck_assert_uint_eq(e.number, 1);
	cb_buf_free(&answer);
}
END_TEST

/* ---- who orders ---------------------------------------------------------- */

static void
put_person(struct be_channel *ch, const uint8_t *person, const uint8_t *factor,
    int64_t state, const uint8_t *fingerprint)
{
	struct be_value certificate[] = { BE_ID(factor), BE_ID(person),
		BE_T(cb_span_str("certificate")), BE_I(1),
		BE_HASH(fingerprint), BE_B(cb_span_str("f-mac")) };
	const struct be_value role[] = { BE_ID(person), BE_I(1), BE_I(0),
		BE_B(cb_span_str("r-mac")) };

	ck_assert_int_eq(
	    change_row(ch, BE_FACTOR, false, certificate).err, CB_OK);
	certificate[3] = BE_I(state);	/* ended is what was there */
	ck_assert_int_eq(
	    change_row(ch, BE_FACTOR, false, certificate).err, CB_OK);
	ck_assert_int_eq(change_row(ch, BE_ROLE, false, role).err, CB_OK);
}

static void
revoke(struct be_channel *ch, const uint8_t *subject, uint8_t what)
{
	const uint8_t fingerprint[CR_HASH] = { 0xF0, what };
	const struct be_value v[] = { BE_HASH(fingerprint), BE_ID(subject),
		BE_I(1), BE_B(cb_span_str("mac")) };

	ck_assert_int_eq(change_row(ch, BE_REVOCATION, false, v).err, CB_OK);
}

static enum cb_err
ask_orderer(struct be_channel *ch, const uint8_t *person,
    const uint8_t *second, const uint8_t *card, struct cb_buf *answer,
    struct be_orderer *out)
{
	struct be_ask_orderer a = { .person = { 0 } };
	struct cb_buf body = CB_BUF_INIT;
	enum cb_err r;

	memcpy(a.person, person, WIRE_ID);
	memcpy(a.second, second, WIRE_ID);
	memcpy(a.card, card, WIRE_ID);
	ck_assert_int_eq(be_ask_orderer_put(&body, &a), CB_OK);
	if ((r = ask(ch, BE_ASK_ORDERER, cb_buf_span(&body), answer)) ==
	    CB_OK)
		ck_assert_int_eq(
		    be_orderer_get(cb_buf_span(answer), out), CB_OK);
	cb_buf_free(&body);
	return r;
}

static unsigned
count(const struct be_orderer *o, enum be_right which)
{
	unsigned n = 0;

	for (size_t i = 0; i < o->rights.n; i++)
		n += o->rights.which[i] == which;
	return n;
}

static void
put_wrap(struct be_channel *ch, const uint8_t *card, const char *kind)
{
	const struct be_value v[] = { BE_ID(card), BE_T(cb_span_str(kind)),
		BE_I(1), BE_B(CB_SPAN_EMPTY), BE_B(cb_span_str(kind)) };

	ck_assert_int_eq(change_row(ch, BE_WRAP, false, v).err, CB_OK);
}

START_TEST(who_orders_is_vouched_for)
{
	static struct be_orderer o;
	const uint8_t old[CR_HASH] = { 9 }, second[CR_HASH] = { 8 };
	const struct be_value policy[] = { BE_T(cb_span_str("unblock")),
		BE_B(cb_span_str("none")), BE_B(cb_span_str("mac")) };
	struct cb_buf answer = CB_BUF_INIT;

	put_person(one, id(0xE1), id(0x01), 2, old);	/* not in use */
	put_person(one, id(0xE1), id(0x02), 1, mark);
	put_person(one, id(0xE2), id(0x03), 1, second);
	ck_assert_int_eq(
	    change_row(one, BE_POLICY, false, policy).err, CB_OK);
	ck_assert_int_eq(
	    ask_orderer(one, id(0xE1), zeros, zeros, &answer, &o), CB_OK);
	ck_assert_uint_eq(count(&o, BE_RIGHT_HOLDER), 1);
	ck_assert_uint_eq(count(&o, BE_RIGHT_RIGHT), 1);
	ck_assert_uint_eq(count(&o, BE_RIGHT_POLICY), 1);
	ck_assert_uint_eq(o.rights.n, 3);
	ck_assert(cb_span_equal(o.rights.rows[0].mac, cb_span_str("f-mac")));
	ck_assert_ptr_nonnull(memmem(o.rights.rows[0].bytes.p,
	    o.rights.rows[0].bytes.n, mark, CR_HASH));
	/* all that was revoked, here or by the platform, and nothing else */
	revoke(one, id(0xE2), 1);
	revoke(one, id(0xE9), 2);
	revoke(two, id(0xE1), 3);
	revoke(platform, id(0xE1), 4);
	put_wrap(one, id(0x71), "card");
	put_wrap(one, id(0x71), "unblock");
	ck_assert_int_eq(ask_orderer(one, id(0xE1), id(0xE2), id(0x71),
			     &answer, &o),
	    CB_OK);
	ck_assert_uint_eq(count(&o, BE_RIGHT_SECOND_FACTOR), 1);
	ck_assert_uint_eq(count(&o, BE_RIGHT_SECOND_ROLE), 1);
	ck_assert_uint_eq(count(&o, BE_RIGHT_CARD), 1);
	ck_assert_uint_eq(count(&o, BE_RIGHT_REVOCATION), 1);
	ck_assert_uint_eq(count(&o, BE_RIGHT_PLATFORM), 1);
	ck_assert(cb_span_equal(o.rights.card_key, cb_span_str("card")));
	ck_assert(cb_span_equal(o.unblock, cb_span_str("unblock")));
	/* a card that is to be made has nothing yet */
	ck_assert_int_eq(
	    ask_orderer(one, id(0xE1), zeros, id(0x7F), &answer, &o), CB_OK);
	ck_assert_uint_eq(count(&o, BE_RIGHT_CARD), 0);
	ck_assert_uint_eq(o.unblock.n, 0);
	/* nobody, here */
	ck_assert_int_eq(
	    ask_orderer(two, id(0xE1), zeros, zeros, &answer, &o),
	    CB_E_ABSENT);
	ck_assert_int_eq(
	    ask_orderer(one, id(0xE1), id(0xE3), zeros, &answer, &o),
	    CB_E_ABSENT);
	cb_buf_free(&answer);
}
END_TEST

Suite *
store_desk_suite(void)
{
	Suite *s = suite_create("store_desk");
	TCase *c = tcase_create("store_desk");

	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, store_setup, store_teardown);
	tcase_add_test(c, the_parent_hears_of_one_that_is_founded);
	tcase_add_test(c, a_worker_that_founds_has_no_channel);
	tcase_add_test(c, an_organisation_sees_its_own_row);
	tcase_add_test(c, sessions_tell_since_when);
	tcase_add_test(c, the_books_come_in_pages_that_follow);
	tcase_add_test(c, who_orders_is_vouched_for);
	suite_add_tcase(s, c);
	return s;
}
