//! Jobs: work that goes on in the background, and how it stands.

use crate::id::Luid;
use crate::site::text_enum;

text_enum! {
    /// What a job does; the names are those under which jobs are kept.
    JobKind {
        /// Reads the data of an extract anew.
        RefreshExtract = "RefreshExtract",
        /// Adds what is new to an extract.
        IncrementExtract = "IncrementExtract",
        /// Makes an extract of a live connection.
        CreateExtract = "CreateExtract",
        /// Turns an extract back into a live connection.
        DeleteExtract = "DeleteExtract",
        /// Encrypts the extracts of a site or an item.
        EncryptExtracts = "EncryptExtracts",
        /// Decrypts them.
        DecryptExtracts = "DecryptExtracts",
        /// Encrypts them with other keys.
        ReencryptExtracts = "ReencryptExtracts",
        /// Publishes a workbook.
        PublishWorkbook = "PublishWorkbook",
        /// Publishes a data source.
        PublishDatasource = "PublishDatasource",
        /// Appends data to a published data source.
        AppendDatasource = "AppendDatasource",
        /// Takes over a group of a directory.
        ImportGroup = "ImportGroup",
        /// Brings a group into step with the directory.
        SyncGroup = "SyncGroup",
        /// Sends a subscription.
        Subscription = "Subscription",
        /// Runs a flow.
        RunFlow = "RunFlow",
        /// Tells a webhook.
        Webhook = "Webhook",
    }
}

impl JobKind {
    /// The type of a job in answers about that job.
    pub fn job_type(self) -> &'static str {
        match self {
            Self::IncrementExtract => "RefreshExtract",
            Self::AppendDatasource => "PublishDatasource",
            Self::ImportGroup => "GroupImport",
            Self::SyncGroup => "GroupSync",
            other => other.as_str(),
        }
    }

    /// The type of a job in lists of jobs, and in their filters.
    pub fn list_type(self) -> &'static str {
        match self {
            Self::RefreshExtract => "refresh_extracts",
            Self::IncrementExtract => "increment_extracts",
            Self::CreateExtract => "create_extracts",
            Self::DeleteExtract => "delete_extracts",
            Self::EncryptExtracts => "encrypt_extracts",
            Self::DecryptExtracts => "decrypt_extracts",
            Self::ReencryptExtracts => "reencrypt_extracts",
            Self::PublishWorkbook => "publish_workbook",
            Self::PublishDatasource => "publish_datasource",
            Self::AppendDatasource => "append_datasource",
            Self::ImportGroup => "import_ad_group",
            Self::SyncGroup => "sync_ad_group",
            Self::Subscription => "single_subscription_notify",
            Self::RunFlow => "run_flow",
            Self::Webhook => "webhook_notify",
        }
    }

    /// Reads a type of lists of jobs.
    pub fn from_list_type(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.list_type() == text)
    }
}

text_enum! {
    /// How a job stands.
    JobState {
        /// Waits for its turn.
        Pending = "Pending",
        /// Is worked on.
        InProgress = "InProgress",
        /// Did what it was to do.
        Success = "Success",
        /// Could not do it.
        Failed = "Failed",
        /// Was stopped by somebody.
        Cancelled = "Cancelled",
    }
}

impl JobState {
    /// Returns whether nothing more will happen.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::Cancelled)
    }

    /// 0 for success, 2 for cancelled, 1 for an error.
    // Tableau: a job that has not ended answers 1, too, as the reference says of publishing.
    pub fn finish_code(self) -> i64 {
        match self {
            Self::Success => 0,
            Self::Pending | Self::InProgress | Self::Failed => 1,
            Self::Cancelled => 2,
        }
    }
}

text_enum! {
    /// What a job is about.
    JobItemKind {
        /// A workbook.
        Workbook = "Workbook",
        /// A view.
        View = "View",
        /// A published data source.
        Datasource = "Datasource",
        /// A flow.
        Flow = "Flow",
        /// A group.
        Group = "Group",
    }
}

/// The thing that a job is about, or that came out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JobItem {
    /// Its kind.
    pub kind: JobItemKind,
    /// Its id.
    pub id: Luid,
}

/// A count that a job reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusNote {
    /// The name of the count, such as `CountOfUsersAddedToGroup`.
    pub kind: String,
    /// The count.
    pub value: String,
    /// The count in words.
    pub text: String,
}

text_enum! {
    /// What the tasks of a schedule do.
    ScheduleType {
        /// They refresh extracts.
        Extract = "Extract",
        /// They send subscriptions.
        Subscription = "Subscription",
        /// They run flows.
        Flow = "Flow",
    }
}

text_enum! {
    /// Whether a schedule fires.
    ScheduleState {
        /// It does.
        Active = "Active",
        /// It does not, until somebody sets it going again.
        Suspended = "Suspended",
    }
}

text_enum! {
    /// How the jobs of a schedule stand to each other.
    ExecutionOrder {
        /// They run at the same time.
        Parallel = "Parallel",
        /// They run one after the other.
        Serial = "Serial",
    }
}

text_enum! {
    /// What a task does to the extracts of its item.
    TaskType {
        /// Reads everything anew.
        FullRefresh = "FullRefresh",
        /// Adds what is new.
        IncrementalRefresh = "IncrementalRefresh",
    }
}

/// The priorities that a schedule, task or job may have; the least comes first.
pub const PRIORITIES: std::ops::RangeInclusive<i64> = 1..=100;

/// The priority of what nobody gave one.
pub const DEFAULT_PRIORITY: i64 = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_lists_read_back() {
        for kind in JobKind::ALL {
            assert_eq!(JobKind::from_list_type(kind.list_type()), Some(*kind));
            assert_eq!(JobKind::parse(kind.as_str()), Some(*kind));
        }
        assert_eq!(JobKind::from_list_type("RefreshExtract"), None);
    }

    #[test]
    fn finish_codes_are_those_of_the_reference() {
        let codes: Vec<i64> = JobState::ALL.iter().map(|state| state.finish_code()).collect();
        assert_eq!(codes, [1, 1, 0, 1, 2]);
        let ended: Vec<bool> = JobState::ALL.iter().map(|state| state.has_ended()).collect();
        assert_eq!(ended, [false, false, true, true, true]);
    }
}
