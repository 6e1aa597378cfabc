/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A wall clock that a test sets, for programs that are linked with --wrap: time
 * since 1970 is what the system says and as much ahead of it as is wanted. A
 * timer that waits for the clock to be set looks every moment.
 */
#ifndef TESTS_BACKEND_STEPPED_H
#define TESTS_BACKEND_STEPPED_H

#include <stdint.h>

/* Milliseconds ahead of the system; of this process. A program that is started
 * with STEPPED=FILE goes by the number in FILE (8 bytes, as they lie in
 * memory), and so do those that it starts. */
void stepped_set(int64_t ahead);

#endif
