/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A report read again, from a file that a stranger may have sent: a table of
 * the words that a line can begin with, and what each needs to stand below.
 * Every mistake is told with its line.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report/reader.h"
#include "common/text.h"

#define FILE_MAX (8 << 20)
#define N(table) (sizeof(table) / sizeof((table)[0]))

/* What must have been said before a word. */
enum below { TOP, APP, FILE_, PIN, OBJECT, FILE_OR_PIN, APP_OR_FILE };

static void do_head(struct reader *);
static void do_reader(struct reader *);
static void do_atr(struct reader *);
static void do_protocol(struct reader *);
static void do_cplc(struct reader *);
static void do_guess(struct reader *);
static void do_fact(struct reader *);
static void do_aid(struct reader *);
static void do_fci(struct reader *);
static void do_within(struct reader *);
static void do_file(struct reader *);
static void do_size(struct reader *);
static void do_name(struct reader *);
static void do_sfi(struct reader *);
static void do_template(struct reader *);
static void do_commits(struct reader *);
static void do_filled(struct reader *);
static void do_access(struct reader *);
static void do_read(struct reader *);
static void do_content(struct reader *);
static void do_record(struct reader *);
static void do_pin(struct reader *);
static void do_answer(struct reader *);
static void do_tries(struct reader *);
static void do_limit(struct reader *);
static void do_length(struct reader *);
static void do_object(struct reader *);
static void do_data(struct reader *);
static void do_remark(struct reader *);
static void do_blotted(struct reader *);
static void do_more(struct reader *);

static const struct {
	const char *word;
	enum below below;
	void (*run)(struct reader *);
} words[] = {
	{ "cardbridge-report", TOP, do_head },
	{ "reader", TOP, do_reader },
	{ "atr", TOP, do_atr },
	{ "protocol", TOP, do_protocol },
	{ "cplc", TOP, do_cplc },
	{ "guess", TOP, do_guess },
	{ "fact", TOP, do_fact },
	{ "aid", TOP, do_aid },
	{ "fci", APP_OR_FILE, do_fci },
	{ "within", APP, do_within },
	{ "file", APP, do_file },
	{ "size", FILE_, do_size },
	{ "name", FILE_, do_name },
	{ "sfi", FILE_, do_sfi },
	{ "template", FILE_, do_template },
	{ "commits", FILE_, do_commits },
	{ "filled", FILE_, do_filled },
	{ "access", FILE_OR_PIN, do_access },
	{ "read", FILE_, do_read },
	{ "content", FILE_, do_content },
	{ "record", FILE_, do_record },
	{ "pin", APP, do_pin },
	{ "answer", PIN, do_answer },
	{ "tries", PIN, do_tries },
	{ "limit", PIN, do_limit },
	{ "length", PIN, do_length },
	{ "object", APP, do_object },
	{ "data", OBJECT, do_data },
	{ "remark", TOP, do_remark },
	{ "blotted", TOP, do_blotted },
	{ "+", TOP, do_more },
};

/* ---- a line each --------------------------------------------------------- */

static void
do_head(struct reader *c)
{
	unsigned version = reader_number(c, "version", 1000000, 10);

	if (c->err == CB_OK && version != REP_VERSION)
		reader_fail(c,
		    "a report of version %u; this release reads version "
		    "%d", version, REP_VERSION);
}

static void
do_reader(struct reader *c)
{
	reader_text(c, c->r->reader, sizeof(c->r->reader));
}

static void
do_atr(struct reader *c)
{
	struct cb_atr parsed;

	c->r->atr_n = reader_hex(c, "atr", c->r->atr, CB_ATR_MAX);
	if (c->err == CB_OK && cb_atr_parse(&parsed,
		cb_span(c->r->atr, c->r->atr_n)) != CB_OK)
		reader_fail(c, "not a whole ATR (ISO 7816-3, 8.2)");
}

static void
do_protocol(struct reader *c)
{
	const char *w = reader_word(c);

	if (strcmp(w, "T=0") == 0 || strcmp(w, "T=1") == 0)
		c->r->protocol = w[2] == '1';
	else
		reader_fail(c, "protocol: expected T=0 or T=1");
}

static void
do_cplc(struct reader *c)
{
	reader_bytes_once(c, &c->r->cplc);
}

static void
do_guess(struct reader *c)
{
	(void)snprintf(c->r->guess, sizeof(c->r->guess), "%s",
	    reader_plain(c, "guess", sizeof(c->r->guess)));
	/* It names a profile, never a file. */
	if (strchr(c->r->guess, '.') != NULL)
		reader_fail(c, "guess: there is no kind \"%s\"", c->r->guess);
	c->r->sure = reader_number(c, "guess", 100, 10);
}

static void
do_fact(struct reader *c)
{
	char kind[REP_WORD_MAX], said[REP_TEXT_MAX] = "";
	const char *points;
	int n = 0;

	(void)snprintf(kind, sizeof(kind), "%s",
	    reader_plain(c, "fact", sizeof(kind)));
	points = reader_word(c);
	if (sscanf(points, "%3d", &n) != 1)
		reader_fail(c, "fact: expected points with a sign");
	reader_text(c, said, sizeof(said));
	if (c->err == CB_OK &&
	    report_add_fact(c->r, kind, n, said) != CB_OK)
		reader_fail_room(c);
}

