/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The first rows of an organisation, which nobody in it can order yet: MACed
 * with keys that are made with them, so that they grant nothing in one that is
 * there already.
 */
#ifndef BE_VAULT_FOUND_H
#define BE_VAULT_FOUND_H

#include "backend/vault/grant.h"

/* be_org_make(), and the MACs of n rows, BE_GRANT_MAC bytes each. CB_E_DENIED:
 * one is of another organisation. Nothing is appended in an error. */
CB_MUST_USE enum cb_err be_org_found(struct be_ring *ring,
    const uint8_t id[WIRE_ID], const struct cb_span *rows, size_t n,
    struct cb_buf wraps[BE_ORG_KEYS], struct cb_buf *macs);

#endif
