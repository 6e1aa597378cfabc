/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Requests, one after the other, to a server that does as it is told: what is
 * sent once more and what is not, and how a connection ends.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "bridge/https/http_client.h"
#include "bridge/sock.h"
#include "tests/bridge/https/rig.h"

#define HI "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
#define HO "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nho"
#define MOST 100000u
/* More than the road holds. */
#define MUCH ((size_t)8 << 20)

/* ---- a server ------------------------------------------------------------ */

/* What it does about one request. */
struct step {
	const char *say;	/* NULL: nothing */
	enum {
		GO_ON,
		BYE,		/* says that it is the end */
		CUT,		/* ... and does not say so */
		NEW_KEYS,	/* before it says anything */
		LONG,		/* its body follows, of MOST bytes */
		LATER,		/* says it once more, in another record */
		SLOWLY,		/* HI follows after a while */
		DRIPS,		/* and one byte after the other */
		FLOODS,		/* says it without end */
	} then;
};
#define STEPS 3
/* By connections. */
static const struct step (*plan)[STEPS];

static struct {
	SSL_CTX *tls;
	pthread_t thread;
	int listen, fd;
	pthread_mutex_t lock;	/* what follows, and fd */
	unsigned connections, requests;
	bool slow;		/* to read */
	bool deaf;		/* reads nothing */
	char head[600];		/* of the last one */
} server = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void
pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

static bool
read_request(SSL *ssl, struct cb_buf *in)
{
	uint8_t block[16384];
	const char *end = NULL, *length;
	size_t want = SIZE_MAX;
	unsigned reads = 0;
	int n;

	cb_buf_clear(in);
	while (in->n < want) {
		if ((n = SSL_read(ssl, block, sizeof(block))) <= 0)
			return false;
		ck_ok(cb_buf_add(in, cb_span(block, (size_t)n)));
		if (server.slow && reads++ == 0)
			pause_ms(200);
		if (end == NULL && (end = memmem(in->p, in->n, "\r\n\r\n",
					4)) != NULL) {
			want = (size_t)(end - (const char *)in->p) + 4;
			length = memmem(in->p, want, "Content-Length: ", 16);
			pthread_mutex_lock(&server.lock);
			snprintf(server.head, sizeof(server.head), "%.*s",
			    (int)want, (const char *)in->p);
			pthread_mutex_unlock(&server.lock);
			if (length != NULL)
				want += strtoul(length + 16, NULL, 10);
		}
	}
	ck_assert_uint_eq(in->n, want);
	return true;
}

static void
say(SSL *ssl, const char *text)
{
	(void)SSL_write(ssl, text, (int)strlen(text));
}

static void
say_long(SSL *ssl)
{
	char *body = malloc(MOST);

	ck_assert_ptr_nonnull(body);
	memset(body, 'x', MOST);
	(void)SSL_write(ssl, body, (int)MOST);
	free(body);
}

/* As long as anybody takes it. */
static void
say_on(SSL *ssl, const char *text, long ms)
{
	while (SSL_write(ssl, text, (int)strlen(text)) > 0)
		pause_ms(ms);
}

/* False: that was the end. */
static bool
take_step(SSL *ssl, const struct step *s)
{
	/* the answer to it goes with the next request */
	for (int i = 0; i < 3 && s->then == NEW_KEYS; i++) {
		ck_assert_int_eq(
		    SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED), 1);
		ck_assert_int_eq(SSL_do_handshake(ssl), 1);
	}
	if (s->say != NULL)
		say(ssl, s->say);
	if (s->then == LONG)
		say_long(ssl);
	if (s->then == LATER)
		say(ssl, s->say);
	if (s->then == SLOWLY) {
		pause_ms(600);
		say(ssl, HI);
	}
	if (s->then == DRIPS)
		say_on(ssl, "1", 20);
	if (s->then == FLOODS)
		say_on(ssl, s->say, 0);
	if (s->then == BYE)
		(void)SSL_shutdown(ssl);
	return s->then != BYE && s->then != CUT;
}

static void
serve(SSL *ssl, const struct step *steps)
{
	struct pollfd gone = { .fd = SSL_get_fd(ssl), .events = POLLRDHUP };
	struct cb_buf in = CB_BUF_INIT_MAX(2 * MUCH);
	int n = 0;

	if (SSL_accept(ssl) != 1)
		return;
	while (server.deaf && poll(&gone, 1, -1) > 0 &&
	    (gone.revents & (POLLRDHUP | POLLHUP)) == 0)
		;
	while (read_request(ssl, &in)) {
		pthread_mutex_lock(&server.lock);
		server.requests++;
		pthread_mutex_unlock(&server.lock);
		if (n < STEPS && !take_step(ssl, &steps[n++]))
			break;
	}
	cb_buf_free(&in);
}

