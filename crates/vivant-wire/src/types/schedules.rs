//! Schedules, and the tasks that hang on them.

use super::{Datasource, Luid, Node, Out, Read1, ReadError, Timestamp, Workbook, Write1};

element! {
    /// `schedule`: of the server, or within a task that has its own.
    Schedule {
        attr id: Luid = "id";
        attr name: String = "name";
        attr state: String = "state", "Active or Suspended.";
        attr priority: i64 = "priority", "1, the first, to 100.";
        attr created_at: Timestamp = "createdAt";
        attr updated_at: Timestamp = "updatedAt";
        attr schedule_type: String = "type", "Such as Extract or Subscription.";
        attr frequency: String = "frequency", "Hourly, Daily, Weekly or Monthly.";
        attr next_run_at: Timestamp = "nextRunAt";
        attr end_schedule_at: Timestamp = "endScheduleAt";
        attr execution_order: String = "executionOrder", "Parallel or Serial.";
        one frequency_details: FrequencyDetails = "frequencyDetails";
    }
}

element! {
    /// `schedules`.
    Schedules {
        many schedule: Schedule = "schedule";
    }
}

element! {
    /// `frequencyDetails` of a schedule.
    FrequencyDetails {
        attr start: String = "start", "A time of day, `18:30:00`.";
        attr end: String = "end", "A time of day, where there are several runs in one.";
        one intervals: Intervals = "intervals";
    }
}

element! {
    /// `intervals` of a schedule.
    Intervals {
        many interval: Interval = "interval";
    }
}

element! {
    /// `interval`. The values are text, so that a bad one gets the error of bad intervals.
    Interval {
        attr minutes: String = "minutes";
        attr hours: String = "hours";
        attr month_day: String = "monthDay", "1 to 31, LastDay, or First to Last along with a weekDay.";
        attr week_day: String = "weekDay";
    }
}

element! {
    /// `task`: what a schedule does to an item.
    Task {
        attr run_now: bool = "runNow", "In requests: at once, too.";
        one extract_refresh: ExtractRefresh = "extractRefresh";
        one data_acceleration: ExtractRefresh = "dataAcceleration", "Since 3.8.";
    }
}

element! {
    /// `tasks`.
    Tasks {
        many task: Task = "task";
    }
}

element! {
    /// `extractRefresh`: a task that refreshes the extracts of a workbook or data source.
    ExtractRefresh {
        attr id: Luid = "id";
        attr priority: i64 = "priority";
        attr consecutive_failed_count: u64 = "consecutiveFailedCount";
        attr refresh_type: String = "type";
        attr incremental: bool = "incremental", "In requests: only what is new.";
        one schedule: Schedule = "schedule";
        one workbook: Workbook = "workbook";
        one datasource: Datasource = "datasource";
        leaf last_run_at: Timestamp = "lastRunAt";
    }
}

element! {
    /// `extract`: a task in the list of one schedule.
    Extract {
        attr id: Luid = "id";
        attr priority: i64 = "priority";
        attr refresh_type: String = "type", "FullRefresh or IncrementalRefresh.";
        one workbook: Workbook = "workbook";
        one datasource: Datasource = "datasource";
    }
}

element! {
    /// `extracts`.
    Extracts {
        many extract: Extract = "extract";
    }
}

element! {
    /// `warnings` beside a result.
    Warnings {
        many warning: Warning = "warning";
    }
}

element! {
    /// `warning`: what the caller should know about a call that did what it was asked to.
    Warning {
        attr message: String = "message";
    }
}

element! {
    /// `scheduleLuids`: which schedules, by their ids.
    ScheduleLuids {
        many schedule_luid: ScheduleLuid = "scheduleLuid";
    }
}

element! {
    /// `scheduleLuid`.
    ScheduleLuid {
        text id: String = "value";
    }
}
