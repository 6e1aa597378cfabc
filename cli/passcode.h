/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Where passcodes come from: the first line of a file, or a person at the
 * terminal. Never a command line, never the environment.
 */
#ifndef CLI_PASSCODE_H
#define CLI_PASSCODE_H

#include "common/buf.h"

#define CLI_PASS_MAX 256	/* characters */

enum {
	CLI_PASS_TWICE = 1,	/* typed again to be sure */
	CLI_PASS_SEEN = 2,	/* it is no passcode: echoed */
};

/* The file's first line without its end. CB_E_FORMAT: empty or too long;
 * *why names the file, never what is in it. */
CB_MUST_USE enum cb_err cli_pass_file(
    struct cb_buf *out, const char *path, struct cb_why *why);
/* Asks at the controlling terminal. CB_E_ABSENT: there is none.
 * CB_E_FORMAT: typed differently three times. An empty answer is given back
 * as such. A signal puts the terminal in order first and then acts. */
CB_MUST_USE enum cb_err cli_pass_ask(struct cb_buf *out, const char *prompt,
    unsigned flags, struct cb_why *why);
/* Writes a line to the controlling terminal and nowhere else. */
CB_MUST_USE enum cb_err cli_pass_show(const char *what, struct cb_span value);
/* `path` where it is given, else the terminal; an error where there is
 * neither: `option` is what to use then. */
CB_MUST_USE enum cb_err cli_pass_get(struct cb_buf *out, const char *path,
    const char *prompt, unsigned flags, const char *option,
    struct cb_why *why);

#endif
