/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A report: what `card probe` found on a card, and what `card describe` makes
 * a profile of. It is text that a person reads before sending it on: lines of
 * a word and its values, each about what was named last above it. Blanks in
 * front of a line mean nothing, and what follows # is a remark.
 *
 *	cardbridge-report 1
 *	reader "..."                 as PC/SC calls it
 *	atr HEX
 *	protocol T=1
 *	cplc BYTES                   42 bytes of 9F7F
 *	guess KIND N                 N of 100
 *	fact KIND +N "..."           what speaks for a kind or against it
 *	aid HEX SW NAME              each name that was selected; -: none
 *	  fci BYTES                  what SELECT gave
 *	  within NAME                it is a directory of this application
 *	  file PATH TYPE             3F00/5011/1000 transparent
 *	    size N                   bytes; records; bits of a key
 *	    name HEX                 of a DF, by which it is selected as well
 *	    sfi N                    short EF identifier
 *	    access HEX
 *	    template HEX             the only use of a key, where one is
 *	    commits                  a private key that commits to content
 *	    filled yes               or no: there is a key in a key's file
 *	    fci BYTES
 *	    read SW                  where the content could not be read
 *	    content BYTES
 *	    record N BYTES
 *	  pin REFERENCE OWNER
 *	    answer SW                to the question for its tries
 *	    tries N                  left
 *	    limit N                  at most
 *	    length N M
 *	    access HEX
 *	  object NAME SW             what GET DATA gave
 *	    data BYTES
 *	remark "..."                 what a reader of this should know
 *	blotted "..."                what is not told
 *
 * BYTES are pairs of hexadecimal digits, with blanks where they help; .. is a
 * byte that is blotted out, and *N after a pair says that there are N of it.
 * A line that begins with + goes on with the bytes of the line above.
 *
 * Keys and other objects beside the files, which SELECT does not find, have
 * lines as files do, at the path where cardbridge-profile(5) has them.
 *
 * Every byte from a card is blotted until something known to be harmless is
 * found in it (cli/probe/show.h): what nobody thought of stays hidden.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "common/atr.h"
#include "common/buf.h"

#define REP_VERSION 1
#define REP_PATH_MAX 40		/* eight file identifiers */
#define REP_WORD_MAX 32
#define REP_TEXT_MAX 200
#define REP_AID_MAX 16
#define REP_ACCESS_MAX 32
#define REP_APPS_MAX 64
#define REP_FILES_MAX 1024	/* of one application; so are the others */
#define REP_RECORDS_MAX 255
#define REP_BYTES_MAX 65536
#define REP_LINES_MAX 128	/* facts, remarks */

/* Bytes of which some are not told: hidden[i] is 1 for these, whose value is
 * 0 where the report was read from a file. */
struct rep_bytes {
	uint8_t *p;
	uint8_t *hidden;
	size_t n;
};

enum rep_type {
	REP_UNKNOWN,
	REP_DF,
	REP_TRANSPARENT,
	REP_LINEAR,
	REP_DES,
	REP_RSA_PUBLIC,
	REP_RSA_PRIVATE,
	REP_OBJECT,
};

enum rep_told { REP_NOT_TOLD, REP_NO, REP_YES };

struct rep_access {
	uint8_t p[REP_ACCESS_MAX];
	uint8_t n;
};

struct rep_file {
	char path[REP_PATH_MAX];
	enum rep_type type;
	unsigned size;
	bool sized;
	struct rep_access access;
	uint8_t name[REP_AID_MAX];
	uint8_t name_n;
	uint8_t sfi;		/* 0: none */
	uint8_t template;	/* 0: any */
	bool commits;
	enum rep_told filled;
	struct rep_bytes fci;
	uint16_t read_sw;	/* 0: read, or nobody tried */
	struct rep_bytes content;
	struct rep_bytes *records;
	size_t records_n;
	unsigned line;
};