static void
do_aid(struct reader *c)
{
	uint8_t aid[REP_AID_MAX];
	size_t n = reader_hex(c, "aid", aid, sizeof(aid));
	uint16_t sw = reader_status(c);
	const char *name = reader_plain(c, "aid", REP_WORD_MAX);

	c->file = NULL;
	c->pin = NULL;
	c->object = NULL;
	if (c->err != CB_OK)
		return;
	c->app = report_add_app(c->r, cb_span(aid, n), sw, name);
	if (c->app == NULL)
		reader_fail_room(c);
}

static void
do_fci(struct reader *c)
{
	reader_bytes_once(c, c->file != NULL ? &c->file->fci : &c->app->fci);
}

static void
do_within(struct reader *c)
{
	(void)snprintf(c->app->within, sizeof(c->app->within), "%s",
	    reader_plain(c, "within", sizeof(c->app->within)));
}

/* "3F00/5011/1000" */
static bool
is_path(const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < n; i++)
		if ((path[i] == '/') != (i % 5 == 4) || (path[i] != '/' &&
			strchr("0123456789ABCDEF", path[i]) == NULL))
			return false;
	return n % 5 == 4 && n < REP_PATH_MAX && strncmp(path, "3F00", 4) == 0;
}

static void
do_file(struct reader *c)
{
	const char *path = reader_word(c), *type = reader_word(c);
	enum rep_type t = REP_UNKNOWN;

	c->pin = NULL;
	c->object = NULL;
	if (!is_path(path))
		reader_fail(c, "file: expected file identifiers from 3F00 down "
		    "(3F00/5011/1000)");
	else if (!rep_type_find(type, &t))
		reader_fail(c, "file: there is no type \"%.20s\"", type);
	else if (rep_find_file(c->app, path) != NULL)
		reader_fail(c, "file: %s was there before", path);
	else if ((c->file = rep_add_file(c->app, path)) == NULL)
		reader_fail_room(c);
	if (c->err == CB_OK) {
		c->file->type = t;
		c->file->line = c->line;
	}
}

static void
do_size(struct reader *c)
{
	c->file->size = reader_number(c, "size", UINT16_MAX, 10);
	c->file->sized = true;
}

static void
do_name(struct reader *c)
{
	c->file->name_n = (uint8_t)reader_hex(
	    c, "name", c->file->name, sizeof(c->file->name));
}

static void
do_sfi(struct reader *c)
{
	c->file->sfi = (uint8_t)reader_number(c, "sfi", 30, 10);
}

static void
do_template(struct reader *c)
{
	c->file->template = (uint8_t)reader_number(c, "template", 0xFF, 16);
}

static void
do_commits(struct reader *c)
{
	c->file->commits = true;
}

static void
do_filled(struct reader *c)
{
	const char *w = reader_word(c);

	if (strcmp(w, "yes") == 0)
		c->file->filled = REP_YES;
	else if (strcmp(w, "no") == 0)
		c->file->filled = REP_NO;
	else
		reader_fail(c, "filled: expected yes or no");
}

static void
do_access(struct reader *c)
{
	struct rep_access *a =
	    c->file != NULL ? &c->file->access : &c->pin->access;

	a->n = (uint8_t)reader_hex(c, "access", a->p, sizeof(a->p));
}

static void
do_read(struct reader *c)
{
	c->file->read_sw = reader_status(c);
}

static void
do_content(struct reader *c)
{
	reader_bytes_once(c, &c->file->content);
}

static void
do_record(struct reader *c)
{
	unsigned no = reader_number(c, "record", REP_RECORDS_MAX, 10);
	struct rep_bytes *b;

	if (c->err == CB_OK && no != c->file->records_n + 1)
		reader_fail(c, "record: expected number %zu",
		    c->file->records_n + 1);
	else if (c->err == CB_OK && (b = rep_add_record(c->file)) != NULL)
		reader_bytes(c, b);
	else
		reader_fail_room(c);
}

static void
do_pin(struct reader *c)
{
	unsigned ref = reader_number(c, "pin", 0xFF, 16);
	const char *owner = reader_word(c);

	c->file = NULL;
	c->object = NULL;
	if (c->err == CB_OK && !is_path(owner))
		reader_fail(c, "pin: expected the path of its DF");
	else if (c->err == CB_OK &&
	    (c->pin = rep_add_pin(c->app, ref, owner)) == NULL)
		reader_fail_room(c);
	if (c->err == CB_OK)
		c->pin->line = c->line;
}

static void
do_answer(struct reader *c)
{
	c->pin->sw = reader_status(c);
}

static void
do_tries(struct reader *c)
{
	c->pin->tries = (int)reader_number(c, "tries", 15, 10);
}

