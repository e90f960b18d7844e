//! `vivant content`: search over all content of a site.

use clap::Args;
use vivant_client::SearchOptions;

use crate::resource::{Action, Column, Kind, Resource, Value, Work, column, number, verb};

const COLUMNS: &[Column] = &[
    column("TYPE", "content.type"),
    column("TITLE", "content.title"),
    column("PROJECT", "content.containerName"),
    column("OWNER", "content.ownerName"),
    number("VIEWS", "content.hitsTotal"),
    column("ID", "content.luid"),
];

static KIND: Kind = Kind::unlisted("content", COLUMNS);

/// `vivant content`.
pub const RESOURCE: Resource = Resource {
    name: "content",
    aliases: &[],
    about: "Search over all content of a site",
    kind: &KIND,
    verbs: &[verb::<Search>("search")],
};

/// Search for content of every kind
#[derive(Debug, Args)]
struct Search {
    /// Words
    #[arg(value_name = "WORD")]
    words: Vec<String>,
    /// Only what this holds for, such as `type:eq:workbook` or `ownerId:eq:17`
    #[arg(long, value_name = "CONDITION")]
    filter: Option<String>,
    /// The order, such as `hitsTotal:desc`; otherwise by how well it fits
    #[arg(long, value_name = "FIELD")]
    sort: Option<String>,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=2000))]
    limit: u32,
}

/// Servers give no larger page.
const PAGE: u32 = 100;

impl Action for Search {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let words = self.words.join(" ");
        let mut options = SearchOptions {
            terms: (!words.is_empty()).then_some(words),
            filter: self.filter,
            order_by: self.sort,
            limit: Some(PAGE.min(self.limit)),
            page: Some(0),
        };
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let mut items: Vec<Value> = Vec::new();
        for number in 0.. {
            options.page = Some(number);
            let page = work.site.content_exploration().search(&options).await?;
            let empty = page.items.is_empty();
            items.extend(page.items);
            if !page.more || empty || items.len() >= limit {
                break;
            }
        }
        items.truncate(limit);
        work.list(COLUMNS, &items, false);
        Ok(())
    }
}
