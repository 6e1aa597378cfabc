/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * seed [-o] [-c CARDS] [-d DEVICES] [-k KEYS] DIR PROFILE, or
 * seed [-o] [-d DEVICES] -l WISHES DIR: founds an organisation in a backend that
 * was made with --test and is not running, with cards (1, made from the file
 * PROFILE with keys of their own or those of the file KEYS; or those of WISHES,
 * see wishes.h), and tokens for devices (1), which may use every DEVICES-th card
 * each; with -o, each of them all cards. Says on standard output, each behind
 * its name: organisation; card, ...; device, ...; token, ...; and a row for
 * each device that would revoke it, as SQL has it: revocation, ...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backend/ask_store.h"
#include "backend/conf.h"
#include "backend/layout.h"
#include "backend/vault/found.h"
#include "backend/vault/operator.h"
#include "common/hex.h"
#include "tests/backend/founder.h"
#include "tests/backend/wishes.h"
#include "wire/token.h"

#define COUNT_MAX 4096
#define TOKEN_MS 3600000

/* A row with a MAC. */
struct granted {
	enum be_table table;
	size_t mac_at;		/* the MAC's column */
	struct be_value v[BE_COLUMNS_MAX];
};

struct seeded_card {
	uint8_t id[WIRE_ID];
	struct be_card_key key;
	struct cb_buf wrap;
};

struct seeded_device {
	uint8_t id[WIRE_ID], secret[WIRE_TOKEN], hash[CR_HASH];
};

struct seed {
	const char *list;	/* NULL: all cards are alike */
	struct wish like;
	struct wishes wishes;
	size_t cards_n, devices_n;
	bool of_all;		/* cards are the organisation's */
	struct be_conf conf;
	struct be_store *st;
	struct be_ring *ring;
	struct be_org *org;
	uint8_t organisation[WIRE_ID];
	struct seeded_card *cards;
	struct seeded_device *devices;
	struct granted *grants;	/* two of each card, tokens, revocations */
	struct cb_buf wraps[BE_ORG_KEYS], macs;
	struct cb_why why;
};

typedef enum cb_err step_fn(struct seed *s);

static const uint8_t platform[WIRE_ID];

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

static size_t
grants_n(const struct seed *s)
{
	return 2 * s->cards_n + 2 * s->devices_n;
}

static enum cb_err
draw(struct seed *s)
{
	enum cb_err r;

	s->cards = calloc(s->cards_n, sizeof(*s->cards));
	s->devices = calloc(s->devices_n, sizeof(*s->devices));
	s->grants = calloc(grants_n(s), sizeof(*s->grants));
	if (s->cards == NULL || s->devices == NULL || s->grants == NULL)
		return CB_E_NOMEM;
	r = cr_random(s->organisation, WIRE_ID);
	for (size_t i = 0; r == CB_OK && i < s->cards_n; i++)
		r = cr_random(s->cards[i].id, WIRE_ID);
	for (size_t i = 0; r == CB_OK && i < s->devices_n; i++) {
		struct seeded_device *d = &s->devices[i];

		(void)((r = cr_random(d->id, WIRE_ID)) != CB_OK ||
		    (r = cr_random(d->secret, WIRE_TOKEN)) != CB_OK ||
		    (r = cr_sha256(CB_SPAN_OF(d->secret), d->hash)) !=
			CB_OK);
	}
	return r;
}

static void
fill_card(struct seed *s, size_t i)
{
	const int64_t now = (int64_t)time(NULL) * 1000;
	const uint8_t *id = s->cards[i].id;
	const uint8_t *who = s->of_all
	    ? s->organisation
	    : s->devices[i % s->devices_n].id;
	const struct granted card = { BE_CARD, 9, { BE_ID(id), BE_I(1),
		BE_I(0), BE_I(1), BE_T(cb_span_str("seed")),
		BE_B(CB_SPAN_EMPTY), BE_I(1), BE_I(now), BE_I(1),
		BE_B(CB_SPAN_EMPTY), BE_B(CB_SPAN_EMPTY) } };
	const struct granted assignment = { BE_ASSIGNMENT, 4, { BE_ID(id),
		BE_I(s->of_all ? 3 : 1), BE_ID(who), BE_I(0),
		BE_B(CB_SPAN_EMPTY) } };

	s->grants[2 * i] = card;
	s->grants[2 * i + 1] = assignment;
}

