/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See rig.h.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "backend/ask.h"
#include "backend/walls.h"
#include "common/log.h"
#include "tests/backend/door/rig.h"
#include "wire/begin.h"

const uint8_t rig_org[WIRE_ID] = { 0x0A, 1 };
const uint8_t rig_card[WIRE_ID] = { 0x0C, 1 };
const uint8_t rig_card2[WIRE_ID] = { 0x0C, 2 };
const uint8_t rig_session[WIRE_ID] = { 0x05, 1 };
static const uint8_t other_org[WIRE_ID] = { 0x0A, 2 }, platform[WIRE_ID];
static const uint8_t backend[WIRE_ID] = { 0x0B, 1 };

#define HOUR 3600

/* ---- certificates -------------------------------------------------------- */

static const struct {
	enum wire_usage usage;
	enum wire_kind kind;
	uint8_t id[WIRE_ID];
	const uint8_t *org;
} people[WHO] = {
	[DEVICE] = { WIRE_DEVICE, WIRE_TEST, { 0x0D, 1 }, rig_org },
	[DEVICE2] = { WIRE_DEVICE, WIRE_TEST, { 0x0D, 2 }, rig_org },
	[STRAY] = { WIRE_DEVICE, WIRE_TEST, { 0x0D, 3 }, other_org },
	[PERSON] = { WIRE_PERSON, WIRE_TEST, { 0x0E, 1 }, rig_org },
	[NAMESAKE] = { WIRE_DEVICE, WIRE_TEST, { 0x0E, 1 }, other_org },
	[OPERATOR] = { WIRE_PERSON, WIRE_TEST, { 0x0F, 1 }, platform },
	[EXPIRED] = { WIRE_DEVICE, WIRE_TEST, { 0x0D, 4 }, rig_org },
	[FOREIGN] = { WIRE_DEVICE, WIRE_TEST, { 0x0D, 1 }, rig_org },
	[LIVE] = { WIRE_DEVICE, WIRE_LIVE, { 0x0D, 1 }, rig_org },
	[DOOR] = { WIRE_DOOR, WIRE_TEST, { 0x0B, 1 }, rig_org },
};

const uint8_t *
rig_id(enum who who)
{
	return people[who].id;
}

static void
make(struct identity *out, enum wire_usage usage, enum wire_kind kind,
    const uint8_t *id, const uint8_t *org, const struct identity *by,
    int seconds)
{
	static const char *const hosts[] = { "localhost", "127.0.0.1" };
	const int64_t now = (int64_t)time(NULL);
	struct wire_cert_wish wish = { .usage = usage, .kind = kind,
		.hosts = usage == WIRE_DOOR ? hosts : NULL,
		.hosts_n = usage == WIRE_DOOR ? 2 : 0,
		.from = now - 7200, .until = now + seconds,
		.serial = { 1 } };

	memcpy(wish.subject, id, WIRE_ID);
	memcpy(wish.organisation, org, WIRE_ID);
	ck_assert_int_eq(usage == WIRE_SERVICE
		? wire_key_new_rsa(&out->key, WIRE_RSA_BITS)
		: wire_key_new_p256(&out->key), CB_OK);
	ck_assert_int_eq(
	    wire_cert_make(&wish, out->key,
		by != NULL ? by->key : out->key,
		by != NULL ? cb_buf_span(&by->cert) : CB_SPAN_EMPTY,
		&out->cert), CB_OK);
}

static void
identity_clear(struct identity *id)
{
	wire_key_free(&id->key);
	cb_buf_free(&id->cert);
}

