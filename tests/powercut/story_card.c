/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Making, driving and reading the card of a story, see story.h.
 */
#include <limits.h>
#include <openssl/bn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/apdu.h"
#include "common/sw.h"
#include "tests/powercut/story.h"

static const uint8_t aid[] = { 0x00, 0xA4, 0x04, 0x0C, 0x10, 0xA0, 0x00, 0x00,
	0x00, 0x77, 0x01, 0x03, 0x03, 0x00, 0x00, 0x00, 0xF1, 0x00, 0x00, 0x00,
	0x02 };

/* Sends an APDU; *rsp is what came before the status word. 0: no answer. */
static uint16_t
send(struct emu_card *card, const uint8_t *apdu, size_t n, struct cb_buf *rsp)
{
	struct cb_buf own = CB_BUF_INIT_MAX(CB_RESP_MAX);
	struct cb_buf *b = rsp != NULL ? rsp : &own;
	uint16_t sw = 0;

	if (emu_card_transmit(card, cb_span(apdu, n), b) == CB_OK &&
	    b->n >= 2) {
		sw = (uint16_t)(b->p[b->n - 2] << 8 | b->p[b->n - 1]);
		if (cb_buf_truncate(b, b->n - 2) != CB_OK)
			sw = 0;
	}
	cb_buf_free(&own);
	return sw;
}

static uint16_t
short_apdu(struct emu_card *card, unsigned ins, unsigned p1, unsigned p2,
    unsigned le, struct cb_buf *rsp)
{
	const uint8_t apdu[] = { ins == 0xB4 ? 0x80 : 0x00, (uint8_t)ins,
		(uint8_t)p1, (uint8_t)p2, (uint8_t)le };

	return send(card, apdu, sizeof(apdu), rsp);
}

static uint16_t
select_fid(struct emu_card *card, unsigned fid)
{
	const uint8_t apdu[] = { 0x00, 0xA4, 0x00, 0x0C, 0x02,
		(uint8_t)(fid >> 8), (uint8_t)fid };

	return send(card, apdu, sizeof(apdu), NULL);
}

/* To 5011 or a DF in it. */
static bool
go(struct emu_card *card, unsigned df)
{
	return select_fid(card, 0x3F00) == SW_OK &&
	    select_fid(card, 0x5011) == SW_OK &&
	    (df == 0x5011 || select_fid(card, df) == SW_OK);
}

struct emu_card *
story_open(const char *path, enum cb_err *r)
{
	struct emu_card *card = NULL;
	struct emu_nvm *nvm = NULL;

	if ((*r = emu_file_open(&nvm, path, 0, NULL)) == CB_OK)
		*r = emu_card_open(&card, &nvm, &emu_env_system, NULL);
	return card;
}

bool
story_start(struct emu_card *card)
{
	emu_card_power_on(card);
	return send(card, aid, sizeof(aid), NULL) == SW_OK;
}

/* passwd is no APDU; its outcome in a status word. */
static uint16_t
run_passwd(struct emu_card *card, const struct story_cmd *cmd)
{
	char old_pin[16], new_pin[16];
	unsigned left;

	snprintf(old_pin, sizeof(old_pin), "1234%02u", 56 + cmd->old_pin);
	snprintf(new_pin, sizeof(new_pin), "1234%02u", 56 + cmd->new_pin);
	return emu_card_passwd(card, cb_span_str(old_pin),
	    cb_span_str(new_pin), &left, NULL) == CB_OK ? SW_OK : SW_UNKNOWN;
}

static uint16_t
run(struct emu_card *card, const struct story_cmd *cmd)
{
	if (cmd->op == OP_PASSWD)
		return run_passwd(card, cmd);
	if (!go(card, cmd->df) ||
	    (cmd->ef != 0 && select_fid(card, cmd->ef) != SW_OK))
		return 0;
	return send(card, cmd->apdu, cmd->n, NULL);
}

bool
story_run(struct emu_card *card, const struct story_cmd *cmd)
{
	uint16_t sw = run(card, cmd);

	if (sw == cmd->want)
		return true;
	fprintf(stderr, "%s: %04X instead of %04X\n",
	    story_op_names[cmd->op], sw, cmd->want);
	return false;
}

