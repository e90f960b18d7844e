-- The same as in ../postgres/0006_sheets.sql.

-- Which sheets a list shows changes without the tally where they come and go, or their rules or tabs
-- do; what is remembered of lists must not outlive that.
CREATE TRIGGER sight_view_added AFTER INSERT ON view BEGIN
    UPDATE site SET content_epoch = content_epoch + 1 WHERE id = NEW.site_id;
END;
CREATE TRIGGER sight_view_changed AFTER UPDATE OF acl_id, hidden, content_id ON view
WHEN OLD.acl_id IS NOT NEW.acl_id OR OLD.hidden <> NEW.hidden OR OLD.content_id <> NEW.content_id BEGIN
    UPDATE site SET content_epoch = content_epoch + 1 WHERE id = NEW.site_id;
END;
CREATE TRIGGER sight_view_taken AFTER DELETE ON view BEGIN
    UPDATE site SET content_epoch = content_epoch + 1 WHERE id = OLD.site_id;
END;
CREATE TRIGGER sight_tabs_changed AFTER UPDATE OF show_tabs ON content WHEN OLD.show_tabs <> NEW.show_tabs BEGIN
    UPDATE site SET content_epoch = content_epoch + 1 WHERE id = NEW.site_id;
END;
