/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What is found by an id. Several may have the same one. A link lies in what is
 * found by it, and needs no memory of its own.
 */
#ifndef BE_INDEX_H
#define BE_INDEX_H

#include "wire/wire.h"

#define BE_BUCKETS 1024

struct be_link {
	struct be_link *next, **at;	/* at NULL: in no index */
	const uint8_t *id;		/* borrowed from what it is in */
	void *of;
};

struct be_index {
	/* Ids come from outside: nobody there may choose who shares a
	 * bucket. */
	uint64_t secret[2];
	struct be_link *buckets[BE_BUCKETS];
};

CB_MUST_USE enum cb_err be_index_init(struct be_index *x);
void be_index_add(
    struct be_index *x, struct be_link *link, const uint8_t *id, void *of);
/* One that is in none stays so. */
void be_index_remove(struct be_link *link);
/* The latest of this id, and the one before it; NULL: none. */
struct be_link *be_index_find(
    const struct be_index *x, const uint8_t id[WIRE_ID]);
struct be_link *be_link_next(const struct be_link *link);
/* What the first of them is in; NULL: there is none. */
void *be_index_get(const struct be_index *x, const uint8_t id[WIRE_ID]);

#endif
