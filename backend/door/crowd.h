/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Everybody who is at the door, and how many of each there may be: strangers
 * by address, devices and people by name, and what their requests need.
 */
#ifndef BE_DOOR_CROWD_H
#define BE_DOOR_CROWD_H

#include <sys/socket.h>

#include "backend/door/server.h"

/* Of an address what its owner cannot change: all of IPv4, half of IPv6. */
void be_place_get(
    struct be_place *out, const struct sockaddr_storage *address);

/* A new connection; a stranger may go for it: of its own address, if there
 * are many, else the oldest. Nobody goes whose token is being used up, nor who
 * has only begun its handshake: many who come at once, after a start of the
 * door, would end each other's for ever. Then the new one goes. */
void be_crowd_welcome(struct be_door *door, struct be_conn *c);
/* It has a name, or none; may end others, or this one, for room: where all
 * have too many, one of the organisation that has most. */
void be_crowd_met(struct be_door *door, struct be_conn *c);
void be_crowd_left(struct be_door *door, struct be_conn *c);
/* Nobody is there any more. */
void be_crowd_forget(struct be_door *door);
/* A door that stops is done with its last connection. */
void be_crowd_look_empty(struct be_door *door);

/* Room for a body of this connection, in place of what it had; 0 gives it
 * back. false: there is none, or its holder, its organisation or strangers
 * have their share. */
bool be_crowd_reserve(struct be_conn *c, size_t n);
/* May it be enrolled now? Counts what may. */
bool be_crowd_may_enrol(const struct be_conn *c);
/* May it hold now? Counts what may, of those that show no certificate. */
bool be_crowd_may_hold(const struct be_conn *c);
/* Milliseconds until a worker may be asked about so many cards for it; 0: now,
 * and they are counted. Those who only say who they are have their own limit,
 * or they would use up that of others. */
CB_MUST_USE enum cb_err be_crowd_pace(
    struct be_conn *c, unsigned cards, uint64_t *wait);
/* It holds from now on; its holder's oldest may be answered for it. */
void be_crowd_holds(struct be_conn *c);

#endif
