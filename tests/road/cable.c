/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See cable.h. The loop has everything but the plan and what was seen, which
 * have a lock; a byte in a pipe wakes it.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "tests/road/cable.h"

#define CHUNK 65536
#define HEAD 5		/* of a record: type, version, length */
#define NEVER UINT64_MAX

/* One direction of a connection. */
struct flow {
	int from, to;
	unsigned record, at, length;	/* length: once its head is there */
	uint8_t head[HEAD];
	uint8_t *kept;			/* not passed on yet */
	size_t kept_n;
	bool ended;			/* `from` has said all */
};

struct conn {
	bool used;
	unsigned no;
	struct flow flow[2];
	uint64_t stopped_until;		/* 0: it passes */
	uint64_t late_at;		/* NEVER, or kept is passed on then */
};

struct cable {
	int listen, wake[2];
	unsigned port, target;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t begun;
	struct cable_plan plan;
	struct cable_seen seen;
	bool begin, end;
	bool fired;
	uint64_t out_until;
	struct conn conns[CABLE_CONNS];
	uint8_t chunk[CHUNK];
};

static uint64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- ends ---------------------------------------------------------------- */

static void
shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
conn_end(struct conn *k)
{
	for (int way = 0; way < 2; way++) {
		free(k->flow[way].kept);
		k->flow[way].kept = NULL;
		k->flow[way].kept_n = 0;
	}
	shut(&k->flow[CABLE_UP].from);
	shut(&k->flow[CABLE_UP].to);
	k->flow[CABLE_DOWN].from = k->flow[CABLE_DOWN].to = -1;
	k->used = false;
}

static int
dial(unsigned port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		shut(&fd);
	return fd;
}

