/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a fuzz target is: one function that takes any bytes. With libFuzzer
 * (configure --enable-fuzzing) it is given new ones for ever; else seeds.c
 * has the main() and gives it the files that it is called with, so that what
 * was once found stays tested in every build.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#endif