static void
fill_token(struct seed *s, size_t i)
{
	const int64_t until = (int64_t)time(NULL) * 1000 + TOKEN_MS;
	const struct seeded_device *d = &s->devices[i];
	const struct granted token = { BE_TOKEN, 5, { BE_HASH(d->hash),
		BE_T(cb_span_str(WIRE_TOKEN_DEVICE)), BE_ID(d->id), BE_I(1),
		BE_I(until), BE_B(CB_SPAN_EMPTY), BE_NONE,
		BE_B(CB_SPAN_EMPTY) } };

	s->grants[2 * s->cards_n + i] = token;
}

/* By its id: of a certificate that it does not have yet it has the token's. */
static void
fill_revocation(struct seed *s, size_t i)
{
	const struct seeded_device *d = &s->devices[i];
	const struct granted revocation = { BE_REVOCATION, 3, {
		BE_HASH(d->hash), BE_ID(d->id), BE_I(1),
		BE_B(CB_SPAN_EMPTY) } };

	s->grants[2 * s->cards_n + s->devices_n + i] = revocation;
}

/* The keys of the organisation, and the MACs of `spans`, n rows. */
static enum cb_err
found(struct seed *s, const struct cb_span *spans, size_t n)
{
	struct cb_span wraps[BE_ORG_KEYS];
	enum cb_err r;

	r = be_org_found(
	    s->ring, s->organisation, spans, n, s->wraps, &s->macs);
	for (size_t i = 0; r == CB_OK && i < n; i++)
		s->grants[i].v[s->grants[i].mac_at] = BE_B(cb_span_head(
		    cb_span_tail(cb_buf_span(&s->macs), i * BE_GRANT_MAC),
		    BE_GRANT_MAC));
	for (size_t i = 0; i < BE_ORG_KEYS; i++)
		wraps[i] = cb_buf_span(&s->wraps[i]);
	return r == CB_OK
	    ? be_org_open(&s->org, s->ring, s->organisation, wraps) : r;
}

static enum cb_err
make_keys(struct seed *s)
{
	const size_t n = grants_n(s);
	struct cb_buf *bytes = calloc(n, sizeof(*bytes));
	struct cb_span *spans = calloc(n, sizeof(*spans));
	struct wire_grant grant;
	struct cb_span none;
	enum cb_err r = bytes != NULL && spans != NULL ? CB_OK : CB_E_NOMEM;

	for (size_t i = 0; i < s->cards_n; i++)
		fill_card(s, i);
	for (size_t i = 0; i < s->devices_n; i++) {
		fill_token(s, i);
		fill_revocation(s, i);
	}
	for (size_t i = 0; r == CB_OK && i < n; i++) {
		if ((r = be_row_grant(s->grants[i].table, s->organisation,
			 s->grants[i].v, &grant, &none)) == CB_OK)
			r = wire_grant_put(&bytes[i], &grant);
		spans[i] = cb_buf_span(&bytes[i]);
	}
	if (r == CB_OK)
		r = found(s, spans, n);
	for (size_t i = 0; bytes != NULL && i < n; i++)
		cb_buf_free(&bytes[i]);
	free(bytes);
	free(spans);
	return r;
}

static enum cb_err
make_card(struct seed *s, size_t i, struct emu_nvm **out)
{
	const struct wish *wish =
	    s->list != NULL ? &s->wishes.all[i] : &s->like;
	struct seeded_card *c = &s->cards[i];
	struct founder founder = { .ring = s->ring, .org = s->org };
	struct emu_env env;
	enum cb_err r;

	c->key = (struct be_card_key){ .kind = WIRE_TEST, .version = 1 };
	memcpy(c->key.backend, s->conf.backend, WIRE_ID);
	memcpy(c->key.organisation, s->organisation, WIRE_ID);
	memcpy(c->key.card, c->id, WIRE_ID);
	memcpy(founder.card, c->id, WIRE_ID);
	founder_env(&founder, &env);
	(void)((r = be_org_card_make(s->org, c->id, 1, &c->wrap)) != CB_OK ||
	    (r = be_org_card_open(s->org, c->id, 1, cb_buf_span(&c->wrap),
		 c->key.key)) != CB_OK ||
	    (r = founder_card(&env, wish->profile, &wish->make, out,
		 &s->why)) != CB_OK);
	return r;
}

