/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * SQL by somebody who can write the store's file, by a connection of the
 * test's own.
 */
#ifndef TESTS_BACKEND_SQL_H
#define TESTS_BACKEND_SQL_H

#include <stdbool.h>
#include <stdint.h>

/* One number that SQL says. */
int64_t sql_number_at(const char *path, const char *sql);
void sql_run_at(const char *path, const char *sql);
bool sql_allowed_at(const char *path, const char *sql);

#endif
