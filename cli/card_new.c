/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * card new: a profile, wishes and passcodes become a card file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/card.h"
#include "cli/passcode.h"
#include "cli/secret.h"

static int
refuse_early(const struct cli_card_new_args *a, const char *path)
{
	if (access(path, F_OK) == 0)
		return cli_fail(CLI_USAGE, "%s exists already; a card is only "
		    "made into a new file", path);
	if (!a->test && (a->keys_from != NULL || a->atr != NULL))
		return cli_fail(CLI_USAGE, "%s is for test cards: add --test",
		    a->keys_from != NULL ? "--keys-from" : "--atr");
	if (a->blank && a->keys_from != NULL)
		return cli_fail(CLI_USAGE,
		    "a blank card has no keys: leave --keys-from out");
	return CLI_OK;
}

/* Makes the card file, and opens the card. Exit code, said. */
static int
make_file(struct emu_card **card, const char *path,
    const struct emu_profile *profile, const struct emu_make *wish)
{
	struct emu_nvm *nvm = NULL;
	struct cb_why why = { "" };
	enum cb_err r;

	*card = NULL;
	r = emu_file_open(&nvm, path, EMU_FILE_CREATE, &why);
	if (r != CB_OK)
		return cli_fail_err(r, &why, path);
	r = emu_card_make(nvm, profile, wish, &emu_env_system, &why);
	if (r != CB_OK) {
		/* no file of ours yet: what stands there is somebody else's,
		 * made in the meantime */
		emu_nvm_free(&nvm);
		return cli_fail_err(r, &why, path);
	}
	r = emu_card_open(card, &nvm, &emu_env_system, &why);
	if (r != CB_OK) {
		emu_nvm_free(&nvm);
		(void)unlink(path);	/* ours, and no card */
		return cli_fail_err(r, &why, path);
	}
	return CLI_OK;
}

static int
make(const char *path, const struct emu_profile *profile,
    const struct emu_make *wish)
{
	struct emu_card *card = NULL;
	const struct emu_info *info;
	int code;

	if ((code = make_file(&card, path, profile, wish)) != CLI_OK)
		return code;
	info = emu_card_info(card);
	printf("%s: %s card \"%s\", serial %s, profile %s\n", path,
	    info->test ? "test" : "live", info->label, info->serial,
	    info->profile);
	emu_card_free(&card);
	return CLI_OK;
}

int
cli_card_new(const struct cli_cmd *cmd, const void *args, int argc,
    char **argv)
{
	const struct cli_card_new_args *a = args;
	struct cli_secret pin = { "Holder's passcode", emu_test_pin,
		a->pin_file, "--pin-file", CB_BUF_INIT, false };
	struct cli_secret so = { "SO passcode", emu_test_so_pin,
		a->so_pin_file, "--so-pin-file", CB_BUF_INIT, false };
	struct cb_buf unblock = CB_BUF_INIT_MAX(CLI_PASS_MAX);
	const char *name = a->profile != NULL ? a->profile : "series8";
	struct emu_profile *profile = NULL;
	struct cb_why why = { "" };
	struct emu_make wish = { 0 };
	char *path = NULL;
	bool has_pin;
	enum cb_err r;
	int code;

	(void)cmd;
	(void)argc;
	if ((code = refuse_early(a, argv[0])) != CLI_OK)
		return code;
	if ((code = cli_profile_find(name, &path)) != CLI_OK)
		return code;
	if ((r = emu_profile_read(&profile, path, &why)) != CB_OK) {
		code = cli_fail_err(r, &why, path);
		goto out;
	}
	has_pin = emu_profile_has_user_pin(profile, a->blank);
	if (!has_pin && a->pin_file != NULL) {
		code = cli_fail(CLI_USAGE, "%s card of this profile has no "
		    "holder's passcode: leave --pin-file out",
		    a->blank ? "a blank" : "a");
		goto out;
	}
	if ((has_pin &&
		(r = cli_secret_get(&pin, profile, a->test, &why)) !=
		    CB_OK) ||
	    (r = cli_secret_get(&so, profile, a->test, &why)) != CB_OK) {
		code = cli_fail_err(r == CB_E_ABSENT ? CB_E_ARG : r, &why,
		    "passcodes");
		goto out;
	}
	wish = (struct emu_make){
		.test = a->test,
		.blank = a->blank,
		.tries = a->tries,
		.serial = a->serial,
		.label = a->label,
		.atr = a->atr,
		.keys_from = a->keys_from,
		.user_pin = cb_buf_span(&pin.value),
		.so_pin = cb_buf_span(&so.value),
		.unblock = &unblock,
	};
	if ((code = make(argv[0], profile, &wish)) == CLI_OK) {
		if ((code = cli_secret_show(&pin)) == CLI_OK)
			code = cli_secret_show(&so);
		if (code != CLI_OK) {
			(void)unlink(argv[0]);	/* of use to nobody */
			goto out;
		}
		cli_secret_unblock_show(cb_buf_span(&unblock), a->test);
		printf("Next: cardbridge reader add NAME emu:%s\n", argv[0]);
	}
out:
	cb_buf_free(&pin.value);
	cb_buf_free(&so.value);
	cb_buf_free(&unblock);
	emu_profile_free(&profile);
	free(path);
	return cli_flush(code);
}
