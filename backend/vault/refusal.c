/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See refusal.h.
 */
#include "backend/vault/refusal.h"

const char *
be_refusal_text(enum be_refusal refusal)
{
	static const char *const texts[BE_REFUSALS] = {
		[BE_REFUSED_NOT] = "opened",
		[BE_REFUSED_FAILED] = "the vault failed",
		[BE_REFUSED_OFFER] = "that is no OFFER",
		[BE_REFUSED_ACCEPT] = "that is no ACCEPT",
		[BE_REFUSED_KIND] = "live and test were mixed",
		[BE_REFUSED_ORGANISATION] = "of another organisation",
		[BE_REFUSED_MISMATCH] = "OFFER and ACCEPT differ",
		[BE_REFUSED_CHALLENGE] = "the challenge is not open",
		[BE_REFUSED_CHALLENGE_AGE] = "the challenge is too old",
		[BE_REFUSED_CHALLENGE_OTHER] = "another challenge or card",
		[BE_REFUSED_CERTIFICATE] = "not a certificate for this",
		[BE_REFUSED_CERTIFICATE_DATES] = "the certificate is over",
		[BE_REFUSED_CERTIFICATE_NAMES] = "another's certificate",
		[BE_REFUSED_SIGNATURE] = "not signed by its key",
		[BE_REFUSED_HOLDER_MAC] = "the holder's row was changed",
		[BE_REFUSED_HOLDER] = "the holder's row is another's",
		[BE_REFUSED_HOLDER_STATE] = "the holder is not in use",
		[BE_REFUSED_HOLDER_CERTIFICATE] = "an older certificate",
		[BE_REFUSED_REVOCATION_MAC] = "a revocation was changed",
		[BE_REFUSED_REVOKED] = "revoked",
		[BE_REFUSED_RIGHT_MAC] = "the right's row was changed",
		[BE_REFUSED_RIGHT] = "there is no such right",
		[BE_REFUSED_RIGHT_OVER] = "the right is over",
		[BE_REFUSED_GROUP_MAC] = "the group's row was changed",
		[BE_REFUSED_GROUP] = "not in this group",
		[BE_REFUSED_CARD_MAC] = "the card's row was changed",
		[BE_REFUSED_CARD] = "the card's row is another's",
		[BE_REFUSED_CARD_STATE] = "the card is not in use",
		[BE_REFUSED_SECRET] = "the secret does not open",
		[BE_REFUSED_CARD_KEY] = "the card's key does not open",
		[BE_REFUSED_ACT] = "that is no ACT",
		[BE_REFUSED_ROLE] = "not for this role to order",
		[BE_REFUSED_ROW] = "another organisation's row",
		[BE_REFUSED_POLICY_MAC] = "the policy's row was changed",
		[BE_REFUSED_POLICY] = "there is no such policy",
		[BE_REFUSED_NO_SECOND] = "a second signer is demanded",
		[BE_REFUSED_APPROVAL] = "that is no APPROVAL",
		[BE_REFUSED_APPROVAL_OTHER] = "the approval of another act",
		[BE_REFUSED_APPROVAL_OVER] = "the approval is over",
		[BE_REFUSED_SECOND_SAME] = "one person signed twice",
		[BE_REFUSED_WHAT] = "there is no such act here",
		[BE_REFUSED_ROWS] = "not the rows of this act",
		[BE_REFUSED_SUBJECT] = "it is about something else",
		[BE_REFUSED_VALUE] = "a row says what this act cannot",
		[BE_REFUSED_UNBLOCK] = "no unblocking by the policy",
		[BE_REFUSED_UNBLOCK_KEY] = "the unblock secret does not open",
		[BE_REFUSED_UNBLOCK_LIMIT] = "too many are unblocked",
		[BE_REFUSED_NO_RECOVERY] = "there is no recovery key",
	};

	return (int)refusal >= 0 && (int)refusal < BE_REFUSALS
	    ? texts[refusal] : "?";
}
