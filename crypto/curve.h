/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Keys on Curve25519 and edwards25519, which are CR_KEY bytes as they are.
 * `name` is OpenSSL's for them.
 */
#ifndef CR_CURVE_H
#define CR_CURVE_H

#include "crypto/crypto.h"
#include "crypto/ossl.h"

/* NULL: there is no such pair. */
EVP_PKEY *cr_curve_pair(const char *name, const uint8_t secret[CR_KEY]);
CB_MUST_USE enum cb_err cr_curve_public(const char *name,
    const uint8_t secret[CR_KEY], uint8_t public[CR_KEY]);

#endif
