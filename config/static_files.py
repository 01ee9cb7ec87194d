"""Static files in production: each under a name with its hash, so that browsers may keep it for ever."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage

# Django has patterns for this too, but for everybody's scripts, and some of a package's point to what is not there.
_IMPORT = (
    r"""(?P<matched>(?P<clause>\b(?:import|export)\s(?:[^;"]*\sfrom\s)?)"(?P<url>\.[^"]+)";)""",
    """%(clause)s"%(url)s";""",
)


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Also rewrites what our JavaScript modules import to the hashed names.

    A module's hash depends on those of what it imports, so that each step down takes a pass more. Modules that import
    each other in a circle never come to an end, and `collectstatic` fails.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("trunkline/*.js", (_IMPORT,)),
        ("portal/*.js", (_IMPORT,)),
    )
    max_post_process_passes = 20
