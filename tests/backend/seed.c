/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * seed DIR PROFILE: founds an organisation in a backend that was made with
 * --test and is not running, with one card, made from the file PROFILE, and a
 * token for the device that may use it. Says on standard output, each behind
 * its name: organisation, card, device, token.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/ask_store.h"
#include "backend/conf.h"
#include "backend/layout.h"
#include "backend/vault/found.h"
#include "backend/vault/operator.h"
#include "common/hex.h"
#include "tests/backend/founder.h"
#include "wire/token.h"

enum { CARD, ASSIGNMENT, TOKEN, GRANTS };	/* rows with a MAC */
#define ROWS (GRANTS + BE_ORG_KEYS + 1)
#define TOKEN_MS 3600000

struct seed {
	const char *profile;
	struct be_conf conf;
	struct be_store *st;
	struct be_ring *ring;
	struct be_org *org;
	uint8_t organisation[WIRE_ID], card[WIRE_ID], device[WIRE_ID];
	uint8_t secret[WIRE_TOKEN], hash[CR_HASH];
	struct be_value grants[GRANTS][BE_COLUMNS_MAX];
	struct be_value wrapped[BE_ORG_KEYS + 1][BE_COLUMNS_MAX];
	struct cb_buf wraps[BE_ORG_KEYS + 1], macs;
	struct be_card_key key;
	struct emu_nvm *made;
	struct cb_why why;
};

typedef enum cb_err step_fn(struct seed *s);

static const uint8_t platform[WIRE_ID];
static const enum be_table tables[GRANTS] = { [CARD] = BE_CARD,
	[ASSIGNMENT] = BE_ASSIGNMENT, [TOKEN] = BE_TOKEN };
/* the MAC's column */
static const size_t mac_at[GRANTS] = { [CARD] = 9, [ASSIGNMENT] = 4,
	[TOKEN] = 5 };

/* ---- the backend that is there ------------------------------------------- */

static enum cb_err
keep_wrap(void *ctx, const struct be_value *columns, size_t n)
{
	(void)n;
	return cb_buf_set(ctx, columns[4].s);
}

static enum cb_err
open_ring(struct seed *s)
{
	struct be_self self = { .kind = s->conf.kind };
	struct cb_buf wraps[BE_RING_KEYS] = { CB_BUF_INIT, CB_BUF_INIT,
		CB_BUF_INIT, CB_BUF_INIT };
	struct cb_span spans[BE_RING_KEYS];
	const char *uris[BE_ROOTS_MAX];
	struct be_root *root = NULL;
	enum cb_err r = CB_OK;

	memcpy(self.id, s->conf.backend, WIRE_ID);
	for (size_t i = 0; i < s->conf.roots_n; i++)
		uris[i] = s->conf.roots[i];
	for (size_t i = 0; r == CB_OK && i < BE_RING_KEYS; i++) {
		const struct be_value key[] = { BE_ID(platform),
			BE_T(cb_span_str(be_birth_wrap(i))), BE_I(1) };

		r = be_store_row(s->st, BE_WRAP, platform, key, keep_wrap,
		    &wraps[i], &s->why);
		spans[i] = cb_buf_span(&wraps[i]);
	}
	if (r == CB_OK)
		r = be_root_load(
		    &root, &self, uris, s->conf.roots_n, &s->why);
	if (r == CB_OK)
		r = be_ring_open(&s->ring, root, spans, &s->why);
	be_root_free(&root);
	for (size_t i = 0; i < BE_RING_KEYS; i++)
		cb_buf_free(&wraps[i]);
	return r;
}

static enum cb_err
open_backend(struct seed *s)
{
	enum cb_err r;

	if (s->conf.kind != WIRE_TEST) {
		cb_why_set(&s->why, "this is no test backend");
		return CB_E_DENIED;
	}
	r = be_store_open(&s->st, s->conf.store, &s->why);
	return r == CB_OK ? open_ring(s) : r;
}

/* ---- what is founded ----------------------------------------------------- */

static enum cb_err
draw(struct seed *s)
{
	enum cb_err r;

	(void)((r = cr_random(s->organisation, WIRE_ID)) != CB_OK ||
	    (r = cr_random(s->card, WIRE_ID)) != CB_OK ||
	    (r = cr_random(s->device, WIRE_ID)) != CB_OK ||
	    (r = cr_random(s->secret, WIRE_TOKEN)) != CB_OK ||
	    (r = cr_sha256(CB_SPAN_OF(s->secret), s->hash)) != CB_OK);
	return r;
}