static void *
server_main(void *arg)
{
	unsigned n;
	SSL *ssl;
	int fd;

	while ((fd = accept(server.listen, NULL, NULL)) >= 0) {
		pthread_mutex_lock(&server.lock);
		n = server.connections++;
		server.fd = fd;
		pthread_mutex_unlock(&server.lock);
		ssl = SSL_new(server.tls);
		SSL_set_fd(ssl, fd);
		serve(ssl, plan[n]);
		SSL_free(ssl);
		pthread_mutex_lock(&server.lock);
		server.fd = -1;
		pthread_mutex_unlock(&server.lock);
		close(fd);
	}
	return arg;
}

/* ---- a client of it ------------------------------------------------------ */

static struct br_http *http;
static struct br_trust trust;
static char origin[64];
static struct br_http_answer answer;
static struct cb_why why;
static unsigned sendings;
static struct br_http_ask ask;

static void
on_sending(void *ctx)
{
	(void)ctx;
	sendings++;
}

static void
begin(const struct step (*steps)[STEPS])
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	const uint8_t *der = pki.door_cert.p;
	X509 *cert = d2i_X509(NULL, &der, (long)pki.door_cert.n);

	/* the server's, where a client goes without a word */
	signal(SIGPIPE, SIG_IGN);
	plan = steps;
	server.fd = -1;
	server.tls = SSL_CTX_new(TLS_server_method());
	ck_assert_int_eq(SSL_CTX_use_certificate(server.tls, cert), 1);
	X509_free(cert);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(
	    server.tls, wire_key_pkey(pki.door)), 1);
	server.listen = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(server.listen, (struct sockaddr *)&at, n), 0);
	ck_assert_int_eq(listen(server.listen, 8), 0);
	ck_assert_int_eq(
	    getsockname(server.listen, (struct sockaddr *)&at, &n), 0);
	ck_assert_int_eq(
	    pthread_create(&server.thread, NULL, server_main, NULL), 0);
	snprintf(origin, sizeof(origin), "https://localhost:%u",
	    (unsigned)ntohs(at.sin_port));
	trust = (struct br_trust){ .in = BR_TRUST_AUTHORITY,
		.authority = cb_buf_span(&pki.authority_cert) };
	ck_ok(br_http_new(&http, &trust));
	ask = (struct br_http_ask){ .origin = origin, .path = "/a?b",
		.post = true, .body = cb_span_str("body"), .connect_ms = 20000,
		.all_ms = 20000, .most = MOST, .sending = on_sending };
}

static void
teardown(void)
{
	br_http_free(&http);
	(void)shutdown(server.listen, SHUT_RDWR);
	pthread_mutex_lock(&server.lock);
	if (server.fd >= 0)
		(void)shutdown(server.fd, SHUT_RDWR);
	pthread_mutex_unlock(&server.lock);
	pthread_join(server.thread, NULL);
	close(server.listen);
	SSL_CTX_free(server.tls);
	cb_buf_free(&answer.body);
}

static enum cb_err
get(void)
{
	bool distrust;
	enum cb_err r;

	why.text[0] = '\0';
	r = br_http_do(http, &ask, &answer, &distrust, &why);
	ck_assert(!distrust);
	return r;
}

static void
answers(const char *body)
{
	ck_assert_msg(get() == CB_OK, "%s", why.text);
	ck_assert_uint_eq(answer.status, 200);
	ck_assert(cb_span_equal(
	    cb_buf_span(&answer.body), cb_span_str(body)));
	ck_assert_str_eq(why.text, "");
}

static void
fails(enum cb_err want, const char *words)
{
	ck_err(get(), want);
	ck_assert_uint_eq(answer.status, 0);
	ck_assert_msg(strstr(why.text, words) != NULL, "%s", why.text);
}

static void
met(unsigned connections, unsigned requests)
{
	unsigned tells;

	ck_assert_uint_eq(br_http_connections(http), connections);
	pthread_mutex_lock(&server.lock);
	tells = server.requests;
	pthread_mutex_unlock(&server.lock);
	ck_assert_uint_eq(tells, requests);
}

