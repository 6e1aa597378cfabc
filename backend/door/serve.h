/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a request comes to: an answer of the door's own, or one of a worker.
 */
#ifndef BE_DOOR_SERVE_H
#define BE_DOOR_SERVE_H

#include "backend/door/server.h"
#include "wire/road.h"

/* A head was read: finds the route. false: it is refused, and answered. */
bool be_door_serve_head(struct be_conn *c, const struct be_http_head *head);
/* What was read is no head. */
void be_door_serve_bad(struct be_conn *c, enum cb_err why);
/* The request is whole; the body is valid within the call. */
void be_door_serve(struct be_conn *c, struct cb_span body);
/* Its deadline has passed. */
void be_door_serve_late(struct be_conn *c);
/* Its connection is over. */
void be_door_serve_over(struct be_conn *c);

/* Answers with FAILURE. 401 and up: see the table of statuses. */
void be_door_serve_fail(struct be_conn *c, unsigned status, enum cb_err code,
    enum wire_outcome outcome, const char *text);
/* The body is not what its path takes. */
void be_door_serve_unread(struct be_conn *c);
/* No worker, or none that answers: later. */
void be_door_serve_later(struct be_conn *c);
/* What the code of a worker's answer means. */
void be_door_serve_code(struct be_conn *c, const struct be_message *answer);
void be_door_serve_bytes(
    struct be_conn *c, const char *type, struct cb_span body);

/* HOLD, which is c->hold from then on. */
void be_hold_begin(struct be_conn *c, struct cb_span body);
void be_hold_free(struct be_hold **hold);
/* Time is over: what news there are, or none. */
void be_hold_late(struct be_conn *c);
/* Its time has come: to be answered, or to be asked at last. */
void be_hold_due(struct be_conn *c);

#endif
