/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Frames: u32 length of the body, u16 type, u16 code, u64 number; the top bit
 * of the type marks an answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/channel.h"
#include "common/ct.h"

#define HEADER 16
#define ANSWER 0x8000
#define READ_AT_ONCE ((size_t)16 << 10)
/* What a loop collects of one channel, before others have waited for long. */
#define COLLECTED_MESSAGES 16
#define COLLECTED_BYTES ((size_t)32 << 10)

struct be_channel {
	int fd;
	/* the loop's */
	struct cb_buf in;
	size_t taken;		/* of it, by messages that were lent */
	bool with_fds;
	int fds[BE_FDS_MAX];
	size_t fds_n;
	/* anybody's */
	pthread_mutex_t lock;
	struct cb_buf out;
	unsigned collected;	/* messages in it, since some were pushed */
	bool held;
	bool broken;
	be_full_fn *full;	/* NULL: nobody wants to know */
	void *full_ctx;
};

enum cb_err
be_channel_new(struct be_channel **out, int fd)
{
	struct be_channel *ch = NULL;
	int flags = fcntl(fd, F_GETFL);

	*out = NULL;
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
	    (ch = calloc(1, sizeof(*ch))) == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return flags < 0 ? CB_E_ARG : CB_E_NOMEM;
	}
	ch->fd = fd;
	ch->in = (struct cb_buf)CB_BUF_INIT_MAX(
	    HEADER + BE_BODY_MAX + READ_AT_ONCE);
	ch->out = (struct cb_buf)CB_BUF_INIT_MAX(BE_UNSENT_MAX);
	if (pthread_mutex_init(&ch->lock, NULL) != 0) {
		(void)close(fd);
		free(ch);
		return CB_E_NOMEM;
	}
	*out = ch;
	return CB_OK;
}

static enum cb_err push(struct be_channel *ch);

void
be_channel_free(struct be_channel **ch)
{
	struct be_channel *c = *ch;

	if (c == NULL)
		return;
	if (c->collected > 0)
		(void)!push(c);
	(void)close(c->fd);
	while (c->fds_n > 0)
		(void)close(c->fds[--c->fds_n]);
	cb_buf_free(&c->in);
	cb_buf_free(&c->out);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
	*ch = NULL;
}

int
be_channel_fd(const struct be_channel *ch)
{
	return ch->fd;
}

size_t
be_channel_unsent(struct be_channel *ch)
{
	size_t unsent;

	(void)pthread_mutex_lock(&ch->lock);
	unsent = ch->out.n;
	(void)pthread_mutex_unlock(&ch->lock);
	return unsent;
}

void
be_channel_on_full(struct be_channel *ch, be_full_fn *full, void *ctx)
{
	(void)pthread_mutex_lock(&ch->lock);
	ch->full = full;
	ch->full_ctx = ctx;
	(void)pthread_mutex_unlock(&ch->lock);
}

/* ---- sending ------------------------------------------------------------- */

static _Thread_local bool collects;

void
be_channel_collect(bool yes)
{
	collects = yes;
}

void
be_channel_hold(struct be_channel *ch)
{
	(void)pthread_mutex_lock(&ch->lock);
	ch->held = true;
	(void)pthread_mutex_unlock(&ch->lock);
}

/* With ch->lock: does the last message wait for others? */
static bool
waits(struct be_channel *ch)
{
	return (collects || ch->held) &&
	    ++ch->collected < COLLECTED_MESSAGES &&
	    ch->out.n < COLLECTED_BYTES;
}

/* As much as the socket takes now; with ch->lock. */
static enum cb_err
push(struct be_channel *ch)
{
	ssize_t n;

	ch->collected = 0;
	while (ch->out.n > 0 && !ch->broken) {
		n = send(ch->fd, ch->out.p, ch->out.n, MSG_NOSIGNAL);
		if (n > 0)
			cb_buf_consume(&ch->out, (size_t)n);
		else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return CB_OK;
		else if (n == 0 || errno != EINTR)
			ch->broken = true;
	}
	return ch->broken ? CB_E_PEER : CB_OK;
}

static enum cb_err
put(struct cb_buf *b, const struct be_message *m)
{
	const size_t before = b->n;
	enum cb_err r;

	(void)((r = cb_put_u32(b, (uint32_t)m->body.n)) != CB_OK ||
	    (r = cb_put_u16(b, (uint16_t)(m->type |
		 (m->answer ? ANSWER : 0)))) != CB_OK ||
	    (r = cb_put_u16(b, m->code)) != CB_OK ||
	    (r = cb_put_u64(b, m->id)) != CB_OK ||
	    (r = cb_buf_add(b, m->body)) != CB_OK);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_channel_send(struct be_channel *ch, const struct be_message *m)
{
	enum cb_err r;

	if (m->body.n > BE_BODY_MAX)
		return CB_E_LIMIT;
	if ((m->type & ANSWER) != 0 || (m->answer && m->id == 0))
		return CB_E_ARG;
	(void)pthread_mutex_lock(&ch->lock);
	r = ch->broken ? CB_E_PEER : put(&ch->out, m);
	if (r == CB_E_LIMIT)
		ch->broken = true;	/* nobody reads at the other end */
	if (r != CB_OK || !waits(ch)) {
		if (r == CB_OK || r == CB_E_LIMIT)
			r = push(ch);
		if (ch->out.n > 0 && ch->full != NULL)
			ch->full(ch->full_ctx);
	}
	(void)pthread_mutex_unlock(&ch->lock);
	return r;
}

enum cb_err
be_channel_flush(struct be_channel *ch)
{
	enum cb_err r;

	(void)pthread_mutex_lock(&ch->lock);
	ch->held = false;
	r = push(ch);
	(void)pthread_mutex_unlock(&ch->lock);
	return r;
}

/* ---- descriptors --------------------------------------------------------- */

#define SLOW_MS 1000

union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(BE_FDS_MAX * sizeof(int))];
};

