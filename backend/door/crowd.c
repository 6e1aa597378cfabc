/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See crowd.h.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "backend/door/crowd.h"
#include "backend/door/serve.h"
#include "common/log.h"
#include "wire/road.h"

/* Of what there is for bodies, the part of one: a head alone takes it. */
#define STRANGERS_PART 8 /* all of them */
#define HOLDER_PART 16
#define ORGANISATION_PART 4

void
be_place_get(struct be_place *out, const struct sockaddr_storage *address)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;

	*out = (struct be_place){ .v6 = false };
	if (address->ss_family == AF_INET) {
		memcpy(out->bytes, &v4->sin_addr, 4);
	} else if (address->ss_family == AF_INET6) {
		out->v6 = !IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
		if (out->v6)
			memcpy(out->bytes, &v6->sin6_addr, 8);
		else
			memcpy(out->bytes, v6->sin6_addr.s6_addr + 12, 4);
	}
}

/* ---- lists --------------------------------------------------------------- */

static void
unlist(struct be_conn *c)
{
	struct be_conns *list = c->list;

	if (list == NULL)
		return;
	*(c->older != NULL ? &c->older->newer : &list->oldest) = c->newer;
	*(c->newer != NULL ? &c->newer->older : &list->newest) = c->older;
	list->n--;
	c->list = NULL;
}

static void
enlist(struct be_conns *list, struct be_conn *c)
{
	c->older = list->newest;
	c->newer = NULL;
	*(list->newest != NULL ? &list->newest->newer : &list->oldest) = c;
	list->newest = c;
	list->n++;
	c->list = list;
}

static struct be_conn **
bucket_of(struct be_door *door, const struct be_conn *c)
{
	const size_t n = (size_t)c->who.id[0] << 8 | c->who.id[1];

	return &door->of_holder[n & (BE_DOOR_BUCKETS - 1)];
}

/* ---- strangers ----------------------------------------------------------- */

static bool
is_at(const struct be_conn *c, const struct be_place *place)
{
	return c->place.v6 == place->v6 &&
	       memcmp(c->place.bytes, place->bytes, sizeof(place->bytes)) == 0;
}

/* Its token may be used up: the answer is all that it has for it. */
static bool
is_enrolling(const struct be_conn *c)
{
	return c->ask != NULL && c->route->asked == BE_ASKED_ENROL;
}

static bool
has_just_come(const struct be_conn *c)
{
	return c->state == BE_CONN_SHAKING &&
	       be_door_tick() - c->since < c->door->limits.patience;
}

/* `place`: only those of it; else NULL. */
static void
make_place(
    struct be_door *door, struct be_conn *newest, const struct be_place *place)
{
	struct be_conn *c = door->strangers.oldest;

	while (c != NULL && (is_enrolling(c) || has_just_come(c) ||
				(place != NULL && !is_at(c, place))))
		c = c->newer;
	if (be_door_may_log(door, true))
		cb_log(CB_LOG_NOTICE,
		    "door: %u strangers%s: %s goes",
		    place != NULL ? door->limits.of_address
				  : door->limits.strangers,
		    place != NULL ? " of one address" : "",
		    c != NULL ? "the oldest" : "the newest");
	be_conn_end(c != NULL ? c : newest);
}

void
be_crowd_welcome(struct be_door *door, struct be_conn *c)
{
	const struct be_place place = c->place;
	unsigned n = 0;

	enlist(&door->strangers, c);
	for (struct be_conn *at = door->strangers.oldest; at != NULL;
	     at = at->newer)
		n += is_at(at, &place);
	if (n > door->limits.of_address)
		make_place(door, c, &place);
	else if (door->strangers.n > door->limits.strangers)
		make_place(door, c, NULL);
}

/* ---- those with a name --------------------------------------------------- */

/* Whoever enrols others chooses their ids, and knows perhaps one of another
 * organisation's. */
