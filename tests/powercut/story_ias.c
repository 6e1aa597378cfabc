/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What only IAS ECC does in a story, see story.h: objects whose parts are put
 * one by one, DELETE FILE of the current EF, short identifiers.
 */
#include <string.h>

#include "common/apdu.h"
#include "common/sw.h"
#include "common/tlv.h"
#include "tests/powercut/story.h"

enum {
	PRIVATE = 0xBF9003,
	PUBLIC = 0xBFA003,
	TAG_PRIVATE = 0x7F48,
	TAG_PUBLIC = 0x7F49,
	TAG_USE = 0xA0,
	AUTHENTICATE = 0xA4,	/* template */
};

/* Who may: the holder; the environment is what the flavours differ in. */
static uint8_t
holder(const struct story_kind *kind)
{
	return 0x10 | kind->environment;
}

/* ---- EFs ---------------------------------------------------------------- */

static void
create_ef(struct story_cmd *cmd, const struct story_kind *kind, unsigned i)
{
	const uint8_t tlv[] = { 0x62, 0x16, 0x80, 0x02, STORY_EF_N >> 8,
		STORY_EF_N & 0xff, 0x82, 0x01, 0x01, 0x83, 0x02,
		STORY_EF_FID >> 8, (uint8_t)i, 0x88, 0x01,
		(uint8_t)((i + 1) << 3), 0xA1, 0x06, 0x8C, 0x04,
		/* delete, update, read */
		0x43, 0x00, 0x00, i == STORY_SEALED ? holder(kind) : 0x00 };

	story_add(cmd, tlv, sizeof(tlv));
}

/* The current EF, so one that is there. */
static bool
plan_delete(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	unsigned i = story_draw(random, STORY_EFS);

	if (!s->ef[i]) {
		story_plan(s, OP_CREATE, random, cmd);
		return true;
	}
	story_head(cmd, 0x00, 0xE4, 0x00, 0x00);
	cmd->ef = (uint16_t)(STORY_EF_FID + i);
	s->ef[i] = false;
	memset(s->content[i], 0, STORY_EF_N);
	return true;
}

static bool
plan_update_short(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	unsigned i = story_draw(random, STORY_EFS), at, n, value;

	if (!s->ef[i]) {
		story_plan(s, OP_CREATE, random, cmd);
		return true;
	}
	at = story_draw(random, 256);
	n = 1 + story_draw(random, STORY_EF_N - 256);
	value = story_draw(random, 256);
	story_head(cmd, 0x00, 0xD6, 0x80 | (i + 1), at);
	story_fill(cmd, value, n);
	memset(s->content[i] + at, (int)value, n);
	return true;
}

/* ---- the key ------------------------------------------------------------ */

/* PUT DATA: 70 (object (part (tag value))), tag 0: `value` is the part's,
 * part 0: nothing in it. */
static void
put(struct story_cmd *cmd, unsigned object, unsigned part, unsigned tag,
    struct cb_span value)
{
	struct cb_buf b = CB_BUF_INIT;
	size_t all, named, marked;
	bool good;

	good = cb_tlv_open(&b, 0x70, &all) == CB_OK &&
	    cb_tlv_open(&b, object, &named) == CB_OK &&
	    (part == 0 || cb_tlv_open(&b, part, &marked) == CB_OK) &&
	    (tag == 0 ? cb_buf_add(&b, value)
		      : cb_tlv_put(&b, tag, value)) == CB_OK &&
	    (part == 0 || cb_tlv_close(&b, marked) == CB_OK) &&
	    cb_tlv_close(&b, named) == CB_OK && cb_tlv_close(&b, all) == CB_OK;
	story_head(cmd, 0x00, 0xDB, 0x3F, 0xFF);
	if (good && b.n <= sizeof(cmd->data))
		story_add(cmd, b.p, b.n);
	cb_buf_free(&b);
}

static void
build_private(const struct story *s, struct story_cmd *cmd)
{
	const uint8_t who = holder(s->kind);
	/* access rules, no commitment, bytes of the modulus */
	const uint8_t use[] = { 0xA1, 0x09, 0x8C, 0x07, 0x7B, who, who, who,
		who, who, 0x00, 0x9E, 0x01, 0x00, 0x80, 0x02, 0x00,
		STORY_KEY_BITS / 8 };

	put(cmd, PRIVATE, TAG_USE, 0, CB_SPAN_OF(use));
}

static void
build_public(const struct story *s, struct story_cmd *cmd)
{
	const uint8_t who = holder(s->kind);
	const uint8_t use[] = { 0xA1, 0x06, 0x8C, 0x04, 0x0B, who, who, 0x00,
		0x80, 0x02, 0x00, STORY_KEY_BITS / 8 };

	put(cmd, PUBLIC, TAG_USE, 0, CB_SPAN_OF(use));
}

