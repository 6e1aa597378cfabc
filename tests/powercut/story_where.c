/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Which moment of a story a card is at, see story.h.
 */
#include <openssl/bn.h>
#include <string.h>

#include "common/apdu.h"
#include "common/sw.h"
#include "tests/powercut/story.h"

/* ---- what can be read --------------------------------------------------- */

static bool
same(const struct story *got, const struct story *want)
{
	unsigned i;

	for (i = 0; i < STORY_EFS; i++)
		if (got->ef[i] != want->ef[i] ||
		    (i != STORY_SEALED &&
			memcmp(got->content[i], want->content[i],
			    STORY_EF_N) != 0))
			return false;
	return memcmp(got->object, want->object, sizeof(got->object)) == 0 &&
	    got->key_looks == want->kind->keys[want->key].looks;
}

static bool
same_tries(const struct story *got, const struct story *want)
{
	return got->tries == want->tries && got->so_tries == want->so_tries &&
	    (got->unblock_tries == STORY_UNREAD ||
	    got->unblock_tries == want->unblock_tries);
}

static bool
is_before(const struct story *got, const struct story *before)
{
	return same(got, before) && same_tries(got, before);
}

static bool
is_spent(const struct story *got, const struct story *before,
    const struct story_cmd *cmd)
{
	struct story spent = *before;

	spent.tries -= cmd->spends;
	spent.so_tries -= cmd->spends_so;
	spent.unblock_tries -= cmd->spends_unblock;
	return same(got, before) && same_tries(got, &spent);
}

static bool
is_after(const struct story *got, const struct story *after)
{
	return same(got, after) && same_tries(got, after);
}

enum story_place
story_where(const struct story *got, const struct story *before,
    const struct story *after, const struct story_cmd *cmd)
{
	return is_before(got, before)		? STORY_BEFORE
	    : cmd == NULL			? STORY_NOWHERE
	    : is_after(got, after)		? STORY_AFTER
	    : is_spent(got, before, cmd)	? STORY_SPENT
						: STORY_NOWHERE;
}

/* ---- what passcodes open ------------------------------------------------ */

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

/* Whether the key inside is what it must be: the signature tells. Not every
 * card tells the modulus of a key that it has made. */
static bool
key_is(struct emu_card *card, const struct story *want)
{
	const struct story_key *key = &want->kind->keys[want->key];
	struct cb_span known = cb_buf_span(story_known_part(0x81));
	struct cb_span hello = cb_span_str("hello"), s;
	struct cb_buf n = CB_BUF_INIT_MAX(CB_RESP_MAX);
	struct cb_buf signature = CB_BUF_INIT_MAX(CB_RESP_MAX);
	uint16_t sw;
	bool good;

	sw = want->kind->sign(card, want->kind, &signature, &n);
	s = cb_buf_span(&signature);
	if (key->inside == NO_KEY)
		good = sw == SW_REF_NOT_FOUND || sw == SW_FILE_NOT_FOUND;
	else
		good = sw == SW_OK &&
		    verifies(known, s, hello) == (key->inside == KEY_KNOWN) &&
		    (n.n == 0 || verifies(cb_buf_span(&n), s, hello));
	cb_buf_free(&n);
	cb_buf_free(&signature);
	return good;
}

static bool
sealed_is(struct emu_card *card, const struct story *want)
{
	uint8_t content[STORY_EF_N];

	return !want->ef[STORY_SEALED] ||
	    (story_go(card, want->kind, AT_FILES) &&
		story_read_ef(card, want->kind, STORY_SEALED, content) &&
		memcmp(content, want->content[STORY_SEALED],
		    STORY_EF_N) == 0);
}

/* Until `op` itself has been carried out. */
static bool
perform(struct emu_card *card, struct story *s, unsigned op)
{
	struct story_cmd cmd;
	uint64_t random = 1;

	do {
		story_plan(s, op, &random, &cmd);
		if (story_ask(card, s->kind, &cmd) != cmd.want)
			return false;
	} while (cmd.op != op);
	return true;
}

/* Spends tries. Who is blocked for good can tell nothing. The SO's passcode is
 * one that changes only where it is a PUK. */
static bool
opens(struct emu_card *card, const struct story *want)
{
	struct story s = *want;

	if (!story_start(card, s.kind) || s.so_tries == 0)
		return s.so_tries == 0;
	story_reset(&s);
	if (s.kind->puk && !perform(card, &s, OP_SO_RIGHT))
		return false;
	if (s.tries == 0 && s.unblock_tries == 0)
		return true;
	return (s.tries != 0 || perform(card, &s, OP_UNBLOCK)) &&
	    perform(card, &s, OP_RIGHT) && key_is(card, want) &&
	    sealed_is(card, want);
}

static bool
copy_opens(const struct story *got, const struct story *want,
    struct emu_card *(*open)(void *), void *ctx)
{
	struct emu_card *card = open(ctx);
	struct story s = *want;
	bool good;

	s.tries = got->tries;
	s.so_tries = got->so_tries;
	if (got->unblock_tries != STORY_UNREAD)
		s.unblock_tries = got->unblock_tries;
	good = card != NULL && opens(card, &s);
	emu_card_free(&card);
	return good;
}

bool
story_hides(const struct story *before, const struct story *after)
{
	return before->pin != after->pin || before->so_pin != after->so_pin ||
	    before->key != after->key ||
	    memcmp(before->content[STORY_SEALED],
		after->content[STORY_SEALED], STORY_EF_N) != 0;
}

enum story_place
story_find(const struct story *got, const struct story *before,
    const struct story *after, const struct story_cmd *cmd,
    struct emu_card *(*open)(void *), void *ctx)
{
	bool spent = cmd != NULL && is_spent(got, before, cmd);

	if ((is_before(got, before) || spent) &&
	    copy_opens(got, before, open, ctx))
		return is_before(got, before) ? STORY_BEFORE : STORY_SPENT;
	if (cmd != NULL && is_after(got, after) &&
	    copy_opens(got, after, open, ctx))
		return STORY_AFTER;
	return STORY_NOWHERE;
}
