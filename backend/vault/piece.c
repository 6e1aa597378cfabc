/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Pieces as text. Each line of the value has a check of its own, so that who
 * typed it learns which line to look at; the last line has one of everything.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "backend/vault/piece.h"
#include "common/ct.h"
#include "common/hex.h"

#define LINE_VALUE 8	/* bytes of the value in a line */
#define LINE_CHECK 2
#define SUM 4

static const struct {
	const char *name, *head;
} types[] = {
	[BE_PART] = { "part", "cardbridge root part 1" },
	[BE_SHARE] = { "share", "cardbridge root share 1" },
};
#define TYPES (sizeof(types) / sizeof(types[0]))

const char *
be_piece_name(enum be_piece_type type)
{
	return types[type].name;
}

/* ---- checks -------------------------------------------------------------- */

static enum cb_err
digest(const struct cb_buf *b, uint8_t *out, size_t n)
{
	uint8_t hash[CR_HASH];
	enum cb_err r;

	if ((r = cr_sha256(cb_buf_span(b), hash)) == CB_OK)
		memcpy(out, hash, n);
	cb_wipe(hash, sizeof(hash));
	return r;
}

static enum cb_err
line_check(uint8_t line, const uint8_t *value, uint8_t out[LINE_CHECK])
{
	struct cb_buf b = CB_BUF_INIT;
	enum cb_err r;

	(void)((r = cb_put_u8(&b, line)) != CB_OK ||
	    (r = cb_buf_add(&b, cb_span(value, LINE_VALUE))) != CB_OK ||
	    (r = digest(&b, out, LINE_CHECK)) != CB_OK);
	cb_buf_free(&b);
	return r;
}

static enum cb_err
sum(const struct be_piece *p, uint8_t out[SUM])
{
	struct cb_buf b = CB_BUF_INIT;
	enum cb_err r;

	(void)((r = cb_buf_add(&b, cb_span_str(types[p->type].head))) !=
		CB_OK ||
	    (r = be_self_put(&b, &p->self)) != CB_OK ||
	    (r = cb_buf_add(&b, CB_SPAN_OF(p->set))) != CB_OK ||
	    (r = cb_put_u8(&b, p->number)) != CB_OK ||
	    (r = cb_put_u8(&b, p->of)) != CB_OK ||
	    (r = cb_put_u8(&b, p->needed)) != CB_OK ||
	    (r = cb_buf_add(&b, CB_SPAN_OF(p->value))) != CB_OK ||
	    (r = cb_buf_add(&b, CB_SPAN_OF(p->root))) != CB_OK ||
	    (r = digest(&b, out, SUM)) != CB_OK);
	cb_buf_free(&b);
	return r;
}

/* ---- writing ------------------------------------------------------------- */

static enum cb_err
put_str(struct cb_buf *b, const char *text)
{
	return cb_buf_add(b, cb_span_str(text));
}

/* In groups of four digits. */
static enum cb_err
put_hex(struct cb_buf *b, struct cb_span bytes)
{
	enum cb_err r = CB_OK;

	for (; bytes.n > 0 && r == CB_OK; bytes = cb_span_tail(bytes, 2))
		(void)((r = put_str(b, " ")) != CB_OK ||
		    (r = cb_hex_put(b, cb_span_head(bytes, 2))) != CB_OK);
	return r;
}

static enum cb_err
put_line(struct cb_buf *b, const char *word, struct cb_span bytes)
{
	enum cb_err r;

	(void)((r = put_str(b, word)) != CB_OK ||
	    (r = put_hex(b, bytes)) != CB_OK ||
	    (r = put_str(b, "\n")) != CB_OK);
	return r;
}

static enum cb_err
put_value(struct cb_buf *b, const uint8_t value[CR_KEY])
{
	uint8_t check[LINE_CHECK];
	enum cb_err r = CB_OK;

	for (uint8_t i = 0; i < CR_KEY / LINE_VALUE && r == CB_OK; i++)
		(void)((r = line_check(i, value + i * LINE_VALUE, check)) !=
			CB_OK ||
		    (r = put_str(b, "value")) != CB_OK ||
		    (r = put_hex(b, cb_span(value + i * LINE_VALUE,
			 LINE_VALUE))) != CB_OK ||
		    (r = put_line(b, " :", CB_SPAN_OF(check))) != CB_OK);
	return r;
}

