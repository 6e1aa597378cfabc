/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See session.h.
 */
#include <string.h>

#include "bridge/https/session.h"
#include "bridge/protocol.h"
#include "common/ct.h"
#include "wire/open.h"

void
br_remote_clear(struct br_remote *s)
{
	wire_stream_clear(&s->out);
	wire_stream_clear(&s->in);
	cb_buf_free(&s->request);
	cb_buf_free(&s->message);
	*s = (struct br_remote){ .alive = false };
}

/* ---- opening ------------------------------------------------------------- */

/* Secrets of the opening, wiped when the keys are made. */
struct secrets {
	uint8_t secret[CR_KEY];		/* wrapped for the service */
	uint8_t half[CR_KEY];		/* ours, of the agreement */
	uint8_t shared[CR_KEY];
	struct wire_keys keys;
};

static enum cb_err
check_offer(const struct wire_offer *offer,
    const struct wire_identity *identity, const uint8_t card[WIRE_ID],
    int64_t now, struct wire_key **service, struct cb_why *why)
{
	struct cb_why inner = { "" };
	struct wire_cert cert;
	const char *other = NULL;
	enum cb_err r;

	if (offer->kind != identity->kind)
		other = "kind, live or test";
	else if (memcmp(offer->card, card, WIRE_ID) != 0)
		other = "card";
	else if (memcmp(offer->organisation, identity->organisation,
		     WIRE_ID) != 0)
		other = "organisation";
	if (other != NULL) {
		cb_why_set(why, "the backend offers another %s than was "
		    "asked for: whoever runs it must look", other);
		return CB_E_DENIED;
	}
	r = wire_cert_check(offer->service, cb_buf_span(&identity->authority),
	    WIRE_SERVICE, identity->kind, now, &cert, service, &inner);
	if (r != CB_OK) {
		cb_why_set(why, "the backend's service cannot be trusted "
		    "(look at the clock; was the backend made anew, enrol "
		    "again): %.300s", inner.text);
		return CB_E_DENIED;
	}
	if (memcmp(cert.subject, identity->backend, WIRE_ID) == 0)
		return CB_OK;
	cb_why_set(why, "the service is of another backend: enrol with "
	    "this one");
	return CB_E_DENIED;
}

static enum cb_err
draw(struct secrets *x, const struct wire_offer *offer)
{
	enum cb_err r;

	(void)((r = cr_random(x->secret, CR_KEY)) != CB_OK ||
	    (r = cr_random(x->half, CR_KEY)) != CB_OK ||
	    (r = cr_x25519_shared(x->half, offer->agreement, x->shared)) !=
		CB_OK);
	return r;
}

static enum cb_err
wrap(const struct secrets *x, const struct wire_offer *offer,
    const struct wire_key *service, struct cb_buf *out)
{
	struct cb_buf label = CB_BUF_INIT;
	enum cb_err r;

	if ((r = wire_secret_label(&label, offer->organisation, offer->card,
		 offer->session)) == CB_OK)
		r = wire_wrap(service, cb_buf_span(&label), x->secret, out);
	cb_buf_free(&label);
	return r;
}

static enum cb_err
sign(struct cb_span offer, const struct wire_key *key, struct cb_buf *accept)
{
	struct cb_buf text = CB_BUF_INIT, signature = CB_BUF_INIT;
	enum cb_err r;

	(void)((r = wire_accept_signed(&text, offer, cb_buf_span(accept))) !=
		CB_OK ||
	    (r = wire_sign(key, cb_buf_span(&text), &signature)) != CB_OK ||
	    (r = wire_accept_sign_put(accept, cb_buf_span(&signature))) !=
		CB_OK);
	cb_buf_free(&text);
	cb_buf_free(&signature);
	return r;
}

static enum cb_err
put_accept(const struct wire_offer *offer, struct cb_span whole,
    const struct wire_identity *identity, bool take_over,
    const struct wire_key *service, const struct secrets *x,
    struct cb_buf *out)
{
	struct wire_accept a = { .kind = offer->kind,
		.take_over = take_over,
		.release = cb_span_str(BR_RELEASE),
		.certificate = cb_buf_span(&identity->certificate) };
	struct cb_buf wrapped = CB_BUF_INIT;
	enum cb_err r;

