-- The same tables as in ../postgres/0001_begin.sql.
-- Ids are text of 36 characters, times are milliseconds since 1970, truth values are 0 and 1.
-- `*_key` columns hold a name in lower case: the form under which it is unique.

CREATE TABLE setting (
    name TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
);

CREATE TABLE blob (
    key TEXT NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'live', 'garbage')),
    node TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX blob_leftover ON blob (changed_at) WHERE state <> 'live';

CREATE TABLE site (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    content_url TEXT NOT NULL,
    content_url_key TEXT NOT NULL,
    admin_mode TEXT NOT NULL,
    user_quota BIGINT,
    storage_quota_mb BIGINT,
    tier_creator BIGINT,
    tier_explorer BIGINT,
    tier_viewer BIGINT,
    disable_subscriptions BIGINT NOT NULL,
    state TEXT NOT NULL,
    revision_history_enabled BIGINT NOT NULL,
    revision_limit BIGINT NOT NULL,
    subscribe_others_enabled BIGINT NOT NULL,
    guest_access_enabled BIGINT NOT NULL,
    cache_warmup_enabled BIGINT NOT NULL,
    commenting_enabled BIGINT NOT NULL,
    is_default BIGINT NOT NULL,
    storage_bytes BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX site_name ON site (name_key);
CREATE UNIQUE INDEX site_content_url ON site (content_url_key);
CREATE UNIQUE INDEX site_default ON site (is_default) WHERE is_default = 1;

CREATE TABLE site_setting (
    site_id TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (site_id, name)
);

CREATE TABLE account (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    domain TEXT NOT NULL,
    domain_key TEXT NOT NULL,
    full_name TEXT,
    email TEXT,
    password_hash TEXT,
    is_server_admin BIGINT NOT NULL,
    external_auth_user_id TEXT,
    locale TEXT,
    language TEXT,
    last_login BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX account_name ON account (name_key, domain_key);
CREATE INDEX account_admin ON account (created_at) WHERE is_server_admin = 1;

CREATE TABLE site_user (
    site_id TEXT NOT NULL REFERENCES site (id),
    user_id TEXT NOT NULL REFERENCES account (id),
    role TEXT NOT NULL,
    auth_setting TEXT,
    last_login BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (site_id, user_id)
);
CREATE INDEX site_user_user ON site_user (user_id);
CREATE INDEX site_user_created ON site_user (site_id, created_at, user_id);

CREATE TABLE user_group (
    id TEXT NOT NULL PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES site (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    domain TEXT NOT NULL,
    domain_key TEXT NOT NULL,
    minimum_site_role TEXT,
    license_mode TEXT,
    is_all_users BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX user_group_name ON user_group (site_id, name_key, domain_key);
CREATE UNIQUE INDEX user_group_all ON user_group (site_id) WHERE is_all_users = 1;
CREATE INDEX user_group_created ON user_group (site_id, created_at, id);

CREATE TABLE group_member (
    group_id TEXT NOT NULL REFERENCES user_group (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES account (id),
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_member_user ON group_member (user_id, group_id);

-- A set of rules, shared by everything that has exactly these rules.
CREATE TABLE acl (
    id TEXT NOT NULL PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES site (id),
    digest TEXT NOT NULL
);
CREATE UNIQUE INDEX acl_digest ON acl (site_id, digest);

CREATE TABLE acl_rule (
    acl_id TEXT NOT NULL REFERENCES acl (id) ON DELETE CASCADE,
    grantee_kind BIGINT NOT NULL, -- 0 user, 1 group
    grantee_id TEXT NOT NULL,
    allow BIGINT NOT NULL,
    deny BIGINT NOT NULL,
    PRIMARY KEY (acl_id, grantee_kind, grantee_id)
);
CREATE INDEX acl_rule_grantee ON acl_rule (grantee_id, acl_id, grantee_kind, allow, deny);

CREATE TABLE project (
    id TEXT NOT NULL PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES site (id),
    parent_id TEXT REFERENCES project (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    description TEXT NOT NULL,
    content_permissions TEXT NOT NULL,
    locked_by TEXT REFERENCES project (id),
    owner_id TEXT NOT NULL REFERENCES account (id),
    acl_id TEXT NOT NULL REFERENCES acl (id),
    workbook_acl_id TEXT NOT NULL REFERENCES acl (id),
    datasource_acl_id TEXT NOT NULL REFERENCES acl (id),
    flow_acl_id TEXT NOT NULL REFERENCES acl (id),
    is_default BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX project_top_name ON project (site_id, name_key) WHERE parent_id IS NULL;
CREATE UNIQUE INDEX project_nested_name ON project (parent_id, name_key) WHERE parent_id IS NOT NULL;
CREATE UNIQUE INDEX project_default ON project (site_id) WHERE is_default = 1;
CREATE INDEX project_name ON project (site_id, name_key);
CREATE INDEX project_created ON project (site_id, created_at, id);
CREATE INDEX project_owner ON project (owner_id, site_id);
CREATE INDEX project_acl ON project (acl_id);
CREATE INDEX project_workbook_acl ON project (workbook_acl_id);
CREATE INDEX project_datasource_acl ON project (datasource_acl_id);
CREATE INDEX project_flow_acl ON project (flow_acl_id);
CREATE INDEX project_locked_by ON project (locked_by);

-- Workbooks, data sources and flows: what has a file with revisions, a project and rules.
CREATE TABLE content (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('workbook', 'datasource', 'flow')),
    site_id TEXT NOT NULL REFERENCES site (id),
    project_id TEXT NOT NULL REFERENCES project (id),
    owner_id TEXT NOT NULL REFERENCES account (id),
    acl_id TEXT NOT NULL REFERENCES acl (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    content_url TEXT NOT NULL,
    content_url_key TEXT NOT NULL,
    description TEXT NOT NULL,
    revision BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL,
    file_type TEXT NOT NULL,
    has_extracts BIGINT NOT NULL,
    encrypt_extracts BIGINT NOT NULL,
    -- workbooks
    show_tabs BIGINT NOT NULL DEFAULT 0,
    default_view_id TEXT,
    sheet_count BIGINT NOT NULL DEFAULT 0,
    -- data sources
    class TEXT NOT NULL DEFAULT '',
    is_certified BIGINT NOT NULL DEFAULT 0,
    certification_note TEXT,
    use_remote_query_agent BIGINT NOT NULL DEFAULT 0,
    webpage_url TEXT,
    fields_count BIGINT NOT NULL DEFAULT 0,
    -- counters kept by what they count
    favorites_total BIGINT NOT NULL DEFAULT 0,
    subscriptions_total BIGINT NOT NULL DEFAULT 0,
    alerts_total BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX content_name_in_project ON content (project_id, kind, name_key);
CREATE UNIQUE INDEX content_url ON content (site_id, kind, content_url_key);
CREATE INDEX content_created ON content (site_id, kind, created_at, id);
CREATE INDEX content_updated ON content (site_id, kind, updated_at, id);
CREATE INDEX content_name ON content (site_id, kind, name_key, id);
CREATE INDEX content_owner ON content (owner_id, site_id, kind);
CREATE INDEX content_acl ON content (acl_id, kind);

CREATE TABLE revision (
    content_id TEXT NOT NULL REFERENCES content (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    blob_key TEXT NOT NULL REFERENCES blob (key),
    file_type TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    has_extracts BIGINT NOT NULL,
    publisher_id TEXT REFERENCES account (id) ON DELETE SET NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (content_id, number)
);
CREATE UNIQUE INDEX revision_blob ON revision (blob_key);
CREATE INDEX revision_publisher ON revision (publisher_id);

CREATE TABLE view (
    id TEXT NOT NULL PRIMARY KEY,
    content_id TEXT NOT NULL REFERENCES content (id) ON DELETE CASCADE,
    site_id TEXT NOT NULL REFERENCES site (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    content_url TEXT NOT NULL,
    content_url_key TEXT NOT NULL,
    url_name TEXT NOT NULL,
    kind TEXT NOT NULL,
    hidden BIGINT NOT NULL,
    title TEXT,
    caption TEXT,
    position BIGINT NOT NULL,
    acl_id TEXT REFERENCES acl (id),
    total_views BIGINT NOT NULL DEFAULT 0,
    favorites_total BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX view_content ON view (content_id, position);
CREATE INDEX view_created ON view (site_id, hidden, created_at, id);
CREATE INDEX view_name ON view (site_id, name_key, id);
CREATE INDEX view_content_url ON view (site_id, content_url_key);
CREATE INDEX view_acl ON view (acl_id);

CREATE TABLE view_field (
    view_id TEXT NOT NULL REFERENCES view (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (view_id, position)
);

CREATE TABLE thumbnail (
    view_id TEXT NOT NULL PRIMARY KEY REFERENCES view (id) ON DELETE CASCADE,
    png BLOB NOT NULL
);

CREATE TABLE content_tag (
    content_id TEXT NOT NULL REFERENCES content (id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    label_key TEXT NOT NULL,
    PRIMARY KEY (content_id, label_key)
);
CREATE INDEX content_tag_label ON content_tag (label_key, content_id);

CREATE TABLE view_tag (
    view_id TEXT NOT NULL REFERENCES view (id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    label_key TEXT NOT NULL,
    PRIMARY KEY (view_id, label_key)
);
CREATE INDEX view_tag_label ON view_tag (label_key, view_id);

CREATE TABLE connection (
    id TEXT NOT NULL PRIMARY KEY,
    content_id TEXT NOT NULL REFERENCES content (id) ON DELETE CASCADE,
    site_id TEXT NOT NULL REFERENCES site (id),
    position BIGINT NOT NULL,
    class TEXT NOT NULL,
    server TEXT NOT NULL,
    port BIGINT,
    username TEXT NOT NULL,
    password BLOB,
    embed BIGINT NOT NULL,
    dbname TEXT NOT NULL,
    authentication TEXT NOT NULL,
    caption TEXT NOT NULL,
    datasource_name TEXT NOT NULL,
    datasource_caption TEXT NOT NULL,
    published_content_url TEXT,
    published_key TEXT,
    query_tagging BIGINT
);
CREATE INDEX connection_content ON connection (content_id, position);
CREATE INDEX connection_published ON connection (site_id, published_key);

CREATE TABLE content_field (
    content_id TEXT NOT NULL REFERENCES content (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    caption TEXT,
    datatype TEXT NOT NULL,
    role TEXT NOT NULL,
    formula TEXT,
    PRIMARY KEY (content_id, position)
);

CREATE TABLE content_table (
    content_id TEXT NOT NULL REFERENCES content (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (content_id, position)
);
CREATE INDEX content_table_name ON content_table (name, content_id);

CREATE TABLE access_token (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE UNIQUE INDEX access_token_name ON access_token (user_id, name_key);
CREATE INDEX access_token_secret ON access_token (secret_hash);

CREATE TABLE session (
    token_hash TEXT NOT NULL PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    via_token TEXT REFERENCES access_token (id) ON DELETE SET NULL,
    impersonator TEXT REFERENCES account (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL
);
CREATE INDEX session_of_site ON session (site_id);
CREATE INDEX session_of_user ON session (user_id, site_id);
CREATE INDEX session_of_token ON session (via_token);
CREATE INDEX session_of_impersonator ON session (impersonator);
CREATE INDEX session_last_used ON session (last_used_at);

CREATE TABLE upload (
    id TEXT NOT NULL PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    used_at BIGINT NOT NULL
);
CREATE INDEX upload_site ON upload (site_id);
CREATE INDEX upload_user ON upload (user_id);
CREATE INDEX upload_used ON upload (used_at);

CREATE TABLE upload_chunk (
    upload_id TEXT NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    blob_key TEXT NOT NULL REFERENCES blob (key),
    size_bytes BIGINT NOT NULL,
    PRIMARY KEY (upload_id, number)
);
CREATE UNIQUE INDEX upload_chunk_blob ON upload_chunk (blob_key);
