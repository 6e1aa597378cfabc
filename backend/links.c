/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See links.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/ask.h"
#include "backend/links.h"
#include "common/log.h"

struct be_link {
	struct be_link *next;
	struct be_child *a, *b;
	uint64_t number, made;
	bool lost;
};

bool
be_links_speak(const struct be_child *a, const struct be_child *b)
{
	static const bool pairs[BE_ROLES][BE_ROLES] = {
		[BE_DOOR][BE_WORKER] = true,
		[BE_WORKER][BE_STORE] = true,
		[BE_WORKER][BE_VAULT] = true,
		[BE_STORE][BE_VAULT] = true,
	};

	return pairs[a->role][b->role] || pairs[b->role][a->role];
}

/* ---- making one ---------------------------------------------------------- */

/* A broken control channel is noticed by the loop. */
static void
send_peer(struct be_child *to, const struct be_child *peer, uint64_t number,
    int fd)
{
	struct cb_buf body = CB_BUF_INIT;
	struct be_message m = { .type = BE_ASK_PEER };
	enum cb_err r;

	/* a store or vault is nobody's; it hears whose worker it is */
	if ((r = cb_put_u8(&body, (uint8_t)peer->role)) == CB_OK &&
	    (r = cb_buf_add(&body, CB_SPAN_OF(peer->organisation))) ==
		CB_OK &&
	    (r = cb_put_u64(&body, number)) == CB_OK) {
		m.body = cb_buf_span(&body);
		r = be_channel_send_fds(to->ch, &m, &fd, 1);
	}
	if (r != CB_OK)
		cb_log(CB_LOG_WARNING, "the %s does not hear of a peer",
		    be_role_name(to->role));
	cb_buf_free(&body);
}

static void
make(struct be_links *links, struct be_link *l, uint64_t now)
{
	int fds[2];

	/* where it fails, another is due in a second */
	l->lost = true;
	l->made = now;
	l->number = ++links->last;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
		cb_log(CB_LOG_ERROR, "a channel: %s", strerror(errno));
		return;
	}
	l->lost = false;
	send_peer(l->a, l->b, l->number, fds[0]);
	send_peer(l->b, l->a, l->number, fds[1]);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

void
be_links_join(struct be_links *links, struct be_child *a, struct be_child *b,
    uint64_t now)
{
	struct be_link *l = links->first;

	while (l != NULL &&
	    !((l->a == a && l->b == b) || (l->a == b && l->b == a)))
		l = l->next;
	if (l == NULL) {
		if ((l = malloc(sizeof(*l))) == NULL) {
			cb_log(CB_LOG_ERROR, "a channel: no memory");
			return;
		}
		*l = (struct be_link){ .next = links->first, .a = a, .b = b };
		links->first = l;
	}
	make(links, l, now);
}

/* ---- losing one ---------------------------------------------------------- */

/* Of a channel that is no more: each costs nothing but time, which all have. */
static enum cb_err
lost_before(struct be_child *c, uint64_t now)
{
	if (now - c->losses_since >= 1000) {
		c->losses_since = now;
		c->losses = 0;
	}
	return ++c->losses <= BE_LINK_LOSSES ? CB_OK : CB_E_PEER;
}

enum cb_err
be_links_lost(struct be_links *links, struct be_child *c, uint64_t number,
    uint64_t now)
{
	struct be_link *l = links->first;

	if (number == 0 || number > links->last)
		return CB_E_PEER;
	while (l != NULL && l->number != number)
		l = l->next;
	if (l == NULL)
		/* it has another by now, or a dead peer */
		return lost_before(c, now);
	if (l->a != c && l->b != c)
		return CB_E_PEER;
	l->lost = true;
	(void)be_links_due(links, now);
	return CB_OK;
}

uint64_t
be_links_due(struct be_links *links, uint64_t now)
{
	uint64_t least = UINT64_MAX;

	for (struct be_link *l = links->first; l != NULL; l = l->next) {
		if (l->lost && now - l->made >= BE_LINK_MS)
			make(links, l, now);
		if (l->lost && l->made + BE_LINK_MS - now < least)
			least = l->made + BE_LINK_MS - now;
	}
	return least;
}

void
be_links_drop(struct be_links *links, const struct be_child *c)
{
	struct be_link **at = &links->first, *l;

	while ((l = *at) != NULL)
		if (c == NULL || l->a == c || l->b == c) {
			*at = l->next;
			free(l);
		} else {
			at = &l->next;
		}
}

void
be_links_clear(struct be_links *links)
{
	be_links_drop(links, NULL);
}
