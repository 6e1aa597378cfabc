/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a process has, as the kernel counts it.
 */
#ifndef TESTS_WINSCARD_OWN_H
#define TESTS_WINSCARD_OWN_H

unsigned own_descriptors(void);
unsigned own_threads(void);

#endif
