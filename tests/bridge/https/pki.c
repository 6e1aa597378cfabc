/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a backend and a device are known by, see backend.h.
 */
#include <string.h>
#include <time.h>

#include "tests/bridge/https/backend.h"

struct pki pki;
const uint8_t pki_backend[WIRE_ID] = { 0xBA }, pki_organisation[WIRE_ID] = {
	0x06 }, pki_card[WIRE_ID] = { 0xCA, 1 }, pki_device[WIRE_ID] = { 0xDE },
	pki_second[WIRE_ID] = { 0xDE, 2 };

static void
certify_until(enum wire_usage usage, const uint8_t subject[WIRE_ID],
    const struct wire_key *key, const struct wire_key *by,
    struct cb_span authority, int64_t until, struct cb_buf *out)
{
	static const char *const here[] = { "localhost" },
				 *const elsewhere[] = { "cards.example" };
	struct wire_cert_wish wish = { .usage = usage, .kind = WIRE_TEST,
		.from = (int64_t)time(NULL) - 10 * 86400, .until = until,
		.serial = { 7 } };

	memcpy(wish.subject, subject, WIRE_ID);
	memcpy(wish.organisation, pki_organisation, WIRE_ID);
	if (usage == WIRE_DOOR) {
		wish.hosts = out == &pki.named_cert ? elsewhere : here;
		wish.hosts_n = 1;
	}
	ck_ok(wire_cert_make(&wish, key, by, authority, out));
}

static void
certify(enum wire_usage usage, const uint8_t subject[WIRE_ID],
    const struct wire_key *key, const struct wire_key *by,
    struct cb_span authority, int days, struct cb_buf *out)
{
	certify_until(usage, subject, key, by, authority,
	    (int64_t)time(NULL) + days * 86400, out);
}

void
pki_device_until(int64_t until, struct cb_buf *out)
{
	certify_until(WIRE_DEVICE, pki_device, pki.device, pki.authority,
	    cb_buf_span(&pki.authority_cert), until, out);
}

void
pki_make(void)
{
	struct cb_span ours, strange;

	ck_ok(wire_key_new_p256(&pki.authority));
	ck_ok(wire_key_new_p256(&pki.door));
	ck_ok(wire_key_new_p256(&pki.device));
	ck_ok(wire_key_new_p256(&pki.stranger));
	ck_ok(wire_key_new_rsa(&pki.service, WIRE_RSA_BITS));
	certify(WIRE_AUTHORITY, pki_backend, pki.authority, pki.authority,
	    CB_SPAN_EMPTY, 9, &pki.authority_cert);
	certify(WIRE_AUTHORITY, pki_card, pki.stranger, pki.stranger,
	    CB_SPAN_EMPTY, 9, &pki.stranger_cert);
	ours = cb_buf_span(&pki.authority_cert);
	strange = cb_buf_span(&pki.stranger_cert);
	certify(WIRE_SERVICE, pki_backend, pki.service, pki.authority, ours, 9,
	    &pki.service_cert);
	certify(WIRE_SERVICE, pki_backend, pki.service, pki.stranger, strange,
	    9, &pki.other_service);
	certify(WIRE_SERVICE, pki_backend, pki.service, pki.authority, ours,
	    -1, &pki.old_service);
	certify(WIRE_DOOR, pki_backend, pki.door, pki.authority, ours, 9,
	    &pki.door_cert);
	certify(WIRE_DOOR, pki_backend, pki.door, pki.stranger, strange, 9,
	    &pki.replaced_cert);
	certify(WIRE_DOOR, pki_backend, pki.door, pki.authority, ours, -1,
	    &pki.old_cert);
	certify(WIRE_DOOR, pki_backend, pki.door, pki.authority, ours, 9,
	    &pki.named_cert);
	certify(WIRE_DEVICE, pki_device, pki.device, pki.authority, ours, 90,
	    &pki.device_cert);
	certify(WIRE_DEVICE, pki_second, pki.device, pki.authority, ours, 90,
	    &pki.second_cert);
}

void
pki_free(void)
{
	struct cb_buf *certs[] = { &pki.authority_cert, &pki.service_cert,
		&pki.door_cert, &pki.device_cert, &pki.stranger_cert,
		&pki.replaced_cert, &pki.old_cert, &pki.named_cert, &pki.other_service,
		&pki.old_service, &pki.second_cert };

	for (size_t i = 0; i < sizeof(certs) / sizeof(certs[0]); i++)
		cb_buf_free(certs[i]);
	wire_key_free(&pki.authority);
	wire_key_free(&pki.door);
	wire_key_free(&pki.device);
	wire_key_free(&pki.stranger);
	wire_key_free(&pki.service);
}

unsigned
backend_enrol(struct backend *b, struct cb_span in, struct cb_buf *out)
{
	uint8_t token[WIRE_TOKEN];
	struct wire_enrol enrol;
	struct wire_key *key;

	if (wire_enrol_get(in, &enrol, &key) != CB_OK)
		return 400;
	b->enrols++;
	if ((b->token_used && !cb_span_equal(enrol.public,
		cb_buf_span(&b->enrolled_key))) ||
	    wire_enrol_token(&enrol, pki.service, token) != CB_OK ||
	    memcmp(token, b->token.secret, WIRE_TOKEN) != 0) {
		wire_key_free(&key);
		return 403;
	}
	if (!b->token_used)
		certify(WIRE_DEVICE, pki_device, key, pki.authority,
		    cb_buf_span(&pki.authority_cert), 9, &b->enrolled);
	b->token_used = true;
	ck_ok(cb_buf_set(&b->enrolled_key, enrol.public));
	ck_ok(cb_put_lv16(out, cb_buf_span(&b->enrolled)));
	wire_key_free(&key);
	if (b->cut_enrols == 0)
		return 200;
	b->cut_enrols--;
	return 0;
}
