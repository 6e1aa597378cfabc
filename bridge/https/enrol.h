/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Getting an identity: a new key, its certificate for a token, and the
 * authority that is trusted from then on.
 */
#ifndef BR_HTTPS_ENROL_H
#define BR_HTTPS_ENROL_H

#include "wire/identity.h"
#include "wire/token.h"

/* Asks for the certificate of out->key, which the caller has made durable; who
 * asks again, with the same key and token, gets the same one.
 *
 * Asks the backend at `url` ("https://HOST:PORT", "?inspected" behind it where
 * this network inspects TLS). CB_E_ARG: the URL; CB_E_DENIED: it is not the
 * token's backend, or the token is not taken; CB_E_PEER, CB_E_TIMEOUT: it is
 * not reached, or its answer was lost. *out is empty but for its key; it is to
 * be cleared, and written by the caller. */
CB_MUST_USE enum cb_err br_enrol(struct wire_identity *out, const char *url,
    const struct wire_token *token, int64_t now, struct cb_why *why);

#endif
