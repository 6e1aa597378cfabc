/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See json.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/json.h"

json_t *
cli_json_text(const char *text)
{
	json_t *made = json_string(text);
	char *copy;

	if (made != NULL || (copy = strdup(text)) == NULL)
		return made;
	for (char *p = copy; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	made = json_string(copy);
	free(copy);
	return made;
}

json_t *
cli_json_time(uint64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	char date[32];
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL ||
	    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		return json_null();
	return json_sprintf("%s.%03uZ", date, (unsigned)(ms % 1000));
}

int
cli_json_print(json_t *value)
{
	int code = CLI_OK;

	if (value == NULL)
		return cli_fail(CLI_FAILED, "out of memory");
	if (json_dumpf(value, stdout, JSON_INDENT(2)) == 0)
		printf("\n");
	else
		code = cli_fail(CLI_FAILED, "the output cannot be written");
	json_decref(value);
	return code;
}
