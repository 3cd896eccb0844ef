-- What a bot may send in all: the budget of ticks, and the end of a silence that was asked for

CREATE TABLE limits (
    name VARCHAR(128) PRIMARY KEY,
    allowance {float} NOT NULL,
    refilled_at {float} NOT NULL,
    silent_until {float} NOT NULL
);
