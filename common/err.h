/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Errors of cardbridge's own functions: a short list, chosen by what the
 * caller would do differently. A status word is not an error (a card that
 * says 6982 has succeeded in answering); foreign codes (IFD_*, SQLite, errno)
 * are translated once, in the room that meets them.
 */
#ifndef CB_ERR_H
#define CB_ERR_H

#define CB_MUST_USE __attribute__((warn_unused_result))
#define CB_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

enum cb_err {
	CB_OK = 0,
	CB_E_NOMEM,	/* out of memory */
	CB_E_ARG,	/* the caller asked for something impossible */
	CB_E_SHORT,	/* more bytes were promised than are there */
	CB_E_FORMAT,	/* bytes that are not what they should be */
	CB_E_LIMIT,	/* too large, too many, or from a newer version */
	CB_E_ABSENT,	/* no such thing */
	CB_E_DENIED,	/* not allowed */
	CB_E_BUSY,	/* somebody else has it */
	CB_E_TIMEOUT,	/* the deadline passed */
	CB_E_PEER,	/* the other side is gone or broke the protocol */
	CB_E_STORE,	/* the disk or database failed */
	CB_E_CRYPTO,	/* a cryptographic operation failed */
	CB_E_INTERNAL,	/* a defect of ours */
};

/* Short lower-case words for a log or message ("not allowed"); never NULL. */
const char *cb_err_text(enum cb_err e);

/*
 * The sentence for a person that goes with an error: what is wrong and what
 * to do next. Filled where the cause is known, printed at the top. Never
 * holds a passcode or key material. Functions that take a `struct cb_why *`
 * accept NULL.
 */
struct cb_why {
	char text[512];
};

void cb_why_set(struct cb_why *why, const char *fmt, ...) CB_PRINTF(2, 3);

#endif
