/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The door without TLS: pieces, each a kind, a length of two bytes and bytes,
 * are what clients send, what a worker says, and what else happens to both.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/door/crowd.h"
#include "common/log.h"
#include "tests/fuzz/fuzz.h"

#define CLIENTS 4
#define PIECES 64

static const uint8_t organisation[WIRE_ID] = { 1 };

struct fuzz {
	struct be_door *door;
	int clients[CLIENTS];
	size_t newest;
	int worker;
};

/* ---- in the place of tls.c ----------------------------------------------- */

struct be_tls_end {
	int fd;
	bool met;
};

/* Who comes next: 0 a stranger, 1 and 2 devices, 3 a person, 4 nobody. */
static uint8_t comes;

enum cb_err __wrap_be_tls_new(struct be_tls **out,
    const struct be_door_settings *settings, struct cb_why *why);
void __wrap_be_tls_free(struct be_tls **tls);
enum cb_err __wrap_be_tls_end_new(
    struct be_tls_end **out, struct be_tls *tls, int fd);
void __wrap_be_tls_end_free(struct be_tls_end **end);
enum be_tls_said __wrap_be_tls_shake(struct be_tls_end *end);
enum be_tls_said __wrap_be_tls_read(
    struct be_tls_end *end, uint8_t *p, size_t max, size_t *n);
bool __wrap_be_tls_has_more(const struct be_tls_end *end);
enum be_tls_said __wrap_be_tls_write(
    struct be_tls_end *end, struct cb_span s, size_t *n);
void __wrap_be_tls_bye(struct be_tls_end *end);
enum cb_err __wrap_be_tls_who(
    struct be_tls_end *end, struct be_who *out, struct cb_why *why);

enum cb_err
__wrap_be_tls_new(struct be_tls **out, const struct be_door_settings *settings,
    struct cb_why *why)
{
	(void)settings;
	(void)why;
	*out = NULL;
	return CB_OK;
}

void
__wrap_be_tls_free(struct be_tls **tls)
{
	(void)tls;
}

enum cb_err
__wrap_be_tls_end_new(struct be_tls_end **out, struct be_tls *tls, int fd)
{
	(void)tls;
	if ((*out = calloc(1, sizeof(**out))) == NULL)
		return CB_E_NOMEM;
	(*out)->fd = fd;
	return CB_OK;
}

void
__wrap_be_tls_end_free(struct be_tls_end **end)
{
	free(*end);
	*end = NULL;
}

enum be_tls_said
__wrap_be_tls_shake(struct be_tls_end *end)
{
	return comes == 4 ? BE_TLS_BROKEN : (end->met = true, BE_TLS_DONE);
}

static enum be_tls_said
said(ssize_t n, size_t *out)
{
	*out = n > 0 ? (size_t)n : 0;
	return n > 0 ? BE_TLS_DONE : n == 0 ? BE_TLS_END : BE_TLS_READ;
}

enum be_tls_said
__wrap_be_tls_read(struct be_tls_end *end, uint8_t *p, size_t max, size_t *n)
{
	return said(recv(end->fd, p, max, MSG_DONTWAIT), n);
}

