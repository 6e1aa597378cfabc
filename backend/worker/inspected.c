/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Devices that can show no certificate, since their network replaces it. That
 * they may come is a policy of the organisation, which the vault has MACed:
 * it is asked for when the first one comes, who is told to come again.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/worker/internal.h"

#define NAME "inspected"
#define YES "yes"
#define FRESH_MS 5000	/* then it is looked up once more */
#define KNOWN_MS 60000	/* as long as that takes, it counts */

struct looking {
	struct be_job job;
	struct be_worker *w;
};

/* CB_E_DENIED: it says something else. */
static enum cb_err
check(struct be_worker *w, struct cb_span row)
{
	struct cb_buf bytes = CB_BUF_INIT, body = CB_BUF_INIT,
		      none = CB_BUF_INIT;
	struct be_ask_signed asked = { .mac = CB_SPAN_EMPTY };
	struct be_ask_row policy;
	struct wire_grant grant;
	enum cb_err r;

	if ((r = be_ask_row_get(&row, &policy)) != CB_OK ||
	    (r = cb_get_end(&row)) != CB_OK || policy.n != 3 ||
	    (r = be_row_grant(BE_POLICY, w->set.organisation, policy.values,
		 &grant, &asked.mac)) != CB_OK)
		return r != CB_OK ? r : CB_E_FORMAT;
	if (!cb_span_equal(policy.values[1].s, cb_span_str(YES)))
		return CB_E_DENIED;
	if ((r = wire_grant_put(&bytes, &grant)) == CB_OK) {
		asked.bytes = cb_buf_span(&bytes);
		r = be_ask_signed_put(&body, &asked);
	}
	if (r == CB_OK)
		r = be_ask_vault(w, BE_ASK_CHECK, cb_buf_span(&body), &none);
	cb_buf_free(&bytes);
	cb_buf_free(&body);
	cb_buf_free(&none);
	return r;
}

static void
look(struct be_job *job)
{
	struct be_worker *w = ((struct looking *)job)->w;
	const struct be_ask_rows key = { .table = BE_POLICY, .limit = 1,
		.key = { .n = 1, .values = { BE_T(cb_span_str(NAME)) } } };
	struct cb_buf body = CB_BUF_INIT, row = CB_BUF_INIT;
	enum cb_err r;

	if ((r = be_ask_rows_put(&body, BE_ASK_ROW, &key)) == CB_OK &&
	    (r = be_ask_store(w, BE_ASK_ROW, cb_buf_span(&body), &row)) ==
		CB_OK)
		r = check(w, cb_buf_span(&row));
	if (r == CB_E_CRYPTO)
		cb_log(CB_LOG_ERROR, "the policy \"" NAME "\" is not the "
				     "vault's: no device comes without its "
				     "certificate");
	(void)pthread_mutex_lock(&w->lock);
	w->inspected.asked = false;
	/* a role that is away says nothing of the policy */
	if (r != CB_E_PEER && r != CB_E_TIMEOUT) {
		w->inspected.may = r == CB_OK;
		w->inspected.at = be_worker_tick();
	}
	(void)pthread_mutex_unlock(&w->lock);
	cb_buf_free(&body);
	cb_buf_free(&row);
	free(job);
}

/* With the lock. */
static void
look_soon(struct be_worker *w)
{
	struct looking *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return;
	*l = (struct looking){ { NULL, look }, w };
	w->inspected.asked = true;
	if (be_pool_add(w->pool, &l->job) != CB_OK) {
		w->inspected.asked = false;
		free(l);
	}
}

enum cb_err
be_inspected_may(struct be_worker *w)
{
	const uint64_t now = be_worker_tick();
	enum cb_err r;

	(void)pthread_mutex_lock(&w->lock);
	if (!w->inspected.asked &&
	    (w->inspected.at == 0 || now - w->inspected.at >= FRESH_MS))
		look_soon(w);
	if (w->inspected.at == 0 || now - w->inspected.at >= KNOWN_MS)
		r = CB_E_PEER;
	else
		r = w->inspected.may ? CB_OK : CB_E_DENIED;
	(void)pthread_mutex_unlock(&w->lock);
	return r;
}
