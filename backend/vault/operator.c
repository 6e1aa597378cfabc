/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See operator.h.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/vault/act.h"
#include "backend/vault/enrol.h"
#include "backend/vault/found.h"
#include "backend/vault/head.h"
#include "backend/vault/operator.h"
#include "backend/vault/place.h"

static const uint8_t platform[WIRE_ID];

struct be_birth_secrets {
	struct be_root *root;
	struct be_ring *ring;
};

_Static_assert(BE_BIRTH_WRAPS == BE_RING_KEYS + BE_ORG_KEYS, "all of them");
_Static_assert(BE_BIRTH_MAC == BE_GRANT_MAC, "as long as it is");
_Static_assert(sizeof(BE_BIRTH_POLICY) == sizeof(BE_POLICY_SECOND), "same");

const char *
be_birth_wrap(size_t i)
{
	return be_what_text((enum be_what)(i + 1));
}

/* ---- keys ---------------------------------------------------------------- */

static enum cb_err
make_keys(struct be_birth *b, int64_t now, struct cb_why *why)
{
	struct be_birth_secrets *k = b->secret;
	struct be_self self = { .kind = b->kind };
	struct cb_span spans[BE_RING_KEYS];
	enum cb_err r;

	memcpy(self.id, b->id, WIRE_ID);
	if ((r = be_root_new(&k->root, &self)) != CB_OK ||
	    (r = be_ring_make(k->root, NULL, now, b->wraps)) != CB_OK)
		return r;
	for (size_t i = 0; i < BE_RING_KEYS; i++)
		spans[i] = cb_buf_span(&b->wraps[i]);
	if ((r = be_ring_open(&k->ring, k->root, spans, why)) != CB_OK)
		return r;
	memcpy(b->books, k->ring->books_public, CR_KEY);
	if ((r = cb_buf_set(&b->authority,
		 cb_buf_span(&k->ring->authority_cert))) == CB_OK)
		r = cb_buf_set(
		    &b->service, cb_buf_span(&k->ring->service_cert));
	return r;
}

/* ---- who uses it first --------------------------------------------------- */

static enum cb_err
make_door(struct be_birth *b, const char *const *hosts, size_t n,
    int64_t now, struct cb_why *why)
{
	uint8_t id[WIRE_ID];
	enum cb_err r;

	if ((r = cr_random(id, sizeof(id))) != CB_OK ||
	    (r = wire_key_new_p256(&b->door_key)) != CB_OK)
		return r;
	r = be_certificate_make(b->secret->ring, WIRE_DOOR, id, platform,
	    hosts, n, b->door_key, NULL, now, &b->door);
	if (r == CB_E_ARG)
		cb_why_set(why, "a name of the door is a host name or an "
				"address, such as cards.example.org");
	return r;
}

static enum cb_err
make_certificate(struct be_birth *b, int64_t now)
{
	enum cb_err r;

	if ((r = cr_random(b->person, WIRE_ID)) != CB_OK ||
	    (r = wire_key_new_p256(&b->operator_key)) != CB_OK ||
	    (r = be_certificate_make(b->secret->ring, WIRE_PERSON, b->person,
		 platform, NULL, 0, b->operator_key, NULL, now,
		 &b->operator)) != CB_OK ||
	    (r = cr_sha256(cb_buf_span(&b->operator), b->fingerprint)) !=
		CB_OK)
		return r;
	memcpy(b->factor, b->fingerprint, WIRE_ID);
	return CB_OK;
}

/* The platform's keys are made with its first rows. */
static enum cb_err
make_operator(struct be_birth *b, int64_t now)
{
	struct wire_grant rows[] = {
		{ .type = WIRE_GRANT_FACTOR },
		{ .type = WIRE_GRANT_ROLE },
		{ .type = WIRE_GRANT_POLICY },
	};
	struct cb_buf bytes[3] = { CB_BUF_INIT, CB_BUF_INIT, CB_BUF_INIT };
	struct cb_span spans[3];
	enum cb_err r;

	if ((r = make_certificate(b, now)) != CB_OK)
		return r;
	rows[0].bytes[WIRE_G_PERSON] = rows[1].bytes[WIRE_G_PERSON] =
	    CB_SPAN_OF(b->person);
	rows[0].bytes[WIRE_G_ID] = CB_SPAN_OF(b->factor);
	rows[0].bytes[WIRE_G_NAME] = cb_span_str(BE_BIRTH_FACTOR);
	rows[0].bytes[WIRE_G_VALUE] = CB_SPAN_OF(b->fingerprint);
	rows[0].number[WIRE_G_STATE] = BE_STATE_IN_USE;
	rows[1].number[WIRE_G_ROLE] = BE_BIRTH_ROLE;
	rows[2].bytes[WIRE_G_NAME] = cb_span_str(BE_BIRTH_POLICY);
	rows[2].bytes[WIRE_G_VALUE] = CB_SPAN_OF(b->second_signer);
	for (size_t i = 0; r == CB_OK && i < 3; i++) {
		r = wire_grant_put(&bytes[i], &rows[i]);
		spans[i] = cb_buf_span(&bytes[i]);
	}
	if (r == CB_OK)
		r = be_org_found(b->secret->ring, platform, spans, 3,
		    &b->wraps[BE_RING_KEYS], &b->macs);
	for (size_t i = 0; i < 3; i++)
		cb_buf_free(&bytes[i]);
	return r;
}