/* ---- making ------------------------------------------------------------- */

static enum cb_err
make(struct emu_nvm *nvm, struct cb_why *why)
{
	const char *top = getenv("srcdir") != NULL ? getenv("srcdir") : ".";
	struct emu_profile *profile = NULL;
	char path[PATH_MAX], keys[PATH_MAX];
	const struct emu_make wish = {
		.test = true,
		.keys_from = keys,
		.user_pin = cb_span_str("123456"),
		.so_pin = cb_span_str("87654321"),
		.scrypt_log2n = 10,
	};
	enum cb_err r;

	snprintf(path, sizeof(path), "%s/data/profiles/authentic5.profile",
	    top);
	snprintf(keys, sizeof(keys), "%s/tests/vectors/authentic5/"
	    "test-keys.txt", top);
	if ((r = emu_profile_read(&profile, path, why)) == CB_OK)
		r = emu_card_make(nvm, profile, &wish, &emu_env_system, why);
	emu_profile_free(&profile);
	return r;
}

/* A linear EF, a public key file, and the unblock value into *s. */
static bool
prepare(struct emu_card *card, struct story *s)
{
	static const uint8_t linear[] = { 0x00, 0xE0, 0x00, 0x00, 0x18, 0x62,
		0x16, 0x82, 0x02, 0x04, 0x01, 0x83, 0x02, 0x6E, 0x00, 0x85,
		0x02, 0x00, 0x14, 0x86, 0x08, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF,
		0xFF };
	static const uint8_t key[] = { 0x00, 0xE0, 0x00, 0x00, 0x18, 0x62,
		0x16, 0x82, 0x02, 0x12, 0x00, 0x83, 0x02, 0x10, 0x60, 0x85,
		0x02, 0x02, 0x00, 0x86, 0x08, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF,
		0xFF };
	struct cb_buf rsp = CB_BUF_INIT_MAX(CB_RESP_MAX);
	uint64_t random = 1;
	struct story_cmd cmd;
	bool good;

	if (!story_start(card) || !go(card, 0x9001) ||
	    send(card, linear, sizeof(linear), NULL) != SW_OK ||
	    send(card, key, sizeof(key), NULL) != SW_OK)
		return false;
	story_plan(s, OP_SO_RIGHT, &random, &cmd);
	if (!story_run(card, &cmd) || select_fid(card, 0x2000) != SW_OK)
		return false;
	good = short_apdu(card, 0xB0, 0, 0, 16, &rsp) == SW_OK && rsp.n == 16;
	if (good)
		memcpy(s->unblock, rsp.p, 16);
	cb_buf_free(&rsp);
	return good;
}

bool
story_make(const char *path, struct story *s)
{
	struct emu_nvm *nvm = NULL;
	struct emu_card *card = NULL;
	struct cb_why why = { "" };
	bool good;

	memset(s, 0, sizeof(*s));
	s->tries = s->so_tries = s->unblock_tries = STORY_TRIES;
	good = emu_file_open(&nvm, path, EMU_FILE_CREATE, &why) == CB_OK &&
	    make(nvm, &why) == CB_OK &&
	    emu_card_open(&card, &nvm, &emu_env_system, &why) == CB_OK &&
	    prepare(card, s);
	if (!good)
		fprintf(stderr, "making a card: %s\n", why.text);
	emu_card_free(&card);
	emu_nvm_free(&nvm);
	story_reset(s);
	return good;
}

/* ---- reading ------------------------------------------------------------ */

static unsigned
query(struct emu_card *card, unsigned ref)
{
	const uint8_t apdu[] = { 0x00, 0x20, 0x00, (uint8_t)ref };
	uint16_t sw = send(card, apdu, sizeof(apdu), NULL);

	if ((sw & 0xfff0) == SW_TRIES)
		return sw & 0x0f;
	return sw == SW_BLOCKED ? 0 : 99;
}

/* The card says it in words only, and after much thought. */
static unsigned
unblock_tries(const struct emu_card *card)
{
	struct cb_buf text = CB_BUF_INIT;
	const char *p;
	unsigned n = 99;

	if (emu_card_describe(card, &text) == CB_OK &&
	    cb_put_u8(&text, 0) == CB_OK &&
	    (p = strstr((const char *)text.p, "unblock value: ")) != NULL &&
	    sscanf(p, "unblock value: %u of", &n) != 1)
		n = 99;
	cb_buf_free(&text);
	return n;
}

