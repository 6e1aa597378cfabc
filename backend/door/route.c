/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See route.h.
 */
#include <string.h>

#include "backend/door/route.h"
#include "common/hex.h"
#include "wire/enrol.h"
#include "wire/road.h"

/* ACCEPT has two certificates' worth of fields. */
#define OPEN_MAX 16384
#define HOLD_BYTES_MAX (64 + WIRE_HOLD_MAX * (2 * WIRE_ID + 4))

static const struct be_route routes[] = {
	{ "GET", "/backend", BE_ASKED_ABOUT, true, false, 0 },
	{ "GET", "/health", BE_ASKED_HEALTH, true, false, 0 },
	{ "POST", "/organisations/*/enrol", BE_ASKED_ENROL, true, false,
	    WIRE_ENROL_MAX },
	{ "POST", "/cards/*/offer", BE_ASKED_OFFER, false, false, 0 },
	{ "POST", "/cards/*/open", BE_ASKED_OPEN, false, false, OPEN_MAX },
	{ "POST", "/organisations/*/offer", BE_ASKED_OFFER, false, true, 0 },
	{ "POST", "/organisations/*/open", BE_ASKED_OPEN, false, true,
	    OPEN_MAX },
	{ "POST", "/organisations/*/sessions/*", BE_ASKED_COMMANDS, false,
	    true, WIRE_BODY_MAX },
	{ "POST", "/sessions/*", BE_ASKED_COMMANDS, false, false,
	    WIRE_BODY_MAX },
	{ "POST", "/hold", BE_ASKED_HOLD, false, false, HOLD_BYTES_MAX },
};

static bool
matches(const char *pattern, struct cb_span path, struct be_route_ids *ids)
{
	struct cb_span text;
	uint8_t *to = ids->first;

	memset(ids, 0, sizeof(*ids));

	for (; *pattern != '\0'; pattern++) {
		if (*pattern != '*') {
			if (path.n == 0 || path.p[0] != (uint8_t)*pattern)
				return false;
			path = cb_span_tail(path, 1);
		} else if (cb_get_span(&path, 2 * WIRE_ID, &text) != CB_OK ||
			   cb_hex_get(text, to, WIRE_ID) != CB_OK) {
			return false;
		} else {
			to = ids->second;
		}
	}
	return path.n == 0;
}

enum cb_err
be_route_find(struct cb_span method, struct cb_span path,
    const struct be_route **out, struct be_route_ids *ids)
{
	*out = NULL;
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (!matches(routes[i].pattern, path, ids))
			continue;
		*out = &routes[i];
		return cb_span_equal(method, cb_span_str(routes[i].method))
		           ? CB_OK
		           : CB_E_ARG;
	}
	memset(ids, 0, sizeof(*ids));
	return CB_E_ABSENT;
}
