//! `list`: projects, workbooks, data sources or flows.

use std::collections::HashMap;

use vivant_client::model::WorkbookId;
use vivant_client::types::{Datasource, Flow, Project, User, Workbook};
use vivant_client::{ListOptions, Site, Sort};

use super::args::{Global, List, Listing};
use super::console::Console;
use super::failure::Failure;
use super::session::Session;

/// How many views of a workbook are named.
const VIEWS_SHOWN: usize = 10;

/// What is shown of an item.
struct Item {
    id: String,
    name: String,
    owner: String,
    address: Option<String>,
    views: Option<Vec<String>>,
}

/// Lists content.
pub async fn list(args: List, global: &Global, console: &Console) -> Result<(), Failure> {
    Session::with(global, console, async |session| {
        let (kind, items) = fetch(&session.site, &args).await?;
        console.info(format!(
            "===== Listing {kind} content for user {}...",
            session.username
        ));
        if items.is_empty() {
            console.info("No content found");
            return Ok(());
        }
        let mut lines = vec![heading(&args)];
        lines.extend(items.iter().map(|item| match args.machine {
            true => for_machines(item, &args),
            false => for_people(item, &args),
        }));
        lines.push(format!("{} total {kind}", items.len()));
        console.info(lines.join("\n"));
        Ok(())
    })
    .await
}

async fn fetch(site: &Site, args: &List) -> Result<(&'static str, Vec<Item>), Failure> {
    let options = ListOptions::new();
    Ok(match args.content {
        Listing::Projects => {
            let all = site.projects().list(options).all().await?;
            ("projects", all.into_iter().map(Item::from).collect())
        }
        Listing::Workbooks => {
            let all = site.workbooks().list(options).all().await?;
            let mut views = match args.details {
                true => Some(views_by_workbook(site).await?),
                false => None,
            };
            let items = all.into_iter().map(|workbook| {
                let id = workbook.id;
                let views = views
                    .as_mut()
                    .map(|views| id.and_then(|id| views.remove(&id)).unwrap_or_default());
                Item {
                    views,
                    ..Item::from(workbook)
                }
            });
            ("workbooks", items.collect())
        }
        Listing::Datasources => {
            let all = site.datasources().list(options).all().await?;
            ("datasources", all.into_iter().map(Item::from).collect())
        }
        Listing::Flows => {
            let all = site.flows().list(options).all().await?;
            ("flows", all.into_iter().map(Item::from).collect())
        }
    })
}

/// The views of all workbooks from one list, in place of one request for each workbook; in the order of
/// their tabs.
async fn views_by_workbook(site: &Site) -> Result<HashMap<WorkbookId, Vec<String>>, Failure> {
    let mut found: HashMap<WorkbookId, Vec<String>> = HashMap::new();
    let options = ListOptions::new().sort(Sort::asc("sheetNumber"));
    for view in site.views().list(options).all().await? {
        if let (Some(workbook), Some(name)) = (view.workbook.and_then(|workbook| workbook.id), view.name) {
            found.entry(workbook).or_default().push(name);
        }
    }
    Ok(found)
}

fn heading(args: &List) -> String {
    let columns = [
        (true, "ID"),
        (args.name, "NAME"),
        (args.owner, "OWNER"),
        (args.address && args.content.has_address(), "URL"),
        (args.details && args.content == Listing::Workbooks, "CHILDREN"),
    ];
    let shown: Vec<&str> = columns
        .iter()
        .filter(|(shown, _)| *shown)
        .map(|(_, name)| *name)
        .collect();
    shown.join(", ")
}

fn for_machines(item: &Item, args: &List) -> String {
    let mut line = item.id.clone();
    let mut put = |value: &str| {
        line.push_str(", ");
        line.push_str(&quoted(value));
    };
    if args.name {
        put(&item.name);
    }
    if args.owner {
        put(&item.owner);
    }
    if let (true, Some(address)) = (args.address, &item.address) {
        put(address);
    }
    if let Some(views) = &item.views {
        let shown: Vec<&str> = views.iter().take(VIEWS_SHOWN).map(String::as_str).collect();
        put(&shown.join(", "));
    }
    line
}

fn for_people(item: &Item, args: &List) -> String {
    let mut line = format!("ID: {}", item.id);
    if args.name {
        line.push_str(&format!(", \tNAME: {}", item.name));
    }
    if args.owner {
        line.push_str(&format!(", \tOWNER: {}", item.owner));
    }
    if let (true, Some(address)) = (args.address, &item.address) {
        line.push_str(&format!(", {address}"));
    }
    if let Some(views) = &item.views {
        let shown: Vec<&str> = views.iter().take(VIEWS_SHOWN).map(String::as_str).collect();
        line.push_str(&format!(", VIEWS:{}", shown.join(", ")));
    }
    line
}

/// Quotes a value that would otherwise not be one value.
fn quoted(value: &str) -> String {
    match value.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", value.replace('"', "\"\"")),
        false => value.to_owned(),
    }
}

impl Listing {
    fn has_address(self) -> bool {
        matches!(self, Self::Workbooks | Self::Datasources)
    }
}

fn id_of(owner: Option<User>) -> String {
    let id = owner.and_then(|owner| owner.id);
    id.map(|id| id.to_string()).unwrap_or_default()
}

macro_rules! items {
    ($($type:ty, $address:expr;)*) => {$(
        impl From<$type> for Item {
            fn from(item: $type) -> Self {
                let address: fn(&$type) -> Option<String> = $address;
                Self {
                    id: item.id.map(|id| id.to_string()).unwrap_or_default(),
                    address: address(&item),
                    name: item.name.unwrap_or_default(),
                    owner: id_of(item.owner),
                    views: None,
                }
            }
        }
    )*};
}
items! {
    Project, |_| None;
    Workbook, |item| Some(item.content_url.clone().unwrap_or_default());
    Datasource, |item| Some(item.content_url.clone().unwrap_or_default());
    Flow, |_| None;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_tabcmd() {
        let item = Item {
            id: "1".to_owned(),
            name: "A, \"B\"".to_owned(),
            owner: "2".to_owned(),
            address: Some("AB".to_owned()),
            views: Some((1..=12).map(|n| format!("v{n}")).collect()),
        };
        let mut args = List {
            content: Listing::Workbooks,
            machine: false,
            name: true,
            owner: true,
            details: true,
            address: true,
        };
        assert_eq!(heading(&args), "ID, NAME, OWNER, URL, CHILDREN");
        assert_eq!(
            for_people(&item, &args),
            "ID: 1, \tNAME: A, \"B\", \tOWNER: 2, AB, VIEWS:v1, v2, v3, v4, v5, v6, v7, v8, v9, v10"
        );
        assert_eq!(
            for_machines(&item, &args),
            "1, \"A, \"\"B\"\"\", 2, AB, \"v1, v2, v3, v4, v5, v6, v7, v8, v9, v10\""
        );
        args.content = Listing::Projects;
        (args.owner, args.name) = (false, false);
        assert_eq!(heading(&args), "ID");
    }
}