static void
fill_grants(struct seed *s)
{
	const int64_t now = (int64_t)time(NULL) * 1000;
	const struct be_value card[] = { BE_ID(s->card), BE_I(1), BE_I(0),
		BE_I(1), BE_T(cb_span_str("seed")), BE_B(CB_SPAN_EMPTY),
		BE_I(1), BE_I(now), BE_I(1), BE_B(CB_SPAN_EMPTY) };
	const struct be_value assignment[] = { BE_ID(s->card), BE_I(1),
		BE_ID(s->device), BE_I(0), BE_B(CB_SPAN_EMPTY) };
	const struct be_value token[] = { BE_HASH(s->hash),
		BE_T(cb_span_str(WIRE_TOKEN_DEVICE)), BE_ID(s->device),
		BE_I(1), BE_I(now + TOKEN_MS), BE_B(CB_SPAN_EMPTY), BE_NONE };

	memcpy(s->grants[CARD], card, sizeof(card));
	memcpy(s->grants[ASSIGNMENT], assignment, sizeof(assignment));
	memcpy(s->grants[TOKEN], token, sizeof(token));
}

/* The keys of the organisation, and the MACs of its first rows. */
static enum cb_err
make_keys(struct seed *s)
{
	struct cb_buf bytes[GRANTS] = { CB_BUF_INIT, CB_BUF_INIT,
		CB_BUF_INIT };
	struct cb_span spans[GRANTS], none, wraps[BE_ORG_KEYS];
	struct wire_grant grant;
	enum cb_err r = CB_OK;

	fill_grants(s);
	for (size_t i = 0; r == CB_OK && i < GRANTS; i++) {
		if ((r = be_row_grant(tables[i], s->organisation,
			 s->grants[i], &grant, &none)) == CB_OK)
			r = wire_grant_put(&bytes[i], &grant);
		spans[i] = cb_buf_span(&bytes[i]);
	}
	if (r == CB_OK)
		r = be_org_found(s->ring, s->organisation, spans, GRANTS,
		    s->wraps, &s->macs);
	for (size_t i = 0; r == CB_OK && i < GRANTS; i++)
		s->grants[i][mac_at[i]] = BE_B(cb_span_head(
		    cb_span_tail(cb_buf_span(&s->macs), i * BE_GRANT_MAC),
		    BE_GRANT_MAC));
	for (size_t i = 0; i < BE_ORG_KEYS; i++)
		wraps[i] = cb_buf_span(&s->wraps[i]);
	if (r == CB_OK)
		r = be_org_open(&s->org, s->ring, s->organisation, wraps);
	for (size_t i = 0; i < GRANTS; i++)
		cb_buf_free(&bytes[i]);
	return r;
}

static enum cb_err
make_card(struct seed *s)
{
	const struct emu_make wish = { .label = NULL };
	struct founder founder = { .ring = s->ring, .org = s->org };
	struct cb_buf *wrap = &s->wraps[BE_ORG_KEYS];
	struct emu_env env;
	enum cb_err r;

	s->key = (struct be_card_key){ .kind = WIRE_TEST, .version = 1 };
	memcpy(s->key.backend, s->conf.backend, WIRE_ID);
	memcpy(s->key.organisation, s->organisation, WIRE_ID);
	memcpy(s->key.card, s->card, WIRE_ID);
	memcpy(founder.card, s->card, WIRE_ID);
	founder_env(&founder, &env);
	(void)((r = be_org_card_make(s->org, s->card, 1, wrap)) != CB_OK ||
	    (r = be_org_card_open(s->org, s->card, 1, cb_buf_span(wrap),
		 s->key.key)) != CB_OK ||
	    (r = founder_card(
		 &env, s->profile, &wish, &s->made, &s->why)) != CB_OK);
	return r;
}

/* ---- into the store ------------------------------------------------------ */

static void
fill_wraps(struct seed *s)
{
	static const enum be_what kinds[] = { BE_ORG, BE_GRANTS, BE_PERSONAL,
		BE_CARD_KEY };

	for (size_t i = 0; i <= BE_ORG_KEYS; i++) {
		struct be_value *v = s->wrapped[i];

		v[0] = i < BE_ORG_KEYS ? BE_ID(s->organisation)
				       : BE_ID(s->card);
		v[1] = BE_T(cb_span_str(be_what_text(kinds[i])));
		v[2] = BE_I(1);
		v[3] = BE_B(CB_SPAN_EMPTY);
		v[4] = BE_B(cb_buf_span(&s->wraps[i]));
	}
}

