/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The card of a test's backend, see backend.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bridge/https/backend.h"
#include "wire/message.h"

void
worker_card(struct backend *b)
{
	const char *top = getenv("CB_SRC") != NULL ? getenv("CB_SRC") : ".";
	char path[4096], keys[4096];
	const struct emu_make wish = { .test = true, .scrypt_log2n = 10,
		.keys_from = keys, .atr = "3B5D180080F9A0000000770100700A9000",
		.user_pin = cb_span_str(emu_test_pin),
		.so_pin = cb_span_str(emu_test_so_pin) };
	struct emu_profile *profile;
	struct cb_why why = { "" };
	struct emu_nvm *nvm;

	snprintf(path, sizeof(path), "%s/data/profiles/authentic3.profile",
	    top);
	snprintf(keys, sizeof(keys), "%s/data/test-keys/authentic3.txt", top);
	ck_assert_msg(emu_profile_read(&profile, path, &why) == CB_OK, "%s",
	    why.text);
	ck_ok(emu_mem_new(&nvm));
	ck_assert_msg(emu_card_make(nvm, profile, &wish, &emu_env_system,
			  &why) == CB_OK, "%s", why.text);
	ck_ok(emu_card_open(&b->card, &nvm, &emu_env_system, &why));
	emu_profile_free(&profile);
}

unsigned
worker_offer(struct backend *b, struct cb_buf *out)
{
	struct wire_offer o = { .kind = WIRE_TEST,
		.service = cb_buf_span(&pki.service_cert) };

	b->offers++;
	if (b->flaw == SAME_OFFER && b->offer.n > 0) {
		ck_ok(cb_buf_set(out, cb_buf_span(&b->offer)));
		return 200;
	}
	if (b->flaw == NO_OFFER) {
		ck_ok(cb_buf_set(out, cb_span_str("<html>Sign in</html>")));
		return 200;
	}
	ck_ok(cr_random(o.session, WIRE_ID));
	ck_ok(cr_random(o.challenge, WIRE_CHALLENGE));
	ck_ok(cr_random(b->half, CR_KEY));
	ck_ok(cr_x25519_public(b->half, o.agreement));
	memcpy(o.card, pki_card, WIRE_ID);
	memcpy(o.organisation, pki_organisation, WIRE_ID);
	o.card[3] ^= b->flaw == OTHER_CARD;
	o.organisation[3] ^= b->flaw == OTHER_ORGANISATION;
	if (b->flaw == OTHER_KIND)
		o.kind = WIRE_LIVE;
	if (b->flaw == OTHER_SERVICE)
		o.service = cb_buf_span(&pki.other_service);
	if (b->flaw == OLD_SERVICE)
		o.service = cb_buf_span(&pki.old_service);
	cb_buf_clear(&b->offer);
	b->accepted = false;
	ck_ok(wire_offer_put(&b->offer, &o));
	ck_ok(cb_buf_set(out, cb_buf_span(&b->offer)));
	return 200;
}

static void
seal(struct backend *b, const struct wire_answer *answer, struct cb_buf *out)
{
	struct cb_buf message = CB_BUF_INIT;

	ck_ok(wire_answer_put(&message, answer));
	ck_ok(wire_seal(&b->out, cb_buf_span(&message), out));
	cb_buf_free(&message);
}

/* As the vault does: the device, its signature, the secret. */
static bool
check(struct backend *b, const struct wire_accept *a, struct cb_span head,
    struct cb_span signature, uint8_t secret[CR_KEY])
{
	struct cb_buf text = CB_BUF_INIT, label = CB_BUF_INIT;
	struct wire_key *key = NULL;
	struct wire_offer offer;
	struct wire_cert cert;
	bool good;

	ck_ok(wire_offer_get(cb_buf_span(&b->offer), &offer));
	ck_ok(wire_accept_signed(&text, cb_buf_span(&b->offer), head));
	ck_ok(wire_secret_label(&label, offer.organisation, offer.card,
	    offer.session));
	good = memcmp(a->session, offer.session, WIRE_ID) == 0 &&
	    wire_cert_check(a->certificate, cb_buf_span(&pki.authority_cert),
		WIRE_DEVICE, WIRE_TEST, (int64_t)time(NULL), &cert, &key,
		NULL) == CB_OK &&
	    memcmp(cert.subject, a->device, WIRE_ID) == 0 &&
	    wire_verify(key, cb_buf_span(&text), signature) == CB_OK &&
	    wire_unwrap(pki.service, cb_buf_span(&label), a->wrapped,
		secret) == CB_OK;
	wire_key_free(&key);
	cb_buf_free(&text);
	cb_buf_free(&label);
	return good;
}

