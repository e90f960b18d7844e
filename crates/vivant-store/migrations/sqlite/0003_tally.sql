-- The same tables as in ../postgres/0003_tally.sql.

-- How many items there are with each project, rules and owner, and how many sheets they have that
-- are not hidden: what the totals of lists are made of, since a count of the items themselves takes
-- the longer the more there are. Kept by the triggers at the end of the file.
CREATE TABLE content_tally (
    site_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    project_id TEXT NOT NULL,
    acl_id TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    n BIGINT NOT NULL,
    sheets BIGINT NOT NULL,
    PRIMARY KEY (site_id, kind, project_id, acl_id, owner_id)
) WITHOUT ROWID;
INSERT INTO content_tally (site_id, kind, project_id, acl_id, owner_id, n, sheets)
    SELECT site_id, kind, project_id, acl_id, owner_id, COUNT(*), SUM(sheet_count) FROM content
    GROUP BY site_id, kind, project_id, acl_id, owner_id;

-- The same for whole sites.
CREATE TABLE site_tally (
    site_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    n BIGINT NOT NULL,
    sheets BIGINT NOT NULL,
    PRIMARY KEY (site_id, kind)
) WITHOUT ROWID;
INSERT INTO site_tally (site_id, kind, n, sheets)
    SELECT site_id, kind, SUM(n), SUM(sheets) FROM content_tally GROUP BY site_id, kind;

-- From rows of the tally to their items, in the order of lists.
CREATE INDEX content_place ON content (project_id, acl_id, owner_id, kind, created_at, id);

CREATE TRIGGER content_added AFTER INSERT ON content BEGIN
    INSERT INTO content_tally (site_id, kind, project_id, acl_id, owner_id, n, sheets)
        VALUES (NEW.site_id, NEW.kind, NEW.project_id, NEW.acl_id, NEW.owner_id, 1, NEW.sheet_count)
        ON CONFLICT (site_id, kind, project_id, acl_id, owner_id)
        DO UPDATE SET n = n + excluded.n, sheets = sheets + excluded.sheets;
END;

CREATE TRIGGER content_taken AFTER DELETE ON content BEGIN
    INSERT INTO content_tally (site_id, kind, project_id, acl_id, owner_id, n, sheets)
        VALUES (OLD.site_id, OLD.kind, OLD.project_id, OLD.acl_id, OLD.owner_id, -1, -OLD.sheet_count)
        ON CONFLICT (site_id, kind, project_id, acl_id, owner_id)
        DO UPDATE SET n = n + excluded.n, sheets = sheets + excluded.sheets;
    DELETE FROM content_tally WHERE site_id = OLD.site_id AND kind = OLD.kind AND project_id = OLD.project_id
        AND acl_id = OLD.acl_id AND owner_id = OLD.owner_id AND n = 0 AND sheets = 0;
END;

CREATE TRIGGER content_moved AFTER UPDATE OF site_id, kind, project_id, acl_id, owner_id, sheet_count ON content
WHEN OLD.site_id <> NEW.site_id OR OLD.kind <> NEW.kind OR OLD.project_id <> NEW.project_id
    OR OLD.acl_id <> NEW.acl_id OR OLD.owner_id <> NEW.owner_id OR OLD.sheet_count <> NEW.sheet_count
BEGIN
    INSERT INTO content_tally (site_id, kind, project_id, acl_id, owner_id, n, sheets)
        VALUES (NEW.site_id, NEW.kind, NEW.project_id, NEW.acl_id, NEW.owner_id, 1, NEW.sheet_count)
        ON CONFLICT (site_id, kind, project_id, acl_id, owner_id)
        DO UPDATE SET n = n + excluded.n, sheets = sheets + excluded.sheets;
    INSERT INTO content_tally (site_id, kind, project_id, acl_id, owner_id, n, sheets)
        VALUES (OLD.site_id, OLD.kind, OLD.project_id, OLD.acl_id, OLD.owner_id, -1, -OLD.sheet_count)
        ON CONFLICT (site_id, kind, project_id, acl_id, owner_id)
        DO UPDATE SET n = n + excluded.n, sheets = sheets + excluded.sheets;
    DELETE FROM content_tally WHERE site_id = OLD.site_id AND kind = OLD.kind AND project_id = OLD.project_id
        AND acl_id = OLD.acl_id AND owner_id = OLD.owner_id AND n = 0 AND sheets = 0;
END;

CREATE TRIGGER content_tally_added AFTER INSERT ON content_tally BEGIN
    INSERT INTO site_tally (site_id, kind, n, sheets) VALUES (NEW.site_id, NEW.kind, NEW.n, NEW.sheets)
        ON CONFLICT (site_id, kind) DO UPDATE SET n = n + excluded.n, sheets = sheets + excluded.sheets;
END;

CREATE TRIGGER content_tally_changed AFTER UPDATE OF n, sheets ON content_tally BEGIN
    UPDATE site_tally SET n = n + NEW.n - OLD.n, sheets = sheets + NEW.sheets - OLD.sheets
        WHERE site_id = NEW.site_id AND kind = NEW.kind;
    DELETE FROM site_tally WHERE site_id = NEW.site_id AND kind = NEW.kind AND n = 0 AND sheets = 0;
END;
