/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Key domains from the inside; what they are stands in pin.h. Only pin.c,
 * card.c and store.c work on them.
 */
#ifndef EMU_DOMAIN_H
#define EMU_DOMAIN_H

#include "emulator/card.h"

/* A domain of that role owned by `df` or a DF above it; NULL. */
struct emu_domain *emu_domain_by_role(
    const struct emu_app *app, const struct emu_file *df, uint8_t role);
/* Draws a key pair, and seals a holder's to the card's service. The caller stores the domain when it is complete. */
uint16_t emu_domain_create(struct emu_app *app, const struct emu_file *df,
    uint8_t role, struct emu_domain **out, uint8_t secret[EMU_KEY]);
/* A copy of the secret, from an open login or by way of the escrow domain;
 * CB_E_DENIED where neither is open. */
CB_MUST_USE enum cb_err emu_domain_secret(struct emu_app *app,
    const struct emu_domain *d, uint8_t secret[EMU_KEY]);
CB_MUST_USE enum cb_err emu_domain_escrow(struct emu_app *app,
    struct emu_domain *d, const struct emu_domain *holder,
    const uint8_t secret[EMU_KEY]);
/* The secret as it was sealed to the card's service, by that one's secret
 * half. CB_E_ABSENT: it was not; CB_E_CRYPTO: not to this one. */
CB_MUST_USE enum cb_err emu_domain_by_service(const struct emu_app *app,
    const struct emu_domain *d, const uint8_t service[EMU_KEY],
    uint8_t secret[EMU_KEY]);
/* CB_E_FORMAT: the domain's public half is not this secret's. Somebody has
 * changed it in the file, to be given what is sealed from then on. Only who
 * has the secret can tell. */
CB_MUST_USE enum cb_err emu_domain_check(
    const struct emu_domain *d, const uint8_t secret[EMU_KEY]);
CB_MUST_USE enum cb_err emu_domain_open(
    struct emu_domain *d, const uint8_t secret[EMU_KEY]);
void emu_domain_close(struct emu_domain *d);
uint16_t emu_domain_delete(struct emu_app *app, struct emu_domain *d);
void emu_domains_free(struct emu_app *app);

#endif