enum cb_err
be_piece_put(struct cb_buf *b, const struct be_piece *p)
{
	char head[256];
	uint8_t check[SUM];
	enum cb_err r;

	(void)snprintf(head, sizeof(head),
	    "%s\n# Who has %s of these %u has every key of the backend:\n"
	    "# keep them apart, and out of its database's backup.\n"
	    "kind %s\n", types[p->type].head,
	    p->needed == p->of ? "all" : "enough", p->of,
	    be_kind_text(p->self.kind));
	if ((r = put_str(b, head)) != CB_OK ||
	    (r = put_line(b, "backend", CB_SPAN_OF(p->self.id))) != CB_OK ||
	    (r = put_line(b, "set", CB_SPAN_OF(p->set))) != CB_OK)
		return r;
	(void)snprintf(head, sizeof(head), "piece %u of %u, %u needed\n",
	    p->number, p->of, p->needed);
	(void)((r = put_str(b, head)) != CB_OK ||
	    (r = put_value(b, p->value)) != CB_OK ||
	    (r = put_line(b, "root", CB_SPAN_OF(p->root))) != CB_OK ||
	    (r = sum(p, check)) != CB_OK ||
	    (r = put_line(b, "sum", CB_SPAN_OF(check))) != CB_OK);
	return r;
}

/* ---- reading ------------------------------------------------------------- */

