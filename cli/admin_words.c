/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Ids, numbers, times and words as people type them, see admin.h.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/admin.h"
#include "common/hex.h"
#include "common/text.h"

const char *const cli_admin_classes[] = { "", "desk", "user", NULL };
const char *const cli_admin_roles[] = { "", "administrator", "registrar",
	"auditor", NULL };
const char *const cli_admin_states[] = { "", "in use", "stopped", "ended",
	NULL };
const char *const cli_admin_kinds[] = { "", "live", "test", NULL };
const char *const cli_admin_subjects[] = { "", "device", "group",
	"organisation", NULL };

const char *
cli_word(const char *const *words, uint64_t n)
{
	for (uint64_t i = 1; words[i] != NULL; i++)
		if (i == n)
			return words[i];
	return CLI_NO_WORD;
}

uint64_t
cli_admin_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int
cli_admin_id(const char *text, const char *what, uint8_t out[WIRE_ID])
{
	char lower[2 * WIRE_ID + 1] = "";

	if (strlen(text) == 2 * WIRE_ID)
		for (size_t i = 0; i < 2 * WIRE_ID; i++)
			lower[i] = (char)tolower((unsigned char)text[i]);
	if (cb_hex_get(cb_span_str(lower), out, WIRE_ID) == CB_OK)
		return CLI_OK;
	return cli_fail(CLI_USAGE, "%s: an id is %d hexadecimal digits, not "
	    "\"%.64s\"; the lists show them", what, 2 * WIRE_ID, text);
}

int
cli_admin_number(const char *text, const char *what, uint64_t *out)
{
	char *end = NULL;

	errno = 0;
	*out = strtoull(text, &end, 10);
	if (isdigit((unsigned char)text[0]) && *end == '\0' && errno == 0 &&
	    *out > 0)
		return CLI_OK;
	return cli_fail(CLI_USAGE, "%s: expected a number from 1, not "
	    "\"%.32s\"", what, text);
}

int
cli_admin_duration(const char *text, const char *what, uint64_t *out)
{
	static const struct {
		char unit;
		uint64_t ms;
	} units[] = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 },
		{ 'd', 86400000 } };
	const uint64_t most = 366ull * 86400000;
	unsigned long n;
	char *end = NULL;

	errno = 0;
	n = strtoul(text, &end, 10);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (isdigit((unsigned char)text[0]) && errno == 0 && n > 0 &&
		    end[0] == units[i].unit && end[1] == '\0' &&
		    n <= most / units[i].ms) {
			*out = n * units[i].ms;
			return CLI_OK;
		}
	return cli_fail(CLI_USAGE, "%s: a time is a number and s, m, h or d, "
	    "such as 24h, and at most a year; not \"%.32s\"", what, text);
}

int
cli_admin_word(const char *text, const char *what, const char *const *words,
    uint64_t *out)
{
	char all[128] = "";
	size_t n = 0;

	for (*out = 1; words[*out] != NULL; (*out)++) {
		if (strcmp(text, words[*out]) == 0)
			return CLI_OK;
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s",
		    *out > 1 ? ", " : "", words[*out]);
	}
	return cli_fail(CLI_USAGE, "%s: one of %s, not \"%.32s\"", what, all,
	    text);
}

int
cli_admin_name(const char *text, const char *what)
{
	const struct cb_span s = cb_span_str(text);

	if (s.n > 0 && s.n <= 64 && cb_is_plain_text(s))
		return CLI_OK;
	return cli_fail(CLI_USAGE, "%s: a name is 1 to 64 bytes of UTF-8, "
	    "without characters that control a terminal", what);
}

size_t
cli_admin_pair(const char *text, const char **value)
{
	const char *equals = strchr(text, '=');

	*value = equals != NULL ? equals + 1 : NULL;
	return equals != NULL ? (size_t)(equals - text) : strlen(text);
}

/* ---- policies ------------------------------------------------------------ */

/* Bits of second-signer, by the type of the rows that take two. */
static const char *const row_types[] = { "", "device", "member", "assignment",
	"role", "policy", "network", "revocation", "card", "token", "factor",
	NULL };

