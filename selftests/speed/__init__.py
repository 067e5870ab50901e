# SPDX-License-Identifier: GPL-2.0
"""The benchmark: selftests/speed/run."""
