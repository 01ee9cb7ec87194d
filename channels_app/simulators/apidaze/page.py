"""The phone's page, as it lies in the folder `page`."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

_FOLDER = Path(__file__).parent / "page"
_SCRIPTS = ("phone.js", "chosen.js", "elements.js", "files.js")
_FILES = {
    "/": ("phone.html", "text/html"),
    "/phone.css": ("phone.css", "text/css"),
    **{f"/{name}": (name, "text/javascript") for name in _SCRIPTS},
    "/phone.svg": ("phone.svg", "image/svg+xml"),
}
_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


async def _show(request: web.Request) -> web.Response:
    name, content_type = _FILES[request.path]
    text = (_FOLDER / name).read_text(encoding="utf-8")
    return web.Response(text=text, content_type=content_type, headers=_HEADERS)


def routes() -> list[web.RouteDef]:
    """The page and its parts."""
    return [web.get(path, _show) for path in _FILES]
