/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See http_client.h. A request goes out as one piece, so that TLS makes one
 * record of it, and on a kept connection nothing else is done for it.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "bridge/https/http_answer.h"
#include "bridge/https/http_client.h"
#include "bridge/sock.h"
#include "common/http.h"

#define HEAD_MAX 1024
/* After so long without a request it is worth a look whether the connection is
 * still there: what is known not to have been sent can be told so. */
#define REST_MS 1000
unsigned br_http_slow_ms = 30000;

struct br_http {
	struct br_pipe *pipe;
	struct br_http_reader reader;
	struct cb_buf out;
	uint64_t answered_at;		/* ms */
	atomic_ullong sent, received;	/* bytes */
	uint8_t in[BR_PIPE_READ];
};

/* ---- making and ending --------------------------------------------------- */

enum cb_err
br_http_new(struct br_http **out, const struct br_trust *trust)
{
	struct br_http *h;
	enum cb_err r;

	*out = NULL;
	if ((h = calloc(1, sizeof(*h))) == NULL)
		return CB_E_NOMEM;
	atomic_init(&h->sent, 0);
	atomic_init(&h->received, 0);
	if ((r = br_pipe_new(&h->pipe, trust)) == CB_OK) {
		*out = h;
		h = NULL;
	}
	br_http_free(&h);
	return r;
}

void
br_http_free(struct br_http **client)
{
	struct br_http *h = *client;

	if (h == NULL)
		return;
	*client = NULL;
	br_pipe_free(&h->pipe);
	br_http_reader_clear(&h->reader);
	cb_buf_free(&h->out);
	free(h);
}

enum cb_err
br_http_trust(struct br_http *h, const struct br_trust *trust)
{
	return br_pipe_trust(h->pipe, trust);
}

void
br_http_hang_up(struct br_http *h)
{
	br_pipe_rest(h->pipe);
}

void
br_http_wary(struct br_http *h)
{
	br_pipe_wary(h->pipe);
}

void
br_http_bytes(const struct br_http *h, uint64_t *sent, uint64_t *received)
{
	*sent = atomic_load(&h->sent);
	*received = atomic_load(&h->received);
}

bool
br_http_proxied(const struct br_http *h)
{
	return br_pipe_proxied(h->pipe);
}

unsigned
br_http_connections(const struct br_http *h)
{
	return br_pipe_made(h->pipe);
}

void
br_http_interrupt(struct br_http *h)
{
	br_pipe_interrupt(h->pipe);
}

void
br_http_resume(struct br_http *h)
{
	(void)br_pipe_interrupted(h->pipe);
}

void
br_http_heed(struct br_http *h, const struct br_heed *heed)
{
	br_pipe_heed(h->pipe, heed);
}

void
br_http_pause(struct br_http *h, unsigned ms)
{
	/* whoever interrupted it is looked for */
	(void)!br_pipe_pause(h->pipe, br_now_ms() + ms);
}

/* ---- a request ----------------------------------------------------------- */

/* RFC 9112, 3.2.3: without the port of its scheme. */
static struct cb_span
host_of(const char *origin)
{
	static const char scheme[] = "https://";
	struct cb_span host = cb_span_str(origin + sizeof(scheme) - 1);

	if (host.n > 4 &&
	    cb_span_equal(cb_span_tail(host, host.n - 4), cb_span_str(":443")))
		host.n -= 4;
	return host;
}

static enum cb_err
put_request(struct cb_buf *out, const struct br_http_ask *ask)
{
	char length[CB_HTTP_DIGITS];
	struct cb_span parts[10];
	size_t n = 0;

#define PUT(span) parts[n++] = (span)
	PUT(cb_span_str(ask->post ? "POST " : "GET "));
	PUT(cb_span_str(ask->path));
	PUT(cb_span_str(" HTTP/1.1\r\nHost: "));
	PUT(host_of(ask->origin));
	if (ask->device != NULL) {
		PUT(cb_span_str("\r\nCardbridge-Device: "));
		PUT(cb_span_str(ask->device));
	}
	if (ask->post) {
		PUT(cb_span_str("\r\nContent-Type: application/octet-stream"
				"\r\nContent-Length: "));
		PUT(cb_http_digits(length, ask->body.n));
	}
	PUT(cb_span_str("\r\n\r\n"));
	if (ask->post)
		PUT(ask->body);
#undef PUT
	cb_buf_clear(out);
	out->max = HEAD_MAX + ask->body.n;
	return cb_http_put(out, parts, n);
}

