/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See ids.h.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/vault/ids.h"
#include "common/ct.h"

#define FIRST 16

void
be_ids_init(struct be_ids *ids, size_t size, size_t max)
{
	*ids = (struct be_ids){ .size = size, .max = max };
}

void
be_ids_clear(struct be_ids *ids)
{
	if (ids->p != NULL)
		cb_wipe(ids->p, ids->room * ids->size);
	free(ids->p);
	be_ids_init(ids, ids->size, ids->max);
}

void *
be_ids_at(const struct be_ids *ids, size_t i)
{
	return ids->p + i * ids->size;
}

/* Where the first record is that does not come before this id. */
static size_t
place_of(const struct be_ids *ids, const uint8_t id[WIRE_ID])
{
	size_t from = 0, to = ids->n, middle;

	while (from < to) {
		middle = from + (to - from) / 2;
		if (memcmp(be_ids_at(ids, middle), id, WIRE_ID) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

void *
be_ids_find(const struct be_ids *ids, const uint8_t id[WIRE_ID])
{
	const size_t i = place_of(ids, id);
	void *record;

	if (i == ids->n)
		return NULL;
	record = be_ids_at(ids, i);
	return memcmp(record, id, WIRE_ID) == 0 ? record : NULL;
}

static enum cb_err
make_room(struct be_ids *ids)
{
	size_t room = ids->room == 0 ? FIRST : 2 * ids->room;
	uint8_t *p;

	if (ids->n < ids->room)
		return CB_OK;
	if (ids->n >= ids->max)
		return CB_E_LIMIT;
	if (room > ids->max)
		room = ids->max;
	if ((p = calloc(room, ids->size)) == NULL)
		return CB_E_NOMEM;
	if (ids->n > 0) {
		memcpy(p, ids->p, ids->n * ids->size);
		cb_wipe(ids->p, ids->n * ids->size);
	}
	free(ids->p);
	ids->p = p;
	ids->room = room;
	return CB_OK;
}

enum cb_err
be_ids_add(struct be_ids *ids, const uint8_t id[WIRE_ID], void **out)
{
	const size_t i = place_of(ids, id);
	uint8_t *record;
	enum cb_err r;

	*out = NULL;
	if (be_ids_find(ids, id) != NULL)
		return CB_E_BUSY;
	if ((r = make_room(ids)) != CB_OK)
		return r;
	record = be_ids_at(ids, i);
	memmove(record + ids->size, record, (ids->n - i) * ids->size);
	memset(record, 0, ids->size);
	memcpy(record, id, WIRE_ID);
	ids->n++;
	*out = record;
	return CB_OK;
}

void
be_ids_remove(struct be_ids *ids, void *record)
{
	uint8_t *at = record;
	const size_t behind =
	    (size_t)(ids->p + ids->n * ids->size - at) - ids->size;

	memmove(at, at + ids->size, behind);
	ids->n--;
	cb_wipe(be_ids_at(ids, ids->n), ids->size);
}
