-- The same as in ../sqlite/0005_sight.sql.

-- What a user sees by rules is remembered until one of these numbers moves: the first with rules,
-- groups and projects, the second with what lists count. Kept by the triggers at the end of the file.
ALTER TABLE site ADD COLUMN rules_epoch BIGINT NOT NULL DEFAULT 0;
ALTER TABLE site ADD COLUMN content_epoch BIGINT NOT NULL DEFAULT 0;

-- With what decides who sees an item, so that pages far behind are counted off in the index alone.
DROP INDEX content_created;
CREATE INDEX content_created ON content (site_id, kind, created_at, id, acl_id, owner_id, project_id);

-- People of a directory are found by the id that stays.
CREATE INDEX account_external ON account (external_auth_user_id) WHERE external_auth_user_id IS NOT NULL;

-- Once for each statement; a row of a site that was written a thousand times in one transaction would
-- be slow to read for the next.
CREATE FUNCTION sight_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE site SET rules_epoch = rules_epoch + 1
        WHERE id IN (SELECT a.site_id FROM changed r JOIN acl a ON a.id = r.acl_id);
    RETURN NULL;
END $$;
CREATE TRIGGER sight_rule_added AFTER INSERT ON acl_rule
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sight_rules();
CREATE TRIGGER sight_rule_changed AFTER UPDATE ON acl_rule
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sight_rules();
CREATE TRIGGER sight_rule_taken AFTER DELETE ON acl_rule
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sight_rules();

CREATE FUNCTION sight_members() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE site SET rules_epoch = rules_epoch + 1
        WHERE id IN (SELECT g.site_id FROM changed m JOIN user_group g ON g.id = m.group_id);
    RETURN NULL;
END $$;
CREATE TRIGGER sight_member_added AFTER INSERT ON group_member
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sight_members();
CREATE TRIGGER sight_member_taken AFTER DELETE ON group_member
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sight_members();

CREATE FUNCTION sight_places() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE site SET rules_epoch = rules_epoch + 1 WHERE id IN (SELECT c.site_id FROM changed c);
    RETURN NULL;
END $$;
CREATE TRIGGER sight_group_taken AFTER DELETE ON user_group
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sight_places();
CREATE TRIGGER sight_project_added AFTER INSERT ON project
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sight_places();
CREATE TRIGGER sight_project_changed AFTER UPDATE ON project
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sight_places();
CREATE TRIGGER sight_project_taken AFTER DELETE ON project
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sight_places();

CREATE FUNCTION sight_content() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE site SET content_epoch = content_epoch + 1 WHERE id IN (SELECT c.site_id FROM changed c);
    RETURN NULL;
END $$;
CREATE TRIGGER sight_tally_added AFTER INSERT ON content_tally
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sight_content();
CREATE TRIGGER sight_tally_changed AFTER UPDATE ON content_tally
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sight_content();
CREATE TRIGGER sight_tally_taken AFTER DELETE ON content_tally
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sight_content();
