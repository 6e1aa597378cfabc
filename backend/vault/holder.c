/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See holder.h.
 */
#include <string.h>

#include "backend/vault/holder.h"

static bool
is_id(struct cb_span field, const uint8_t id[WIRE_ID])
{
	return cb_span_equal(field, cb_span(id, WIRE_ID));
}

enum be_refusal
be_row_read(const struct be_org *org, const struct be_signed *row,
    enum wire_grant_type type, enum be_refusal bad, enum be_refusal other,
    struct wire_grant *out)
{
	if (be_grant_check(row, org, out) != CB_OK)
		return bad;
	return out->type == type ? BE_REFUSED_NOT : other;
}

bool
be_is_over(int64_t now, uint64_t until)
{
	return until != 0 && (now < 0 || (uint64_t)now * 1000 >= until);
}

enum be_refusal
be_challenge_refusal(enum cb_err r)
{
	switch (r) {
	case CB_OK:
		return BE_REFUSED_NOT;
	case CB_E_TIMEOUT:
		return BE_REFUSED_CHALLENGE_AGE;
	case CB_E_DENIED:
		return BE_REFUSED_CHALLENGE_OTHER;
	default:
		return BE_REFUSED_CHALLENGE;
	}
}

enum be_refusal
be_holder_certificate(struct be_holder *h)
{
	static const uint8_t platform[WIRE_ID];
	enum cb_err r = wire_cert_check(h->certificate,
	    cb_buf_span(&h->ring->authority_cert),
	    h->is_person ? WIRE_PERSON : WIRE_DEVICE,
	    h->ring->self.kind, h->now, &h->cert, &h->key, NULL);

	if (r != CB_OK)
		return r == CB_E_TIMEOUT ? BE_REFUSED_CERTIFICATE_DATES
					 : BE_REFUSED_CERTIFICATE;
	if (memcmp(h->cert.subject, h->id, WIRE_ID) != 0 ||
	    (memcmp(h->cert.organisation, h->org->id, WIRE_ID) != 0 &&
		(!h->is_person ||
		    memcmp(h->cert.organisation, platform, WIRE_ID) != 0)))
		return BE_REFUSED_CERTIFICATE_NAMES;
	return BE_REFUSED_NOT;
}

static enum be_refusal
check_device(struct be_holder *h)
{
	struct wire_grant *g = &h->grant;
	enum be_refusal refusal = be_row_read(h->org, &h->row,
	    WIRE_GRANT_DEVICE, BE_REFUSED_HOLDER_MAC, BE_REFUSED_HOLDER, g);

	if (refusal != BE_REFUSED_NOT)
		return refusal;
	if (!is_id(g->bytes[WIRE_G_DEVICE], h->id))
		return BE_REFUSED_HOLDER;
	if (g->number[WIRE_G_STATE] != BE_STATE_IN_USE ||
	    be_is_over(h->now, g->number[WIRE_G_UNTIL]))
		return BE_REFUSED_HOLDER_STATE;
	if (!cb_span_equal(g->bytes[WIRE_G_FINGERPRINT],
		CB_SPAN_OF(h->cert.fingerprint)))
		return BE_REFUSED_HOLDER_CERTIFICATE;
	return BE_REFUSED_NOT;
}

static enum be_refusal
check_person(struct be_holder *h)
{
	struct wire_grant *g = &h->grant;
	enum be_refusal refusal = be_row_read(h->org, &h->row,
	    WIRE_GRANT_FACTOR, BE_REFUSED_HOLDER_MAC, BE_REFUSED_HOLDER, g);

	if (refusal != BE_REFUSED_NOT)
		return refusal;
	if (!is_id(g->bytes[WIRE_G_PERSON], h->id) ||
	    !cb_span_equal(g->bytes[WIRE_G_NAME],
		cb_span_str(BE_FACTOR_CERTIFICATE)))
		return BE_REFUSED_HOLDER;
	if (g->number[WIRE_G_STATE] != BE_STATE_IN_USE)
		return BE_REFUSED_HOLDER_STATE;
	if (!cb_span_equal(g->bytes[WIRE_G_VALUE],
		CB_SPAN_OF(h->cert.fingerprint)))
		return BE_REFUSED_HOLDER_CERTIFICATE;
	return BE_REFUSED_NOT;
}

enum be_refusal
be_holder_row(struct be_holder *h)
{
	return h->is_person ? check_person(h) : check_device(h);
}

/* One that the vault did not sign is a sign of somebody at the database. */
static enum be_refusal
is_revoked(const struct be_holder *h, const struct be_revocations *all,
    const uint8_t *card)
{
	struct wire_grant g;
	enum be_refusal refusal;

	for (size_t i = 0; i < all->n; i++) {
		refusal = be_row_read(all->org, &all->rows[i],
		    WIRE_GRANT_REVOCATION, BE_REFUSED_REVOCATION_MAC,
		    BE_REFUSED_REVOCATION_MAC, &g);
		if (refusal != BE_REFUSED_NOT)
			return refusal;
		if (is_id(g.bytes[WIRE_G_SUBJECT], h->id) ||
		    (card != NULL && is_id(g.bytes[WIRE_G_SUBJECT], card)) ||
		    cb_span_equal(g.bytes[WIRE_G_FINGERPRINT],
			CB_SPAN_OF(h->cert.fingerprint)))
			return BE_REFUSED_REVOKED;
	}
	return BE_REFUSED_NOT;
}

enum be_refusal
be_holder_revoked(const struct be_holder *h, const uint8_t *card)
{
	const enum be_refusal refusal =
	    is_revoked(h, &h->revocations[0], card);

	return refusal != BE_REFUSED_NOT
	    ? refusal : is_revoked(h, &h->revocations[1], card);
}

enum be_refusal
be_holder_role(const struct be_holder *h, const struct be_signed *role,
    struct wire_grant *out)
{
	enum be_refusal refusal = be_row_read(h->org, role, WIRE_GRANT_ROLE,
	    BE_REFUSED_RIGHT_MAC, BE_REFUSED_RIGHT, out);

	if (refusal != BE_REFUSED_NOT)
		return refusal;
	if (!is_id(out->bytes[WIRE_G_PERSON], h->id))
		return BE_REFUSED_RIGHT;
	return be_is_over(h->now, out->number[WIRE_G_UNTIL])
	    ? BE_REFUSED_RIGHT_OVER : BE_REFUSED_NOT;
}
