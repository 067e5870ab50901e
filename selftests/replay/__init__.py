# SPDX-License-Identifier: GPL-2.0
"""What agent and module once said to each other, said again: see run."""