static SSL_CTX *
context(struct rig *r, enum who who)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	const uint8_t *p = r->authority.cert.p;
	X509 *ca = d2i_X509(NULL, &p, (long)r->authority.cert.n);

	ck_assert(ctx != NULL && ca != NULL);
	ck_assert_int_eq(
	    X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), ca), 1);
	X509_free(ca);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (who == NOBODY)
		return ctx;
	ck_assert_int_eq(SSL_CTX_use_certificate_ASN1(ctx,
		(int)r->ids[who].cert.n, r->ids[who].cert.p), 1);
	ck_assert_int_eq(
	    SSL_CTX_use_PrivateKey(ctx, wire_key_pkey(r->ids[who].key)), 1);
	return ctx;
}

void
rig_serve(struct rig *r)
{
	static const uint8_t no_org[WIRE_ID];

	identity_clear(&r->service);
	make(&r->service, WIRE_SERVICE, WIRE_TEST, backend, no_org,
	    &r->authority, HOUR);
}

/* One set for all tests: each of them is a process. */
void
rig_init(struct rig *r)
{
	static const uint8_t no_org[WIRE_ID];
	struct identity foreign = { 0 }, live = { 0 };

	*r = (struct rig){ .pid = -1, .parent = -1 };
	make(&r->authority, WIRE_AUTHORITY, WIRE_TEST, backend, no_org, NULL,
	    HOUR);
	make(&foreign, WIRE_AUTHORITY, WIRE_TEST, backend, no_org, NULL,
	    HOUR);
	make(&live, WIRE_AUTHORITY, WIRE_LIVE, backend, no_org, NULL, HOUR);
	for (int i = DEVICE; i < WHO; i++)
		make(&r->ids[i], people[i].usage, people[i].kind, people[i].id,
		    people[i].org,
		    i == FOREIGN ? &foreign : i == LIVE ? &live
							: &r->authority,
		    i == EXPIRED ? -HOUR : HOUR);
	/* ABOUT carries it unread */
	ck_assert_int_eq(
	    cb_buf_set(&r->service.cert, cb_span_str("service")), CB_OK);
	for (int i = NOBODY; i < WHO; i++)
		r->ctx[i] = context(r, (enum who)i);
	identity_clear(&foreign);
	identity_clear(&live);
	r->settings = (struct be_door_settings){ .kind = WIRE_TEST,
		.authority = cb_buf_span(&r->authority.cert),
		.service = cb_buf_span(&r->service.cert),
		.certificate = cb_buf_span(&r->ids[DOOR].cert),
		.limits = be_door_usual };
	memcpy(r->settings.backend, backend, WIRE_ID);
}

void
rig_short(struct rig *r, enum who who, int seconds)
{
	identity_clear(&r->ids[who]);
	make(&r->ids[who], people[who].usage, people[who].kind,
	    people[who].id, people[who].org, &r->authority, seconds);
	r->short_until = (int64_t)time(NULL) + seconds;
	SSL_CTX_free(r->ctx[who]);
	r->ctx[who] = context(r, who);
}

void
rig_wait_until(int64_t when)
{
	while ((int64_t)time(NULL) < when)
		(void)poll(NULL, 0, 20);
}

/* ---- the door's process -------------------------------------------------- */

static enum cb_err
on_told(void *ctx, struct be_channel *ch, const struct be_message *m)
{
	(void)ch;
	if (m->type != 0x0503)
		return CB_E_PEER;
	be_door_stop(ctx);
	return CB_OK;
}

/* A sanitizer looks for leaks when a process ends, in ways that no wall lets
 * pass: there the walls are left out. */
#if defined(__SANITIZE_ADDRESS__)
#define WALLS false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WALLS false
#endif
#endif
#ifndef WALLS
#define WALLS true
#endif

static void
on_lost(void *ctx, uint64_t number)
{
	struct cb_buf body = CB_BUF_INIT;
	struct be_message m = { .type = RIG_LOST };

	if (cb_put_u64(&body, number) != CB_OK)
		_exit(93);
	m.body = cb_buf_span(&body);
	(void)!be_channel_send(ctx, &m);
	cb_buf_free(&body);
}

