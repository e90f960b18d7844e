//! Lists: a stream over all items, whose pages are fetched in parallel once their number is known.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, FuturesOrdered, Stream, StreamExt, TryStreamExt};
use vivant_model::Luid;
use vivant_wire::node::{Read1, ReadError};
use vivant_wire::types::{self, Pagination};
use vivant_wire::{ApiVersion, ErrorCode, Node};

use crate::call::Call;
use crate::error::{Error, ErrorKind, Result};
use crate::filters::{self, Field, Filter, Sort};
use crate::site::Site;

/// How often a list that shows signs of change is read.
const PASSES: u32 = 2;
/// How often a list is read that is to be read until it settles.
const PASSES_TO_SETTLE: u32 = 10;

/// What is listed, in which order, with which parts.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ListOptions {
    page_size: Option<u32>,
    filters: Vec<Filter>,
    sort: Vec<Sort>,
    fields: Option<String>,
    settled: bool,
}

impl ListOptions {
    /// Everything, in the server's order.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a condition.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filters.push(filter);
        self
    }

    /// Adds a sort key.
    pub fn sort(mut self, key: Sort) -> Self {
        self.sort.push(key);
        self
    }

    /// Asks for other parts than the normal ones: `_all_`, or names such as `_default_,owner.name`.
    pub fn fields(mut self, names: impl Into<String>) -> Self {
        self.fields = Some(names.into());
        self
    }

    /// Reads a list of several pages until two readings in a row bring the same items, so that none is missing that
    /// was there all the time, whatever others create, rename and delete meanwhile. That takes at least twice the
    /// requests; a list that does not settle is given after ten readings. What was deleted meanwhile may be in it.
    pub fn settled(mut self) -> Self {
        self.settled = true;
        self
    }

    /// Sets the size of pages, 1 to 1000; otherwise the client's.
    pub fn page_size(mut self, size: u32) -> Self {
        self.page_size = Some(size);
        self
    }
}

/// Something that servers list.
pub trait Listed: Read1 + Send + 'static {
    /// The element around the items.
    const PLURAL: &'static str;
    /// The element of one item.
    const SINGULAR: &'static str;

    /// The item's id.
    fn luid(&self) -> Option<Luid>;

    /// Reads the items out of the element around them.
    fn items(plural: &Node) -> std::result::Result<Vec<Self>, ReadError> {
        plural.many(Self::SINGULAR)
    }
}

macro_rules! listed {
    ($luid:expr; $($type:ident: $plural:literal $singular:literal),*) => {$(
        impl Listed for types::$type {
            const PLURAL: &'static str = $plural;
            const SINGULAR: &'static str = $singular;

            fn luid(&self) -> Option<Luid> {
                self.id.as_ref().and_then($luid)
            }
        }
    )*};
}

listed! { |id| Some(id.0);
    Workbook: "workbooks" "workbook",
    View: "views" "view",
    Datasource: "datasources" "datasource",
    Project: "projects" "project",
    User: "users" "user",
    Group: "groups" "group",
    Site: "sites" "site",
    Flow: "flows" "flow",
    Database: "databases" "database",
    Table: "tables" "table",
    Column: "columns" "column",
    DataAlert: "dataAlerts" "dataAlert",
    Metric: "metrics" "metric",
    CustomView: "customViews" "customView",
    VirtualConnection: "virtualConnections" "virtualConnection",
    DatabaseConnection: "virtualConnectionConnections" "connection",
    GroupSet: "groupSets" "groupSet"
}

listed! { |id| Some(*id);
    BackgroundJob: "backgroundJobs" "backgroundJob",
    Schedule: "schedules" "schedule",
    Extract: "extracts" "extract"
}

listed! { |id| id.parse().ok();
    Subscription: "subscriptions" "subscription"
}

impl Listed for types::Favorite {
    const PLURAL: &'static str = "favorites";
    const SINGULAR: &'static str = "favorite";

    // The same item may be there under several labels.
    fn luid(&self) -> Option<Luid> {
        None
    }
}

impl Listed for types::Revision {
    const PLURAL: &'static str = "revisions";
    const SINGULAR: &'static str = "revision";

    fn luid(&self) -> Option<Luid> {
        None
    }
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// From 1.
    pub number: u32,
    /// How many items a full page has.
    pub size: u32,
    /// How many items there are on all pages; `None` where the server does not say.
    pub total: Option<u64>,
    /// The items; those that an earlier page had already are left out.
    pub items: Vec<T>,
}

/// A list that is still to be fetched.
#[must_use = "nothing is fetched before the list is read"]
pub struct List<T> {
    source: Arc<Source>,
    problem: Option<Error>,
    kind: std::marker::PhantomData<fn() -> T>,
}

