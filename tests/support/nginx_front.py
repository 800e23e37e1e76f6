"""nginx with the configuration of the deployment examples, before services of tests."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from asking import program
from running import Server, wait_until

__all__ = ["running_nginx"]

EXAMPLE = Path(__file__).resolve().parents[2] / "server" / "deploy" / "nginx.conf"
FRAME = """
{user}
pid {folder}/pid;
daemon off;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  {example}
}}
"""


@contextmanager
def running_nginx(servers: Sequence[Server], folder: Path, **changes: str) -> Iterator[str]:
    """Run nginx over the example before these services, with `changes` to its text, and give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    example = EXAMPLE.read_text(encoding="utf-8")
    ours = {
        "listen 80;": f"listen 127.0.0.1:{port};",
        (line := "server 127.0.0.1:8080 max_fails=1 fail_timeout=1s;"): "\n".join(
            line.replace("8080", str(server.port)) for server in servers
        ),
        "/var/lib/nginx/dualbio": f"{folder}/kept",
        **changes,
    }
    for found, instead in ours.items():
        assert found in example
        example = example.replace(found, instead)
    file = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""  # the folders of a test are its user's alone
    file.write_text(FRAME.format(folder=folder, example=example, user=user), encoding="utf-8")
    command = [program("nginx"), "-c", str(file), "-p", str(folder)]
    subprocess.run([*command, "-t", "-q"], check=True, capture_output=True, timeout=20)
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        wait_until(lambda: _listens(port), lambda: (folder / "error.log").read_text(encoding="utf-8"))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _listens(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0
