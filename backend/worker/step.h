/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Steps of the wall clock that await their entry in the books: it was set, and
 * did not just go on. Slewing changes the clock that only goes forward as much,
 * and so is none; nor is a suspended machine, whose ticks go on. Small ones add
 * up until they are worth an entry. Whoever can set the clock can do it without
 * end: so the first ones are entered each, and those that follow together, once
 * a minute. None is left out. No locks, no clocks.
 */
#ifndef BE_STEP_H
#define BE_STEP_H

#include "backend/worker/tally.h"

#define BE_STEP_MS 2000	/* what is less is none: a leap second is not */

struct be_step {
	unsigned times;		/* how many it stands for; 0: none */
	uint64_t from, to;	/* what it would show, and what it showed */
	bool at_start;		/* set while nobody looked */
};

struct be_steps {
	int64_t ahead;	/* of the tick, as far as that has been noted */
	struct be_bucket bucket;
	/* Of those that were not entered yet: */
	unsigned times;
	int64_t by;	/* all together */
	uint64_t to;	/* after the last */
	bool at_start;
};

/* `wall`: milliseconds since 1970. `tick`: of a clock that only goes forward,
 * also while the machine sleeps; both were read at one time. */
void be_steps_init(struct be_steps *s, uint64_t wall, uint64_t tick);
/* True: it was set since. */
bool be_steps_look(struct be_steps *s, uint64_t wall, uint64_t tick);
/* It had been `from` before it was `to`, when this began. */
void be_steps_at_start(struct be_steps *s, uint64_t from, uint64_t to);
/* True: *out is to be entered now. False: nothing before *at (UINT64_MAX:
 * nothing waits). */
bool be_steps_due(struct be_steps *s, uint64_t tick, struct be_step *out,
    uint64_t *at);
/* The same for one that is the last, however many there were. */
bool be_steps_take(struct be_steps *s, struct be_step *out);

#endif
