/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Card policy: rules in force on every road, whatever the middleware writes.
 */
#include "emulator/card.h"

uint16_t
emu_policy_pin(struct emu_card *card, struct cb_span pin, struct cb_why *why)
{
	const struct emu_policy *p = &card->policy;
	bool good = true;

	if (pin.n < p->pin_min || pin.n > p->pin_max) {
		cb_why_set(why,
		    "the card's policy wants a passcode of %u to %u "
		    "characters; choose another length",
		    p->pin_min, p->pin_max);
		emu_card_note(card,
		    "policy: passcode refused, not %u to %u characters",
		    p->pin_min, p->pin_max);
		return emu_sw(card, EMU_ANS_POLICY);
	}
	for (size_t i = 0; i < pin.n; i++)
		good = good &&
		    (p->pin_digits ? pin.p[i] >= '0' && pin.p[i] <= '9'
				   : pin.p[i] >= 0x20 && pin.p[i] <= 0x7E);
	if (good)
		return SW_OK;
	cb_why_set(why, "the card's policy wants a passcode of %s only",
	    p->pin_digits ? "digits" : "printable ASCII characters");
	emu_card_note(card, "policy: passcode refused, not %s only",
	    p->pin_digits ? "digits" : "printable characters");
	return emu_sw(card, EMU_ANS_POLICY);
}

uint16_t
emu_policy_rsa(struct emu_card *card, unsigned bits)
{
	if (bits >= card->policy.rsa_min)
		return SW_OK;
	emu_card_note(card, "policy: RSA key of %u bits refused, at least %u",
	    bits, card->policy.rsa_min);
	return emu_sw(card, EMU_ANS_POLICY);
}

uint8_t
emu_policy_tries(struct emu_card *card, unsigned wanted)
{
	if (wanted >= 1 && wanted <= card->policy.tries)
		return (uint8_t)wanted;
	emu_card_note(card, "policy: %u tries asked for, %u given", wanted,
	    card->policy.tries);
	return card->policy.tries;
}

bool
emu_policy_scrypt_live(const struct emu_policy *p)
{
	return p->scrypt_log2n >= EMU_SCRYPT_LOG2N_LIVE &&
	    p->scrypt_r >= EMU_SCRYPT_R_LIVE && p->scrypt_p >= 1;
}

unsigned
emu_policy_scrypt_mib(const struct emu_policy *p)
{
	const uint64_t blocks = (UINT64_C(1) << p->scrypt_log2n) + p->scrypt_p;

	return (unsigned)(((128 * p->scrypt_r * blocks) + 0xFFFFF) >> 20);
}
