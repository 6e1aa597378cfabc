/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Any bytes, given to what the vault reads from files and from the database;
 * the first byte chooses which. What it takes must come out the same when it
 * is written, and nothing that nobody sealed or signed is believed.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/vault/act.h"
#include "backend/vault/enrol.h"
#include "backend/vault/open.h"
#include "backend/vault/piece.h"
#include "tests/fuzz/fuzz.h"

static const struct be_self self = { .kind = WIRE_TEST, .id = { 1 } };

/* Text may be written in many ways: what it says may not. */
static void
piece(struct cb_span in)
{
	struct cb_buf b = CB_BUF_INIT;
	struct be_piece p, again;
	struct cb_why why;

	if (be_piece_get(in, &p, &why) != CB_OK)
		return;
	if (be_piece_put(&b, &p) != CB_OK ||
	    be_piece_get(cb_buf_span(&b), &again, &why) != CB_OK ||
	    memcmp(&p, &again, sizeof(p)) != 0)
		abort();
	cb_buf_free(&b);
}

/* All of them at once, as a file of several would be: which go together? */
static void
pieces(struct cb_span in)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	struct be_piece p[4];
	struct be_root *root;
	struct cb_why why;
	size_t n = 0;
	struct cb_span one;

	while (n < 4 && cb_get_lv16(&in, &one) == CB_OK &&
	    be_piece_get(one, &p[n], NULL) == CB_OK)
		n++;
	if (be_root_join(&root, NULL, p, names, n, &why) == CB_OK)
		be_root_free(&root);
}

static void
wrap(struct cb_span in)
{
	const struct be_wrapper with = { .version = 1, .key = { 3 } };
	struct be_name name = { .what = BE_ORG, .version = 1 };
	struct cb_buf text = CB_BUF_INIT;
	uint32_t outer;

	/* of whatever version it says it is */
	if (be_wrap_versions(in, &outer, &name.version) == CB_OK &&
	    (outer == 0 || name.version == 0))
		abort();
	if (be_wrap_open(&text, &self, &name, &with, in) == CB_OK ||
	    text.n != 0)
		abort();
	cb_buf_free(&text);
}

static void
grant(struct cb_span in)
{
	static struct be_org org = { .grants_version = 1 };
	const struct be_signed row = { in, cb_span_head(in, BE_GRANT_MAC) };
	struct cb_buf b = CB_BUF_INIT;
	struct wire_grant g;

	org.self = self;
	if (be_grant_check(&row, &org, &g) == CB_OK)
		abort();
	if (wire_grant_get(in, &g) != CB_OK)
		return;
	if (wire_grant_put(&b, &g) != CB_OK ||
	    !cb_span_equal(cb_buf_span(&b), in))
		abort();
	cb_buf_free(&b);
}

static void
enrol(struct cb_span in)
{
	struct wire_enrol e;
	struct wire_key *key;

	if (wire_enrol_get(in, &e, &key) == CB_OK)
		wire_key_free(&key);
	else if (key != NULL)
		abort();
	if (wire_key_get_public(in, &key) == CB_OK)
		wire_key_free(&key);
}

/* ACT as a worker hands it on, with an APPROVAL behind it, of an act that
 * nobody began. */
static void
act(struct cb_span in)
{
	static struct be_ring ring;
	static struct be_org org;
	struct be_challenges none;
	struct be_ordered ask = { .ring = &ring, .org = &org,
		.challenges = &none };
	struct cb_buf macs = CB_BUF_INIT;
	struct cb_span head, signature;
	enum be_refusal refusal;
	struct wire_approval a;
	struct be_granted out;

	ring.self = org.self = self;
	be_challenges_init(&none, 1, 1);
	if (cb_get_lv16(&in, &ask.act) != CB_OK)
		return;
	ask.approval = in;
	if (be_vault_grant(&ask, &out, &macs, &refusal) == CB_OK ||
	    refusal == BE_REFUSED_NOT || macs.n != 0)
		abort();
	if (wire_approval_get(in, &a, &head, &signature) == CB_OK &&
	    head.n + 2 + signature.n != in.n)
		abort();
	be_challenges_clear(&none);
}

/* OFFER and ACCEPT as a worker hands them on, of a session that nobody
 * began. */
static void
opening(struct cb_span in)
{
	static struct be_ring ring;
	static struct be_org org;
	struct be_challenges none;
	struct be_open ask = { .ring = &ring, .org = &org,
		.challenges = &none };
	enum be_refusal refusal;
	struct be_opened out;

	ring.self = org.self = self;
	be_challenges_init(&none, 1, 1);
	if (cb_get_lv16(&in, &ask.offer) != CB_OK)
		return;
	ask.accept = in;
	if (be_vault_open(&ask, &out, &refusal) == CB_OK ||
	    refusal == BE_REFUSED_NOT)
		abort();
	be_challenges_clear(&none);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static void (*const parsers[])(struct cb_span in) = { piece, pieces,
		wrap, grant, enrol, opening, act };

	if (n == 0)
		return 0;
	parsers[p[0] % (sizeof(parsers) / sizeof(parsers[0]))](
	    cb_span(p + 1, n - 1));
	return 0;
}
