//! Lists that are paged, and that change while they are read.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::TryStreamExt;
use vivant_client::types::Workbook;
use vivant_client::{Client, ErrorKind, Filter, ListOptions, ProxyChoice};

use crate::fake::{Fake, Reply, error};
use crate::support::{list, names, password, site, workbooks};

#[tokio::test]
async fn pages_are_fetched_in_parallel_and_given_in_order() {
    let fake = Fake::start(|request, _| {
        if !request.is("GET", "/workbooks") {
            return None;
        }
        // Earlier pages take longer, so that they come back out of order.
        let page = request.number("pageNumber").unwrap_or(1);
        let delay = Duration::from_millis(u64::from(20 + 60 / page));
        Some(Reply::Slow(delay, Box::new(list(request, 95))))
    })
    .await;
    let client = Client::builder(&fake.url)
        .proxy(ProxyChoice::None)
        .parallelism(3)
        .build()
        .expect("a client");
    let site = client.sign_in(password()).await.expect("signed in");
    let listed = site.workbooks().list(ListOptions::new().page_size(10));
    let books: Vec<Workbook> = listed.stream().try_collect().await.expect("listed");
    let expected: Vec<String> = (0..95).map(|n| format!("book {n}")).collect();
    assert_eq!(names(&books), expected);
    assert_eq!(fake.count("GET", "/workbooks"), 10);
    assert_eq!(fake.most_at_once(), 3);
}

#[tokio::test]
async fn a_list_that_becomes_shorter_loses_nothing() {
    // Twelve items; behind page 1 item 0 goes, so that everything slides by one.
    let fake = Fake::start(|request, _| {
        if !request.is("GET", "/workbooks") {
            return None;
        }
        let page = request.number("pageNumber").unwrap_or(1);
        let later = move |n: u32| n + 1;
        Some(match page {
            1 => workbooks(1, 4, 12, 0..4),
            2 => workbooks(2, 4, 11, (4..8).map(later)),
            _ => workbooks(3, 4, 11, (8..11).map(later)),
        })
    })
    .await;
    // The second reading of page 1 has item 4 in its new place.
    let second = Fake::start(|request, before| {
        if !request.is("GET", "/workbooks") {
            return None;
        }
        let page = request.number("pageNumber").unwrap_or(1);
        Some(match (page, before) {
            (1, 0) => workbooks(1, 4, 12, 0..4),
            (page, _) => workbooks(page, 4, 11, ((page - 1) * 4 + 1)..(page * 4 + 1).min(12)),
        })
    })
    .await;
    let books = site(&fake)
        .await
        .workbooks()
        .list(ListOptions::new().page_size(4))
        .all()
        .await
        .expect("listed");
    assert_eq!(books.len(), 11);
    let books = site(&second)
        .await
        .workbooks()
        .list(ListOptions::new().page_size(4))
        .all()
        .await
        .expect("listed");
    assert_eq!(names(&books).last(), Some(&"book 4"));
    assert_eq!(books.len(), 12);
}

#[tokio::test]
async fn an_item_on_two_pages_is_given_once() {
    let fake = Fake::start(|request, _| {
        if !request.is("GET", "/workbooks") {
            return None;
        }
        // An item came in at the front after page 1 was read.
        Some(match request.number("pageNumber") {
            Some(1) => workbooks(1, 3, 6, 0..3),
            Some(2) => workbooks(2, 3, 7, 2..5),
            _ => workbooks(3, 3, 7, 5..6),
        })
    })
    .await;
    let books = site(&fake)
        .await
        .workbooks()
        .list(ListOptions::new().page_size(3))
        .all()
        .await
        .expect("listed");
    assert_eq!(
        names(&books),
        ["book 0", "book 1", "book 2", "book 3", "book 4", "book 5"]
    );
}

#[tokio::test]
async fn a_page_that_vanished_ends_the_list() {
    let fake = Fake::start(|request, _| {
        if !request.is("GET", "/workbooks") {
            return None;
        }
        Some(match request.number("pageNumber") {
            Some(1) => workbooks(1, 2, 6, 0..2),
            Some(2) => workbooks(2, 2, 6, 2..4),
            _ => error(400, "400006"),
        })
    })
    .await;
    let books = site(&fake)
        .await
        .workbooks()
        .list(ListOptions::new().page_size(2))
        .all()
        .await
        .expect("listed");
    assert_eq!(books.len(), 4);
}

