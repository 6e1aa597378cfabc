/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * TLS and HTTP of a test's backend, and what goes wrong there, see backend.h.
 */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "bridge/sock.h"
#include "common/hex.h"
#include "tests/bridge/https/backend.h"
#include "tests/tree.h"

#define HEAD_MAX 8192

static X509 *
parse(struct cb_span der)
{
	const uint8_t *p = der.p;
	X509 *cert = d2i_X509(NULL, &p, (long)der.n);

	ck_assert_ptr_nonnull(cert);
	return cert;
}

/* Who has ended is told so in an answer. */
static int
on_verify(int good, X509_STORE_CTX *store)
{
	return good ||
	    X509_STORE_CTX_get_error(store) == X509_V_ERR_CERT_HAS_EXPIRED;
}

/* One for all connections, so that tickets of one are good for the next. */
static SSL_CTX *
make_tls(const struct backend *b)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	struct cb_span der =
	    b->door.n > 0 ? b->door : cb_buf_span(&pki.door_cert);
	X509 *door = parse(der);
	X509 *authority = parse(cb_buf_span(&pki.authority_cert));

	ck_assert_int_eq(SSL_CTX_use_certificate(ctx, door), 1);
	ck_assert_int_eq(
	    SSL_CTX_use_PrivateKey(ctx, wire_key_pkey(pki.door)), 1);
	ck_assert_int_eq(X509_STORE_add_cert(
			     SSL_CTX_get_cert_store(ctx), authority), 1);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_verify);
	SSL_CTX_set_session_id_context(ctx, (const uint8_t *)"test", 4);
	SSL_CTX_set_min_proto_version(
	    ctx, b->tls12 ? TLS1_2_VERSION : TLS1_3_VERSION);
	if (b->tls12)
		SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	if (b->no_ems)
		SSL_CTX_set_options(ctx, SSL_OP_NO_EXTENDED_MASTER_SECRET);
	if (b->ciphers != NULL)
		ck_assert_int_eq(SSL_CTX_set_cipher_list(ctx, b->ciphers), 1);
	X509_free(door);
	X509_free(authority);
	return ctx;
}

/* ---- requests ------------------------------------------------------------ */

struct request {
	char path[256];
	char device[128];	/* "": none */
	struct cb_buf body;
};

static bool
read_some(SSL *ssl, struct cb_buf *in)
{
	uint8_t block[4096];
	int n = SSL_read(ssl, block, sizeof(block));

	return n > 0 && cb_buf_add(in, cb_span(block, (size_t)n)) == CB_OK;
}

static bool
read_request(SSL *ssl, struct cb_buf *in, struct request *rq)
{
	const char *end, *field;
	size_t head, body = 0;

	while ((end = in->n == 0 ? NULL : memmem(in->p, in->n, "\r\n\r\n",
		    4)) == NULL)
		if (in->n > HEAD_MAX || !read_some(ssl, in))
			return false;
	head = (size_t)(end - (const char *)in->p) + 4;
	if (sscanf((const char *)in->p, "%*s %255s", rq->path) != 1)
		return false;
	field = memmem(in->p, head, "Cardbridge-Device: ", 19);
	rq->device[0] = '\0';
	if (field != NULL)
		(void)sscanf(field + 19, "%127[^\r]", rq->device);
	field = memmem(in->p, head, "Content-Length: ", 16);
	if (field != NULL)
		body = strtoul(field + 16, NULL, 10);
	while (in->n < head + body)
		if (!read_some(ssl, in))
			return false;
	ck_ok(cb_buf_set(&rq->body, cb_span(in->p + head, body)));
	cb_buf_consume(in, head + body);
	return true;
}

static bool
answer(SSL *ssl, unsigned status, const struct cb_buf *body)
{
	struct cb_buf out = CB_BUF_INIT;
	char head[128];
	bool good;

	snprintf(head, sizeof(head), "HTTP/1.1 %u X\r\nContent-Length: %zu\r\n"
	    "%s\r\n", status, body->n,
	    status == 429 ? "Retry-After: 1\r\n" : "");
	ck_ok(cb_buf_add(&out, cb_span_str(head)));
	ck_ok(cb_buf_add(&out, cb_buf_span(body)));
	good = SSL_write(ssl, out.p, (int)out.n) == (int)out.n;
	cb_buf_free(&out);
	return good;
}

/* ---- the held request (lock held) ---------------------------------------- */

