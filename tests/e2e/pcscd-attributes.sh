#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# What a reader says of itself through pcscd.
. "$(dirname "$0")/lib.sh"
need_cardbridge
need_pcscd

card_make "$T/card" --blank
bridge_start --reader "mine=emu:$T/card"
reader_file mine
pcscd_start
reader="cardbridge mine 00 00"
t "the card is there" pcsc wait "$reader" present 2
atr=$(pcsc state "$reader")
atr=${atr#present }

hex() { printf '%s\0' "$1" | od -An -tx1 | tr -d ' \n' | tr a-f A-F; }

all=$(pcsc attributes "$reader")
value() { sed -n "s/^$1 //p" <<<"$all"; }
is "$(value VENDOR_NAME)" "$(hex cardbridge)" "vendor"
like "$(value VENDOR_IFD_VERSION)" '^[0-9A-F]{8}$' "version, a DWORD"
is "$(value VENDOR_IFD_SERIAL_NO)" "$(hex mine)" "serial: the reader's name"
like "$(value CHANNEL_ID)" '^..00F000$' "channel: of no standard kind"
is "$(value ASYNC_PROTOCOL_TYPES)" 03000000 "T=0 and T=1"
is "$(value CURRENT_PROTOCOL_TYPE)" 02000000 "this card: T=1"
is "$(value ICC_PRESENCE)" 02 "a card is in"
is "$(value ICC_INTERFACE_STATUS)" 01 "and powered"
is "$(value ATR_STRING)" "$atr" "its ATR"
is "$(value MAXINPUT)" 05010000 "261 bytes, the largest short APDU"
like "$(value DEVICE_UNIT)" '^[0-9A-F]{8}$' "unit, a DWORD"
is "$(value DEVICE_FRIENDLY_NAME)" "$(hex "$reader")" "pcscd says the name"
is "$(value DEFAULT_CLK)" "refused 0x8010001F" "an unknown attribute"

is "$(pcsc features "$reader")" "12 0B0200000C0201000901000A0400010000" \
	"one feature: properties, no PPDUs, 256 bytes"
t_fails "another control code is refused" \
	pcsc control "$reader" 0x42000001
t_fails "CCID's escape is refused" pcsc control "$reader" 0x42330013

# no buffer on the way is smaller than the largest command there is; that this
# card knows short ones only is its own answer
like "$({
	printf 00D6000000FFFF
	head -c 131070 /dev/zero | tr '\0' A
	echo 0000
} | pcsc session "$reader" | tail -n 1)" '^[0-9]+ 6700$' \
	"a command of 65544 bytes reaches the card"

# a host that asks before it knows the card
t "take the card out" "$CARDBRIDGE" reader eject mine
t "it is gone" pcsc wait "$reader" absent 2
like "$(pcsc features "$reader")" '0A0400010000$' "256 without a card"
