/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Cards in a backend, as many bridges use them. CARDS is a file whose lines
 * are "IDENTITY CARD", sorted. "NAME VALUE" lines, times in microseconds:
 *
 *   road select PORT CARDS N HEX	one APDU again and again, with the
 *		first card: p50, p99; request, answer: bytes of the bodies
 *   road sign PORT CARDS MS FILE PID...	all cards at once, each with a
 *		connection; FILE has "proto T0" or nothing, "once HEX" and
 *		"loop HEX" lines, the last of which signs: per_second; and
 *		what a signature costs the first of these processes, the
 *		others, and this one: first, others, own. Each card has
 *		signed before, which makes its key ready.
 *   road idle PORT CARDS	powers all of them, says "ready", and holds
 *		them until it is killed; a connection an identity
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "bridge/https/session.h"
#include "common/hex.h"
#include "tests/bench/measure.h"
#include "tests/bench/tls.h"
#include "wire/road.h"

#define WARM_UP 50
#define CARDS_MAX 8192
#define DEVICES_MAX 256
#define LINES_MAX 16

struct device {
	char dir[768];
	struct wire_identity id;
	SSL_CTX *ctx;
};
struct user {
	struct device *device;
	uint8_t card[WIRE_ID];
	struct br_remote remote;
	char path[128];	/* of the session */
	SSL *tls;
	uint32_t stamp;
	size_t at;		/* of the script's loop */
	unsigned long done;
	size_t request_n, answer_n;	/* bytes of the last bodies */
};

static const char *port;
static struct device devices[DEVICES_MAX];
static size_t devices_n;
static struct user users[CARDS_MAX];
static size_t users_n;

/* ---- one session --------------------------------------------------------- */

static void
path_of(char out[128], const char *before, const uint8_t *of,
    const char *behind)
{
	char hex[2 * WIRE_ID + 1];

	for (size_t i = 0; i < WIRE_ID; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", of[i]);
	(void)snprintf(out, 128, "%s%s%s", before, hex, behind);
}

static void
open_session(struct user *u)
{
	struct cb_buf offer = CB_BUF_INIT, accept = CB_BUF_INIT,
		      answer = CB_BUF_INIT;
	struct cb_why why = { "" };
	char path[128];
	unsigned status;

	path_of(path, "/cards/", u->card, "/offer");
	status = http_post(u->tls, path, CB_SPAN_EMPTY, &offer);
	if (status != 200)
		die("no offer: %u", status);
	if (br_remote_accept(&u->remote, &u->device->id, u->card, false,
		cb_buf_span(&offer), time(NULL), &accept, &why) != CB_OK)
		die("%s", why.text);
	path_of(path, "/cards/", u->card, "/open");
	status = http_post(u->tls, path, cb_buf_span(&accept), &answer);
	if (status != 200)
		die("not opened: %u", status);
	if (br_remote_opened(&u->remote, cb_buf_span(&answer), &why) != CB_OK)
		die("not opened: %s", why.text);
	path_of(u->path, "/sessions/", u->remote.session, "");
	cb_buf_free(&offer);
	cb_buf_free(&accept);
	cb_buf_free(&answer);
}

static void
send_command(struct user *u, enum wire_command_type type, uint8_t argument,
    struct cb_span apdu)
{
	must_cb(br_remote_ask(&u->remote, type, argument, apdu), "a command");
	u->request_n = u->remote.request.n;
	http_send(u->tls, u->path, cb_buf_span(&u->remote.request));
}

static void
take_answer(struct user *u, struct cb_buf *rsp)
{
	struct cb_buf answer = CB_BUF_INIT;
	struct cb_why why = { "" };
	const unsigned status = http_answer(u->tls, &answer);

	if (status != 200)
		die("a command: %u", status);
	u->answer_n = answer.n;
	if (br_remote_answered(&u->remote, cb_buf_span(&answer), rsp, &why) !=
	    CB_OK)
		die("%s", why.text);
	cb_buf_free(&answer);
}

static void
ask(struct user *u, enum wire_command_type type, uint8_t argument,
    struct cb_span apdu, struct cb_buf *rsp)
{
	send_command(u, type, argument, apdu);
	take_answer(u, rsp);
}

static void
send_apdu(struct user *u, const struct cb_buf *apdu)
{
	send_command(u, WIRE_TRANSMIT, 0, cb_buf_span(apdu));
}

/* 9000, or 61xx with what GET RESPONSE would fetch, which a host then has
 * without asking. */
static void
take_status(struct user *u, const struct cb_buf *apdu)
{
	struct cb_buf rsp = CB_BUF_INIT;
	const uint8_t *sw;

	take_answer(u, &rsp);
	sw = rsp.n < 2 ? NULL : rsp.p + rsp.n - 2;
	if (sw == NULL || (sw[0] != 0x90 && sw[0] != 0x61))
		die("%02X%02X: status %02X%02X", apdu->p[0], apdu->p[1],
		    sw == NULL ? 0 : sw[0], sw == NULL ? 0 : sw[1]);
	if (sw[0] == 0x61 && u->remote.ahead.n == 0)
		die("what GET RESPONSE would fetch did not come along");
	cb_buf_free(&rsp);
}

static void
transmit(struct user *u, const struct cb_buf *apdu)
{
	send_apdu(u, apdu);
	take_status(u, apdu);
}

static void
power(struct user *u)
{
	struct cb_buf atr = CB_BUF_INIT;

	if (u->tls == NULL)
		u->tls = tls_connect(u->device->ctx, port);
	open_session(u);
	ask(u, WIRE_POWER, 1, CB_SPAN_EMPTY, &atr);
	cb_buf_free(&atr);
}

/* ---- select -------------------------------------------------------------- */

static void
read_hex(struct cb_buf *b, const char *text)
{
	must_cb(cb_hex_decode(b, text, strlen(text)), text);
}

static void
on_select(const char *count, const char *hex)
{
	static double samples[COUNT_MAX];
	const size_t n = count_of(count);
	struct cb_buf apdu = CB_BUF_INIT;
	double from;

	read_hex(&apdu, hex);
	power(&users[0]);
	for (size_t i = 0; i < WARM_UP + n; i++) {
		from = now_us();
		transmit(&users[0], &apdu);
		if (i >= WARM_UP)
			samples[i - WARM_UP] = now_us() - from;
	}
	printf("p50 %.2f\n", percentile(samples, n, 0.5));
	printf("p99 %.2f\n", percentile(samples, n, 0.99));
	printf("request %zu\n", users[0].request_n);
	printf("answer %zu\n", users[0].answer_n);
}

/* ---- sign ---------------------------------------------------------------- */

static struct {
	bool t0;
	struct cb_buf once[LINES_MAX], loop[LINES_MAX];
	size_t once_n, loop_n;
} script;
static void
read_script(const char *path)
{
	char line[1024];
	FILE *f = fopen(path, "re");

	if (f == NULL)
		die("%s: cannot be read", path);
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, "proto T0") == 0)
			script.t0 = true;
		else if (strncmp(line, "once ", 5) == 0 &&
		    script.once_n < LINES_MAX)
			read_hex(&script.once[script.once_n++], line + 5);
		else if (strncmp(line, "loop ", 5) == 0 &&
		    script.loop_n < LINES_MAX)
			read_hex(&script.loop[script.loop_n++], line + 5);
		else
			die("%s: what is this? %s", path, line);
	}
	fclose(f);
}

