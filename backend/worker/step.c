/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See step.h.
 */
#include "backend/worker/step.h"
#include "wire/entry.h"

#define BURST 10
#define EACH_MS 60000

void
be_steps_init(struct be_steps *s, uint64_t wall, uint64_t tick)
{
	*s = (struct be_steps){ .ahead = (int64_t)(wall - tick) };
}

static void
note(struct be_steps *s, int64_t by, uint64_t to)
{
	s->times++;
	s->by += by;
	s->to = to;
}

bool
be_steps_look(struct be_steps *s, uint64_t wall, uint64_t tick)
{
	const int64_t ahead = (int64_t)(wall - tick), by = ahead - s->ahead;

	if (by < BE_STEP_MS && by > -BE_STEP_MS)
		return false;
	s->ahead = ahead;
	note(s, by, wall);
	return true;
}

void
be_steps_at_start(struct be_steps *s, uint64_t from, uint64_t to)
{
	s->at_start = true;
	note(s, (int64_t)(to - from), to);
}

/* As an entry can have it. */
static uint64_t
time_of(int64_t time)
{
	return time < 0 ? 0
	    : (uint64_t)time >= WIRE_TIME_END ? WIRE_TIME_END - 1
					      : (uint64_t)time;
}

bool
be_steps_take(struct be_steps *s, struct be_step *out)
{
	if (s->times == 0)
		return false;
	*out = (struct be_step){ .times = s->times,
		.from = time_of((int64_t)s->to - s->by),
		.to = time_of((int64_t)s->to), .at_start = s->at_start };
	s->times = 0;
	s->by = 0;
	s->at_start = false;
	return true;
}

bool
be_steps_due(struct be_steps *s, uint64_t tick, struct be_step *out,
    uint64_t *at)
{
	*at = UINT64_MAX;
	if (s->times == 0)
		return false;
	*at = be_bucket_at(&s->bucket, BURST, EACH_MS);
	if (*at > tick)
		return false;
	be_bucket_take(&s->bucket, tick, EACH_MS);
	return be_steps_take(s, out);
}
