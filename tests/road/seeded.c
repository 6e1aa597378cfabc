/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See seeded.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hex.h"
#include "tests/road/seeded.h"

static void
die(const char *path, const char *why)
{
	fprintf(stderr, "%s: %s\n", path, why);
	exit(2);
}

static void
add_card(struct seeded *s, const char *path, const uint8_t id[WIRE_ID])
{
	void *more;

	/* room for 64, 128, 256 ... */
	if (s->cards_n == 0 ||
	    (s->cards_n >= 64 && (s->cards_n & (s->cards_n - 1)) == 0)) {
		more = realloc(s->cards, (s->cards_n == 0 ? 64
			: 2 * (size_t)s->cards_n) * sizeof(*s->cards));
		if (more == NULL)
			die(path, "no memory");
		s->cards = more;
	}
	memcpy(s->cards[s->cards_n++], id, WIRE_ID);
}

void
seeded_read(struct seeded *s, const char *path)
{
	FILE *f = fopen(path, "re");
	char name[32], value[512];
	uint8_t id[WIRE_ID];

	*s = (struct seeded){ .cards = NULL };
	if (f == NULL)
		die(path, "cannot be read");
	while (fscanf(f, "%31s %511s", name, value) == 2) {
		const bool organisation = strcmp(name, "organisation") == 0;

		s->devices_n += strcmp(name, "device") == 0;
		if (!organisation && strcmp(name, "card") != 0)
			continue;
		if (cb_hex_get(cb_span_str(value), id, WIRE_ID) != CB_OK)
			die(path, "no id");
		if (organisation)
			memcpy(s->organisation, id, WIRE_ID);
		else
			add_card(s, path, id);
	}
	fclose(f);
}

void
seeded_clear(struct seeded *s)
{
	free(s->cards);
	*s = (struct seeded){ .cards = NULL };
}
