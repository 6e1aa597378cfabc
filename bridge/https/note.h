/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * How a road is, noted by who travels it for whoever asks: any thread, and at
 * no time is anything else locked meanwhile.
 */
#ifndef BR_HTTPS_NOTE_H
#define BR_HTTPS_NOTE_H

#include <pthread.h>

#include "bridge/client_status.h"

struct br_note {
	pthread_mutex_t lock;
	struct br_road_status status;
	uint64_t next_at;	/* ms; when down */
};

void br_note_init(struct br_note *n);
void br_note_clear(struct br_note *n);

void br_note_up(struct br_note *n);
void br_note_down(struct br_note *n, const char *words, unsigned next_ms);
/* Why what the identity's directory has is not in use; "": it is. True: it was
 * not noted before. */
bool br_note_identity(struct br_note *n, const char *words);
/* Until when the one in use is good: seconds since 1970. */
void br_note_until(struct br_note *n, int64_t until);
/* Whether that is soon, or over; *out: when, and what to do. */
bool br_note_ends(struct br_note *n, struct cb_why *out);
/* state, since, next_ms, why, identity, identity_until. */
void br_note_get(struct br_note *n, struct br_road_status *out);

#endif
