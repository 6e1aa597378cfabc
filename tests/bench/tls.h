/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * TLS and HTTP/1.1 of the benchmark, as little as goes: blocking, one request
 * at a time, answers of a few KiB.
 */
#ifndef BENCH_TLS_H
#define BENCH_TLS_H

#include <openssl/ssl.h>

#include "wire/identity.h"

void must_cb(enum cb_err r, const char *what);

void identity_read(struct wire_identity *out, const char *dir);
/* Shows this identity's certificate; checks the other's where `check`. */
SSL_CTX *tls_context(
    const SSL_METHOD *method, const struct wire_identity *id, bool check);
/* Port of 127.0.0.1. */
SSL *tls_connect(SSL_CTX *ctx, const char *port);
/* Sends a POST, and does not wait. */
void http_send(SSL *tls, const char *path, struct cb_span body);
/* What was sent is answered: *answer is replaced by the body; the status. */
unsigned http_answer(SSL *tls, struct cb_buf *answer);
/* Both. */
unsigned http_post(SSL *tls, const char *path, struct cb_span body,
    struct cb_buf *answer);
/* The other half: a request's body, and then its answer. False: no more. */
bool http_serve(SSL *tls, struct cb_buf *body, size_t answer_n);

#endif
