//! Subscriptions: views and workbooks that are sent by mail.

use super::{Node, Out, Read1, ReadError, User, Write1};

element! {
    /// `subscription`.
    Subscription {
        attr id: String = "id";
        attr subject: String = "subject";
        attr message: String = "message", "What the mail says besides.";
        attr attach_image: bool = "attachImage";
        attr attach_pdf: bool = "attachPdf";
        attr page_orientation: String = "pageOrientation";
        attr page_size_option: String = "pageSizeOption";
        attr suspended: bool = "suspended";
        one content: SubscriptionContent = "content";
        one schedule: SubscriptionSchedule = "schedule";
        one user: User = "user";
    }
}

element! {
    /// `content` of a subscription.
    SubscriptionContent {
        attr id: String = "id";
        attr kind: String = "type", "`Workbook` or `View`.";
        attr name: String = "name";
        attr send_if_view_empty: bool = "sendIfViewEmpty";
    }
}

element! {
    /// `schedule` of a subscription.
    SubscriptionSchedule {
        attr id: String = "id";
        attr name: String = "name";
        attr frequency: String = "frequency", "Of a schedule of the subscription's own, which Tableau Cloud has.";
    }
}

element! {
    /// `subscriptions`.
    Subscriptions {
        many subscription: Subscription = "subscription";
    }
}