static void
log_in(struct user *u)
{
	struct cb_buf none = CB_BUF_INIT;

	power(u);
	if (script.t0)
		ask(u, WIRE_PROTOCOL, 0, CB_SPAN_EMPTY, &none);
	for (size_t i = 0; i < script.once_n; i++)
		transmit(u, &script.once[i]);
	for (size_t i = 0; i < script.loop_n; i++)
		transmit(u, &script.loop[i]);
	cb_buf_free(&none);
}

/* One command is answered; the next one, or the first of a signature unless
 * the time is over. True: it waits for nothing. */
static bool
advance(struct user *u, bool over)
{
	take_status(u, &script.loop[u->at]);
	if (++u->at == script.loop_n) {
		u->at = 0;
		u->done++;
		if (over)
			return true;
	}
	send_apdu(u, &script.loop[u->at]);
	return false;
}

/* A client that computes no more than it must: what it does itself is not what
 * is measured. Each session has one command under way. */
static void
sign_all(double until)
{
	struct epoll_event ev, events[64];
	const int fd = epoll_create1(EPOLL_CLOEXEC);
	size_t busy = users_n;
	int n;

	for (size_t i = 0; i < users_n; i++) {
		ev = (struct epoll_event){ .events = EPOLLIN,
			.data.ptr = &users[i] };
		if (epoll_ctl(fd, EPOLL_CTL_ADD, SSL_get_fd(users[i].tls),
			&ev) != 0)
			die("no epoll");
		send_apdu(&users[i], &script.loop[0]);
	}
	while (busy > 0) {
		if ((n = epoll_wait(fd, events, 64, -1)) < 0 && errno != EINTR)
			die("no epoll");
		for (int i = 0; i < n; i++)
			busy -= advance(events[i].data.ptr, now_us() >= until);
	}
	(void)close(fd);
}

/* Time of a processor that a process has had, microseconds (proc(5)). */
static double
spent(const char *pid)
{
	char path[64], text[1024];
	unsigned long user = 0, system = 0;
	const char *end;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	if ((f = fopen(path, "re")) == NULL)
		die("%s: cannot be read", path);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	if ((end = strrchr(text, ')')) == NULL ||
	    sscanf(end, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
		&user, &system) != 2)
		die("%s: %s", path, text);
	return (double)(user + system) * 1e6 / (double)sysconf(_SC_CLK_TCK);
}

static void
add_spent(double spent_by[3], char **pids, double sign)
{
	for (size_t i = 0; pids[i] != NULL; i++)
		spent_by[i == 0 ? 0 : 1] += sign * spent(pids[i]);
	spent_by[2] += sign * spent("self");
}

