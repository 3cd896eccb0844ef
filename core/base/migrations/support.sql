CREATE TABLE support_messages (
    id {serial},
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    conversation_id BIGINT REFERENCES conversations (id) ON DELETE SET NULL,
    text TEXT NOT NULL,
    at {float} NOT NULL,
    told TEXT NOT NULL,
    answer TEXT NOT NULL,
    answered_at {float},
    who VARCHAR(64) NOT NULL
);
CREATE INDEX support_messages_user ON support_messages (user_id, at);
CREATE INDEX support_messages_open ON support_messages (at) WHERE answered_at IS NULL;
