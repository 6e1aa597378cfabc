#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# The same recorded conversations, through the bridge.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/replay/plan.sh
. "$CB_SRC/tests/replay/plan.sh"

need_cardbridge
bridge_start

plan_insert() { # FILE
	reader_add recorded "emu:$1" || bail "the bridge takes no reader"
	where=$CARDBRIDGE_SOCKET,recorded
}
plan_remove() { reader_remove recorded; }

plan_play bridge