static void
do_limit(struct reader *c)
{
	c->pin->limit = (int)reader_number(c, "limit", 255, 10);
}

static void
do_length(struct reader *c)
{
	c->pin->min = (int)reader_number(c, "length", 255, 10);
	c->pin->max = (int)reader_number(c, "length", 255, 10);
}

static void
do_object(struct reader *c)
{
	char name[REP_WORD_MAX];
	uint16_t sw;

	(void)snprintf(name, sizeof(name), "%s",
	    reader_plain(c, "object", sizeof(name)));
	sw = reader_status(c);
	c->file = NULL;
	c->pin = NULL;
	if (c->err == CB_OK &&
	    (c->object = rep_add_object(c->app, name, sw)) == NULL)
		reader_fail_room(c);
}

static void
do_data(struct reader *c)
{
	reader_bytes_once(c, &c->object->data);
}

static void
do_remark(struct reader *c)
{
	char said[REP_TEXT_MAX] = "";

	reader_text(c, said, sizeof(said));
	if (c->err == CB_OK && report_remark(c->r, "%s", said) != CB_OK)
		reader_fail_room(c);
}

static void
do_blotted(struct reader *c)
{
	char said[REP_TEXT_MAX] = "";

	reader_text(c, said, sizeof(said));
	if (c->err == CB_OK && report_blotted(c->r, said) != CB_OK)
		reader_fail_room(c);
}

static void
do_more(struct reader *c)
{
	if (c->bytes == NULL)
		reader_fail(c, "nothing stands above that + could go on with");
	else
		reader_bytes(c, c->bytes);
}

/* ---- the file ------------------------------------------------------------ */

static bool
stands_below(const struct reader *c, enum below below)
{
	const bool there[] = {
		[TOP] = true,
		[APP] = c->app != NULL,
		[FILE_] = c->file != NULL,
		[PIN] = c->pin != NULL,
		[OBJECT] = c->object != NULL,
		[FILE_OR_PIN] = c->file != NULL || c->pin != NULL,
		[APP_OR_FILE] = c->app != NULL && c->pin == NULL &&
		    c->object == NULL,
	};

	return there[below];
}

/* Without a remark; one in quotation marks is none. */
static void
cut_remark(char *line)
{
	bool quoted = false;

	for (; *line != '\0'; line++) {
		quoted ^= *line == '"';
		if (*line == '#' && !quoted)
			*line = '\0';
		if (*line == '\0')
			return;
		if (*line == '\r')
			*line = ' ';
	}
}

static void
do_line(struct reader *c, char *line)
{
	const char *first;
	size_t i = 0;

	cut_remark(line);
	c->rest = line;
	if (*(first = reader_word(c)) == '\0')
		return;
	while (i < N(words) && strcmp(words[i].word, first) != 0)
		i++;
	if (i == N(words))
		reader_fail(c, "no line begins with \"%.20s\"", first);
	else if (!stands_below(c, words[i].below))
		reader_fail(c, "%s: nothing stands above that it is about",
		    first);
	if (c->err != CB_OK)
		return;
	if (words[i].run != do_more)
		c->bytes = NULL;
	words[i].run(c);
	if (c->err == CB_OK && *reader_word(c) != '\0')
		reader_fail(c, "%s: more than belongs there", first);
}

enum cb_err
report_parse(
    struct report **out, char *text, const char *name, struct cb_why *why)
{
	static const char head[] = "cardbridge-report ";
	struct reader c = { .path = name, .why = why, .err = CB_OK };
	char *line, *next;

	*out = NULL;
	if (strncmp(text, head, sizeof(head) - 1) != 0) {
		c.line = 1;
		reader_fail(&c,
		    "not a report: the first line of one is \"%s%d\"",
		    head, REP_VERSION);
		goto out;
	}
	if ((c.r = report_new()) == NULL) {
		c.err = CB_E_NOMEM;
		goto out;
	}
	for (line = text; line != NULL && c.err == CB_OK; line = next) {
		if ((next = strchr(line, '\n')) != NULL)
			*next++ = '\0';
		c.line++;
		do_line(&c, line);
	}
	if (c.err == CB_OK && c.r->atr_n == 0)
		reader_fail(&c, "it ends without an ATR");
	if (c.err == CB_OK && c.r->guess[0] == '\0')
		reader_fail(&c, "it ends without a guess");
out:
	if (c.err != CB_OK)
		report_free(&c.r);
	*out = c.r;
	return c.err;
}

enum cb_err
report_read(struct report **out, const char *path, struct cb_why *why)
{
	char *text = NULL;
	enum cb_err r;

	*out = NULL;
	if ((r = cb_text_read(&text, path, FILE_MAX)) == CB_OK)
		r = report_parse(out, text, path, why);
	else if (r == CB_E_ABSENT || r == CB_E_DENIED)
		cb_why_set(why, "%s: %s", path, strerror(errno));
	else
		cb_why_set(why, "%s: not a report: a text file of at most %d "
				"MiB", path, FILE_MAX >> 20);
	free(text);
	return r;
}