struct rep_pin {
	unsigned ref;
	char owner[REP_PATH_MAX];
	uint16_t sw;		/* 0: not asked */
	int tries, limit, min, max; /* -1: not known */
	struct rep_access access;
	unsigned line;
};

struct rep_object {
	char name[REP_WORD_MAX];
	uint16_t sw;
	struct rep_bytes data;
};

struct rep_app {
	char name[REP_WORD_MAX];
	uint8_t aid[REP_AID_MAX];
	uint8_t aid_n;
	uint16_t sw;
	char within[REP_WORD_MAX]; /* "": a tree of its own */
	struct rep_bytes fci;
	struct rep_file *files;
	size_t files_n;
	struct rep_pin *pins;
	size_t pins_n;
	struct rep_object *objects;
	size_t objects_n;
};

struct rep_fact {
	char kind[REP_WORD_MAX];
	int points;
	char text[REP_TEXT_MAX];
};

struct rep_text {
	char text[REP_TEXT_MAX];
};

struct report {
	char reader[REP_TEXT_MAX];
	uint8_t atr[CB_ATR_MAX];
	size_t atr_n;
	unsigned protocol;	/* T=0 or T=1 */
	struct rep_bytes cplc;
	char guess[REP_WORD_MAX];
	unsigned sure;		/* of 100 */
	struct rep_fact *facts;
	size_t facts_n;
	struct rep_app *apps;
	size_t apps_n;
	struct rep_text *remarks;
	size_t remarks_n;
	struct rep_text *blotted;
	size_t blotted_n;
	bool full;		/* nothing is blotted when it is written */
};

struct report *report_new(void);
void report_free(struct report **r);

/* What was added last is the element that later calls and lines are about.
 * NULL: no memory, or more than a report has room for. */
struct rep_app *report_add_app(
    struct report *r, struct cb_span aid, uint16_t sw, const char *name);
struct rep_file *rep_add_file(struct rep_app *app, const char *path);
struct rep_pin *rep_add_pin(
    struct rep_app *app, unsigned ref, const char *owner);
struct rep_object *rep_add_object(
    struct rep_app *app, const char *name, uint16_t sw);
struct rep_bytes *rep_add_record(struct rep_file *f);
CB_MUST_USE enum cb_err report_add_fact(
    struct report *r, const char *kind, int points, const char *text);
CB_MUST_USE enum cb_err report_remark(struct report *r, const char *fmt, ...)
    CB_PRINTF(2, 3);
/* Once for each text. */
CB_MUST_USE enum cb_err report_blotted(struct report *r, const char *text);

/* Copies the bytes, all of them hidden. CB_E_LIMIT. */
CB_MUST_USE enum cb_err rep_bytes_set(struct rep_bytes *b, struct cb_span s);
/* One byte more; hidden ones have the value 0. */
CB_MUST_USE enum cb_err rep_bytes_add(
    struct rep_bytes *b, uint8_t byte, bool hidden, size_t times);
void rep_bytes_show(struct rep_bytes *b, size_t from, size_t n);
bool rep_bytes_clear(const struct rep_bytes *b);	/* nothing hidden */
void rep_bytes_free(struct rep_bytes *b);

/* "transparent", as in cardbridge-profile(5); REP_UNKNOWN: "unknown". */
const char *rep_type_word(enum rep_type type);
bool rep_type_find(const char *word, enum rep_type *type);

const struct rep_app *report_find_app(
    const struct report *r, const char *name); /* that answered */
struct rep_file *rep_find_file(const struct rep_app *app, const char *path);

/* write.c, read.c */
CB_MUST_USE enum cb_err report_write(
    const struct report *r, struct cb_buf *out);
/* CB_E_FORMAT: *why names file, line and what is wrong. */
CB_MUST_USE enum cb_err report_read(
    struct report **out, const char *path, struct cb_why *why);
/* The same from memory; `text` is taken apart. `name` is for messages. */
CB_MUST_USE enum cb_err report_parse(struct report **out, char *text,
    const char *name, struct cb_why *why);

#endif