enum cb_err
be_birth_new(struct be_birth *b, enum wire_kind kind,
    const char *const *hosts, size_t n, int64_t now, struct cb_why *why)
{
	enum cb_err r;

	*b = (struct be_birth){ .kind = kind };
	if ((b->secret = calloc(1, sizeof(*b->secret))) == NULL)
		return CB_E_NOMEM;
	(void)((r = cr_random(b->id, WIRE_ID)) != CB_OK ||
	    (r = make_keys(b, now, why)) != CB_OK ||
	    (r = make_door(b, hosts, n, now, why)) != CB_OK ||
	    (r = make_operator(b, now)) != CB_OK);
	return r;
}

void
be_birth_free(struct be_birth *b)
{
	if (b->secret != NULL) {
		be_ring_free(&b->secret->ring);
		be_root_free(&b->secret->root);
		free(b->secret);
	}
	for (size_t i = 0; i < BE_BIRTH_WRAPS; i++)
		cb_buf_free(&b->wraps[i]);
	cb_buf_free(&b->authority);
	cb_buf_free(&b->service);
	wire_key_free(&b->door_key);
	wire_key_free(&b->operator_key);
	cb_buf_free(&b->door);
	cb_buf_free(&b->operator);
	cb_buf_free(&b->macs);
	*b = (struct be_birth){ .secret = NULL };
}

/* ---- the root ------------------------------------------------------------ */

enum cb_err
be_birth_place(const char *uri, struct cb_why *why)
{
	return be_place_check(uri, why);
}

enum cb_err
be_birth_save(const struct be_birth *b, const char *const *uris, size_t n,
    struct cb_why *why)
{
	return be_root_save(b->secret->root, uris, n, why);
}

void
be_birth_unsave(const char *const *uris, size_t n)
{
	for (size_t i = 0; i < n; i++)
		be_place_remove(uris[i]);
}

enum cb_err
be_birth_shares(const struct be_birth *b, unsigned needed, unsigned of,
    struct cb_buf *texts)
{
	struct be_piece *pieces = NULL;
	enum cb_err r;

	if ((r = be_pieces_new(&pieces, of)) != CB_OK)
		return r;
	r = be_root_split(b->secret->root, BE_SHARE, needed, of, pieces);
	for (unsigned i = 0; r == CB_OK && i < of; i++)
		r = be_piece_put(&texts[i], &pieces[i]);
	be_pieces_free(&pieces, of);
	return r;
}

/* ---- the books ----------------------------------------------------------- */

enum cb_err
be_birth_head(const struct be_birth *b, uint64_t number,
    const uint8_t hash[CR_HASH], uint64_t time, struct cb_buf *out)
{
	struct be_marks marks;
	enum cb_err r;

	be_marks_init(&marks, 1);
	r = be_head_sign(
	    &marks, b->secret->ring, platform, number, hash, time, out);
	be_marks_clear(&marks);
	return r;
}

/* ---- looking ------------------------------------------------------------- */

enum cb_err
be_keys_look(enum wire_kind kind, const uint8_t id[WIRE_ID],
    const char *const *uris, size_t n,
    const struct cb_span wraps[BE_BIRTH_WRAPS], uint8_t books[CR_KEY],
    struct cb_why *why)
{
	struct be_birth_secrets k = { NULL, NULL };
	struct be_org *org = NULL;
	struct be_self self = { .kind = kind };
	enum cb_err r;

	memcpy(self.id, id, WIRE_ID);
	if ((r = be_root_load(&k.root, &self, uris, n, why)) != CB_OK)
		return r;
	if ((r = be_ring_open(&k.ring, k.root, wraps, why)) == CB_OK) {
		memcpy(books, k.ring->books_public, CR_KEY);
		r = be_org_open(
		    &org, k.ring, platform, &wraps[BE_RING_KEYS]);
		if (r != CB_OK)
			cb_why_set(why, "the platform's keys do not open");
	}
	be_org_free(&org);
	be_ring_free(&k.ring);
	be_root_free(&k.root);
	return r;
}
