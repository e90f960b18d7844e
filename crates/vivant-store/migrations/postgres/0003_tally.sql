-- The same tables as in ../sqlite/0003_tally.sql.

-- How many items there are with each project, rules and owner, and how many sheets they have that
-- are not hidden: what the totals of lists are made of, since a count of the items themselves takes
-- the longer the more there are. Kept by the triggers at the end of the file.
CREATE TABLE content_tally (
    site_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    project_id TEXT COLLATE "C" NOT NULL,
    acl_id TEXT COLLATE "C" NOT NULL,
    owner_id TEXT COLLATE "C" NOT NULL,
    n BIGINT NOT NULL,
    sheets BIGINT NOT NULL,
    PRIMARY KEY (site_id, kind, project_id, acl_id, owner_id)
);
INSERT INTO content_tally (site_id, kind, project_id, acl_id, owner_id, n, sheets)
    SELECT site_id, kind, project_id, acl_id, owner_id, COUNT(*), SUM(sheet_count) FROM content
    GROUP BY site_id, kind, project_id, acl_id, owner_id;

-- The same for whole sites.
CREATE TABLE site_tally (
    site_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    n BIGINT NOT NULL,
    sheets BIGINT NOT NULL,
    PRIMARY KEY (site_id, kind)
);
INSERT INTO site_tally (site_id, kind, n, sheets)
    SELECT site_id, kind, SUM(n), SUM(sheets) FROM content_tally GROUP BY site_id, kind;

-- From rows of the tally to their items, in the order of lists.
CREATE INDEX content_place ON content (project_id, acl_id, owner_id, kind, created_at, id);

-- Once for each statement: were a sum written once for each row, its many old forms, which stay until
-- the transaction ends, would all be gone through again for the next row.
CREATE FUNCTION keep_content_tally() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changes content_tally[];
    change content_tally;
BEGIN
    IF TG_OP = 'INSERT' THEN
        changes := ARRAY(
            SELECT ROW(c.site_id, c.kind, c.project_id, c.acl_id, c.owner_id, COUNT(*), SUM(c.sheet_count))::content_tally
            FROM added c GROUP BY c.site_id, c.kind, c.project_id, c.acl_id, c.owner_id
        );
    ELSIF TG_OP = 'DELETE' THEN
        changes := ARRAY(
            SELECT ROW(c.site_id, c.kind, c.project_id, c.acl_id, c.owner_id, -COUNT(*), -SUM(c.sheet_count))::content_tally
            FROM taken c GROUP BY c.site_id, c.kind, c.project_id, c.acl_id, c.owner_id
        );
    ELSE
        changes := ARRAY(
            SELECT ROW(c.site_id, c.kind, c.project_id, c.acl_id, c.owner_id, SUM(c.n), SUM(c.sheets))::content_tally
            FROM (
                SELECT site_id, kind, project_id, acl_id, owner_id, 1 AS n, sheet_count AS sheets FROM added
                UNION ALL
                SELECT site_id, kind, project_id, acl_id, owner_id, -1, -sheet_count FROM taken
            ) c
            GROUP BY c.site_id, c.kind, c.project_id, c.acl_id, c.owner_id
            HAVING SUM(c.n) <> 0 OR SUM(c.sheets) <> 0
        );
    END IF;
    IF CARDINALITY(changes) = 0 THEN
        RETURN NULL;
    END IF;
    INSERT INTO content_tally AS t (site_id, kind, project_id, acl_id, owner_id, n, sheets)
        SELECT c.site_id, c.kind, c.project_id, c.acl_id, c.owner_id, c.n, c.sheets FROM UNNEST(changes) c
        ON CONFLICT (site_id, kind, project_id, acl_id, owner_id)
        DO UPDATE SET n = t.n + excluded.n, sheets = t.sheets + excluded.sheets;
    INSERT INTO site_tally AS t (site_id, kind, n, sheets)
        SELECT c.site_id, c.kind, SUM(c.n), SUM(c.sheets) FROM UNNEST(changes) c GROUP BY c.site_id, c.kind
        ON CONFLICT (site_id, kind) DO UPDATE SET n = t.n + excluded.n, sheets = t.sheets + excluded.sheets;
    -- One by one, so that each is found through the key whatever the planner knows of the tables.
    FOREACH change IN ARRAY changes LOOP
        IF change.n < 0 THEN
            DELETE FROM content_tally t
                WHERE t.site_id = change.site_id AND t.kind = change.kind AND t.project_id = change.project_id
                AND t.acl_id = change.acl_id AND t.owner_id = change.owner_id AND t.n = 0 AND t.sheets = 0;
            DELETE FROM site_tally t
                WHERE t.site_id = change.site_id AND t.kind = change.kind AND t.n = 0 AND t.sheets = 0;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER content_added AFTER INSERT ON content
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION keep_content_tally();
CREATE TRIGGER content_taken AFTER DELETE ON content
    REFERENCING OLD TABLE AS taken FOR EACH STATEMENT EXECUTE FUNCTION keep_content_tally();
CREATE TRIGGER content_moved AFTER UPDATE ON content
    REFERENCING OLD TABLE AS taken NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION keep_content_tally();
