/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The sockets that strangers come to: made by the parent, which may bind
 * where the door may not.
 */
#ifndef BE_LISTEN_H
#define BE_LISTEN_H

#include <stddef.h>

#include "common/err.h"

/* ADDRESS:PORT, [ADDRESS]:PORT; numbers only, port 0 is any. CB_E_ARG: not
 * such a text; CB_E_BUSY, CB_E_DENIED. */
CB_MUST_USE enum cb_err be_listen(
    int *fd, const char *where, struct cb_why *why);
/* Whether it is such a text; *why says what is. */
CB_MUST_USE enum cb_err be_listen_check(
    const char *where, struct cb_why *why);
/* Where it listens, in that form. */
CB_MUST_USE enum cb_err be_listen_where(int fd, char *out, size_t size);

#endif