struct Source {
    site: Site,
    path: String,
    /// Where older servers have the list: before this version, at this address.
    older: Option<(ApiVersion, String)>,
    query: Vec<(Cow<'static, str>, String)>,
    page_size: u32,
    parallelism: usize,
    settled: bool,
}

impl<T: Listed> List<T> {
    pub(crate) fn new(site: Site, path: String, options: ListOptions, fields: &[Field]) -> Self {
        let inner = &site.client().0;
        let mut query = Vec::new();
        let mut add = |name: &'static str, value: Result<Option<String>>| match value {
            Ok(Some(value)) => {
                query.push((name.into(), value));
                None
            }
            Ok(None) => None,
            Err(error) => Some(error),
        };
        let page_size = options.page_size.unwrap_or(inner.page_size);
        let parallelism = inner.parallelism;
        let mut problem = add("filter", filters::filter_expression(&options.filters, fields))
            .or(add("sort", filters::sort_expression(&options.sort, fields)))
            .or(add("fields", Ok(options.fields)));
        if page_size == 0 || page_size > vivant_wire::query::MAX_PAGE_SIZE {
            problem = Some(Error::invalid(format!(
                "a page holds 1 to 1000 items, not {page_size}"
            )));
        }
        Self {
            source: Arc::new(Source {
                site,
                path,
                older: None,
                query,
                page_size,
                parallelism,
                settled: options.settled,
            }),
            problem,
            kind: std::marker::PhantomData,
        }
    }

    /// Adds a parameter of the method's own.
    pub(crate) fn query(mut self, name: &'static str, value: &str) -> Self {
        let source = Arc::get_mut(&mut self.source).expect("nobody else has the list yet");
        source.query.push((name.into(), value.to_owned()));
        self
    }

    /// Says where servers before a version have the list.
    pub(crate) fn before(mut self, version: ApiVersion, path: String) -> Self {
        let source = Arc::get_mut(&mut self.source).expect("nobody else has the list yet");
        source.older = Some((version, path));
        self
    }

    /// Fetches one page.
    pub async fn page(self, number: u32) -> Result<Page<T>> {
        match self.problem {
            Some(error) => Err(error),
            None => self.source.fetch(number, self.source.page_size).await,
        }
    }

    /// Fetches everything.
    pub async fn all(self) -> Result<Vec<T>> {
        let mut items = Vec::new();
        let mut pages = std::pin::pin!(self.pages());
        while let Some(page) = pages.try_next().await? {
            items.extend(page.items);
        }
        Ok(items)
    }

    /// Streams the items of all pages, in the server's order.
    pub fn stream(self) -> impl Stream<Item = Result<T>> + Send {
        let pages = Box::pin(self.pages());
        stream::try_unfold((pages, VecDeque::new()), |(mut pages, mut items)| async move {
            loop {
                if let Some(item) = items.pop_front() {
                    return Ok(Some((item, (pages, items))));
                }
                match pages.try_next().await? {
                    Some(page) => items = page.items.into(),
                    None => return Ok(None),
                }
            }
        })
    }

    /// Streams the pages, in order.
    ///
    /// A list may change while it is read. An item that slides onto a later page is given once. When the number of
    /// items changes or an item comes twice, others may have slid onto pages that were read already, so the pages are
    /// read again and what is new is given at the end. A change that shows in neither, such as one item that goes while
    /// another one comes, or a new name in a list by names, can hide an item: see [`ListOptions::settled`].
    pub fn pages(self) -> impl Stream<Item = Result<Page<T>>> + Send {
        let pager = Pager::<T> {
            source: self.source,
            problem: self.problem,
            pending: FuturesOrdered::new(),
            seen: HashMap::new(),
            size: 0,
            next: 0,
            last: 0,
            pass: Pass {
                number: 1,
                ..Pass::default()
            },
            items_before: 0,
        };
        stream::try_unfold(pager, |mut pager| async move {
            Ok(pager.next().await?.map(|page| (page, pager)))
        })
    }
}

impl Source {
    /// Fetches the first page, with Tableau's default size where the server does not take a larger one.
    async fn first<T: Listed>(&self) -> Result<Page<T>> {
        let size = self.page_size;
        match self.fetch(1, size).await {
            Err(error)
                if error.is_code(ErrorCode::PageSizeLimit)
                    && size > vivant_wire::query::DEFAULT_PAGE_SIZE =>
            {
                self.fetch(1, vivant_wire::query::DEFAULT_PAGE_SIZE).await
            }
            outcome => outcome,
        }
    }

    async fn fetch<T: Listed>(&self, number: u32, size: u32) -> Result<Page<T>> {
        let path = match &self.older {
            Some((version, path)) if self.site.api_version().await? < *version => path,
            _ => &self.path,
        };
        let mut call = Call::get(path);
        call.query.clone_from(&self.query);
        let call = call.query("pageSize", size).query("pageNumber", number);
        read_page(&self.site.call(&call).await?, number, size)
    }
}

fn read_page<T: Listed>(node: &Node, number: u32, size: u32) -> Result<Page<T>> {
    let unusable = |e| {
        Error::new(
            ErrorKind::UnexpectedAnswer,
            format!("the list cannot be used: {e}"),
        )
    };
    let pagination: Pagination = node.one("pagination").map_err(unusable)?.unwrap_or_default();
    let items = match node.child(T::PLURAL) {
        Some(plural) => T::items(plural).map_err(unusable)?,
        // A JSON answer may leave an empty collection out; any other answer is no list.
        None if pagination.total_available == Some(0) => Vec::new(),
        None => {
            return Err(Error::new(
                ErrorKind::UnexpectedAnswer,
                format!("the answer has no <{}>", T::PLURAL),
            ));
        }
    };
    Ok(Page {
        number: pagination.page_number.unwrap_or(number),
        size: pagination.page_size.filter(|n| *n > 0).unwrap_or(size),
        total: pagination.total_available,
        items,
    })
}

