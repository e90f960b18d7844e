//! Projects, workbooks, views, data sources, connections, uploads.

use super::{
    ConnectionId, DatasourceId, Node, Out, ProjectId, Read1, ReadError, Site, Timestamp, User, ViewId,
    WorkbookId, Write1,
};

element! {
    /// `project`.
    Project {
        attr id: ProjectId = "id";
        attr name: String = "name";
        attr description: String = "description";
        attr top_level_project: bool = "topLevelProject";
        attr parent_project_id: String = "parentProjectId", "In requests empty for the top level.";
        attr created_at: Timestamp = "createdAt";
        attr updated_at: Timestamp = "updatedAt";
        attr content_permissions: String = "contentPermissions";
        attr controlling_permissions_project_id: ProjectId = "controllingPermissionsProjectId";
        attr writeable: bool = "writeable", "Whether the caller may publish to it.";
        one owner: User = "owner";
        one contents_counts: ContentsCounts = "contentsCounts";
    }
}

element! {
    /// `contentsCounts` of a project.
    ContentsCounts {
        attr project_count: u64 = "projectCount";
        attr workbook_count: u64 = "workbookCount";
        attr view_count: u64 = "viewCount";
        attr datasource_count: u64 = "datasourceCount";
    }
}

element! {
    /// `projects`.
    Projects {
        many project: Project = "project";
    }
}

element! {
    /// `connectionCredentials`.
    ConnectionCredentials {
        attr name: String = "name";
        attr password: String = "password";
        attr embed: String = "embed", "A boolean, kept as text so that a bad one gets its own error.";
        attr o_auth: bool = "oAuth";
    }
}

element! {
    /// `connection` of a workbook or data source.
    Connection {
        attr id: ConnectionId = "id";
        attr connection_type: String = "type";
        attr embed_password: bool = "embedPassword";
        attr server_address: String = "serverAddress";
        attr server_port: String = "serverPort", "A number, or empty.";
        attr user_name: String = "userName";
        attr password: String = "password", "In requests only.";
        attr db_name: String = "dbName";
        attr query_tagging_enabled: bool = "queryTaggingEnabled";
        attr authentication_type: String = "authenticationType";
        one datasource: Datasource = "datasource";
        one connection_credentials: ConnectionCredentials = "connectionCredentials";
    }
}

element! {
    /// `connections`.
    Connections {
        many connection: Connection = "connection";
    }
}

element! {
    /// `workbook`.
    Workbook {
        attr id: WorkbookId = "id";
        attr name: String = "name";
        attr description: String = "description";
        attr content_url: String = "contentUrl";
        attr webpage_url: String = "webpageUrl";
        attr show_tabs: bool = "showTabs";
        attr size: u64 = "size", "Megabytes, rounded up.";
        attr created_at: Timestamp = "createdAt";
        attr updated_at: Timestamp = "updatedAt";
        attr sheet_count: u64 = "sheetCount";
        attr has_extracts: bool = "hasExtracts";
        attr encrypt_extracts: String = "encryptExtracts";
        attr default_view_id: ViewId = "defaultViewId";
        attr thumbnails_user_id: String = "thumbnailsUserId", "In requests only.";
        attr thumbnails_group_id: String = "thumbnailsGroupId", "In requests only.";
        attr generate_thumbnails_as_user: String = "generateThumbnailsAsUser", "In requests only.";
        one connections: Connections = "connections";
        one connection_credentials: ConnectionCredentials = "connectionCredentials";
        one site: Site = "site";
        one project: Project = "project";
        one owner: User = "owner";
        one tags: Tags = "tags";
        one views: Views = "views";
    }
}

element! {
    /// `workbooks`.
    Workbooks {
        many workbook: Workbook = "workbook";
    }
}

element! {
    /// `view`: a sheet, dashboard or story of a published workbook.
    View {
        attr id: ViewId = "id";
        attr name: String = "name";
        attr title: String = "title";
        attr caption: String = "caption";
        attr content_url: String = "contentUrl";
        attr created_at: Timestamp = "createdAt";
        attr updated_at: Timestamp = "updatedAt";
        attr sheet_type: String = "sheetType";
        attr view_url_name: String = "viewUrlName";
        attr hidden: bool = "hidden";
        one workbook: Workbook = "workbook";
        one owner: User = "owner";
        one project: Project = "project";
        one tags: Tags = "tags";
        one usage: Usage = "usage";
    }
}

element! {
    /// `usage` of a view.
    Usage {
        attr total_view_count: u64 = "totalViewCount";
    }
}

element! {
    /// `views`.
    Views {
        many view: View = "view";
    }
}

element! {
    /// `datasource`.
    Datasource {
        attr id: DatasourceId = "id";
        attr name: String = "name";
        attr content_url: String = "contentUrl";
        attr webpage_url: String = "webpageUrl";
        attr description: String = "description";
        attr datasource_type: String = "type", "Class of its connection.";
        attr created_at: Timestamp = "createdAt";
        attr updated_at: Timestamp = "updatedAt";
        attr size: u64 = "size", "Megabytes, rounded up.";
        attr is_certified: bool = "isCertified";
        attr certification_note: String = "certificationNote";
        attr encrypt_extracts: String = "encryptExtracts";
        attr has_extracts: bool = "hasExtracts";
        attr use_remote_query_agent: bool = "useRemoteQueryAgent";
        one connections: Connections = "connections";
        one connection_credentials: ConnectionCredentials = "connectionCredentials";
        one site: Site = "site";
        one project: Project = "project";
        one owner: User = "owner";
        one tags: Tags = "tags";
        one ask_data: AskData = "askData";
    }
}

element! {
    /// `askData` of a data source.
    AskData {
        attr enablement: String = "enablement", "`Enabled`, `Disabled` or `SiteDefault`.";
    }
}

element! {
    /// `datasources`.
    Datasources {
        many datasource: Datasource = "datasource";
    }
}

element! {
    /// `tags`.
    Tags {
        many tag: Tag = "tag";
    }
}

element! {
    /// `tag`.
    Tag {
        attr label: String = "label";
    }
}

element! {
    /// `fileUpload`: an upload session.
    FileUpload {
        attr upload_session_id: String = "uploadSessionId";
        attr file_size: u64 = "fileSize", "Megabytes so far.";
    }
}

element! {
    /// `revision` of a workbook or data source.
    Revision {
        attr revision_number: u32 = "revisionNumber";
        attr published_at: Timestamp = "publishedAt";
        attr deleted: bool = "deleted";
        attr current: bool = "current";
        attr size_in_bytes: i64 = "sizeInBytes";
        one publisher: User = "publisher", "Absent when the user is gone.";
    }
}

element! {
    /// `favorite` of a user.
    Favorite {
        attr label: String = "label";
        one project: Project = "project";
        one view: View = "view";
        one workbook: Workbook = "workbook";
        one datasource: Datasource = "datasource";
    }
}

element! {
    /// `favorites`.
    Favorites {
        many favorite: Favorite = "favorite";
    }
}