/* Of all its cards that have any. */
static unsigned
put_news(struct backend *b, const struct wire_hold *ask, struct cb_buf *out)
{
	struct wire_told told = { .stamp = b->stamp, .state = b->state,
		.over = b->over, .changed = b->content, .kept = b->kept,
		.atr = b->atr };
	struct wire_news news = { .kind = WIRE_TEST };
	struct cb_buf cards = CB_BUF_INIT;
	struct cb_span cur = ask->cards;
	struct wire_held held;

	for (unsigned i = 0; i < ask->count; i++) {
		ck_ok(wire_held_get(&cur, &held));
		if (held.stamp == b->stamp)
			continue;
		memcpy(told.card, held.card, WIRE_ID);
		memcpy(told.session, held.session, WIRE_ID);
		ck_ok(wire_told_put(&cards, &told));
		news.count++;
	}
	news.cards = cb_buf_span(&cards);
	cb_buf_clear(out);
	ck_ok(wire_news_put(out, &news));
	cb_buf_free(&cards);
	return news.count;
}

/* Is whoever asked still there, after a moment in which others may ask? */
static bool
waits(struct backend *b, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLRDHUP };
	struct timespec at;

	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_nsec += 5000000;
	at.tv_sec += at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&b->changed, &b->lock, &at);
	return poll(&p, 1, 0) == 0;
}

/* Until there are news, or its time is over, or whoever asked has gone. */
static unsigned
hold(struct backend *b, int fd, struct cb_span in, struct cb_buf *out)
{
	uint64_t begun = br_now_ms();
	struct wire_hold ask;

	if (wire_hold_get(in, &ask) != CB_OK)
		return 400;
	b->holds++;
	b->hold_s = ask.seconds;
	if (b->busy_holds)
		return 429;
	while (put_news(b, &ask, out) == 0 && !b->holds_nothing &&
	    (ask.seconds == 0 ||
		br_now_ms() - begun < ask.seconds * UINT64_C(1000)) &&
	    !atomic_load(&b->stop))
		if (!waits(b, fd) || (b->cut_holds_ms > 0 &&
			br_now_ms() - begun >= b->cut_holds_ms))
			return 0;
	return 200;
}

/* ---- routes -------------------------------------------------------------- */

static bool
begins(const char *path, const char *with)
{
	return strncmp(path, with, strlen(with)) == 0;
}

static void
pause_ms(long ms)
{
	struct timespec t = { 0, ms * 1000000L };

	nanosleep(&t, NULL);
}

/* With all that was ordered for it. 0: cut. */
static unsigned
session(struct backend *b, int fd, struct cb_span in, struct cb_buf *out)
{
	enum mischief m = FINE;
	struct cb_buf again = CB_BUF_INIT;
	unsigned status;

	b->requests++;
	if (b->plan != NULL)
		m = b->plan(b->requests);
	if (m == CUT_BEFORE)
		return 0;
	if (m == BUSY)
		return 429;
	if (m == STARTING)
		return 503;
	while (m == STUCK)
		if (!waits(b, fd) || atomic_load(&b->stop))
			return 0;
	status = worker_commands(b, in, out);
	while (m == MUTE)
		if (!waits(b, fd) || atomic_load(&b->stop))
			return 0;
	if (m == TWICE) {
		status = worker_commands(b, in, &again);
		cb_buf_move(out, &again);
	}
	if (m == LATE)
		pause_ms(60);
	if (m == OLD_ANSWER)
		ck_ok(cb_buf_set(out, cb_buf_span(&b->before_last)));
	if (m == FLIPPED)
		out->p[out->n / 2] ^= 1;
	return m == CUT_AFTER ? 0 : status;
}

/* Another device has it, as who holds hears; or had it, and has given it back:
 * the news of that have been heard when this is. */
static unsigned
refuse(struct backend *b, int fd)
{
	const enum wire_card_state state =
	    b->gives_back ? WIRE_THERE : WIRE_ELSEWHERE;
	const unsigned holds = b->holds;

	if (b->gives_back || b->state != state) {
		b->state = state;
		b->stamp++;
		pthread_cond_broadcast(&b->changed);
	}
	while (b->gives_back && b->holds == holds && waits(b, fd))
		;
	b->keeps_card = b->keeps_card && !b->gives_back;
	return 409;
}

static unsigned
open_card(struct backend *b, int fd, struct cb_span in, struct cb_buf *out)
{
	unsigned status =
	    b->keeps_card ? refuse(b, fd) : worker_open(b, in, out);

	b->opens++;
	if (b->cut_opens == 0)
		return status;
	b->cut_opens--;
	return 0;
}

