/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Hexadecimal text: what people type and programs print.
 */
#ifndef CB_HEX_H
#define CB_HEX_H

#include "common/buf.h"

/* Appends the bytes named by `text`; blanks, tabs and ':' between bytes are
 * allowed, "0x" is not. CB_E_FORMAT: odd digits or another character; *b is
 * then unchanged. */
CB_MUST_USE enum cb_err cb_hex_decode(
    struct cb_buf *b, const char *text, size_t n);
/* Upper-case digits and a NUL into out; size must be at least 2 n + 1,
 * otherwise as many whole bytes as fit. Returns out. */
char *cb_hex_encode(char *out, size_t size, struct cb_span s);

/* The one way to write bytes in a format of ours: lower-case digits, nothing
 * between them. Appends; reads exactly `n` bytes (CB_E_FORMAT). */
CB_MUST_USE enum cb_err cb_hex_put(struct cb_buf *b, struct cb_span s);
CB_MUST_USE enum cb_err cb_hex_get(
    struct cb_span text, uint8_t *out, size_t n);

#endif
