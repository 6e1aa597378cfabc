/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Records of one size, each found by the id that it begins with, at most a
 * given number of them. Ids may be chosen by an attacker: they lie in their
 * order, so that none costs more than another.
 */
#ifndef BE_VAULT_IDS_H
#define BE_VAULT_IDS_H

#include "wire/wire.h"

struct be_ids {
	uint8_t *p;
	size_t size;	/* of a record, with its id */
	size_t n, room, max;
};

void be_ids_init(struct be_ids *ids, size_t size, size_t max);
void be_ids_clear(struct be_ids *ids);	/* wipes */
void *be_ids_at(const struct be_ids *ids, size_t i);
/* NULL: not there. Borrowed until the next change. */
void *be_ids_find(const struct be_ids *ids, const uint8_t id[WIRE_ID]);
/* A new record, zero but for its id. CB_E_LIMIT: no room; CB_E_BUSY: it is
 * there. */
CB_MUST_USE enum cb_err be_ids_add(
    struct be_ids *ids, const uint8_t id[WIRE_ID], void **out);
void be_ids_remove(struct be_ids *ids, void *record);

#endif
