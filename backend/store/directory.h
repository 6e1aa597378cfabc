/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A file's name is durable only when its directory has been synced.
 */
#ifndef BE_DIRECTORY_H
#define BE_DIRECTORY_H

#include "common/err.h"

/* The directory that `path` is in. CB_E_STORE, with errno. */
CB_MUST_USE enum cb_err be_directory_sync(const char *path);

#endif
