/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What only AuthentIC v5 does in a story, see story.h: an unblock value, a
 * second passcode, DFs, records, public keys written piece by piece.
 */
#include <string.h>

#include "common/apdu.h"
#include "common/sw.h"
#include "tests/powercut/story.h"

enum { RECORDS = 6, RECORD_N = 40 };

/* story.object */
enum {
	RECORD,			/* every byte of it; 0: none */
	ONE_TIME = RECORD + RECORDS, /* there is a reference 82 */
	DF,			/* there is a DF 7F01 */
	EXPONENT,		/* of the public key 1060 */
};

/* ---- passcodes ---------------------------------------------------------- */

static bool
plan_unblock(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	unsigned pin = story_draw_pin(random, s->pin);

	story_head(cmd, 0x00, 0x2C, 0x00, 0x01);
	story_add(cmd, s->unblock, sizeof(s->unblock));
	story_add_pin(cmd, s, pin);
	cmd->spends_unblock = true;
	s->pin = pin;
	s->tries = s->unblock_tries = STORY_TRIES;
	s->user_in = false;
	return true;
}

/* The last try is never spent: the story could not go on. */
static bool
plan_unblock_wrong(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	(void)random;
	if (s->unblock_tries < 2)
		return false;
	story_head(cmd, 0x00, 0x2C, 0x00, 0x01);
	story_fill(cmd, 'x', sizeof(s->unblock));
	story_add_pin(cmd, s, 0);
	cmd->spends_unblock = true;
	cmd->want = story_tries_left(s, --s->unblock_tries);
	return true;
}

static bool
plan_pin(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	story_head(cmd, 0x00, 0x24, 0x01, 0x02);
	story_fill(cmd, STORY_TRIES, 1);
	story_fill(cmd, s->kind->pin_field, 1);
	story_add_pin(cmd, s, story_draw(random, STORY_PINS));
	s->object[ONE_TIME] = 1;
	return true;
}

/* ---- files -------------------------------------------------------------- */

static void
create(struct story_cmd *cmd, unsigned type, unsigned fid, unsigned size,
    const uint8_t access[8])
{
	const uint8_t tlv[] = { 0x62, 0x16, 0x82, 0x02, (uint8_t)(type >> 8),
		(uint8_t)type, 0x83, 0x02, (uint8_t)(fid >> 8), (uint8_t)fid,
		0x85, 0x02, (uint8_t)(size >> 8), (uint8_t)size, 0x86, 0x08 };

	story_head(cmd, 0x00, 0xE0, 0x00, 0x00);
	story_add(cmd, tlv, sizeof(tlv));
	story_add(cmd, access, 8);
}

static void
delete(struct story_cmd *cmd, unsigned p1, unsigned fid)
{
	const uint8_t id[] = { (uint8_t)(fid >> 8), (uint8_t)fid };

	story_head(cmd, 0x00, 0xE4, p1, 0x00);
	story_add(cmd, id, sizeof(id));
}

static const uint8_t free_access[8] = { 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff };
/* append, update, read, erase */
static const uint8_t sealed_access[8] = { 0, 0, 0x21, 0, 0xff, 0xff, 0xff,
	0xff };

static void
create_ef(struct story_cmd *cmd, const struct story_kind *kind, unsigned i)
{
	(void)kind;
	create(cmd, 0x0101, STORY_EF_FID + i, STORY_EF_N,
	    i == STORY_SEALED ? sealed_access : free_access);
}

static bool
plan_df(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	(void)random;
	if (s->object[DF] != 0)
		delete(cmd, 0x01, 0x7F01);
	else
		create(cmd, 0x3800, 0x7F01, 0x28, free_access);
	s->object[DF] = s->object[DF] == 0;
	return true;
}

/* ---- records ------------------------------------------------------------ */

enum { OP_APPEND = OPS_COMMON, OP_RECORD, OP_RECORD_DELETE };

static bool
plan_append(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	unsigned i, value = 1 + story_draw(random, 255);

	for (i = 0; i < RECORDS && s->object[RECORD + i] != 0; i++)
		;
	if (i == RECORDS) {
		story_plan(s, OP_RECORD_DELETE, random, cmd);
		return true;
	}
	story_head(cmd, 0x00, 0xE2, 0x00, 0x00);
	story_fill(cmd, value, RECORD_N);
	s->object[RECORD + i] = (uint8_t)value;
	return true;
}

/* A record that is there, from 1; 0: none. */
static unsigned
some_record(const struct story *s, uint64_t *random)
{
	unsigned i, k = story_draw(random, RECORDS);

	for (i = 0; i < RECORDS; i++)
		if (s->object[RECORD + (i + k) % RECORDS] != 0)
			return (i + k) % RECORDS + 1;
	return 0;
}