static unsigned
about(struct cb_buf *out)
{
	struct wire_about a = { .kind = WIRE_TEST,
		.authority = cb_buf_span(&pki.authority_cert),
		.service = cb_buf_span(&pki.service_cert) };

	memcpy(a.backend, pki_backend, WIRE_ID);
	ck_ok(wire_about_put(out, &a));
	return 200;
}

/* Whose certificate it is; zeros: nobody's. */
static void
subject(X509 *peer, uint8_t id[WIRE_ID])
{
	char text[2 * WIRE_ID + 1];

	memset(id, 0, WIRE_ID);
	if (peer == NULL)
		return;
	ck_assert_int_eq(X509_NAME_get_text_by_NID(
	    X509_get_subject_name(peer), NID_commonName, text,
	    (int)sizeof(text)), 2 * WIRE_ID);
	ck_ok(cb_hex_get(cb_span_str(text), id, WIRE_ID));
}

static unsigned
route(struct backend *b, SSL *ssl, int fd, const struct request *rq,
    struct cb_buf *out)
{
	struct cb_span body = cb_buf_span(&rq->body);
	X509 *peer = SSL_get0_peer_certificate(ssl);
	const char *last = strrchr(rq->path, '/');
	uint8_t *who = begins(rq->path, "/hold") ? b->holder : b->user;

	if (begins(rq->path, "/backend"))
		return about(out);
	if (begins(rq->path, "/organisations/"))
		return backend_enrol(b, body, out);
	b->shown += peer != NULL;
	snprintf(b->device, sizeof(b->device), "%s", rq->device);
	if (peer == NULL && !(b->inspects && rq->device[0] != '\0'))
		return 401;
	subject(peer, who);
	if ((b->unknown != NULL && memcmp(who, b->unknown, WIRE_ID) == 0) ||
	    (peer != NULL &&
		X509_cmp_current_time(X509_get0_notAfter(peer)) < 0))
		return 401;
	if (b->refuses_device)
		return 403;
	if (begins(rq->path, "/hold"))
		return hold(b, fd, body, out);
	b->offers += b->stuck_offers;
	while (b->stuck_offers)
		if (!waits(b, fd) || atomic_load(&b->stop))
			return 0;
	if (begins(rq->path, "/sessions/"))
		return session(b, fd, body, out);
	if (begins(rq->path, "/cards/") && strcmp(last, "/offer") == 0)
		return worker_offer(b, out);
	if (begins(rq->path, "/cards/") && strcmp(last, "/open") == 0)
		return open_card(b, fd, body, out);
	return 404;
}

/* ---- connections --------------------------------------------------------- */

static SSL_CTX *tls;

static void
serve(struct backend *b, SSL *ssl, int fd)
{
	struct cb_buf in = CB_BUF_INIT, out = CB_BUF_INIT;
	struct request rq = { .body = CB_BUF_INIT };
	unsigned status = 1;

	while (status != 0 && read_request(ssl, &in, &rq)) {
		cb_buf_clear(&out);
		pthread_mutex_lock(&b->lock);
		status = route(b, ssl, fd, &rq, &out);
		pthread_mutex_unlock(&b->lock);
		if (status != 0 && !answer(ssl, status, &out))
			break;
	}
	cb_buf_free(&in);
	cb_buf_free(&out);
	cb_buf_free(&rq.body);
}

static void *
conn_main(void *arg)
{
	struct conn *c = arg;
	SSL *ssl = SSL_new(tls);

	SSL_set_fd(ssl, c->fd);
	if (SSL_accept(ssl) == 1) {
		pthread_mutex_lock(&c->b->lock);
		c->b->connections++;
		c->b->resumed += SSL_session_reused(ssl) == 1;
		pthread_mutex_unlock(&c->b->lock);
		serve(c->b, ssl, c->fd);
	}
	SSL_free(ssl);
	(void)shutdown(c->fd, SHUT_RDWR);
	return NULL;
}

