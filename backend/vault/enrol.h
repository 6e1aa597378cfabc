/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Certificates for keys of others: of doors, which the operator asks for, and
 * of devices and people, who have a token and the key.
 */
#ifndef BE_VAULT_ENROL_H
#define BE_VAULT_ENROL_H

#include "backend/vault/grant.h"
#include "wire/enrol.h"

/* Appends a certificate of this usage (a door's, or a first operator's) for a
 * key. `subject`: whose; `organisation` is not looked at where the usage has
 * none; `hosts` of a door. CB_E_ARG: an authority or a service, which only
 * be_ring_make() makes, or a wrong host. */
CB_MUST_USE enum cb_err be_certificate_make(const struct be_ring *ring,
    enum wire_usage usage, const uint8_t subject[WIRE_ID],
    const uint8_t organisation[WIRE_ID], const char *const *hosts,
    size_t hosts_n, const struct wire_key *key,
    const struct be_lifetimes *lifetimes, int64_t now, struct cb_buf *der);

/* What ENROL is for: the SHA-256 of its token, by which the row is found.
 * CB_E_DENIED: nothing that this backend would answer, whatever the reason. */
CB_MUST_USE enum cb_err be_enrol_hash(const struct be_ring *ring,
    struct cb_span enrol, uint8_t hash[CR_HASH]);

struct be_enrolled {
	enum wire_usage usage;
	uint8_t subject[WIRE_ID];
	uint32_t class;
	uint8_t fingerprint[CR_HASH];
};

/* Appends the certificate, and the row of the device, or of the factor (its
 * id: the fingerprint's first bytes), with its MAC. `token` is the token's row;
 * that it has not been used is the store's to know. CB_E_DENIED as above. */
CB_MUST_USE enum cb_err be_enrol(const struct be_ring *ring,
    const struct be_org *org, struct cb_span enrol,
    const struct be_signed *token, const struct be_lifetimes *lifetimes,
    int64_t now, struct be_enrolled *out, struct cb_buf *der,
    struct cb_buf *row, struct cb_buf *mac);

#endif