static bool
read_ef(struct emu_card *card, unsigned i, struct story *got,
    struct cb_buf *rsp)
{
	uint16_t sw = select_fid(card, 0x6F00 + i);

	got->ef[i] = sw == SW_OK;
	if (sw != SW_OK)
		return sw == SW_FILE_NOT_FOUND;
	if (short_apdu(card, 0xB0, 0, 0, 200, rsp) != SW_OK || rsp->n != 200)
		return false;
	memcpy(got->content[i], rsp->p, 200);
	if (short_apdu(card, 0xB0, 0, 200, STORY_EF_N - 200, rsp) != SW_OK ||
	    rsp->n != STORY_EF_N - 200)
		return false;
	memcpy(got->content[i] + 200, rsp->p, STORY_EF_N - 200);
	return true;
}

static bool
read_record(struct emu_card *card, unsigned i, struct story *got,
    struct cb_buf *rsp)
{
	size_t k;
	uint16_t sw = short_apdu(card, 0xB2, i + 1, 0x04, 0, rsp);

	if (sw == SW_RECORD_NOT_FOUND)
		return true;
	if (sw != SW_OK || rsp->n != STORY_RECORD_N)
		return false;
	got->record[i] = rsp->p[0];
	for (k = 1; k < rsp->n; k++)
		if (rsp->p[k] != rsp->p[0])
			return false;
	return true;
}

/* Which key files there are; a public one is whole or empty. */
static bool
read_key(struct emu_card *card, struct story *got, struct cb_buf *rsp)
{
	bool private, public, filled;
	uint16_t n, e;

	private = select_fid(card, 0x3050) == SW_OK;
	public = select_fid(card, 0x1050) == SW_OK;
	n = public ? short_apdu(card, 0xB4, 1, 0, 0, rsp) : 0;
	e = public ? short_apdu(card, 0xB4, 2, 0, 0, rsp) : 0;
	filled = n == SW_OK;
	if (public && (!private || n != e))
		return false;
	got->key = filled ? KEY_MADE : public ? KEY_BOTH :
	    private ? KEY_PRIVATE : KEY_NONE;
	return true;
}

bool
story_read(struct emu_card *card, bool thorough, struct story *got)
{
	struct cb_buf rsp = CB_BUF_INIT_MAX(CB_RESP_MAX);
	unsigned i;
	bool good;

	memset(got, 0, sizeof(*got));
	good = story_start(card) && go(card, 0x5011);
	got->tries = query(card, 0x81);
	got->so_tries = query(card, 0x04);
	got->one_time = query(card, 0x82) == STORY_TRIES;
	got->unblock_tries = thorough ? unblock_tries(card) : STORY_UNREAD;
	good = good && go(card, 0x9001);
	for (i = 0; i < STORY_EFS && good; i++)
		good = read_ef(card, i, got, &rsp);
	got->df = select_fid(card, 0x7F01) == SW_OK;
	good = good && go(card, 0x9001) && select_fid(card, 0x6E00) == SW_OK;
	for (i = 0; i < STORY_RECORDS && good; i++)
		good = read_record(card, i, got, &rsp);
	good = good && select_fid(card, 0x1060) == SW_OK;
	if (good && short_apdu(card, 0xB4, 2, 0, 0, &rsp) == SW_OK)
		got->exponent = rsp.n == 0 ? 0 : rsp.p[rsp.n - 1];
	good = good && go(card, 0x9002) && read_key(card, got, &rsp);
	cb_buf_free(&rsp);
	return good;
}

/* ---- what a passcode opens ---------------------------------------------- */

