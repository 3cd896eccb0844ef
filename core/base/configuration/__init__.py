"""Reading settings from a file and the environment; it works on any model and knows none.

Values are checked strictly, because the usual lenient reading takes `true` for 1 and drops a
misspelt variable without a word. Why not pydantic-settings: docs/decisions/0002-dependencies.md.
"""

from core.base.configuration.reading import CONFIG, read
from core.base.configuration.setting import PREFIX, describe

__all__ = ["CONFIG", "PREFIX", "describe", "read"]
