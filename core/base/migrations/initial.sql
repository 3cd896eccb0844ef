-- The schema without `avatars.training_type`, which 0002 adds. Words in braces are types that
-- SQLite and PostgreSQL spell differently.

-- People and conversations

CREATE TABLE users (
    id {uuid} PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    language VARCHAR(8) NOT NULL,
    language_chosen {bool} NOT NULL,
    created_at {float} NOT NULL,
    erasing_at {float},
    username VARCHAR(64) NOT NULL DEFAULT ''
);
CREATE INDEX users_erasing ON users (erasing_at) WHERE erasing_at IS NOT NULL;
CREATE INDEX users_created ON users (created_at);
CREATE INDEX users_name ON users (name);

CREATE TABLE conversations (
    id {serial},
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    channel VARCHAR(32) NOT NULL,
    bot VARCHAR(64) NOT NULL,
    chat VARCHAR(128) NOT NULL,
    token_key VARCHAR(32) NOT NULL,
    state VARCHAR(64) NOT NULL,
    visit BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    memory TEXT NOT NULL,
    shown_revision BIGINT NOT NULL,
    post_revision BIGINT NOT NULL,
    shown TEXT,
    shown_buttons TEXT NOT NULL,
    shown_at {float} NOT NULL,
    differs_since {float} NOT NULL,
    due_at {float} NOT NULL,
    rank SMALLINT NOT NULL,
    not_before {float} NOT NULL,
    failures INTEGER NOT NULL,
    unreachable {bool} NOT NULL,
    wake_at {float},
    wake_trigger VARCHAR(64) NOT NULL,
    wake_visit BIGINT NOT NULL,
    photo_at {float} NOT NULL,
    created_at {float} NOT NULL,
    active_at {float} NOT NULL,
    forgotten_revision BIGINT NOT NULL DEFAULT 0,
    entered_at {float} NOT NULL DEFAULT 0,
    thread VARCHAR(64) NOT NULL DEFAULT '',
    posting TEXT,
    reached_at {float} NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX conversations_address ON conversations (channel, bot, chat);
CREATE INDEX conversations_user ON conversations (user_id);
CREATE INDEX conversations_due ON conversations (channel, bot, due_at)
    WHERE revision > shown_revision;
CREATE INDEX conversations_wake ON conversations (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX conversations_chat ON conversations (chat);
CREATE INDEX conversations_active ON conversations (active_at, state);

CREATE TABLE inbox (
    id {serial},
    conversation_id BIGINT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    channel VARCHAR(32) NOT NULL,
    bot VARCHAR(64) NOT NULL,
    update_id VARCHAR(128) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    payload TEXT NOT NULL,
    received_at {float} NOT NULL,
    handled_at {float},
    attempts SMALLINT NOT NULL,
    retry_at {float} NOT NULL,
    failed_at {float},
    error TEXT NOT NULL
);
CREATE UNIQUE INDEX inbox_update ON inbox (channel, bot, update_id);
CREATE INDEX inbox_waiting ON inbox (conversation_id, id)
    WHERE handled_at IS NULL AND failed_at IS NULL;
CREATE INDEX inbox_handled ON inbox (handled_at) WHERE handled_at IS NOT NULL;
CREATE INDEX inbox_failed ON inbox (failed_at) WHERE failed_at IS NOT NULL;

CREATE TABLE notices (
    id {serial},
    conversation_id BIGINT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    key VARCHAR(128) NOT NULL,
    name VARCHAR(64) NOT NULL,
    parameters TEXT NOT NULL,
    created_at {float} NOT NULL,
    attempted_at {float},
    sent_at {float},
    outcome VARCHAR(16) NOT NULL
        CHECK (outcome IN ('pending', 'sending', 'sent', 'uncertain', 'blocked', 'failed')),
    attempts SMALLINT NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    message VARCHAR(128) NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX notices_key ON notices (key);
CREATE INDEX notices_pending ON notices (conversation_id, id) WHERE outcome = 'pending';

CREATE TABLE transitions (
    id {serial},
    conversation_id BIGINT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    event_id BIGINT NOT NULL,
    kind VARCHAR(16) NOT NULL,
    trigger VARCHAR(64) NOT NULL,
    source VARCHAR(64) NOT NULL,
    dest VARCHAR(64) NOT NULL,
    visit BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    at {float} NOT NULL,
    stayed {float}
);
CREATE INDEX transitions_conversation ON transitions (conversation_id, id);
CREATE INDEX transitions_reached ON transitions (dest, at, conversation_id, source)
    WHERE source <> dest;
CREATE INDEX transitions_left ON transitions (source, at, stayed, dest) WHERE source <> dest;

CREATE TABLE transcript (
    id {serial},
    conversation_id BIGINT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    author VARCHAR(8) NOT NULL CHECK (author IN ('person', 'bot')),
    content TEXT NOT NULL,
    at {float} NOT NULL
);
CREATE INDEX transcript_conversation ON transcript (conversation_id, id);

CREATE TABLE owed_answers (
    channel VARCHAR(32) NOT NULL,
    bot VARCHAR(64) NOT NULL,
    callback TEXT NOT NULL,
    at {float} NOT NULL,
    PRIMARY KEY (channel, bot, callback)
);

CREATE TABLE leases (
    name VARCHAR(128) PRIMARY KEY,
    holder VARCHAR(128) NOT NULL,
    until {float} NOT NULL
);

-- Avatars, their photos and models

CREATE TABLE avatars (
    id {uuid} PRIMARY KEY,
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name VARCHAR(1200) NOT NULL,
    gender VARCHAR(16) CHECK (gender IN ('male', 'female', 'other')),
    avatar_type VARCHAR(16) CHECK (avatar_type IN ('character', 'style', 'custom')),
    status VARCHAR(16) NOT NULL
        CHECK (status IN ('draft', 'uploading', 'ready', 'training', 'completed', 'error',
            'cancelled')),
    training_progress INTEGER NOT NULL CHECK (training_progress BETWEEN 0 AND 100),
    finetune_id VARCHAR(255),
    fal_mode VARCHAR(16),
    avatar_data {json} NOT NULL,
    training_config {json} NOT NULL,
    photos_count INTEGER NOT NULL CHECK (photos_count >= 0),
    created_at {moment} NOT NULL,
    updated_at {moment} NOT NULL,
    compare_at {float}
);
CREATE INDEX avatars_user ON avatars (user_id, created_at);
CREATE UNIQUE INDEX avatars_nameless ON avatars (user_id) WHERE name = '';
CREATE INDEX avatars_created ON avatars (created_at) WHERE name <> '';
CREATE INDEX avatars_to_compare ON avatars (compare_at) WHERE compare_at IS NOT NULL;

CREATE TABLE avatar_photos (
    id {uuid} PRIMARY KEY,
    avatar_id {uuid} NOT NULL REFERENCES avatars (id) ON DELETE CASCADE,
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    conversation_id BIGINT REFERENCES conversations (id) ON DELETE SET NULL,
    reference {json} NOT NULL,
    minio_key VARCHAR(255),
    file_hash VARCHAR(64),
    file_size INTEGER,
    validation_status VARCHAR(16) NOT NULL
        CHECK (validation_status IN ('pending', 'valid', 'invalid', 'duplicate')),
    reason VARCHAR(32) NOT NULL,
    has_face {bool},
    quality_score {float} CHECK (quality_score BETWEEN 0 AND 1),
    width INTEGER,
    height INTEGER,
    photo_metadata {json} NOT NULL,
    number INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    postponed INTEGER NOT NULL,
    next_check_at {float} NOT NULL,
    dismissed_at {float},
    removed_at {float},
    created_at {moment} NOT NULL,
    updated_at {moment} NOT NULL,
    told_revision BIGINT
);
CREATE INDEX avatar_photos_user ON avatar_photos (user_id);
CREATE UNIQUE INDEX avatar_photos_number ON avatar_photos (avatar_id, number);
CREATE UNIQUE INDEX avatar_photos_hash ON avatar_photos (avatar_id, file_hash)
    WHERE validation_status = 'valid' AND removed_at IS NULL;
CREATE INDEX avatar_photos_pending ON avatar_photos (next_check_at)
    WHERE validation_status = 'pending';
CREATE INDEX avatar_photos_removed ON avatar_photos (removed_at) WHERE removed_at IS NOT NULL;
CREATE INDEX avatar_photos_key ON avatar_photos (minio_key) WHERE minio_key IS NOT NULL;
CREATE INDEX avatar_photos_refused ON avatar_photos (created_at, reason, user_id, validation_status)
    WHERE validation_status IN ('invalid', 'duplicate');

CREATE TABLE held_photos (
    id {serial},
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    conversation_id BIGINT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    reference {json} NOT NULL,
    held_at {float} NOT NULL,
    declared VARCHAR(16) NOT NULL DEFAULT 'picture' CHECK (declared IN ('picture', 'file', 'other'))
);
CREATE INDEX held_photos_user ON held_photos (user_id, id);

CREATE TABLE trained_models (
    id {uuid} PRIMARY KEY,
    avatar_id {uuid} NOT NULL REFERENCES avatars (id) ON DELETE CASCADE,
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    run_id {uuid} NOT NULL UNIQUE,
    training_type VARCHAR(16) NOT NULL CHECK (training_type IN ('portrait', 'style')),
    base_model VARCHAR(32) NOT NULL,
    phrase VARCHAR(64) NOT NULL,
    finetune_id VARCHAR(255),
    weights_key VARCHAR(255),
    weights_sha256 VARCHAR(64),
    weights_bytes BIGINT,
    config {json} NOT NULL,
    training_config {json} NOT NULL,
    profile VARCHAR(64) NOT NULL,
    endpoint VARCHAR(128) NOT NULL,
    request_id VARCHAR(255),
    test_mode {bool} NOT NULL,
    made_at {float} NOT NULL
);
CREATE INDEX trained_models_avatar ON trained_models (avatar_id, made_at);
CREATE INDEX trained_models_user ON trained_models (user_id);
CREATE INDEX trained_models_weights ON trained_models (weights_key) WHERE weights_key IS NOT NULL;

-- Rulings about people

CREATE TABLE consents (
    id {serial},
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    version VARCHAR(16) NOT NULL,
    given_at {float} NOT NULL,
    withdrawn_at {float}
);
CREATE INDEX consents_user ON consents (user_id);

CREATE TABLE admissions (
    user_id {uuid} PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    invite VARCHAR(128) NOT NULL,
    at {float} NOT NULL
);

CREATE TABLE blocks (
    user_id {uuid} PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    at {float} NOT NULL,
    who VARCHAR(64) NOT NULL
);

CREATE TABLE grants (
    id {serial},
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    at {float} NOT NULL,
    who VARCHAR(64) NOT NULL
);
CREATE INDEX grants_user ON grants (user_id, at);

-- Orders

CREATE TABLE training_runs (
    id {uuid} PRIMARY KEY,
    avatar_id {uuid} REFERENCES avatars (id) ON DELETE SET NULL,
    user_id {uuid} REFERENCES users (id) ON DELETE SET NULL,
    conversation_id BIGINT REFERENCES conversations (id) ON DELETE SET NULL,
    training_type VARCHAR(16) NOT NULL CHECK (training_type IN ('portrait', 'style')),
    status VARCHAR(16) NOT NULL
        CHECK (status IN ('ready', 'preparing', 'submitting', 'queued', 'training', 'saving',
            'uncertain', 'cancelling', 'completed', 'failed', 'cancelled')),
    test_mode {bool} NOT NULL,
    photos_count INTEGER NOT NULL,
    request_id VARCHAR(255),
    progress INTEGER NOT NULL CHECK (progress BETWEEN 0 AND 100),
    position INTEGER,
    error_class VARCHAR(16) NOT NULL,
    error VARCHAR(500) NOT NULL,
    attempts INTEGER NOT NULL,
    created_at {float} NOT NULL,
    submitted_at {float},
    started_at {float},
    finished_at {float},
    told_at {float} NOT NULL,
    next_check_at {float} NOT NULL,
    profile VARCHAR(64) NOT NULL DEFAULT '',
    endpoint VARCHAR(128) NOT NULL DEFAULT '',
    status_url TEXT NOT NULL DEFAULT '',
    response_url TEXT NOT NULL DEFAULT '',
    cancel_url TEXT NOT NULL DEFAULT '',
    data_url TEXT NOT NULL DEFAULT '',
    uploaded_at {float},
    arguments {json} NOT NULL DEFAULT '{{}}',
    failures INTEGER NOT NULL DEFAULT 0,
    intent_at {float},
    deadline_at {float},
    saving_at {float},
    queue_seconds {float},
    training_seconds {float},
    cost_usd {float},
    error_type VARCHAR(64) NOT NULL DEFAULT '',
    finished_by VARCHAR(16) NOT NULL DEFAULT ''
        CHECK (finished_by IN ('', 'webhook', 'poll', 'admin', 'us')),
    weights_key VARCHAR(255),
    submission INTEGER NOT NULL DEFAULT 0,
    price_usd {float}
);
CREATE UNIQUE INDEX training_runs_avatar ON training_runs (avatar_id)
    WHERE status IN ('ready', 'preparing', 'submitting', 'queued', 'training', 'saving',
        'uncertain', 'cancelling');
CREATE UNIQUE INDEX training_runs_user ON training_runs (user_id)
    WHERE status IN ('ready', 'preparing', 'submitting', 'queued', 'training', 'saving',
        'uncertain');
CREATE INDEX training_runs_due ON training_runs (next_check_at)
    WHERE status IN ('ready', 'preparing', 'submitting', 'queued', 'training', 'saving',
        'uncertain', 'cancelling');
CREATE INDEX training_runs_created ON training_runs (created_at);
CREATE INDEX training_runs_persons ON training_runs (user_id, created_at);
CREATE INDEX training_runs_avatars ON training_runs (avatar_id, created_at);
CREATE INDEX training_runs_submitted ON training_runs (submitted_at);
CREATE INDEX training_runs_weights ON training_runs (weights_key) WHERE weights_key IS NOT NULL;
CREATE INDEX training_runs_request ON training_runs (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX training_runs_finished ON training_runs (finished_at, status, test_mode, training_type,
    training_seconds, started_at, queue_seconds, submitted_at)
    WHERE finished_at IS NOT NULL;

CREATE TABLE submissions (
    id {uuid} PRIMARY KEY,
    run_id {uuid} NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    profile VARCHAR(64) NOT NULL,
    endpoint VARCHAR(128) NOT NULL,
    arguments {json} NOT NULL,
    fate VARCHAR(16) NOT NULL
        CHECK (fate IN ('sending', 'uncertain', 'refused', 'taken', 'completed', 'failed',
            'cancelled', 'abandoned', 'not_sent')),
    price_usd {float} CHECK (price_usd >= 0),
    cost_usd {float} CHECK (cost_usd >= 0),
    request_id VARCHAR(255),
    status_url TEXT NOT NULL,
    response_url TEXT NOT NULL,
    cancel_url TEXT NOT NULL,
    error_type VARCHAR(64) NOT NULL,
    error_class VARCHAR(16) NOT NULL CHECK (error_class IN ('', 'person', 'retry', 'operator')),
    http_status INTEGER,
    sent_at {float} NOT NULL,
    answered_at {float},
    ended_at {float},
    next_check_at {float} NOT NULL,
    watch_until {float},
    kind VARCHAR(16) NOT NULL,
    test_mode {bool} NOT NULL,
    UNIQUE (run_id, number)
);
CREATE INDEX submissions_sent ON submissions (sent_at);
CREATE INDEX submissions_request ON submissions (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX submissions_watched ON submissions (next_check_at) WHERE watch_until IS NOT NULL;

CREATE TABLE fal_events (
    id {serial},
    at {float} NOT NULL,
    run_id {uuid},
    endpoint VARCHAR(128) NOT NULL,
    phase VARCHAR(16) NOT NULL
        CHECK (phase IN ('upload', 'submit', 'status', 'result', 'cancel', 'webhook', 'download',
            'requests', 'prices', 'delete', 'meta')),
    ok {bool} NOT NULL,
    http_status INTEGER,
    error_type VARCHAR(64) NOT NULL,
    error_class VARCHAR(16) NOT NULL CHECK (error_class IN ('', 'person', 'retry', 'operator')),
    message VARCHAR(300) NOT NULL,
    seconds {float},
    request_id VARCHAR(128) NOT NULL,
    test_mode {bool} NOT NULL DEFAULT {no}
);
CREATE INDEX fal_events_run ON fal_events (run_id);
CREATE INDEX fal_events_ok ON fal_events (ok, at);
CREATE INDEX fal_events_errors ON fal_events (endpoint, error_type, message, at, run_id)
    WHERE NOT ok;
CREATE INDEX fal_events_calls ON fal_events (at, test_mode, ok);

CREATE TABLE prices (
    endpoint VARCHAR(128) PRIMARY KEY,
    usd {float} NOT NULL CHECK (usd >= 0),
    unit VARCHAR(64) NOT NULL,
    at {float} NOT NULL
);

CREATE TABLE controls (
    name VARCHAR(64) PRIMARY KEY,
    value VARCHAR(255) NOT NULL,
    at {float} NOT NULL,
    by VARCHAR(64) NOT NULL
);

-- Deleting, exporting, and the books

CREATE TABLE doomed_objects (
    id {serial},
    prefix VARCHAR(255) NOT NULL,
    at {float} NOT NULL
);
CREATE INDEX doomed_objects_prefix ON doomed_objects (prefix);

CREATE TABLE doomed_files (
    id {serial},
    name VARCHAR(64) NOT NULL,
    at {float} NOT NULL
);

CREATE TABLE remote_copies (
    id {serial},
    kind VARCHAR(16) NOT NULL CHECK (kind IN ('request', 'model')),
    name VARCHAR(255) NOT NULL,
    endpoint VARCHAR(128) NOT NULL,
    test_mode {bool} NOT NULL,
    at {float} NOT NULL,
    next_check_at {float} NOT NULL,
    attempts INTEGER NOT NULL,
    error_type VARCHAR(64) NOT NULL
);
CREATE UNIQUE INDEX remote_copies_name ON remote_copies (kind, name);
CREATE INDEX remote_copies_due ON remote_copies (next_check_at);

CREATE TABLE exports (
    id {uuid} PRIMARY KEY,
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    conversation_id BIGINT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    ordered_at {float} NOT NULL,
    attempts INTEGER NOT NULL,
    next_check_at {float} NOT NULL,
    made_at {float},
    parts INTEGER NOT NULL,
    size BIGINT NOT NULL
);
CREATE INDEX exports_user ON exports (user_id);
CREATE INDEX exports_due ON exports (next_check_at) WHERE made_at IS NULL;

CREATE TABLE cost_entries (
    id {serial},
    day VARCHAR(10) NOT NULL,
    training_type VARCHAR(16) NOT NULL CHECK (training_type IN ('portrait', 'style')),
    test_mode {bool} NOT NULL,
    status VARCHAR(16) NOT NULL CHECK (status IN ('completed', 'failed', 'cancelled')),
    usd {float}
);
CREATE INDEX cost_entries_day ON cost_entries (day);

CREATE TABLE daily_totals (
    id {serial},
    day VARCHAR(10) NOT NULL,
    metric VARCHAR(64) NOT NULL,
    count BIGINT NOT NULL
);
CREATE UNIQUE INDEX daily_totals_metric ON daily_totals (day, metric);

CREATE TABLE photo_folders (
    name VARCHAR(16) PRIMARY KEY CHECK (name IN ('data', 'objects')),
    id VARCHAR(32) NOT NULL CHECK (length(id) = 32),
    host VARCHAR(255) NOT NULL,
    path VARCHAR(4096) NOT NULL,
    claimed_at {float} NOT NULL
);

-- Operation

CREATE TABLE heartbeats (
    part VARCHAR(32) NOT NULL,
    process VARCHAR(128) NOT NULL,
    at {float} NOT NULL,
    started_at {float} NOT NULL,
    version VARCHAR(32) NOT NULL,
    trouble VARCHAR(300) NOT NULL,
    mode VARCHAR(16) NOT NULL DEFAULT '' CHECK (mode IN ('', 'production', 'test')),
    PRIMARY KEY (part, process)
);

CREATE TABLE alerts (
    id {serial},
    rule VARCHAR(32) NOT NULL,
    subject VARCHAR(128) NOT NULL,
    value {float} NOT NULL,
    threshold {float} NOT NULL,
    fired_at {float} NOT NULL,
    resolved_at {float},
    told_fired_at {float},
    told_resolved_at {float}
);
CREATE UNIQUE INDEX alerts_open ON alerts (rule, subject) WHERE resolved_at IS NULL;
CREATE INDEX alerts_fired ON alerts (fired_at);

CREATE TABLE silences (
    rule VARCHAR(32) PRIMARY KEY,
    until {float} NOT NULL,
    who VARCHAR(64) NOT NULL
);

CREATE TABLE audit (
    id {serial},
    at {float} NOT NULL,
    who VARCHAR(64) NOT NULL,
    action VARCHAR(32) NOT NULL,
    subject VARCHAR(128) NOT NULL,
    detail VARCHAR(300) NOT NULL
);
CREATE INDEX audit_at ON audit (at);

CREATE TABLE login_attempts (
    id {serial},
    at {float} NOT NULL,
    name VARCHAR(64) NOT NULL,
    source VARCHAR(64) NOT NULL,
    succeeded {bool} NOT NULL
);
CREATE INDEX login_attempts_at ON login_attempts (at);

CREATE TABLE dashboard_sessions (
    token VARCHAR(64) PRIMARY KEY,
    name VARCHAR(64) NOT NULL,
    role VARCHAR(16) NOT NULL CHECK (role IN ('viewer', 'admin')),
    created_at {float} NOT NULL,
    seen_at {float} NOT NULL,
    credential VARCHAR(64) NOT NULL DEFAULT ''
);
