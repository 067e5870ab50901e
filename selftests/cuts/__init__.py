# SPDX-License-Identifier: GPL-2.0
"""The power is cut while the real agent keeps the real module's secure area: selftests/cuts/run."""
