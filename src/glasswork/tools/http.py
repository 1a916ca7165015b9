"""Tool models that are an HTTP service: JSON in; JSON, text or a file out.

Which hosts are talked to, and which secrets go there, the project says in ``glasswork.toml``; a definition grants
nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from glasswork.definitions import MEDIA, HttpUse
from glasswork.errors import ToolError, ToolFailed, ToolUnavailable, ToolUnreachable
from glasswork.sandbox.targets import target
from glasswork.settings import ToolsSettings
from glasswork.templates import parse
from glasswork.tools.base import Blob, Health, Spec, Value, shown
from glasswork.tools.check import checked, output_of
from glasswork.tools.deadline import deadline
from glasswork.tools.media import MAX_BYTES, MediaStore, suffix_of

if TYPE_CHECKING:
    import httpx2

_LATER = {429, 502, 503, 504}
"""Statuses after which another attempt may do."""
_SAID = 300
"""Characters of an answer that an error shows."""


class HttpTool:
    """One request a call. Redirections are not followed: their host is not the one that was allowed."""

    def __init__(
        self, spec: Spec, use: HttpUse, *, settings: ToolsSettings, env: Mapping[str, str], media: MediaStore
    ) -> None:
        """Connect to nothing yet.

        Args:
            spec: what it takes and gives.
            use: the request.
            settings: the hosts and secrets that the project allows.
            env: where the secrets are.
            media: keeps files that come back.
        """
        self.spec = spec
        self._use = use
        self._settings = settings
        self._env = env
        self._media = media
        self._client: httpx2.AsyncClient | None = None

    async def call(self, arguments: Mapping[str, Value], *, timeout: float | None = None) -> Value:
        """Send the request; see :class:`~glasswork.tools.base.ToolModel`."""
        given = checked(self.spec, arguments)
        health = await self.health()
        if not health.ok:
            raise ToolUnavailable(f"{self.spec.name}: {health.why}", hint=health.hint)
        async with deadline(self.spec, timeout):
            media_type, data = await self._sent(given)
        return output_of(self.spec, self._value(media_type, data))

    async def health(self) -> Health:
        """Tell whether the host is allowed, and the secrets are allowed and set. Nothing is sent for it."""
        where = host_of(self._use.url)
        if where not in {str(target(text)) for text in self._settings.network}:
            hint = f"to allow it: [tools] network = {json.dumps([*self._settings.network, where])} in glasswork.toml"
            return Health(ok=False, why=f"this project does not allow tools to talk to {where}", hint=hint)
        for name in self._secrets():
            if name not in self._settings.secrets:
                hint = f"to allow it: [tools] secrets = {json.dumps([*self._settings.secrets, name])} in glasswork.toml"
                return Health(ok=False, why=f"this project does not allow tools to send {name}", hint=hint)
            if not self._env.get(name):
                return Health(ok=False, why=f"the variable {name} is not set", hint=f"export {name}=…")
        return Health(ok=True, why=where)

    async def aclose(self) -> None:
        """Close its connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _secrets(self) -> list[str]:
        return [header.secret for header in self._use.headers.values() if header.secret]

    async def _sent(self, given: Mapping[str, Value]) -> tuple[str, bytes]:
        """Return the media type and the bytes of the answer."""
        import httpx2

        if self._client is None:
            self._client = httpx2.AsyncClient(follow_redirects=False, timeout=None)  # the call has a deadline
        try:
            async with self._client.stream(self._use.method, self._use.url, **self.parts(given)) as answer:
                data = b""
                async for piece in answer.aiter_bytes():
                    data += piece
                    if len(data) > MAX_BYTES:
                        raise ToolFailed(f"{self.spec.name}: the answer has more than {MAX_BYTES >> 20} MiB")
        except httpx2.TransportError as error:
            raise ToolUnreachable(
                f"{self.spec.name}: {host_of(self._use.url)}: {str(error) or type(error).__name__}"
            ) from None
        if not answer.is_success:
            raise self._refusal(answer.status_code, data)
        return answer.headers.get("content-type", "").partition(";")[0].strip().lower(), self._hidden(data)

    def parts(self, given: Mapping[str, Value]) -> dict[str, Any]:
        """Return what the request is made of, as the HTTP library takes it."""
        use = self._use
        secrets = {name: self._env.get(name, "") for name in self._secrets()}
        headers = {name: one.value + (secrets[one.secret] if one.secret else "") for name, one in use.headers.items()}
        parts: dict[str, Any] = {"headers": headers}
        if use.query:
            parts["params"] = {name: self._filled(text, given) for name, text in use.query.items()}
        if use.body is not None:
            parts["json"] = self._filled(use.body, given)
        sent = given.get(use.upload) if use.upload else None
        if isinstance(sent, Blob):
            parts["content"] = sent.path.read_bytes()
            headers.setdefault("Content-Type", sent.media_type)
        return parts

    def _filled(self, part: Any, given: Mapping[str, Value]) -> Any:
        """Return JSON with its templates filled in; what is not given is left out where it stands alone."""
        if isinstance(part, dict):
            return {key: self._filled(value, given) for key, value in part.items() if not _absent(value, given)}
        if isinstance(part, list | tuple):
            return [self._filled(value, given) for value in part if not _absent(value, given)]
        if not isinstance(part, str):
            return part
        template = parse(part)
        if template.lone is not None:
            return _sendable(given.get(template.lone.name, ""))
        values = {name: shown(given[name]) if name in given else "" for name in self.spec.inputs}
        return "\n".join(piece.text for piece in template.render(values))

    def _value(self, media_type: str, data: bytes) -> Value:
        if self.spec.output.type in MEDIA and self._use.result is None:
            return self._media.add(data, f"{self.spec.name}{suffix_of(media_type)}")
        is_json = "json" in media_type or self._use.result is not None or self.spec.output.type != "text"
        value = self._picked(data) if is_json else data.decode(errors="replace")
        if self.spec.output.type in MEDIA:
            return self._media.add(self._bytes(value), f"{self.spec.name}.bin")
        return shown(value) if self.spec.output.type == "text" else value

    def _picked(self, data: bytes) -> Any:
        """Return the part of an answer in JSON that ``result`` names."""
        try:
            here = json.loads(data)
        except ValueError:
            raise ToolFailed(f"{self.spec.name}: the answer is no JSON: {_start(data)!r}") from None
        for key in (self._use.result or "").split(".") if self._use.result else ():
            try:
                here = here[int(key)] if isinstance(here, list) else here[key]
            except (KeyError, IndexError, TypeError, ValueError):
                raise ToolFailed(f"{self.spec.name}: the answer has no {self._use.result}: {_start(data)!r}") from None
        return here

    def _bytes(self, value: Any) -> bytes:
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise ToolFailed(f"{self.spec.name}: {self._use.result} is no file in base64") from None

    def _refusal(self, status: int, data: bytes) -> ToolError:
        message = f"{self.spec.name}: {host_of(self._use.url)} answers {status}: {_start(self._hidden(data))}"
        return ToolUnreachable(message) if status in _LATER else ToolFailed(message)

    def _hidden(self, data: bytes) -> bytes:
        """Return an answer without the secrets that were sent: some services repeat them."""
        for name in self._secrets():
            data = data.replace(self._env[name].encode(), b"***")
        return data


def host_of(url: str) -> str:
    """Return the host and port of an address, as ``glasswork.toml`` lists them: ``example.org:443``."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return str(target(f"[{host}]:{port}" if ":" in host else f"{host}:{port}"))


def _absent(part: Any, given: Mapping[str, Value]) -> bool:
    lone = parse(part).lone if isinstance(part, str) and "{{" in part else None
    return lone is not None and lone.name not in given


def _sendable(value: Value) -> Any:
    return base64.b64encode(value.path.read_bytes()).decode() if isinstance(value, Blob) else value


def _start(data: bytes) -> str:
    return " ".join(data[: 4 * _SAID].decode(errors="replace").split())[:_SAID]