/* ---- into the store ------------------------------------------------------ */

static void
fill_wrap(struct be_value *v, const uint8_t owner[WIRE_ID],
    enum be_what what, struct cb_span wrap)
{
	v[0] = BE_ID(owner);
	v[1] = BE_T(cb_span_str(be_what_text(what)));
	v[2] = BE_I(1);
	v[3] = BE_B(CB_SPAN_EMPTY);
	v[4] = BE_B(wrap);
}

static enum cb_err
enter_organisation(struct seed *s)
{
	static const enum be_what kinds[BE_ORG_KEYS] = { BE_ORG, BE_GRANTS,
		BE_PERSONAL };
	const struct be_value organisation[] = { BE_ID(s->organisation),
		BE_I(1), BE_B(CB_SPAN_EMPTY),
		BE_I((int64_t)time(NULL) * 1000) };
	const struct be_row_change first = { BE_ORGANISATION, false,
		organisation };
	const struct founding one = { .organisation = platform,
		.rows = &first, .rows_n = 1 };
	struct be_value wraps[BE_ORG_KEYS][BE_COLUMNS_MAX];
	struct be_row_change rows[BE_ORG_KEYS];
	const struct founding keys = { .organisation = s->organisation,
		.rows = rows, .rows_n = BE_ORG_KEYS };
	enum cb_err r;

	for (size_t i = 0; i < BE_ORG_KEYS; i++) {
		fill_wrap(wraps[i], s->organisation, kinds[i],
		    cb_buf_span(&s->wraps[i]));
		rows[i] = (struct be_row_change){ BE_WRAP, false, wraps[i] };
	}
	r = founder_act(s->st, &one, &s->why);
	return r == CB_OK ? founder_act(s->st, &keys, &s->why) : r;
}

static enum cb_err
enter_tokens(struct seed *s)
{
	enum cb_err r = CB_OK;

	for (size_t i = 0; r == CB_OK && i < s->devices_n; i++) {
		const struct be_row_change row = { BE_TOKEN, false,
			s->grants[2 * s->cards_n + i].v };
		const struct founding one = { .organisation = s->organisation,
			.rows = &row, .rows_n = 1 };

		r = founder_act(s->st, &one, &s->why);
	}
	return r;
}

static enum cb_err
enter_card(struct seed *s, size_t i, struct emu_nvm *made)
{
	struct seeded_card *c = &s->cards[i];
	struct be_value wrap[BE_COLUMNS_MAX];
	const struct be_row_change rows[] = {
		{ BE_CARD, false, s->grants[2 * i].v },
		{ BE_ASSIGNMENT, false, s->grants[2 * i + 1].v },
		{ BE_WRAP, false, wrap },
	};
	const struct founding all = { .organisation = s->organisation,
		.rows = rows, .rows_n = 3, .card = &c->key, .from = made };

	fill_wrap(wrap, c->id, BE_CARD_KEY, cb_buf_span(&c->wrap));
	return founder_act(s->st, &all, &s->why);
}

