/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Making, driving and reading the card of a story, see story.h.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/apdu.h"
#include "common/sw.h"
#include "emulator/published.h"
#include "tests/powercut/story.h"

const struct story_kind *
story_kind_find(const char *name)
{
	static const struct story_kind *const kinds[] = { &story_a5,
		&story_a3, &story_ias_oberthur, &story_ias_gemalto };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

/* ---- driving ------------------------------------------------------------ */

/* One APDU; what it answers is added to *rsp. */
static uint16_t
transmit(struct emu_card *card, const uint8_t *apdu, size_t n,
    struct cb_buf *rsp)
{
	struct cb_buf b = CB_BUF_INIT_MAX(CB_RESP_MAX);
	uint16_t sw = 0;

	if (emu_card_transmit(card, cb_span(apdu, n), &b) == CB_OK &&
	    b.n >= 2 &&
	    cb_buf_add(rsp, cb_span(b.p, b.n - 2)) == CB_OK)
		sw = (uint16_t)(b.p[b.n - 2] << 8 | b.p[b.n - 1]);
	cb_buf_free(&b);
	return sw;
}

uint16_t
story_send(struct emu_card *card, const struct story_kind *kind,
    const struct story_cmd *cmd, struct cb_buf *rsp)
{
	struct cb_buf all = CB_BUF_INIT;
	uint8_t apdu[5 + 255 + 1], response[] = { 0x00, 0xC0, 0x00, 0x00, 0 };
	size_t at = 0, n, lc;
	uint16_t sw;

	do {
		lc = cmd->n - at > 255 ? 255 : cmd->n - at;
		memcpy(apdu, cmd->head, 4);
		n = 4;
		if (cmd->n > 0) {
			apdu[n++] = (uint8_t)lc;
			memcpy(apdu + n, cmd->data + at, lc);
			n += lc;
		}
		at += lc;
		if (at < cmd->n)
			apdu[0] |= 0x10;
		else if (cmd->n == 0 ? cmd->le >= 0 || kind->t0
				     : cmd->le >= 0 && !kind->t0)
			apdu[n++] = cmd->le > 0 ? (uint8_t)cmd->le : 0;
		sw = transmit(card, apdu, n, &all);
	} while (sw == SW_OK && at < cmd->n);
	while (sw >> 8 == 0x61) {
		response[4] = (uint8_t)sw;
		sw = transmit(card, response, sizeof(response), &all);
	}
	if (rsp != NULL && cb_buf_set(rsp, cb_buf_span(&all)) != CB_OK)
		sw = 0;
	cb_buf_free(&all);
	return sw;
}

uint16_t
story_short(struct emu_card *card, const struct story_kind *kind,
    unsigned cla, unsigned ins, unsigned p1p2, int le, struct cb_buf *rsp)
{
	struct story_cmd cmd;

	story_head(&cmd, cla, ins, p1p2 >> 8, p1p2 & 0xff);
	cmd.le = le;
	return story_send(card, kind, &cmd, rsp);
}

uint16_t
story_select(
    struct emu_card *card, const struct story_kind *kind, unsigned fid)
{
	const uint8_t data[] = { (uint8_t)(fid >> 8), (uint8_t)fid };
	struct story_cmd cmd;

	story_head(&cmd, 0x00, 0xA4, 0x00, kind->select_p2);
	story_add(&cmd, data, sizeof(data));
	return story_send(card, kind, &cmd, NULL);
}

bool
story_go(
    struct emu_card *card, const struct story_kind *kind, enum story_at at)
{
	const uint16_t *df = kind->dfs;

	return story_select(card, kind, 0x3F00) == SW_OK &&
	    story_select(card, kind, df[AT_APP]) == SW_OK &&
	    (df[at] == df[AT_APP] ||
		story_select(card, kind, df[at]) == SW_OK);
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
story_start(struct emu_card *card, const struct story_kind *kind)
{
	struct story_cmd cmd;

	emu_card_power_on(card);
	story_head(&cmd, 0x00, 0xA4, 0x04, 0x0C);
	story_add(&cmd, kind->aid, kind->aid_n);
	return story_send(card, kind, &cmd, NULL) == SW_OK;
}

/* What is no APDU; its outcome in a status word. */
static uint16_t
run_outside(struct emu_card *card, const struct story_cmd *cmd)
{
	struct cb_span secret = cb_span(cmd->data, cmd->n);
	char new_pin[16];
	unsigned left;
	enum cb_err r;

	story_pin_text(cmd->new_pin, new_pin);
	r = cmd->outside == BY_PASSWD
	    ? emu_card_passwd(
		  card, secret, cb_span_str(new_pin), &left, NULL)
	    : emu_card_unblock(
		  card, secret, cb_span_str(new_pin), &left, NULL);
	return r == CB_OK ? SW_OK : SW_UNKNOWN;
}

uint16_t
story_ask(struct emu_card *card, const struct story_kind *kind,
    const struct story_cmd *cmd)
{
	if (cmd->outside != BY_APDU)
		return run_outside(card, cmd);
	if (!story_go(card, kind, cmd->at) ||
	    (cmd->ef != 0 && story_select(card, kind, cmd->ef) != SW_OK))
		return 0;
	return story_send(card, kind, cmd, NULL);
}

bool
story_run(struct emu_card *card, const struct story_kind *kind,
    const struct story_cmd *cmd)
{
	uint16_t sw = story_ask(card, kind, cmd);

	if (sw == cmd->want)
		return true;
	fprintf(stderr, "%s, %s: %04X instead of %04X\n", kind->name,
	    cmd->name, sw, cmd->want);
	return false;
}

/* ---- making ------------------------------------------------------------- */

/* Below the top of the source. */
static void
find_source(char path[PATH_MAX], const char *folder, const char *name,
    const char *end)
{
	const char *top = getenv("srcdir") != NULL ? getenv("srcdir") : ".";

	snprintf(path, PATH_MAX, "%s/%s/%s%s", top, folder, name, end);
}

const struct cb_buf *
story_known_part(unsigned tag)
{
	static struct emu_rsa_parts k;
	static const uint8_t e[] = { 0x01, 0x00, 0x01 };
	const struct {
		unsigned tag;
		const struct cb_buf *part;
	} parts[] = {
		{ 0x81, &k.n }, { 0x82, &k.e }, { 0x92, &k.p }, { 0x93, &k.q },
		{ 0x94, &k.qi }, { 0x95, &k.dp }, { 0x96, &k.dq },
	};
	struct cb_buf cert = CB_BUF_INIT;
	struct cb_why why = { "" };
	char path[PATH_MAX];

	find_source(path, "tests/vectors", "authentic3", "/test-keys.txt");
	if (k.e.n == 0 &&
	    (emu_published_read(path, "a33", &k, &cert, &why) != CB_OK ||
		cb_buf_set(&k.e, CB_SPAN_OF(e)) != CB_OK)) {
		fprintf(stderr, "%s\n", why.text);
		exit(2);
	}
	cb_buf_free(&cert);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].tag == tag)
			return parts[i].part;
	return NULL;
}