static void
build_template(const struct story *s, struct story_cmd *cmd)
{
	const uint8_t template = AUTHENTICATE;

	(void)s;
	put(cmd, PRIVATE, TAG_PRIVATE, 0x80, cb_span(&template, 1));
}

static void
build_generate(const struct story *s, struct story_cmd *cmd)
{
	static const uint8_t data[] = { 0x70, 0x03, 0xBF, 0x90, 0x03 };

	(void)s;
	story_head(cmd, 0x00, 0x47, 0x00, 0x00);
	story_add(cmd, data, sizeof(data));
}

static void
put_component(struct story_cmd *cmd, unsigned tag, struct cb_span value)
{
	bool public = tag < 0x90;

	put(cmd, public ? PUBLIC : PRIVATE,
	    public ? TAG_PUBLIC : TAG_PRIVATE, tag, value);
}

static void
build_import(const struct story *s, struct story_cmd *cmd)
{
	unsigned tag = s->kind->keys[s->key].arg;

	put_component(cmd, tag, cb_buf_span(story_known_part(tag)));
}

/* How some hosts delete: A5 over all of it. */
static void
build_blank(const struct story *s, struct story_cmd *cmd)
{
	unsigned tag = s->kind->keys[s->key].arg;
	uint8_t blank[STORY_KEY_BITS / 8];

	memset(blank, 0xA5, sizeof(blank));
	put_component(cmd, tag, cb_span(blank, story_known_part(tag)->n));
}

static void
build_delete(const struct story *s, struct story_cmd *cmd)
{
	put(cmd, s->kind->keys[s->key].arg, 0, 0, CB_SPAN_EMPTY);
}

/* What can be seen. */
enum {
	PRV = 0x01,	/* objects */
	PUB = 0x02,
	TPL = 0x04,	/* template */
	EXP = 0x08,	/* exponent, modulus */
	MOD = 0x10,
	PUT = 0x20,	/* a private key is in it */
};

static const struct story_key keys[] = {
	{ 0, NO_KEY, "create private key", build_private, 0 },
	{ PRV, NO_KEY, "create public key", build_public, 0 },
	{ PRV | PUB, NO_KEY, "put template", build_template, 0 },
	{ PRV | PUB | TPL, NO_KEY, "put exponent", build_import, 0x82 },
	{ PRV | PUB | TPL | EXP, NO_KEY, "generate", build_generate, 0 },
#define AS_MADE (PRV | PUB | TPL | EXP | MOD)
	{ AS_MADE | PUT, KEY_MADE, "blank p", build_blank, 0x92 },
	{ AS_MADE, NO_KEY, "blank q", build_blank, 0x93 },
	{ AS_MADE, NO_KEY, "blank qi", build_blank, 0x94 },
	{ AS_MADE, NO_KEY, "blank dp", build_blank, 0x95 },
	{ AS_MADE, NO_KEY, "blank dq", build_blank, 0x96 },
	{ AS_MADE, NO_KEY, "blank modulus", build_blank, 0x81 },
	{ PRV | PUB | TPL | EXP, NO_KEY, "blank exponent", build_blank, 0x82 },
#define AS_BLANK (PRV | PUB | TPL)
	/* Nobody sees which parts are there: after a kill one may come again.
	 * The last of those above, after which there are none, must then not
	 * remain among these: it is the first of them. */
	{ AS_BLANK, NO_KEY, "import dq", build_import, 0x96 },
	{ AS_BLANK, NO_KEY, "import p", build_import, 0x92 },
	{ AS_BLANK, NO_KEY, "import q", build_import, 0x93 },
	{ AS_BLANK, NO_KEY, "import qi", build_import, 0x94 },
	{ AS_BLANK, NO_KEY, "import dp", build_import, 0x95 },
	{ AS_BLANK | PUT, KEY_KNOWN, "import modulus", build_import, 0x81 },
	{ AS_BLANK | PUT | MOD, KEY_KNOWN, "import exponent", build_import,
	    0x82 },
	{ AS_MADE | PUT, KEY_KNOWN, "delete private key", build_delete,
	    PRIVATE },
	{ PUB | EXP | MOD, NO_KEY, "delete public key", build_delete, PUBLIC },
};

/* ---- the card ----------------------------------------------------------- */

/* GET DATA of a part; *value is in *rsp. */
static uint16_t
get_part(struct emu_card *card, const struct story_kind *kind,
    unsigned object, unsigned part, struct cb_buf *rsp, struct cb_span *value)
{
	const bool two = part > 0xff;
	const uint8_t tail[] = { (uint8_t)(part >> 8), (uint8_t)part, 0x80 };
	const uint8_t head[] = { 0x4D, (uint8_t)(8 + two), 0x70,
		(uint8_t)(6 + two), (uint8_t)(object >> 16),
		(uint8_t)(object >> 8), (uint8_t)object, (uint8_t)(2 + two) };
	struct story_cmd cmd;
	uint16_t sw;

	story_head(&cmd, 0x00, 0xCB, 0x3F, 0xFF);
	story_add(&cmd, head, sizeof(head));
	story_add(&cmd, tail + !two, sizeof(tail) - !two);
	cmd.le = 0;
	if ((sw = story_send(card, kind, &cmd, rsp)) == SW_OK &&
	    (cb_tlv_find(cb_buf_span(rsp), 0x70, value) != CB_OK ||
		cb_tlv_find(*value, object, value) != CB_OK ||
		cb_tlv_find(*value, part, value) != CB_OK))
		sw = 0;
	return sw;
}

