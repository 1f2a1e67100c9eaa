"""The pages as somebody sees them, as the tests of the pages open them."""

from tests.pages.conftest import page_as

__all__ = ["page_as"]