/* Until the socket takes bytes at once: descriptors go with the first byte of
 * their message, so that nothing may be kept before it. */
static enum cb_err
push_all(struct be_channel *ch)
{
	struct pollfd p = { .fd = ch->fd, .events = POLLOUT };
	enum cb_err r;

	while ((r = push(ch)) == CB_OK && ch->out.n > 0)
		if (poll(&p, 1, SLOW_MS) == 0)
			ch->broken = true;
	return r;
}

static enum cb_err
push_fds(struct be_channel *ch, const int *fds, size_t n)
{
	union control control;
	struct iovec bytes = { ch->out.p, ch->out.n };
	struct msghdr msg = { .msg_iov = &bytes, .msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = CMSG_SPACE(n * sizeof(int)) };
	struct cmsghdr *c;
	ssize_t sent;

	memset(&control, 0, sizeof(control));
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	do
		sent = sendmsg(ch->fd, &msg, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent <= 0) {
		ch->broken = true;
		return CB_E_PEER;
	}
	cb_buf_consume(&ch->out, (size_t)sent);
	return push(ch);
}

enum cb_err
be_channel_send_fds(struct be_channel *ch, const struct be_message *m,
    const int *fds, size_t n)
{
	enum cb_err r;

	if (n == 0)
		return be_channel_send(ch, m);
	if (n > BE_FDS_MAX || m->body.n > BE_BODY_MAX)
		return CB_E_LIMIT;
	(void)pthread_mutex_lock(&ch->lock);
	if ((r = push_all(ch)) == CB_OK && (r = put(&ch->out, m)) == CB_OK)
		r = push_fds(ch, fds, n);
	(void)pthread_mutex_unlock(&ch->lock);
	return r;
}

void
be_channel_take_fds(struct be_channel *ch)
{
	ch->with_fds = true;
}

int
be_channel_fd_next(struct be_channel *ch)
{
	int fd;

	if (ch->fds_n == 0)
		return -1;
	fd = ch->fds[0];
	memmove(ch->fds, ch->fds + 1, --ch->fds_n * sizeof(int));
	return fd;
}

static enum cb_err
keep_fds(struct be_channel *ch, struct msghdr *msg)
{
	enum cb_err r = (msg->msg_flags & MSG_CTRUNC) != 0 ? CB_E_PEER : CB_OK;
	int fd;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL;
	     c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; CMSG_LEN((i + 1) * sizeof(int)) <=
		     c->cmsg_len; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int),
			    sizeof(fd));
			if (ch->fds_n < BE_FDS_MAX) {
				ch->fds[ch->fds_n++] = fd;
			} else {
				(void)close(fd);
				r = CB_E_PEER;
			}
		}
	}
	return r;
}

/* As recv(). */
static ssize_t
receive(struct be_channel *ch, uint8_t *p, size_t n)
{
	union control control;
	struct iovec bytes = { p, n };
	struct msghdr msg = { .msg_iov = &bytes, .msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room) };
	ssize_t got;

	if (!ch->with_fds)
		return recv(ch->fd, p, n, 0);
	got = recvmsg(ch->fd, &msg, MSG_CMSG_CLOEXEC);
	if (got > 0 && keep_fds(ch, &msg) != CB_OK)
		got = 0;
	return got;
}

/* ---- receiving ----------------------------------------------------------- */

/* What was lent may be a passcode, and the next message may come late. */
static enum cb_err
no_more(struct be_channel *ch)
{
	cb_buf_consume(&ch->in, ch->taken);	/* wipes */
	ch->taken = 0;
	return CB_E_SHORT;
}

enum cb_err
be_channel_read(struct be_channel *ch)
{
	/* most messages are small: only what came is wiped */
	static _Thread_local uint8_t came[READ_AT_ONCE];
	ssize_t n;
	enum cb_err r = CB_OK;

	(void)no_more(ch);
	if (ch->in.max - ch->in.n < READ_AT_ONCE)
		return CB_OK;	/* whole messages lie here: they come first */
	do
		n = receive(ch, came, sizeof(came));
	while (n < 0 && errno == EINTR);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK))
		r = CB_E_PEER;
	if (n > 0) {
		r = cb_buf_add(&ch->in, cb_span(came, (size_t)n));
		cb_wipe(came, (size_t)n);
	}
	return r;
}

enum cb_err
be_channel_next(struct be_channel *ch, struct be_message *out)
{
	struct be_message m;
	struct cb_span cur = cb_span_tail(cb_buf_span(&ch->in), ch->taken);
	uint32_t length;
	uint16_t type;

	if (cb_get_u32(&cur, &length) != CB_OK ||
	    cb_get_u16(&cur, &type) != CB_OK ||
	    cb_get_u16(&cur, &m.code) != CB_OK ||
	    cb_get_u64(&cur, &m.id) != CB_OK)
		return no_more(ch);
	m.answer = (type & ANSWER) != 0;
	m.type = (uint16_t)(type & ~ANSWER);
	if (length > BE_BODY_MAX || (!m.answer && m.code != 0) ||
	    (m.answer && m.id == 0))
		return CB_E_PEER;
	if (cb_get_span(&cur, length, &m.body) != CB_OK)
		return no_more(ch);
	ch->taken += HEADER + length;
	*out = m;
	return CB_OK;
}