static enum cb_err
take_bytes(struct br_http *h, struct cb_span *in,
    struct br_http_answer *answer, struct cb_why *why)
{
	enum cb_err r = br_http_reader_take(&h->reader, in, &answer->body);

	if (r == CB_E_LIMIT)
		cb_why_set(why, "the backend's answer is too long");
	if (r != CB_E_FORMAT)
		return r;
	cb_why_set(why, BR_UNREACHED "what answers there does not speak "
	    "HTTP");
	return CB_E_PEER;
}

static enum cb_err
take_end(const struct br_http_reader *reader, struct cb_why *why)
{
	if (br_http_reader_end(reader))
		return CB_OK;
	cb_why_set(why, BR_UNREACHED "it ended the connection %s",
	    reader->begun ? "within its answer" : "without an answer");
	return CB_E_PEER;
}

/* What has begun must come to its end. */
static uint64_t
soon(uint64_t deadline)
{
	return deadline != BR_PIPE_NO_END ? deadline
	    : br_now_ms() + br_http_slow_ms;
}

/* A head or body of which there is a part; what is interim is none. */
static bool
is_partial(const struct br_http_reader *reader)
{
	return reader->at != BR_HTTP_STATUS || reader->line.n > 0;
}

static enum cb_err
take_answer(struct br_http *h, struct br_http_answer *answer,
    uint64_t deadline, struct cb_why *why)
{
	struct cb_span in;
	size_t n;
	enum cb_err r;

	do {
		if ((r = br_pipe_recv(h->pipe, h->in, &n, deadline, why)) !=
		    CB_OK)
			return r;
		atomic_fetch_add(&h->received, n);
		in = cb_span(h->in, n);
		r = n == 0 ? take_end(&h->reader, why)
		    : take_bytes(h, &in, answer, why);
		if (is_partial(&h->reader))
			deadline = soon(deadline);
	} while (r == CB_E_SHORT);
	if (r != CB_OK)
		return r;
	/* nothing was asked that this could answer */
	h->reader.close = h->reader.close || in.n > 0;
	answer->status = h->reader.status;
	answer->retry_after_s = h->reader.retry_after_s;
	return CB_OK;
}

/* One try, on the connection that stands. */
static enum cb_err
exchange(struct br_http *h, const struct br_http_ask *ask,
    struct br_http_answer *answer, uint64_t deadline, struct cb_why *why)
{
	enum cb_err r;

	answer->sent = true;
	if (ask->sending != NULL)
		ask->sending(ask->ctx);
	br_http_reader_begin(&h->reader, ask->most);
	if ((r = br_pipe_send(h->pipe, cb_buf_span(&h->out), soon(deadline),
		 why)) != CB_OK)
		return r;
	atomic_fetch_add(&h->sent, h->out.n);
	return take_answer(h, answer, deadline, why);
}

enum cb_err
br_http_do(struct br_http *h, const struct br_http_ask *ask,
    struct br_http_answer *answer, bool *distrust, struct cb_why *why)
{
	uint64_t now = br_now_ms();
	uint64_t deadline = ask->all_ms > 0 ? now + ask->all_ms
	    : BR_PIPE_NO_END;
	bool kept = br_pipe_stands(h->pipe, ask->origin) &&
	    (now - h->answered_at < REST_MS || br_pipe_rests(h->pipe));
	enum cb_err r;

	cb_buf_clear(&answer->body);
	answer->body.max = ask->most;
	answer->status = answer->retry_after_s = 0;
	answer->sent = false;
	*distrust = false;
	if (br_pipe_interrupted(h->pipe))
		return CB_E_BUSY;
	if ((r = put_request(&h->out, ask)) != CB_OK)
		goto out;
	if (kept) {
		r = exchange(h, ask, answer, deadline, why);
		/* the other end closes what is idle for long, and may have
		 * done so while this was on its way */
		kept = r != CB_E_PEER || h->reader.begun;
	}
	if (!kept) {
		cb_why_set(why, "%s", "");
		r = br_pipe_open(h->pipe, ask->origin, ask->connect_ms,
		    deadline, distrust, why);
		if (r == CB_OK)
			r = exchange(h, ask, answer, deadline, why);
	}
	if (r != CB_OK || h->reader.close)
		br_pipe_close(h->pipe);
	if (r != CB_OK)
		cb_buf_clear(&answer->body);
	h->answered_at = br_now_ms();
out:
	cb_buf_clear(&h->out);
	return r;
}
