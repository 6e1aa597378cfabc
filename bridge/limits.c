/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * How many connections there may be, and whose must go: a program that opens
 * thousands pays with its own. Programs are told apart by process, as the
 * kernel names it (SO_PEERCRED): one user's other programs go on.
 */
#include <stdlib.h>

#include "bridge/loop.h"

#define PER_PROCESS 256
/* A process with no more than this many keeps those it has greeted on. */
#define FAIR 64

static struct br_peer **
bucket(struct br_server *srv, pid_t pid)
{
	return &srv->peers[(unsigned)pid % BR_PEER_BUCKETS];
}

static struct br_peer *
find(struct br_server *srv, pid_t pid)
{
	struct br_peer *p;

	for (p = *bucket(srv, pid); p != NULL; p = p->next)
		if (p->pid == pid)
			return p;
	return NULL;
}

enum cb_err
br_limits_add(struct br_server *srv, struct br_conn *c)
{
	struct br_peer *p = find(srv, c->cred.pid), **at;

	if (p == NULL) {
		if ((p = calloc(1, sizeof(*p))) == NULL)
			return CB_E_NOMEM;
		at = bucket(srv, c->cred.pid);
		p->pid = c->cred.pid;
		p->next = *at;
		*at = p;
	}
	p->count++;
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
	if (--p->count > 0)
		return;
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

static struct br_peer *
largest(struct br_server *srv)
{
	struct br_peer *p, *most = NULL;
	size_t i;

	for (i = 0; i < BR_PEER_BUCKETS; i++)
		for (p = srv->peers[i]; p != NULL; p = p->next)
			if (most == NULL || p->count > most->count)
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
br_limits_admit(struct br_server *srv, pid_t pid)
{
	struct br_peer *p = find(srv, pid);

	if (p != NULL && p->count >= PER_PROCESS &&
	    !evict(srv, p, BR_CONN_NEW))
		return CB_E_LIMIT;
	if (srv->conns < srv->conns_max)
		return CB_OK;
	p = largest(srv);
	if (p == NULL || p->count <= 1)
		return evict_stranger(srv) ? CB_OK : CB_E_LIMIT;
	if (evict(srv, p, BR_CONN_NEW) || evict_stranger(srv))
		return CB_OK;
	if (p->count > FAIR &&
	    evict(srv, p, BR_CONN_GREETED | BR_CONN_ATTACHED |
		    BR_CONN_WATCHING))
		return CB_OK;
	return CB_E_LIMIT;
}
