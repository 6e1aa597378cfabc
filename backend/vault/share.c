/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See share.h. Numbers of shares are no secret, values are.
 */
#include <string.h>

#include "backend/vault/share.h"
#include "common/ct.h"

uint8_t
be_share_times(uint8_t a, uint8_t b)
{
	unsigned product = 0, x = a;

	/* a mask where another would branch */
	for (unsigned i = 0; i < 8; i++) {
		product ^= x & (0u - ((unsigned)b >> i & 1));
		x = x << 1 ^ (0x11Du & (0u - (x >> 7)));
	}
	return (uint8_t)product;
}

/* a^254 */
static uint8_t
inverse(uint8_t a)
{
	uint8_t power = a;

	for (unsigned i = 0; i < 6; i++)
		power = be_share_times(be_share_times(power, power), a);
	return be_share_times(power, power);
}

enum cb_err
be_share_split(const uint8_t secret[CR_KEY], unsigned needed, unsigned of,
    struct be_share *shares)
{
	const size_t n = (size_t)needed * CR_KEY;
	uint8_t *terms;
	enum cb_err r;

	if (needed < 2 || needed > of || of > UINT8_MAX)
		return CB_E_ARG;
	/* the highest power first, the secret last */
	if ((terms = cr_secret_new(n)) == NULL)
		return CB_E_NOMEM;
	if ((r = cr_random(terms, n - CR_KEY)) != CB_OK)
		goto out;
	memcpy(terms + n - CR_KEY, secret, CR_KEY);
	for (unsigned s = 0; s < of; s++) {
		shares[s].number = (uint8_t)(s + 1);
		memset(shares[s].value, 0, CR_KEY);
		for (size_t t = 0; t < n; t++)
			shares[s].value[t % CR_KEY] = (uint8_t)(terms[t] ^
			    be_share_times(shares[s].value[t % CR_KEY],
				shares[s].number));
	}
out:
	cr_secret_free(terms, n);
	return r;
}

/* Lagrange: by what the value at shares[at] counts for that at 0. */
static uint8_t
weight(const struct be_share *shares, size_t n, size_t at)
{
	uint8_t above = 1, below = 1;

	for (size_t i = 0; i < n; i++) {
		if (i == at)
			continue;
		above = be_share_times(above, shares[i].number);
		below = be_share_times(below,
		    (uint8_t)(shares[i].number ^ shares[at].number));
	}
	return be_share_times(above, inverse(below));
}

enum cb_err
be_share_join(const struct be_share *shares, size_t n, uint8_t secret[CR_KEY])
{
	uint8_t w;

	cb_wipe(secret, CR_KEY);
	if (n == 0 || n > UINT8_MAX)
		return CB_E_ARG;
	for (size_t i = 0; i < n; i++) {
		if (shares[i].number == 0)
			return CB_E_ARG;
		for (size_t j = 0; j < i; j++)
			if (shares[j].number == shares[i].number)
				return CB_E_ARG;
	}
	for (size_t i = 0; i < n; i++) {
		w = weight(shares, n, i);
		for (size_t k = 0; k < CR_KEY; k++)
			secret[k] ^= be_share_times(shares[i].value[k], w);
	}
	return CB_OK;
}
