/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Answers that are not certain: where the description of a card marks a
 * status word as inferred, the code asks here, and a profile may say
 * otherwise (`answers = { no-current-ef = 0x6986; }`). One row an answer, in
 * answers.c.
 */
#ifndef EMU_ANSWERS_H
#define EMU_ANSWERS_H

#include "common/span.h"

enum emu_answer {
	EMU_ANS_CM_OTHER,	/* card manager: a command it does not know */
	EMU_ANS_NO_CURRENT_EF,
	EMU_ANS_WRONG_FILE_TYPE,
	EMU_ANS_OFFSET_BEYOND,	/* READ BINARY past the end */
	EMU_ANS_WRITE_BEYOND,	/* UPDATE BINARY past the end */
	EMU_ANS_READ_TO_END,	/* fewer bytes than Le: 9000 or 6282 */
	EMU_ANS_RESERVED_FID,	/* CREATE FILE of 0000, 3F00, 3FFF, FFFF */
	EMU_ANS_CREATE_DATA,	/* CREATE FILE data that make no file */
	EMU_ANS_DELETE_EF_AS_DF,	/* DELETE FILE P1=01 on an EF */
	EMU_ANS_DELETE_DF_AS_EF,	/* DELETE FILE P1=02 on a DF */
	EMU_ANS_DELETE_NOT_EMPTY,
	EMU_ANS_DELETE_DF,	/* DELETE FILE on a DF where none may go */
	EMU_ANS_RECORDS_FULL,	/* APPEND RECORD past the last slot */
	EMU_ANS_PIN_LENGTH,	/* VERIFY data not 64 bytes */
	EMU_ANS_PIN_FORMAT,	/* a passcode field that holds none */
	EMU_ANS_PIN_BLOCKED_QUERY,	/* tries query, blocked: 63C0 or 6983 */
	EMU_ANS_PIN_LAST_TRY,	/* wrong, and it was the last try */
	EMU_ANS_LOGOUT_REF,	/* LOGOUT of a reference it does not take */
	EMU_ANS_KEY_FILE_TYPES,	/* GENERATE on files of other types */
	EMU_ANS_COMPONENT_ABSENT,
	EMU_ANS_COMPONENT_DATA,	/* key data not understood */
	EMU_ANS_KEY_INCOMPLETE,	/* PSO with a key that lacks components */
	EMU_ANS_NO_MSE,		/* PSO without a matching MSE */
	EMU_ANS_MSE_DATA,
	EMU_ANS_KEY_TEMPLATE,	/* MSE with a key that serves another */
	EMU_ANS_KEY_FILLED,	/* PUT DATA, GENERATE: there is a key already */
	EMU_ANS_HASH_DATA,	/* PSO HASH data not understood */
	EMU_ANS_PADDING_INDICATOR, /* PSO DECIPHER: before the cryptogram */
	EMU_ANS_BAD_PADDING,	/* PSO DECIPHER */
	EMU_ANS_POLICY,		/* the card's policy refuses */
	EMU_ANS_N
};

/* The name a profile uses; the answer's default. */
const char *emu_answer_name(enum emu_answer a);
uint16_t emu_answer_default(enum emu_answer a);
/* CB_E_ABSENT: no such name. */
CB_MUST_USE enum cb_err emu_answer_find(const char *name, enum emu_answer *out);

/* May a profile or card file give this status word? An error never means
 * success: the code after it relies on that. */
bool emu_answer_valid(enum emu_answer a, uint16_t sw);

#endif
