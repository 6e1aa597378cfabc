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
#include "backend/vault/recovery.h"

static const uint8_t platform[WIRE_ID];

struct be_birth_secrets {
	struct be_root *root, *recovery;
	struct be_ring *ring;
};

#define RECOVERY_WRAP (BE_RING_KEYS + BE_ORG_KEYS)
_Static_assert(BE_BIRTH_WRAPS == RECOVERY_WRAP + 1, "all of them");
_Static_assert(BE_BIRTH_MAC == BE_GRANT_MAC, "as long as it is");

const char *
be_birth_wrap(size_t i)
{
	return be_what_text(
	    i == RECOVERY_WRAP ? BE_RECOVERY : (enum be_what)(i + 1));
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

/* The platform's; that of an organisation is made with it. */
static enum cb_err
make_recovery(struct be_birth *b)
{
	struct be_birth_secrets *k = b->secret;
	struct be_recovery *recovery = NULL;
	enum cb_err r;

	if ((r = be_root_new(&k->recovery, &k->root->self)) == CB_OK &&
	    (r = be_recovery_new(&recovery, k->recovery)) == CB_OK)
		r = be_recovery_make(
		    recovery, platform, &b->wraps[RECOVERY_WRAP]);
	be_recovery_free(&recovery);
	return r;
}

/* ---- who uses it first --------------------------------------------------- */

static enum cb_err
certify_door(const struct be_ring *ring, const char *const *hosts, size_t n,
    const struct wire_key *key, int64_t now, struct cb_buf *out,
    struct cb_why *why)
{
	uint8_t id[WIRE_ID];
	enum cb_err r;

	if ((r = cr_random(id, sizeof(id))) != CB_OK)
		return r;
	r = be_certificate_make(ring, WIRE_DOOR, id, platform, hosts, n, key,
	    NULL, now, out);
	if (r == CB_E_ARG)
		cb_why_set(why, "a name of the door is a host name or an "
				"address, such as cards.example.org");
	return r;
}

static enum cb_err
make_door(struct be_birth *b, const char *const *hosts, size_t n,
    int64_t now, struct cb_why *why)
{
	enum cb_err r;

	if ((r = wire_key_new_p256(&b->door_key)) != CB_OK)
		return r;
	return certify_door(b->secret->ring, hosts, n, b->door_key, now,
	    &b->door, why);
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

#define FIRST_ROWS (2 + BE_BIRTH_POLICIES)

/* No act takes a second signer; where cards are live, no secret is kept. */
static void
choose_policies(struct be_birth *b)
{
	static const uint8_t none[4] = { 0 };

	b->policies[0].name = WIRE_POLICY_SECOND;
	b->policies[0].value = CB_SPAN_OF(none);
	b->policies[1].name = WIRE_POLICY_UNBLOCK;
	b->policies[1].value = cb_span_str(b->kind == WIRE_TEST
		? WIRE_UNBLOCK_ONLINE : WIRE_UNBLOCK_NONE);
	b->policies[2].name = WIRE_POLICY_INSPECTED;
	b->policies[2].value = cb_span_str("no");
}

/* The platform's keys are made with its first rows. */
static enum cb_err
make_operator(struct be_birth *b, int64_t now)
{
	struct wire_grant rows[FIRST_ROWS] = {
		{ .type = WIRE_GRANT_FACTOR },
		{ .type = WIRE_GRANT_ROLE },
	};
	struct cb_buf bytes[FIRST_ROWS] = { CB_BUF_INIT };
	struct cb_span spans[FIRST_ROWS];
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
	choose_policies(b);
	for (size_t i = 0; i < BE_BIRTH_POLICIES; i++) {
		rows[2 + i].type = WIRE_GRANT_POLICY;
		rows[2 + i].bytes[WIRE_G_NAME] =
		    cb_span_str(b->policies[i].name);
		rows[2 + i].bytes[WIRE_G_VALUE] = b->policies[i].value;
	}
	for (size_t i = 0; r == CB_OK && i < FIRST_ROWS; i++) {
		r = wire_grant_put(&bytes[i], &rows[i]);
		spans[i] = cb_buf_span(&bytes[i]);
	}
	if (r == CB_OK)
		r = be_org_found(b->secret->ring, platform, spans, FIRST_ROWS,
		    &b->wraps[BE_RING_KEYS], &b->macs);
	for (size_t i = 0; i < FIRST_ROWS; i++)
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
	    (r = make_recovery(b)) != CB_OK ||
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
		be_root_free(&b->secret->recovery);
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
    const char *recovery, struct cb_why *why)
{
	enum cb_err r;

	if ((r = be_root_save(b->secret->root, uris, n, why)) != CB_OK)
		return r;
	if ((r = be_root_save(b->secret->recovery, &recovery, 1, why)) !=
	    CB_OK)
		be_birth_unsave(uris, n);
	return r;
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
	struct be_birth_secrets k = { .root = NULL };
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

enum cb_err
be_keys_door(enum wire_kind kind, const uint8_t id[WIRE_ID],
    const char *const *uris, size_t n,
    const struct cb_span wraps[BE_BIRTH_WRAPS], const char *const *hosts,
    size_t hosts_n, const struct wire_key *key, int64_t now,
    struct be_door_made *out, struct cb_why *why)
{
	struct be_birth_secrets k = { .root = NULL };
	struct be_self self = { .kind = kind };
	enum cb_err r;

	memcpy(self.id, id, WIRE_ID);
	(void)((r = be_root_load(&k.root, &self, uris, n, why)) != CB_OK ||
	    (r = be_ring_open(&k.ring, k.root, wraps, why)) != CB_OK ||
	    (r = cb_buf_set(&out->authority,
		 cb_buf_span(&k.ring->authority_cert))) != CB_OK ||
	    (r = cb_buf_set(&out->service,
		 cb_buf_span(&k.ring->service_cert))) != CB_OK ||
	    (r = certify_door(k.ring, hosts, hosts_n, key, now, &out->door,
		 why)) != CB_OK);
	be_ring_free(&k.ring);
	be_root_free(&k.root);
	return r;
}

enum cb_err
be_recovery_look(enum wire_kind kind, const uint8_t id[WIRE_ID],
    const char *uri, struct cb_span wrap, struct cb_why *why)
{
	struct be_recovery *recovery;
	struct be_self self = { .kind = kind };
	struct be_org *org;
	enum cb_err r;

	memcpy(self.id, id, WIRE_ID);
	if ((r = be_recovery_load(&recovery, &self, uri, why)) != CB_OK)
		return r;
	if ((org = cr_secret_new(sizeof(*org))) == NULL)
		r = CB_E_NOMEM;	/* the platform's id is zeros */
	else if ((r = be_recovery_open(recovery, org, wrap)) != CB_OK)
		cb_why_set(why, "it is not the recovery root of this "
				"backend: the platform's key does not open");
	be_org_free(&org);
	be_recovery_free(&recovery);
	return r;
}
