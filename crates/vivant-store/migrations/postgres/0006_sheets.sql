-- The same as in ../sqlite/0006_sheets.sql.

-- Which sheets a list shows changes without the tally where they come and go, or their rules or tabs
-- do; what is remembered of lists must not outlive that.
CREATE TRIGGER sight_view_added AFTER INSERT ON view
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sight_content();
CREATE TRIGGER sight_view_taken AFTER DELETE ON view
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sight_content();

CREATE FUNCTION sight_sheet() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE site SET content_epoch = content_epoch + 1 WHERE id = NEW.site_id;
    RETURN NULL;
END $$;
CREATE TRIGGER sight_view_changed AFTER UPDATE OF acl_id, hidden, content_id ON view FOR EACH ROW
    WHEN (OLD.acl_id IS DISTINCT FROM NEW.acl_id OR OLD.hidden <> NEW.hidden OR OLD.content_id <> NEW.content_id)
    EXECUTE FUNCTION sight_sheet();
CREATE TRIGGER sight_tabs_changed AFTER UPDATE OF show_tabs ON content FOR EACH ROW
    WHEN (OLD.show_tabs <> NEW.show_tabs) EXECUTE FUNCTION sight_sheet();
