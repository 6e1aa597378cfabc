/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See enrol.h.
 */
#include <string.h>

#include "backend/vault/enrol.h"
#include "backend/vault/holder.h"
#include "backend/vault/mac.h"
#include "common/ct.h"

/* What a token may be for, by its name. */
static const struct {
	const char *name;
	enum wire_usage usage;
} purposes[] = {
	{ WIRE_TOKEN_DEVICE, WIRE_DEVICE },
	{ WIRE_TOKEN_PERSON, WIRE_PERSON },
};
#define PURPOSES (sizeof(purposes) / sizeof(purposes[0]))

enum cb_err
be_certificate_make(const struct be_ring *ring, enum wire_usage usage,
    const uint8_t subject[WIRE_ID], const uint8_t organisation[WIRE_ID],
    const char *const *hosts, size_t hosts_n, const struct wire_key *key,
    const struct be_lifetimes *lifetimes, int64_t now, struct cb_buf *der)
{
	struct wire_cert_wish wish;
	enum cb_err r;

	if ((usage != WIRE_DOOR && usage != WIRE_DEVICE &&
		usage != WIRE_PERSON) ||
	    (usage == WIRE_DOOR) != (hosts_n > 0))
		return CB_E_ARG;
	if ((r = be_certificate_wish(
		 &wish, &ring->self, usage, lifetimes, now)) != CB_OK)
		return r;
	memcpy(wish.subject, subject, WIRE_ID);
	memcpy(wish.organisation, organisation, WIRE_ID);
	wish.hosts = hosts;
	wish.hosts_n = hosts_n;
	return wire_cert_make(&wish, key, ring->authority,
	    cb_buf_span(&ring->authority_cert), der);
}

/* ---- tokens -------------------------------------------------------------- */

/* The new key, the caller's, and the hash of the token. */
static enum cb_err
read_enrol(const struct be_ring *ring, struct cb_span bytes,
    struct wire_key **key, uint8_t hash[CR_HASH])
{
	uint8_t token[WIRE_TOKEN];
	struct wire_enrol e;
	enum cb_err r;

	if ((r = wire_enrol_get(bytes, &e, key)) != CB_OK)
		return r;
	if (e.kind != ring->self.kind ||
	    memcmp(e.backend, ring->self.id, WIRE_ID) != 0)
		r = CB_E_DENIED;
	else if ((r = wire_enrol_token(&e, ring->service, token)) == CB_OK)
		r = cr_sha256(CB_SPAN_OF(token), hash);
	cb_wipe(token, sizeof(token));
	if (r != CB_OK)
		wire_key_free(key);
	return r;
}

enum cb_err
be_enrol_hash(const struct be_ring *ring, struct cb_span enrol,
    uint8_t hash[CR_HASH])
{
	struct wire_key *key = NULL;
	enum cb_err r = read_enrol(ring, enrol, &key, hash);

	wire_key_free(&key);
	return r == CB_OK ? CB_OK : CB_E_DENIED;
}

static enum cb_err
read_token(const struct be_org *org, const struct be_signed *row,
    const uint8_t hash[CR_HASH], int64_t now, struct be_enrolled *out)
{
	struct wire_grant g;
	uint64_t until;

	if (be_grant_check(row, org, &g) != CB_OK ||
	    g.type != WIRE_GRANT_TOKEN ||
	    !cb_ct_equal(g.bytes[WIRE_G_FINGERPRINT], cb_span(hash, CR_HASH)))
		return CB_E_DENIED;
	/* unlike other rows, a token has always an end */
	until = g.number[WIRE_G_UNTIL];
	if (now < 0 || (uint64_t)now * 1000 >= until)
		return CB_E_DENIED;
	memcpy(out->subject, g.bytes[WIRE_G_SUBJECT].p, WIRE_ID);
	out->class = (uint32_t)g.number[WIRE_G_CLASS];
	for (size_t i = 0; i < PURPOSES; i++)
		if (cb_span_equal(g.bytes[WIRE_G_NAME],
			cb_span_str(purposes[i].name))) {
			out->usage = purposes[i].usage;
			return CB_OK;
		}
	return CB_E_DENIED;
}

/* The row that the token stands for: of the device, or of the factor. */
static enum cb_err
make_row(const struct be_org *org, const struct be_enrolled *e,
    struct cb_buf *row, struct cb_buf *mac)
{
	const struct cb_span subject = CB_SPAN_OF(e->subject);
	struct wire_grant g = { .type = e->usage == WIRE_PERSON
		    ? WIRE_GRANT_FACTOR : WIRE_GRANT_DEVICE };
	const size_t before = row->n;
	enum cb_err r;

	memcpy(g.organisation, org->id, WIRE_ID);
	g.number[WIRE_G_CLASS] = e->class;
	g.number[WIRE_G_STATE] = BE_STATE_IN_USE;
	g.bytes[WIRE_G_DEVICE] = g.bytes[WIRE_G_PERSON] = subject;
	g.bytes[WIRE_G_ID] = cb_span(e->fingerprint, WIRE_ID);
	g.bytes[WIRE_G_FINGERPRINT] = g.bytes[WIRE_G_VALUE] =
	    CB_SPAN_OF(e->fingerprint);
	g.bytes[WIRE_G_NAME] = cb_span_str(BE_FACTOR_CERTIFICATE);
	if ((r = wire_grant_put(row, &g)) == CB_OK)
		r = be_grant_sign(
		    mac, org, cb_span_tail(cb_buf_span(row), before));
	return r;
}

enum cb_err
be_enrol(const struct be_ring *ring, const struct be_org *org,
    struct cb_span enrol, const struct be_signed *token,
    const struct be_lifetimes *lifetimes, int64_t now,
    struct be_enrolled *out, struct cb_buf *der, struct cb_buf *row,
    struct cb_buf *mac)
{
	const size_t before = der->n, row_n = row->n, mac_n = mac->n;
	struct be_enrolled e = { 0 };
	struct wire_key *key = NULL;
	uint8_t hash[CR_HASH];
	enum cb_err r;

	(void)((r = read_enrol(ring, enrol, &key, hash)) != CB_OK ||
	    (r = read_token(org, token, hash, now, &e)) != CB_OK ||
	    (r = be_certificate_make(ring, e.usage, e.subject, org->id, NULL,
		 0, key, lifetimes, now, der)) != CB_OK ||
	    (r = cr_sha256(cb_span(der->p + before, der->n - before),
		 e.fingerprint)) != CB_OK ||
	    (r = make_row(org, &e, row, mac)) != CB_OK);
	wire_key_free(&key);
	*out = (struct be_enrolled){ 0 };
	if (r == CB_OK) {
		*out = e;
		return CB_OK;
	}
	r = cb_buf_undo(der, before, CB_E_DENIED);
	r = cb_buf_undo(row, row_n, r);
	return cb_buf_undo(mac, mac_n, r);
}
