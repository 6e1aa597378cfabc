/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Building a scene.
 */
#include <string.h>

#include "backend/vault/mac.h"
#include "tests/backend/scene.h"
#include "tests/backend/vault.h"

const uint8_t scene_secret[CR_KEY] = { 0x5E, 0xC8, 0xE7 };

static void
fill(uint8_t id[WIRE_ID], uint8_t value)
{
	memset(id, value, WIRE_ID);
}

static void
init_messages(struct scene *s, bool is_person)
{
	fill(s->offer.session, 0x51);
	memcpy(s->offer.organisation, s->worker->id, WIRE_ID);
	fill(s->offer.card, is_person ? 0 : 0x52);
	fill(s->offer.agreement, 0x53);
	fill(s->accept.device, 0x54);
	s->offer.kind = s->accept.kind = WIRE_TEST;
	memcpy(s->accept.session, s->offer.session, WIRE_ID);
	memcpy(s->accept.organisation, s->offer.organisation, WIRE_ID);
	memcpy(s->accept.card, s->offer.card, WIRE_ID);
	s->accept.release = cb_span_str("0.1.0");
	memcpy(s->org, s->offer.organisation, WIRE_ID);
	memcpy(s->card, s->offer.card, WIRE_ID);
	memcpy(s->session, s->offer.session, WIRE_ID);
	memcpy(s->label_org, s->offer.organisation, WIRE_ID);
	memcpy(s->label_card, s->offer.card, WIRE_ID);
	memcpy(s->label_session, s->offer.session, WIRE_ID);
	memcpy(s->key_card, s->offer.card, WIRE_ID);
}

/* Ids in the rows are borrowed from the scene's own messages; who wants other
 * ones points elsewhere. */
static void
init_rows(struct scene *s, bool is_person)
{
	static uint8_t group[WIRE_ID] = { 0x99 };
	const struct cb_span holder = CB_SPAN_OF(s->accept.device),
	    card = CB_SPAN_OF(s->offer.card);
	struct wire_grant *r = s->rows;

	r[HOLDER].type = is_person ? WIRE_GRANT_FACTOR : WIRE_GRANT_DEVICE;
	r[RIGHT].type = is_person ? WIRE_GRANT_ROLE : WIRE_GRANT_ASSIGNMENT;
	r[CARD].type = WIRE_GRANT_CARD;
	r[GROUP].type = WIRE_GRANT_MEMBER;
	r[REVOCATION].type = WIRE_GRANT_REVOCATION;
	for (int i = 0; i < ROWS; i++) {
		memcpy(r[i].organisation, s->worker->id, WIRE_ID);
		s->signers[i] = s->worker;
		r[i].bytes[WIRE_G_ID] = CB_SPAN_OF(group);
		r[i].bytes[WIRE_G_CARD] = card;
		r[i].bytes[WIRE_G_DEVICE] = holder;
		r[i].bytes[WIRE_G_PERSON] = holder;
		r[i].bytes[WIRE_G_SUBJECT] = holder;
		r[i].bytes[WIRE_G_GROUP] = CB_SPAN_OF(group);
		r[i].bytes[WIRE_G_NAME] = cb_span_str(BE_FACTOR_CERTIFICATE);
		r[i].number[WIRE_G_KIND] = BE_TO_DEVICE;
		r[i].number[WIRE_G_CLASS] = 2;
		r[i].number[WIRE_G_STATE] = BE_STATE_IN_USE;
		r[i].number[WIRE_G_ROLE] = 3;
		r[i].number[WIRE_G_VERSION] = s->key_version;
	}
	/* one of nobody here */
	r[REVOCATION].bytes[WIRE_G_SUBJECT] = CB_SPAN_OF(group);
}

void
scene_init(struct scene *s, bool is_person)
{
	struct backend *b = backend_get();

	*s = (struct scene){ .worker = b->org, .key_org = b->org,
		.key_version = 7, .now = NOW, .made_at = 1000,
		.tick = 2000 };
	ck_assert_int_eq(be_certificate_wish(&s->wish, &b->ring->self,
			     is_person ? WIRE_PERSON : WIRE_DEVICE, NULL,
			     NOW),
	    CB_OK);
	init_messages(s, is_person);
	init_rows(s, is_person);
	memcpy(s->wish.subject, s->accept.device, WIRE_ID);
	memcpy(s->wish.organisation, s->worker->id, WIRE_ID);
	be_challenges_init(&s->challenges, 4, 4);
}

