/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See tls.h.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "bridge/https/tls.h"
#include "tests/bench/measure.h"
#include "tests/bench/tls.h"

#define HEAD_MAX 2048

void
must_cb(enum cb_err r, const char *what)
{
	if (r != CB_OK)
		die("%s: %s", what, cb_err_text(r));
}

void
identity_read(struct wire_identity *out, const char *dir)
{
	struct cb_why why;

	if (wire_identity_read(out, dir, time(NULL), &why) != CB_OK)
		die("%s", why.text);
}

SSL_CTX *
tls_context(
    const SSL_METHOD *method, const struct wire_identity *id, bool check)
{
	static struct br_distrust distrust;
	struct br_trust trust;
	SSL_CTX *ctx = SSL_CTX_new(method);

	br_trust_of(&trust, id, false, false);
	if (!check)
		trust.in = BR_TRUST_ANYBODY;
	if (ctx == NULL || SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION)
	    != 1)
		die("no TLS context");
	must_cb(br_tls_set(ctx, &trust, &distrust), "TLS");
	SSL_CTX_set_mode(ctx, SSL_MODE_AUTO_RETRY);
	return ctx;
}

SSL *
tls_connect(SSL_CTX *ctx, const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	SSL *tls = SSL_new(ctx);

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		die("no connection to port %s", port);
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
	    tls == NULL || SSL_set_fd(tls, fd) != 1 || SSL_connect(tls) != 1)
		die("no TLS with port %s", port);
	return tls;
}

/* ---- HTTP ---------------------------------------------------------------- */

/* One in each thread. */
static _Thread_local char head[HEAD_MAX + 65536];

/* A head and as much behind it as came with it: bytes of the head. 0: the end
 * came before one. */
static size_t
read_head(SSL *tls, size_t *n)
{
	char *end;
	int got;

	*n = 0;
	for (;;) {
		if ((got = SSL_read(tls, head + *n,
			 (int)(sizeof(head) - 1 - *n))) <= 0)
			return 0;
		*n += (size_t)got;
		head[*n] = '\0';
		if ((end = strstr(head, "\r\n\r\n")) != NULL)
			return (size_t)(end - head) + 4;
		if (*n > HEAD_MAX)
			die("a head that does not end");
	}
}

/* A message's body, behind its head in `head`. */
static bool
read_body(SSL *tls, struct cb_buf *body)
{
	size_t n, at = read_head(tls, &n), length;
	const char *field;
	uint8_t *p;
	int got;

	if (at == 0)
		return false;
	if ((field = strcasestr(head, "\r\ncontent-length:")) == NULL)
		die("a message without length: %.200s", head);
	length = strtoul(field + 17, NULL, 10);
	cb_buf_clear(body);
	must_cb(cb_buf_add(body, cb_span(head + at, n - at)), "a body");
	while (body->n < length) {
		must_cb(cb_buf_grow(body, length - body->n, &p), "a body");
		body->n -= length - body->n;
		if ((got = SSL_read(tls, p, (int)(length - body->n))) <= 0)
			return false;
		body->n += (size_t)got;
	}
	return true;
}

void
http_send(SSL *tls, const char *path, struct cb_span body)
{
	static _Thread_local char out[HEAD_MAX + 65536];
	const int n = snprintf(out, HEAD_MAX, "POST %s HTTP/1.1\r\n"
	    "Host: 127.0.0.1\r\nContent-Type: application/octet-stream\r\n"
	    "Content-Length: %zu\r\n\r\n", path, body.n);

	if (body.n > sizeof(out) - HEAD_MAX)
		die("too long");
	if (body.n > 0)
		memcpy(out + n, body.p, body.n);
	if (SSL_write(tls, out, n + (int)body.n) <= 0)
		die("%s: not sent", path);
}

unsigned
http_answer(SSL *tls, struct cb_buf *answer)
{
	if (!read_body(tls, answer))
		die("no answer");
	return (unsigned)strtoul(head + 9, NULL, 10);
}

unsigned
http_post(SSL *tls, const char *path, struct cb_span body,
    struct cb_buf *answer)
{
	http_send(tls, path, body);
	return http_answer(tls, answer);
}

bool
http_serve(SSL *tls, struct cb_buf *body, size_t answer_n)
{
	static char out[HEAD_MAX + 65536];
	int n;

	if (!read_body(tls, body))
		return false;
	n = snprintf(out, HEAD_MAX, "HTTP/1.1 200 OK\r\n"
	    "Content-Type: application/octet-stream\r\n"
	    "Content-Length: %zu\r\n\r\n", answer_n);
	return SSL_write(tls, out, n + (int)answer_n) > 0;
}