/* Whether signature^65537 mod n ends in the signed bytes. */
static bool
verifies(struct cb_span n, struct cb_span signature, struct cb_span text)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *m = BN_bin2bn(n.p, (int)n.n, NULL);
	BIGNUM *s = BN_bin2bn(signature.p, (int)signature.n, NULL);
	BIGNUM *e = BN_new(), *v = BN_new();
	uint8_t out[256];
	bool good;

	good = ctx != NULL && m != NULL && s != NULL && e != NULL &&
	    v != NULL && n.n <= sizeof(out) && BN_set_word(e, 65537) == 1 &&
	    BN_mod_exp(v, s, e, m, ctx) == 1 &&
	    BN_bn2binpad(v, out, (int)n.n) == (int)n.n &&
	    memcmp(out + n.n - text.n, text.p, text.n) == 0;
	BN_free(m);
	BN_free(s);
	BN_free(e);
	BN_free(v);
	BN_CTX_free(ctx);
	return good;
}

static bool
signs(struct emu_card *card)
{
	static const uint8_t mse[] = { 0x00, 0x22, 0x41, 0xB6, 0x03, 0x80,
		0x01, 0x11 };
	static const uint8_t pso[] = { 0x00, 0x2A, 0x9E, 0x9A, 0x05, 'h', 'e',
		'l', 'l', 'o', 0x00 };
	struct cb_buf n = CB_BUF_INIT_MAX(CB_RESP_MAX);
	struct cb_buf signature = CB_BUF_INIT_MAX(CB_RESP_MAX);
	bool good;

	good = go(card, 0x9002) && select_fid(card, 0x1050) == SW_OK &&
	    short_apdu(card, 0xB4, 1, 0, 0, &n) == SW_OK &&
	    select_fid(card, 0x3050) == SW_OK &&
	    send(card, mse, sizeof(mse), NULL) == SW_OK &&
	    send(card, pso, sizeof(pso), &signature) == SW_OK &&
	    verifies(cb_buf_span(&n), cb_buf_span(&signature),
	    cb_span_str("hello"));
	cb_buf_free(&n);
	cb_buf_free(&signature);
	return good;
}

bool
story_opens(struct emu_card *card, const struct story *s, unsigned pin)
{
	struct story next = *s;
	struct story_cmd cmd;
	uint64_t random = 1;

	if (!story_start(card) || s->so_tries == 0)
		return s->so_tries == 0;
	story_reset(&next);
	next.pin = pin;
	if (next.tries == 0) {
		story_plan(&next, OP_UNBLOCK, &random, &cmd);
		if (run(card, &cmd) != cmd.want)
			return false;
		if (next.unblock_tries == 0)
			return true;
		story_plan(&next, OP_UNBLOCK, &random, &cmd);
		if (run(card, &cmd) != cmd.want)
			return false;
	}
	story_plan(&next, OP_RIGHT, &random, &cmd);
	if (run(card, &cmd) != cmd.want)
		return false;
	return s->key != KEY_MADE || signs(card);
}

/* ---- comparing ---------------------------------------------------------- */

static bool
same(const struct story *got, const struct story *want)
{
	return got->one_time == want->one_time && got->df == want->df &&
	    memcmp(got->ef, want->ef, sizeof(got->ef)) == 0 &&
	    memcmp(got->content, want->content, sizeof(got->content)) == 0 &&
	    memcmp(got->record, want->record, sizeof(got->record)) == 0 &&
	    got->exponent == want->exponent &&
	    /* without its public file a key does not show that it is made */
	    (got->key == want->key ||
	    (got->key == KEY_PRIVATE && want->key == KEY_ALONE));
}

static bool
same_tries(const struct story *got, const struct story *want)
{
	return got->tries == want->tries && got->so_tries == want->so_tries &&
	    (got->unblock_tries == STORY_UNREAD ||
	    got->unblock_tries == want->unblock_tries);
}

enum story_place
story_where(const struct story *got, const struct story *before,
    const struct story *after, const struct story_cmd *cmd)
{
	struct story spent = *before;

	if (same(got, before) && same_tries(got, before))
		return STORY_BEFORE;
	if (cmd == NULL)
		return STORY_NOWHERE;
	if (same(got, after) && same_tries(got, after))
		return STORY_AFTER;
	spent.tries -= cmd->spends;
	spent.so_tries -= cmd->spends_so;
	spent.unblock_tries -= cmd->spends_unblock;
	if (same(got, before) && same_tries(got, &spent))
		return STORY_SPENT;
	return STORY_NOWHERE;
}
