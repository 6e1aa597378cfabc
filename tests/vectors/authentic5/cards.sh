# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# The cards of the plan, see tests/replay/plan.sh.

plan_t0_atr=3B7B1800000031C06477E30300829000
plan_options=(--tries 5 --serial 1A2B3C4D)

# The GUIDs of the recorded card's containers; in the profile they are drawn.
plan_guid_1='{B9FBDAB2-EC99-6BAB-27F6-F2DA624571E5}'
plan_guid_2='{BDB55E4A-3557-C6DA-B871-90DB009A6C7E}'

plan_vary() { # CARD
	plan_edit "s/(\"pad(1001 .*guid()/(\"pad(1001 3001 2001 zeros(6) lv8('$plan_guid_1'/"
	plan_edit "s/(\"pad(1002 .*guid()/(\"pad(1002 3002 2002 zeros(6) lv8('$plan_guid_2'/"
	case $1 in
	open-2000)
		plan_edit '/path = "3F00\/5011\/2000"/,/content/{
			s/access = "FF 24 24/access = "FF 24 00/
			s/content = .*/content = ("6F47D9884B6F9DC57833798F5B7DE1A5"); },/
		}'
		;;
	puk)
		plan_edit 's/owner = "3F00"; reference = 0x04/owner = "3F00\/5011"; reference = 0x04/'
		plan_edit 's/tries = 3; blank = true;/tries = 5;/'
		;;
	esac
	case $1 in
	blank)
		options+=(--blank)
		;;
	puk)
		echo 11223344 >"$T/plan.so-pin"
		options+=(--so-pin-file "$T/plan.so-pin")
		;&
	*)
		options+=(--keys-from "$plan_vectors/test-keys.txt")
		;;
	esac
}
