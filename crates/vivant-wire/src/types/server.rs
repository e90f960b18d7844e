//! Server Info, errors, paging.

use super::{Node, Out, Read1, ReadError, Write1};

element! {
    /// `pagination`: which part of a list an answer holds.
    Pagination {
        attr page_number: u32 = "pageNumber";
        attr page_size: u32 = "pageSize";
        attr total_available: u64 = "totalAvailable", "All items that fit the filter and that the caller may see.";
    }
}

element! {
    /// `error`: why a request failed.
    Error {
        attr code: String = "code", "Six digits.";
        leaf summary: String = "summary";
        leaf detail: String = "detail";
    }
}

element! {
    /// `serverInfo`.
    ServerInfo {
        one product_version: ProductVersion = "productVersion";
        leaf rest_api_version: String = "restApiVersion", "The newest version that the server speaks.";
    }
}

element! {
    /// `productVersion`.
    ProductVersion {
        attr build: String = "build";
        text value: String = "value";
    }
}
