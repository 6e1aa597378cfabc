/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A test card without any wishes, for a program that needs just a card: the
 * profile's keys are the published ones, so that none are generated.
 */
#include <stdlib.h>
#include <unistd.h>

#include "cli/card.h"

/* The least that a card takes (cardbridge-profile(5)). */
#define SCRYPT_LOG2N 10

int
cli_card_make_test(const char *path, const char *name, bool fresh_keys)
{
	struct emu_profile *profile = NULL;
	struct emu_card *card = NULL;
	struct cb_why why = { "" };
	struct emu_make wish = {
		.test = true,
		.so_pin = cb_span_str(cli_test_so_pin),
		.scrypt_log2n = SCRYPT_LOG2N,
	};
	char *file = NULL, *keys = NULL;
	enum cb_err r;
	int code;

	if ((code = cli_profile_find(name, &file)) != CLI_OK)
		return code;
	if ((r = emu_profile_read(&profile, file, &why)) != CB_OK) {
		code = cli_fail_err(r, &why, file);
		goto out;
	}
	if (!fresh_keys) {
		keys = cli_test_keys_path(file, emu_profile_name(profile));
		if (keys == NULL) {
			code = cli_fail(CLI_FAILED, "out of memory");
			goto out;
		}
		if (access(keys, R_OK) != 0) {
			code = cli_fail(CLI_USAGE, "there are no published "
			    "keys for cards of profile %s: add --fresh-keys",
			    emu_profile_name(profile));
			goto out;
		}
		wish.keys_from = keys;
	}
	if (emu_profile_has_user_pin(profile, false))
		wish.user_pin = cb_span_str(cli_test_pin);
	code = cli_card_make(&card, path, profile, &wish);
	emu_card_free(&card);
out:
	emu_profile_free(&profile);
	free(file);
	free(keys);
	return code;
}
