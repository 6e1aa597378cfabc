/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See secret.h.
 */
#include <stdio.h>
#include <string.h>

#include "cli/passcode.h"
#include "cli/secret.h"
#include "common/hex.h"

static enum cb_err
draw_or_ask(struct cli_secret *s, const struct emu_profile *profile,
    struct cb_why *why)
{
	char prompt[96];
	enum cb_err r;

	(void)snprintf(prompt, sizeof(prompt),
	    "%s (nothing: one is drawn at random): ", s->name);
	r = cli_pass_get(
	    &s->value, NULL, prompt, CLI_PASS_TWICE, s->option, why);
	if (r != CB_OK || s->value.n > 0)
		return r;
	s->drawn = true;
	return emu_profile_draw_pin(
	    profile, false, &emu_env_system, &s->value);
}

enum cb_err
cli_secret_get(struct cli_secret *s, const struct emu_profile *profile,
    bool test, struct cb_why *why)
{
	if (s->file != NULL)
		return cli_pass_file(&s->value, s->file, why);
	if (test)
		return cb_buf_set(&s->value, cb_span_str(s->published));
	return draw_or_ask(s, profile, why);
}

int
cli_secret_show(const struct cli_secret *s)
{
	char what[64];

	if (!s->drawn)
		return CLI_OK;
	(void)snprintf(what, sizeof(what), "%s, shown this once: ", s->name);
	if (cli_pass_show(what, cb_buf_span(&s->value)) != CB_OK)
		return cli_fail(CLI_FAILED, "%s could not be shown: make the "
		    "card again", s->name);
	return CLI_OK;
}

void
cli_secret_unblock_show(struct cb_span value, bool test)
{
	char hex[2 * CLI_PASS_MAX + 1];

	if (value.n == 0)
		return;
	cb_hex_encode(hex, sizeof(hex), value);
	if (test)
		printf("unblock value: %s\n", hex);
	else if (cli_pass_show("Unblock value, shown this once (the SO can "
		 "read it from the card): ", cb_span_str(hex)) != CB_OK)
		printf("unblock value: not shown without a terminal; the SO "
		    "reads it from the card\n");
	explicit_bzero(hex, sizeof(hex));
}
