/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A profile made of a report: the shipped profile of the card's kind, with
 * whatever the report tells otherwise put in (draft.h). contents.c writes bytes
 * in the content language, print.c settings. What the report cannot tell is
 * assumed, and each assumption is said twice: as a remark in the profile, and
 * to whoever made it.
 */
#ifndef CLI_DESCRIBE_DESCRIBE_H
#define CLI_DESCRIBE_DESCRIBE_H

#include "cli/report/report.h"

struct config_setting_t;

struct describe_notes {
	struct rep_text *p;
	size_t n;
};

/* Appends the profile to *text, and what it assumes to *notes (free(notes->p)).
 * `shipped` is the file of the kind's profile. CB_E_FORMAT: that is none;
 * *why says it. */
CB_MUST_USE enum cb_err describe_report(const struct report *r,
    const char *shipped, struct cb_buf *text, struct describe_notes *notes,
    struct cb_why *why);

/* ---- between the files of this folder ------------------------------------ */

/* Writes the bytes as expressions, each in quotation marks and with the
 * indentation in front, parted by commas. Hidden runs become what `runs` says
 * or zeros; *guessed: there were such. */
CB_MUST_USE enum cb_err describe_bytes(struct cb_buf *out,
    const struct rep_bytes *b, const char *path, const char *indent,
    bool *guessed);

/* One setting with everything in it, as text at that depth (tabs). */
CB_MUST_USE enum cb_err describe_print(struct cb_buf *out,
    const struct config_setting_t *s, unsigned depth);
CB_MUST_USE enum cb_err describe_value(struct cb_buf *out,
    const struct config_setting_t *s, unsigned depth);
/* A string at that depth, on as many lines as it needs. */
CB_MUST_USE enum cb_err describe_text(
    struct cb_buf *out, const char *text, unsigned depth);
/* Text as a remark of lines that begin with # at that depth. */
CB_MUST_USE enum cb_err describe_remark(
    struct cb_buf *out, const char *text, unsigned depth);

#endif