static void
be_the_door(struct rig *r, const int listening[2], int parent, int worker)
{
	struct be_door *door;
	struct be_channel *ch;
	struct be_walls up;
	struct cb_why why = { "" };
	int failed;

	if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
		_exit(90);
	cb_log_set_level(CB_LOG_WARNING);
	if (be_door_new(&door, &r->settings, &why) != CB_OK ||
	    be_channel_new(&ch, parent) != CB_OK ||
	    be_door_parent(door, ch, on_told, door) != CB_OK ||
	    (!r->without_worker &&
		be_door_worker(door, rig_org, 1, worker) != CB_OK) ||
	    be_door_listen(door, listening[0]) != CB_OK ||
	    (r->with_desk && be_door_listen(door, listening[1]) != CB_OK))
		_exit(91);
	if (r->with_desk)
		be_door_desk(door);
	be_door_on_lost(door, on_lost, ch);
	if (WALLS && be_walls_up(BE_DOOR, NULL, &up, &why) != CB_OK) {
		(void)fprintf(stderr, "# walls: %s\n", why.text);
		_exit(92);
	}
	failed = be_door_run(door) != CB_OK;
	be_door_free(&door);
	be_channel_free(&ch);
	if (WALLS)
		_exit(failed);
	exit(failed);
}

int
rig_listen(struct rig *r)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, n), 0);
	ck_assert_int_eq(listen(fd, 64), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	r->port = ntohs(at.sin_port);
	return fd;
}

void
rig_start(struct rig *r)
{
	struct cb_buf pem = CB_BUF_INIT;
	int listening[2] = { -1, -1 }, parent[2], worker[2];

	ck_assert_int_eq(wire_key_put_pem(r->ids[DOOR].key, &pem), CB_OK);
	r->settings.key = cb_buf_span(&pem);
	if (r->with_desk) {
		listening[1] = rig_listen(r);
		r->desk_port = r->port;
	}
	listening[0] = rig_listen(r);
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, parent), 0);
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, worker), 0);
	if ((r->pid = fork()) == 0) {
		(void)close(parent[0]);
		(void)close(worker[0]);
		be_the_door(r, listening, parent[1], worker[1]);
	}
	ck_assert_int_gt(r->pid, 0);
	for (int i = 0; i < 1 + r->with_desk; i++)
		(void)close(listening[i]);
	(void)close(parent[1]);
	(void)close(worker[1]);
	r->parent = parent[0];
	ck_assert_int_eq(be_channel_new(&r->worker, worker[0]), CB_OK);
	cb_buf_free(&pem);
	if (!r->without_worker) {
		r->state = rig_asked(r, BE_ASK_STATE);
		rig_lacks(r, 0);
	}
}

void
rig_lacks(struct rig *r, uint8_t what)
{
	rig_answer(r, BE_ASK_STATE, r->state, 0, cb_span(&what, 1));
	r->state = rig_asked(r, BE_ASK_STATE);
}

void
rig_stop(struct rig *r)
{
	/* length, type, code, number */
	static const uint8_t stop[16] = { 0, 0, 0, 0, 0x05, 0x03 };

	ck_assert_int_eq(
	    write(r->parent, stop, sizeof(stop)), (ssize_t)sizeof(stop));
}

void
rig_clear(struct rig *r)
{
	int status = -1;

	if (r->parent >= 0)
		(void)close(r->parent);
	if (r->pid > 0)
		ck_assert_int_eq(waitpid(r->pid, &status, 0), r->pid);
	if (r->pid > 0)
		ck_assert_msg(status == 0, "the door ended with %d", status);
	be_channel_free(&r->worker);
	for (int i = NOBODY; i < WHO; i++) {
		SSL_CTX_free(r->ctx[i]);
		identity_clear(&r->ids[i]);
	}
	identity_clear(&r->authority);
	identity_clear(&r->service);
}

/* ---- the worker ---------------------------------------------------------- */

static bool
wait_readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

