/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * One command of a probe: through the gate, in the form of the protocol, with
 * what GET RESPONSE brings and the one repetition that 6Cxx asks for. The
 * only place that sends.
 */
#include <string.h>
#include <time.h>

#include "cli/probe/probe.h"
#include "common/sw.h"

#define SHORT_MAX 255
#define HEADER 5
#define FORM_MAX (HEADER + SHORT_MAX + 1)
#define DATA_MAX 65536		/* of one answer, with its GET RESPONSEs */

const struct probe_limits probe_limits = { 4000, 512 << 10, 90 * 1000 };

uint64_t
probe_now_ms(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* ISO 7816-3, 12.2: T=0 has no Le behind data, and always a fifth byte. */
static size_t
form(const struct probe *p, const struct probe_cmd *cmd,
    uint8_t out[FORM_MAX])
{
	size_t n = 4;

	out[0] = cmd->cla;
	out[1] = cmd->ins;
	out[2] = cmd->p1;
	out[3] = cmd->p2;
	if (cmd->data.n > 0) {
		out[n++] = (uint8_t)cmd->data.n;
		memcpy(out + n, cmd->data.p, cmd->data.n);
		n += cmd->data.n;
		if (cmd->le != PROBE_NO_LE && !p->t0)
			out[n++] = (uint8_t)cmd->le;
	} else if (cmd->le != PROBE_NO_LE || p->t0) {
		out[n++] = cmd->le != PROBE_NO_LE ? (uint8_t)cmd->le : 0;
	}
	return n;
}

/* One exchange; the status word leaves *rsp. */
static enum cb_err
exchange(struct probe *p, struct cb_span apdu, struct cb_buf *rsp,
    uint16_t *sw)
{
	enum cb_err r;

	if (probe_gate(apdu, &p->queries) == NULL) {
		cb_why_set(p->why, "a command that a probe may not send");
		return CB_E_DENIED;
	}
	if (p->left.commands == 0 || p->left.bytes == 0 ||
	    probe_now_ms() >= p->end_ms)
		return CB_E_LIMIT;
	p->left.commands--;
	cb_buf_clear(rsp);
	if ((r = p->road->send(p->road->ctx, apdu, rsp, p->why)) != CB_OK)
		return r;
	if (rsp->n < 2) {
		cb_why_set(p->why, "an answer without a status word");
		return CB_E_FORMAT;
	}
	p->left.bytes -= rsp->n < p->left.bytes ? rsp->n : p->left.bytes;
	*sw = (uint16_t)(rsp->p[rsp->n - 2] << 8 | rsp->p[rsp->n - 1]);
	return cb_buf_truncate(rsp, rsp->n - 2);
}

/* More of an answer. A card that promises more without end, or promises and
 * gives nothing, comes to its limit here. */
static enum cb_err
get_response(struct probe *p, struct cb_buf *data, uint16_t *sw)
{
	struct cb_buf part = CB_BUF_INIT_MAX(DATA_MAX);
	enum cb_err r = CB_OK;

	while (r == CB_OK && (*sw & 0xFF00) == SW_MORE) {
		const uint8_t more[] = { 0x00, 0xC0, 0x00, 0x00,
			(uint8_t)(*sw & 0xFF) };

		if ((r = exchange(p, CB_SPAN_OF(more), &part, sw)) != CB_OK)
			break;
		if (part.n == 0 && (*sw & 0xFF00) == SW_MORE)
			*sw = SW_UNKNOWN;
		else if (cb_buf_add(data, cb_buf_span(&part)) != CB_OK)
			r = CB_E_LIMIT;
	}
	cb_buf_free(&part);
	return r;
}

enum cb_err
probe_send(struct probe *p, const struct probe_cmd *cmd, struct cb_buf *data,
    uint16_t *sw)
{
	struct probe_cmd again = *cmd;
	uint8_t apdu[FORM_MAX];
	enum cb_err r;

	*sw = 0;
	cb_buf_clear(data);
	if (cmd->data.n > SHORT_MAX)
		return CB_E_ARG;
	r = exchange(p, cb_span(apdu, form(p, cmd, apdu)), data, sw);
	if (r == CB_OK && (*sw & 0xFF00) == SW_WRONG_LE &&
	    cmd->le != PROBE_NO_LE) {
		again.le = *sw & 0xFF;
		r = exchange(
		    p, cb_span(apdu, form(p, &again, apdu)), data, sw);
	}
	return r == CB_OK ? get_response(p, data, sw) : r;
}
