"""The shipped nginx on this machine: its command, names and tasks, in a mount and a network namespace of their own.

`python -m tests.support.nginx_stage FOLDER hosts|dns`, in such namespaces, reads the command from FOLDER/command and
prints what it observed as JSON. The names are only in /etc/hosts, or only in DNS. First one task listens at all of
them, then another with another address.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

NAMES = {"FRONTEND": "ui.shop.internal", "BACKEND": "backend.shop.internal", "DATAPREP": "dataprep.shop.internal"}
PORT = 8000
FIRST, SECOND = "127.0.0.11", "127.0.0.12"
PATIENCE = 30.0
"""Seconds in which something must happen."""

# As the image's: a location for each callee, and the browser's Host header.
TEMPLATE = """
server {
    listen       80;
    location /home {
        return 200 "home";
    }
    proxy_connect_timeout 600;
    location / {
        proxy_pass http://${FRONTEND_SERVICE_IP}:${FRONTEND_SERVICE_PORT};
        proxy_set_header Host $host;
        proxy_set_header X-Real-IP $remote_addr;
    }
    location /v1/${BACKEND_SERVICE_NAME} {
        proxy_pass http://${BACKEND_SERVICE_IP}:${BACKEND_SERVICE_PORT};
        proxy_set_header Host $host;
        proxy_buffering off;
    }
    location /v1/dataprep/ingest {
        proxy_pass http://${DATAPREP_SERVICE_IP}:${DATAPREP_SERVICE_PORT};
        proxy_set_header Host $host;
        proxy_connect_timeout 6000;
    }
}
"""
START = """envsubst '${FRONTEND_SERVICE_IP} ${FRONTEND_SERVICE_PORT} ${BACKEND_SERVICE_NAME} ${BACKEND_SERVICE_IP}
${BACKEND_SERVICE_PORT} ${DATAPREP_SERVICE_IP} ${DATAPREP_SERVICE_PORT}' < nginx.conf.template > default.conf
nginx -g 'daemon off;'
"""
TEMPORARY = "".join(f"{what}_temp_path tmp_{what};" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
MAIN = f"""user root; pid nginx.pid; error_log stderr; events {{{{}}}}
http {{{{ access_log off; {TEMPORARY} include {{}}/default.conf; }}}}"""
PATHS = ("/", "/v1/chatqna", "/v1/dataprep/ingest")


class Task(BaseHTTPRequestHandler):
    """Answers with the HTTP version and the Host header of the request, and its own address."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        said = [self.request_version, self.headers["Host"], self.server.server_address[0]]
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def task(address: str) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer((address, PORT), Task)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class Names:
    """The names, in the system's /etc/hosts or in a DNS server for all names."""

    def __init__(self, folder: Path, *, kind: str) -> None:
        self.address = FIRST
        self._hosts = folder / "hosts" if kind == "hosts" else None
        (folder / "hosts").write_text("127.0.0.1 localhost\n")
        (folder / "resolv.conf").write_text("nameserver 127.0.0.53\noptions timeout:1\n")
        for name in ("hosts", "resolv.conf"):
            subprocess.run(["mount", "--bind", str(folder / name), str(Path("/etc", name).resolve())], check=True)
        if kind == "dns":
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._socket.bind(("127.0.0.53", 53))
            threading.Thread(target=self._serve, daemon=True).start()

    def lead_to(self, address: str) -> None:
        self.address = address
        if self._hosts is not None:
            lines = ["127.0.0.1 localhost", *(f"{address} {name}" for name in NAMES.values())]
            self._hosts.write_text("\n".join(lines) + "\n")

    def _serve(self) -> None:
        while True:
            query, client = self._socket.recvfrom(512)
            end = query.index(b"\0", 12) + 5
            is_a = query[end - 4 : end - 2] == b"\0\1"
            header = query[:2] + b"\x84\0" + query[4:6] + (b"\0\1" if is_a else b"\0\0") + b"\0\0\0\0"
            record = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4" + socket.inet_aton(self.address) if is_a else b""
            self._socket.sendto(header + query[12:end] + record, client)


def get(path: str) -> list[str] | None:
    """The answer to a browser's request; None if nginx doesn't pass it on."""
    connection = http.client.HTTPConnection("127.0.0.1", 80, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": "shop.example.com"})
        response = connection.getresponse()
        said: list[str] | None = json.loads(response.read()) if response.status == 200 else None
        return said
    except OSError:
        return None
    finally:
        connection.close()


def eventually(happens: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if happens():
            return True
        time.sleep(0.1)
    return False


def workers(master: int) -> list[str]:
    return sorted(Path(f"/proc/{master}/task/{master}/children").read_text().split())


def main(folder: Path, kind: str) -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    names = Names(folder, kind=kind)
    names.lead_to(FIRST)
    first = task(FIRST)
    (folder / "nginx.conf.template").write_text(TEMPLATE)
    (folder / "start-nginx.sh").write_text(START)
    (folder / "nginx.conf").write_text(MAIN.format(folder))
    (folder / "bin").mkdir()
    wrapper = folder / "bin" / "nginx"
    wrapper.write_text(f'#!/bin/sh\nexec {os.environ["NGINX"]} -p {folder} -c {folder}/nginx.conf "$@"\n')
    wrapper.chmod(0o755)
    environment = {"PATH": f"{folder}/bin:{os.environ['PATH']}", "BACKEND_SERVICE_NAME": "chatqna"}
    for key, name in NAMES.items():
        environment |= {f"{key}_SERVICE_IP": name, f"{key}_SERVICE_PORT": str(PORT)}
    command = json.loads((folder / "command").read_text())
    nginx = subprocess.Popen(command, cwd=folder, env=environment, stdout=sys.stderr)
    assert eventually(lambda: get("/") is not None), "nginx doesn't start"
    seen: dict[str, Any] = {}
    seen["before"] = {path: get(path) for path in PATHS}
    before = workers(nginx.pid)
    time.sleep(1)
    seen["reloads without need"] = workers(nginx.pid) != before
    second = task(SECOND)
    names.lead_to(SECOND)
    first.shutdown()
    first.server_close()
    seen["found"] = eventually(lambda: all((get(path) or ["", "", ""])[2] == SECOND for path in PATHS))
    seen["after"] = {path: get(path) for path in PATHS}
    nginx.send_signal(signal.SIGQUIT)
    seen["status"] = nginx.wait(timeout=PATIENCE)
    second.shutdown()
    print(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
