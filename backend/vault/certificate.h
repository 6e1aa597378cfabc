/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Certificates that the vault makes: how long they live, and their serial
 * numbers. What is in them is wire/cert.h's.
 */
#ifndef BE_VAULT_CERTIFICATE_H
#define BE_VAULT_CERTIFICATE_H

#include "backend/vault/self.h"
#include "wire/cert.h"

/* Days; 0 is the default. */
struct be_lifetimes {
	unsigned authority, service, door, device, person;
};

/* Fills what a certificate of this usage is asked for: valid from five
 * minutes ago (clocks differ), serial random. CB_E_LIMIT: more than a
 * hundred years. */
CB_MUST_USE enum cb_err be_certificate_wish(struct wire_cert_wish *out,
    const struct be_self *self, enum wire_usage usage,
    const struct be_lifetimes *lifetimes, int64_t now);

#endif
