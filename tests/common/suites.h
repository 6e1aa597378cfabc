/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The suites of common/, and what several of them share.
 */
#ifndef TESTS_COMMON_SUITES_H
#define TESTS_COMMON_SUITES_H

#include <check.h>

#include "common/buf.h"

Suite *apdu_suite(void);
Suite *atr_suite(void);
Suite *buf_suite(void);
Suite *ct_suite(void);
Suite *err_suite(void);
Suite *fd_suite(void);
Suite *hex_suite(void);
Suite *http_suite(void);
Suite *log_suite(void);
Suite *span_suite(void);
Suite *sw_suite(void);
Suite *text_suite(void);
Suite *tlv_suite(void);
Suite *until_suite(void);

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* A copy on the heap of exactly the bytes that `hex` names, so that a
 * sanitizer sees a read past the end. To free(). */
uint8_t *exact_copy(const char *hex, size_t *n);

/* The next `n` allocations succeed, then one fails; -1: all succeed. */
void fail_allocation_after(int n);
/* How many bytes other than zero this block held when it was last freed. */
void watch_free(const void *p);
size_t left_at_free(void);

#endif