static bool
is_same_holder(const struct be_conn *a, const struct be_conn *b)
{
	return memcmp(a->who.id, b->who.id, WIRE_ID) == 0 &&
	       memcmp(a->who.organisation, b->who.organisation, WIRE_ID) == 0;
}

/* NULL: no memory. */
static struct be_door_org *
org_of(struct be_door *door, const uint8_t id[WIRE_ID])
{
	struct be_door_org *o;

	for (o = door->orgs; o != NULL; o = o->next)
		if (memcmp(o->id, id, WIRE_ID) == 0)
			return o;
	if ((o = calloc(1, sizeof(*o))) == NULL)
		return NULL;
	memcpy(o->id, id, WIRE_ID);
	o->next = door->orgs;
	door->orgs = o;
	return o;
}

void
be_crowd_forget(struct be_door *door)
{
	struct be_door_org *o;

	while ((o = door->orgs) != NULL) {
		door->orgs = o->next;
		free(o);
	}
}

/* Of the organisation that has most: the oldest that has nothing under way;
 * this one, if that has no more than its own. */
static struct be_conn *
least_missed(struct be_door *door, struct be_conn *c)
{
	const struct be_door_org *most = c->org;
	struct be_conn *at;

	for (struct be_door_org *o = door->orgs; o != NULL; o = o->next)
		if (o->n > most->n)
			most = o;
	if (most == c->org)
		return c;
	for (at = door->known.oldest; at != NULL; at = at->newer)
		if (at->org == most && (at->state == BE_CONN_HEAD ||
					   at->hold != NULL))
			return at;
	return c;
}

static void
make_room(struct be_door *door, struct be_conn *c)
{
	struct be_conn *last = NULL;
	unsigned n = 0;

	for (struct be_conn *at = *bucket_of(door, c); at != NULL;
	     at = at->next_same)
		if (is_same_holder(at, c)) {
			n++;
			last = at;
		}
	/* a device that lost its line comes again: the oldest is dead */
	if (n > door->limits.of_one)
		be_conn_end(last);
	if (door->known.n > door->limits.connections &&
	    c->state != BE_CONN_OVER) {
		if (be_door_may_log(door, false))
			cb_log(CB_LOG_WARNING, "door: %u connections: no more",
			    door->limits.connections);
		be_conn_end(least_missed(door, c));
	}
}

void
be_crowd_met(struct be_door *door, struct be_conn *c)
{
	struct be_conn **bucket;

	if (!c->who.known)
		return;
	if ((c->org = org_of(door, c->who.organisation)) == NULL) {
		be_conn_end(c);
		return;
	}
	c->org->n++;
	unlist(c);
	enlist(&door->known, c);
	bucket = bucket_of(door, c);
	c->next_same = *bucket;
	*bucket = c;
	make_room(door, c);
}

void
be_crowd_holds(struct be_conn *c)
{
	struct be_conn *last = NULL;
	unsigned n = 0;

	/* who has shown no certificate is one of its address */
	if (!c->who.known)
		return;
	for (struct be_conn *at = *bucket_of(c->door, c); at != NULL;
	     at = at->next_same)
		if (at->hold != NULL && is_same_holder(at, c)) {
			n++;
			if (last == NULL ||
			    (int64_t)(at->held - last->held) < 0)
				last = at;
		}
	if (n > c->door->limits.holds)
		be_hold_late(last);
}

/* ---- leaving ------------------------------------------------------------- */

void
be_crowd_look_empty(struct be_door *door)
{
	if (door->stopping && door->strangers.n == 0 && door->known.n == 0)
		be_door_end_loop(door);
}

void
be_crowd_left(struct be_door *door, struct be_conn *c)
{
	struct be_conn **at;

	if (c->list == &door->known) {
		for (at = bucket_of(door, c); *at != c; at = &(*at)->next_same)
			continue;
		*at = c->next_same;
		c->org->n--;
	}
	unlist(c);
	(void)be_crowd_reserve(c, 0);
	c->newer = door->over;
	door->over = c;
	event_active(door->sweep, EV_TIMEOUT, 1);
	be_crowd_look_empty(door);
}

