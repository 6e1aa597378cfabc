/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Signing where chains end (wire/chain.h). The vault remembers what it signed
 * and goes back on none of it: a store that was taken over gets no second
 * head for an entry, and none before the last.
 */
#ifndef BE_VAULT_HEAD_H
#define BE_VAULT_HEAD_H

#include "backend/vault/ids.h"
#include "backend/vault/ring.h"
#include "wire/chain.h"

struct be_marks {
	struct be_ids last;	/* of each organisation */
};

void be_marks_init(struct be_marks *h, size_t organisations);
void be_marks_clear(struct be_marks *h);

/* One that was signed before this process began. CB_E_DENIED: of another
 * backend, or the vault knows better; CB_E_CRYPTO: not signed by us. */
CB_MUST_USE enum cb_err be_head_known(
    struct be_marks *h, const struct be_ring *ring, struct cb_span head);
/* Appends the signed head. CB_E_DENIED: it would go back on one. CB_E_ARG: a
 * chain without entries has none. */
CB_MUST_USE enum cb_err be_head_sign(struct be_marks *h,
    const struct be_ring *ring, const uint8_t organisation[WIRE_ID],
    uint64_t number, const uint8_t hash[CR_HASH], uint64_t time,
    struct cb_buf *out);
/* The last one that is known, signed anew; nothing where there is none. */
CB_MUST_USE enum cb_err be_head_last(struct be_marks *h,
    const struct be_ring *ring, const uint8_t organisation[WIRE_ID],
    uint64_t time, struct cb_buf *out);
/* When the latest of the last ones was signed, of whichever chain; 0: there is
 * none. */
uint64_t be_head_latest(const struct be_marks *h);

#endif