void
scene_clear(struct scene *s)
{
	cb_buf_free(&s->cert);
	cb_buf_free(&s->offer_bytes);
	cb_buf_free(&s->accept_bytes);
	cb_buf_free(&s->wrap);
	for (int i = 0; i < ROWS; i++) {
		cb_buf_free(&s->bytes[i]);
		cb_buf_free(&s->macs[i]);
	}
	wire_key_free(&s->key);
	be_challenges_clear(&s->challenges);
}

/* ---- making -------------------------------------------------------------- */

static void
make_certificate(struct scene *s, const struct wire_key *key)
{
	struct backend *b = backend_get();
	struct wire_cert_wish wish = s->wish;
	struct wire_key *other = NULL;
	struct cb_buf authority = CB_BUF_INIT;

	if (!s->other_authority) {
		ck_assert_int_eq(wire_cert_make(&s->wish, key,
				     b->ring->authority,
				     cb_buf_span(&b->ring->authority_cert),
				     &s->cert),
		    CB_OK);
		return;
	}
	/* the same in everything but its key */
	wish.usage = WIRE_AUTHORITY;
	memcpy(wish.subject, b->ring->self.id, WIRE_ID);
	ck_assert_int_eq(wire_key_new_p256(&other), CB_OK);
	ck_assert_int_eq(wire_cert_make(&wish, other, other, CB_SPAN_EMPTY,
			     &authority),
	    CB_OK);
	ck_assert_int_eq(wire_cert_make(&s->wish, key, other,
			     cb_buf_span(&authority), &s->cert),
	    CB_OK);
	wire_key_free(&other);
	cb_buf_free(&authority);
}

static void
make_offer(struct scene *s)
{
	uint8_t *value = s->offer.challenge;

	memset(value, 0x11, WIRE_CHALLENGE);
	if (!s->no_challenge)
		ck_assert_int_eq(be_challenge_new(&s->challenges, s->made_at,
				     s->org, s->card, s->session, value),
		    CB_OK);
	if (s->used_before)
		ck_assert_int_eq(be_challenge_use(&s->challenges, s->made_at,
				     s->org, s->card, s->session, value),
		    CB_OK);
	if (s->other_challenge)
		value[0] ^= 1;
	s->offer.service = cb_buf_span(&backend_get()->ring->service_cert);
	ck_assert_int_eq(wire_offer_put(&s->offer_bytes, &s->offer), CB_OK);
}

static void
make_accept(struct scene *s, const struct wire_key *key)
{
	struct cb_buf label = CB_BUF_INIT, wrapped = CB_BUF_INIT,
		      text = CB_BUF_INIT, signature = CB_BUF_INIT;

	ck_assert_int_eq(wire_secret_label(&label, s->label_org,
			     s->label_card, s->label_session),
	    CB_OK);
	ck_assert_int_eq(wire_wrap(backend_get()->ring->service,
			     cb_buf_span(&label), scene_secret, &wrapped),
	    CB_OK);
	s->accept.wrapped = cb_buf_span(&wrapped);
	s->accept.certificate = cb_buf_span(&s->cert);
	ck_assert_int_eq(wire_accept_put(&s->accept_bytes, &s->accept),
	    CB_OK);
	ck_assert_int_eq(wire_accept_signed(&text,
			     cb_buf_span(&s->offer_bytes),
			     cb_buf_span(&s->accept_bytes)),
	    CB_OK);
	ck_assert_int_eq(
	    wire_sign(key, cb_buf_span(&text), &signature), CB_OK);
	ck_assert_int_eq(wire_accept_sign_put(&s->accept_bytes,
			     cb_buf_span(&signature)),
	    CB_OK);
	cb_buf_free(&label);
	cb_buf_free(&wrapped);
	cb_buf_free(&text);
	cb_buf_free(&signature);
}

