/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Where a part of the root is kept, named by a URI. A table of schemes; there
 * is one so far: file:/absolute/path, a file that only its owner may read. A
 * token will be another row.
 */
#ifndef BE_VAULT_PLACE_H
#define BE_VAULT_PLACE_H

#include "backend/vault/piece.h"

#define BE_PLACE_MAX 1024	/* longest URI */

/* CB_E_ARG: not a place; a message repeats no more of it than its scheme. */
CB_MUST_USE enum cb_err be_place_check(const char *uri, struct cb_why *why);
/* CB_E_ABSENT, CB_E_DENIED (not to be had, or readable by others),
 * CB_E_FORMAT. */
CB_MUST_USE enum cb_err be_place_read(
    const char *uri, struct be_piece *out, struct cb_why *why);
/* Durable when it returns. CB_E_BUSY: there is something already. */
CB_MUST_USE enum cb_err be_place_write(
    const char *uri, const struct be_piece *piece, struct cb_why *why);
/* Takes back what was just written. */
void be_place_remove(const char *uri);

#endif
