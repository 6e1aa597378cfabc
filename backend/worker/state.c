/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * STATE: what this worker lacks, for a door that is asked whether all is well.
 * One question waits; it is answered once there is something else to say. That
 * its disk fails the store says by itself (DISK).
 */
#include "backend/worker/internal.h"

void
be_state_tell(struct be_worker *w)
{
	const uint8_t lacks =
	    (uint8_t)((w->store.ch == NULL ? BE_LACKS_STORE : 0) |
		(w->vault.ch == NULL ? BE_LACKS_VAULT : 0) |
		(w->state.disk_fails ? BE_LACKS_DISK : 0));

	if (w->state.asked.id == 0 || lacks == w->state.told)
		return;
	be_reply_locked(w, &w->state.asked, 0, cb_span(&lacks, 1));
	w->state.asked.id = 0;
}

enum cb_err
be_on_state(struct be_worker *w, const struct be_reply *reply,
    struct cb_span body)
{
	uint8_t told;
	enum cb_err r;

	if ((r = cb_get_u8(&body, &told)) != CB_OK ||
	    (r = cb_get_end(&body)) != CB_OK)
		return r;
	(void)pthread_mutex_lock(&w->lock);
	w->state.asked = *reply;
	w->state.told = told;
	be_state_tell(w);
	(void)pthread_mutex_unlock(&w->lock);
	return CB_OK;
}

enum cb_err
be_on_disk(struct be_worker *w, struct cb_span body)
{
	bool fails;
	enum cb_err r;

	if ((r = be_flag_get(&body, &fails)) != CB_OK ||
	    (r = cb_get_end(&body)) != CB_OK)
		return r;
	(void)pthread_mutex_lock(&w->lock);
	w->state.disk_fails = fails;
	be_state_tell(w);
	(void)pthread_mutex_unlock(&w->lock);
	return CB_OK;
}
