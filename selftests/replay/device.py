# SPDX-License-Identifier: GPL-2.0
"""A device with a TPM whose server is reached by a proxy, and what is asked of it: by root, by a user, by way of media."""

import errno
import json
import os
import pathlib
import shutil
import subprocess

from cuts import client
from cuts.medium import Medium

TOP = pathlib.Path(__file__).resolve().parents[2]
USER = 1000


class Device(client.Client):
    """
    `place` has the agent's files and the media, and can be put back. `shared` outlives a boot: there are the proxy's files,
    and the contents.
    """

    def __init__(self, work, shared, env):
        place = work / "place"
        place.mkdir()
        super().__init__(work, place)
        self.shared, self.env, self.proxy_place = shared, env, shared / "proxy"
        self.proxy = None

    def close(self):
        for process in (self.proxy, self.process):
            if process:
                process.kill()
                process.wait()

    # --- switching on ---

    def load(self):
        """The module gets the TPM's secret once a boot."""
        subprocess.run(["modprobe", "cask", "root=tpm"], check=True)
        os.chmod("/dev/cask", 0o666)

    def start_proxy(self):
        """At the same port in each boot, by the same name."""
        if not self.proxy_place.exists():
            self.proxy_place.mkdir()
            (self.proxy_place / "port").write_text("0")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-keyout", self.proxy_place / "key.pem", "-out", self.proxy_place / "cert.pem", "-subj", "/CN=proxy",
                            "-addext", "subjectAltName=DNS:localhost", "-days", "1"], check=True, capture_output=True)
        port = (self.proxy_place / "port").read_text().strip()
        self.proxy = subprocess.Popen([TOP / "selftests/client/proxy", self.proxy_place, port, self.env["CASK_URL"]], text=True,
                                      stdout=subprocess.PIPE, stderr=open(self.proxy_place / "log", "a"))
        (self.proxy_place / "port").write_text(self.proxy.stdout.readline())

    def proxy_does(self, what, does=True, given=""):
        """One of its files, with what is in it; see there."""
        if does:
            (self.proxy_place / what).write_text(given)
        else:
            (self.proxy_place / what).unlink(missing_ok=True)

    # --- files ---

    def put_back(self, files):
        shutil.rmtree(self.place)
        shutil.copytree(files, self.place)

    # --- asking ---

    def register(self):
        self.ask("POST", "/v1/registrations", {
            "url": f"https://localhost:{(self.proxy_place / 'port').read_text().strip()}",
            "token": self.env["CASK_TOKENS"].split()[0], "ca": (self.proxy_place / "cert.pem").read_text()})

    def fetch(self, name):
        self.tool("caskctl", "fetch", self.env[name], "-o", self.shared / f"{name}.cask")

    def file_of(self, name):
        return os.open(self.shared / f"{name}.cask", os.O_RDONLY)

    def try_tool(self, program, *words):
        """Whatever comes of it."""
        subprocess.run([client.BIN / program, *words], env={**os.environ, "CASK_SOCKET": str(self.socket)}, capture_output=True)

    def get(self, name, owner="me"):
        """Returns the license's id."""
        answer = self.ask("POST", "/v1/licenses", {"content_id": self.env[name], "owner": owner})
        assert answer["installed"], f"{name} is not installed: {answer}"
        return bytes.fromhex(answer["license_id"])

    def get_for_user(self, name):
        run = subprocess.run([client.BIN / "caskctl", "license", "get", self.env[name], "--json"], text=True, user=USER,
                             env={**os.environ, "CASK_SOCKET": str(self.socket)}, capture_output=True)
        assert not run.returncode, run.stderr
        return bytes.fromhex(json.loads(run.stdout)["license_id"])

    def remove(self, license_id):
        self.ask("DELETE", f"/v1/licenses/{license_id.hex()}")

    def go_on(self):
        """Its distributor is asked about what was lost; the agent does so by itself, too, and may be faster."""
        try:
            self.ask("POST", "/v1/reanchors", {})
        except client.Answer as answer:
            assert str(answer) == "kernel EALREADY", f"the distributor does not let it go on: {answer}"

    # --- using ---

    def open(self, name="CASK_COUNTED", medium=None):
        """ "opened", or the errno's name. `medium`: a file whose license to use."""
        content = self.file_of(name)
        try:
            if medium is None:
                return client.open_content(content)
            with Medium(medium) as opened:
                return opened.open(content)
        except OSError as error:
            return errno.errorcode[error.errno]
        finally:
            os.close(content)

    def accept(self, name):
        content = self.file_of(name)
        try:
            client.accept_content(content)
        finally:
            os.close(content)

    def lend(self, request, medium, license):
        """Check a license out to a medium, or in: "done", or the errno's name."""
        try:
            with Medium(medium) as opened:
                return opened.lend(request, license)
        except OSError as error:
            return errno.errorcode[error.errno]

    def install(self, medium, statement):
        """Have a license on a medium: "installed", or the errno's name."""
        try:
            with Medium(medium) as opened:
                opened.install(statement)
            return "installed"
        except OSError as error:
            return errno.errorcode[error.errno]

    def open_as_user(self):
        """In a process of its own."""
        result, end = os.pipe()
        child = os.fork()
        if not child:
            try:
                os.setresuid(USER, USER, USER)
                os.write(end, self.open().encode())
            finally:
                os._exit(0)
        os.close(end)
        with open(result) as file:
            said = file.read()
        os.waitpid(child, 0)
        return said

    def left_on(self, path):
        """Of the licenses that count on a medium, how often each still opens."""
        with Medium(path) as medium:
            return medium.counts()
