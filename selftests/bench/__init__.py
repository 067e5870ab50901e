# SPDX-License-Identifier: GPL-2.0
"""The host side of Cask's tests: VMs, suites, rows, mutants."""

import pathlib
import os

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = TOP / os.environ.get("BUILD", "build")
CACHE = pathlib.Path(os.environ.get("CASK_CACHE", "/var/cache/cask"))


class BenchError(Exception):
    """Something that the bench itself needs is missing or broken; not a failed test."""