struct Pager<T> {
    source: Arc<Source>,
    problem: Option<Error>,
    pending: FuturesOrdered<BoxFuture<'static, Result<Page<T>>>>,
    /// What came so far, each with the reading in which it came last.
    seen: HashMap<Luid, u32>,
    size: u32,
    /// The next page to ask for; 0 before the first.
    next: u32,
    /// The last page that the total needs.
    last: u32,
    pass: Pass,
    /// How many items the reading before had.
    items_before: u64,
}

/// One reading of all pages.
#[derive(Default)]
struct Pass {
    number: u32,
    total: Option<u64>,
    /// Items with an id.
    items: u64,
    /// Those of them that the reading before had, too.
    as_before: u64,
    /// Whether the list changed for all to see.
    changed: bool,
}

impl<T: Listed> Pager<T> {
    async fn next(&mut self) -> Result<Option<Page<T>>> {
        if let Some(error) = self.problem.take() {
            return Err(error);
        }
        if self.next == 0 {
            let source = Arc::clone(&self.source);
            let page = source.first().await?;
            self.size = page.size;
            self.next = 2;
            return Ok(Some(self.take(page)));
        }
        loop {
            while self.pending.len() < self.source.parallelism && self.next <= self.last {
                let (source, number, size) = (Arc::clone(&self.source), self.next, self.size);
                self.pending
                    .push_back(Box::pin(async move { source.fetch(number, size).await }));
                self.next += 1;
            }
            let Some(outcome) = self.pending.next().await else {
                if !self.must_read_again() {
                    return Ok(None);
                }
                self.items_before = self.pass.items;
                self.pass = Pass {
                    number: self.pass.number + 1,
                    ..Pass::default()
                };
                self.next = 1;
                continue;
            };
            let page = match outcome {
                Ok(page) => page,
                // The list became shorter than its total said: what is behind is gone too.
                Err(error) if error.is_code(ErrorCode::InvalidPageNumber) => {
                    self.pass.changed = true;
                    self.pending.clear();
                    self.last = self.last.min(self.next.saturating_sub(1));
                    self.next = self.last + 1;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let page = self.take(page);
            if !page.items.is_empty() {
                return Ok(Some(page));
            }
        }
    }

    /// Whether something may have been missed in the reading that ended.
    fn must_read_again(&self) -> bool {
        // One page is of one moment. Things without an id could not be told from those that were given.
        if self.last <= 1 && self.pass.number == 1 && !self.pass.changed || self.seen.is_empty() {
            return false;
        }
        let pass = &self.pass;
        match self.source.settled {
            false => pass.changed && pass.number < PASSES,
            true => {
                let same = pass.items == self.items_before && pass.as_before == pass.items;
                !same && pass.number < PASSES_TO_SETTLE
            }
        }
    }

    /// Notes a page's total and drops what was given already.
    fn take(&mut self, mut page: Page<T>) -> Page<T> {
        let pass = &mut self.pass;
        if let Some(total) = page.total {
            pass.changed |= pass.total.is_some_and(|before| before != total);
            pass.total = Some(total);
            self.last = u32::try_from(total.div_ceil(u64::from(self.size.max(1)))).unwrap_or(u32::MAX);
        }
        page.items.retain(|item| {
            let Some(id) = item.luid() else {
                return pass.number == 1;
            };
            let before = self.seen.insert(id, pass.number);
            if before == Some(pass.number) {
                pass.changed = true;
            } else {
                pass.items += 1;
                pass.as_before += u64::from(before.is_some_and(|number| number + 1 == pass.number));
            }
            before.is_none()
        });
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vivant_wire::Format;

    fn page(xml: &str) -> Result<Page<types::Project>> {
        read_page(&Node::parse(Format::Xml, xml.as_bytes()).expect("XML"), 3, 50)
    }

    #[test]
    fn pages_are_read_with_and_without_paging() {
        let read = page(
            "<tsResponse><pagination pageNumber='2' pageSize='10' totalAvailable='11'/><projects><project name='a'/></projects></tsResponse>",
        );
        let read = read.expect("a page");
        assert_eq!(
            (read.number, read.size, read.total, read.items.len()),
            (2, 10, Some(11), 1)
        );
        let read = page("<tsResponse><projects/></tsResponse>").expect("a page");
        assert_eq!(
            (read.number, read.size, read.total, read.items.len()),
            (3, 50, None, 0)
        );
    }

    #[test]
    fn an_answer_without_a_list_is_no_empty_list() {
        assert!(page("<tsResponse><workbooks/></tsResponse>").is_err());
        assert!(page("<tsResponse/>").is_err());
    }
}
