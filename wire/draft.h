/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * An act on its way from who ordered it to who approves it, and back: text, to
 * be kept and sent as a file. It holds no secret. PROTOCOL.md, "Drafts", is
 * the description; what is signed in it is for who reads it to check.
 */
#ifndef WIRE_DRAFT_H
#define WIRE_DRAFT_H

#include "wire/act.h"

#define WIRE_DRAFT_APPROVALS 4
#define WIRE_APPROVAL_MAX 4096	/* bytes of one in a draft */
#define WIRE_DRAFT_MAX \
	(256 + 2 * WIRE_ACT_MAX + \
	    WIRE_DRAFT_APPROVALS * (16 + 2 * WIRE_APPROVAL_MAX))

struct wire_draft {
	struct cb_buf act;	/* ACT */
	struct cb_buf approvals[WIRE_DRAFT_APPROVALS]; /* APPROVALs */
	size_t n;
};

void wire_draft_clear(struct wire_draft *draft);

/* Appends the text. CB_E_ARG: there is no act in it. */
CB_MUST_USE enum cb_err wire_draft_put(
    struct cb_buf *b, const struct wire_draft *draft);
/* Each message is one. CB_E_FORMAT, CB_E_SHORT: no draft; CB_E_LIMIT: too
 * long, or of another version. Clear *out after CB_OK. */
CB_MUST_USE enum cb_err wire_draft_get(
    struct cb_span text, struct wire_draft *out);

#endif
