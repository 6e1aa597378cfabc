/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * card passwd: the holder's passcode changed, or a blocked one set anew, with
 * the card's own rules and counters.
 */
#include <stdio.h>
#include <string.h>

#include "cli/card.h"
#include "cli/passcode.h"
#include "common/hex.h"

#define UNBLOCK_HEX 32		/* digits: 16 bytes that nobody can type */

static int
refuse_early(const struct cli_card_passwd_args *a)
{
	if (a->unblock && a->old_pin_file != NULL)
		return cli_fail(CLI_USAGE, "--unblock takes the unblock value, "
		    "not the old passcode: --unblock-file instead of "
		    "--old-pin-file");
	if (!a->unblock && a->unblock_file != NULL)
		return cli_fail(
		    CLI_USAGE, "--unblock-file goes with --unblock");
	return CLI_OK;
}

/* 32 hexadecimal digits stand for 16 bytes; anything else for itself. */
static enum cb_err
unblock_bytes(struct cb_buf *value)
{
	struct cb_buf bytes = CB_BUF_INIT_MAX(UNBLOCK_HEX);
	enum cb_err r = CB_OK;

	if (value->n == UNBLOCK_HEX &&
	    cb_hex_decode(&bytes, (const char *)value->p, value->n) == CB_OK)
		r = cb_buf_set(value, cb_buf_span(&bytes));
	cb_buf_free(&bytes);
	return r;
}

static int
refused(enum cb_err r, const struct cb_why *why, unsigned tries, bool unblock)
{
	const char *what = unblock ? "unblock value" : "passcode";

	if (r != CB_E_DENIED)
		return cli_fail_err(r, why, "the passcode was not changed");
	if (tries > 0)
		return cli_fail(CLI_NO, "wrong %s, %u %s left", what, tries,
		    tries == 1 ? "try" : "tries");
	if (unblock && why->text[0] != '\0')
		return cli_fail(CLI_NO, "%s", why->text);
	if (unblock)
		return cli_fail(CLI_NO, "the unblock value is blocked: only "
		    "the SO can give this card a new passcode now");
	return cli_fail(CLI_NO, "the passcode is blocked; unblock it with "
	    "card passwd --unblock");
}

int
cli_card_passwd(const struct cli_cmd *cmd, const void *args, int argc,
    char **argv)
{
	const struct cli_card_passwd_args *a = args;
	struct cb_buf old = CB_BUF_INIT, new = CB_BUF_INIT;
	struct emu_card *card = NULL;
	struct cb_why why = { "" };
	unsigned tries = 0;
	enum cb_err r;
	int code;

	(void)cmd;
	(void)argc;
	if ((code = refuse_early(a)) != CLI_OK ||
	    (code = cli_card_open(&card, argv[0], 0)) != CLI_OK)
		return code;
	r = cli_pass_get(&old, a->unblock ? a->unblock_file : a->old_pin_file,
	    a->unblock ? "Unblock value: " : "Passcode as it is: ", 0,
	    a->unblock ? "--unblock-file" : "--old-pin-file", &why);
	if (r == CB_OK)
		r = cli_pass_get(&new, a->new_pin_file, "New passcode: ",
		    CLI_PASS_TWICE, "--new-pin-file", &why);
	if (r == CB_OK && (old.n == 0 || new.n == 0)) {
		cb_why_set(&why, "a passcode cannot be empty; nothing was "
		    "done");
		r = CB_E_ARG;
	}
	if (r == CB_OK && a->unblock)
		r = unblock_bytes(&old);
	if (r != CB_OK) {
		code = cli_fail_err(r == CB_E_ABSENT ? CB_E_ARG : r, &why,
		    "passcodes");
		goto out;
	}
	emu_card_power_on(card);
	r = a->unblock
	    ? emu_card_unblock(card, cb_buf_span(&old), cb_buf_span(&new),
		&tries, &why)
	    : emu_card_passwd(card, cb_buf_span(&old), cb_buf_span(&new),
		&tries, &why);
	emu_card_power_off(card);
	if (r != CB_OK)
		code = refused(r, &why, tries, a->unblock);
	else
		printf("%s: the passcode is changed\n", argv[0]);
out:
	cb_buf_free(&old);
	cb_buf_free(&new);
	emu_card_free(&card);
	return cli_flush(code);
}
