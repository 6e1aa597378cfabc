#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# pcsc_scan sees the reader, the card and its ATR, and the card go and come.
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need pcsc_scan stdbuf
need_cardbridge
need_pcscd

bridge_start
card_make "$T/scan.card"
reader_add scan "emu:$T/scan.card"
reader_file scan
pcscd_start

like "$(pc pcsc_scan -r)" 'cardbridge scan 00 00' "pcsc_scan -r lists the reader"
like "$(pc pcsc_scan -c)" \
	'3B FB 11 00 00 81 31 FE 45 00 31 C0 64 77 E9 10 00 00 90 00 6A' \
	"pcsc_scan -c shows the ATR"

start "$T/scan.log" stdbuf -oL pcsc_scan -n -q
scan=$started
seen() { [ "$(grep -c "$1" "$T/scan.log")" -ge "$2" ]; } # ERE TIMES
t "pcsc_scan sees the card" wait_until 10 seen 'Card inserted' 1
t "the card is ejected" "$CARDBRIDGE" reader eject scan
t "pcsc_scan sees it go" wait_until 10 seen 'Card removed' 1
t "the card is put back" "$CARDBRIDGE" reader insert scan
t "pcsc_scan sees it come" wait_until 10 seen 'Card inserted' 2
finish "$scan"
