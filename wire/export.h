/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A chain, or the later part of one, as text that anybody can read, and
 * verify with the public key alone. PROTOCOL.md, "Exports".
 */
#ifndef WIRE_EXPORT_H
#define WIRE_EXPORT_H

#include "wire/chain.h"

/* Each appends lines. Begins with entry `start`; beyond 1, `before` is the
 * signed head of the entry before it (else not used). */
CB_MUST_USE enum cb_err wire_export_begin(struct cb_buf *b,
    const struct wire_owner *owner, uint64_t start, struct cb_span before);
CB_MUST_USE enum cb_err wire_export_entry(struct cb_buf *b, uint64_t number,
    struct cb_span bytes, struct cb_span hash);
/* A line of a signed head; also what people keep elsewhere. The last line of
 * an export is one. */
CB_MUST_USE enum cb_err wire_export_head(
    struct cb_buf *b, struct cb_span signed_head);

/* Reads the text of `head HEX`, with or without its line feed. */
CB_MUST_USE enum cb_err wire_export_head_get(struct cb_span line,
    uint8_t out[WIRE_HEAD_SIGNED]);

struct wire_export_found {
	struct wire_owner owner;
	uint64_t first, last;	/* entries; last is signed */
	uint64_t unknown;	/* of types of a newer release */
	uint64_t bad;		/* first bad entry; 0: none, or no entry */
	uint64_t line;		/* where reading stopped */
};

/* Verifies a whole export. CB_E_FORMAT: not whole, or no export; *out and
 * *why say where. CB_E_LIMIT: of a newer version. */
CB_MUST_USE enum cb_err wire_export_check(struct cb_span text,
    const uint8_t public[CR_KEY], const struct wire_head *known,
    size_t known_n, struct wire_export_found *out, struct cb_why *why);

/* The same where the text comes line by line (without line feeds). */
struct wire_export;
CB_MUST_USE enum cb_err wire_export_new(struct wire_export **out,
    const uint8_t public[CR_KEY], const struct wire_head *known,
    size_t known_n);
void wire_export_free(struct wire_export **x);
/* After an error no more lines are taken. */
CB_MUST_USE enum cb_err wire_export_line(
    struct wire_export *x, struct cb_span line, struct cb_why *why);
CB_MUST_USE enum cb_err wire_export_end(
    struct wire_export *x, struct cb_why *why);
void wire_export_found(
    const struct wire_export *x, struct wire_export_found *out);

#endif