static const struct {
	const char *name;
	const char *values[3];	/* none: words for row types */
} policies[] = {
	{ WIRE_POLICY_SECOND, { NULL } },
	{ WIRE_POLICY_UNBLOCK, { WIRE_UNBLOCK_NONE, WIRE_UNBLOCK_ONLINE } },
	{ WIRE_POLICY_INSPECTED, { "no", "yes" } },
};
#define POLICIES (sizeof(policies) / sizeof(policies[0]))

static int
second_parse(struct cli_policy *out, const char *value)
{
	char copy[160], *rest = copy, *word;
	uint32_t bits = 0;
	uint64_t type;
	int code;

	(void)snprintf(copy, sizeof(copy), "%s", value);
	while (strcmp(value, "none") != 0 &&
	    (word = strsep(&rest, ",")) != NULL) {
		if ((code = cli_admin_word(word, WIRE_POLICY_SECOND
			 " (none, or rows with commas between)",
			 row_types, &type)) != CLI_OK)
			return code;
		bits |= UINT32_C(1) << type;
	}
	for (size_t i = 0; i < sizeof(out->number); i++)
		out->number[i] = (uint8_t)(bits >> (24 - 8 * i));
	out->value = CB_SPAN_OF(out->number);
	return CLI_OK;
}

static int
choice_parse(struct cli_policy *out, const char *const *values,
    const char *value)
{
	for (size_t i = 0; i < 2; i++)
		if (strcmp(value, values[i]) == 0) {
			out->value = cb_span_str(values[i]);
			return CLI_OK;
		}
	return cli_fail(CLI_USAGE, "%s is %s or %s, not \"%.32s\"", out->name,
	    values[0], values[1], value);
}

int
cli_policy_parse(struct cli_policy *out, const char *name, size_t n,
    const char *value)
{
	for (size_t i = 0; i < POLICIES; i++) {
		if (strlen(policies[i].name) != n ||
		    memcmp(policies[i].name, name, n) != 0)
			continue;
		out->name = policies[i].name;
		return policies[i].values[0] == NULL
		    ? second_parse(out, value)
		    : choice_parse(out, policies[i].values, value);
	}
	return cli_fail(CLI_USAGE, "\"%.*s\" is nothing that can be set: "
	    "name, " WIRE_POLICY_UNBLOCK ", " WIRE_POLICY_INSPECTED ", "
	    WIRE_POLICY_SECOND, n < 32 ? (int)n : 32, name);
}

/* The types of rows that have a word, bit n for type n. */
static uint32_t
row_bits(void)
{
	uint32_t bits = 0;

	for (size_t i = 1; row_types[i] != NULL; i++)
		bits |= UINT32_C(1) << i;
	return bits;
}

bool
cli_policy_known(struct cb_span name, struct cb_span value)
{
	uint32_t bits;

	for (size_t i = 0; i < POLICIES; i++) {
		if (!cb_span_equal(name, cb_span_str(policies[i].name)))
			continue;
		if (policies[i].values[0] == NULL)
			return cb_get_u32(&value, &bits) == CB_OK &&
			    value.n == 0 && (bits & ~row_bits()) == 0;
		for (size_t j = 0; j < 2; j++)
			if (cb_span_equal(
				value, cb_span_str(policies[i].values[j])))
				return true;
	}
	return false;
}

enum cb_err
cli_policy_text(struct cb_buf *b, struct cb_span name, struct cb_span value)
{
	uint32_t bits;
	bool first = true;
	enum cb_err r;

	if (!cb_span_equal(name, cb_span_str(WIRE_POLICY_SECOND)))
		return cb_buf_add(b, value);
	if ((r = cb_get_u32(&value, &bits)) != CB_OK)
		return r;
	for (size_t i = 1; r == CB_OK && row_types[i] != NULL; i++) {
		if ((bits & UINT32_C(1) << i) == 0)
			continue;
		if (!first)
			r = cb_put_u8(b, ',');
		if (r == CB_OK)
			r = cb_buf_add(b, cb_span_str(row_types[i]));
		first = false;
	}
	return r == CB_OK && first ? cb_buf_add(b, cb_span_str("none")) : r;
}
