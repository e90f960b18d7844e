//! Every error code of the reference that this server answers: HTTP status, code, summary.
//!
//! The first three digits normally repeat the status.
//! Where the reference prints a slip (403 with 400013, 405 with 40500) the table has the value
//! that fits; `docs/API.md` lists them.

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal $code:literal $summary:literal;)*) => {
        /// A public error code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($(#[$doc])* $name),* }

        impl ErrorCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The HTTP status that goes with the code.
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status),* }
            }

            /// The six digits.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// The reference's title of the condition.
            pub fn summary(self) -> &'static str {
                match self { $(Self::$name => $summary),* }
            }
        }
    };
}

codes! {
    /// Body absent, incomplete or malformed.
    BadRequest = 400 "400000" "Bad Request";
    /// A favorite's label is blank.
    InvalidLabel = 400 "400005" "Invalid label";
    /// Page number not an integer, below 1 or past the last page.
    InvalidPageNumber = 400 "400006" "Invalid page number";
    /// Page size not an integer or below 1.
    InvalidPageSize = 400 "400007" "Invalid page size";
    /// A parameter's value is not one of its values.
    InvalidParameterValue = 400 "400008" "Invalid parameter value";
    /// A capability does not fit the kind of content.
    InvalidCapability = 400 "400009" "Invalid capability";
    /// Data source file of the wrong kind, or parts that do not belong.
    InvalidDatasourceFile = 400 "400010" "Invalid data source file";
    /// Publishing failed.
    PublishingError = 400 "400011" "Publishing error";
    /// Site role or administrator mode not one of its values.
    InvalidSiteRole = 400 "400013" "Invalid value";
    /// A chunk is over the limit.
    FileSizeTooLarge = 400 "400016" "File size too large";
    /// A part of the body is malformed.
    MalformedRequestBody = 400 "400019" "Malformed request body";
    /// Workbook file name without .twb or .twbx, or an append without a file.
    InvalidWorkbookFile = 400 "400020" "Invalid file";
    /// Removing failed.
    DeletionFailed = 400 "400032" "Deletion failed";
    /// Upload session given without a file type.
    MissingFileType = 400 "400035" "Missing or invalid file type";
    /// Default permissions that name content.
    PermissionsQualifier = 400 "400042" "Malformed permissions qualifier";
    /// The schedule is one of another kind of task.
    WrongScheduleType = 400 "400047" "Invalid schedule type";
    /// Tags that a workbook cannot have.
    WorkbookTagsInvalid = 400 "400049" "Error adding tags";
    /// A tag that a workbook cannot have is to go.
    WorkbookTagInvalid = 400 "400051" "Error deleting tag";
    /// Both overwrite and append.
    OverwriteAndAppend = 400 "400055" "Incompatible overwrite and append values";
    /// A filter or sort expression cannot be used.
    InvalidFilter = 400 "400065" "Invalid filter or sort expression";
    /// A subscription has no subject.
    InvalidSubject = 400 "400067" "Invalid subscription subject";
    /// A subscription is to something that is neither workbook nor view.
    InvalidSubscriptionTarget = 400 "400068" "Invalid subscription target";
    /// A subscription of another type than Workbook or View, or on a schedule of another type.
    InvalidSubscriptionType = 400 "400069" "Invalid subscription type";
    /// Tags that a data source cannot have.
    DatasourceTagsInvalid = 400 "400075" "Error adding tags";
    /// Tags that a view cannot have.
    ViewTagsInvalid = 400 "400076" "Error adding tags";
    /// A tag that a data source cannot have is to go.
    DatasourceTagInvalid = 400 "400077" "Error deleting tag";
    /// A tag that a view cannot have is to go.
    ViewTagInvalid = 400 "400078" "Error deleting tag";
    /// There is no such view, or its data cannot be given.
    ViewDataInvalid = 400 "400080" "Bad Request";
    /// Ask Data setting not valid.
    InvalidAskData = 400 "400129" "Invalid Ask Data enablement";
    /// Body of a schedule incomplete, or its intervals do not fit its frequency.
    // Tableau: the status does not repeat the first digits of this code.
    InvalidSchedule = 400 "409004" "Bad Request";
    /// No token.
    NotAuthenticated = 401 "401000" "Unauthorized Access";
    /// Wrong name, password, token or site.
    SigninError = 401 "401001" "Signin Error";
    /// The token is invalid or has expired.
    InvalidToken = 401 "401002" "Unauthorized Access";
    /// The site to switch to is unknown or closed to the user.
    SiteNotOpen = 401 "401003" "Unauthorized Access";
    /// The Default site cannot be deleted.
    SiteDeletionForbidden = 403 "403002" "Deletion not allowed";
    /// The Default project cannot be deleted.
    ProjectDeletionForbidden = 403 "403003" "Deletion forbidden";
    /// The caller lacks the right.
    Forbidden = 403 "403004" "Forbidden";
    /// The Default project cannot be renamed.
    RenameForbidden = 403 "403005" "Forbidden";
    /// The caller may not publish, or something is in the way of publishing.
    PublishForbidden = 403 "403007" "Publishing forbidden";
    /// A storage quota would be exceeded.
    InsufficientStorage = 403 "403008" "Insufficient storage quota";
    /// Nobody changes their own licence, nor Guest.
    SelfUpdateForbidden = 403 "403009" "Update forbidden";
    /// No directory is configured.
    NoActiveDirectory = 403 "403011" "ActiveDirectory is not configured";
    /// Page size above the maximum.
    PageSizeLimit = 403 "403014" "Page size limit exceeded";
    /// The caller may not upload.
    UploadForbidden = 403 "403015" "Upload forbidden";
    /// Appending failed.
    UploadFailure = 403 "403016" "Upload failure";
    /// The caller may not read the workbook.
    WorkbookReadForbidden = 403 "403018" "Read forbidden";
    /// The caller may not download the workbook.
    WorkbookDownloadForbidden = 403 "403019" "Read forbidden";
    /// An imported group keeps its name.
    ImportedGroupRename = 403 "403020" "Imported group name update forbidden";
    /// The caller may not read connections.
    ConnectionsReadForbidden = 403 "403021" "Read forbidden";
    /// The caller lacks Write on the data source.
    DatasourceConnectionForbidden = 403 "403023" "Update forbidden";
    /// The caller lacks Write on the target project.
    TargetProjectForbidden = 403 "403025" "Update forbidden";
    /// The caller may not change it, or its owner.
    UpdateForbidden = 403 "403027" "Update forbidden";
    /// The caller may not download the data source.
    DatasourceDownloadForbidden = 403 "403028" "Read forbidden";
    /// The caller lacks Write on the workbook.
    WorkbookConnectionForbidden = 403 "403029" "Update forbidden";
    /// The caller may not move the data source there.
    DatasourceMoveForbidden = 403 "403030" "Update forbidden";
    /// The caller lacks Write on the data source.
    DatasourceUpdateForbidden = 403 "403032" "Update forbidden";
    /// Caller may not read or export a view, or the data behind it.
    ViewDataForbidden = 403 "403032" "Read forbidden";
    /// The task is of a kind that does not refresh extracts.
    NoExtractRefresh = 403 "403047" "Extract refresh error";
    /// The caller may not read the default permissions of data sources.
    DatasourceDefaultsForbidden = 403 "403035" "Querying data source permissions forbidden";
    /// The caller may not read the default permissions of workbooks.
    WorkbookDefaultsForbidden = 403 "403036" "Querying workbook permissions forbidden";
    /// The site keeps no revisions.
    NoRevisionHistory = 403 "403053" "Version history not enabled";
    /// The caller may not see the revisions of the data source.
    DatasourceRevisionsForbidden = 403 "403054" "Revisions read forbidden";
    /// The current revision cannot be removed.
    CurrentRevision = 403 "403055" "Cannot delete head revision";
    /// The caller may not see the revisions of the workbook.
    WorkbookRevisionsForbidden = 403 "403056" "Revisions read forbidden";
    /// The caller may not see the subscription.
    SubscriptionReadForbidden = 403 "403058" "Unauthorized";
    /// The caller may not delete the subscription.
    SubscriptionDeleteForbidden = 403 "403059" "Delete forbidden";
    /// The caller may not subscribe that user to that content.
    SubscribeForbidden = 403 "403060" "No permissions to create subscription";
    /// The request names no connection and there are several.
    AmbiguousConnection = 403 "403062" "Ambiguous connection";
    /// The subscribed user may not look at the content.
    SubscriberReadForbidden = 403 "403063" "No user permissions for content";
    /// The subscribed user has no mail address.
    NoEmailAddress = 403 "403064" "No user email address";
    /// The caller may not change the subscription.
    SubscriptionUpdateForbidden = 403 "403065" "No permissions to update subscription";
    /// The caller is on that site already.
    SameSite = 403 "403070" "Forbidden";
    /// The job has ended, so nobody can cancel it.
    JobComplete = 403 "403091" "Job already complete";
    /// A view's rules are its workbook's while tabs are shown.
    ViewFollowsWorkbook = 403 "403096" "View permissions follow the workbook";
    /// No site of that id.
    SiteNotFound = 404 "404000" "Site not found";
    /// The method came with a later API version.
    EndpointUnavailable = 404 "404001" "Endpoint unavailable";
    /// No user of that id on the site.
    UserNotFound = 404 "404002" "User not found";
    /// No such address.
    ResourceNotFound = 404 "404003" "Resource not found";
    /// No data source of that id on the site.
    DatasourceNotFound = 404 "404004" "Data source not found";
    /// No project of that id on the site.
    ProjectNotFound = 404 "404005" "Project not found";
    /// No workbook of that id on the site.
    WorkbookNotFound = 404 "404006" "Workbook not found";
    /// The item does not carry the tag.
    TagNotFound = 404 "404007" "Tag not found";
    /// The id in the body is not the one in the address.
    IdMismatch = 404 "404009" "ID mismatch";
    /// The item is no favorite of the user.
    FavoriteNotFound = 404 "404010" "Not a favorite";
    /// No view, or for connections no data source, of that id.
    ViewNotFound = 404 "404011" "Resource not found";
    /// No group of that id on the site.
    GroupNotFound = 404 "404012" "Group not found";
    /// No such capability or mode, or the grantee does not hold it.
    CapabilityNotFound = 404 "404013" "Capability not found";
    /// The upload session is unknown or has expired.
    UploadNotFound = 404 "404015" "File upload not found";
    /// No such directory domain.
    DomainNotFound = 404 "404016" "Domain not found";
    /// No such directory group.
    DirectoryGroupNotFound = 404 "404017" "Active Directory group not found";
    /// No job of that id on the site.
    JobNotFound = 404 "404018" "Job not found";
    /// No connection of that id.
    ConnectionNotFound = 404 "404020" "Connection not found";
    /// No schedule of that id.
    ScheduleNotFound = 404 "404023" "Schedule not found";
    /// No such revision.
    RevisionNotFound = 404 "404024" "Revision not found";
    /// No task of that id on the site.
    TaskNotFound = 404 "404026" "Task not found";
    /// The definition of a custom view is for administrators with ExportXml.
    CustomViewDownloadForbidden = 403 "403163" "Download forbidden";
    /// A workbook of the name exists and was not to be overwritten (after API 3.1).
    WorkbookExists = 403 "403130" "Overwrite forbidden";
    /// No custom view of that id on the site.
    CustomViewNotFound = 404 "404048" "Custom view not found";
    /// No subscription of that id on the site.
    SubscriptionNotFound = 404 "404025" "Subscription not found";
    /// The address exists, the HTTP method does not.
    MethodNotAllowed = 405 "405000" "Invalid request method";
    /// The user is on the site already.
    UserConflict = 409 "409000" "User conflict";
    /// The site name is taken.
    SiteNameConflict = 409 "409001" "Site name conflict";
    /// The site's content URL is taken.
    SiteUrlConflict = 409 "409002" "Site URL conflict";
    /// The user owns content.
    UserOwnsContent = 409 "409003" "User asset conflict";
    /// ContentOnly together with a quota of users.
    AdminModeConflict = 409 "409004" "Administrator mode or user quota conflict";
    /// Guest cannot be given to a user.
    GuestConflict = 409 "409005" "Guest user conflict";
    /// The project name is taken.
    ProjectNameConflict = 409 "409006" "Project name conflict";
    /// Another favorite of the user has the label.
    LabelConflict = 409 "409007" "Label conflict";
    /// The group name is taken.
    GroupNameConflict = 409 "409009" "Group name conflict";
    /// The user is in the group already.
    GroupMemberConflict = 409 "409011" "User conflict";
    /// No licence left for the role.
    LicensingConflict = 409 "409014" "Licensing conflict";
    /// The name is taken in the project.
    ContentNameConflict = 409 "409015" "Name conflict";
    /// An extract is there already. The reference has no row for it.
    ExtractConflict = 409 "409016" "Extract conflict";
    /// The user is on the site already (newer servers).
    UserAlreadyOnSite = 409 "409017" "User already on site";
    /// The name of a schedule is taken.
    ScheduleNameConflict = 409 "409021" "Schedule name conflict";
    /// A refresh of the item is queued or under way.
    RefreshQueued = 409 "409093" "Refresh already queued";
    /// The body is larger than the server takes.
    PayloadTooLarge = 413 "413000" "Payload too large";
    /// Too many failures to sign in.
    TooManySignIns = 429 "429000" "Too Many Requests";
    /// The server failed.
    InternalError = 500 "500000" "Internal Server Error";
    /// The reference has the method, this server does not yet.
    NotImplemented = 501 "501000" "Not implemented";
    /// The server is stopping or its database does not answer.
    Unavailable = 503 "503000" "Service unavailable";
}

impl ErrorCode {
    /// Second meanings of a code: the reference uses it for two things.
    const TWICE: [Self; 2] = [Self::InvalidSchedule, Self::ViewDataForbidden];

    /// Reads the six digits. Of the two meanings of 409004 it is the one with HTTP status 409.
    pub fn parse(code: &str) -> Option<Self> {
        let mut codes = Self::ALL.iter().copied();
        codes.find(|c| c.code() == code && !Self::TWICE.contains(c))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_start_with_their_status() {
        let mut seen = std::collections::HashSet::new();
        for code in ErrorCode::ALL {
            if ErrorCode::TWICE.contains(code) {
                let first = ErrorCode::parse(code.code()).expect("another one has it, too");
                assert_ne!((first.status(), first.summary()), (code.status(), code.summary()));
                continue;
            }
            assert!(seen.insert(code.code()), "{}", code.code());
            assert_eq!(code.code()[..3], code.status().to_string(), "{code:?}");
            assert_eq!(ErrorCode::parse(code.code()), Some(*code));
        }
    }
}