static bool
look_for(struct emu_card *card, struct story *got, unsigned object,
    unsigned part, unsigned tag, uint8_t there, uint8_t set)
{
	struct cb_buf rsp = CB_BUF_INIT_MAX(CB_RESP_MAX);
	struct cb_span value, v;
	uint16_t sw = get_part(card, got->kind, object, part, &rsp, &value);

	if (sw == SW_OK)
		got->key_looks |= there;
	if (sw == SW_OK && cb_tlv_find(value, tag, &v) == CB_OK && v.n > 0 &&
	    v.p[0] != 0)
		got->key_looks |= set;
	cb_buf_free(&rsp);
	return sw == SW_OK || sw == SW_REF_NOT_FOUND;
}

static bool
read_own(struct emu_card *card, struct story *got)
{
	return story_go(card, got->kind, AT_KEYS) &&
	    look_for(card, got, PRIVATE, TAG_PRIVATE, 0x80, PRV, TPL) &&
	    look_for(card, got, PRIVATE, TAG_USE, 0x9E, PRV, PUT) &&
	    look_for(card, got, PUBLIC, TAG_PUBLIC, 0x81, PUB, MOD) &&
	    look_for(card, got, PUBLIC, TAG_PUBLIC, 0x82, PUB, EXP);
}

static uint16_t
sign(struct emu_card *card, const struct story_kind *kind,
    struct cb_buf *signature, struct cb_buf *n)
{
	static const uint8_t key[] = { 0x84, 0x01, 0x83, 0x80, 0x01, 0x02 };
	struct cb_buf rsp = CB_BUF_INIT_MAX(CB_RESP_MAX);
	struct cb_span part, modulus;
	struct story_cmd cmd;
	uint16_t sw = 0;

	if (!story_go(card, kind, AT_KEYS) ||
	    (get_part(card, kind, PUBLIC, TAG_PUBLIC, &rsp, &part) == SW_OK &&
		cb_tlv_find(part, 0x81, &modulus) == CB_OK &&
		cb_buf_set(n, modulus) != CB_OK))
		goto out;
	story_head(&cmd, 0x00, 0x22, 0x41, AUTHENTICATE);
	story_add(&cmd, key, sizeof(key));
	if ((sw = story_send(card, kind, &cmd, NULL)) != SW_OK)
		goto out;
	story_head(&cmd, 0x00, 0x88, 0x00, 0x00);
	story_add(&cmd, "hello", 5);
	cmd.le = 0;
	sw = story_send(card, kind, &cmd, signature);
out:
	cb_buf_free(&rsp);
	return sw;
}

static const struct story_row own[] = {
	{ "reset counter", story_plan_reset_counter, SO, AT_APP, 0 },
	{ "change PUK", story_plan_change_so, NOBODY, AT_APP, 0 },
	{ "update EF by short identifier", plan_update_short, NOBODY, AT_FILES,
	    0 },
};

#define FLAVOUR \
	.select_p2 = 0x0C, \
	.dfs = { [AT_APP] = 0x5015, [AT_FILES] = 0x5015, \
	    [AT_KEYS] = 0x5015 }, \
	.user_ref = 0x01, .change_ref = 0x01, .so_ref = 0x02, \
	.last_try = SW_BLOCKED, .puk = true, .creator = USER, \
	.create = create_ef, .delete = plan_delete, \
	.unblock = story_plan_reset, .own = own, \
	.own_n = sizeof(own) / sizeof(own[0]), .keys = keys, \
	.keys_n = sizeof(keys) / sizeof(keys[0]), .read = read_own, \
	.sign = sign

const struct story_kind story_ias_oberthur = {
	.name = "iasecc-oberthur",
	.aid = { 0xA0, 0x00, 0x00, 0x00, 0x77, 0x01, 0x08, 0x00, 0x07, 0x00,
	    0x00, 0xFE, 0x00, 0x00, 0x01, 0x00 },
	.aid_n = 16,
	.environment = 2,
	FLAVOUR,
};

const struct story_kind story_ias_gemalto = {
	.name = "iasecc-gemalto",
	.t0 = true,
	.aid = { 0xF0, 0x49, 0x61, 0x73, 0x45, 0x63, 0x63, 0x52, 0x6F, 0x6F,
	    0x74 },
	.aid_n = 11,
	.environment = 3,
	FLAVOUR,
};