#[tokio::test]
async fn a_page_that_fails_fails_the_list() {
    let fake = Fake::start(|request, _| {
        if !request.is("GET", "/workbooks") {
            return None;
        }
        Some(match request.number("pageNumber") {
            Some(1) => workbooks(1, 2, 6, 0..2),
            _ => error(403, "403004"),
        })
    })
    .await;
    let failure = site(&fake)
        .await
        .workbooks()
        .list(ListOptions::new().page_size(2))
        .all()
        .await
        .expect_err("403");
    assert_eq!(failure.kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn filters_arrive_as_they_were_meant() {
    let fake = Fake::start(|request, _| request.is("GET", "/workbooks").then(|| list(request, 0))).await;
    let site = site(&fake).await;
    let options = ListOptions::new()
        .filter(Filter::eq("name", "C++ & [a] 100%"))
        .fields("_default_,owner.name");
    assert!(
        site.workbooks()
            .list(options)
            .all()
            .await
            .expect("listed")
            .is_empty()
    );
    let target = fake.requests().pop().expect("a request").target;
    assert!(
        target.contains("?filter=name%3Aeq%3AC%2B%2B%20%26%20%5Ba%5D%20100%25&fields=_default_%2Cowner.name&pageSize=1000&pageNumber=1"),
        "{target}"
    );
    let before = fake.requests().len();
    let wrong = ListOptions::new().filter(Filter::eq("nme", "x"));
    assert_eq!(
        site.workbooks()
            .list(wrong)
            .all()
            .await
            .expect_err("a slip")
            .kind(),
        ErrorKind::InvalidInput
    );
    assert_eq!(fake.requests().len(), before);
}

/// A list by name that somebody else changes with each of the first requests, without changing its length: a thing
/// gets another name, or goes while another one comes.
fn restless(changes: usize) -> impl Fn(&crate::fake::Request, usize) -> Option<Reply> {
    // In the order of the list: the number of a thing, those from 1000 on made meanwhile.
    let state = Mutex::new(((0..40).collect::<Vec<u32>>(), 0usize, 12345u32));
    move |request, _| {
        if !request.is("GET", "/workbooks") {
            return None;
        }
        let mut state = state.lock().expect("not poisoned");
        let (things, changed, random) = &mut *state;
        let (page, size) = (request.number("pageNumber")?, request.number("pageSize")?);
        let first = ((page - 1) * size) as usize;
        let shown: Vec<u32> = things.iter().copied().skip(first).take(size as usize).collect();
        let reply = workbooks(page, size, 40, shown);
        if *changed < changes {
            *changed += 1;
            let mut below = |limit: usize| {
                *random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (*random >> 16) as usize % limit
            };
            let from = below(things.len());
            let moved = things.remove(from);
            // A third of the numbers may go.
            let comes = match moved % 3 {
                0 => 1000 + *changed as u32 * 3,
                _ => moved,
            };
            let to = below(things.len() + 1);
            things.insert(to, comes);
        }
        Some(reply)
    }
}

#[tokio::test]
async fn a_list_that_is_read_until_it_settles_misses_nothing() {
    for changes in [1, 3, 9, 25] {
        let fake = Fake::start(restless(changes)).await;
        let options = ListOptions::new().page_size(5).settled();
        let books = site(&fake)
            .await
            .workbooks()
            .list(options)
            .all()
            .await
            .expect("listed");
        let ids: Vec<_> = books.iter().filter_map(|book| book.id).collect();
        assert_eq!(
            ids.iter().collect::<BTreeSet<_>>().len(),
            ids.len(),
            "nothing twice"
        );
        let all = names(&books);
        for lasting in (0..40).filter(|n| n % 3 != 0) {
            assert!(
                all.contains(&format!("book {lasting}").as_str()),
                "{changes}: {lasting}"
            );
        }
    }
}

#[tokio::test]
async fn a_list_that_is_quiet_settles_with_the_second_reading() {
    let fake = Fake::start(restless(0)).await;
    let site = site(&fake).await;
    let options = ListOptions::new().page_size(10);
    for (options, requests) in [(options.clone(), 4), (options.settled(), 8)] {
        let before = fake.count("GET", "/workbooks");
        let books = site.workbooks().list(options).all().await.expect("listed");
        assert_eq!(
            (books.len(), fake.count("GET", "/workbooks") - before),
            (40, requests)
        );
    }
    // One page is of one moment.
    let options = ListOptions::new().settled();
    let before = fake.count("GET", "/workbooks");
    assert_eq!(
        site.workbooks().list(options).all().await.expect("listed").len(),
        40
    );
    assert_eq!(fake.count("GET", "/workbooks") - before, 1);
}

#[tokio::test]
async fn a_list_that_never_settles_ends() {
    let fake = Fake::start(restless(usize::MAX)).await;
    let options = ListOptions::new().page_size(5).settled();
    let books = site(&fake)
        .await
        .workbooks()
        .list(options)
        .all()
        .await
        .expect("listed");
    assert!(books.len() >= 40);
    assert_eq!(fake.count("GET", "/workbooks"), 80);
}
