/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See http.h. A body has a Content-Length: no client of ours sends chunks,
 * and what has both lengths is how requests are smuggled.
 */
#include "backend/door/http.h"
#include "common/http.h"

/* ---- the request line ---------------------------------------------------- */

static bool
is_path(struct cb_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7F)
			return false;
	return s.n > 0 && s.p[0] == '/';
}

static enum cb_err
get_request_line(struct cb_span line, struct be_http_head *h)
{
	if (!cb_http_cut(&line, " ", &h->method) ||
	    !cb_http_cut(&line, " ", &h->path) ||
	    !cb_http_is_token(h->method) || !is_path(h->path))
		return CB_E_FORMAT;
	h->close = cb_span_equal(line, cb_span_str("HTTP/1.0"));
	return h->close || cb_span_equal(line, cb_span_str("HTTP/1.1"))
	           ? CB_OK
	           : CB_E_FORMAT;
}

/* ---- fields -------------------------------------------------------------- */

struct seen {
	unsigned host, length, device;
};

static enum cb_err
take_field(struct cb_span name, struct cb_span value, struct seen *seen,
    struct be_http_head *h)
{
	if (cb_http_is(name, "host"))
		return seen->host++ == 0 ? CB_OK : CB_E_FORMAT;
	if (cb_http_is(name, "content-length"))
		return seen->length++ == 0 ? cb_http_number(value, &h->length)
		                           : CB_E_FORMAT;
	if (cb_http_is(name, "cardbridge-device")) {
		h->device = value;
		return seen->device++ == 0 ? CB_OK : CB_E_FORMAT;
	}
	if (cb_http_is(name, "transfer-encoding"))
		return CB_E_FORMAT;
	if (cb_http_is(name, "connection")) {
		h->close = h->close || cb_http_has(value, "close");
		return CB_OK;
	}
	if (cb_http_is(name, "expect")) {
		h->expects = true;
		return cb_http_is(value, "100-continue") ? CB_OK : CB_E_FORMAT;
	}
	return CB_OK;
}

static enum cb_err
get_field(struct cb_span line, struct seen *seen, struct be_http_head *h)
{
	struct cb_span name, value;
	enum cb_err r = cb_http_field(line, &name, &value);

	if (r != CB_OK)
		return r;
	return take_field(name, value, seen, h);
}

enum cb_err
be_http_head_get(struct cb_span in, struct be_http_head *out)
{
	struct be_http_head h = { .length = 0 };
	struct seen seen = { 0, 0, 0 };
	struct cb_span cur = cb_span_head(in, BE_HTTP_HEAD_MAX), all, line;
	enum cb_err r;

	if (!cb_http_cut(&cur, "\r\n\r\n", &all))
		return in.n >= BE_HTTP_HEAD_MAX ? CB_E_LIMIT : CB_E_SHORT;
	h.n = all.n + 4;
	cur = cb_span_head(in, h.n - 2); /* whole lines */
	if (!cb_http_cut(&cur, "\r\n", &line))
		return CB_E_FORMAT;
	if ((r = get_request_line(line, &h)) != CB_OK)
		return r;
	while (cb_http_cut(&cur, "\r\n", &line))
		if ((r = get_field(line, &seen, &h)) != CB_OK)
			return r;
	if (seen.host == 0 && !h.close)
		return CB_E_FORMAT;
	*out = h;
	return CB_OK;
}

/* ---- answers ------------------------------------------------------------- */

static const char *
reason(unsigned status)
{
	static const struct {
		unsigned status;
		const char *text;
	} reasons[] = {
		{ 200, "OK" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 409, "Conflict" },
		{ 410, "Gone" },
		{ 413, "Content Too Large" },
		{ 429, "Too Many Requests" },
		{ 503, "Service Unavailable" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "";
}

enum cb_err
be_http_answer_put(struct cb_buf *b, const struct be_http_answer *a)
{
	char status[CB_HTTP_DIGITS], length[CB_HTTP_DIGITS];
	char retry[CB_HTTP_DIGITS];
	struct cb_span parts[17];
	size_t n = 0;

#define PUT(span) parts[n++] = (span)
	PUT(cb_span_str("HTTP/1.1 "));
	PUT(cb_http_digits(status, a->status));
	PUT(cb_span_str(" "));
	PUT(cb_span_str(reason(a->status)));
	PUT(cb_span_str("\r\nContent-Type: "));
	PUT(cb_span_str(
	    a->type != NULL ? a->type : "application/octet-stream"));
	PUT(cb_span_str("\r\nContent-Length: "));
	PUT(cb_http_digits(length, a->body.n));
	PUT(cb_span_str("\r\nCache-Control: no-store\r\n"));
	if (a->retry_s != 0) {
		PUT(cb_span_str("Retry-After: "));
		PUT(cb_http_digits(retry, a->retry_s));
		PUT(cb_span_str("\r\n"));
	}
	if (a->allow != NULL) {
		PUT(cb_span_str("Allow: "));
		PUT(cb_span_str(a->allow));
		PUT(cb_span_str("\r\n"));
	}
	PUT(cb_span_str(a->close ? "Connection: close\r\n\r\n" : "\r\n"));
	PUT(a->body);
#undef PUT
	return cb_http_put(b, parts, n);
}