void
rig_told(struct rig *r, struct told *out, uint16_t type)
{
	struct be_message m;
	enum cb_err e;

	while ((e = be_channel_next(r->worker, &m)) == CB_E_SHORT) {
		ck_assert_msg(wait_readable(be_channel_fd(r->worker),
		    PATIENCE_MS), "the worker is told nothing");
		ck_assert_int_eq(be_channel_read(r->worker), CB_OK);
	}
	ck_assert_int_eq(e, CB_OK);
	ck_assert_int_eq(m.type, type);
	*out = (struct told){ .type = m.type, .id = m.id };
	if (m.type <= BE_ASK_WATCH) {
		ck_assert(m.body.n > 0 && m.body.p[0] <= 1);
		out->inspected = m.body.p[0] == 1;
		m.body = cb_span_tail(m.body, 1);
	}
	ck_assert_int_eq(cb_buf_set(&out->body, m.body), CB_OK);
}

uint64_t
rig_asked(struct rig *r, uint16_t type)
{
	struct told t;

	rig_told(r, &t, type);
	cb_buf_free(&t.body);
	return t.id;
}

void
rig_untold(struct rig *r)
{
	struct be_message m;

	ck_assert(!wait_readable(be_channel_fd(r->worker), 100));
	ck_assert_int_eq(be_channel_next(r->worker, &m), CB_E_SHORT);
}

void
rig_answer(struct rig *r, uint16_t type, uint64_t id, uint16_t code,
    struct cb_span body)
{
	const struct be_message m = { .type = type, .code = code,
		.answer = true, .id = id, .body = body };

	ck_assert_int_eq(be_channel_send(r->worker, &m), CB_OK);
	while (be_channel_unsent(r->worker))
		ck_assert_int_eq(be_channel_flush(r->worker), CB_OK);
}

void
rig_lose(struct rig *r)
{
	be_channel_free(&r->worker);
}

/* ---- clients ------------------------------------------------------------- */

