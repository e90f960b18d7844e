-- The same as in ../postgres/0005_sight.sql.

-- What a user sees by rules is remembered until one of these numbers moves: the first with rules,
-- groups and projects, the second with what lists count. Kept by the triggers at the end of the file.
ALTER TABLE site ADD COLUMN rules_epoch BIGINT NOT NULL DEFAULT 0;
ALTER TABLE site ADD COLUMN content_epoch BIGINT NOT NULL DEFAULT 0;

-- With what decides who sees an item, so that pages far behind are counted off in the index alone.
DROP INDEX content_created;
CREATE INDEX content_created ON content (site_id, kind, created_at, id, acl_id, owner_id, project_id);

-- People of a directory are found by the id that stays.
CREATE INDEX account_external ON account (external_auth_user_id) WHERE external_auth_user_id IS NOT NULL;

CREATE TRIGGER sight_rule_added AFTER INSERT ON acl_rule BEGIN
    UPDATE site SET rules_epoch = rules_epoch + 1 WHERE id = (SELECT a.site_id FROM acl a WHERE a.id = NEW.acl_id);
END;
CREATE TRIGGER sight_rule_changed AFTER UPDATE ON acl_rule BEGIN
    UPDATE site SET rules_epoch = rules_epoch + 1 WHERE id = (SELECT a.site_id FROM acl a WHERE a.id = NEW.acl_id);
END;
CREATE TRIGGER sight_rule_taken AFTER DELETE ON acl_rule BEGIN
    UPDATE site SET rules_epoch = rules_epoch + 1 WHERE id = (SELECT a.site_id FROM acl a WHERE a.id = OLD.acl_id);
END;
CREATE TRIGGER sight_member_added AFTER INSERT ON group_member BEGIN
    UPDATE site SET rules_epoch = rules_epoch + 1
        WHERE id = (SELECT g.site_id FROM user_group g WHERE g.id = NEW.group_id);
END;
CREATE TRIGGER sight_member_taken AFTER DELETE ON group_member BEGIN
    UPDATE site SET rules_epoch = rules_epoch + 1
        WHERE id = (SELECT g.site_id FROM user_group g WHERE g.id = OLD.group_id);
END;
CREATE TRIGGER sight_group_taken AFTER DELETE ON user_group BEGIN
    UPDATE site SET rules_epoch = rules_epoch + 1 WHERE id = OLD.site_id;
END;
CREATE TRIGGER sight_project_added AFTER INSERT ON project BEGIN
    UPDATE site SET rules_epoch = rules_epoch + 1 WHERE id = NEW.site_id;
END;
CREATE TRIGGER sight_project_changed AFTER UPDATE OF acl_id, owner_id, parent_id ON project BEGIN
    UPDATE site SET rules_epoch = rules_epoch + 1 WHERE id = NEW.site_id;
END;
CREATE TRIGGER sight_project_taken AFTER DELETE ON project BEGIN
    UPDATE site SET rules_epoch = rules_epoch + 1 WHERE id = OLD.site_id;
END;

CREATE TRIGGER sight_tally_added AFTER INSERT ON content_tally BEGIN
    UPDATE site SET content_epoch = content_epoch + 1 WHERE id = NEW.site_id;
END;
CREATE TRIGGER sight_tally_changed AFTER UPDATE ON content_tally BEGIN
    UPDATE site SET content_epoch = content_epoch + 1 WHERE id = NEW.site_id;
END;
CREATE TRIGGER sight_tally_taken AFTER DELETE ON content_tally BEGIN
    UPDATE site SET content_epoch = content_epoch + 1 WHERE id = OLD.site_id;
END;
