# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# The cards of the plan, see tests/replay/plan.sh.

plan_t0_atr=3B5D180080F9A0000000770100700A9000
plan_options=(--serial 5C6D7E8F)

plan_vary() { # CARD
	# The recorded card's PUK has five tries.
	plan_edit '/test = {/,/}/s/tries = 3/tries = 5/'
	case $1 in
	blank*) options+=(--blank) ;;
	*) options+=(--keys-from "$plan_vectors/test-keys.txt") ;;
	esac
	case $1 in
	*-open)
		plan_edit '/path = "3F00\/5015\/700[2456]"/,/access/s/FF00 0001 0001/FF00 0000 0000/'
		;;
	*-notice)
		plan_edit '/path = "3F00\/5015\/7006"/i\
		{ path = "3F00/5015/9999"; type = "transparent"; size = 8;\
		  access = "0000 FF00 0000 FF00"; blank = true; },'
		;;
	forgetful)
		plan_edit 's/keep_verified = true/keep_verified = false/'
		;;
	esac
}