/* ---- kept, and ended ----------------------------------------------------- */

START_TEST(a_connection_is_kept)
{
	static const struct step steps[][STEPS] = {
		{ { HI, GO_ON }, { HO, GO_ON }, { HI, GO_ON } } };
	char want[300];
	uint64_t sent, received;

	begin(steps);
	answers("hi");
	answers("ho");
	snprintf(want, sizeof(want), "POST /a?b HTTP/1.1\r\nHost: %s\r\n"
	    "Content-Type: application/octet-stream\r\n"
	    "Content-Length: 4\r\n\r\n", origin + 8);
	ck_assert_str_eq(server.head, want);
	br_http_bytes(http, &sent, &received);
	ck_assert_uint_eq(sent, 2 * (strlen(want) + 4));
	ck_assert_uint_eq(received, 2 * strlen(HI));
	ask.post = false;
	ask.device = "organisation device";
	answers("hi");
	snprintf(want, sizeof(want), "GET /a?b HTTP/1.1\r\nHost: %s\r\n"
	    "Cardbridge-Device: organisation device\r\n\r\n", origin + 8);
	ck_assert_str_eq(server.head, want);
	met(1, 3);
	ck_assert_uint_eq(sendings, 3);
}
END_TEST

static const struct step enders[][STEPS] = {
	{ { "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n"
	    "hi", GO_ON } },
	{ { "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", GO_ON } },
	{ { "HTTP/1.1 200 OK\r\n\r\nhi", BYE } },
	/* two answers at once, of which nobody asked for the second */
	{ { HI HO, GO_ON } },
};
#define ENDERS ((int)(sizeof(enders) / sizeof(enders[0])))

/* The next request knows that it needs another one. */
START_TEST(what_is_the_last_answer_ends_a_connection)
{
	struct step steps[2][STEPS] = { { { NULL, GO_ON } },
		{ { HO, GO_ON } } };

	steps[0][0] = enders[_i][0];
	begin((const struct step (*)[STEPS])steps);
	answers("hi");
	answers("ho");
	met(2, 2);
	ck_assert_uint_eq(sendings, 2);
}
END_TEST

/* A body without a length is whole where the other end says so. */
START_TEST(a_body_that_is_cut_off_is_none)
{
	static const struct step steps[][STEPS] = {
		{ { "HTTP/1.1 200 OK\r\n\r\nhi", CUT } } };

	begin(steps);
	fails(CB_E_PEER, "cannot be reached");
	ck_assert_uint_eq(answer.body.n, 0);
	met(1, 1);
}
END_TEST

static const struct {
	const char *text;
	enum cb_err want;
	const char *words;
} nonsense[] = {
	{ "SSH-2.0-a\r\n", CB_E_PEER, "does not speak HTTP" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n", CB_E_LIMIT,
	    "answer is too long" },
};

START_TEST(who_says_something_else_is_not_asked_again)
{
	struct step steps[2][STEPS] = {
		{ { HI, GO_ON }, { nonsense[_i].text, GO_ON } },
		{ { HO, GO_ON } } };

	begin((const struct step (*)[STEPS])steps);
	answers("hi");
	fails(nonsense[_i].want, nonsense[_i].words);
	met(1, 2);
	answers("ho");
	met(2, 3);
}
END_TEST

/* ---- once more ----------------------------------------------------------- */

static const struct step idlers[][STEPS] = {
	{ { HI, BYE } },
	{ { HI, CUT } },
	/* it arrived, for all we know */
	{ { HI, GO_ON }, { NULL, BYE } },
	{ { HI, GO_ON }, { NULL, CUT } },
};
#define IDLERS ((int)(sizeof(idlers) / sizeof(idlers[0])))

START_TEST(what_a_kept_connection_did_not_answer_is_sent_again)
{
	struct step steps[2][STEPS] = { { { NULL, GO_ON } },
		{ { HO, GO_ON } } };

	memcpy(steps[0], idlers[_i], sizeof(steps[0]));
	begin((const struct step (*)[STEPS])steps);
	answers("hi");
	answers("ho");
	met(2, _i < 2 ? 2 : 3);
	if (_i >= 2)
		ck_assert_uint_eq(sendings, 3);
}
END_TEST

