/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The log: one line an event, to standard error with a syslog priority in
 * front when journald listens (JOURNAL_STREAM), plain otherwise. No passcode,
 * key, command data or answer data may be given to it; an APDU is logged by
 * cb_log_apdu: CLA INS P1 P2 Lc and status word.
 */
#ifndef CB_LOG_H
#define CB_LOG_H

#include "common/span.h"

enum cb_log_level { CB_LOG_ERROR, CB_LOG_WARNING, CB_LOG_NOTICE, CB_LOG_DEBUG };

/* Lines above this level are dropped. Starts at CB_LOG_NOTICE. */
void cb_log_set_level(enum cb_log_level level);
bool cb_log_on(enum cb_log_level level);
void cb_log(enum cb_log_level level, const char *fmt, ...) CB_PRINTF(2, 3);

/* A line is a JSON object from here on: time, level, program, role, pid, the
 * fields that it was given, and its text. */
void cb_log_set_json(bool json);
/* From here on a line that would have to wait for whoever reads the log is
 * dropped, and how many were is told once there is room again. May put another
 * descriptor of the same pipe in the place of standard error. */
void cb_log_never_wait(void);
/* Which part of the program this process is; kept by the caller. */
void cb_log_set_role(const char *role);
struct cb_log_field {
	const char *key;
	const char *text;	/* NULL: it is a number */
	int64_t number;
};
/* As cb_log; of the fields only programs that read the log see anything. */
void cb_log_fields(enum cb_log_level level, const struct cb_log_field *fields,
    size_t n, const char *fmt, ...) CB_PRINTF(4, 5);
void cb_log_apdu(const char *who, struct cb_span cmd, uint16_t sw);

#endif