static bool
plan_record(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	unsigned no = some_record(s, random);
	unsigned value = 1 + story_draw(random, 255);

	if (no == 0) {
		story_plan(s, OP_APPEND, random, cmd);
		return true;
	}
	story_head(cmd, 0x00, 0xDC, no, 0x04);
	story_fill(cmd, value, RECORD_N);
	s->object[RECORD + no - 1] = (uint8_t)value;
	return true;
}

static bool
plan_record_delete(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	unsigned no = some_record(s, random);

	if (no == 0) {
		story_plan(s, OP_APPEND, random, cmd);
		return true;
	}
	story_head(cmd, 0x80, 0x32, no, 0x04);
	s->object[RECORD + no - 1] = 0;
	return true;
}

/* ---- keys --------------------------------------------------------------- */

static bool
plan_component(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	unsigned value = story_draw(random, 128) * 2 + 1;
	const uint8_t data[] = { 0xA1, 0x03, 0x01, 0x00, (uint8_t)value,
		0x00 };

	story_head(cmd, 0x80, 0xD8, 0x02, 0x04);
	story_add(cmd, data, sizeof(data));
	s->object[EXPONENT] = (uint8_t)value;
	return true;
}

static void
build_private(const struct story *s, struct story_cmd *cmd)
{
	static const uint8_t access[8] = { 0x21, 0x21, 0xff, 0x21, 0xff, 0x21,
		0xff, 0xff };

	(void)s;
	create(cmd, 0x1400, 0x3050, 512, access);
}

static void
build_public(const struct story *s, struct story_cmd *cmd)
{
	static const uint8_t access[8] = { 0x00, 0xff, 0x00, 0xff, 0x00, 0xff,
		0x00, 0xff };

	(void)s;
	create(cmd, 0x1200, 0x1050, 512, access);
}

static void
build_generate(const struct story *s, struct story_cmd *cmd)
{
	static const uint8_t data[] = { 0x10, 0x50, 0x30, 0x50 };

	(void)s;
	story_head(cmd, 0x00, 0x46, 0x00, 0x00);
	story_add(cmd, data, sizeof(data));
	cmd->le = 512 / 8;
}

static void
build_delete(const struct story *s, struct story_cmd *cmd)
{
	delete(cmd, 0x02, s->kind->keys[s->key].arg);
}

/* Without its public file a key does not show that it is made. */
enum { NOTHING, PRIVATE, BOTH, FILLED };

static const struct story_key keys[] = {
	{ NOTHING, NO_KEY, "create private key", build_private, 0 },
	{ PRIVATE, NO_KEY, "create public key", build_public, 0 },
	{ BOTH, NO_KEY, "generate", build_generate, 0 },
	{ FILLED, KEY_MADE, "delete public key", build_delete, 0x1050 },
	{ PRIVATE, KEY_MADE, "delete private key", build_delete, 0x3050 },
};

static const struct story_row own[] = {
	{ "append record", plan_append, NOBODY, AT_FILES, 0x6E00 },
	{ "update record", plan_record, NOBODY, AT_FILES, 0x6E00 },
	{ "delete record", plan_record_delete, NOBODY, AT_FILES, 0x6E00 },
	{ "wrong unblock value", plan_unblock_wrong, SO, AT_APP, 0 },
	{ "create or delete DF", plan_df, NOBODY, AT_FILES, 0 },
	{ "put key component", plan_component, NOBODY, AT_FILES, 0x1060 },
	{ "create PIN", plan_pin, SO, AT_APP, 0 },
};

/* ---- the card ----------------------------------------------------------- */

/* A linear EF, a public key file, and the unblock value into *s. */
static bool
prepare(struct emu_card *card, struct story *s)
{
	struct cb_buf rsp = CB_BUF_INIT_MAX(CB_RESP_MAX);
	uint64_t random = 1;
	struct story_cmd cmd;
	bool good;

	good = story_go(card, s->kind, AT_FILES);
	create(&cmd, 0x0401, 0x6E00, 20, free_access);
	good = good && story_send(card, s->kind, &cmd, NULL) == SW_OK;
	create(&cmd, 0x1200, 0x1060, 512, free_access);
	good = good && story_send(card, s->kind, &cmd, NULL) == SW_OK;
	story_plan(s, OP_SO_RIGHT, &random, &cmd);
	good = good && story_run(card, s->kind, &cmd) &&
	    story_select(card, s->kind, 0x2000) == SW_OK &&
	    story_short(card, s->kind, 0x00, 0xB0, 0, 16, &rsp) == SW_OK &&
	    rsp.n == sizeof(s->unblock);
	if (good)
		memcpy(s->unblock, rsp.p, rsp.n);
	cb_buf_free(&rsp);
	return good;
}

