/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What only AuthentIC v3 does in a story, see story.h: keys that are objects,
 * and a PUK that its holder can change.
 */
#include "common/sw.h"
#include "common/tlv.h"
#include "tests/powercut/story.h"

#define MECHANISM 0x08		/* RSA, 1024 bits */
#define KEY_NO 0x03

static void
create_ef(struct story_cmd *cmd, const struct story_kind *kind, unsigned i)
{
	const uint8_t tlv[] = { 0x62, 0x15, 0x80, 0x02, STORY_EF_N >> 8,
		STORY_EF_N & 0xff, 0x82, 0x01, 0x01, 0x83, 0x02,
		STORY_EF_FID >> 8, (uint8_t)i, 0x86, 0x08,
		/* read, delete, update, resize */
		0x00, i == STORY_SEALED ? 0x01 : 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00 };

	(void)kind;
	story_add(cmd, tlv, sizeof(tlv));
}

/* ---- the key ------------------------------------------------------------ */

/* `tag` (80 mechanism, 83 number, what comes last). */
static void
add_key(struct story_cmd *cmd, uint8_t tag, const void *last, size_t n)
{
	const uint8_t name[] = { 0x80, 0x01, MECHANISM, 0x83, 0x01, KEY_NO };
	const uint8_t head[] = { tag, (uint8_t)(sizeof(name) + n) };

	story_add(cmd, head, sizeof(head));
	story_add(cmd, name, sizeof(name));
	story_add(cmd, last, n);
}

static void
build_create(const struct story *s, struct story_cmd *cmd)
{
	/* update, delete, decipher, sign, authenticate, generate */
	static const uint8_t rules[] = { 0x86, 0x0C, 0x00, 0x01, 0x00, 0x01,
		0x00, 0x01, 0x00, 0x01, 0x00, 0x01, 0x00, 0x01 };

	(void)s;
	story_head(cmd, 0x00, 0xDB, 0x3F, 0xFF);
	add_key(cmd, 0xA1, rules, sizeof(rules));
}

static void
build_generate(const struct story *s, struct story_cmd *cmd)
{
	(void)s;
	story_head(cmd, 0x00, 0x47, 0x00, 0x00);
	add_key(cmd, 0xAC, "", 0);
	cmd->le = 0;
}

/* A1 (80 83 A5 (7F48 (92..96) 7F49 (81 82))): sent in a chain. */
static void
build_import(const struct story *s, struct story_cmd *cmd)
{
	const uint8_t mechanism = MECHANISM, no = KEY_NO;
	struct cb_buf b = CB_BUF_INIT;
	size_t all, value, half;
	bool good;

	(void)s;
	good = cb_tlv_open(&b, 0xA1, &all) == CB_OK &&
	    cb_tlv_put(&b, 0x80, cb_span(&mechanism, 1)) == CB_OK &&
	    cb_tlv_put(&b, 0x83, cb_span(&no, 1)) == CB_OK &&
	    cb_tlv_open(&b, 0xA5, &value) == CB_OK &&
	    cb_tlv_open(&b, 0x7F48, &half) == CB_OK;
	for (unsigned tag = 0x92; tag <= 0x96 && good; tag++)
		good = cb_tlv_put(&b, tag,
			   cb_buf_span(story_known_part(tag))) == CB_OK;
	good = good && cb_tlv_close(&b, half) == CB_OK &&
	    cb_tlv_open(&b, 0x7F49, &half) == CB_OK &&
	    cb_tlv_put(&b, 0x81, cb_buf_span(story_known_part(0x81))) ==
		CB_OK &&
	    cb_tlv_put(&b, 0x82, cb_buf_span(story_known_part(0x82))) ==
		CB_OK &&
	    cb_tlv_close(&b, half) == CB_OK &&
	    cb_tlv_close(&b, value) == CB_OK && cb_tlv_close(&b, all) == CB_OK;
	story_head(cmd, 0x00, 0xDB, 0x3F, 0xFF);
	if (good && b.n <= sizeof(cmd->data))
		story_add(cmd, b.p, b.n);
	cb_buf_free(&b);
}

static void
build_delete(const struct story *s, struct story_cmd *cmd)
{
	(void)s;
	story_head(cmd, 0x00, 0xDB, 0x3F, 0xFF);
	add_key(cmd, 0xA1, "", 0);
}

/* Nobody can see whether something is in it. */
enum { NOTHING, THERE };

static const struct story_key keys[] = {
	{ NOTHING, NO_KEY, "create key", build_create, 0 },
	{ THERE, NO_KEY, "generate", build_generate, 0 },
	{ THERE, KEY_MADE, "import key", build_import, 0 },
	{ THERE, KEY_KNOWN, "generate anew", build_generate, 0 },
	{ THERE, KEY_MADE, "delete key", build_delete, 0 },
};

static uint16_t
set_key(struct emu_card *card, const struct story_kind *kind)
{
	static const uint8_t key[] = { 0x80, 0x01, 0x11, 0x83, 0x01, KEY_NO };
	struct story_cmd cmd;

	story_head(&cmd, 0x00, 0x22, 0x41, 0xB6);
	story_add(&cmd, key, sizeof(key));
	return story_send(card, kind, &cmd, NULL);
}

static bool
read_own(struct emu_card *card, struct story *got)
{
	uint16_t sw = set_key(card, got->kind);

	got->key_looks = sw == SW_OK ? THERE : NOTHING;
	return sw == SW_OK || sw == SW_REF_NOT_FOUND;
}

static uint16_t
sign(struct emu_card *card, const struct story_kind *kind,
    struct cb_buf *signature, struct cb_buf *n)
{
	struct story_cmd cmd;
	uint16_t sw;

	(void)n;
	if ((sw = set_key(card, kind)) != SW_OK)
		return sw;
	story_head(&cmd, 0x00, 0x2A, 0x9E, 0x9A);
	story_add(&cmd, "hello", 5);
	cmd.le = 0;
	return story_send(card, kind, &cmd, signature);
}

/* ---- the card ----------------------------------------------------------- */

static const struct story_row own[] = {
	{ "reset counter", story_plan_reset_counter, SO, AT_APP, 0 },
	{ "change PUK", story_plan_change_so, NOBODY, AT_APP, 0 },
};

const struct story_kind story_a3 = {
	.name = "authentic3",
	.aid = { 0xA0, 0x00, 0x00, 0x00, 0x77, 0x01, 0x00, 0x70, 0x0A, 0x10,
	    0x00, 0xF1, 0x00, 0x00, 0x01, 0x00 },
	.aid_n = 16,
	.dfs = { [AT_APP] = 0x5015, [AT_FILES] = 0x5015, [AT_KEYS] = 0x5015 },
	.pin_field = 8,
	.user_ref = 0x01,
	.change_ref = 0x01,
	.so_ref = 0x02,
	.last_try = SW_TRIES,
	.puk = true,
	.creator = USER,
	.create = create_ef,
	.delete = story_plan_delete,
	.unblock = story_plan_reset,
	.own = own,
	.own_n = sizeof(own) / sizeof(own[0]),
	.keys = keys,
	.keys_n = sizeof(keys) / sizeof(keys[0]),
	.read = read_own,
	.sign = sign,
};
