# SPDX-License-Identifier: MIT
EXCHANGE_MAP = {}
