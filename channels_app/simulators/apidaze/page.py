"""The phone's page, as it lies in the folder `page`."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

_FOLDER = Path(__file__).parent / "page"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_PARTS = [path.relative_to(_FOLDER).as_posix() for path in _FOLDER.rglob("*") if path.suffix in _TYPES]
_FILES = {"/": ("phone.html", "text/html")} | {
    f"/{part}": (part, _TYPES[Path(part).suffix]) for part in _PARTS
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
