/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A program that is to be started with our library in front of the system's:
 * where it is, and whether its loader would take the library at all.
 */
#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

#include "cli/cli.h"

/* Looks at `name`, as execvp finds it, and at what its first line says that
 * reads it. CLI_OK; CLI_NOT_FOUND, CLI_NOT_RUN: nothing to start; CLI_REFUSED:
 * it would not load `library`. Said. */
int cli_program_check(const char *name, const char *library);

#endif
