/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Which backend this is: bound into everything that its vault wraps, MACs or
 * signs, so that nothing of one is taken by another.
 */
#ifndef BE_VAULT_SELF_H
#define BE_VAULT_SELF_H

#include "wire/wire.h"

struct be_self {
	enum wire_kind kind;
	uint8_t id[WIRE_ID];
};

bool be_self_equal(const struct be_self *a, const struct be_self *b);
/* Appends kind and id. */
CB_MUST_USE enum cb_err be_self_put(
    struct cb_buf *b, const struct be_self *self);
/* "live" or "test". */
const char *be_kind_text(enum wire_kind kind);

#endif
