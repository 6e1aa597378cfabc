/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The recovery root: a key apart from the root, in a file of its own, under
 * which the service keeps the unblock secrets of cards. Who has the root alone
 * opens none of them, and who has this one alone opens nothing at all.
 */
#ifndef BE_VAULT_RECOVERY_H
#define BE_VAULT_RECOVERY_H

#include "backend/vault/org.h"

struct be_recovery {	/* in secret memory */
	struct be_self self;
	struct be_wrapper root;
};

/* As a root has it: be_root_new() made it, be_root_save() keeps it as one
 * part. */
CB_MUST_USE enum cb_err be_recovery_new(
    struct be_recovery **out, const struct be_root *root);
/* From its place. CB_E_ABSENT, CB_E_DENIED, CB_E_FORMAT as of a root. */
CB_MUST_USE enum cb_err be_recovery_load(struct be_recovery **out,
    const struct be_self *self, const char *uri, struct cb_why *why);
void be_recovery_free(struct be_recovery **recovery);

/* The recovery key of a new organisation; appends its wrap. */
CB_MUST_USE enum cb_err be_recovery_make(struct be_recovery *recovery,
    const uint8_t organisation[WIRE_ID], struct cb_buf *wrap);
/* Opens it; unblock secrets of this organisation can be made and opened then.
 * CB_E_CRYPTO: it is another recovery root's. */
CB_MUST_USE enum cb_err be_recovery_open(const struct be_recovery *recovery,
    struct be_org *org, struct cb_span wrap);

/* The secret that opens a card's escrow, X25519; appends its wrap.
 * CB_E_ABSENT: the organisation's recovery key is not open. */
CB_MUST_USE enum cb_err be_unblock_make(struct be_org *org,
    const uint8_t card[WIRE_ID], uint8_t secret[CR_KEY], struct cb_buf *wrap);
CB_MUST_USE enum cb_err be_unblock_open(const struct be_org *org,
    const uint8_t card[WIRE_ID], struct cb_span wrap, uint8_t secret[CR_KEY]);

#endif
