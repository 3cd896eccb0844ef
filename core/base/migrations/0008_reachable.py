"""What waits to be shown is found without passing over the chats that blocked the bot."""

from core.base.migrations import Connected

_DUE = "CREATE INDEX conversations_due ON conversations (channel, bot, due_at) WHERE revision > "


def up(_migrator: object, db: Connected) -> None:
    """Leave blocked chats out of the index, and their notices out of those that wait."""
    db.execute_sql("DROP INDEX conversations_due")
    db.execute_sql(f"{_DUE}shown_revision AND NOT unreachable")
    db.execute_sql(
        "UPDATE notices SET outcome = 'blocked' WHERE outcome = 'pending' "
        "AND conversation_id IN (SELECT id FROM conversations WHERE unreachable)"
    )


def down(_migrator: object, db: Connected) -> None:
    """Put them back in; a notice that is `blocked` is sent all the same once its person is back."""
    db.execute_sql("DROP INDEX conversations_due")
    db.execute_sql(f"{_DUE}shown_revision")
