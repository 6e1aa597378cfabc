/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See http_answer.h. An answer is lines, and bytes whose number is known: a
 * line has a function here that says what comes next. One that lies in the
 * bytes as a whole is read where it is.
 */
#include <string.h>

#include "bridge/https/http_answer.h"
#include "common/http.h"

#define RETRY_MAX_S 86400u
#define SWITCHING 101u
#define NO_CONTENT 204u
#define NOT_MODIFIED 304u

/* Of a head that is about to come; interim answers are heads, too. */
static void
begin_head(struct br_http_reader *r)
{
	r->at = BR_HTTP_STATUS;
	r->status = r->retry_after_s = 0;
	r->close = r->old = r->measured = r->chunked = false;
	r->left = 0;
}

void
br_http_reader_begin(struct br_http_reader *r, size_t most)
{
	begin_head(r);
	cb_buf_clear(&r->line);
	r->begun = false;
	r->most = most;
	r->room = BR_HTTP_HEAD_MAX;
}

void
br_http_reader_clear(struct br_http_reader *r)
{
	cb_buf_free(&r->line);
}

/* ---- lines --------------------------------------------------------------- */

static enum cb_err
take_status(struct br_http_reader *r, struct cb_span line, size_t had)
{
	struct cb_span version = cb_span_head(line, 9);
	struct cb_span digits = cb_span_head(cb_span_tail(line, 9), 3);
	struct cb_span reason = cb_span_tail(line, 12);
	size_t status;
	enum cb_err e;

	(void)had;
	r->old = cb_span_equal(version, cb_span_str("HTTP/1.0 "));
	if (!r->old && !cb_span_equal(version, cb_span_str("HTTP/1.1 ")))
		return CB_E_FORMAT;
	if ((e = cb_http_number(digits, &status)) != CB_OK)
		return e;
	/* some leave out the blank when no reason follows */
	if (digits.n != 3 || status < 100 || status == SWITCHING ||
	    (reason.n > 0 && reason.p[0] != ' ') || !cb_http_is_plain(reason))
		return CB_E_FORMAT;
	r->status = (unsigned)status;
	r->close = r->old;
	r->at = BR_HTTP_FIELDS;
	return CB_OK;
}

static enum cb_err
take_field(struct br_http_reader *r, struct cb_span name,
    struct cb_span value)
{
	size_t seconds;
	bool again;

	if (cb_http_is(name, "content-length")) {
		again = r->measured;
		r->measured = true;
		return again ? CB_E_FORMAT : cb_http_number(value, &r->left);
	}
	if (cb_http_is(name, "transfer-encoding")) {
		again = r->chunked;
		r->chunked = true;
		return !again && cb_http_is(value, "chunked")
		    ? CB_OK : CB_E_FORMAT;
	}
	if (cb_http_is(name, "connection"))
		r->close = r->close || cb_http_has(value, "close");
	/* or a date, which is not looked at */
	else if (cb_http_is(name, "retry-after") &&
	    cb_http_number(value, &seconds) == CB_OK && seconds < RETRY_MAX_S)
		r->retry_after_s = (unsigned)seconds;
	return CB_OK;
}

static enum cb_err
end_head(struct br_http_reader *r, size_t had)
{
	if (r->chunked && (r->measured || r->old))
		return CB_E_FORMAT;
	if (r->status < 200) {
		if (r->chunked || r->measured)
			return CB_E_FORMAT;
		begin_head(r);
		return CB_OK;
	}
	if (r->status == NO_CONTENT || r->status == NOT_MODIFIED) {
		/* whatever a length there may mean */
		r->close = true;
		r->at = BR_HTTP_DONE;
	} else if (r->chunked) {
		r->at = BR_HTTP_CHUNK;
		r->room = BR_HTTP_CHUNK_MAX;
	} else if (r->measured) {
		if (r->left > r->most - had)
			return CB_E_LIMIT;
		r->at = r->left > 0 ? BR_HTTP_BODY : BR_HTTP_DONE;
	} else {
		r->close = true;
		r->at = BR_HTTP_CLOSE;
	}
	return CB_OK;
}

