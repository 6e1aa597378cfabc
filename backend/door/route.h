/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What can be asked of the door: the table of PROTOCOL.md, "The road".
 */
#ifndef BE_DOOR_ROUTE_H
#define BE_DOOR_ROUTE_H

#include "wire/wire.h"

enum be_asked {
	BE_ASKED_ABOUT,
	BE_ASKED_HEALTH,
	BE_ASKED_ENROL,
	BE_ASKED_OFFER,
	BE_ASKED_OPEN,
	BE_ASKED_COMMANDS,
	BE_ASKED_HOLD,
};

struct be_route {
	const char *method;
	const char *pattern; /* of the path; '*' is an id */
	enum be_asked asked;
	bool stranger; /* also who has no certificate may ask */
	bool person;   /* the first id is an organisation: of a person */
	size_t body_max;
};

struct be_route_ids {
	uint8_t first[WIRE_ID], second[WIRE_ID];
};

/* *ids: of the path, else zeros. CB_E_ABSENT: no such path; CB_E_ARG: not by
 * this method; *out is the route by the right one. */
CB_MUST_USE enum cb_err be_route_find(struct cb_span method,
    struct cb_span path, const struct be_route **out, struct be_route_ids *ids);

#endif
