"""One person in several chats: a code that joins two of them, and the way apart again."""