static enum cb_err
enter(struct seed *s)
{
	const struct be_value organisation[] = { BE_ID(s->organisation),
		BE_I(1), BE_B(CB_SPAN_EMPTY),
		BE_I((int64_t)time(NULL) * 1000) };
	const struct be_row_change first = { BE_ORGANISATION, false,
		organisation };
	struct be_row_change rows[ROWS];
	const struct founding one = { .organisation = platform,
		.rows = &first, .rows_n = 1 };
	const struct founding all = { .organisation = s->organisation,
		.rows = rows, .rows_n = ROWS, .card = &s->key,
		.from = s->made };
	enum cb_err r;

	fill_wraps(s);
	for (size_t i = 0; i < GRANTS; i++)
		rows[i] =
		    (struct be_row_change){ tables[i], false, s->grants[i] };
	for (size_t i = GRANTS; i < ROWS; i++)
		rows[i] = (struct be_row_change){ BE_WRAP, false,
			s->wrapped[i - GRANTS] };
	r = founder_act(s->st, &one, &s->why);
	return r == CB_OK ? founder_act(s->st, &all, &s->why) : r;
}

/* ---- what is said -------------------------------------------------------- */

static enum cb_err
say(const char *name, struct cb_span id)
{
	struct cb_buf hex = CB_BUF_INIT;
	enum cb_err r;

	if ((r = cb_hex_put(&hex, id)) == CB_OK)
		printf("%s %.*s\n", name, (int)hex.n, (const char *)hex.p);
	cb_buf_free(&hex);
	return r;
}

static enum cb_err
tell(struct seed *s)
{
	struct wire_token token = { .kind = s->conf.kind };
	struct cb_buf line = CB_BUF_INIT;
	enum cb_err r;

	memcpy(token.backend, s->conf.backend, WIRE_ID);
	memcpy(token.organisation, s->organisation, WIRE_ID);
	memcpy(token.secret, s->secret, WIRE_TOKEN);
	(void)((r = cr_sha256(cb_buf_span(&s->ring->authority_cert),
		    token.authority)) != CB_OK ||
	    (r = wire_token_put(&line, &token)) != CB_OK ||
	    (r = say("organisation", CB_SPAN_OF(s->organisation))) !=
		CB_OK ||
	    (r = say("card", CB_SPAN_OF(s->card))) != CB_OK ||
	    (r = say("device", CB_SPAN_OF(s->device))) != CB_OK);
	if (r == CB_OK)
		printf("token %.*s\n", (int)line.n, (const char *)line.p);
	cb_buf_free(&line);
	return r;
}

/* ---- all of it ----------------------------------------------------------- */

static void
clear(struct seed *s)
{
	be_store_close(&s->st);
	be_org_free(&s->org);
	be_ring_free(&s->ring);
	emu_nvm_free(&s->made);
	for (size_t i = 0; i <= BE_ORG_KEYS; i++)
		cb_buf_free(&s->wraps[i]);
	cb_buf_free(&s->macs);
	be_conf_clear(&s->conf);
	explicit_bzero(s, sizeof(*s));
}

int
main(int argc, char **argv)
{
	static step_fn *const steps[] = { open_backend, draw, make_keys,
		make_card, enter, tell };
	struct seed s = { .conf = { .log = CB_LOG_NOTICE } };
	enum cb_err r;
	char *path;

	if (argc != 3) {
		fputs("usage: seed DIR PROFILE\n", stderr);
		return 2;
	}
	s.profile = argv[2];
	if ((path = be_path(argv[1], BE_CONF_NAME)) == NULL)
		return 1;
	r = be_conf_read(&s.conf, path, &s.why);
	free(path);
	for (size_t i = 0; r == CB_OK && i < sizeof(steps) / sizeof(steps[0]);
	     i++)
		r = steps[i](&s);
	if (r != CB_OK)
		fprintf(stderr, "seed: %s\n",
		    s.why.text[0] != '\0' ? s.why.text : cb_err_text(r));
	clear(&s);
	return r == CB_OK ? 0 : 1;
}