static void *
listen_main(void *arg)
{
	struct backend *b = arg;
	struct conn *c;
	int fd, on = 1;

	while ((fd = accept(b->listen, NULL, NULL)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		c = calloc(1, sizeof(*c));
		ck_assert_ptr_nonnull(c);
		c->b = b;
		c->fd = fd;
		pthread_mutex_lock(&b->lock);
		c->next = b->conns;
		b->conns = c;
		pthread_mutex_unlock(&b->lock);
		ck_assert_int_eq(
		    pthread_create(&c->thread, NULL, conn_main, c), 0);
	}
	return NULL;
}

void
backend_up(struct backend *b)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)b->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int on = 1;

	atomic_store(&b->stop, false);
	if (tls == NULL)
		tls = make_tls(b);
	b->listen = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(b->listen, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	ck_assert_int_eq(bind(b->listen, (struct sockaddr *)&at, n), 0);
	ck_assert_int_eq(listen(b->listen, 64), 0);
	ck_assert_int_eq(
	    getsockname(b->listen, (struct sockaddr *)&at, &n), 0);
	b->port = ntohs(at.sin_port);
	ck_assert_int_eq(
	    pthread_create(&b->thread, NULL, listen_main, b), 0);
}

void
backend_down(struct backend *b)
{
	struct conn *c;

	(void)shutdown(b->listen, SHUT_RDWR);
	pthread_join(b->thread, NULL);
	close(b->listen);
	atomic_store(&b->stop, true);
	pthread_mutex_lock(&b->lock);
	for (c = b->conns; c != NULL; c = c->next)
		(void)shutdown(c->fd, SHUT_RDWR);
	pthread_cond_broadcast(&b->changed);
	pthread_mutex_unlock(&b->lock);
	while ((c = b->conns) != NULL) {
		b->conns = c->next;
		pthread_join(c->thread, NULL);
		close(c->fd);
		free(c);
	}
}

void
backend_deafen(struct backend *b)
{
	struct sock_filter nothing = { .code = BPF_RET | BPF_K, .k = 0 };
	struct sock_fprog program = { .len = 1, .filter = &nothing };
	struct conn *c;

	pthread_mutex_lock(&b->lock);
	for (c = b->conns; c != NULL; c = c->next)
		ck_assert_int_eq(setsockopt(c->fd, SOL_SOCKET,
		    SO_ATTACH_FILTER, &program, sizeof(program)), 0);
	pthread_mutex_unlock(&b->lock);
}

void
backend_identity(const char *dir, const struct cb_buf *certificate)
{
	struct wire_identity id = { .kind = WIRE_TEST, .usage = WIRE_DEVICE,
		.key = pki.device, .authority = pki.authority_cert,
		.service = pki.service_cert, .certificate = *certificate };
	struct cb_why why = { "" };

	memcpy(id.backend, pki_backend, WIRE_ID);
	ck_assert_msg(wire_identity_write(&id, dir, &why) == CB_OK, "%s",
	    why.text);
}

void
backend_start(struct backend *b)
{
	char card[2 * WIRE_ID + 1];

	signal(SIGPIPE, SIG_IGN);
	unsetenv("https_proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("ALL_PROXY");
	unsetenv("all_proxy");
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->changed, NULL);
	b->stamp = 1;
	if (b->state == 0)
		b->state = WIRE_THERE;
	worker_card(b);
	backend_up(b);
	snprintf(b->dir, sizeof(b->dir), "/tmp/cardbridge-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(b->dir));
	snprintf(b->identity, sizeof(b->identity), "%s/id", b->dir);
	backend_identity(b->identity, b->certificate != NULL ? b->certificate
		: &pki.device_cert);
	for (size_t i = 0; i < WIRE_ID; i++)
		snprintf(card + 2 * i, 3, "%02x", pki_card[i]);
	snprintf(b->origin, sizeof(b->origin), "https://localhost:%u",
	    b->port);
	snprintf(b->uri, sizeof(b->uri), "%s/cards/%s?identity=%s", b->origin,
	    card, b->identity);
}

void
backend_stop(struct backend *b)
{
	struct cb_buf *bufs[] = { &b->offer, &b->last_request,
		&b->last_answer, &b->before_last, &b->ahead_command,
		&b->ahead_answer, &b->enrolled, &b->enrolled_key };

	backend_down(b);
	for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++)
		cb_buf_free(bufs[i]);
	emu_card_free(&b->card);
	SSL_CTX_free(tls);
	tls = NULL;
	ck_assert(tree_remove(b->dir));
}

void
backend_news(struct backend *b, enum wire_card_state state, bool over,
    bool content)
{
	pthread_mutex_lock(&b->lock);
	b->state = state;
	b->over = over;
	b->content = content;
	b->open = b->open && !over;
	b->stamp++;
	pthread_cond_broadcast(&b->changed);
	pthread_mutex_unlock(&b->lock);
}