	memcpy(a.session, offer->session, WIRE_ID);
	memcpy(a.organisation, offer->organisation, WIRE_ID);
	memcpy(a.card, offer->card, WIRE_ID);
	memcpy(a.device, identity->id, WIRE_ID);
	cb_buf_clear(out);
	(void)((r = cr_x25519_public(x->half, a.agreement)) != CB_OK ||
	    (r = wrap(x, offer, service, &wrapped)) != CB_OK ||
	    (a.wrapped = cb_buf_span(&wrapped),
		(r = wire_accept_put(out, &a)) != CB_OK) ||
	    (r = sign(whole, identity->key, out)) != CB_OK);
	cb_buf_free(&wrapped);
	return r;
}

enum cb_err
br_remote_accept(struct br_remote *s, const struct wire_identity *identity,
    const uint8_t card[WIRE_ID], bool take_over, struct cb_span whole,
    int64_t now, struct cb_buf *accept, struct cb_why *why)
{
	struct wire_key *service = NULL;
	struct wire_offer offer;
	struct secrets x;
	enum cb_err r;

	br_remote_clear(s);
	memset(&x, 0, sizeof(x));
	if ((r = wire_offer_get(whole, &offer)) != CB_OK) {
		cb_why_set(why, "the backend's offer is %s", r == CB_E_LIMIT
			? "of another version: use the same release at both "
			  "ends" : "damaged: whoever runs it must look");
		return r == CB_E_SHORT ? CB_E_FORMAT : r;
	}
	(void)((r = check_offer(&offer, identity, card, now, &service, why)) !=
		CB_OK ||
	    (r = draw(&x, &offer)) != CB_OK ||
	    (r = put_accept(&offer, whole, identity, take_over, service, &x,
		 accept)) != CB_OK ||
	    (r = wire_keys_make(&x.keys, x.secret, x.shared, whole,
		 cb_buf_span(accept))) != CB_OK);
	if (r == CB_OK) {
		memcpy(s->session, offer.session, WIRE_ID);
		wire_stream_init(&s->out, x.keys.to_worker, s->session,
		    WIRE_WORKER);
		wire_stream_init(&s->in, x.keys.to_bridge, s->session,
		    WIRE_BRIDGE);
		if ((r = wire_stream_ready(&s->out)) == CB_OK)
			r = wire_stream_ready(&s->in);
	}
	cb_wipe(&x, sizeof(x));
	wire_key_free(&service);
	return r;
}

/* ---- answers ------------------------------------------------------------- */

enum cb_err
br_remote_distrust(struct br_remote *s, struct cb_why *why)
{
	s->alive = false;
	cb_why_set(why, "what came from the backend is not of this session: "
	    "try again, then ask who runs it");
	return CB_E_PEER;
}

/* Two bytes at least: a status word. */
#define RESPONSE_MIN 2u
#define RESPONSE_MAX 65538u
#define DATA_MAX 65536u

/* No card says less, or more than programs have room for; the first is of a card
 * where one was asked. */
static bool
are_answers(const struct wire_answer *answer, bool first)
{
	struct cb_span rest = answer->exchanges;
	struct wire_exchange e;

	for (unsigned i = 0; i < answer->count; i++)
		if (wire_exchange_get(&rest, &e) != CB_OK ||
		    ((first || i > 0) && (e.answer.n < RESPONSE_MIN ||
			e.answer.n > RESPONSE_MAX)))
			return false;
	return answer->count > 0;
}

/* One record and no more, opened into s->message. */
static enum cb_err
open_record(struct br_remote *s, struct cb_span body)
{
	struct wire_record record;
	enum cb_err r;

	cb_buf_clear(&s->message);
	s->ahead = CB_SPAN_EMPTY;
	s->given = 0;
	if ((r = wire_record_get(&body, &record)) != CB_OK ||
	    (r = cb_get_end(&body)) != CB_OK)
		return r;
	return wire_open(&s->in, &record, &s->message);
}

static enum cb_err
read_answer(const struct br_remote *s, uint64_t number,
    struct wire_answer *answer)
{
	enum cb_err r;

	if ((r = wire_answer_get(cb_buf_span(&s->message), answer)) != CB_OK)
		return r;
	return answer->number == number ? CB_OK : CB_E_FORMAT;
}

static enum cb_err
open_one(struct br_remote *s, struct cb_span body, uint64_t number,
    struct wire_answer *answer)
{
	enum cb_err r;

	if ((r = open_record(s, body)) == CB_OK)
		r = read_answer(s, number, answer);
	return r;
}

