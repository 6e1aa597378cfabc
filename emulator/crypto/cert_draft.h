/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A certificate while it is being made: what cert.c knows and cert_ext.c
 * turns into extensions. DER is written with the tags as X.690 has them.
 */
#ifndef EMU_CERT_DRAFT_H
#define EMU_CERT_DRAFT_H

#include "emulator/crypto/cert.h"

enum {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_UTF8 = 0x0C,
	DER_PRINTABLE = 0x13,
	DER_IA5 = 0x16,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_GENERAL_STRING = 0x1B,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT_0 = 0x80, /* primitive; 0xA0 constructed */
	DER_CONTEXT_0_OF = 0xA0
};

/* Attribute types: the last byte of 2.5.4.n. */
enum { NAME_CN = 3, NAME_O = 10, NAME_OU = 11 };

struct name_part {
	uint8_t type;
	const char *text; /* PrintableString */
};
#define NAME_PARTS_MAX 4

struct cert_draft {
	const struct emu_cert_wish *wish;
	struct name_part subject[3], issuer[3];
	int64_t not_before, not_after;
	uint8_t subject_key[20], issuer_key[20]; /* identifiers: SHA-1 */
};

/* A Name of one attribute an RDN. */
CB_MUST_USE enum cb_err cert_put_name(
    struct cb_buf *b, const struct name_part *parts, size_t n);
/* YYYYMMDDHHMMSSZ and a NUL. */
void cert_time_text(int64_t t, char out[16]);
/* The field [3] of a TBSCertificate. */
CB_MUST_USE enum cb_err cert_put_extensions(
    struct cb_buf *b, const struct cert_draft *d);

#endif
