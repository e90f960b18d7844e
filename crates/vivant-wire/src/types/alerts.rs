//! Data-driven alerts, and the metrics that went before Pulse.

use super::{
    DataAlertId, MetricId, Node, Out, Project, Read1, ReadError, Site, Tags, Timestamp, User, UserId, View,
    Write1,
};

element! {
    /// `dataAlert`: a mail when a number of a view crosses a threshold.
    DataAlert {
        attr id: DataAlertId = "id";
        attr subject: String = "subject";
        attr creator_id: UserId = "creatorId";
        attr created_at: Timestamp = "createdAt";
        attr updated_at: Timestamp = "updatedAt";
        attr frequency: String = "frequency", "Once, Frequently, Hourly, Daily or Weekly.";
        attr alert_condition: String = "alertCondition", "Such as `above`.";
        attr alert_threshold: String = "alertThreshold";
        attr public: bool = "public", "Whether others may add themselves.";
        attr suspended: bool = "suspended";
        one owner: User = "owner";
        one view: View = "view";
        one recipients: DataAlertRecipients = "recipients";
    }
}

element! {
    /// `dataAlerts`.
    DataAlerts {
        many data_alert: DataAlert = "dataAlert";
    }
}

element! {
    /// `recipients` of an alert.
    DataAlertRecipients {
        many recipient: DataAlertRecipient = "recipient";
    }
}

element! {
    /// `recipient` of an alert.
    DataAlertRecipient {
        attr id: UserId = "id";
        attr name: String = "name";
        attr last_sent: Timestamp = "lastSent";
    }
}

element! {
    /// `metric`: one number of a view, followed over time.
    Metric {
        attr id: MetricId = "id";
        attr name: String = "name";
        attr description: String = "description";
        attr webpage_url: String = "webpageUrl";
        attr created_at: Timestamp = "createdAt";
        attr updated_at: Timestamp = "updatedAt";
        attr suspended: bool = "suspended";
        one site: Site = "site";
        one project: Project = "project";
        one owner: User = "owner";
        one tags: Tags = "tags";
        one underlying_view: View = "underlyingView";
    }
}

element! {
    /// `metrics`.
    Metrics {
        many metric: Metric = "metric";
    }
}
