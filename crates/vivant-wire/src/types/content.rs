//! Projects, workbooks, views, data sources, connections, uploads.

use super::{
    Collection, ConnectionId, DatasourceId, Flow, Intervals, Location, Luid, Metric, Node, Out, ProjectId,
    Read1, ReadError, Site, Timestamp, User, ViewId, WorkbookId, Write1,
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
        attr database_name: String = "databaseName", "In requests to publish.";
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
        attr share_description: String = "shareDescription";
        attr last_published_at: Timestamp = "lastPublishedAt";
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
        one location: Location = "location";
        one data_acceleration_config: DataAccelerationConfig = "dataAccelerationConfig";
        one data_freshness_policy: DataFreshnessPolicy = "dataFreshnessPolicy";
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
        attr favorites_total: u64 = "favoritesTotal";
        one workbook: Workbook = "workbook";
        one owner: User = "owner";
        one project: Project = "project";
        one tags: Tags = "tags";
        one usage: Usage = "usage";
        one location: Location = "location";
        one data_acceleration_config: DataAccelerationConfig = "dataAccelerationConfig";
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
        attr connected_workbooks_count: u64 = "connectedWorkbooksCount";
        attr favorites_total: u64 = "favoritesTotal";
        attr has_alert: bool = "hasAlert";
        attr is_published: bool = "isPublished";
        attr server_name: String = "serverName";
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
    /// `revisions`.
    Revisions {
        many revision: Revision = "revision";
    }
}

element! {
    /// `dataAccelerationConfig` of a workbook or view.
    DataAccelerationConfig {
        attr acceleration_enabled: bool = "accelerationEnabled";
        attr accelerate_now: bool = "accelerateNow", "In requests: at once, too.";
        attr last_updated_at: Timestamp = "lastUpdatedAt";
        attr acceleration_status: String = "accelerationStatus";
    }
}

element! {
    /// `dataFreshnessPolicy` of a workbook: how old the data may be that it shows.
    DataFreshnessPolicy {
        attr option: String = "option", "`SiteDefault`, `AlwaysLive`, `FreshEvery` or `FreshAt`.";
        one fresh_every_schedule: FreshEverySchedule = "freshEverySchedule";
        one fresh_at_schedule: FreshAtSchedule = "freshAtSchedule";
    }
}

element! {
    /// `freshEverySchedule`: fresh after so much time.
    FreshEverySchedule {
        attr frequency: String = "frequency", "`Minutes`, `Hours`, `Days` or `Weeks`.";
        attr value: u64 = "value";
    }
}

element! {
    /// `freshAtSchedule`: fresh at a time of day.
    FreshAtSchedule {
        attr frequency: String = "frequency", "`Day`, `Week` or `Month`.";
        attr time: String = "time";
        attr timezone: String = "timezone";
        one intervals: Intervals = "intervals";
    }
}

element! {
    /// `tagBatch`: labels for several items at once.
    TagBatch {
        one tags: Tags = "tags";
        one contents: TaggedContents = "contents";
    }
}

element! {
    /// `contents` of a batch of labels.
    TaggedContents {
        many content: TaggedContent = "content";
    }
}

element! {
    /// `content` of a batch of labels.
    TaggedContent {
        attr id: Luid = "id";
        attr content_type: String = "contentType", "Such as `Workbook`.";
    }
}

element! {
    /// `connectionLUIDs`: which connections, by their ids.
    ConnectionLuids {
        many connection_luid: ConnectionLuid = "connectionLUID";
    }
}

element! {
    /// `connectionLUID`.
    ConnectionLuid {
        text id: ConnectionId = "value";
    }
}

element! {
    /// `datasources` in a request about extracts of a workbook: all of them, or those named.
    EmbeddedDatasources {
        attr include_all: bool = "includeAll";
        many datasource: Datasource = "datasource";
    }
}

element! {
    /// `favoriteOrderings`: moves in a user's favorites.
    FavoriteOrderings {
        many favorite_ordering: FavoriteOrdering = "favoriteOrdering";
    }
}

element! {
    /// `favoriteOrdering`: one move.
    FavoriteOrdering {
        attr favorite_id: Luid = "favoriteId";
        attr favorite_type: String = "favoriteType";
        attr favorite_id_move_after: Luid = "favoriteIdMoveAfter";
        attr favorite_type_move_after: String = "favoriteTypeMoveAfter";
    }
}

element! {
    /// `favorite` of a user.
    Favorite {
        attr label: String = "label";
        attr parent_project_name: String = "parentProjectName";
        attr target_owner_name: String = "targetOwnerName";
        attr position: u64 = "position";
        attr added_at: Timestamp = "addedAt";
        one project: Project = "project";
        one view: View = "view";
        one workbook: Workbook = "workbook";
        one datasource: Datasource = "datasource";
        one flow: Flow = "flow";
        one metric: Metric = "metric";
        one collection: Collection = "collection";
    }
}

element! {
    /// `favorites`.
    Favorites {
        many favorite: Favorite = "favorite";
    }
}
