/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Key pairs and public keys of the remote wire: P-256 to sign, RSA to unwrap
 * a session's secret.
 */
#ifndef WIRE_KEY_H
#define WIRE_KEY_H

#include "wire/wire.h"

struct wire_key;
/* What a key is behind this header; for the other files of this room, and
 * for what hands one to OpenSSL's TLS. */
struct evp_pkey_st;

#define WIRE_RSA_BITS 3072

CB_MUST_USE enum cb_err wire_key_new_p256(struct wire_key **out);
/* At least WIRE_RSA_BITS. Takes a second. */
CB_MUST_USE enum cb_err wire_key_new_rsa(struct wire_key **out, unsigned bits);
void wire_key_free(struct wire_key **key);

/* PKCS #8, PEM, not encrypted: appends. The reader takes P-256 and RSA of at
 * least WIRE_RSA_BITS; CB_E_FORMAT: anything else. */
CB_MUST_USE enum cb_err wire_key_put_pem(
    const struct wire_key *key, struct cb_buf *out);
CB_MUST_USE enum cb_err wire_key_get_pem(
    struct cb_span pem, struct wire_key **out);

/* The public half of a P-256 key as SubjectPublicKeyInfo (RFC 5280), DER:
 * appends. CB_E_ARG, CB_E_FORMAT: of or for another key, or not the one way
 * to write it. */
CB_MUST_USE enum cb_err wire_key_put_public(
    const struct wire_key *key, struct cb_buf *out);
CB_MUST_USE enum cb_err wire_key_get_public(
    struct cb_span der, struct wire_key **out);

/* ECDSA with SHA-256, DER. CB_E_ARG: not a P-256 key. Verifying:
 * CB_E_CRYPTO: no signature of this key over these bytes. */
CB_MUST_USE enum cb_err wire_sign(
    const struct wire_key *key, struct cb_span data, struct cb_buf *out);
CB_MUST_USE enum cb_err wire_verify(const struct wire_key *key,
    struct cb_span data, struct cb_span signature);

/* RSA-OAEP (RFC 8017, 7.1) with SHA-256 and a label. CB_E_ARG: not an RSA
 * key. Unwrapping: CB_E_CRYPTO: not for this key and label, or no secret of
 * CR_KEY bytes; which of these is not told. */
CB_MUST_USE enum cb_err wire_wrap(const struct wire_key *key,
    struct cb_span label, const uint8_t secret[CR_KEY], struct cb_buf *out);
CB_MUST_USE enum cb_err wire_unwrap(const struct wire_key *key,
    struct cb_span label, struct cb_span wrapped, uint8_t secret[CR_KEY]);

/* Takes over the reference. */
CB_MUST_USE enum cb_err wire_key_adopt(
    struct wire_key **out, struct evp_pkey_st *pkey);
/* Borrowed. */
struct evp_pkey_st *wire_key_pkey(const struct wire_key *key);

#endif
