/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Text files that people write.
 */
#ifndef CB_TEXT_H
#define CB_TEXT_H

#include <stddef.h>

#include "common/err.h"

/* A regular file of at most `max` bytes as a string, the caller's to free.
 * CB_E_FORMAT: it is none, longer, or has a zero byte; CB_E_ABSENT or
 * CB_E_DENIED: not to be had, and errno says why. */
CB_MUST_USE enum cb_err cb_text_read(
    char **out, const char *path, size_t max);

#endif
