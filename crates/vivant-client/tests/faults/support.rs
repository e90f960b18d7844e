//! Clients, sessions and answers that the tests share.

use std::time::Duration;

use vivant_client::types::Workbook;
use vivant_client::{Client, Credentials, ProxyChoice, RetryPolicy, Site};

use crate::fake::{Fake, Reply, Request, id, ok};

pub fn quick() -> RetryPolicy {
    RetryPolicy {
        attempts: 3,
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(5),
        budget: Duration::from_secs(5),
    }
}

pub fn client(fake: &Fake) -> Client {
    Client::builder(&fake.url)
        .proxy(ProxyChoice::None)
        .retry(quick())
        .build()
        .expect("a client")
}

pub fn password() -> Credentials {
    Credentials::password("ann", "p4ss-w0rd")
}

pub async fn site(fake: &Fake) -> Site {
    client(fake).sign_in(password()).await.expect("signed in")
}

/// A page of workbooks with the ids of the given numbers.
pub fn workbooks(page: u32, size: u32, total: u32, numbers: impl IntoIterator<Item = u32>) -> Reply {
    let items: String = numbers
        .into_iter()
        .map(|n| format!("<workbook id='{}' name='book {n}' size='1'/>", id(n)))
        .collect();
    ok(&format!(
        "<pagination pageNumber='{page}' pageSize='{size}' totalAvailable='{total}'/><workbooks>{items}</workbooks>"
    ))
}

pub fn names(books: &[Workbook]) -> Vec<&str> {
    books.iter().filter_map(|b| b.name.as_deref()).collect()
}

/// Answers a list of `total` workbooks from its query.
pub fn list(request: &Request, total: u32) -> Reply {
    let (page, size) = (
        request.number("pageNumber").unwrap_or(1),
        request.number("pageSize").unwrap_or(100),
    );
    let first = (page - 1) * size;
    workbooks(page, size, total, first..total.min(first + size))
}
