# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# The card that "Series 8" stands for: the likeliest of its generations.
alias = "authentic3";
