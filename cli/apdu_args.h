/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What people give to `cardbridge apdu`: commands in hexadecimal digits, as
 * words or as lines, and status words with holes in them.
 */
#ifndef CLI_APDU_ARGS_H
#define CLI_APDU_ARGS_H

#include "common/apdu.h"
#include "common/buf.h"

struct cli_apdu_args {
	const char *expect;
};

/* *out is replaced. CB_E_FORMAT: no digits, or fewer than four bytes. */
CB_MUST_USE enum cb_err cli_apdu_decode(struct cb_buf *out, struct cb_span hex);
/* VERIFY, CHANGE REFERENCE DATA or RESET RETRY COUNTER with data, chained or
 * not; what cannot be taken apart counts as carrying data. */
bool cli_apdu_has_passcode(struct cb_span apdu);

/* Four characters, each a hexadecimal digit or x. */
bool cli_sw_pattern(const char *pattern);
bool cli_sw_expected(const char *pattern, uint16_t sw);

/* Lines of a descriptor, without what follows #, and without blanks around;
 * every byte read lies in buffers that are wiped. */
struct cli_lines {
	struct cb_buf read;
	size_t used;		/* of read: the line that was given last */
	unsigned no;
	bool eof;
	struct cb_span line;	/* until the next call */
};
#define CLI_LINES_INIT { CB_BUF_INIT_MAX(CB_APDU_MAX * 4), 0, 0, false, \
	CB_SPAN_EMPTY }

/* CB_E_ABSENT: the end. CB_E_LIMIT: too long a line. CB_E_DENIED: errno. */
CB_MUST_USE enum cb_err cli_lines_next(struct cli_lines *l, int fd);
void cli_lines_free(struct cli_lines *l);

#endif
