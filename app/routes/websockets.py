"""The WebSocket of one side of a run."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from app.hub import Closed, CutOff, Viewer
from app.messages import encode
from app.services.errors import Refusal
from app.services.runs import Runs
from app.settings import Settings

__all__ = ["StarletteSocket", "router"]

router = APIRouter()

POLICY_VIOLATION = 1008
TRY_AGAIN_LATER = 1013


class StarletteSocket:
    """A WebSocket as the hub wants it."""

    def __init__(self, websocket: WebSocket, cut_off: CutOff | None) -> None:
        self._websocket = websocket
        self._cut_off = cut_off

    async def receive(self) -> str | bytes:
        """The next message."""
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise Closed
        text = message.get("text")
        return text if isinstance(text, str) else bytes(message.get("bytes") or b"")

    async def send(self, message: str | bytes) -> None:
        """Hand over a message."""
        try:
            if isinstance(message, str):
                await self._websocket.send_text(message)
            else:
                await self._websocket.send_bytes(message)
        except (WebSocketDisconnect, RuntimeError, OSError):
            raise Closed from None

    async def close(self, code: int, reason: str) -> None:
        """Close in good order."""
        if self._websocket.application_state is WebSocketState.DISCONNECTED:
            return
        try:
            await self._websocket.close(code, reason)
        except (WebSocketDisconnect, RuntimeError, OSError):
            raise Closed from None

    def abort(self) -> None:
        """Drop the connection at once."""
        if self._cut_off is not None:
            self._cut_off(self._websocket.scope.get("client"))


@router.websocket("/ws/runs/{run}/{side}")
async def watch_side(websocket: WebSocket, run: str, side: str) -> None:
    """Stream one side of a run to one viewer."""
    state = websocket.app.state
    settings: Settings = state.settings
    runs: Runs = state.runs
    socket = StarletteSocket(websocket, state.cut_off)
    await websocket.accept()
    try:
        if side not in ("0", "1"):
            raise Refusal(404, "must be 0 or 1", "side")
        found = runs.find(run)
        if found.feeds[int(side)].stream is None:
            raise Refusal(404, "this run has one side only, number 0", "side")
        if state.viewers >= settings.max_viewers:
            raise Refusal(
                503, f"the limit is {settings.max_viewers} viewers at a time (--max-viewers); try again later"
            )
    except Refusal as refusal:
        await _turn_away(socket, refusal)
        return
    state.viewers += 1
    try:
        await Viewer(socket, found.feeds[int(side)], websocket.scope["role"], found).run()
    finally:
        state.viewers -= 1


async def _turn_away(socket: StarletteSocket, refusal: Refusal) -> None:
    """Said in a message, since a script cannot see why a handshake failed."""
    try:
        await socket.send(encode("error", {"id": None, "field": refusal.field, "message": str(refusal)}))
        await socket.close(TRY_AGAIN_LATER if refusal.status == 503 else POLICY_VIOLATION, "")
    except Closed:
        return
