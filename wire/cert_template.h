/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a certificate of each usage has: for what makes and what checks them.
 */
#ifndef WIRE_CERT_TEMPLATE_H
#define WIRE_CERT_TEMPLATE_H

#include "wire/cert.h"

#define WIRE_PURPOSES 2	/* at most, of the extended key usage */

struct wire_template {
	const char *name;		/* "device", for messages */
	bool is_authority, of_organisation;
	uint32_t key_usage;		/* OpenSSL's KU_* */
	const char *key_usage_text;	/* and as its configuration has it */
	const char *purposes[WIRE_PURPOSES]; /* dotted, in order */
};

const struct wire_template *wire_template(enum wire_usage usage);
/* The certificate policy, dotted. */
const char *wire_kind_oid(enum wire_kind kind);

#endif