static void
on_sign(const char *milliseconds, const char *file, char **pids)
{
	static const char *const whose[] = { "first", "others", "own" };
	double by[3] = { 0, 0, 0 };
	const size_t ms = count_of(milliseconds);
	unsigned long done = 0;
	double took;

	read_script(file);
	for (size_t i = 0; i < users_n; i++)
		log_in(&users[i]);
	add_spent(by, pids, -1);
	took = now_us();
	sign_all(took + (double)ms * 1000);
	took = now_us() - took;
	add_spent(by, pids, 1);
	for (size_t i = 0; i < users_n; i++)
		done += users[i].done;
	for (int i = 0; i < 3; i++)
		printf("%s %.2f\n", whose[i], by[i] / (double)done);
	printf("per_second %.2f\n", (double)done / took * 1e6);
}

/* ---- idle ---------------------------------------------------------------- */

/* Cards of one device, with what is known of them. */
static void
put_hold(const struct user *u, size_t n, struct cb_buf *body)
{
	struct wire_hold hold = { .kind = u->device->id.kind,
		.count = (uint16_t)n };
	struct cb_buf cards = CB_BUF_INIT;
	struct wire_held held;

	for (size_t i = 0; i < n; i++) {
		held = (struct wire_held){ .stamp = u[i].stamp };
		memcpy(held.card, u[i].card, WIRE_ID);
		memcpy(held.session, u[i].remote.session, WIRE_ID);
		must_cb(wire_held_put(&cards, &held), "a hold");
	}
	hold.cards = cb_buf_span(&cards);
	cb_buf_clear(body);
	must_cb(wire_hold_put(body, &hold), "a hold");
	cb_buf_free(&cards);
}

static void
take_news(struct user *u, size_t n, struct cb_span body)
{
	struct wire_news news;
	struct wire_told told;

	must_cb(wire_news_get(body, &news), "news");
	while (news.count-- > 0) {
		must_cb(wire_told_get(&news.cards, &told), "news");
		if (told.state != WIRE_THERE || told.over)
			die("a card is not there");
		for (size_t i = 0; i < n; i++)
			if (memcmp(u[i].card, told.card, WIRE_ID) == 0)
				u[i].stamp = told.stamp;
	}
}

static bool
all_known(const struct user *u, size_t n)
{
	while (n > 0 && u[n - 1].stamp != 0)
		n--;
	return n == 0;
}

/* Asked until every card is known; the last request is answered when
 * something happens, which must not be. */
static void
hold(struct user *u, size_t n)
{
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	unsigned status;

	for (put_hold(u, n, &body); !all_known(u, n); put_hold(u, n, &body)) {
		status = http_post(
		    u->tls, "/hold", cb_buf_span(&body), &answer);
		if (status != 200)
			die("nothing is held: %u", status);
		take_news(u, n, cb_buf_span(&answer));
	}
	http_send(u->tls, "/hold", cb_buf_span(&body));
	cb_buf_free(&body);
	cb_buf_free(&answer);
}

static void
on_idle(void)
{
	size_t first = 0;

	for (size_t i = 0; i < users_n; i++) {
		if (users[i].device != users[first].device) {
			hold(&users[first], i - first);
			first = i;
		}
		/* one connection: a bridge closes those that have nothing
		 * to say */
		users[i].tls = i == first ? NULL : users[first].tls;
		power(&users[i]);
	}
	hold(&users[first], users_n - first);
	puts("ready");
	(void)fflush(stdout);
	(void)pause();
}

/* ---- all of it ----------------------------------------------------------- */

static struct device *
device_of(const char *dir)
{
	struct device *d = &devices[devices_n == 0 ? 0 : devices_n - 1];

	if (devices_n > 0 && strcmp(d->dir, dir) == 0)
		return d;
	if (devices_n == DEVICES_MAX)
		die("too many identities");
	d = &devices[devices_n++];
	(void)snprintf(d->dir, sizeof(d->dir), "%s", dir);
	identity_read(&d->id, dir);
	d->ctx = tls_context(TLS_client_method(), &d->id, true);
	return d;
}

static void
read_cards(const char *path)
{
	char line[768];
	FILE *f = fopen(path, "re");

	if (f == NULL)
		die("%s: cannot be read", path);
	while (fgets(line, sizeof(line), f) != NULL) {
		struct user *u = &users[users_n];
		char *card = strchr(line, ' ');

		line[strcspn(line, "\n")] = '\0';
		if (users_n == CARDS_MAX || card == NULL)
			die("%s: too many, or no card: %s", path, line);
		*card++ = '\0';
		if (cb_hex_get(cb_span_str(card), u->card, WIRE_ID) != CB_OK)
			die("%s: no card: %s", path, card);
		u->device = device_of(line);
		users_n++;
	}
	fclose(f);
	if (users_n == 0)
		die("%s: no cards", path);
}

int
main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (argc < 4 || (argc < 6 && strcmp(verb, "idle") != 0))
		die("usage: road VERB PORT CARDS ...");
	port = argv[2];
	read_cards(argv[3]);
	if (strcmp(verb, "select") == 0)
		on_select(argv[4], argv[5]);
	else if (strcmp(verb, "sign") == 0)
		on_sign(argv[4], argv[5], argv + 6);
	else
		on_idle();
	return 0;
}
