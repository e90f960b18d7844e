-- The same tables as in ../sqlite/0004_jobs.sql.

-- Schedules of the server; tasks and subscriptions hang on them, each on its site.
CREATE TABLE schedule (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('Active', 'Suspended')),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('Extract', 'Subscription', 'Flow')),
    priority BIGINT NOT NULL,
    execution_order TEXT COLLATE "C" NOT NULL CHECK (execution_order IN ('Parallel', 'Serial')),
    frequency TEXT COLLATE "C" NOT NULL,
    recurrence TEXT COLLATE "C" NOT NULL,
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
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    site_id TEXT COLLATE "C" NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    schedule_id TEXT COLLATE "C" NOT NULL REFERENCES schedule (id) ON DELETE CASCADE,
    content_id TEXT COLLATE "C" NOT NULL REFERENCES content (id) ON DELETE CASCADE,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('FullRefresh', 'IncrementalRefresh')),
    priority BIGINT NOT NULL,
    consecutive_failures BIGINT NOT NULL DEFAULT 0,
    last_run_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX task_once ON task (schedule_id, content_id, kind);
CREATE INDEX task_created ON task (site_id, created_at, id);
CREATE INDEX task_content ON task (content_id);

CREATE TABLE subscription (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    site_id TEXT COLLATE "C" NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    schedule_id TEXT COLLATE "C" NOT NULL REFERENCES schedule (id) ON DELETE CASCADE,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created_by TEXT COLLATE "C" REFERENCES account (id) ON DELETE SET NULL,
    -- The workbook, and the view where it is one view of it.
    content_id TEXT COLLATE "C" NOT NULL REFERENCES content (id) ON DELETE CASCADE,
    view_id TEXT COLLATE "C" REFERENCES view (id) ON DELETE CASCADE,
    subject TEXT COLLATE "C" NOT NULL,
    message TEXT COLLATE "C",
    attach_image BIGINT NOT NULL,
    attach_pdf BIGINT NOT NULL,
    page_orientation TEXT COLLATE "C",
    page_size TEXT COLLATE "C",
    send_if_empty BIGINT NOT NULL,
    suspended BIGINT NOT NULL,
    -- The secret of the link in its mails: the hash to find it by, and the secret itself, encrypted.
    token_hash TEXT COLLATE "C" NOT NULL,
    token BYTEA NOT NULL,
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
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL,
    site_id TEXT COLLATE "C" NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    kind TEXT COLLATE "C" NOT NULL,
    list_type TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('Pending', 'InProgress', 'Success', 'Failed', 'Cancelled')),
    -- What a pending job waits for: 0 a node, 1 its time, 2 an older job with its serial key.
    stage BIGINT,
    priority BIGINT NOT NULL,
    run_at BIGINT NOT NULL,
    serial_key TEXT COLLATE "C",
    unique_key TEXT COLLATE "C",
    created_by TEXT COLLATE "C",
    schedule_id TEXT COLLATE "C",
    task_id TEXT COLLATE "C",
    subscription_id TEXT COLLATE "C",
    item_kind TEXT COLLATE "C",
    item_id TEXT COLLATE "C",
    title TEXT COLLATE "C" NOT NULL,
    subtitle TEXT COLLATE "C" NOT NULL,
    payload BYTEA,
    blob_key TEXT COLLATE "C" REFERENCES blob (key),
    attempts BIGINT NOT NULL DEFAULT 0,
    max_attempts BIGINT NOT NULL,
    -- Who works on it, and until when nobody else may.
    node TEXT COLLATE "C",
    lease TEXT COLLATE "C",
    lease_until BIGINT,
    progress BIGINT NOT NULL DEFAULT 0,
    cancel_asked BIGINT NOT NULL DEFAULT 0,
    result_kind TEXT COLLATE "C",
    result_id TEXT COLLATE "C",
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
    text TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (job_seq, position)
);

CREATE TABLE job_status_note (
    job_seq BIGINT NOT NULL REFERENCES job (seq) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (job_seq, position)
);

-- Data read for an item: one part that was read in full, and others added to it.
CREATE TABLE extract_part (
    content_id TEXT COLLATE "C" NOT NULL REFERENCES content (id) ON DELETE CASCADE,
    datasource TEXT COLLATE "C" NOT NULL,
    part BIGINT NOT NULL,
    blob_key TEXT COLLATE "C" NOT NULL REFERENCES blob (key),
    size_bytes BIGINT NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    row_count BIGINT NOT NULL,
    columns_text TEXT COLLATE "C" NOT NULL,
    refreshed_at BIGINT NOT NULL,
    PRIMARY KEY (content_id, datasource, part)
);
CREATE UNIQUE INDEX extract_part_blob ON extract_part (blob_key);

ALTER TABLE content ADD COLUMN extract_refreshed_at BIGINT;
ALTER TABLE content ADD COLUMN extract_incremented_at BIGINT;

-- Who looks at which view.
CREATE TABLE view_use (
    view_id TEXT COLLATE "C" NOT NULL REFERENCES view (id) ON DELETE CASCADE,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    site_id TEXT COLLATE "C" NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    times BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (view_id, user_id)
);
CREATE INDEX view_use_user ON view_use (user_id, site_id, last_at);
CREATE INDEX view_use_site ON view_use (site_id);

-- Where a group comes from, and when it was last brought into step.
ALTER TABLE user_group ADD COLUMN import_source TEXT COLLATE "C";
ALTER TABLE user_group ADD COLUMN synced_at BIGINT;

CREATE FUNCTION keep_subscriptions_total() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE content SET subscriptions_total = subscriptions_total + 1 WHERE id = NEW.content_id;
    ELSE
        UPDATE content SET subscriptions_total = subscriptions_total - 1 WHERE id = OLD.content_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER subscription_kept AFTER INSERT OR DELETE ON subscription
    FOR EACH ROW EXECUTE FUNCTION keep_subscriptions_total();

-- A schedule that one task has for itself goes with it.
CREATE FUNCTION drop_own_schedule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.schedule_id = NEW.schedule_id THEN
        RETURN NULL;
    END IF;
    DELETE FROM schedule WHERE id = OLD.schedule_id AND is_system = 1;
    RETURN NULL;
END $$;
CREATE TRIGGER own_schedule_left AFTER DELETE OR UPDATE OF schedule_id ON task
    FOR EACH ROW EXECUTE FUNCTION drop_own_schedule();
