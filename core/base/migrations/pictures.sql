CREATE TABLE picture_runs (
    id {uuid} PRIMARY KEY,
    avatar_id {uuid} REFERENCES avatars (id) ON DELETE SET NULL,
    user_id {uuid} REFERENCES users (id) ON DELETE SET NULL,
    conversation_id BIGINT REFERENCES conversations (id) ON DELETE SET NULL,
    trained_id {uuid} REFERENCES trained_models (id) ON DELETE SET NULL,
    purpose VARCHAR(16) NOT NULL CHECK (purpose IN ('preview', 'asked')),
    pack VARCHAR(32) NOT NULL,
    scene INTEGER NOT NULL,
    wish TEXT NOT NULL,
    variation INTEGER NOT NULL,
    shape VARCHAR(16) NOT NULL CHECK (shape IN ('portrait', 'square', 'landscape')),
    count INTEGER NOT NULL CHECK (count BETWEEN 1 AND 4),
    seed BIGINT NOT NULL,
    counted INTEGER NOT NULL CHECK (counted >= 0),
    blocked INTEGER NOT NULL,
    spoilt INTEGER NOT NULL,
    status VARCHAR(16) NOT NULL
        CHECK (status IN ('ready', 'preparing', 'submitting', 'queued', 'training', 'saving',
            'uncertain', 'cancelling', 'completed', 'failed', 'cancelled')),
    test_mode {bool} NOT NULL,
    price_usd {float},
    cost_usd {float},
    profile VARCHAR(64) NOT NULL,
    endpoint VARCHAR(128) NOT NULL,
    request_id VARCHAR(255),
    status_url TEXT NOT NULL,
    response_url TEXT NOT NULL,
    cancel_url TEXT NOT NULL,
    data_url TEXT NOT NULL,
    uploaded_at {float},
    arguments {json} NOT NULL,
    progress INTEGER NOT NULL CHECK (progress BETWEEN 0 AND 100),
    position INTEGER,
    error_type VARCHAR(64) NOT NULL,
    error_class VARCHAR(16) NOT NULL,
    error VARCHAR(500) NOT NULL,
    submission INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    finished_by VARCHAR(16) NOT NULL
        CHECK (finished_by IN ('', 'webhook', 'poll', 'admin', 'us')),
    queue_seconds {float},
    training_seconds {float},
    created_at {float} NOT NULL,
    intent_at {float},
    submitted_at {float},
    started_at {float},
    saving_at {float},
    finished_at {float},
    deadline_at {float},
    told_at {float} NOT NULL,
    next_check_at {float} NOT NULL,
    CHECK (pack = '' OR wish = '')
);
CREATE UNIQUE INDEX picture_runs_user ON picture_runs (user_id)
    WHERE purpose = 'asked' AND status IN ('ready', 'preparing', 'submitting', 'queued',
        'training', 'saving', 'uncertain');
CREATE INDEX picture_runs_due ON picture_runs (next_check_at)
    WHERE status IN ('ready', 'preparing', 'submitting', 'queued', 'training', 'saving',
        'uncertain', 'cancelling');
CREATE INDEX picture_runs_created ON picture_runs (created_at);
CREATE INDEX picture_runs_persons ON picture_runs (user_id, created_at);
CREATE INDEX picture_runs_avatars ON picture_runs (avatar_id, created_at);
CREATE INDEX picture_runs_trained ON picture_runs (trained_id);
CREATE INDEX picture_runs_request ON picture_runs (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX picture_runs_finished ON picture_runs (finished_at);

CREATE TABLE pictures (
    id {uuid} PRIMARY KEY,
    run_id {uuid} NOT NULL REFERENCES picture_runs (id) ON DELETE CASCADE,
    avatar_id {uuid} NOT NULL REFERENCES avatars (id) ON DELETE CASCADE,
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    number INTEGER NOT NULL,
    key VARCHAR(255) NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    size BIGINT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    likeness {float},
    favourite {bool} NOT NULL,
    made_at {float},
    removed_at {float},
    UNIQUE (run_id, place)
);
CREATE INDEX pictures_avatar ON pictures (avatar_id, number);
CREATE INDEX pictures_user ON pictures (user_id);
CREATE INDEX pictures_key ON pictures (key);
CREATE INDEX pictures_removed ON pictures (removed_at) WHERE removed_at IS NOT NULL;
