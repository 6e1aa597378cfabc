/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Who somebody is who signed: certificate, the row that vouches for it, and
 * what was revoked; and the role of a person. People may have a certificate of
 * the platform: it is the rows of the organisation that let them in.
 */
#ifndef BE_VAULT_HOLDER_H
#define BE_VAULT_HOLDER_H

#include "backend/vault/grant.h"
#include "backend/vault/refusal.h"

/* Values in the rows */
enum { BE_STATE_IN_USE = 1 };
enum { BE_TO_DEVICE = 1, BE_TO_GROUP, BE_TO_ORGANISATION };
#define BE_FACTOR_CERTIFICATE "certificate"

/* Rows, and whose. */
struct be_revocations {
	const struct be_org *org;
	const struct be_signed *rows;
	size_t n;
};

struct be_holder {
	const struct be_ring *ring;
	const struct be_org *org;
	int64_t now;		/* seconds since 1970 */
	bool is_person;		/* else a device */
	const uint8_t *id;
	struct cb_span certificate;
	struct be_signed row;	/* device, or factor that is the certificate */
	/* All that could matter: the organisation's, and the platform's. */
	struct be_revocations revocations[2];

	/* What was found; the key is the caller's. */
	struct wire_cert cert;
	struct wire_key *key;
	struct wire_grant grant;
};

/* A row of this type; `bad` is what is said of its MAC, `other` of what it
 * is. */
enum be_refusal be_row_read(const struct be_org *org,
    const struct be_signed *row, enum wire_grant_type type,
    enum be_refusal bad, enum be_refusal other, struct wire_grant *out);
/* Whether this time (milliseconds; 0: never) has come. */
bool be_is_over(int64_t now, uint64_t until);

/* Of be_challenge_use(). */
enum be_refusal be_challenge_refusal(enum cb_err r);

/* In this order; between the first two the signature is checked. */
enum be_refusal be_holder_certificate(struct be_holder *h);
enum be_refusal be_holder_row(struct be_holder *h);
/* `card`: NULL where there is none. */
enum be_refusal be_holder_revoked(
    const struct be_holder *h, const uint8_t *card);
enum be_refusal be_holder_role(const struct be_holder *h,
    const struct be_signed *role, struct wire_grant *out);

#endif
