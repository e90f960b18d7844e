-- The same tables as in ../sqlite/0007_custom_views.sql.

-- What somebody chose in a view; it goes with the view, and with its owner.
CREATE TABLE custom_view (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    site_id TEXT COLLATE "C" NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    content_id TEXT COLLATE "C" NOT NULL REFERENCES content (id) ON DELETE CASCADE,
    view_id TEXT COLLATE "C" NOT NULL REFERENCES view (id) ON DELETE CASCADE,
    owner_id TEXT COLLATE "C" NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    shared BIGINT NOT NULL,
    -- It may hold values of the data, and is kept encrypted.
    definition BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX custom_view_created ON custom_view (site_id, created_at, id);
CREATE INDEX custom_view_content ON custom_view (content_id);
CREATE INDEX custom_view_view ON custom_view (view_id);
CREATE INDEX custom_view_owner ON custom_view (owner_id, site_id);

-- Whom a view shows which custom view first.
CREATE TABLE custom_view_default (
    user_id TEXT COLLATE "C" NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    view_id TEXT COLLATE "C" NOT NULL REFERENCES view (id) ON DELETE CASCADE,
    custom_view_id TEXT COLLATE "C" NOT NULL REFERENCES custom_view (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, view_id)
);
CREATE INDEX custom_view_default_view ON custom_view_default (view_id);
CREATE INDEX custom_view_default_custom ON custom_view_default (custom_view_id);
