/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * How fast one holder may have a worker look for it. What is asked is counted
 * beyond the connection that asked it: to drop one and come again wins nothing.
 */
#ifndef BE_DOOR_PACE_H
#define BE_DOOR_PACE_H

#include "wire/wire.h"

#define BE_PACE_BUCKETS 256 /* of holders' ids; a power of two */

struct be_pace;
struct be_paces {
	struct be_pace *buckets[BE_PACE_BUCKETS];
};

/* Milliseconds until so much may be asked; 0: now, and it is counted. `now` is
 * a tick; `rate`: in a second, in the long run; `burst`: at once, by one who
 * has asked nothing for a while. CB_E_NOMEM: it is not known. */
CB_MUST_USE enum cb_err be_pace_take(struct be_paces *paces,
    const uint8_t holder[WIRE_ID], uint64_t now, unsigned cost, unsigned rate,
    unsigned burst, uint64_t *wait);
void be_paces_clear(struct be_paces *paces);

#endif
