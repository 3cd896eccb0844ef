"""What is kept of a person, and in which of their chats they find it."""
