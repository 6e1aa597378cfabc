/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The keys of one organisation: the one that the root wraps, and what that
 * wraps. The organisation of zeros is the platform.
 */
#ifndef BE_VAULT_ORG_H
#define BE_VAULT_ORG_H

#include "backend/vault/ring.h"

/* BE_ORG, BE_GRANTS, BE_PERSONAL, in that order. */
#define BE_ORG_KEYS 3

struct be_org {	/* in secret memory */
	struct be_self self;
	uint8_t id[WIRE_ID];
	struct be_wrapper wrapper;
	uint32_t grants_version, personal_version;
	uint8_t grants[CR_KEY], personal[CR_KEY];
	struct be_wrapper recovery;	/* recovery.h; version 0: not open */
};

/* Makes all of them; appends to each of `wraps`. */
CB_MUST_USE enum cb_err be_org_make(struct be_ring *ring,
    const uint8_t id[WIRE_ID], struct cb_buf wraps[BE_ORG_KEYS]);
CB_MUST_USE enum cb_err be_org_open(struct be_org **out,
    const struct be_ring *ring, const uint8_t id[WIRE_ID],
    const struct cb_span wraps[BE_ORG_KEYS]);
void be_org_free(struct be_org **org);

/* A new key for a card; appends its wrap. */
CB_MUST_USE enum cb_err be_org_card_make(struct be_org *org,
    const uint8_t card[WIRE_ID], uint32_t version, struct cb_buf *wrap);
CB_MUST_USE enum cb_err be_org_card_open(const struct be_org *org,
    const uint8_t card[WIRE_ID], uint32_t version, struct cb_span wrap,
    uint8_t key[CR_KEY]);

#endif
