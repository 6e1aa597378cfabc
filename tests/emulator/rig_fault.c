/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See rig_fault.h.
 */
#include <string.h>

#include "tests/emulator/rig_fault.h"

static void
as_before(const struct rig_fault *fault, struct rig *r,
    const struct cb_buf *before, const char *what)
{
	struct cb_buf after = CB_BUF_INIT;

	rig_dump(r->records, &after);
	ck_assert_msg(
	    cb_span_equal(cb_buf_span(before), cb_buf_span(&after)),
	    "%s: the records have changed", what);
	rig_coherent(r);
	ck_assert_ptr_nonnull(strstr(r->notes, "was undone"));
	fault->still(r);
	cb_buf_free(&after);
}

/* What the card has used so far of what is to fail. */
static unsigned
used(const struct rig *r, bool random)
{
	return random ? r->random_calls : r->nvm->ops;
}

/* Fails at each place in turn, until nothing fails any more. */
static void
fail_each(const struct rig_fault *fault, size_t i, bool random)
{
	const char *cmd = fault->changes[i];
	const char *what = cmd != NULL ? cmd : "other";
	struct cb_buf before = CB_BUF_INIT;
	unsigned from, failures = 0;
	struct emu_nvm *prepared;
	struct rig r;
	uint16_t sw;

	rig_open(&r, fault->kind);
	rig_play(&r, "ready", fault->ready);
	prepared = rig_copy(r.records);
	rig_close(&r);
	for (unsigned at = 1;; at++) {
		rig_open_records(&r, rig_copy(prepared));
		rig_play(&r, "login", fault->login);
		cb_buf_clear(&before);
		rig_dump(r.records, &before);
		from = used(&r, random);
		if (random)
			r.random_fail_at = from + at;
		else
			r.nvm->fail_at = from + at;
		sw = cmd != NULL ? rig_sw(&r, cmd) : fault->other(&r);
		if (used(&r, random) < from + at)
			break;
		ck_assert_msg(sw == 0x6581, "%s, failure %u: %04X", what, at,
		    sw);
		r.random_fail_at = r.nvm->fail_at = 0;
		as_before(fault, &r, &before, what);
		failures++;
		rig_close(&r);
	}
	ck_assert_msg(sw == 0x9000, "%s: %04X", what, sw);
	/* something is written, and it is committed */
	ck_assert(random || failures >= 2);
	rig_coherent(&r);
	rig_close(&r);
	emu_nvm_free(&prepared);
	cb_buf_free(&before);
}

void
rig_fail_storage(const struct rig_fault *fault, int i)
{
	fail_each(fault, (size_t)i, false);
}

void
rig_fail_random(const struct rig_fault *fault, int i)
{
	fail_each(fault, (size_t)i, true);
}
