/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The table of `cardbridge card`, and card show.
 */
#include <stdio.h>

#include "cli/card.h"

static int card_show(const struct cli_cmd *cmd, const void *args, int argc,
    char **argv);

#define AT(m) offsetof(struct cli_card_new_args, m)
static const struct cli_opt new_opts[] = {
	{ "profile", CLI_TEXT, AT(profile), "NAME|FILE",
	    "what the card looks like (series8)" },
	{ "blank", CLI_FLAG, AT(blank), NULL,
	    "before it is personalised: no keys or certificates" },
	{ "test", CLI_FLAG, AT(test), NULL,
	    "marked as test: PIN 123456, SO PIN 87654321" },
	{ "tries", CLI_NUMBER, AT(tries), "N",
	    "wrong passcodes until it blocks" },
	{ "serial", CLI_TEXT, AT(serial), "HEX",
	    "the card's serial number (drawn at random)" },
	{ "label", CLI_TEXT, AT(label), "TEXT", "the token's label" },
	{ "atr", CLI_TEXT, AT(atr), "HEX",
	    "another ATR than the profile's first (with --test)" },
	{ "keys-from", CLI_TEXT, AT(keys_from), "FILE",
	    "published keys (with --test); fresh ones if not given" },
	{ "pin-file", CLI_TEXT, AT(pin_file), "FILE",
	    "its first line is the holder's passcode" },
	{ "so-pin-file", CLI_TEXT, AT(so_pin_file), "FILE",
	    "its first line is the SO passcode" },
};
#undef AT

#define AT(m) offsetof(struct cli_card_passwd_args, m)
static const struct cli_opt passwd_opts[] = {
	{ "unblock", CLI_FLAG, AT(unblock), NULL,
	    "with the unblock value instead of the old passcode" },
	{ "old-pin-file", CLI_TEXT, AT(old_pin_file), "FILE",
	    "its first line is the passcode as it is" },
	{ "new-pin-file", CLI_TEXT, AT(new_pin_file), "FILE",
	    "its first line is the new passcode" },
	{ "unblock-file", CLI_TEXT, AT(unblock_file), "FILE",
	    "its first line is the unblock value" },
};
#undef AT

#define AT(m) offsetof(struct cli_card_probe_args, m)
static const struct cli_opt probe_opts[] = {
	{ "o", CLI_TEXT, AT(out), "FILE",
	    "write the report there (standard output)" },
	{ "full", CLI_FLAG, AT(full), NULL,
	    "blot nothing: serial numbers, names, certificates" },
};
#undef AT

static const struct cli_opt describe_opts[] = {
	{ "o", CLI_TEXT, offsetof(struct cli_card_describe_args, out),
	    "PROFILE", "write the profile there (standard output)" },
};

#define OPTS(table, type) \
	table, sizeof(table) / sizeof((table)[0]), sizeof(type)

const struct cli_cmd cli_card_cmds[] = {
	{ "card", "new", "FILE", "Makes a card file",
	    OPTS(new_opts, struct cli_card_new_args), 1, 1, cli_card_new,
	    CLI_PLAIN },
	{ "card", "show", "FILE", "Shows what is on a card",
	    NULL, 0, 0, 1, 1, card_show, CLI_PLAIN },
	{ "card", "passwd", "FILE", "Changes or unblocks a card's passcode",
	    OPTS(passwd_opts, struct cli_card_passwd_args), 1, 1,
	    cli_card_passwd, CLI_PLAIN },
	{ "card", "probe", "READER", "Writes a report of what a card is",
	    OPTS(probe_opts, struct cli_card_probe_args), 1, 1,
	    cli_card_probe, CLI_PLAIN },
	{ "card", "describe", "REPORT", "Makes a profile of a report",
	    OPTS(describe_opts, struct cli_card_describe_args), 1, 1,
	    cli_card_describe, CLI_PLAIN },
};
const size_t cli_card_cmds_n =
    sizeof(cli_card_cmds) / sizeof(cli_card_cmds[0]);

int
cli_card_open(struct emu_card **card, const char *path, unsigned flags)
{
	struct emu_nvm *nvm = NULL;
	struct cb_why why = { "" };
	enum cb_err r;

	*card = NULL;
	if ((r = emu_file_open(&nvm, path, flags, &why)) == CB_OK)
		r = emu_card_open(card, &nvm, &emu_env_system, &why);
	if (r == CB_E_BUSY && why.text[0] != '\0')
		return cli_fail(CLI_FAILED, "%s; cardbridge reader eject gives "
		    "a bridge's card free", why.text);
	return r == CB_OK ? CLI_OK : cli_fail_err(r, &why, path);
}

static int
card_show(const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	struct emu_card *card = NULL;
	struct cb_buf text = CB_BUF_INIT;
	enum cb_err r;
	int code;

	(void)cmd;
	(void)args;
	(void)argc;
	code = cli_card_open(&card, argv[0], EMU_FILE_READONLY);
	if (code != CLI_OK)
		return code;
	if ((r = emu_card_describe(card, &text)) != CB_OK)
		code = cli_fail_err(r, NULL, argv[0]);
	else if (fwrite(text.p, 1, text.n, stdout) != text.n)
		code = CLI_FAILED;
	cb_buf_free(&text);
	emu_card_free(&card);
	return cli_flush(code);
}