static enum cb_err
take_fields(struct br_http_reader *r, struct cb_span line, size_t had)
{
	struct cb_span name, value;
	enum cb_err e;

	if (line.n == 0)
		return end_head(r, had);
	if ((e = cb_http_field(line, &name, &value)) != CB_OK)
		return e;
	return take_field(r, name, value);
}

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What a chunk says of itself behind its length is of no interest. */
static enum cb_err
take_chunk(struct br_http_reader *r, struct cb_span line, size_t had)
{
	size_t n = 0, digits = 0;
	struct cb_span more;

	while (digits < line.n && hex_digit(line.p[digits]) >= 0) {
		if (n > SIZE_MAX / 16)
			return CB_E_LIMIT;
		n = n * 16 + (size_t)hex_digit(line.p[digits++]);
	}
	more = cb_http_trim(cb_span_tail(line, digits));
	if (digits == 0 || !cb_http_is_plain(line) ||
	    (more.n > 0 && more.p[0] != ';'))
		return CB_E_FORMAT;
	if (n > r->most - had)
		return CB_E_LIMIT;
	r->left = n;
	r->at = n > 0 ? BR_HTTP_DATA : BR_HTTP_TRAILER;
	r->room = n > 0 ? BR_HTTP_CHUNK_MAX : BR_HTTP_HEAD_MAX;
	return CB_OK;
}

static enum cb_err
take_data_end(struct br_http_reader *r, struct cb_span line, size_t had)
{
	(void)had;
	r->at = BR_HTTP_CHUNK;
	r->room = BR_HTTP_CHUNK_MAX;
	return line.n == 0 ? CB_OK : CB_E_FORMAT;
}

static enum cb_err
take_trailer(struct br_http_reader *r, struct cb_span line, size_t had)
{
	struct cb_span name, value;

	(void)had;
	if (line.n > 0)
		return cb_http_field(line, &name, &value);
	r->at = BR_HTTP_DONE;
	return CB_OK;
}

/* One line without its end, good until the next one is taken. */
static enum cb_err
get_line(struct br_http_reader *r, struct cb_span *in, struct cb_span *line)
{
	const uint8_t *end = in->n > 0 ? memchr(in->p, '\n', in->n) : NULL;
	struct cb_span got = cb_span_head(
	    *in, end != NULL ? (size_t)(end - in->p) + 1 : in->n);
	enum cb_err e;

	if (got.n > r->room)
		return CB_E_LIMIT;
	r->room -= got.n;
	*in = cb_span_tail(*in, got.n);
	if (end == NULL || r->line.n > 0) {
		if ((e = cb_buf_add(&r->line, got)) != CB_OK)
			return e;
		got = cb_buf_span(&r->line);
	}
	if (end == NULL)
		return CB_E_SHORT;
	if (got.n < 2 || got.p[got.n - 2] != '\r')
		return CB_E_FORMAT;
	*line = cb_span_head(got, got.n - 2);
	return CB_OK;
}

/* ---- all of it ----------------------------------------------------------- */

static enum cb_err
take_line(struct br_http_reader *r, struct cb_span *in, size_t had)
{
	static enum cb_err (*const lines[])(struct br_http_reader *r,
	    struct cb_span line, size_t had) = {
		[BR_HTTP_STATUS] = take_status,
		[BR_HTTP_FIELDS] = take_fields,
		[BR_HTTP_CHUNK] = take_chunk,
		[BR_HTTP_DATA_END] = take_data_end,
		[BR_HTTP_TRAILER] = take_trailer,
	};
	struct cb_span line;
	enum cb_err e;

	if ((e = get_line(r, in, &line)) != CB_OK)
		return e;
	e = lines[r->at](r, line, had);
	cb_buf_clear(&r->line);
	return e;
}

static enum cb_err
take_bytes(
    struct br_http_reader *r, struct cb_span *in, struct cb_buf *body)
{
	struct cb_span got = r->at == BR_HTTP_CLOSE
	    ? *in : cb_span_head(*in, r->left);
	enum cb_err e;

	if (got.n == 0)
		return CB_E_SHORT;
	if (got.n > r->most - body->n)
		return CB_E_LIMIT;
	if ((e = cb_buf_add(body, got)) != CB_OK)
		return e;
	*in = cb_span_tail(*in, got.n);
	if (r->at == BR_HTTP_CLOSE || (r->left -= got.n) > 0)
		return CB_OK;
	r->at = r->at == BR_HTTP_DATA ? BR_HTTP_DATA_END : BR_HTTP_DONE;
	return CB_OK;
}

enum cb_err
br_http_reader_take(
    struct br_http_reader *r, struct cb_span *in, struct cb_buf *body)
{
	enum cb_err e = CB_OK;

	r->begun = r->begun || in->n > 0;
	while (e == CB_OK && r->at != BR_HTTP_DONE) {
		if (r->at == BR_HTTP_BODY || r->at == BR_HTTP_CLOSE ||
		    r->at == BR_HTTP_DATA)
			e = take_bytes(r, in, body);
		else
			e = take_line(r, in, body->n);
	}
	return e;
}

bool
br_http_reader_end(const struct br_http_reader *r)
{
	return r->at == BR_HTTP_CLOSE || r->at == BR_HTTP_DONE;
}
