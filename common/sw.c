/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Status words in words. Rows in the order of ISO 7816-4, tables 5 and 6;
 * the first row whose masked value fits is the answer, so exact values stand
 * before the group that holds them.
 */
#include <stdio.h>

#include "common/sw.h"

#define EXACT 0xFFFF
#define GROUP 0xFF00

/* How the words use what the mask leaves over. */
enum rest {
	REST_NONE,
	REST_TRIES,	/* low nibble: passcode tries */
	REST_BYTES,	/* low byte: a number of bytes, 0 for 256 */
};

static const struct {
	uint16_t mask, value;
	enum rest rest;
	const char *text;
} words[] = {
	{ EXACT, SW_OK, REST_NONE, "success" },
	{ GROUP, SW_MORE, REST_BYTES, "more to read" },
	{ EXACT, 0x6281, REST_NONE, "answer may be damaged" },
	{ EXACT, SW_EOF, REST_NONE, "end of file reached" },
	{ EXACT, 0x6283, REST_NONE, "file deactivated" },
	{ EXACT, 0x6285, REST_NONE, "file terminated" },
	{ GROUP, 0x6200, REST_NONE, "warning, nothing changed" },
	{ 0xFFF0, SW_TRIES, REST_TRIES, "wrong passcode" },
	{ EXACT, 0x6381, REST_NONE, "file is full" },
	{ GROUP, 0x6300, REST_NONE, "warning, something changed" },
	{ GROUP, 0x6400, REST_NONE, "failed, nothing changed" },
	{ EXACT, SW_MEMORY_FAILURE, REST_NONE, "memory failure" },
	{ GROUP, 0x6500, REST_NONE, "failed, something changed" },
	{ GROUP, 0x6600, REST_NONE, "security trouble" },
	{ GROUP, SW_WRONG_LENGTH, REST_NONE, "wrong length" },
	{ EXACT, SW_CHANNEL_NOT_SUPPORTED, REST_NONE,
	    "logical channel not supported" },
	{ EXACT, SW_SM_NOT_SUPPORTED, REST_NONE,
	    "secure messaging not supported" },
	{ EXACT, SW_LAST_OF_CHAIN_EXPECTED, REST_NONE,
	    "last command of the chain expected" },
	{ EXACT, SW_CHAINING_NOT_SUPPORTED, REST_NONE,
	    "command chaining not supported" },
	{ GROUP, 0x6800, REST_NONE, "class function not supported" },
	{ EXACT, SW_INCOMPATIBLE_FILE, REST_NONE,
	    "command does not fit this kind of file" },
	{ EXACT, SW_SECURITY_STATUS, REST_NONE,
	    "access condition not satisfied" },
	{ EXACT, SW_BLOCKED, REST_NONE, "blocked" },
	{ EXACT, SW_DATA_NOT_USABLE, REST_NONE,
	    "referenced data not usable" },
	{ EXACT, SW_CONDITIONS, REST_NONE, "conditions of use not met" },
	{ EXACT, SW_NO_CURRENT_EF, REST_NONE, "no file selected" },
	{ GROUP, 0x6900, REST_NONE, "command not allowed" },
	{ EXACT, SW_WRONG_DATA, REST_NONE, "wrong data in command" },
	{ EXACT, SW_FUNCTION_NOT_SUPPORTED, REST_NONE,
	    "function not supported" },
	{ EXACT, SW_FILE_NOT_FOUND, REST_NONE,
	    "file or application not found" },
	{ EXACT, SW_RECORD_NOT_FOUND, REST_NONE, "record not found" },
	{ EXACT, SW_NO_SPACE, REST_NONE, "card is full" },
	{ EXACT, SW_WRONG_P1P2, REST_NONE, "wrong P1 or P2" },
	{ EXACT, SW_REF_NOT_FOUND, REST_NONE, "referenced data not found" },
	{ EXACT, SW_FILE_EXISTS, REST_NONE, "file exists already" },
	{ GROUP, 0x6A00, REST_NONE, "wrong parameters" },
	{ EXACT, SW_OFFSET, REST_NONE, "offset outside the file" },
	{ GROUP, SW_WRONG_LE, REST_BYTES, "wrong Le" },
	{ EXACT, SW_INS, REST_NONE, "unknown command" },
	{ EXACT, SW_CLA, REST_NONE, "unknown class" },
	{ EXACT, SW_UNKNOWN, REST_NONE, "failed for no stated reason" },
};

const char *
cb_sw_text(uint16_t sw, char *buf, size_t size)
{
	const char *text = "not a word of the standard";
	enum rest rest = REST_NONE;
	unsigned n;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if ((sw & words[i].mask) == words[i].value) {
			text = words[i].text;
			rest = words[i].rest;
			break;
		}
	}
	if (size == 0)
		return buf;
	switch (rest) {
	case REST_TRIES:
		n = sw & 0x0F;
		(void)snprintf(buf, size, "%s, %u %s left", text, n,
		    n == 1 ? "try" : "tries");
		break;
	case REST_BYTES:
		n = (sw & 0xFF) == 0 ? 256 : sw & 0xFF;
		(void)snprintf(buf, size, "%s, %u %s", text, n,
		    n == 1 ? "byte" : "bytes");
		break;
	case REST_NONE:
		(void)snprintf(buf, size, "%s", text);
		break;
	}
	return buf;
}
