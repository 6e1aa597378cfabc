/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Checking what the door has: would it start?
 */
#ifndef BE_CHECK_DOOR_H
#define BE_CHECK_DOOR_H

#include "backend/conf.h"

void be_check_door(
    const char *dir, const struct be_conf *conf, unsigned *wrong);

#endif