/* ---- what requests need -------------------------------------------------- */

/* One body, whatever the share is. */
static bool
is_within(const struct be_door *door, size_t had, size_t n, unsigned part)
{
	const size_t share = door->limits.bodies / part;

	return had + n <= (share > WIRE_BODY_MAX ? share : WIRE_BODY_MAX);
}

static size_t
had_by_holder(const struct be_conn *c)
{
	size_t had = 0;

	for (const struct be_conn *at = *bucket_of(c->door, c); at != NULL;
	     at = at->next_same)
		if (is_same_holder(at, c))
			had += at->reserved;
	return had;
}

static bool
has_share(const struct be_conn *c, size_t n)
{
	const struct be_door *door = c->door;

	if (c->org == NULL)
		return is_within(
		    door, door->reserved_strangers, n, STRANGERS_PART);
	return is_within(door, had_by_holder(c), n, HOLDER_PART) &&
	       is_within(door, c->org->reserved, n, ORGANISATION_PART);
}

bool
be_crowd_reserve(struct be_conn *c, size_t n)
{
	struct be_door *door = c->door;
	size_t *of_some =
	    c->org != NULL ? &c->org->reserved : &door->reserved_strangers;

	door->reserved -= c->reserved;
	*of_some -= c->reserved;
	c->reserved = 0;
	if (n == 0)
		return true;
	if (n > door->limits.bodies ||
	    door->reserved > door->limits.bodies - n || !has_share(c, n))
		return false;
	door->reserved += n;
	*of_some += n;
	c->reserved = n;
	return true;
}

/* ---- how often ----------------------------------------------------------- */

static bool
may_again(struct be_recent *recent, const struct be_conn *c, unsigned all,
    unsigned of_address, unsigned of_one)
{
	const int64_t now = (int64_t)(be_door_tick() / 1000);
	unsigned at_place = 0, by_it = 0;

	if (now != recent->at) {
		recent->at = now;
		recent->n = 0;
	}
	for (unsigned i = 0; i < recent->n; i++)
		if (is_at(c, &recent->by[i].place)) {
			at_place++;
			by_it += memcmp(recent->by[i].id, c->who.id,
				     WIRE_ID) == 0;
		}
	if (recent->n >= all || recent->n >= BE_RECENT_MAX ||
	    at_place >= of_address || by_it >= of_one)
		return false;
	recent->by[recent->n].place = c->place;
	memcpy(recent->by[recent->n++].id, c->who.id, WIRE_ID);
	return true;
}

bool
be_crowd_may_enrol(const struct be_conn *c)
{
	const struct be_door_limits *l = &c->door->limits;

	for (const struct be_conn *at = c->door->strangers.oldest; at != NULL;
	     at = at->newer)
		if (is_enrolling(at) && is_at(at, &c->place))
			return false;
	return may_again(&c->door->enrols, c, l->enrols_a_second,
	    l->enrols_of_address, l->enrols_of_address);
}

bool
be_crowd_may_hold(const struct be_conn *c)
{
	const struct be_door_limits *l = &c->door->limits;

	return !c->inspected ||
	       may_again(&c->door->claims, c, l->claims_a_second,
		   l->claims_of_address, l->claims_of_one);
}

enum cb_err
be_crowd_pace(struct be_conn *c, unsigned cards, uint64_t *wait)
{
	const struct be_door_limits *l = &c->door->limits;

	*wait = 0;
	if (c->inspected)
		return CB_OK;
	/* a hold of no card is work, too */
	return be_pace_take(&c->door->paces, c->who.id, be_door_tick(),
	    cards + 1, l->watches_a_second, l->watches_at_once, wait);
}
