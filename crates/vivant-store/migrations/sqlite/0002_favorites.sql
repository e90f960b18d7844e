-- The same tables as in ../postgres/0002_favorites.sql.

CREATE TABLE favorite (
    user_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    site_id TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('project', 'workbook', 'view', 'datasource', 'flow')),
    item_id TEXT NOT NULL,
    -- One of the three is the item, so that a favorite goes with what it stands for.
    project_id TEXT REFERENCES project (id) ON DELETE CASCADE,
    content_id TEXT REFERENCES content (id) ON DELETE CASCADE,
    view_id TEXT REFERENCES view (id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, item_id)
);
CREATE UNIQUE INDEX favorite_label ON favorite (user_id, site_id, kind, label) WHERE kind <> 'project';
CREATE INDEX favorite_site ON favorite (site_id);
CREATE INDEX favorite_project ON favorite (project_id);
CREATE INDEX favorite_content ON favorite (content_id);
CREATE INDEX favorite_view ON favorite (view_id);

-- Revisions that were removed: they stay in the history without their file.
CREATE TABLE removed_revision (
    content_id TEXT NOT NULL REFERENCES content (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL,
    publisher_id TEXT REFERENCES account (id) ON DELETE SET NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (content_id, number)
);
CREATE INDEX removed_revision_publisher ON removed_revision (publisher_id);

-- Who added a tag may take it off again; ids are never used twice.
ALTER TABLE content_tag ADD COLUMN added_by TEXT;
ALTER TABLE view_tag ADD COLUMN added_by TEXT;
