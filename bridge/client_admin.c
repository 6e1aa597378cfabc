/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The thin end's requests about readers as such: adding, removing, listing,
 * taking a card out and putting it back.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/client_io.h"

/* More readers than any bridge has: ends a list that a broken peer makes. */
#define READERS_MAX 65536

static enum cb_err
by_name(struct br_client *c, uint16_t type, const char *name,
    struct cb_why *why)
{
	struct cb_buf frame = CB_BUF_INIT;
	struct cb_span body;
	enum cb_err r;

	if ((r = br_name_check(name, why)) != CB_OK)
		return r;
	r = br_put_name(&frame, br_io_seq(c), type, name);
	if (r == CB_OK)
		r = br_io_call_frame(c, &frame, BR_DONE, &body, why);
	br_inbox_clear(&c->in);
	cb_buf_free(&frame);
	return r;
}

enum cb_err
br_reader_add(struct br_client *c, const char *name, const char *uri,
    struct br_reader_info *made, struct cb_why *why)
{
	struct cb_buf frame = CB_BUF_INIT;
	struct cb_span body;
	uint32_t number;
	enum cb_err r;

	memset(made, 0, sizeof(*made));
	if ((r = br_name_check(name, why)) != CB_OK)
		return r;
	if ((r = br_put_add(&frame, br_io_seq(c), name, uri)) != CB_OK) {
		cb_why_set(why, "The reader's URI is longer than %d "
		    "characters.", BR_URI_MAX);
		goto out;
	}
	r = br_io_call_frame(c, &frame, BR_READER_INFO, &body, why);
	if (r != CB_OK)
		goto out;
	if (br_get_info(&number, made, body) != CB_OK) {
		c->broken = true;
		r = CB_E_PEER;
	}
out:
	br_inbox_clear(&c->in);
	cb_buf_free(&frame);
	return r;
}

enum cb_err
br_reader_remove(struct br_client *c, const char *name, struct cb_why *why)
{
	return by_name(c, BR_READER_REMOVE, name, why);
}

enum cb_err
br_reader_eject(struct br_client *c, const char *name, struct cb_why *why)
{
	return by_name(c, BR_READER_EJECT, name, why);
}

enum cb_err
br_reader_insert(struct br_client *c, const char *name, struct cb_why *why)
{
	return by_name(c, BR_READER_INSERT, name, why);
}

/* The first reader above *after; CB_E_ABSENT: no more. */
static enum cb_err
next(struct br_client *c, uint32_t *after, struct br_reader_info *info,
    struct cb_why *why)
{
	struct cb_buf frame = CB_BUF_INIT;
	struct cb_span body;
	uint32_t number;
	enum cb_err r;

	if ((r = br_put_next(&frame, br_io_seq(c), *after)) != CB_OK)
		goto out;
	r = br_io_call_frame(c, &frame, BR_READER_INFO, &body, why);
	if (r != CB_OK)
		goto out;
	if (br_get_info(&number, info, body) != CB_OK || number <= *after) {
		c->broken = true;
		r = CB_E_PEER;
		goto out;
	}
	*after = number;
out:
	br_inbox_clear(&c->in);
	cb_buf_free(&frame);
	return r;
}

enum cb_err
br_reader_list(struct br_client *c, struct br_reader_info **list,
    size_t *count, struct cb_why *why)
{
	struct br_reader_info *a = NULL, *larger;
	size_t n = 0, room = 0;
	uint32_t after = 0;
	enum cb_err r;

	*list = NULL;
	*count = 0;
	for (;;) {
		if (n == room) {
			room = room == 0 ? 4 : room * 2;
			larger = realloc(a, room * sizeof(*a));
			if (larger == NULL) {
				r = CB_E_NOMEM;
				goto out;
			}
			a = larger;
		}
		if ((r = next(c, &after, &a[n], why)) != CB_OK)
			break;
		if (++n == READERS_MAX) {
			r = CB_E_LIMIT;
			goto out;
		}
	}
	if (r != CB_E_ABSENT)
		goto out;
	r = CB_OK;
	*list = a;
	*count = n;
	a = NULL;
out:
	free(a);
	return r;
}

enum cb_err
br_visits(struct br_client *c, uint32_t *visits)
{
	struct cb_span body;
	enum cb_err r;

	*visits = 0;
	r = br_io_call(c, BR_VISITS, CB_SPAN_EMPTY, BR_VISITED, &body, NULL);
	if (r == CB_OK && br_get_visited(visits, body) != CB_OK) {
		c->broken = true;
		r = CB_E_PEER;
	}
	br_inbox_clear(&c->in);
	return r;
}
