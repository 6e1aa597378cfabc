/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See pace.h. Of each holder a time is kept: when all that it has asked would
 * be done at the allowed rate. Where that is past there is nothing to remember.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/door/pace.h"

#define US_OF_S UINT64_C(1000000)
#define US_OF_MS UINT64_C(1000)

struct be_pace {
	struct be_pace *next;
	uint8_t holder[WIRE_ID];
	uint64_t done; /* microseconds */
};

/* The holder's, or the end of its bucket; what is past goes on the way. */
static struct be_pace **
place_of(struct be_paces *paces, const uint8_t holder[WIRE_ID], uint64_t now)
{
	const size_t n = holder[0] & (BE_PACE_BUCKETS - 1);
	struct be_pace **at = &paces->buckets[n], *gone;

	while (*at != NULL && memcmp((*at)->holder, holder, WIRE_ID) != 0) {
		if ((*at)->done > now) {
			at = &(*at)->next;
			continue;
		}
		gone = *at;
		*at = gone->next;
		free(gone);
	}
	return at;
}

enum cb_err
be_pace_take(struct be_paces *paces, const uint8_t holder[WIRE_ID],
    uint64_t now, unsigned cost, unsigned rate, unsigned burst,
    uint64_t *wait)
{
	const uint64_t us = now * US_OF_MS, most = burst * US_OF_S / rate;
	struct be_pace **at = place_of(paces, holder, us);

	*wait = 0;
	if (*at == NULL) {
		if ((*at = calloc(1, sizeof(**at))) == NULL)
			return CB_E_NOMEM;
		memcpy((*at)->holder, holder, WIRE_ID);
	}
	if ((*at)->done < us)
		(*at)->done = us;
	if ((*at)->done - us > most)
		*wait = ((*at)->done - us - most) / US_OF_MS + 1;
	else
		(*at)->done += cost * US_OF_S / rate;
	return CB_OK;
}

void
be_paces_clear(struct be_paces *paces)
{
	struct be_pace *p;

	for (size_t i = 0; i < BE_PACE_BUCKETS; i++)
		while ((p = paces->buckets[i]) != NULL) {
			paces->buckets[i] = p->next;
			free(p);
		}
}