static void
make_rows(struct scene *s)
{
	uint8_t fingerprint[CR_HASH];
	struct cb_span *f;

	ck_assert_int_eq(cr_sha256(cb_buf_span(&s->cert), fingerprint),
	    CB_OK);
	fingerprint[0] ^= s->other_fingerprint;
	for (int i = 0; i < ROWS; i++) {
		f = s->rows[i].bytes;
		f[WIRE_G_VALUE] = CB_SPAN_OF(fingerprint);
		if (f[WIRE_G_FINGERPRINT].n == 0)
			f[WIRE_G_FINGERPRINT] = i == REVOCATION
			    ? CB_SPAN_OF(scene_secret)
			    : CB_SPAN_OF(fingerprint);
		ck_assert_int_eq(wire_grant_put(&s->bytes[i], &s->rows[i]),
		    CB_OK);
		ck_assert_int_eq(be_grant_sign(&s->macs[i], s->signers[i],
				     cb_buf_span(&s->bytes[i])),
		    CB_OK);
		f[WIRE_G_VALUE] = f[WIRE_G_FINGERPRINT] = CB_SPAN_EMPTY;
	}
}

static struct be_signed
row(const struct scene *s, int i)
{
	return (struct be_signed){ cb_buf_span(&s->bytes[i]),
		cb_buf_span(&s->macs[i]) };
}

static struct be_open
asked(struct scene *s, const struct be_signed *revocation)
{
	struct be_open ask = { .ring = backend_get()->ring,
		.org = s->worker, .challenges = &s->challenges,
		.now = s->now, .tick = s->tick,
		.offer = cb_buf_span(&s->offer_bytes),
		.accept = cb_buf_span(&s->accept_bytes),
		.holder = row(s, HOLDER), .right = row(s, RIGHT),
		.card = row(s, CARD), .card_key = cb_buf_span(&s->wrap),
		.revocations = revocation,
		.revocations_n =
		    revocation != NULL && !s->of_platform ? 1 : 0,
		.platform = { backend_get()->platform, revocation,
		    revocation != NULL && s->of_platform ? 1 : 0 } };

	if (s->with_group)
		ask.group = row(s, GROUP);
	return ask;
}

static enum cb_err
ask_vault(struct scene *s, const struct be_signed *revocation)
{
	const struct be_open ask = asked(s, revocation);

	return be_vault_open(&ask, &s->opened, &s->refusal);
}

enum cb_err
scene_recheck(struct scene *s)
{
	const struct be_signed revocation = row(s, REVOCATION);
	const struct be_open ask =
	    asked(s, s->with_revocation ? &revocation : NULL);

	return be_vault_recheck(&ask, s->accept.device, s->offer.card,
	    cb_buf_span(&s->cert), &s->refusal);
}

enum cb_err
scene_open(struct scene *s, flaw *late)
{
	static const uint8_t none[WIRE_ID];
	struct be_signed revocation;
	struct wire_key *other;

	ck_assert_int_eq(wire_key_new_p256(&s->key), CB_OK);
	ck_assert_int_eq(wire_key_new_p256(&other), CB_OK);
	make_certificate(s, s->key);
	make_offer(s);
	make_accept(s, s->other_key ? other : s->key);
	wire_key_free(&other);
	make_rows(s);
	if (memcmp(s->key_card, none, WIRE_ID) != 0)
		ck_assert_int_eq(be_org_card_make(s->key_org, s->key_card,
				     s->key_version, &s->wrap),
		    CB_OK);
	if (late != NULL)
		late(s);
	revocation = row(s, REVOCATION);
	return ask_vault(s, s->with_revocation ? &revocation : NULL);
}

enum cb_err
scene_again(struct scene *s, bool same_bytes,
    const struct be_signed *revocation)
{
	if (!same_bytes) {
		cb_buf_clear(&s->offer_bytes);
		cb_buf_clear(&s->accept_bytes);
		make_offer(s);
		make_accept(s, s->key);
	}
	return ask_vault(s, revocation);
}
