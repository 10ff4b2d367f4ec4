"""Static files, answered whole.

They are small and read in one go: under an asynchronous server Django reads its own file
responses in a thread, block by block, and warns about it.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import brotli
import rjsmin
from django.core.files.base import ContentFile
from django.http import HttpRequest, HttpResponse
from django.http.response import FileResponse, HttpResponseBase
from whitenoise.compress import Compressor
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage

# What readers' pages load. Not what proves something: who doubts us reads that as it was written.
MINIFIED = ("counters/", "stories/", "web/read", "web/share")


class QuickCompressor(Compressor):
    """Brotli at 5 of 11: a tenth of the time for a tenth more bytes.

    At 11 the admin's own files took 40 seconds of every first start.
    """

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        """Compress one file."""
        return brotli.compress(data, quality=5)


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Files named after their content, with their compressed forms beside them.

    Modules import each other by those names too, so that no page runs half of a newer version.
    """

    support_js_module_import_aggregation = True

    def _save(self, name: str, content: Any) -> str:
        """Keep a file; one of the scripts of every page without its comments."""
        if name.startswith(MINIFIED) and name.endswith(".js"):
            content.seek(0)  # its name was made of it, so it has been read
            script = rjsmin.jsmin(content.read().decode())
            assert isinstance(script, str), "text comes out as text"
            content = ContentFile(script.encode())
        return super()._save(name, content)  # type: ignore[misc]

    def create_compressor(self, **options: Any) -> Compressor:
        """What compresses each file."""
        return QuickCompressor(**options)


class StaticFiles(WhiteNoiseMiddleware):
    """WhiteNoise, without streaming."""

    def add_files(self, root: str, prefix: str | None = None) -> None:
        """Pass over a folder that `collectstatic` has not made yet: `almoner doctor` says so."""
        if Path(root).is_dir():
            super().add_files(root, prefix)

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponseBase:
        """Answer with a file that WhiteNoise has found."""
        return whole(WhiteNoiseMiddleware.serve(static_file, request))


def whole(found: HttpResponseBase) -> HttpResponseBase:
    """Read a file response to its end, and answer with its bytes."""
    if not isinstance(found, FileResponse):  # "not modified" has none
        return found
    answer = HttpResponse(
        b"".join(cast("Iterable[bytes]", found.streaming_content)),
        status=found.status_code,
        headers=dict(found.items()),
    )
    # Not `found.close()`: that would tell Django that the request is over.
    file = getattr(found, "file_to_stream", None)
    if file is not None:
        file.close()
    return answer
