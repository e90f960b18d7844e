-- The same tables as in ../postgres/0004_jobs.sql.

-- Schedules of the server; tasks and subscriptions hang on them, each on its site.
CREATE TABLE schedule (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('Active', 'Suspended')),
    kind TEXT NOT NULL CHECK (kind IN ('Extract', 'Subscription', 'Flow')),
    priority BIGINT NOT NULL,
    execution_order TEXT NOT NULL CHECK (execution_order IN ('Parallel', 'Serial')),
    frequency TEXT NOT NULL,
    recurrence TEXT NOT NULL,
    is_system BIGINT NOT NULL,
    next_run_at BIGINT,
    end_schedule_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX schedule_name ON schedule (name_key);
CREATE INDEX schedule_created ON schedule (created_at, id);
CREATE INDEX schedule_due ON schedule (next_run_at, id) WHERE state = 'Active';

CREATE TABLE task (
    id TEXT NOT NULL PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    schedule_id TEXT NOT NULL REFERENCES schedule (id) ON DELETE CASCADE,
    content_id TEXT NOT NULL REFERENCES content (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('FullRefresh', 'IncrementalRefresh')),
    priority BIGINT NOT NULL,
    consecutive_failures BIGINT NOT NULL DEFAULT 0,
    last_run_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX task_once ON task (schedule_id, content_id, kind);
CREATE INDEX task_created ON task (site_id, created_at, id);
CREATE INDEX task_content ON task (content_id);

CREATE TABLE subscription (
    id TEXT NOT NULL PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    schedule_id TEXT NOT NULL REFERENCES schedule (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created_by TEXT REFERENCES account (id) ON DELETE SET NULL,
    -- The workbook, and the view where it is one view of it.
    content_id TEXT NOT NULL REFERENCES content (id) ON DELETE CASCADE,
    view_id TEXT REFERENCES view (id) ON DELETE CASCADE,
    subject TEXT NOT NULL,
    message TEXT,
    attach_image BIGINT NOT NULL,
    attach_pdf BIGINT NOT NULL,
    page_orientation TEXT,
    page_size TEXT,
    send_if_empty BIGINT NOT NULL,
    suspended BIGINT NOT NULL,
    -- The secret of the link in its mails: the hash to find it by, and the secret itself, encrypted.
    token_hash TEXT NOT NULL,
    token BLOB NOT NULL,
    consecutive_failures BIGINT NOT NULL DEFAULT 0,
    last_sent_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX subscription_created ON subscription (site_id, created_at, id);
CREATE INDEX subscription_schedule ON subscription (schedule_id);
CREATE INDEX subscription_user ON subscription (user_id, site_id);
CREATE INDEX subscription_maker ON subscription (created_by);
CREATE INDEX subscription_content ON subscription (content_id);
CREATE INDEX subscription_view ON subscription (view_id);
CREATE UNIQUE INDEX subscription_token ON subscription (token_hash);

-- A queue and its history. What a job comes from may be gone when it runs, so those ids refer to
-- nothing.
CREATE TABLE job (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    site_id TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    list_type TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('Pending', 'InProgress', 'Success', 'Failed', 'Cancelled')),
    -- What a pending job waits for: 0 a node, 1 its time, 2 an older job with its serial key.
    stage BIGINT,
    priority BIGINT NOT NULL,
    run_at BIGINT NOT NULL,
    serial_key TEXT,
    unique_key TEXT,
    created_by TEXT,
    schedule_id TEXT,
    task_id TEXT,
    subscription_id TEXT,
    item_kind TEXT,
    item_id TEXT,
    title TEXT NOT NULL,
    subtitle TEXT NOT NULL,
    payload BLOB,
    blob_key TEXT REFERENCES blob (key),
    attempts BIGINT NOT NULL DEFAULT 0,
    max_attempts BIGINT NOT NULL,
    -- Who works on it, and until when nobody else may.
    node TEXT,
    lease TEXT,
    lease_until BIGINT,
    progress BIGINT NOT NULL DEFAULT 0,
    cancel_asked BIGINT NOT NULL DEFAULT 0,
    result_kind TEXT,
    result_id TEXT,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    updated_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE UNIQUE INDEX job_id ON job (id);
CREATE INDEX job_site ON job (site_id, seq);
CREATE INDEX job_ready ON job (priority, seq) WHERE stage = 0;
CREATE INDEX job_waiting ON job (run_at) WHERE stage = 1;
CREATE INDEX job_leased ON job (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX job_lane ON job (serial_key, seq) WHERE serial_key IS NOT NULL AND ended_at IS NULL;
CREATE UNIQUE INDEX job_unique ON job (unique_key) WHERE unique_key IS NOT NULL AND ended_at IS NULL;
CREATE INDEX job_ended ON job (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX job_blob ON job (blob_key) WHERE blob_key IS NOT NULL;

CREATE TABLE job_note (
    job_seq BIGINT NOT NULL REFERENCES job (seq) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (job_seq, position)
);

CREATE TABLE job_status_note (
    job_seq BIGINT NOT NULL REFERENCES job (seq) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (job_seq, position)
);

-- Data read for an item: one part that was read in full, and others added to it.
CREATE TABLE extract_part (
    content_id TEXT NOT NULL REFERENCES content (id) ON DELETE CASCADE,
    datasource TEXT NOT NULL,
    part BIGINT NOT NULL,
    blob_key TEXT NOT NULL REFERENCES blob (key),
    size_bytes BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    row_count BIGINT NOT NULL,
    columns_text TEXT NOT NULL,
    refreshed_at BIGINT NOT NULL,
    PRIMARY KEY (content_id, datasource, part)
);
CREATE UNIQUE INDEX extract_part_blob ON extract_part (blob_key);

ALTER TABLE content ADD COLUMN extract_refreshed_at BIGINT;
ALTER TABLE content ADD COLUMN extract_incremented_at BIGINT;

-- Who looks at which view.
CREATE TABLE view_use (
    view_id TEXT NOT NULL REFERENCES view (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    site_id TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    times BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (view_id, user_id)
);
CREATE INDEX view_use_user ON view_use (user_id, site_id, last_at);
CREATE INDEX view_use_site ON view_use (site_id);

-- Where a group comes from, and when it was last brought into step.
ALTER TABLE user_group ADD COLUMN import_source TEXT;
ALTER TABLE user_group ADD COLUMN synced_at BIGINT;

CREATE TRIGGER subscription_added AFTER INSERT ON subscription BEGIN
    UPDATE content SET subscriptions_total = subscriptions_total + 1 WHERE id = NEW.content_id;
END;

CREATE TRIGGER subscription_taken AFTER DELETE ON subscription BEGIN
    UPDATE content SET subscriptions_total = subscriptions_total - 1 WHERE id = OLD.content_id;
END;

-- A schedule that one task has for itself goes with it.
CREATE TRIGGER own_schedule_left AFTER DELETE ON task BEGIN
    DELETE FROM schedule WHERE id = OLD.schedule_id AND is_system = 1;
END;

CREATE TRIGGER own_schedule_changed AFTER UPDATE OF schedule_id ON task WHEN OLD.schedule_id <> NEW.schedule_id BEGIN
    DELETE FROM schedule WHERE id = OLD.schedule_id AND is_system = 1;
END;
