/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A store to try things on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/backend/sql.h"
#include "tests/backend/store_rig.h"
#include "wire/entry_types.h"

const uint8_t nobodys[CR_HASH];

const uint8_t *
id(uint8_t value)
{
	static uint8_t ids[256][WIRE_ID];

	memset(ids[value], value, WIRE_ID);
	return ids[value];
}

/* ---- the store ----------------------------------------------------------- */

void
rig_make(struct rig *g)
{
	struct cb_why why = { "" };

	snprintf(g->dir, sizeof(g->dir), "/tmp/test_store.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(g->dir));
	snprintf(g->path, sizeof(g->path), "%s/store", g->dir);
	ck_assert_msg(be_store_create(
			  g->path, WIRE_TEST, id(0xBE), NOW, &why) == CB_OK,
	    "%s", why.text);
	g->st = rig_open(g);
}

struct be_store *
rig_open(struct rig *g)
{
	struct cb_why why = { "" };
	struct be_store *st;

	ck_assert_msg(
	    be_store_open(&st, g->path, &why) == CB_OK, "%s", why.text);
	return st;
}

void
rig_clear(struct rig *g)
{
	static const char *const ends[] = { "", "-wal", "-shm", ".old",
		".heads", ".heads.new" };
	char name[96];

	be_store_close(&g->st);
	be_store_set_vfs(NULL);
	for (int i = 0; i < COUNT(ends); i++) {
		snprintf(name, sizeof(name), "%s%s", g->path, ends[i]);
		unlink(name);
	}
	ck_assert_msg(rmdir(g->dir) == 0, "%s is not empty", g->dir);
}

/* ---- acts ---------------------------------------------------------------- */

struct cb_span
entry_of(uint16_t type, const uint8_t *card)
{
	return entry_numbered(type, card, 0);
}

struct cb_span
entry_numbered(uint16_t type, const uint8_t *card, uint64_t number)
{
	static struct cb_buf kept[8];
	static unsigned next;
	static const uint8_t zeros[WIRE_DIGEST_MAX];
	const struct wire_entry_kind *k = wire_entry_kind(type);
	struct cb_buf *b = &kept[next++ % 8];
	struct wire_entry e;

	wire_entry_init(&e, (enum wire_entry_type)type, NOW);
	for (unsigned f = 1; f < WIRE_F_END; f++) {
		const struct wire_field_type *t = wire_field_type(f);

		if ((k->must & UINT32_C(1) << f) == 0)
			continue;
		wire_entry_set_number(&e, (enum wire_field)f, 1);
		wire_entry_set(&e, (enum wire_field)f,
		    t->value == WIRE_V_ID ? cb_span(zeros, WIRE_ID)
			: t->value == WIRE_V_WORD ? cb_span_str("a")
						  : cb_span(zeros, CR_HASH));
	}
	if (card != NULL)
		wire_entry_set(&e, WIRE_F_CARD, cb_span(card, WIRE_ID));
	if (number != 0)
		wire_entry_set_number(&e, WIRE_F_NUMBER, number);
	cb_buf_clear(b);
	ck_assert_int_eq(wire_entry_put(b, &e), CB_OK);
	return cb_buf_span(b);
}

struct be_act
act_new(enum be_act_kind kind)
{
	struct be_act a = { .kind = kind, .now = NOW };

	ck_assert_int_eq(cr_random(a.id, sizeof(a.id)), CB_OK);
	memcpy(a.organisation, id(1), WIRE_ID);
	return a;
}

struct be_act
act_row(const struct be_row_change *row, const struct cb_span *entry)
{
	struct be_act a = act_new(BE_ADMIN);

	a.rows = row;
	a.rows_n = 1;
	a.entries = entry;
	a.entries_n = 1;
	return a;
}

struct be_act
act_command(const uint8_t *card, const uint8_t *device,
    const uint8_t *session, uint64_t fence)
{
	static struct cb_span entries[256];
	static uint8_t next;
	struct be_act a = act_new(BE_COMMAND);

	entries[next] = entry_numbered(WIRE_CARD_WRITTEN, card, 1);
	a.card = card;
	a.device = device;
	a.session = session;
	a.fence = fence;
	a.entries = &entries[next++];
	a.entries_n = 1;
	return a;
}

uint64_t
take(struct rig *g, const uint8_t *card, const uint8_t *device,
    const uint8_t *session)
{
	struct be_lease_change l = { .what = BE_TAKE };
	struct be_act a = act_command(card, device, session, 0);
	const struct cb_span e = entry_of(WIRE_SESSION_OPEN, card);

	memcpy(l.node, id(0x40), WIRE_ID);
	a.kind = BE_SESSION;
	a.lease = &l;
	a.entries = &e;
	ck_assert_msg(be_store_act(g->st, &a) == CB_OK, "%s", a.why.text);
	return l.fence;
}

static void
admin(struct rig *g, uint8_t organisation, const struct be_row_change *rows,
    size_t n)
{
	struct be_act a = act_new(BE_ADMIN);
	const struct cb_span e = entry_of(WIRE_ACT, NULL);

	memset(a.organisation, organisation, WIRE_ID);
	a.rows = rows;
	a.rows_n = n;
	a.entries = &e;
	a.entries_n = 1;
	ck_assert_msg(be_store_act(g->st, &a) == CB_OK, "%s", a.why.text);
}

static void
add_organisation(struct rig *g, uint8_t o)
{
	const struct be_value v[] = { BE_ID(id(o)), BE_I(1),
		BE_B(cb_span(&o, 1)), BE_I(5) };	/* a name of its own */
	const struct be_row_change c = { BE_ORGANISATION, false, v };

	admin(g, 0, &c, 1);
}

static void
add_card(struct rig *g, uint8_t o, uint8_t card, bool take_over)
{
	const struct be_value v[] = { BE_ID(id(card)), BE_I(1), BE_I(0),
		BE_I(take_over), BE_T(cb_span_str("series8")),
		BE_B(cb_span_str("label")), BE_I(0), BE_I(5), BE_I(1),
		BE_B(cb_span_str("mac")), BE_B(cb_span_str("atr")) };
	const struct be_row_change c = { BE_CARD, false, v };

	admin(g, o, &c, 1);
}

static void
add_device(struct rig *g, uint8_t o, uint8_t device)
{
	static const uint8_t hash[CR_HASH];
	const struct be_value v[] = { BE_ID(id(device)), BE_I(1), BE_I(1),
		BE_HASH(hash), BE_I(9), BE_B(cb_span_str("label")),
		BE_B(cb_span_str("mac")) };
	const struct be_row_change c = { BE_DEVICE, false, v };

	admin(g, o, &c, 1);
}

void
rig_init(struct rig *g)
{
	rig_make(g);
	add_organisation(g, 1);
	add_organisation(g, 2);
	add_card(g, 1, 0x11, true);
	add_card(g, 1, 0x12, false);
	add_card(g, 2, 0x21, true);
	add_device(g, 1, 0x91);
	add_device(g, 1, 0x92);
	add_device(g, 2, 0xA1);
}

/* ---- by hand ------------------------------------------------------------- */

int64_t
sql_number(struct rig *g, const char *sql)
{
	return sql_number_at(g->path, sql);
}

void
sql_run(struct rig *g, const char *sql)
{
	sql_run_at(g->path, sql);
}

bool
sql_allowed(struct rig *g, const char *sql)
{
	return sql_allowed_at(g->path, sql);
}
