/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What commands with --json share.
 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <jansson.h>
#include <stdint.h>

/* JSON is UTF-8, a path or another program's name need not be: the output must
 * not fail by it, so that odd bytes become question marks. */
json_t *cli_json_text(const char *text);
/* "2026-11-28T04:16:10.123Z" of ms since 1970. */
json_t *cli_json_time(uint64_t ms);
/* To standard output; takes *value (NULL: there was no memory). Exit code. */
int cli_json_print(json_t *value);

#endif
