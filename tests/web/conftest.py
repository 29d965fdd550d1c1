from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator

import pytest

from tests.serving import Server
from tests.web.client import Visitor


@pytest.fixture(scope="session")
def viewer_token(server: Server) -> str:
    """The viewer's token, from the link that the presenter's page offers."""
    request = urllib.request.Request(
        f"{server.base_url}/watch", headers={"Cookie": Visitor(server.base_url, server.token).cookie}
    )
    with urllib.request.urlopen(request) as answer:
        page = answer.read().decode()
    data = page.partition('id="bootstrap">')[2].partition("</script>")[0]
    return str(json.loads(data)["viewer_link"]).rpartition("/")[2]


@pytest.fixture
def presenter(server: Server) -> Iterator[Visitor]:
    visitor = Visitor(server.base_url, server.token)
    yield visitor
    visitor.close()


@pytest.fixture
def viewer(server: Server, viewer_token: str) -> Iterator[Visitor]:
    visitor = Visitor(server.base_url, viewer_token)
    yield visitor
    visitor.close()