static enum cb_err
make(struct emu_nvm *nvm, const struct story_kind *kind, struct cb_why *why)
{
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

	find_source(path, "data/profiles", kind->name, ".profile");
	find_source(keys, "tests/vectors", kind->name, "/test-keys.txt");
	if ((r = emu_profile_read(&profile, path, why)) == CB_OK)
		r = emu_card_make(nvm, profile, &wish, &emu_env_system, why);
	emu_profile_free(&profile);
	return r;
}

bool
story_make(
    const char *path, const struct story_kind *kind, struct story *s)
{
	struct emu_nvm *nvm = NULL;
	struct emu_card *card = NULL;
	struct cb_why why = { "" };
	bool good;

	memset(s, 0, sizeof(*s));
	s->kind = kind;
	s->tries = s->so_tries = STORY_TRIES;
	s->unblock_tries = kind->puk ? STORY_UNREAD : STORY_TRIES;
	good = emu_file_open(&nvm, path, EMU_FILE_CREATE, &why) == CB_OK &&
	    make(nvm, kind, &why) == CB_OK &&
	    emu_card_open(&card, &nvm, &emu_env_system, &why) == CB_OK &&
	    story_start(card, kind) &&
	    (kind->prepare == NULL || kind->prepare(card, s));
	if (!good)
		fprintf(stderr, "making a card: %s\n", why.text);
	emu_card_free(&card);
	emu_nvm_free(&nvm);
	story_reset(s);
	return good;
}

/* ---- reading ------------------------------------------------------------ */

static unsigned
query(struct emu_card *card, const struct story_kind *kind, unsigned ref)
{
	uint16_t sw = story_short(card, kind, 0x00, 0x20, ref, -1, NULL);

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

bool
story_read_ef(struct emu_card *card, const struct story_kind *kind,
    unsigned i, uint8_t content[STORY_EF_N])
{
	struct cb_buf rsp = CB_BUF_INIT_MAX(CB_RESP_MAX);
	enum { FIRST = 200 };	/* of one command */
	bool good;

	good = story_select(card, kind, STORY_EF_FID + i) == SW_OK &&
	    story_short(card, kind, 0x00, 0xB0, 0, FIRST, &rsp) == SW_OK &&
	    rsp.n == FIRST;
	if (good)
		memcpy(content, rsp.p, FIRST);
	good = good &&
	    story_short(card, kind, 0x00, 0xB0, FIRST, STORY_EF_N - FIRST,
		&rsp) == SW_OK &&
	    rsp.n == STORY_EF_N - FIRST;
	if (good)
		memcpy(content + FIRST, rsp.p, STORY_EF_N - FIRST);
	cb_buf_free(&rsp);
	return good;
}

static bool
look_for_ef(struct emu_card *card, const struct story_kind *kind, unsigned i,
    struct story *got)
{
	uint16_t sw = story_select(card, kind, STORY_EF_FID + i);

	got->ef[i] = sw == SW_OK;
	if (sw != SW_OK)
		return sw == SW_FILE_NOT_FOUND;
	if (i == STORY_SEALED)
		return story_short(card, kind, 0x00, 0xB0, 0, 1, NULL) ==
		    SW_SECURITY_STATUS;
	return story_read_ef(card, kind, i, got->content[i]);
}

bool
story_read(struct emu_card *card, const struct story_kind *kind,
    bool thorough, struct story *got)
{
	unsigned i;
	bool good;

	memset(got, 0, sizeof(*got));
	got->kind = kind;
	good = story_start(card, kind) && story_go(card, kind, AT_APP);
	got->tries = query(card, kind, kind->user_ref);
	got->so_tries = query(card, kind, kind->so_ref);
	got->unblock_tries = thorough && !kind->puk ? unblock_tries(card)
						    : STORY_UNREAD;
	good = good && story_go(card, kind, AT_FILES);
	for (i = 0; i < STORY_EFS && good; i++)
		good = look_for_ef(card, kind, i, got);
	return good && kind->read(card, got);
}
