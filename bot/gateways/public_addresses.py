"""Connections to public addresses only: a cover's address comes from other people, and must not reach our own network.

The address of the *connected* socket is looked at, before anything is sent, so a name that changes its mind between
a check and the connection gains nothing.
"""

import ipaddress
import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError


class PublicOnlyAdapter(HTTPAdapter):
    """Reaches the public internet, and neither this machine nor its neighbours.

    Behind a proxy the proxy decides what can be reached.
    """

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Let the pools make connections that look where they arrive."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PublicPool, "https": _PublicTlsPool}


def is_public(address: str) -> bool:
    """Return whether an IP address belongs to the public internet."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return found.is_global and not found.is_multicast


def _refuse_private(connection: HTTPConnection, connected: socket.socket) -> socket.socket:
    if is_public(connected.getpeername()[0]):
        return connected
    connected.close()
    raise NewConnectionError(connection, "it lies in a private network")


class _PublicConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _refuse_private(self, super()._new_conn())


class _PublicTlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _refuse_private(self, super()._new_conn())


class _PublicPool(HTTPConnectionPool):
    ConnectionCls = _PublicConnection


class _PublicTlsPool(HTTPSConnectionPool):
    ConnectionCls = _PublicTlsConnection
