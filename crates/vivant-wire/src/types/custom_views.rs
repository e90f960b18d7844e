//! Custom views: a view with somebody's filters and selections.

use super::{CustomViewId, Node, Out, Read1, ReadError, Timestamp, User, View, Workbook, Write1};

element! {
    /// `customView`.
    CustomView {
        attr id: CustomViewId = "id";
        attr name: String = "name";
        attr created_at: Timestamp = "createdAt";
        attr updated_at: Timestamp = "updatedAt";
        attr last_accessed_at: Timestamp = "lastAccessedAt";
        attr content_url: String = "contentUrl";
        attr shared: bool = "shared", "Whether others see it.";
        one view: View = "view";
        one workbook: Workbook = "workbook";
        one owner: User = "owner";
    }
}

element! {
    /// `customViews`.
    CustomViews {
        many custom_view: CustomView = "customView";
    }
}

element! {
    /// `customViewAsUserDefaultViewResult`.
    CustomViewAsUserDefaultViewResult {
        attr success: bool = "success";
        one user: User = "user";
    }
}
