/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The URI of a card in a backend, taken apart:
 *
 *	https://HOST:PORT/cards/ID?identity=DIR
 *
 * and, where they are wanted, &also=HOST:PORT (the same backend elsewhere),
 * &inspected, &takeover and &tls12.
 */
#ifndef BR_HTTPS_URI_H
#define BR_HTTPS_URI_H

#include <limits.h>

#include "wire/wire.h"

#define BR_ORIGIN_MAX 300
#define BR_ORIGINS_MAX 4

struct br_https_uri {
	char origins[BR_ORIGINS_MAX][BR_ORIGIN_MAX]; /* "https://HOST:PORT" */
	unsigned origins_n;
	uint8_t card[WIRE_ID];
	char identity[PATH_MAX];	/* "": not said */
	bool inspected;
	bool take_over;
	bool tls12;			/* and not only 1.3 */
};

/* `rest` is what follows "https:". CB_E_ARG: *why says what it should be, and
 * nothing of what it holds: it may be a secret. */
CB_MUST_USE enum cb_err br_https_uri_get(
    struct br_https_uri *out, const char *rest, struct cb_why *why);
/* A backend's own: "https://HOST:PORT", with "?inspected", "?tls12", or both,
 * behind it. Likewise. */
CB_MUST_USE enum cb_err br_https_origin_get(
    struct br_https_uri *out, const char *url, struct cb_why *why);
/* The same backend, reached in the same way by the same device? */
bool br_https_same(
    const struct br_https_uri *a, const struct br_https_uri *b);

/* An id as it stands in a path. */
void br_id_text(char out[2 * WIRE_ID + 1], const uint8_t id[WIRE_ID]);

#endif
