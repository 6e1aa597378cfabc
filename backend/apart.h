/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The store may read and write everything in the directory of its database:
 * so nothing else lies there, and nobody else may write to it.
 */
#ifndef BE_APART_H
#define BE_APART_H

#include <stddef.h>
#include <sys/types.h>

#include "common/err.h"

/* For a database that is to be made at `path` for `user`, of a backend in
 * `dir` whose root has these parts. CB_E_ARG: something else lies there, or would;
 * CB_E_DENIED: others may write there. */
CB_MUST_USE enum cb_err be_apart(const char *path, uid_t user,
    const char *dir, const char *const *roots, size_t roots_n,
    struct cb_why *why);

#endif
