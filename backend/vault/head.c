/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See head.h.
 */
#include <string.h>

#include "backend/vault/head.h"

struct last {
	uint8_t organisation[WIRE_ID];
	uint64_t number;
	uint8_t hash[CR_HASH];
	uint64_t time;
};

void
be_marks_init(struct be_marks *h, size_t organisations)
{
	be_ids_init(&h->last, sizeof(struct last), organisations);
}

void
be_marks_clear(struct be_marks *h)
{
	be_ids_clear(&h->last);
}

/* Remembers it, if it goes on from what is known. */
static enum cb_err
go_on(struct be_marks *h, const struct wire_head *head)
{
	const struct wire_chain *at = &head->at;
	struct last *last;
	void *record = be_ids_find(&h->last, at->owner.organisation);
	enum cb_err r;

	if (at->number == 0)
		return CB_E_ARG;
	if (record == NULL && (r = be_ids_add(&h->last,
				   at->owner.organisation, &record)) != CB_OK)
		return r;
	last = record;
	if (at->number < last->number ||
	    (at->number == last->number &&
		memcmp(at->hash, last->hash, CR_HASH) != 0))
		return CB_E_DENIED;
	last->number = at->number;
	memcpy(last->hash, at->hash, CR_HASH);
	last->time = head->time;
	return CB_OK;
}

enum cb_err
be_head_known(struct be_marks *h, const struct be_ring *ring,
    struct cb_span head)
{
	struct wire_head known;
	enum cb_err r;

	if ((r = wire_head_get(head, ring->books_public, &known)) != CB_OK)
		return r;
	if (known.at.owner.kind != ring->self.kind ||
	    memcmp(known.at.owner.backend, ring->self.id, WIRE_ID) != 0)
		return CB_E_DENIED;
	return go_on(h, &known);
}

static struct wire_head
head_of(const struct be_ring *ring, const uint8_t organisation[WIRE_ID],
    uint64_t number, const uint8_t hash[CR_HASH], uint64_t time)
{
	struct wire_head head = { .at = { .owner = { .kind = ring->self.kind },
				      .number = number }, .time = time };

	memcpy(head.at.owner.backend, ring->self.id, WIRE_ID);
	memcpy(head.at.owner.organisation, organisation, WIRE_ID);
	memcpy(head.at.hash, hash, CR_HASH);
	return head;
}

enum cb_err
be_head_sign(struct be_marks *h, const struct be_ring *ring,
    const uint8_t organisation[WIRE_ID], uint64_t number,
    const uint8_t hash[CR_HASH], uint64_t time, struct cb_buf *out)
{
	const struct wire_head head =
	    head_of(ring, organisation, number, hash, time);
	enum cb_err r;

	if ((r = go_on(h, &head)) == CB_OK)
		r = wire_head_sign(out, &head, ring->secret->books);
	return r;
}

enum cb_err
be_head_last(struct be_marks *h, const struct be_ring *ring,
    const uint8_t organisation[WIRE_ID], uint64_t time, struct cb_buf *out)
{
	const struct last *last = be_ids_find(&h->last, organisation);
	struct wire_head head;

	if (last == NULL || last->number == 0)
		return CB_OK;
	head = head_of(ring, organisation, last->number, last->hash, time);
	return wire_head_sign(out, &head, ring->secret->books);
}

uint64_t
be_head_latest(const struct be_marks *h)
{
	uint64_t latest = 0;

	for (size_t i = 0; i < h->last.n; i++) {
		const struct last *last = be_ids_at(&h->last, i);

		if (last->time > latest)
			latest = last->time;
	}
	return latest;
}
