//! The catalog: databases, tables, columns, and the warnings about the quality of data.

use super::{
    ColumnId, DatabaseId, Luid, Node, Out, Read1, ReadError, Site, TableId, Tags, Timestamp, User, Write1,
};

element! {
    /// `location` of an item: the project or personal space that it lies in.
    Location {
        attr id: Luid = "id";
        attr location_type: String = "type", "`Project` or `PersonalSpace`.";
        attr name: String = "name";
    }
}

element! {
    /// `database`: a database server, a file or a connector that content gets data from.
    Database {
        attr id: DatabaseId = "id";
        attr name: String = "name";
        attr connection_type: String = "connectionType", "Class of the connection.";
        attr is_embedded: bool = "isEmbedded";
        attr description: String = "description";
        attr content_permissions: String = "contentPermissions", "`ManagedByOwner` or `LockedToDatabase`.";
        attr is_certified: bool = "isCertified";
        attr certification_note: String = "certificationNote";
        attr database_type: String = "type", "`DatabaseServer`, `File`, `WebDataConnector` or `CloudFile`.";
        attr host_name: String = "hostName", "Of a database server.";
        attr port: String = "port", "Of a database server.";
        attr file_path: String = "filePath", "Of a file.";
        attr connector_url: String = "connectorUrl", "Of a web data connector.";
        attr provider: String = "provider", "Of a file in the cloud, as what follows.";
        attr file_id: String = "fileId";
        attr file_extension: String = "fileExtension";
        attr mime_type: String = "mimeType";
        attr request_url: String = "requestUrl";
        one site: Site = "site";
        one contact: User = "contact", "Who answers for it.";
        one certifier: User = "certifier";
        one location: Location = "location";
        one tags: Tags = "tags";
    }
}

element! {
    /// `databases`.
    Databases {
        many database: Database = "database";
    }
}

element! {
    /// `table` of a database.
    Table {
        attr id: TableId = "id";
        attr name: String = "name";
        attr description: String = "description";
        attr is_embedded: bool = "isEmbedded";
        attr is_certified: bool = "isCertified";
        attr certification_note: String = "certificationNote";
        attr schema: String = "schema";
        one site: Site = "site";
        one contact: User = "contact", "Who answers for it.";
        one certifier: User = "certifier";
        one location: Location = "location";
        one tags: Tags = "tags";
    }
}

element! {
    /// `tables`.
    Tables {
        many table: Table = "table";
    }
}

element! {
    /// `column` of a table.
    Column {
        attr id: ColumnId = "id";
        attr name: String = "name";
        attr description: String = "description";
        attr remote_type: String = "remoteType", "Type in the database.";
        attr nullable: bool = "nullable";
        attr parent_table_id: TableId = "parentTableId";
        one site: Site = "site";
        one tags: Tags = "tags";
    }
}

element! {
    /// `columns`.
    Columns {
        many column: Column = "column";
    }
}

element! {
    /// `dataQualityWarning`: what readers should know of the data.
    DataQualityWarning {
        attr id: Luid = "id";
        attr user_display_name: String = "userDisplayName";
        attr content_id: Luid = "contentId";
        attr content_type: String = "contentType";
        attr message: String = "message";
        attr warning_type: String = "type", "`WARNING`, `DEPRECATED`, `STALE`, `SENSITIVE_DATA` or `MAINTENANCE`.";
        attr is_active: bool = "isActive";
        attr is_severe: bool = "isSevere";
        attr created_at: Timestamp = "createdAt";
        attr updated_at: Timestamp = "updatedAt";
        one site: Site = "site";
        one owner: User = "owner";
    }
}

element! {
    /// `dataQualityWarningList`.
    DataQualityWarnings {
        many data_quality_warning: DataQualityWarning = "dataQualityWarning";
    }
}