/* Codes are those of enum cb_err. */
static enum cb_err
refused(const struct wire_answer *answer, struct cb_why *why)
{
	cb_why_set(why, "%s", answer->text);
	return answer->code > CB_OK && answer->code <= CB_E_INTERNAL
	    ? (enum cb_err)answer->code : CB_E_PEER;
}

enum cb_err
br_remote_opened(struct br_remote *s, struct cb_span body, struct cb_why *why)
{
	struct cb_why inner = { "" };
	struct wire_answer answer;
	enum cb_err r;

	if (open_one(s, body, 0, &answer) != CB_OK)
		return br_remote_distrust(s, why);
	if (answer.type == WIRE_REFUSED) {
		r = refused(&answer, &inner);
		cb_why_set(why, "the backend does not open it: %.300s; "
		    "whoever runs it must look, its log has more",
		    inner.text[0] != '\0' ? inner.text : cb_err_text(r));
		return r;
	}
	if (answer.type != WIRE_OPENED)
		return br_remote_distrust(s, why);
	s->protocols = answer.protocols & 3;
	s->data_max = answer.data_max < DATA_MAX ? answer.data_max : DATA_MAX;
	s->kept_s = answer.kept_s;
	s->alive = true;
	return CB_OK;
}

enum cb_err
br_remote_answered(struct br_remote *s, struct cb_span body,
    struct cb_buf *rsp, struct cb_why *why)
{
	struct wire_exchange first;
	struct wire_answer answer;
	enum cb_err r;

	cb_buf_clear(rsp);
	if (!s->alive || open_one(s, body, s->number, &answer) != CB_OK)
		return br_remote_distrust(s, why);
	cb_buf_free(&s->request);
	if (answer.type == WIRE_REFUSED)
		return refused(&answer, why);
	if (answer.type != WIRE_DONE || !are_answers(&answer, s->asks_card) ||
	    wire_exchange_get(&answer.exchanges, &first) != CB_OK)
		return br_remote_distrust(s, why);
	s->ahead = answer.exchanges;
	if ((r = cb_buf_set(rsp, first.answer)) != CB_OK)
		s->alive = false;
	return r;
}

enum cb_err
br_remote_heard(struct br_remote *s, struct cb_span body,
    struct cb_span *message, struct cb_why *why)
{
	struct wire_answer answer;

	*message = CB_SPAN_EMPTY;
	if (!s->alive || open_record(s, body) != CB_OK || s->message.n == 0)
		return br_remote_distrust(s, why);
	cb_buf_free(&s->request);
	*message = cb_buf_span(&s->message);
	if (message->p[0] != WIRE_REFUSED)
		return CB_OK;
	if (read_answer(s, s->number, &answer) != CB_OK)
		return br_remote_distrust(s, why);
	return refused(&answer, why);
}

/* ---- commands ------------------------------------------------------------ */

enum cb_err
br_remote_say(struct br_remote *s, struct cb_span message)
{
	enum cb_err r;

	if (!s->alive)
		return CB_E_ARG;
	s->ahead = CB_SPAN_EMPTY;
	cb_buf_clear(&s->message);
	cb_buf_clear(&s->request);
	s->number = s->out.next;
	/* a number that was used up in vain could not be explained */
	r = wire_seal(&s->out, message, &s->request);
	s->alive = r == CB_OK;
	s->given = 0;
	return r;
}

enum cb_err
br_remote_ask(struct br_remote *s, enum wire_command_type type,
    uint8_t argument, struct cb_span apdu)
{
	struct wire_command command = { .type = type, .consumed = s->given,
		.argument = argument, .apdu = apdu };
	struct cb_buf message = CB_BUF_INIT;
	enum cb_err r;

	s->asks_card = type == WIRE_TRANSMIT;
	if ((r = wire_command_put(&message, &command)) == CB_OK)
		r = br_remote_say(s, cb_buf_span(&message));
	cb_buf_free(&message);
	return r;
}

bool
br_remote_ahead(struct br_remote *s, struct cb_span apdu, struct cb_buf *rsp,
    enum cb_err *r)
{
	struct wire_exchange next;

	if (!s->alive || s->ahead.n == 0)
		return false;
	/* they were walked when they came */
	if (wire_exchange_get(&s->ahead, &next) != CB_OK ||
	    !cb_span_equal(next.command, apdu)) {
		s->ahead = CB_SPAN_EMPTY;
		return false;
	}
	s->given++;
	*r = cb_buf_set(rsp, next.answer);
	return true;
}
