# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# The cards of the plan, see tests/replay/plan.sh.

# shellcheck source=tests/vectors/iasecc-oberthur/cards.sh
. "$CB_SRC/tests/vectors/iasecc-oberthur/cards.sh"

plan_t0_atr=3B7F9600000031B8644070141073940180829000

plan_vary() { # CARD
	plan_vary_tries
	plan_vary_guids
	case $1 in
	last-63c0) plan_vary_answer ;;
	hash-algs) plan_vary_algorithms ;;
	local) plan_vary_local ;;
	hash-strict)
		plan_vary_algorithms
		plan_vary_strict
		;;
	roomy) plan_vary_roomy B001 B002 ;;
	esac
}
