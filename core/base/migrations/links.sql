-- A code that one chat shows and another types, until both chats are one person's or it is over,
-- and the wish of a chat to be a person of its own again

CREATE TABLE links (
    id {uuid} PRIMARY KEY,
    conversation_id BIGINT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    other_id BIGINT REFERENCES conversations (id) ON DELETE CASCADE,
    kind VARCHAR(8) NOT NULL CHECK (kind IN ('join', 'part')),
    code_hash VARCHAR(64) NOT NULL,
    made_at {float} NOT NULL,
    until {float} NOT NULL,
    agreed_at {float},
    other_agreed_at {float},
    next_check_at {float},
    outcome VARCHAR(16) NOT NULL
);
CREATE UNIQUE INDEX links_code ON links (code_hash) WHERE code_hash <> '';
CREATE INDEX links_conversation ON links (conversation_id);
CREATE INDEX links_other ON links (other_id) WHERE other_id IS NOT NULL;
CREATE INDEX links_due ON links (next_check_at) WHERE next_check_at IS NOT NULL;

-- Who somebody was before they were linked, and what they brought: null is the same as `user_id`

ALTER TABLE users ADD COLUMN joined_id {uuid} REFERENCES users (id) ON DELETE CASCADE;
CREATE INDEX users_joined ON users (joined_id) WHERE joined_id IS NOT NULL;
ALTER TABLE conversations ADD COLUMN home_id {uuid};
ALTER TABLE conversations ADD COLUMN name VARCHAR(255);
ALTER TABLE conversations ADD COLUMN username VARCHAR(64);
ALTER TABLE avatars ADD COLUMN home_id {uuid};
ALTER TABLE admissions ADD COLUMN home_id {uuid};
ALTER TABLE grants ADD COLUMN home_id {uuid};
ALTER TABLE consents ADD COLUMN home_id {uuid};
ALTER TABLE consents ADD COLUMN set_aside_at {float};
