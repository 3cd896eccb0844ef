CREATE TABLE deployments (
    at {float} PRIMARY KEY,
    version VARCHAR(32) NOT NULL
);
