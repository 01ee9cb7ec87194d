"""The ITSP's way to files that are sent: `GET /files/<token>/<name>`, without a login and on any host.

200 and 206 the file, 404 an unknown token, 405 another method than GET and HEAD, 410 a file whose time is over, 416 a
part that it does not have, 503 what can be fetched in a moment.
"""

from __future__ import annotations

import logging

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache

from messaging.files import links
from messaging.views.files.responses import FOR_ITSPS, file_response, gone, try_again

logger = logging.getLogger(__name__)


@never_cache
def file_link(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """Answers one request for a file by its link; the token alone decides, the name is for the reader."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    try:
        found = links.find(token)
    except DatabaseError as error:
        logger.error("file link: the database did not answer (%s)", type(error).__name__)
        return try_again("please try again")
    if found is None:
        return HttpResponse(status=404)
    return file_response(request, found, FOR_ITSPS, found.pk) if found.is_there else gone()
