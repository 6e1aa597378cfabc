/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The channels between roles, as their parent makes them: each has a number,
 * so that the loss of one that was replaced is told from the loss of its
 * successor. Two that lose theirs again and again get another once a second.
 *
 * `now` is in milliseconds, of a clock that only goes forward.
 */
#ifndef BE_LINKS_H
#define BE_LINKS_H

#include "backend/child.h"

#define BE_LINK_MS 1000		/* between new channels of one pair */
/* Losses that one child tells in a second, of channels that are no more. All
 * of a role's may break together. */
#define BE_LINK_LOSSES (100 + BE_WORKERS_MAX)

struct be_link;
struct be_links {
	struct be_link *first;
	uint64_t last;		/* number of a channel */
};

/* Do roles of these kinds speak to each other? */
bool be_links_speak(const struct be_child *a, const struct be_child *b);
/* A new channel, in place of the one before. */
void be_links_join(struct be_links *links, struct be_child *a,
    struct be_child *b, uint64_t now);
/* A child has lost this channel. CB_E_PEER: it never had it, or tells of more
 * than there can be. */
CB_MUST_USE enum cb_err be_links_lost(struct be_links *links,
    struct be_child *c, uint64_t number, uint64_t now);
/* Makes the channels that are due; milliseconds until the next one is, or
 * UINT64_MAX. */
uint64_t be_links_due(struct be_links *links, uint64_t now);
/* It has died, and its channels with it. */
void be_links_drop(struct be_links *links, const struct be_child *c);
void be_links_clear(struct be_links *links);

#endif
