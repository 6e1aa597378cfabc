/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See who.h. An identity is made whole and then given its name (identity.h), so
 * that the directory above is listened to as well.
 */
#include <libgen.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "bridge/https/who.h"
#include "bridge/sock.h"
#include "common/log.h"

#define DAY_S 86400u
/* What is a day to the backend may be less to us. */
#define SLACK_S 60u

/* ---- one that was read --------------------------------------------------- */

struct br_who *
br_who_keep(struct br_who *who)
{
	atomic_fetch_add(&who->users, 1);
	return who;
}

void
br_who_drop(struct br_who **at)
{
	struct br_who *who = *at;

	*at = NULL;
	if (who == NULL || atomic_fetch_sub(&who->users, 1) > 1)
		return;
	wire_identity_clear(&who->identity);
	free(who);
}

/* Of one key there may be several certificates, but not the other way. */
bool
br_who_same(const struct br_who *a, const struct br_who *b)
{
	const struct wire_identity *x = &a->identity, *y = &b->identity;

	return cb_span_equal(cb_buf_span(&x->certificate),
		   cb_buf_span(&y->certificate)) &&
	    cb_span_equal(cb_buf_span(&x->authority),
		cb_buf_span(&y->authority)) &&
	    memcmp(x->backend, y->backend, WIRE_ID) == 0;
}

static void
put_device(struct br_who *who)
{
	br_id_text(who->text, who->identity.organisation);
	who->text[2 * WIRE_ID] = ' ';
	br_id_text(who->text + 2 * WIRE_ID + 1, who->identity.id);
}

enum cb_err
br_home_read(struct br_home *h, struct br_who **out, struct cb_why *why)
{
	struct br_who *who = calloc(1, sizeof(*who));
	enum cb_err r;

	*out = NULL;
	if (who == NULL)
		return CB_E_NOMEM;
	atomic_init(&who->users, 1);
	/* what changes while it is read has not been read */
	h->marked = wire_identity_mark(h->uri->identity, h->mark) == CB_OK;
	if ((r = wire_identity_read(&who->identity, h->uri->identity,
		 (int64_t)time(NULL), why)) != CB_OK)
		h->marked = false;
	/* of one that has ended it is known who that was */
	if (r != CB_OK && (r != CB_E_TIMEOUT || who->identity.until == 0)) {
		br_who_drop(&who);
		return r;
	}
	put_device(who);
	who->device = h->uri->inspected ? who->text : NULL;
	br_trust_of(&who->trust, &who->identity, h->uri->inspected,
	    h->uri->tls12);
	*out = who;
	return r;
}

/* ---- how long it is good ------------------------------------------------- */

static bool
ends(const struct br_who *who, int64_t soon, struct cb_why *why)
{
	const int64_t now = (int64_t)time(NULL);

	return wire_identity_ends(WIRE_DEVICE, who->identity.until, now,
	    now + soon, why);
}

uint32_t
br_who_look_s(const struct br_who *who)
{
	const int64_t left = who->identity.until - (int64_t)time(NULL) + 1;

	return left > 0 && left < DAY_S ? (uint32_t)left : DAY_S;
}

void
br_who_explain(const struct br_who *who, struct cb_why *why)
{
	(void)ends(who, 0, why);
}

void
br_home_tell_end(struct br_home *h, const struct br_who *who)
{
	const uint64_t now = br_now_ms();
	struct cb_why why;

	if ((h->end_told != 0 &&
		now - h->end_told < (DAY_S - SLACK_S) * UINT64_C(1000)) ||
	    !ends(who, WIRE_EXPIRY_SOON, &why))
		return;
	h->end_told = now;
	cb_log(CB_LOG_WARNING, "%s: %s", h->uri->identity, why.text);
}

/* ---- whether it is another one ------------------------------------------- */

/* Of the path, as dirname(3) and basename(3) take it apart in `buf`. */
static const char *
part(const struct br_home *h, char *(*take)(char *), char buf[PATH_MAX])
{
	(void)snprintf(buf, PATH_MAX, "%s", h->uri->identity);
	return take(buf);
}

/* What has the name now; what had it before may be there, too. */
static void
listen_for(struct br_home *h)
{
	const uint32_t names = IN_CREATE | IN_DELETE | IN_MOVED_FROM |
	    IN_MOVED_TO | IN_ONLYDIR;
	char buf[PATH_MAX];
	int inside;

	if (h->ino < 0)
		return;
	h->above = inotify_add_watch(h->ino, part(h, dirname, buf), names);
	inside = inotify_add_watch(h->ino, h->uri->identity,
	    names | IN_CLOSE_WRITE | IN_ATTRIB);
	if (h->inside >= 0 && h->inside != inside)
		(void)inotify_rm_watch(h->ino, h->inside);
	h->inside = inside;
}

void
br_home_open(struct br_home *h, const struct br_https_uri *uri)
{
	*h = (struct br_home){ .uri = uri, .above = -1, .inside = -1 };
	h->ino = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	listen_for(h);
}

void
br_home_close(struct br_home *h)
{
	if (h->ino >= 0)
		close(h->ino);
	h->ino = -1;
}

bool
br_home_is_heard(const struct br_home *h)
{
	return h->ino >= 0 && h->above >= 0;
}

bool
br_home_changed(struct br_home *h)
{
	uint8_t mark[CR_HASH];

	/* in this order: what comes between the two is heard */
	listen_for(h);
	return wire_identity_mark(h->uri->identity, mark) == CB_OK &&
	    (!h->marked || memcmp(mark, h->mark, sizeof(mark)) != 0);
}

/* Others may be busy in the directory above. */
static bool
is_about(const struct br_home *h, const struct inotify_event *e)
{
	char buf[PATH_MAX];

	return e->wd != h->above || e->len == 0 ||
	    strcmp(e->name, part(h, basename, buf)) == 0;
}

static bool
on_event(void *ctx)
{
	struct br_home *h = ctx;
	alignas(struct inotify_event) char buf[4096];
	const struct inotify_event *e;
	bool ours = false;
	ssize_t n;
	size_t at;

	while ((n = read(h->ino, buf, sizeof(buf))) > 0)
		for (at = 0; at < (size_t)n; at += sizeof(*e) + e->len) {
			e = (const void *)(buf + at);
			ours = ours || is_about(h, e);
		}
	return ours && br_home_changed(h);
}

struct br_heed
br_home_heed(struct br_home *h)
{
	return (struct br_heed){ h->ino, on_event, h };
}
