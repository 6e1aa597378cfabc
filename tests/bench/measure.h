/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the programs of the benchmark have in common. Whatever goes wrong ends
 * the program: a measurement is whole or none.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include <stddef.h>

#define COUNT_MAX 100000

void die(const char *fmt, ...)
    __attribute__((noreturn, format(printf, 1, 2)));
double now_us(void);
/* Sorts them. */
double percentile(double *v, size_t n, double p);
/* 1 to COUNT_MAX */
size_t count_of(const char *text);

#endif