/* But once, and not what a new one did not answer. */
START_TEST(and_not_a_third_time)
{
	static const struct step steps[][STEPS] = {
		{ { HI, GO_ON }, { NULL, BYE } }, { { NULL, BYE } },
		{ { NULL, CUT } } };

	begin(steps);
	answers("hi");
	fails(CB_E_PEER, "without an answer");
	ck_assert(answer.sent);
	met(2, 3);
	fails(CB_E_PEER, "cannot be reached");
	met(3, 4);
}
END_TEST

static const struct step halves[][STEPS] = {
	{ { HI, GO_ON }, { "H", BYE } },
	{ { HI, GO_ON }, { "HTTP/1.1 100 Continue\r\n\r\n", CUT } },
	{ { HI, GO_ON },
	    { "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi", BYE } },
};
#define HALVES ((int)(sizeof(halves) / sizeof(halves[0])))

START_TEST(half_an_answer_is_no_reason_to_ask_again)
{
	struct step steps[1][STEPS];

	memcpy(steps[0], halves[_i], sizeof(steps[0]));
	begin((const struct step (*)[STEPS])steps);
	answers("hi");
	fails(CB_E_PEER, "cannot be reached");
	met(1, 2);
	ck_assert_uint_eq(answer.body.n, 0);
}
END_TEST

/* Nobody is there any more: it is not known whether the request was. */
START_TEST(a_server_that_is_gone_is_not_waited_for)
{
	static const struct step steps[][STEPS] = {
		{ { HI, GO_ON }, { NULL, BYE } } };

	begin(steps);
	answers("hi");
	(void)shutdown(server.listen, SHUT_RDWR);
	fails(CB_E_PEER, "cannot be reached");
	ck_assert(answer.sent);
}
END_TEST

/* ---- ends of a wait ------------------------------------------------------ */

START_TEST(an_answer_that_does_not_come_is_waited_for_once)
{
	static const struct step steps[][STEPS] = {
		{ { HI, GO_ON }, { NULL, GO_ON } }, { { HO, GO_ON } } };

	begin(steps);
	answers("hi");
	ask.all_ms = 300;
	fails(CB_E_TIMEOUT, "does not answer");
	ask.all_ms = 20000;
	met(1, 2);
	answers("ho");
	met(2, 3);
}
END_TEST

static void *
interrupt(void *arg)
{
	unsigned requests = 0;

	while (requests < 2) {
		pause_ms(5);
		pthread_mutex_lock(&server.lock);
		requests = server.requests;
		pthread_mutex_unlock(&server.lock);
	}
	br_http_interrupt(http);
	return arg;
}

/* As long as it takes, where no end is given. */
START_TEST(a_wait_is_interrupted)
{
	static const struct step steps[][STEPS] = {
		{ { HI, GO_ON }, { NULL, GO_ON } },
		{ { HO, GO_ON }, { HI, GO_ON } } };
	pthread_t other;

	begin(steps);
	ask.all_ms = 0;
	answers("hi");
	ck_assert_int_eq(pthread_create(&other, NULL, interrupt, NULL), 0);
	ck_err(get(), CB_E_BUSY);
	pthread_join(other, NULL);
	met(1, 2);
	answers("ho");
	/* or what waits next, of which nothing is said then */
	br_http_interrupt(http);
	ck_err(get(), CB_E_BUSY);
	ck_assert(!answer.sent);
	br_http_interrupt(http);
	br_http_resume(http);
	answers("hi");
	met(2, 4);
}
END_TEST

/* Whatever came while it was at rest answers nothing that is asked later. */
START_TEST(a_connection_at_rest_says_nothing)
{
	static const struct step steps[][STEPS] = { { { HI, LATER } },
		{ { HO, GO_ON } } };

	begin(steps);
	answers("hi");
	pause_ms(1100);
	answers("ho");
	met(2, 2);
	ck_assert_uint_eq(sendings, 2);
}
END_TEST

/* ---- records ------------------------------------------------------------- */

/* A record that is no answer stands before it, in the same packet or not. */
START_TEST(new_keys_are_no_answer)
{
	static const struct step steps[][STEPS] = {
		{ { HI, NEW_KEYS }, { HO, NEW_KEYS }, { HI, GO_ON } } };

	begin(steps);
	answers("hi");
	answers("ho");
	answers("hi");
	met(1, 3);
}
END_TEST

