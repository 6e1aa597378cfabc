/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * pcsc_stringify_error: words for a code. Programs print them, and compare
 * them in their tests.
 */
#include <stdio.h>

#include "winscard-shim/pcsclite.h"

static const struct {
	LONG code;
	const char *name, *text;
} texts[] = {
#define ROW(code, text) { code, #code, text }
	ROW(SCARD_S_SUCCESS, "Command successful."),
	ROW(SCARD_F_INTERNAL_ERROR, "Internal error."),
	ROW(SCARD_E_CANCELLED, "Command cancelled."),
	ROW(SCARD_E_INVALID_HANDLE, "Invalid handle."),
	ROW(SCARD_E_INVALID_PARAMETER, "Invalid parameter given."),
	ROW(SCARD_E_INVALID_TARGET, "Invalid target given."),
	ROW(SCARD_E_NO_MEMORY, "Not enough memory."),
	ROW(SCARD_F_WAITED_TOO_LONG, "Waited too long."),
	ROW(SCARD_E_INSUFFICIENT_BUFFER, "Insufficient buffer."),
	ROW(SCARD_E_UNKNOWN_READER, "Unknown reader specified."),
	ROW(SCARD_E_TIMEOUT, "Command timeout."),
	ROW(SCARD_E_SHARING_VIOLATION, "Sharing violation."),
	ROW(SCARD_E_NO_SMARTCARD, "No smart card inserted."),
	ROW(SCARD_E_UNKNOWN_CARD, "Unknown card."),
	ROW(SCARD_E_CANT_DISPOSE, "Cannot dispose handle."),
	ROW(SCARD_E_PROTO_MISMATCH, "Card protocol mismatch."),
	ROW(SCARD_E_NOT_READY, "Subsystem not ready."),
	ROW(SCARD_E_INVALID_VALUE, "Invalid value given."),
	ROW(SCARD_E_SYSTEM_CANCELLED, "System cancelled."),
	ROW(SCARD_F_COMM_ERROR, "RPC transport error."),
	ROW(SCARD_F_UNKNOWN_ERROR, "Unknown error."),
	ROW(SCARD_E_INVALID_ATR, "Invalid ATR."),
	ROW(SCARD_E_NOT_TRANSACTED, "Transaction failed."),
	ROW(SCARD_E_READER_UNAVAILABLE, "Reader is unavailable."),
	ROW(SCARD_P_SHUTDOWN, "Shutdown."),
	ROW(SCARD_E_PCI_TOO_SMALL, "PCI struct too small."),
	ROW(SCARD_E_READER_UNSUPPORTED, "Reader is unsupported."),
	ROW(SCARD_E_DUPLICATE_READER, "Reader already exists."),
	ROW(SCARD_E_CARD_UNSUPPORTED, "Card is unsupported."),
	ROW(SCARD_E_NO_SERVICE, "Service not available."),
	ROW(SCARD_E_SERVICE_STOPPED, "Service was stopped."),
	ROW(SCARD_E_UNSUPPORTED_FEATURE, "Feature not supported."),
	ROW(SCARD_E_NO_READERS_AVAILABLE, "Cannot find a smart card reader."),
	ROW(SCARD_E_COMM_DATA_LOST, "Communication with the card lost."),
	ROW(SCARD_W_UNSUPPORTED_CARD, "Card is not supported."),
	ROW(SCARD_W_UNRESPONSIVE_CARD, "Card is unresponsive."),
	ROW(SCARD_W_UNPOWERED_CARD, "Card is unpowered."),
	ROW(SCARD_W_RESET_CARD, "Card was reset."),
	ROW(SCARD_W_REMOVED_CARD, "Card was removed."),
	ROW(SCARD_W_SECURITY_VIOLATION, "Access denied."),
#undef ROW
};

#define TEXTS (sizeof(texts) / sizeof(texts[0]))

const char *
pcl_code_name(LONG code)
{
	for (size_t i = 0; i < TEXTS; i++)
		if (texts[i].code == code)
			return texts[i].name;
	return NULL;
}

API const char *
pcsc_stringify_error(const LONG code)
{
	static _Thread_local char text[80];
	size_t i;

	for (i = 0; i < TEXTS; i++)
		if (texts[i].code == code)
			break;
	if (i < TEXTS)
		snprintf(text, sizeof(text), "%s", texts[i].text);
	else
		snprintf(text, sizeof(text), "Unknown error: 0x%08lX",
		    (unsigned long)code);
	return text;
}
