# SPDX-License-Identifier: GPL-2.0
"""What licenses cost a server: see run."""