START_TEST(much_is_said_in_pieces)
{
	static const struct step steps[][STEPS] = {
		{ { "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
		    LONG }, { HI, GO_ON } } };
	struct cb_buf body = CB_BUF_INIT_MAX(MUCH);

	begin(steps);
	ck_ok(get());
	ck_assert_uint_eq(answer.body.n, MOST);
	/* and to one who begins to read it later */
	ck_ok(cb_buf_reserve(&body, MUCH));
	body.n = MUCH;
	ask.body = cb_buf_span(&body);
	server.slow = true;
	answers("hi");
	met(1, 2);
	cb_buf_free(&body);
}
END_TEST

/* ---- without end --------------------------------------------------------- */

static const struct step partial[][STEPS] = {
	{ { "HTTP/1.1 2", GO_ON } },
	{ { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", GO_ON } },
	{ { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh", GO_ON } },
	{ { "HTTP/1.1 200 OK\r\nX: ", DRIPS } },
	{ { "HTTP/1.1 200 OK\r\n\r\n", DRIPS } },
	{ { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
	    DRIPS } },
};

/* A request may be held for ever, but not its answer. */
START_TEST(what_has_begun_must_end)
{
	begin(&partial[_i]);
	ck_assert_uint_eq(br_http_slow_ms, 30000);
	br_http_slow_ms = 300;
	ask.all_ms = 0;
	fails(CB_E_TIMEOUT, "does not answer");
	met(1, 1);
}
END_TEST

START_TEST(an_interim_answer_begins_nothing)
{
	static const struct step steps[][STEPS] = {
		{ { "HTTP/1.1 102 Processing\r\n\r\n", SLOWLY } } };

	begin(steps);
	br_http_slow_ms = 300;
	ask.all_ms = 0;
	answers("hi");
}
END_TEST

START_TEST(who_reads_nothing_is_not_told_for_ever)
{
	static const struct step steps[][STEPS] = { { { HI, GO_ON } } };
	struct cb_buf body = CB_BUF_INIT_MAX(MUCH);

	begin(steps);
	server.deaf = true;
	br_http_slow_ms = 300;
	ask.all_ms = 0;
	ck_ok(cb_buf_reserve(&body, MUCH));
	body.n = MUCH;
	ask.body = cb_buf_span(&body);
	fails(CB_E_TIMEOUT, "does not answer");
	cb_buf_free(&body);
}
END_TEST

static const struct step floods[][STEPS] = {
	{ { "HTTP/1.1 100 Continue\r\n\r\n", FLOODS } },
	{ { "HTTP/1.1 200 OK\r\nA: b\r\n", FLOODS } },
};

START_TEST(a_flood_is_not_taken)
{
	begin(&floods[_i]);
	fails(_i == 0 ? CB_E_LIMIT : CB_E_PEER, _i == 0 ? "too long"
		: "does not speak HTTP");
	met(1, 1);
}
END_TEST

Suite *
requests_suite(void)
{
	Suite *s = suite_create("requests");
	TCase *t = tcase_create("requests");

	tcase_add_unchecked_fixture(t, pki_make, pki_free);
	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_connection_is_kept);
	tcase_add_loop_test(
	    t, what_is_the_last_answer_ends_a_connection, 0, ENDERS);
	tcase_add_test(t, a_body_that_is_cut_off_is_none);
	tcase_add_loop_test(t, who_says_something_else_is_not_asked_again, 0,
	    (int)(sizeof(nonsense) / sizeof(nonsense[0])));
	tcase_add_loop_test(t,
	    what_a_kept_connection_did_not_answer_is_sent_again, 0, IDLERS);
	tcase_add_test(t, and_not_a_third_time);
	tcase_add_loop_test(
	    t, half_an_answer_is_no_reason_to_ask_again, 0, HALVES);
	tcase_add_test(t, a_server_that_is_gone_is_not_waited_for);
	tcase_add_test(t, an_answer_that_does_not_come_is_waited_for_once);
	tcase_add_test(t, a_wait_is_interrupted);
	tcase_add_test(t, a_connection_at_rest_says_nothing);
	tcase_add_test(t, new_keys_are_no_answer);
	tcase_add_test(t, much_is_said_in_pieces);
	tcase_add_loop_test(t, what_has_begun_must_end, 0,
	    (int)(sizeof(partial) / sizeof(partial[0])));
	tcase_add_test(t, an_interim_answer_begins_nothing);
	tcase_add_test(t, who_reads_nothing_is_not_told_for_ever);
	tcase_add_loop_test(t, a_flood_is_not_taken, 0,
	    (int)(sizeof(floods) / sizeof(floods[0])));
	suite_add_tcase(s, t);
	return s;
}
