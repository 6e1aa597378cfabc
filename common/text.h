/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Text of people: files that they write, words that messages carry.
 */
#ifndef CB_TEXT_H
#define CB_TEXT_H

#include "common/buf.h"

/* A regular file of at most `max` bytes as a string, the caller's to free.
 * CB_E_FORMAT: it is none, longer, or has a zero byte; CB_E_ABSENT or
 * CB_E_DENIED: not to be had, and errno says why. */
CB_MUST_USE enum cb_err cb_text_read(
    char **out, const char *path, size_t max);

/* In messages text is a 2-byte length and UTF-8. Words of ours: cut to `max`
 * bytes, with control characters (a file name may have any) made harmless,
 * as the other end refuses them. */
CB_MUST_USE enum cb_err cb_put_text(
    struct cb_buf *b, const char *text, size_t max);
/* A string of the peer: shorter than `size` (CB_E_LIMIT), and no control
 * character in it (CB_E_FORMAT). */
CB_MUST_USE enum cb_err cb_get_text(
    struct cb_span *cur, char *out, size_t size);

/* What a person may be shown: UTF-8 (RFC 3629) without characters that control
 * a terminal, or the direction of text. */
bool cb_is_plain_text(struct cb_span s);
/* The same of a string: whatever else is in it becomes '?'. */
void cb_make_plain(char *text);

#endif
