"""How Telegram says no.

The descriptions in this package, and the order of the checks, are those of
tdlib/telegram-bot-api (Client.cpp) and tdlib/td (MessageEntity.cpp, ReplyMarkup.cpp,
MessagesManager.cpp), as published in July 2026.
"""

from typing import Any

Json = dict[str, Any]

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)


class ApiError(Exception):
    """An answer with `ok: false`; the HTTP status is the code."""

    def __init__(
        self,
        code: int,
        description: str,
        retry_after: int | None = None,
        migrated_to: int | None = None,
    ) -> None:
        super().__init__(description)
        self.migrated_to = migrated_to
        self.code = code
        self.description = description
        self.retry_after = retry_after  # seconds

    @property
    def body(self) -> Json:
        body: Json = {"ok": False, "error_code": self.code, "description": self.description}
        if self.retry_after is not None:
            body["parameters"] = {"retry_after": self.retry_after}
        if self.migrated_to is not None:
            body["parameters"] = {"migrate_to_chat_id": self.migrated_to}
        return body


def migrated(to: int) -> ApiError:
    what = "Bad Request: group chat was upgraded to a supergroup chat"
    return ApiError(400, what, migrated_to=to)


def bad(description: str) -> ApiError:
    return ApiError(400, f"Bad Request: {description}")


def too_many(retry_after: int) -> ApiError:
    return ApiError(429, f"Too Many Requests: retry after {retry_after}", retry_after)
