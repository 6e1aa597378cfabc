/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A line of the log as a JSON object (RFC 8259), for log.c alone. By hand:
 * a log must be written when there is no memory.
 */
#ifndef CB_LOG_JSON_H
#define CB_LOG_JSON_H

#include "common/log.h"

/* Whole, with its end of line, and not longer than `size` (256 at least): a
 * field that does not fit is left out, a text cut. Its length. */
size_t cb_log_json(char *line, size_t size, const char *level,
    const char *role, const struct cb_log_field *fields, size_t n,
    const char *text);

/* How long a text is that was cut after `n` bytes, perhaps within a character
 * of several. */
size_t cb_log_cut(const char *text, size_t n);

#endif
