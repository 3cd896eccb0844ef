CREATE TABLE meters (
    name VARCHAR(64) NOT NULL,
    labels VARCHAR(255) NOT NULL,
    value {float} NOT NULL,
    PRIMARY KEY (name, labels)
);
CREATE INDEX notices_troubled ON notices (created_at, outcome) WHERE outcome <> 'sent';
CREATE INDEX conversations_unreachable ON conversations (id) WHERE unreachable;
