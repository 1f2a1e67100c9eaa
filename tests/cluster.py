"""Room for a cluster that leaves nothing behind."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def throwaway_folder() -> Iterator[str]:
    """A temporary folder that PostgreSQL, which never runs as root, can enter: its files stay inside and go with it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield folder
