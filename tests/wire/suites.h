/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The suites of wire/, and what several of them share.
 */
#ifndef TESTS_WIRE_SUITES_H
#define TESTS_WIRE_SUITES_H

#include <check.h>

#include "wire/cert.h"

Suite *act_suite(void);
Suite *desk_suite(void);
Suite *cert_suite(void);
Suite *chain_suite(void);
Suite *entry_suite(void);
Suite *export_suite(void);
Suite *draft_suite(void);
Suite *enrol_suite(void);
Suite *grant_suite(void);
Suite *identity_suite(void);
Suite *key_suite(void);
Suite *message_suite(void);
Suite *open_suite(void);
Suite *record_suite(void);
Suite *recording_suite(void);
Suite *road_suite(void);
Suite *token_suite(void);

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

#define NOW INT64_C(1800000000)	/* what these tests take for today */

/* n bytes of one value. */
struct cb_buf bytes_of(uint8_t value, size_t n);
/* A copy on the heap of exactly these bytes, so that a sanitizer sees a read
 * past the end; to free(). NULL of none. */
uint8_t *exact_copy(struct cb_span s);

/* An authority and, signed by it, one certificate with its key. */
struct pki {
	struct wire_key *authority_key, *key;
	struct cb_buf authority, cert;
};
/* What a certificate of this usage is asked for, valid for a year. */
struct wire_cert_wish pki_wish(enum wire_usage usage, enum wire_kind kind);
/* `key` NULL: a new P-256 key. */
void pki_init(struct pki *p, const struct wire_cert_wish *wish,
    struct wire_key *key);
void pki_clear(struct pki *p);
/* An RSA key for all who need a service's, which takes long to make; an
 * unchecked fixture makes it before tests have processes of their own. */
struct wire_key *pki_service(void);
void pki_service_make(void);

#endif
