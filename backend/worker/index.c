/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See index.h.
 */
#include <string.h>

#include "backend/worker/index.h"
#include "crypto/crypto.h"

enum cb_err
be_index_init(struct be_index *x)
{
	memset(x, 0, sizeof(*x));
	return cr_random((uint8_t *)x->secret, sizeof(x->secret));
}

static size_t
bucket(const struct be_index *x, const uint8_t id[WIRE_ID])
{
	uint64_t half[2], h;

	memcpy(half, id, sizeof(half));
	h = (half[0] ^ x->secret[0]) * UINT64_C(0x9E3779B97F4A7C15);
	h = (h ^ h >> 32 ^ half[1] ^ x->secret[1]) *
	    UINT64_C(0xD6E8FEB86659FD93);
	return (size_t)(h >> 40) % BE_BUCKETS;
}

void
be_index_add(
    struct be_index *x, struct be_link *link, const uint8_t *id, void *of)
{
	struct be_link **at = &x->buckets[bucket(x, id)];

	*link = (struct be_link){ *at, at, id, of };
	if (link->next != NULL)
		link->next->at = &link->next;
	*at = link;
}

void
be_index_remove(struct be_link *link)
{
	if (link->at == NULL)
		return;
	*link->at = link->next;
	if (link->next != NULL)
		link->next->at = link->at;
	link->at = NULL;
}

static struct be_link *
same_from(struct be_link *link, const uint8_t id[WIRE_ID])
{
	while (link != NULL && memcmp(link->id, id, WIRE_ID) != 0)
		link = link->next;
	return link;
}

struct be_link *
be_index_find(const struct be_index *x, const uint8_t id[WIRE_ID])
{
	return same_from(x->buckets[bucket(x, id)], id);
}

struct be_link *
be_link_next(const struct be_link *link)
{
	return same_from(link->next, link->id);
}

void *
be_index_get(const struct be_index *x, const uint8_t id[WIRE_ID])
{
	struct be_link *link = be_index_find(x, id);

	return link != NULL ? link->of : NULL;
}