bool
__wrap_be_tls_has_more(const struct be_tls_end *end)
{
	uint8_t byte;

	return recv(end->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

enum be_tls_said
__wrap_be_tls_write(struct be_tls_end *end, struct cb_span s, size_t *n)
{
	const ssize_t sent =
	    send(end->fd, s.p, s.n, MSG_DONTWAIT | MSG_NOSIGNAL);

	return said(sent, n) == BE_TLS_DONE ? BE_TLS_DONE : BE_TLS_WRITE;
}

void
__wrap_be_tls_bye(struct be_tls_end *end)
{
	if (!end->met)
		abort();
}

enum cb_err
__wrap_be_tls_who(
    struct be_tls_end *end, struct be_who *out, struct cb_why *why)
{
	(void)end;
	*out = (struct be_who){ .known = comes != 0,
		.person = comes == 3,
		.id = { comes },
		.until = INT64_MAX };
	memcpy(out->organisation, organisation, WIRE_ID);
	cb_why_set(why, "a stranger");
	return comes == 0 ? CB_E_DENIED : CB_OK;
}

/* ---- what happens -------------------------------------------------------- */

static void
run(struct fuzz *f)
{
	uint8_t p[4096];

	for (int i = 0; i < 4; i++)
		if (event_base_loop(f->door->base, EVLOOP_NONBLOCK) < 0)
			abort();
	for (size_t i = 0; i < CLIENTS; i++)
		while (f->clients[i] >= 0 &&
		       recv(f->clients[i], p, sizeof(p), MSG_DONTWAIT) > 0)
			continue;
	while (recv(f->worker, p, sizeof(p), MSG_DONTWAIT) > 0)
		continue;
}

static void
new_worker(struct fuzz *f)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		abort();
	if (f->worker >= 0)
		(void)close(f->worker);
	f->worker = fds[0];
	if (be_door_worker(f->door, organisation, 1, fds[1]) != CB_OK)
		abort();
}

static void
hang_up(struct fuzz *f)
{
	if (f->clients[f->newest] >= 0)
		(void)close(f->clients[f->newest]);
	f->clients[f->newest] = -1;
}

static void
new_client(struct fuzz *f, struct cb_span who)
{
	struct be_conn *c;
	int fds[2];

	f->newest = (f->newest + 1) % CLIENTS;
	hang_up(f);
	comes = who.n > 0 ? who.p[0] % 5 : 1;
	if (f->door->stopping)
		return;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0)
		abort();
	f->clients[f->newest] = fds[0];
	if (be_conn_new(&c, f->door, fds[1]) != CB_OK)
		abort();
	be_crowd_welcome(f->door, c);
	if (c->state == BE_CONN_OVER)	/* all others are being enrolled */
		return;
	event_active(&c->reading, EV_READ, 1);
}

/* The time of all is over. */
static void
late(struct be_conns *list)
{
	for (struct be_conn *c = list->oldest; c != NULL; c = c->newer)
		event_active(&c->timer, EV_TIMEOUT, 1);
}

static void
happen(struct fuzz *f, uint8_t kind, struct cb_span s)
{
	const int client = f->clients[f->newest];

	switch (kind % 7) {
	case 0:
		new_client(f, s);
		break;
	case 1:
	case 2:
		if (client >= 0)
			(void)!send(
			    client, s.p, s.n, MSG_DONTWAIT | MSG_NOSIGNAL);
		break;
	case 3:
		(void)!send(f->worker, s.p, s.n, MSG_DONTWAIT | MSG_NOSIGNAL);
		break;
	case 4:
		hang_up(f);
		break;
	case 5:
		late(&f->door->strangers);
		late(&f->door->known);
		break;
	case 6:
		if (s.n == 0)
			be_door_stop(f->door);
		else
			new_worker(f);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct be_door_settings settings = { .kind = WIRE_TEST,
		.limits = { .connections = 3,
		    .strangers = 3,
		    .of_address = 2,
		    .of_one = 2,
		    .holds = 1,
		    .enrols = 1,
		    .enrols_a_second = 2,
		    .watches_a_second = 2,
		    .watches_at_once = 8,
		    .bodies = 70000,
		    .handshake = 60000,
		    .request = 60000,
		    .idle = 60000,
		    .answer = 60000,
		    .sending = 60000 } };
	struct fuzz f = { .clients = { -1, -1, -1, -1 }, .worker = -1 };
	struct cb_span cur = cb_span(p, n), s;
	uint8_t kind;

	cb_log_set_level(CB_LOG_ERROR);
	if (be_door_new(&f.door, &settings, NULL) != CB_OK)
		abort();
	new_worker(&f);
	for (int i = 0; i < PIECES && cb_get_u8(&cur, &kind) == CB_OK &&
			cb_get_lv16(&cur, &s) == CB_OK;
	     i++) {
		happen(&f, kind, s);
		run(&f);
	}
	be_door_free(&f.door);
	for (size_t i = 0; i < CLIENTS; i++)
		if (f.clients[i] >= 0)
			(void)close(f.clients[i]);
	(void)close(f.worker);
	return 0;
}
