/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The wall before files, and what else Landlock (landlock(7)) closes.
 */
#ifndef BE_WALLS_FS_H
#define BE_WALLS_FS_H

#include "common/err.h"

/* 0: this kernel has none. */
int be_walls_fs_version(void);
/* From now on no file can be opened but below `dirs` (ended by NULL; NULL:
 * none at all).
 * *version is then the kernel's; where it has no Landlock all is as before,
 * and CB_OK. */
CB_MUST_USE enum cb_err be_walls_fs_up(
    const char *const *dirs, int *version, struct cb_why *why);

#endif
