/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Making MACs: for what in the vault has seen who ordered the row (give.c), the
 * token that stands for an order (enrol.c), or that the key is new (found.c).
 * No message of any role asks for this.
 */
#ifndef BE_VAULT_MAC_H
#define BE_VAULT_MAC_H

#include "backend/vault/grant.h"

/* Appends the MAC of these bytes. CB_E_DENIED: of another organisation. */
CB_MUST_USE enum cb_err be_grant_sign(
    struct cb_buf *mac, const struct be_org *org, struct cb_span bytes);

#endif
