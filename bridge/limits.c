/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * How many connections there may be, and whose must go: a program that opens
 * thousands pays with its own. Programs are told apart by process, as the
 * kernel names it (SO_PEERCRED): one user's other programs go on. Who starts
 * many programs for it pays as a user: other users are let in at its cost.
 */
#include <stdlib.h>
#include <sys/socket.h>

#include "bridge/loop.h"

#define PER_PROCESS 256
/* A process with no more than this many keeps those it has greeted on, as
 * far as programs of its own user come. */
#define FAIR 64

static struct br_peer **
bucket(struct br_server *srv, pid_t pid)
{
	return &srv->peers[(unsigned)pid % BR_PEER_BUCKETS];
}

/* The number of a process that has gone may be another user's by now, while a
 * child of it still holds its connections. */
static struct br_peer *
find(struct br_server *srv, const struct br_cred *cred)
{
	struct br_peer *p;

	for (p = *bucket(srv, cred->pid); p != NULL; p = p->next)
		if (p->pid == cred->pid && p->user->uid == cred->uid)
			return p;
	return NULL;
}

/* Found or made. */
static struct br_user *
user_of(struct br_server *srv, uid_t uid)
{
	struct br_user *u;

	for (u = srv->users; u != NULL; u = u->next)
		if (u->uid == uid)
			return u;
	if ((u = calloc(1, sizeof(*u))) == NULL)
		return NULL;
	u->uid = uid;
	u->next = srv->users;
	srv->users = u;
	return u;
}

static void
drop_user(struct br_server *srv, struct br_user *u)
{
	struct br_user **at;

	if (u->count > 0)
		return;
	for (at = &srv->users; *at != u; at = &(*at)->next)
		;
	*at = u->next;
	free(u);
}

enum cb_err
br_limits_add(struct br_server *srv, struct br_conn *c)
{
	struct br_peer *p = find(srv, &c->cred), **at;
	struct br_user *u;

	if (p == NULL) {
		if ((u = user_of(srv, c->cred.uid)) == NULL)
			return CB_E_NOMEM;
		if ((p = calloc(1, sizeof(*p))) == NULL) {
			drop_user(srv, u);
			return CB_E_NOMEM;
		}
		at = bucket(srv, c->cred.pid);
		p->user = u;
		p->pid = c->cred.pid;
		p->next = *at;
		*at = p;
	}
	p->count++;
	p->user->count++;
	c->peer = p;
	srv->conns++;
	return CB_OK;
}

void
br_limits_remove(struct br_server *srv, struct br_conn *c)
{
	struct br_peer *p = c->peer, **at;

	c->peer = NULL;
	srv->conns--;
	if (c->ending)
		srv->ending--;
	c->ending = false;
	p->user->count--;
	if (--p->count > 0)
		return;
	drop_user(srv, p->user);
	for (at = bucket(srv, p->pid); *at != p; at = &(*at)->next)
		;
	*at = p->next;
	free(p);
}

/* Closes the oldest of a process's connections in one of these states. */
static bool
evict(struct br_server *srv, const struct br_peer *p, unsigned states)
{
	struct br_conn *c;

	for (c = srv->first; c != NULL; c = c->next) {
		if (c->peer != p || ((unsigned)c->state & states) == 0 ||
		    c->waiting != NULL)
			continue;
		br_conn_close(c);
		return true;
	}
	return false;
}

/* The oldest of a user's that shares a card, of which there may be any number:
 * its thread finds the end, and what the handle had is free. */
static bool
hang_up(struct br_server *srv, const struct br_user *u)
{
	struct br_conn *c;

	for (c = srv->first; c != NULL; c = c->next) {
		if (c->peer->user != u || c->state != BR_CONN_SESSION ||
		    c->type != BR_SHARE_CONNECT || c->ending)
			continue;
		(void)shutdown(c->fd, SHUT_RDWR);
		c->ending = true;
		srv->ending++;
		return true;
	}
	return false;
}

/* Of the user with the most connections, the process with the most. */
static struct br_peer *
largest(struct br_server *srv)
{
	struct br_peer *p, *most = NULL;
	size_t i;

	for (i = 0; i < BR_PEER_BUCKETS; i++)
		for (p = srv->peers[i]; p != NULL; p = p->next)
			if (most == NULL ||
			    p->user->count > most->user->count ||
			    (p->user->count == most->user->count &&
				p->count > most->count))
				most = p;
	return most;
}

/* Closes the oldest connection of anybody that has not greeted. */
static bool
evict_stranger(struct br_server *srv)
{
	struct br_conn *c;

	for (c = srv->first; c != NULL; c = c->next) {
		if (c->state != BR_CONN_NEW)
			continue;
		br_conn_close(c);
		return true;
	}
	return false;
}

enum cb_err
br_limits_admit(struct br_server *srv, const struct br_cred *cred)
{
	struct br_peer *p = find(srv, cred);
	const size_t own = p != NULL ? p->count : 0;

	if (p != NULL && p->count >= PER_PROCESS &&
	    !evict(srv, p, BR_CONN_NEW))
		return CB_E_LIMIT;
	if (srv->conns - srv->ending < srv->conns_max)
		return CB_OK;
	p = largest(srv);
	if (p == NULL || p->user->count <= 1)
		return evict_stranger(srv) ? CB_OK : CB_E_LIMIT;
	if (evict(srv, p, BR_CONN_NEW) || evict_stranger(srv))
		return CB_OK;
	if ((p->count > FAIR || p->user->uid != cred->uid) &&
	    evict(srv, p, BR_CONN_GREETED | BR_CONN_ATTACHED |
		    BR_CONN_WATCHING))
		return CB_OK;
	/* a program with less than others is let in, at the cost of one that
	 * has asked for nothing yet */
	if (p->count > own + 1 && evict(srv, p, BR_CONN_GREETED))
		return CB_OK;
	if (p->user->uid != cred->uid && hang_up(srv, p->user))
		return CB_OK;
	return CB_E_LIMIT;
}
