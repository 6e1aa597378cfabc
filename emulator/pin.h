/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * PINs, and the key domains behind them.
 *
 * A domain is a random X25519 key pair that stands for "whoever holds this
 * credential". What the credential guards is sealed to the public half, so
 * writing needs no PIN; the secret half is wrapped under scrypt(PIN), again
 * under scrypt(unblock value), and may be sealed to the domain of whoever
 * may replace the PIN (SO). The holder's is sealed to the card's service as
 * well, where the card was made with one. A PIN has no other check value: the right PIN is
 * the one that opens its wrap (7816-4, 11.6.6 VERIFY says what is answered).
 *
 * A spent try is durable before its wrap is tried. While a PIN is verified
 * the card holds, in locked memory, the domain's secret and a MAC of the PIN
 * under a random key, so that the same PIN given again costs no scrypt.
 */
#ifndef EMU_PIN_H
#define EMU_PIN_H

#include "emulator/crypto/crypto.h"

struct emu_app;
struct emu_card;
struct emu_file;

#define EMU_ACCESS_MAX 16	/* access bytes of a file, of a PIN */

enum emu_role { EMU_ROLE_USER = 1, EMU_ROLE_SO = 2, EMU_ROLE_OTHER = 3 };

/* What an unblock value can be, bytes. */
#define EMU_UNBLOCK_MIN 4
#define EMU_UNBLOCK_MAX 32

#define EMU_WRAP_N (EMU_KEY + EMU_GCM_OVERHEAD)

struct emu_wrap {
	bool set;
	struct emu_scrypt how;
	uint8_t blob[EMU_WRAP_N];	/* domain secret under the passcode */
};

struct emu_domain {
	struct emu_domain *next;
	uint32_t id;
	uint32_t owner;		/* file id of the DF it lives in */
	uint8_t role;		/* enum emu_role */
	uint8_t public[EMU_KEY];
	uint32_t escrow;	/* domain that may open this one; 0: none */
	uint8_t escrow_blob[EMU_KEY + EMU_BOX_OVERHEAD];
	bool in_service;	/* sealed to the card's service as well */
	uint8_t service_blob[EMU_KEY + EMU_BOX_OVERHEAD];
	/* volatile */
	uint8_t *secret;	/* while a PIN of it is verified */
};

/* What a verified PIN leaves in locked memory. */
struct emu_login {
	uint8_t mac_key[EMU_KEY];
	uint8_t mac[32];
};

struct emu_pin {
	struct emu_pin *next;
	uint32_t id;
	struct emu_file *owner;	/* the DF */
	uint8_t ref;		/* without bit 8 */
	uint8_t role;
	uint32_t domain;
	uint8_t tries, tries_max;
	uint8_t unblock_tries, unblock_max; /* 0: no unblock value */
	uint8_t min, max;	/* its own length; 0: the policy's alone */
	uint8_t access[EMU_ACCESS_MAX]; /* rules of its own, or none */
	uint8_t access_n;
	struct emu_wrap pin, unblock;
	/* volatile */
	struct emu_login *login; /* not NULL: verified */
};

struct emu_pin_def {
	struct emu_file *owner;
	uint8_t ref, role;
	unsigned tries, unblock_tries;	/* cut to the policy's ceiling */
	struct cb_span pin, unblock;	/* unblock may be empty */
	uint8_t min, max;
	struct cb_span access;
	bool join;		/* share the role's domain if owner's tree has one */
	struct emu_domain *escrow; /* sealed to this one too; may be NULL */
	bool open;		/* a card in the making: leave the domain open
				 * until emu_pins_logout, for others to join */
};

struct emu_pin *emu_pin_find(
    const struct emu_app *app, const struct emu_file *owner, uint8_t ref);
/* The one that a reference names, seen from a DF (7816-4, 11.6.1): with bit 8
 * in the DF and upwards without the MF, else in the MF. NULL: none. */
