/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The rows that a worker sends along with what it asks, each in its place.
 */
#ifndef BE_VAULT_BROUGHT_H
#define BE_VAULT_BROUGHT_H

#include "backend/ask.h"
#include "backend/vault/holder.h"

struct be_brought_rows {
	struct be_signed rows[BE_RIGHTS_MAX];
	size_t n;
};

struct be_brought {
	struct be_signed one[BE_RIGHT_END];	/* those that come once */
	struct be_brought_rows revocations, policies, platform;
};

#define BE_BROUGHT(right) (UINT32_C(1) << (right))

/* `allowed`: BE_BROUGHT() of what the question may have. CB_E_FORMAT: it has
 * something else, or twice what comes once. */
CB_MUST_USE enum cb_err be_brought_sort(const struct be_rights *rights,
    uint32_t allowed, struct be_brought *out);

#endif
