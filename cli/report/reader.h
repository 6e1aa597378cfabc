/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Reading a report line by line: what read.c and words.c share.
 */
#ifndef CLI_REPORT_READER_H
#define CLI_REPORT_READER_H

#include "cli/report/report.h"

struct reader {
	struct report *r;
	struct rep_app *app;
	struct rep_file *file;
	struct rep_pin *pin;
	struct rep_object *object;
	struct rep_bytes *bytes;	/* where a line with + goes on */
	const char *path;
	unsigned line;
	char *rest;		/* of the line, behind what was taken */
	struct cb_why *why;
	enum cb_err err;
};

/* Remembers the first mistake, with its line; later ones are not told. */
void reader_fail(struct reader *c, const char *fmt, ...) CB_PRINTF(2, 3);
void reader_fail_room(struct reader *c);

/* Each takes the next word off the line. "" at its end. */
const char *reader_word(struct reader *c);
/* Letters, digits, hyphens and points: it gets into messages. */
const char *reader_plain(struct reader *c, const char *what, size_t size);
unsigned reader_number(
    struct reader *c, const char *what, unsigned long max, int base);
uint16_t reader_status(struct reader *c);
/* How many bytes there were; - stands for none. */
size_t reader_hex(
    struct reader *c, const char *what, uint8_t *out, size_t max);
/* In quotation marks, to the end of the line. */
void reader_text(struct reader *c, char *out, size_t size);
/* All that is left; lines with + go on there. */
void reader_bytes(struct reader *c, struct rep_bytes *to);
void reader_bytes_once(struct reader *c, struct rep_bytes *to);

#endif
