/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The table of uncertain answers and their defaults.
 */
#include <string.h>

#include "emulator/answers.h"

static const struct {
	uint16_t sw;
	const char *name;
} answers[EMU_ANS_N] = {
	[EMU_ANS_CM_OTHER] = { 0x6D00, "card-manager-other" },
	[EMU_ANS_NO_CURRENT_EF] = { 0x6986, "no-current-ef" },
	[EMU_ANS_WRONG_FILE_TYPE] = { 0x6981, "wrong-file-type" },
	[EMU_ANS_OFFSET_BEYOND] = { 0x6B00, "offset-beyond-end" },
	[EMU_ANS_WRITE_BEYOND] = { 0x6A84, "write-beyond-end" },
	[EMU_ANS_READ_TO_END] = { 0x9000, "read-to-end" },
	[EMU_ANS_RESERVED_FID] = { 0x6A80, "reserved-fid" },
	[EMU_ANS_CREATE_DATA] = { 0x6A80, "create-data" },
	[EMU_ANS_DELETE_EF_AS_DF] = { 0x6A82, "delete-ef-as-df" },
	[EMU_ANS_DELETE_DF_AS_EF] = { 0x6A82, "delete-df-as-ef" },
	[EMU_ANS_DELETE_NOT_EMPTY] = { 0x6985, "delete-not-empty" },
	[EMU_ANS_DELETE_DF] = { 0x6985, "delete-df" },
	[EMU_ANS_RECORDS_FULL] = { 0x6A84, "records-full" },
	[EMU_ANS_PIN_LENGTH] = { 0x6700, "pin-length" },
	[EMU_ANS_PIN_FORMAT] = { 0x6A80, "pin-format" },
	[EMU_ANS_PIN_BLOCKED_QUERY] = { 0x63C0, "pin-blocked-query" },
	[EMU_ANS_PIN_LAST_TRY] = { 0x6983, "pin-last-try" },
	[EMU_ANS_LOGOUT_REF] = { 0x6A86, "logout-reference" },
	[EMU_ANS_KEY_FILE_TYPES] = { 0x6981, "key-file-types" },
	[EMU_ANS_COMPONENT_ABSENT] = { 0x6A88, "component-absent" },
	[EMU_ANS_COMPONENT_DATA] = { 0x6A80, "component-data" },
	[EMU_ANS_KEY_INCOMPLETE] = { 0x6A88, "key-incomplete" },
	[EMU_ANS_NO_MSE] = { 0x6985, "no-security-environment" },
	[EMU_ANS_MSE_DATA] = { 0x6A80, "mse-data" },
	[EMU_ANS_KEY_TEMPLATE] = { 0x6985, "key-template" },
	[EMU_ANS_KEY_FILLED] = { 0x6985, "key-filled" },
	[EMU_ANS_HASH_DATA] = { 0x6A80, "hash-data" },
	[EMU_ANS_PADDING_INDICATOR] = { 0x6A80, "padding-indicator" },
	[EMU_ANS_BAD_PADDING] = { 0x6A80, "bad-padding" },
	[EMU_ANS_POLICY] = { 0x6985, "policy" },
};

const char *
emu_answer_name(enum emu_answer a)
{
	return (unsigned)a < EMU_ANS_N ? answers[a].name : "";
}

uint16_t
emu_answer_default(enum emu_answer a)
{
	return (unsigned)a < EMU_ANS_N ? answers[a].sw : 0;
}

enum cb_err
emu_answer_find(const char *name, enum emu_answer *out)
{
	for (unsigned i = 0; i < EMU_ANS_N; i++) {
		if (strcmp(answers[i].name, name) == 0) {
			*out = (enum emu_answer)i;
			return CB_OK;
		}
	}
	return CB_E_ABSENT;
}

bool
emu_answer_valid(enum emu_answer a, uint16_t sw)
{
	if (a == EMU_ANS_READ_TO_END && sw == 0x9000)
		return true;
	return sw >= 0x6200 && sw <= 0x6FFF && (sw & 0xFF00) != 0x6C00;
}
