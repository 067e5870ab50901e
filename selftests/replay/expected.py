# SPDX-License-Identifier: GPL-2.0
"""What the module has to answer to messages that were said once before, whoever says them and in whatever order."""

import errno
import functools

from lib.medium import CONTENT_ID, LICENSE, LICENSE_ID, VERSION, parse, payload


@functools.lru_cache
def ids(statement):
    """Of a license, its own and its content's, and its version."""
    values, _ = parse(payload(statement)[1], LICENSE)
    return values[LICENSE_ID], values[CONTENT_ID], int.from_bytes(values[VERSION], "little")


class Expected:
    """
    `rights`: {license id: "counts" (its record is there), "gone" (it counted, and its record is not), "stepped" (that took
    a step, and is gone), "forgotten" (so, and the step's series is as well) or "free"} of all licenses that were ever brought; `table`: {id: whose} of those that the module has; `known`: whether it knows the distributor;
    `lost`: whether the secure area was lost; `covered`: the one content that a later scope has left, if there is one.
    `latest`: {id: version} of what was renewed.
    """

    def __init__(self, rights, table, known=True, lost=False, covered=None, latest=()):
        self.rights, self.table, self.known, self.lost, self.covered = rights, dict(table), known, lost, covered
        self.latest = dict(latest)

    def anchor_add(self, _):
        self.known = True
        return errno.ESTALE if self.covered else 0

    def of_distributor(self, _):
        return 0 if self.known else errno.ENOKEY

    def anchor_get(self, message):
        return 0 if message.dump else self.of_distributor(message)

    def license_add(self, message):
        if not self.known:
            return errno.ENOKEY
        license_id, content_id, version = ids(message.get("LICENSE"))
        if self.covered not in (None, content_id):
            return errno.EKEYREJECTED
        right = self.rights[license_id]
        if self.lost and right != "free":
            return errno.EUCLEAN
        if right in ("gone", "stepped"):
            return errno.EKEYREVOKED
        if right == "forgotten":
            return errno.EL2NSYNC
        if version < self.latest.get(license_id, 0):
            return errno.ESTALE
        return 0 if self.table.setdefault(license_id, message.get("OWNER")) == message.get("OWNER") else errno.EEXIST

    def license_get(self, message):
        return 0 if message.dump or message.get("LICENSE_ID") in self.table else errno.ENOENT

    def license_del(self, message):
        if message.get("LICENSE_ID") not in self.table:
            return errno.ENOENT
        del self.table[message.get("LICENSE_ID")]
        return 0

    def nonce_new(self, message):
        """Another nonce, which nobody has answered."""
        return self.of_distributor(message) or (errno.EUCLEAN if self.lost else 0)

    def nonce_del(self, _):
        """Each was answered or given up."""
        return errno.EUCLEAN if self.lost else errno.ENOENT

    def reanchor_nonce(self, message):
        return self.of_distributor(message) or (0 if self.lost else errno.EALREADY)

    def reanchor(self, message):
        """It speaks of another loss."""
        return self.of_distributor(message) or (errno.EKEYREVOKED if self.lost else errno.EALREADY)

    def report_get(self, message):
        """No license of a life owes a log."""
        return self.of_distributor(message) or (errno.EUCLEAN if self.lost else errno.ENODATA)

    def synchronise(self, message):
        """Its nonce was answered."""
        return self.of_distributor(message) or (errno.EUCLEAN if self.lost else errno.EKEYREVOKED)

    def hello(self, _):
        return 0

    def store_answer(self, _):
        """Nothing of that number is asked."""
        return errno.ENOENT

    enrol = sign = time = of_distributor

    def of(self, message):
        return getattr(self, message.name.split()[0].lower())(message)
