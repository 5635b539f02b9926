"""Keeps a process on loopback; Python imports this by itself if its folder is in PYTHONPATH.

LOOPBACK_ONLY names a file. It gets a line for each address beyond loopback that the process tries
to connect to, which fails, and for each name that it looks up in vain: only those in NAMES resolve.
"""

import ipaddress
import os
import socket
import sys

LOG = os.environ["LOOPBACK_ONLY"]
METADATA = "169.254.169.254"
# the addresses of each look-up in turn
NAMES = {"metadata.test": [METADATA], "turning.test": ["127.0.0.1", METADATA]}
_resolve = socket.getaddrinfo


def _is_loopback(host):
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _write(line):
    with open(LOG, "a") as file:
        file.write(f"{line}\n")


def _check(event, args):
    if event == "socket.connect" and isinstance(args[1], tuple):
        host = args[1][0]
        if not _is_loopback(host):
            _write(f"connect {host}")
            raise ConnectionRefusedError(f"{host} is not loopback")


def _look_up(host, *args, **options):
    name = host.decode() if isinstance(host, bytes) else host
    if name in NAMES:
        addresses = NAMES[name]
        name = addresses.pop(0) if len(addresses) > 1 else addresses[0]
    elif name not in (None, "", "localhost"):
        try:
            return _resolve(name, *args, **options, flags=socket.AI_NUMERICHOST)
        except (socket.gaierror, TypeError):
            _write(f"resolve {name}")
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None
    return _resolve(name, *args, **options)


sys.addaudithook(_check)
socket.getaddrinfo = _look_up
