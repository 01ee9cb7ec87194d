"""Static files in production: each has a hash in its name, so that browsers may keep it for ever."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage

# Django has patterns for this too, but for all scripts, and some packages' scripts import files that don't exist.
_IMPORT = (
    r"""(?P<matched>(?P<clause>\b(?:import|export)\s(?:[^;"]*\sfrom\s)?)"(?P<url>\.[^"]+)";)""",
    """%(clause)s"%(url)s";""",
)


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Also rewrites the imports of our JavaScript modules to the hashed names.

    A module's hash depends on those of its imports, so each level of imports takes another pass. A circle of imports
    never ends, and `collectstatic` fails.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("trunkline/*.js", (_IMPORT,)),
        ("portal/*.js", (_IMPORT,)),
    )
    max_post_process_passes = 20
