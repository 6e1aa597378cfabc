/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See found.h.
 */
#include "backend/vault/found.h"
#include "backend/vault/mac.h"

enum cb_err
be_org_found(struct be_ring *ring, const uint8_t id[WIRE_ID],
    const struct cb_span *rows, size_t n, struct cb_buf wraps[BE_ORG_KEYS],
    struct cb_buf *macs)
{
	size_t before[BE_ORG_KEYS];
	const size_t macs_before = macs->n;
	struct cb_span spans[BE_ORG_KEYS];
	struct be_org *org = NULL;
	enum cb_err r;

	for (int i = 0; i < BE_ORG_KEYS; i++)
		before[i] = wraps[i].n;
	if ((r = be_org_make(ring, id, wraps)) == CB_OK) {
		for (int i = 0; i < BE_ORG_KEYS; i++)
			spans[i] = cb_span_tail(
			    cb_buf_span(&wraps[i]), before[i]);
		r = be_org_open(&org, ring, id, spans);
	}
	for (size_t i = 0; r == CB_OK && i < n; i++)
		r = be_grant_sign(macs, org, rows[i]);
	if (org != NULL)
		be_org_free(&org);
	for (int i = 0; i < BE_ORG_KEYS; i++)
		r = cb_buf_undo(&wraps[i], before[i], r);
	return cb_buf_undo(macs, macs_before, r);
}