unsigned
worker_open(struct backend *b, struct cb_span in, struct cb_buf *out)
{
	struct wire_answer answer = { .type = WIRE_OPENED, .protocols = 3,
		.data_max = emu_card_info(b->card)->max_apdu, .kept_s = 25 };
	uint8_t secret[CR_KEY], shared[CR_KEY];
	struct cb_span head, signature;
	struct wire_accept a;
	struct wire_keys keys;

	if (wire_accept_get(in, &a, &head, &signature) != CB_OK)
		return 400;
	/* a challenge is used up by whatever comes */
	if (b->accepted || !check(b, &a, head, signature, secret))
		return 403;
	b->accepted = true;
	ck_ok(cr_x25519_shared(b->half, a.agreement, shared));
	secret[0] ^= b->flaw == WRONG_KEYS;
	ck_ok(wire_keys_make(&keys, secret, shared, cb_buf_span(&b->offer),
	    in));
	memcpy(b->session, a.session, WIRE_ID);
	wire_stream_init(&b->in, keys.to_worker, a.session, WIRE_WORKER);
	wire_stream_init(&b->out, keys.to_bridge, a.session, WIRE_BRIDGE);
	b->open = true;
	cb_buf_clear(&b->last_request);
	cb_buf_clear(&b->last_answer);
	if (b->flaw == REFUSES) {
		answer = (struct wire_answer){ .type = WIRE_REFUSED,
			.code = CB_E_DENIED, .text = "not on Sundays" };
		b->open = false;
	}
	seal(b, &answer, out);
	return 200;
}

/* ---- commands ------------------------------------------------------------ */

static void
add(struct cb_buf *exchanges, struct cb_span command, struct cb_span answer)
{
	struct wire_exchange e = { .command = command, .answer = answer };

	ck_ok(wire_exchange_put(exchanges, &e));
}

/* An answer of 61xx travels with what GET RESPONSE would fetch. */
static void
look_ahead(struct backend *b, struct cb_buf *exchanges, unsigned *count,
    const struct cb_buf *rsp)
{
	uint8_t get[5] = { 0, 0xC0, 0, 0, 0 };

	cb_buf_clear(&b->ahead_command);
	if (rsp->n != 2 || rsp->p[0] != 0x61)
		return;
	get[4] = rsp->p[1];
	ck_ok(cb_buf_set(&b->ahead_command, CB_SPAN_OF(get)));
	ck_ok(emu_card_transmit(b->card, CB_SPAN_OF(get), &b->ahead_answer));
	add(exchanges, CB_SPAN_OF(get), cb_buf_span(&b->ahead_answer));
	(*count)++;
}

static void
transmit(struct backend *b, struct cb_span apdu, struct cb_buf *exchanges,
    unsigned *count)
{
	static const uint8_t much[65539];
	struct cb_buf rsp = CB_BUF_INIT;

	b->runs++;
	ck_ok(emu_card_transmit(b->card, apdu, &rsp));
	if (b->flaw == NO_ANSWER)
		add(exchanges, CB_SPAN_EMPTY, cb_span(much, 1));
	else if (b->flaw == LONG_ANSWER)
		add(exchanges, CB_SPAN_EMPTY, CB_SPAN_OF(much));
	else
		add(exchanges, CB_SPAN_EMPTY, cb_buf_span(&rsp));
	if (b->flaw == LONG_AHEAD) {
		add(exchanges, apdu, CB_SPAN_OF(much));
		(*count)++;
	} else {
		look_ahead(b, exchanges, count, &rsp);
	}
	cb_buf_free(&rsp);
}

static void
run(struct backend *b, const struct wire_command *c, struct cb_buf *exchanges,
    unsigned *count)
{
	const struct emu_info *info = emu_card_info(b->card);
	struct cb_span atr = CB_SPAN_EMPTY;

	*count = 1;
	b->ahead_told += c->consumed;
	if (c->type == WIRE_TRANSMIT) {
		transmit(b, c->apdu, exchanges, count);
		return;
	}
	if (c->type == WIRE_POWER && c->argument > 0) {
		emu_card_power_on(b->card);
		atr = cb_span(info->atr, info->atr_n);
	} else if (c->type == WIRE_POWER) {
		emu_card_power_off(b->card);
	} else if (c->type == WIRE_PROTOCOL) {
		ck_ok(emu_card_set_protocol(
		    b->card, c->argument == 0 ? EMU_T0 : EMU_T1));
	} else {
		b->closes++;
		b->open = false;
	}
	add(exchanges, CB_SPAN_EMPTY, atr);
}

unsigned
worker_commands(struct backend *b, struct cb_span in, struct cb_buf *out)
{
	struct cb_buf message = CB_BUF_INIT, exchanges = CB_BUF_INIT;
	struct wire_answer answer = { .type = WIRE_DONE };
	struct wire_command command;
	struct wire_record record;
	struct cb_span cur = in;
	unsigned count;

	if (b->last_request.n > 0 &&
	    cb_span_equal(in, cb_buf_span(&b->last_request))) {
		ck_ok(cb_buf_set(out, cb_buf_span(&b->last_answer)));
		return 200;
	}
	if (!b->open)
		return 410;
	if (wire_record_get(&cur, &record) != CB_OK || cur.n != 0 ||
	    wire_open(&b->in, &record, &message) != CB_OK ||
	    wire_command_get(cb_buf_span(&message), &command) != CB_OK) {
		cb_buf_free(&message);
		b->open = false;
		return 410;
	}
	run(b, &command, &exchanges, &count);
	answer.number = record.number;
	answer.count = (uint16_t)count;
	answer.exchanges = cb_buf_span(&exchanges);
	seal(b, &answer, out);
	ck_ok(cb_buf_set(&b->before_last, cb_buf_span(&b->last_answer)));
	ck_ok(cb_buf_set(&b->last_request, in));
	ck_ok(cb_buf_set(&b->last_answer, cb_buf_span(out)));
	cb_buf_free(&message);
	cb_buf_free(&exchanges);
	return 200;
}
