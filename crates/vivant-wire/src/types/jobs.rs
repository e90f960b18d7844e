//! Jobs: work that goes on in the background.

use super::{Datasource, Luid, Node, Out, Read1, ReadError, RunFlowJob, Timestamp, Workbook, Write1};

element! {
    /// `job`: one job, as it was begun or as it stands.
    Job {
        attr id: Luid = "id";
        attr mode: String = "mode";
        attr job_type: String = "type";
        attr progress: u32 = "progress", "Percent.";
        attr created_at: Timestamp = "createdAt";
        attr started_at: Timestamp = "startedAt";
        attr updated_at: Timestamp = "updatedAt";
        attr completed_at: Timestamp = "completedAt", "Present once the job has ended.";
        attr finish_code: i64 = "finishCode", "0 success, 1 error or not ended yet, 2 cancelled.";
        one status_notes: StatusNotes = "statusNotes";
        one extract_refresh_job: ExtractRefreshJob = "extractRefreshJob";
        one run_flow_job: RunFlowJob = "runFlowJobType", "Since 3.3.";
        leaf notes: String = "notes", "What jobs other than refreshes of extracts have to say.";
    }
}

element! {
    /// `statusNotes` of a job.
    StatusNotes {
        many status_note: StatusNote = "statusNote";
    }
}

element! {
    /// `statusNote`: one count that a job reports.
    StatusNote {
        attr note_type: String = "type", "Such as `CountOfUsersAddedToGroup`.";
        attr value: String = "value";
        attr text: String = "text";
    }
}

element! {
    /// `extractRefreshJob`: what a job refreshes, and what it has to say.
    ExtractRefreshJob {
        leaf notes: String = "notes";
        one workbook: Workbook = "workbook";
        one datasource: Datasource = "datasource";
    }
}

element! {
    /// `backgroundJob`: a job in a list of all.
    BackgroundJob {
        attr id: Luid = "id";
        attr status: String = "status", "Pending, InProgress, Success, Failed or Cancelled.";
        attr created_at: Timestamp = "createdAt";
        attr started_at: Timestamp = "startedAt";
        attr ended_at: Timestamp = "endedAt";
        attr priority: i64 = "priority", "1, the first, to 100.";
        attr job_type: String = "jobType", "Such as `refresh_extracts`.";
        attr title: String = "title";
        attr subtitle: String = "subtitle";
        attr progress: u32 = "progress", "Percent.";
    }
}

element! {
    /// `backgroundJobs`.
    BackgroundJobs {
        many background_job: BackgroundJob = "backgroundJob";
    }
}

element! {
    /// `extractRefresh` in a request to refresh now.
    RefreshNow {
        attr incremental: bool = "incremental", "Only what is new.";
    }
}