struct emu_pin *emu_pin_by_p2(
    const struct emu_app *app, const struct emu_file *df, uint8_t p2);
struct emu_pin *emu_pin_by_role(const struct emu_app *app, enum emu_role role);
struct emu_domain *emu_domain_by_id(const struct emu_app *app, uint32_t id);
static inline bool
emu_pin_verified(const struct emu_pin *pin)
{
	return pin != NULL && pin->login != NULL;
}

/* Least and most characters: its own, or those of the policy. */
uint8_t emu_pin_min(const struct emu_card *card, const struct emu_pin *pin);
uint8_t emu_pin_max(const struct emu_card *card, const struct emu_pin *pin);
/* May it be a passcode of that length? EMU_ANS_PIN_FORMAT: not of the PIN's
 * own; EMU_ANS_POLICY: not by the card's policy. `why` may be NULL. */
uint16_t emu_pin_fits(struct emu_card *card, uint8_t min, uint8_t max,
    struct cb_span value, struct cb_why *why);
/* Creates or replaces a PIN. The domain's secret is kept where somebody who
 * holds it is logged in; else the PIN gets a new domain and what the old one
 * guarded is lost; where that is more than nothing: SW_CONDITIONS instead.
 * The value must fit (emu_pin_fits). */
uint16_t emu_pin_create(struct emu_app *app, const struct emu_pin_def *def);
/* SW_OK: verified. 63Cx, EMU_ANS_PIN_LAST_TRY, SW_BLOCKED: not (any more). */
uint16_t emu_pin_verify(
    struct emu_app *app, struct emu_pin *pin, struct cb_span value);
/* 63Cx / EMU_ANS_PIN_BLOCKED_QUERY, SW_OK when verified. */
uint16_t emu_pin_query(struct emu_app *app, const struct emu_pin *pin);
uint16_t emu_pin_change(struct emu_app *app, struct emu_pin *pin,
    struct cb_span old_value, struct cb_span new_value, struct cb_why *why);
/* How many of these bytes are the passcode that was verified, where that is
 * given with something behind it; 0: it is not, or nothing is verified. */
size_t emu_pin_known_n(const struct emu_pin *pin, struct cb_span bytes);
uint16_t emu_pin_unblock(struct emu_app *app, struct emu_pin *pin,
    struct cb_span unblock, struct cb_span new_value, struct cb_why *why);
/* A new value by the right of somebody else, whose PIN holds this one's
 * domain in escrow and is verified (SW_SECURITY_STATUS); the caller asks the
 * access rules. The PIN is not verified afterwards, and its counter as it
 * was. */
uint16_t emu_pin_replace(struct emu_app *app, struct emu_pin *pin,
    struct cb_span new_value, struct cb_why *why);
/* Both, by who brings the secret of its domain; nobody is logged in on the card
 * afterwards. SW_CONDITIONS: the new value could not be sealed; nothing was
 * changed. */
uint16_t emu_pin_reset(struct emu_app *app, struct emu_pin *pin,
    const uint8_t secret[EMU_KEY], struct cb_span new_value,
    struct cb_why *why);
/* The counter begins anew; the PIN is not verified afterwards. */
uint16_t emu_pin_refill(struct emu_app *app, struct emu_pin *pin);
void emu_pin_logout(struct emu_app *app, struct emu_pin *pin);
void emu_pins_logout(struct emu_app *app);
bool emu_pins_any(const struct emu_app *app);
/* The PIN whose unblock value this is (costs scrypt for each PIN that has one
 * of that form); NULL: none. Spends no try: for looking at a file at rest. */
const struct emu_pin *emu_pin_opened_by(
    struct emu_app *app, struct cb_span value);
/* Removes PINs and domains of a DF that is deleted. */
uint16_t emu_pins_forget(struct emu_app *app, const struct emu_file *df);
void emu_pins_free(struct emu_app *app);

#endif
