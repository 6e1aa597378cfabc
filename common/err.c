/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Errors in words, and the sentence that goes with one.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"

static const char *const texts[] = {
	[CB_OK] = "success",
	[CB_E_NOMEM] = "out of memory",
	[CB_E_ARG] = "impossible request",
	[CB_E_SHORT] = "cut off",
	[CB_E_FORMAT] = "damaged or not understood",
	[CB_E_LIMIT] = "too large, too many or too new",
	[CB_E_ABSENT] = "no such thing",
	[CB_E_DENIED] = "not allowed",
	[CB_E_BUSY] = "in use",
	[CB_E_TIMEOUT] = "no answer in time",
	[CB_E_PEER] = "connection lost or protocol broken",
	[CB_E_STORE] = "disk or database failure",
	[CB_E_CRYPTO] = "cryptographic failure",
	[CB_E_INTERNAL] = "internal defect",
};

const char *
cb_err_text(enum cb_err e)
{
	size_t i = (size_t)e;

	if (i >= sizeof(texts) / sizeof(texts[0]) || texts[i] == NULL)
		return "unknown error";
	return texts[i];
}

void
cb_why_set(struct cb_why *why, const char *fmt, ...)
{
	/* A second text, because callers put one sentence around another:
	 * then why->text is among the arguments. */
	struct cb_why made;
	va_list ap;

	if (why == NULL)
		return;
	made.text[0] = '\0';
	va_start(ap, fmt);
	if (vsnprintf(made.text, sizeof(made.text), fmt, ap) < 0)
		made.text[0] = '\0';
	va_end(ap);
	memcpy(why->text, made.text, strlen(made.text) + 1);
}