static bool
read_record(struct emu_card *card, unsigned i, struct story *got,
    struct cb_buf *rsp)
{
	size_t k;
	uint16_t sw = story_short(
	    card, got->kind, 0x00, 0xB2, (i + 1) << 8 | 0x04, 0, rsp);

	if (sw == SW_RECORD_NOT_FOUND)
		return true;
	if (sw != SW_OK || rsp->n != RECORD_N)
		return false;
	got->object[RECORD + i] = rsp->p[0];
	for (k = 1; k < rsp->n; k++)
		if (rsp->p[k] != rsp->p[0])
			return false;
	return true;
}

static uint16_t
component(struct emu_card *card, const struct story_kind *kind, unsigned no,
    struct cb_buf *rsp)
{
	return story_short(card, kind, 0x80, 0xB4, no << 8, 0, rsp);
}

/* Which key files there are; a public one is whole or empty. */
static bool
read_key(struct emu_card *card, struct story *got, struct cb_buf *rsp)
{
	bool private, public;
	uint16_t n, e;

	private = story_select(card, got->kind, 0x3050) == SW_OK;
	public = story_select(card, got->kind, 0x1050) == SW_OK;
	n = public ? component(card, got->kind, 1, rsp) : 0;
	e = public ? component(card, got->kind, 2, rsp) : 0;
	got->key_looks = n == SW_OK ? FILLED
	    : public		    ? BOTH
	    : private		    ? PRIVATE
				    : NOTHING;
	return !public || (private && n == e);
}

static bool
read_own(struct emu_card *card, struct story *got)
{
	const struct story_kind *kind = got->kind;
	struct cb_buf rsp = CB_BUF_INIT_MAX(CB_RESP_MAX);
	unsigned i;
	bool good;

	good = story_go(card, kind, AT_APP);
	got->object[ONE_TIME] =
	    story_short(card, kind, 0x00, 0x20, 0x82, -1, NULL) ==
	    (SW_TRIES | STORY_TRIES);
	good = good && story_go(card, kind, AT_FILES);
	got->object[DF] = story_select(card, kind, 0x7F01) == SW_OK;
	good = good && story_go(card, kind, AT_FILES) &&
	    story_select(card, kind, 0x6E00) == SW_OK;
	for (i = 0; i < RECORDS && good; i++)
		good = read_record(card, i, got, &rsp);
	good = good && story_select(card, kind, 0x1060) == SW_OK;
	if (good && component(card, kind, 2, &rsp) == SW_OK)
		got->object[EXPONENT] = rsp.n == 0 ? 0 : rsp.p[rsp.n - 1];
	good = good && story_go(card, kind, AT_KEYS) &&
	    read_key(card, got, &rsp);
	cb_buf_free(&rsp);
	return good;
}

static uint16_t
sign(struct emu_card *card, const struct story_kind *kind,
    struct cb_buf *signature, struct cb_buf *n)
{
	static const uint8_t key[] = { 0x80, 0x01, 0x11 };
	struct story_cmd cmd;
	uint16_t sw;

	if (!story_go(card, kind, AT_KEYS))
		return 0;
	if (story_select(card, kind, 0x1050) == SW_OK &&
	    component(card, kind, 1, n) != SW_OK)
		cb_buf_free(n);
	if ((sw = story_select(card, kind, 0x3050)) != SW_OK)
		return sw;
	story_head(&cmd, 0x00, 0x22, 0x41, 0xB6);
	story_add(&cmd, key, sizeof(key));
	if ((sw = story_send(card, kind, &cmd, NULL)) != SW_OK)
		return sw;
	story_head(&cmd, 0x00, 0x2A, 0x9E, 0x9A);
	story_add(&cmd, "hello", 5);
	cmd.le = 0;
	return story_send(card, kind, &cmd, signature);
}

const struct story_kind story_a5 = {
	.name = "authentic5",
	.aid = { 0xA0, 0x00, 0x00, 0x00, 0x77, 0x01, 0x03, 0x03, 0x00, 0x00,
	    0x00, 0xF1, 0x00, 0x00, 0x00, 0x02 },
	.aid_n = 16,
	.select_p2 = 0x0C,
	.dfs = { [AT_APP] = 0x5011, [AT_FILES] = 0x9001, [AT_KEYS] = 0x9002 },
	.pin_field = 64,
	.user_ref = 0x81,
	.change_ref = 0x01,
	.so_ref = 0x04,
	.last_try = SW_BLOCKED,
	.creator = NOBODY,
	.create = create_ef,
	.delete = story_plan_delete,
	.unblock = plan_unblock,
	.own = own,
	.own_n = sizeof(own) / sizeof(own[0]),
	.keys = keys,
	.keys_n = sizeof(keys) / sizeof(keys[0]),
	.prepare = prepare,
	.read = read_own,
	.sign = sign,
};