static void
take(struct cable *c)
{
	int one = 1, to = -1;
	int from = accept4(c->listen, NULL, NULL, SOCK_CLOEXEC);
	struct conn *k = NULL;

	if (from < 0)
		return;
	for (size_t i = 0; i < CABLE_CONNS && k == NULL; i++)
		if (!c->conns[i].used)
			k = &c->conns[i];
	if (k == NULL || now_ms() < c->out_until ||
	    (to = dial(c->target)) < 0) {
		close(from);
		return;
	}
	(void)setsockopt(from, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	*k = (struct conn){ .used = true, .late_at = NEVER };
	k->flow[CABLE_UP].from = k->flow[CABLE_DOWN].to = from;
	k->flow[CABLE_UP].to = k->flow[CABLE_DOWN].from = to;
	(void)pthread_mutex_lock(&c->lock);
	k->no = c->seen.conns++;
	(void)pthread_mutex_unlock(&c->lock);
}

/* ---- passing on ---------------------------------------------------------- */

static bool
planned(const struct cable *c, const struct conn *k, enum cable_way way)
{
	return !c->fired && c->plan.how != CABLE_FINE &&
	    c->plan.conn == k->no && c->plan.way == way;
}

/* Where in the record of `f` it happens; UINT_MAX: not in this one, or not
 * known before its head is there. */
static unsigned
point(const struct cable *c, const struct flow *f)
{
	if (f->record != c->plan.record)
		return UINT32_MAX;
	if (c->plan.offset >= 0)
		return (unsigned)c->plan.offset;
	if (f->at < HEAD)
		return UINT32_MAX;
	return f->length - (c->plan.offset == CABLE_LESS ? 1 : 0);
}

static void
count(struct cable *c, const struct conn *k, enum cable_way way,
    unsigned n, unsigned whole)
{
	unsigned *records;

	if (k->no >= CABLE_CONNS)
		return;
	(void)pthread_mutex_lock(&c->lock);
	c->seen.bytes[k->no][way] += n;
	records = &c->seen.records[k->no][way];
	if (whole > 0 && *records < CABLE_RECORDS)
		c->seen.length[k->no][way][(*records)++] = whole;
	(void)pthread_mutex_unlock(&c->lock);
}

/* How many of the n bytes at p belong to what the record still lacks, not
 * beyond the point. */
static size_t
step(struct flow *f, const uint8_t *p, size_t n, unsigned until)
{
	size_t left = f->at < HEAD ? HEAD - f->at : f->length - f->at;

	if (n > left)
		n = left;
	if (until != UINT32_MAX && f->at < until && n > until - f->at)
		n = until - f->at;
	if (f->at < HEAD)
		memcpy(f->head + f->at, p, n);
	f->at += (unsigned)n;
	if (f->at == HEAD)
		f->length = HEAD + ((unsigned)f->head[3] << 8) + f->head[4];
	return n;
}

static void
pass(struct flow *f, const uint8_t *p, size_t n)
{
	ssize_t r;

	while (n > 0 && f->to >= 0 &&
	    (r = send(f->to, p, n, MSG_NOSIGNAL)) > 0) {
		p += r;
		n -= (size_t)r;
	}
}

static void
keep(struct flow *f, const uint8_t *p, size_t n)
{
	uint8_t *more = realloc(f->kept, f->kept_n + n + 1);

	if (more == NULL)
		abort();
	memcpy(more + f->kept_n, p, n);
	f->kept = more;
	f->kept_n += n;
}

static void
is_done(struct cable *c)
{
	(void)pthread_mutex_lock(&c->lock);
	c->seen.done = true;
	(void)pthread_mutex_unlock(&c->lock);
}

/* True: the connection is still there. */
static bool
fire(struct cable *c, struct conn *k, enum cable_way way)
{
	const uint64_t then = now_ms() + c->plan.ms;

	c->fired = true;
	if (c->plan.how == CABLE_DELAY) {
		k->stopped_until = then;
		return true;
	}
	if (c->plan.how == CABLE_CALL) {
		c->plan.call();
		is_done(c);
		return true;
	}
	if (c->plan.how == CABLE_LATE) {
		struct flow *f = &k->flow[way];

		/* who has sent it sees the end */
		k->late_at = then;
		shut(&f->from);
		k->flow[!way].to = -1;
		f->ended = true;
		return false;
	}
	if (c->plan.how == CABLE_OUT)
		c->out_until = then;
	else
		is_done(c);
	conn_end(k);
	return false;
}

/* n bytes that have come. False: the connection is not what it was. */
static bool
forward(struct cable *c, struct conn *k, enum cable_way way,
    const uint8_t *p, size_t n)
{
	struct flow *f = &k->flow[way];

	while (n > 0) {
		const bool here = planned(c, k, way);
		unsigned until = here ? point(c, f) : UINT32_MAX;
		const bool late = here && c->plan.how == CABLE_LATE &&
		    f->record == c->plan.record;
		size_t some;

		if (until == 0 && f->at == 0 && !fire(c, k, way))
			return false;
		some = step(f, p, n, until);
		if (late)
			keep(f, p, some);
		else
			pass(f, p, some);
		p += some;
		n -= some;
		/* its head may have told where it is */
		until = here ? point(c, f) : UINT32_MAX;
		const bool there = here && f->at == until;
		const bool whole = f->at > HEAD - 1 && f->at == f->length;

		count(c, k, way, (unsigned)some, whole ? f->length : 0);
		if (whole) {
			f->record++;
			f->at = f->length = 0;
		}
		if (there && until > 0 && !fire(c, k, way))
			return false;
		if (k->stopped_until != 0 && n > 0) {
			keep(f, p, n);
			return true;
		}
	}
	return true;
}

static void
serve(struct cable *c, struct conn *k, enum cable_way way)
{
	struct flow *f = &k->flow[way];
	ssize_t n;

	n = recv(f->from, c->chunk, sizeof(c->chunk), MSG_DONTWAIT);
	if (n > 0) {
		(void)forward(c, k, way, c->chunk, (size_t)n);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		f->ended = true;
		if (f->to >= 0)
			(void)shutdown(f->to, SHUT_WR);
		/* nobody waits for the rest */
		if (k->late_at == NEVER &&
		    (n < 0 || k->flow[!way].ended))
			conn_end(k);
	}
}

/* ---- what falls due ------------------------------------------------------ */

static void
go_on(struct cable *c, struct conn *k)
{
	k->stopped_until = 0;
	is_done(c);
	for (int way = 0; k->used && way < 2; way++) {
		struct flow *f = &k->flow[way];
		uint8_t *p = f->kept;
		const size_t n = f->kept_n;

		f->kept = NULL;
		f->kept_n = 0;
		if (n > 0)
			(void)forward(c, k, (enum cable_way)way, p, n);
		free(p);
	}
}

/* The record arrives; what is answered to it nobody hears. */
static void
arrive(struct cable *c, struct conn *k)
{
	struct flow *f = &k->flow[c->plan.way];

	if (f->kept_n > 0) {
		pass(f, f->kept, f->kept_n);
		f->kept_n = 0;
		/* time for an answer, before the end */
		k->late_at = now_ms() + 50;
		return;
	}
	conn_end(k);
	is_done(c);
}

static int
due(struct cable *c)
{
	const uint64_t now = now_ms();
	uint64_t next = now + 1000;

	for (size_t i = 0; i < CABLE_CONNS; i++) {
		struct conn *k = &c->conns[i];

		if (!k->used)
			continue;
		if (k->stopped_until != 0 && k->stopped_until <= now)
			go_on(c, k);
		if (k->used && k->late_at <= now)
			arrive(c, k);
		if (!k->used)
			continue;
		if (k->stopped_until != 0 && k->stopped_until < next)
			next = k->stopped_until;
		if (k->late_at < next)
			next = k->late_at;
	}
	if (c->out_until != 0 && c->out_until <= now) {
		c->out_until = 0;
		is_done(c);
	} else if (c->out_until != 0 && c->out_until < next) {
		next = c->out_until;
	}
	return next > now ? (int)(next - now) : 0;
}

/* ---- the loop ------------------------------------------------------------ */

static bool
listens_to(const struct conn *k, int way)
{
	return k->used && k->stopped_until == 0 && k->flow[way].from >= 0 &&
	    !k->flow[way].ended;
}

static void
begin_anew(struct cable *c)
{
	for (size_t i = 0; i < CABLE_CONNS; i++)
		if (c->conns[i].used)
			conn_end(&c->conns[i]);
	memset(&c->seen, 0, sizeof(c->seen));
	c->fired = c->begin = false;
	c->out_until = 0;
	(void)pthread_cond_broadcast(&c->begun);
}

static bool
woken(struct cable *c)
{
	char some[16];
	bool end;

	(void)!read(c->wake[0], some, sizeof(some));
	(void)pthread_mutex_lock(&c->lock);
	if (c->begin)
		begin_anew(c);
	end = c->end;
	(void)pthread_mutex_unlock(&c->lock);
	return !end;
}

static void *
run(void *arg)
{
	struct pollfd p[2 + 2 * CABLE_CONNS];
	unsigned who[2 + 2 * CABLE_CONNS];
	struct cable *c = arg;

	for (;;) {
		const int ms = due(c);
		nfds_t n = 0;

		p[n++] = (struct pollfd){ c->wake[0], POLLIN, 0 };
		p[n++] = (struct pollfd){ c->listen, POLLIN, 0 };
		for (unsigned i = 0; i < 2 * CABLE_CONNS; i++)
			if (listens_to(&c->conns[i / 2], (int)(i % 2))) {
				who[n] = i;
				p[n++] = (struct pollfd){ c->conns[i / 2]
					.flow[i % 2].from, POLLIN, 0 };
			}
		if (poll(p, n, ms) <= 0)
			continue;
		for (nfds_t i = 2; i < n; i++)
			if (p[i].revents != 0 &&
			    listens_to(&c->conns[who[i] / 2],
				(int)(who[i] % 2)))
				serve(c, &c->conns[who[i] / 2],
				    (enum cable_way)(who[i] % 2));
		if (p[0].revents != 0 && !woken(c))
			return NULL;
		if (p[1].revents != 0)
			take(c);
	}
}

/* ---- from outside -------------------------------------------------------- */

static void
wake(struct cable *c)
{
	(void)!write(c->wake[1], "", 1);
}

static int
listen_at(unsigned *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof(at);

	if (fd >= 0 &&
	    (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
		listen(fd, 64) < 0 ||
		getsockname(fd, (struct sockaddr *)&at, &n) < 0))
		shut(&fd);
	*port = ntohs(at.sin_port);
	return fd;
}

struct cable *
cable_new(unsigned port)
{
	struct cable *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->target = port;
	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_cond_init(&c->begun, NULL);
	if ((c->listen = listen_at(&c->port)) >= 0 && pipe(c->wake) == 0 &&
	    pthread_create(&c->thread, NULL, run, c) == 0)
		return c;
	free(c);
	return NULL;
}

void
cable_free(struct cable *c)
{
	(void)pthread_mutex_lock(&c->lock);
	c->begin = c->end = true;
	(void)pthread_mutex_unlock(&c->lock);
	wake(c);
	(void)pthread_join(c->thread, NULL);
	close(c->listen);
	close(c->wake[0]);
	close(c->wake[1]);
	free(c);
}

unsigned
cable_port(const struct cable *c)
{
	return c->port;
}

void
cable_begin(struct cable *c, const struct cable_plan *plan)
{
	(void)pthread_mutex_lock(&c->lock);
	c->plan = *plan;
	c->begin = true;
	wake(c);
	while (c->begin)
		(void)pthread_cond_wait(&c->begun, &c->lock);
	(void)pthread_mutex_unlock(&c->lock);
}

void
cable_seen(struct cable *c, struct cable_seen *out)
{
	(void)pthread_mutex_lock(&c->lock);
	*out = c->seen;
	(void)pthread_mutex_unlock(&c->lock);
}
