/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What tests of acts begin with: a rig, and the administrator at a desk.
 */
#ifndef TESTS_BACKEND_WORKER_AT_DESK_H
#define TESTS_BACKEND_WORKER_AT_DESK_H

#include "tests/backend/worker/desk.h"
#include "tests/backend/worker/suites.h"

extern struct desk d;
void desk_setup(void);
void desk_teardown(void);

#endif
