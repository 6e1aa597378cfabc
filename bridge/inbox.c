/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Receiving frames, see inbox.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "bridge/inbox.h"
#include "common/ct.h"

void
br_inbox_init(struct br_inbox *b)
{
	b->have = 0;
	b->cap = sizeof(b->small);
	b->p = b->small;
}

void
br_inbox_clear(struct br_inbox *b)
{
	cb_wipe(b->p, b->have);
	if (b->p != b->small)
		free(b->p);
	br_inbox_init(b);
}

enum cb_err
br_inbox_receive(struct br_inbox *b, int fd, int flags)
{
	ssize_t n;

	if (b->have == b->cap)
		return CB_E_FORMAT;
	n = recv(fd, b->p + b->have, b->cap - b->have, flags);
	if (n > 0) {
		b->have += (size_t)n;
		return CB_OK;
	}
	if (n < 0 && errno == EAGAIN)
		return CB_E_TIMEOUT;
	if (n < 0 && errno == EINTR)
		return CB_E_SHORT;
	return CB_E_PEER;
}

enum cb_err
br_inbox_header(
    const struct br_inbox *b, enum br_from from, struct br_header *h)
{
	if (b->have < BR_HEADER_SIZE)
		return CB_E_SHORT;
	return br_header_get(h, b->p, from);
}

enum cb_err
br_inbox_whole(struct br_inbox *b, const struct br_header *h)
{
	size_t n = BR_HEADER_SIZE + h->length;
	uint8_t *p;

	if (b->have >= n)
		return CB_OK;
	if (n <= b->cap)
		return CB_E_SHORT;
	if ((p = malloc(n)) == NULL)
		return CB_E_NOMEM;
	memcpy(p, b->p, b->have);
	cb_wipe(b->p, b->have);
	if (b->p != b->small)
		free(b->p);
	b->p = p;
	b->cap = n;
	return CB_E_SHORT;
}

struct cb_span
br_inbox_body(const struct br_inbox *b, const struct br_header *h)
{
	return cb_span(b->p + BR_HEADER_SIZE, h->length);
}

void
br_inbox_cut(struct br_inbox *b, size_t at, size_t n, uint8_t *out)
{
	memcpy(out, b->p + at, n);
	memmove(b->p + at, b->p + at + n, b->have - at - n);
	b->have -= n;
	cb_wipe(b->p + b->have, n);
}

void
br_inbox_drop(struct br_inbox *b, const struct br_header *h)
{
	size_t n = BR_HEADER_SIZE + h->length;

	memmove(b->p, b->p + n, b->have - n);
	cb_wipe(b->p + (b->have - n), n);
	b->have -= n;
}
