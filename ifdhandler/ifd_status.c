/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Our errors in pcscd's words, and our words in pcscd's log.
 *
 * IFD_NO_SUCH_DEVICE is never said: pcscd would take the reader itself away
 * and not look at its file again while it runs.
 */
#include <stdarg.h>
#include <stdio.h>

#include "ifdhandler/ifd.h"

static const struct {
	enum cb_err ours;
	RESPONSECODE theirs;	/* 0: as the caller says */
} statuses[] = {
	{ CB_OK,         IFD_SUCCESS },
	{ CB_E_NOMEM,    IFD_COMMUNICATION_ERROR },
	{ CB_E_ARG,      0 },
	{ CB_E_SHORT,    IFD_COMMUNICATION_ERROR },
	{ CB_E_FORMAT,   0 },
	{ CB_E_LIMIT,    IFD_ERROR_INSUFFICIENT_BUFFER },
	{ CB_E_ABSENT,   IFD_ICC_NOT_PRESENT },
	{ CB_E_DENIED,   0 },
	{ CB_E_BUSY,     0 },
	{ CB_E_TIMEOUT,  IFD_RESPONSE_TIMEOUT },
	{ CB_E_PEER,     IFD_COMMUNICATION_ERROR },
	{ CB_E_STORE,    0 },
	{ CB_E_CRYPTO,   0 },
	{ CB_E_INTERNAL, IFD_COMMUNICATION_ERROR },
};

RESPONSECODE
ifd_status(enum cb_err e, RESPONSECODE otherwise)
{
	size_t i;

	if (e == CB_OK)
		return IFD_SUCCESS;
	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].ours == e && statuses[i].theirs != 0)
			return statuses[i].theirs;
	return otherwise;
}

/* pcscd exports this for its drivers (debuglog.h of pcsc-lite); another host
 * of the plug-in may not have it. */
extern void log_msg(const int priority, const char *fmt, ...)
    __attribute__((weak)) CB_PRINTF(2, 3);

#define PCSC_LOG_ERROR 2

void
ifd_log(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	if (log_msg == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	log_msg(PCSC_LOG_ERROR, "cardbridge: %s", line);
}