struct reader {
	struct cb_span rest;
	unsigned line;	/* that was read last; from 1 */
	struct cb_why *why;
};

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct cb_span
trim(struct cb_span s)
{
	while (s.n > 0 && is_blank(s.p[0]))
		s = cb_span_tail(s, 1);
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* The next line that says something; empty at the end. */
static struct cb_span
next_line(struct reader *in)
{
	struct cb_span line = CB_SPAN_EMPTY;
	const uint8_t *end;

	while (in->rest.n > 0) {
		end = memchr(in->rest.p, '\n', in->rest.n);
		line = cb_span_head(in->rest,
		    end == NULL ? in->rest.n : (size_t)(end - in->rest.p));
		in->rest = cb_span_tail(in->rest, line.n + 1);
		in->line++;
		line = trim(line);
		if (line.n > 0 && line.p[0] != '#')
			return line;
	}
	return CB_SPAN_EMPTY;
}

static bool
takes_word(struct cb_span *line, const char *word)
{
	const size_t n = strlen(word);

	if (line->n < n ||
	    strncasecmp((const char *)line->p, word, n) != 0 ||
	    (line->n > n && !is_blank(line->p[n])))
		return false;
	*line = trim(cb_span_tail(*line, n));
	return true;
}

static enum cb_err
get_line(struct reader *in, const char *word, struct cb_span *rest)
{
	*rest = next_line(in);
	if (takes_word(rest, word))
		return CB_OK;
	cb_why_set(in->why, "line %u should begin with \"%s\"",
	    in->line, word);
	return CB_E_FORMAT;
}

static enum cb_err
get_hex(struct reader *in, const char *word, uint8_t *out, size_t n)
{
	struct cb_buf bytes = CB_BUF_INIT;
	struct cb_span text;
	enum cb_err r;

	if ((r = get_line(in, word, &text)) != CB_OK)
		return r;
	if ((r = cb_hex_decode(
		 &bytes, (const char *)text.p, text.n)) == CB_OK &&
	    bytes.n != n)
		r = CB_E_FORMAT;
	if (r == CB_OK)
		memcpy(out, bytes.p, n);
	else
		cb_why_set(in->why, "line %u should have %zu digits (0-9, "
		    "a-f)", in->line, 2 * n);
	cb_buf_free(&bytes);
	return r;
}

static enum cb_err
get_value(struct reader *in, uint8_t value[CR_KEY])
{
	uint8_t line[LINE_VALUE + LINE_CHECK], check[LINE_CHECK];
	enum cb_err r = CB_OK;

	for (uint8_t i = 0; i < CR_KEY / LINE_VALUE && r == CB_OK; i++) {
		if ((r = get_hex(in, "value", line, sizeof(line))) != CB_OK ||
		    (r = line_check(i, line, check)) != CB_OK)
			break;
		memcpy(value + i * LINE_VALUE, line, LINE_VALUE);
		if (memcmp(line + LINE_VALUE, check, LINE_CHECK) != 0) {
			cb_why_set(in->why, "line %u is damaged or mistyped: "
			    "its digits do not go together", in->line);
			r = CB_E_FORMAT;
		}
	}
	cb_wipe(line, sizeof(line));
	return r;
}

static enum cb_err
get_number(struct cb_span *line, uint8_t *out)
{
	unsigned v = 0;
	size_t n = 0;

	while (n < line->n && n < 3 && line->p[n] >= '0' && line->p[n] <= '9')
		v = 10 * v + (line->p[n++] - '0');
	if (n == 0 || v == 0 || v > BE_PIECES_MAX)
		return CB_E_FORMAT;
	*out = (uint8_t)v;
	*line = trim(cb_span_tail(*line, n));
	return CB_OK;
}

static bool
takes_comma(struct cb_span *line)
{
	if (line->n == 0 || line->p[0] != ',')
		return false;
	*line = trim(cb_span_tail(*line, 1));
	return true;
}

/* "2 of 5, 3 needed" */
static enum cb_err
get_place(struct reader *in, struct be_piece *p)
{
	struct cb_span line;
	enum cb_err r;

	if ((r = get_line(in, "piece", &line)) != CB_OK)
		return r;
	if (get_number(&line, &p->number) == CB_OK &&
	    takes_word(&line, "of") && get_number(&line, &p->of) == CB_OK &&
	    takes_comma(&line) &&
	    get_number(&line, &p->needed) == CB_OK &&
	    takes_word(&line, "needed") && line.n == 0 &&
	    p->number <= p->of && p->needed <= p->of &&
	    (p->type == BE_PART ? p->needed == p->of : p->needed >= 2))
		return CB_OK;
	cb_why_set(in->why, "line %u should say which piece it is of how "
	    "many, such as \"piece 2 of 5, 3 needed\"", in->line);
	return CB_E_FORMAT;
}

static enum cb_err
get_head(struct reader *in, struct be_piece *p)
{
	struct cb_span line = next_line(in), rest;

	for (size_t i = 0; i < TYPES; i++) {
		rest = line;
		if (takes_word(&rest, types[i].head) && rest.n == 0) {
			p->type = (enum be_piece_type)i;
			return CB_OK;
		}
	}
	cb_why_set(in->why, "this is no piece of a root: its first line "
	    "should be \"%s\" or \"%s\"", types[BE_PART].head,
	    types[BE_SHARE].head);
	return CB_E_FORMAT;
}

static enum cb_err
get_kind(struct reader *in, enum wire_kind *kind)
{
	struct cb_span rest;
	enum cb_err r;

	if ((r = get_line(in, "kind", &rest)) != CB_OK)
		return r;
	if (takes_word(&rest, "live"))
		*kind = WIRE_LIVE;
	else if (takes_word(&rest, "test"))
		*kind = WIRE_TEST;
	else
		r = CB_E_FORMAT;
	if (rest.n > 0)
		r = CB_E_FORMAT;
	if (r != CB_OK)
		cb_why_set(in->why, "line %u should be \"kind live\" or "
		    "\"kind test\"", in->line);
	return r;
}

static enum cb_err
get_end(struct reader *in, const struct be_piece *p)
{
	uint8_t is[SUM], should[SUM];
	enum cb_err r;

	if ((r = get_hex(in, "sum", is, SUM)) != CB_OK ||
	    (r = sum(p, should)) != CB_OK)
		return r;
	if (memcmp(is, should, SUM) != 0)
		cb_why_set(in->why, "it is damaged or mistyped: the sum in "
		    "line %u is not that of the lines before", in->line);
	else if (next_line(in).n != 0)
		cb_why_set(in->why, "line %u is one too many", in->line);
	else
		return CB_OK;
	return CB_E_FORMAT;
}

enum cb_err
be_piece_get(struct cb_span text, struct be_piece *out, struct cb_why *why)
{
	struct reader in = { text, 0, why };
	enum cb_err r;

	cb_wipe(out, sizeof(*out));
	if ((r = get_head(&in, out)) != CB_OK ||
	    (r = get_kind(&in, &out->self.kind)) != CB_OK ||
	    (r = get_hex(&in, "backend", out->self.id, WIRE_ID)) != CB_OK ||
	    (r = get_hex(&in, "set", out->set, BE_PIECE_CHECK)) != CB_OK ||
	    (r = get_place(&in, out)) != CB_OK ||
	    (r = get_value(&in, out->value)) != CB_OK ||
	    (r = get_hex(&in, "root", out->root, BE_PIECE_CHECK)) != CB_OK ||
	    (r = get_end(&in, out)) != CB_OK)
		cb_wipe(out, sizeof(*out));
	return r;
}