static void
bind_to(int fd, const char *address)
{
	struct sockaddr_in from = { .sin_family = AF_INET };

	if (address == NULL)
		return;
	ck_assert_int_eq(inet_pton(AF_INET, address, &from.sin_addr), 1);
	ck_assert_int_eq(
	    bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
}

void
client_from(struct rig *r, struct client *c, const char *address)
{
	const struct timeval patience = { PATIENCE_MS / 1000, 0 };
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)r->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	*c = (struct client){ .fd = socket(
	    AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	ck_assert_int_ge(c->fd, 0);
	bind_to(c->fd, address);
	(void)setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof(patience));
	ck_assert_int_eq(
	    connect(c->fd, (struct sockaddr *)&to, sizeof(to)), 0);
}

void
client_bare(struct rig *r, struct client *c)
{
	client_from(r, c, NULL);
}

static bool
shake(struct client *c, SSL_CTX *ctx, SSL_SESSION *resume)
{
	c->ssl = SSL_new(ctx);
	ck_assert_ptr_nonnull(c->ssl);
	ck_assert_int_eq(SSL_set_fd(c->ssl, c->fd), 1);
	if (resume != NULL)
		ck_assert_int_eq(SSL_set_session(c->ssl, resume), 1);
	return SSL_connect(c->ssl) == 1;
}

bool
client_try(struct rig *r, struct client *c, SSL_CTX *ctx, SSL_SESSION *resume)
{
	client_bare(r, c);
	return shake(c, ctx, resume);
}

void
client_shake(struct rig *r, struct client *c, enum who who)
{
	ck_assert(shake(c, r->ctx[who], NULL));
}

void
client_open(struct rig *r, struct client *c, enum who who)
{
	ck_assert(client_try(r, c, r->ctx[who], NULL));
}

void
client_send(struct client *c, struct cb_span s)
{
	size_t n;

	for (; s.n > 0; s = cb_span_tail(s, n))
		if (SSL_write_ex(c->ssl, s.p, s.n, &n) != 1)
			return;	/* the answer will tell */
}

void
client_text(struct client *c, const char *text)
{
	client_send(c, cb_span_str(text));
}

void
client_ask(struct client *c, const char *method, const char *path,
    struct cb_span body)
{
	char head[512];

	(void)snprintf(head, sizeof(head),
	    "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n",
	    method, path, body.n);
	client_text(c, head);
	client_send(c, body);
}

struct cb_span
rig_enrol(void)
{
	static struct cb_buf body = CB_BUF_INIT;

	if (body.n == 0)
		ck_assert_int_eq(wire_begin_put(
		    &body, WIRE_IS_ENROL, WIRE_TEST), CB_OK);
	return cb_buf_span(&body);
}

static bool
more(struct client *c)
{
	uint8_t p[4096];
	size_t n;

	if (SSL_read_ex(c->ssl, p, sizeof(p), &n) != 1) {
		/* an end, and not that nothing has come for so long */
		ck_assert_int_ne(SSL_get_error(c->ssl, 0), SSL_ERROR_WANT_READ);
		return false;
	}
	ck_assert_int_eq(cb_buf_add(&c->in, cb_span(p, n)), CB_OK);
	return true;
}

bool
client_reply(struct client *c, struct reply *out)
{
	const char *end, *length;
	size_t head, n;

	*out = (struct reply){ .status = 0 };
	while (c->in.n == 0 ||
	    (end = memmem(c->in.p, c->in.n, "\r\n\r\n", 4)) == NULL)
		if (!more(c))
			return false;
	head = (size_t)(end - (const char *)c->in.p) + 4;
	ck_assert_uint_lt(head, sizeof(out->head));
	memcpy(out->head, c->in.p, head);
	ck_assert_int_eq(sscanf(out->head, "HTTP/1.1 %u", &out->status), 1);
	if (out->status == 100) {
		cb_buf_consume(&c->in, head);
		return true;
	}
	length = strstr(out->head, "Content-Length: ");
	ck_assert_ptr_nonnull(length);
	n = strtoul(length + 16, NULL, 10);
	while (c->in.n < head + n)
		if (!more(c))
			return false;
	ck_assert_int_eq(cb_buf_set(&out->body,
	    cb_span_head(cb_span_tail(cb_buf_span(&c->in), head), n)), CB_OK);
	cb_buf_consume(&c->in, head + n);
	return true;
}

void
client_expect(struct client *c, unsigned status)
{
	struct reply reply;

	ck_assert(client_reply(c, &reply));
	ck_assert_uint_eq(reply.status, status);
	reply_clear(&reply);
}

void
client_close(struct client *c)
{
	SSL_free(c->ssl);
	if (c->fd >= 0)
		(void)close(c->fd);
	cb_buf_free(&c->in);
	*c = (struct client){ .fd = -1 };
}

void
ask_once(struct rig *r, enum who who, const char *method, const char *path,
    struct cb_span body, struct reply *out)
{
	struct client c;

	client_open(r, &c, who);
	client_ask(&c, method, path, body);
	ck_assert_msg(client_reply(&c, out), "%s %s has no answer", method,
	    path);
	client_close(&c);
}

void
expect_failure(const struct reply *reply, unsigned status, enum cb_err code)
{
	struct wire_failure f;

	ck_assert_uint_eq(reply->status, status);
	ck_assert_int_eq(
	    wire_failure_get(cb_buf_span(&reply->body), &f), CB_OK);
	ck_assert_int_eq(f.kind, WIRE_TEST);
	ck_assert_int_eq(f.code, code);
	ck_assert(f.text[0] != '\0');
	ck_assert_int_eq(strstr(reply->head, "Retry-After: ") != NULL,
	    status == 429 || (status == 503 && code != CB_E_PEER));
}

void
reply_clear(struct reply *r)
{
	cb_buf_free(&r->body);
}
