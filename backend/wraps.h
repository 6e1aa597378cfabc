/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The wraps of a backend's keys, for who runs beside it. They lie in the
 * database, which a store that was taken over may have written: so a process
 * of its own opens it, as the store's user and behind the store's walls, and
 * tells them: u8 1, then lv32 each; or u8 0, and why not. SQLite as root would
 * remove and write files for whoever owns the directory.
 */
#ifndef BE_WRAPS_H
#define BE_WRAPS_H

#include "backend/conf.h"
#include "backend/vault/operator.h"

struct be_store;

/* All of it, for who wants nothing else of the database. *why: why not. */
CB_MUST_USE enum cb_err be_wraps_read(struct cb_buf wraps[BE_BIRTH_WRAPS],
    const struct be_conf *conf, const char *dir, struct cb_why *why);

/* In the other process, before it opens the database; `heads` is the file. */
CB_MUST_USE enum cb_err be_wraps_enclose(const struct be_conf *conf,
    const char *heads, struct cb_why *why);
/* CB_E_ABSENT: there is none. */
CB_MUST_USE enum cb_err be_wraps_get(struct be_store *st, size_t i,
    struct cb_buf *wrap, struct cb_why *why);
bool be_wraps_send(int fd, struct cb_span s);
/* In the first one, until the other end says no more. */
CB_MUST_USE enum cb_err be_wraps_take(int fd,
    struct cb_buf wraps[BE_BIRTH_WRAPS], struct cb_why *why);

#endif
