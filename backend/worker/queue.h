/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * First come, first served; whoever is in it can be taken out of anywhere. An
 * item lies in what waits, and needs no memory of its own.
 */
#ifndef BE_QUEUE_H
#define BE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct be_item {
	struct be_item *next, **at;	/* at NULL: in no queue */
	void *of;
};

struct be_queue {
	struct be_item *first, **last;	/* last NULL: nothing was ever in it */
};

static inline void
be_queue_add(struct be_queue *q, struct be_item *item, void *of)
{
	if (q->first == NULL)
		q->last = &q->first;
	item->next = NULL;
	item->of = of;
	item->at = q->last;
	*q->last = item;
	q->last = &item->next;
}

/* One that is in none stays so. */
static inline void
be_queue_remove(struct be_queue *q, struct be_item *item)
{
	if (item->at == NULL)
		return;
	*item->at = item->next;
	if (item->next != NULL)
		item->next->at = item->at;
	else
		q->last = item->at;
	item->at = NULL;
}

/* The first, taken out: NULL where there is none. */
static inline void *
be_queue_take(struct be_queue *q)
{
	struct be_item *item = q->first;

	if (item == NULL)
		return NULL;
	be_queue_remove(q, item);
	return item->of;
}

#endif