static enum cb_err
enter_cards(struct seed *s)
{
	enum cb_err r = CB_OK;

	for (size_t i = 0; r == CB_OK && i < s->cards_n; i++) {
		struct emu_nvm *made = NULL;

		if ((r = make_card(s, i, &made)) == CB_OK)
			r = enter_card(s, i, made);
		emu_nvm_free(&made);
	}
	return r;
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
say_token(struct seed *s, const struct seeded_device *d)
{
	struct wire_token token = { .kind = s->conf.kind };
	struct cb_buf line = CB_BUF_INIT;
	enum cb_err r;

	memcpy(token.backend, s->conf.backend, WIRE_ID);
	memcpy(token.organisation, s->organisation, WIRE_ID);
	memcpy(token.secret, d->secret, WIRE_TOKEN);
	if ((r = cr_sha256(cb_buf_span(&s->ring->authority_cert),
		 token.authority)) == CB_OK &&
	    (r = wire_token_put(&line, &token)) == CB_OK)
		printf("token %.*s\n", (int)line.n, (const char *)line.p);
	cb_buf_free(&line);
	return r;
}

static enum cb_err
say_revocation(struct seed *s, size_t i)
{
	const struct granted *g =
	    &s->grants[2 * s->cards_n + s->devices_n + i];
	struct cb_buf line = CB_BUF_INIT;
	enum cb_err r;

	(void)((r = cb_buf_add(&line, cb_span_str("x'"))) != CB_OK ||
	    (r = cb_hex_put(&line, CB_SPAN_OF(s->organisation))) != CB_OK ||
	    (r = cb_buf_add(&line, cb_span_str("',x'"))) != CB_OK ||
	    (r = cb_hex_put(&line, g->v[0].s)) != CB_OK ||
	    (r = cb_buf_add(&line, cb_span_str("',x'"))) != CB_OK ||
	    (r = cb_hex_put(&line, g->v[1].s)) != CB_OK ||
	    (r = cb_buf_add(&line, cb_span_str("',1,x'"))) != CB_OK ||
	    (r = cb_hex_put(&line, g->v[g->mac_at].s)) != CB_OK);
	if (r == CB_OK)
		printf("revocation %.*s'\n", (int)line.n,
		    (const char *)line.p);
	cb_buf_free(&line);
	return r;
}

static enum cb_err
tell(struct seed *s)
{
	enum cb_err r = say("organisation", CB_SPAN_OF(s->organisation));

	for (size_t i = 0; r == CB_OK && i < s->cards_n; i++)
		r = say("card", CB_SPAN_OF(s->cards[i].id));
	for (size_t i = 0; r == CB_OK && i < s->devices_n; i++)
		r = say("device", CB_SPAN_OF(s->devices[i].id));
	for (size_t i = 0; r == CB_OK && i < s->devices_n; i++)
		r = say_token(s, &s->devices[i]);
	for (size_t i = 0; r == CB_OK && i < s->devices_n; i++)
		r = say_revocation(s, i);
	return r;
}

/* ---- all of it ----------------------------------------------------------- */

static void
clear(struct seed *s)
{
	be_store_close(&s->st);
	be_org_free(&s->org);
	be_ring_free(&s->ring);
	for (size_t i = 0; s->cards != NULL && i < s->cards_n; i++)
		cb_buf_free(&s->cards[i].wrap);
	for (size_t i = 0; i < BE_ORG_KEYS; i++)
		cb_buf_free(&s->wraps[i]);
	cb_buf_free(&s->macs);
	free(s->cards);
	free(s->devices);
	free(s->grants);
	wishes_clear(&s->wishes);
	be_conf_clear(&s->conf);
	explicit_bzero(s, sizeof(*s));
}

/* The directory, or NULL. */
static const char *
take_words(struct seed *s, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "oc:d:k:l:")) != -1) {
		if (c == 'o')
			s->of_all = true;
		else if (c == 'c')
			s->cards_n = strtoul(optarg, NULL, 10);
		else if (c == 'd')
			s->devices_n = strtoul(optarg, NULL, 10);
		else if (c == 'k')
			s->like.make.keys_from = optarg;
		else if (c == 'l')
			s->list = optarg;
		else
			return NULL;
	}
	if (argc - optind != (s->list != NULL ? 1 : 2) ||
	    s->cards_n < 1 || s->cards_n > COUNT_MAX ||
	    s->devices_n < 1 || s->devices_n > COUNT_MAX)
		return NULL;
	s->like.profile = argv[optind + 1];
	return argv[optind];
}

static enum cb_err
read_list(struct seed *s)
{
	enum cb_err r;

	if (s->list == NULL)
		return CB_OK;
	r = wishes_read(&s->wishes, s->list, &s->why);
	s->cards_n = s->wishes.n;
	return r == CB_OK && (s->cards_n == 0 || s->cards_n > COUNT_MAX)
	    ? CB_E_ARG : r;
}

int
main(int argc, char **argv)
{
	static step_fn *const steps[] = { read_list, open_backend, draw,
		make_keys, enter_organisation, enter_tokens, enter_cards, tell };
	struct seed s = { .conf = { .log = CB_LOG_NOTICE }, .cards_n = 1,
		.devices_n = 1 };
	const char *dir = take_words(&s, argc, argv);
	enum cb_err r;
	char *path;

	if (dir == NULL) {
		fputs("usage: seed [-o] [-c CARDS] [-d DEVICES] [-k KEYS] DIR "
		      "PROFILE | seed [-o] [-d DEVICES] -l WISHES DIR\n",
		    stderr);
		return 2;
	}
	if ((path = be_path(dir, BE_CONF_NAME)) == NULL)
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
