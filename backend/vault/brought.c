/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See brought.h.
 */
#include <string.h>

#include "backend/vault/brought.h"

static struct be_brought_rows *
list_of(struct be_brought *g, enum be_right which)
{
	switch (which) {
	case BE_RIGHT_REVOCATION:
		return &g->revocations;
	case BE_RIGHT_POLICY:
		return &g->policies;
	case BE_RIGHT_PLATFORM:
		return &g->platform;
	default:
		return NULL;
	}
}

enum cb_err
be_brought_sort(const struct be_rights *rights, uint32_t allowed,
    struct be_brought *out)
{
	struct be_brought_rows *list;

	memset(out->one, 0, sizeof(out->one));
	out->revocations.n = out->policies.n = out->platform.n = 0;
	for (size_t i = 0; i < rights->n; i++) {
		const enum be_right which = rights->which[i];
		const struct be_signed row = { rights->rows[i].bytes,
			rights->rows[i].mac };

		if ((allowed & BE_BROUGHT(which)) == 0)
			return CB_E_FORMAT;
		if ((list = list_of(out, which)) != NULL)
			list->rows[list->n++] = row;
		else if (out->one[which].bytes.n > 0)
			return CB_E_FORMAT;
		else
			out->one[which] = row;
	}
	return CB_OK;
}
