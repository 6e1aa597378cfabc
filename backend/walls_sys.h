/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The wall before system calls.
 */
#ifndef BE_WALLS_SYS_H
#define BE_WALLS_SYS_H

#include "backend/roles.h"

/* From now on only what this role needs. A call that no innocent code would
 * make ends the process at once; any other answers EPERM. */
CB_MUST_USE enum cb_err be_walls_sys_up(
    enum be_role role, struct cb_why *why);

#endif
