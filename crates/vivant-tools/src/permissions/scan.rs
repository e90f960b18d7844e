//! The rules of everything on a site, as a stream: one call per set of rules, which REST forces, several at once.

use std::io::Write;

use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use vivant_client::Site;

use super::kind::Kind;
use super::rules::{Grantee, Place, Rules};
use crate::error::{Context, Error, Result};
use crate::items::{self, Item};
use crate::people::People;
use crate::remote;
use crate::tree::Tree;

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Scan {
    /// Items of which kinds.
    pub kinds: Vec<Kind>,
    /// For which kinds the defaults in projects are read, too; those that the API version lacks are left out.
    pub defaults: Vec<Kind>,
    /// How many calls run at once.
    pub parallel: usize,
}

impl Default for Scan {
    fn default() -> Self {
        Self {
            kinds: vec![Kind::Project, Kind::Workbook, Kind::Datasource],
            defaults: vec![Kind::Workbook, Kind::Datasource],
            parallel: 8,
        }
    }
}

/// Where rules stand on a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The item; of defaults the project.
    pub item: Item,
    /// The item's own rules, or its defaults for a kind.
    pub place: Place,
    /// The path of the project that keeps the rules of the item; `None` where they are its own.
    pub locked_by: Option<String>,
}

impl Spot {
    /// What to call it: `workbook /Sales/Book`, `project /Sales, defaults for workbooks`.
    pub fn label(&self) -> String {
        match self.place {
            Place::Item(kind, _) => format!("{} {}", kind.as_str(), self.item.path),
            Place::Default(_, kind) => format!("project {}, defaults for {}", self.item.path, kind.plural()),
        }
    }
}

/// Rules and where they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Where.
    pub spot: Spot,
    /// What.
    pub rules: Rules,
}

/// Lists the places that a scan looks at.
pub async fn spots(site: &Site, tree: &Tree, scan: &Scan) -> Result<Vec<Spot>> {
    let version = site
        .api_version()
        .await
        .context(|| "the API version is not known".to_owned())?;
    let items = items::list(site, tree, &scan.kinds).await?;
    let mut spots = Vec::new();
    for item in items {
        let lock = item
            .project
            .and_then(|id| tree.lock(id))
            .and_then(|project| project.id);
        // A project has rules of its own, also where it keeps those of its content.
        let lock = lock.filter(|id| item.kind != Kind::Project || item.project != Some(*id));
        let locked_by = lock.and_then(|id| tree.path(id)).map(|path| path.to_string());
        let own = Spot {
            place: Place::Item(item.kind, item.id),
            locked_by,
            item,
        };
        if let Some(project) = own.item.project.filter(|_| own.item.kind == Kind::Project) {
            let there = |kind: &&Kind| kind.defaults_since().is_some_and(|since| version >= since);
            let defaults: Vec<Spot> = scan
                .defaults
                .iter()
                .filter(there)
                .map(|kind| Spot {
                    place: Place::Default(project, *kind),
                    ..own.clone()
                })
                .collect();
            spots.push(own);
            spots.extend(defaults);
        } else {
            spots.push(own);
        }
    }
    Ok(spots)
}

/// Reads the rules at places, in their order.
pub fn read(site: &Site, spots: Vec<Spot>, parallel: usize) -> impl Stream<Item = Result<Placed>> {
    let site = site.clone();
    stream::iter(spots)
        .map(move |spot| {
            let site = site.clone();
            async move {
                let rules = remote::rules(&site, spot.place).await?;
                Ok(Placed { spot, rules })
            }
        })
        .buffered(parallel.max(1))
}

/// One row of an audit: one capability of one grantee in one place. A place without rules has a row without
/// grantee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Kind of the item.
    pub kind: &'static str,
    /// Its path.
    pub path: String,
    /// Its id.
    pub id: String,
    /// Its owner.
    pub owner: String,
    /// Of defaults in a project, what they are for; otherwise empty.
    pub default_for: &'static str,
    /// The project that keeps the item's rules; otherwise empty.
    pub locked_by: String,
    /// `user`, `group` or `groupSet`.
    pub grantee_type: &'static str,
    /// Name of the grantee.
    pub grantee: String,
    /// Name of the capability in the REST API.
    pub capability: String,
    /// `Allow` or `Deny`.
    pub mode: &'static str,
}

/// The rows of one place.
pub fn rows(placed: &Placed, people: &People) -> Vec<Row> {
    let spot = &placed.spot;
    let owner = spot.item.owner.map(|id| people.label(Grantee::user(id.0)));
    let row = Row {
        kind: spot.item.kind.as_str(),
        path: spot.item.path.to_string(),
        id: spot.item.id.to_string(),
        owner: owner.unwrap_or_default(),
        default_for: match spot.place {
            Place::Default(_, kind) => kind.as_str(),
            Place::Item(..) => "",
        },
        locked_by: spot.locked_by.clone().unwrap_or_default(),
        grantee_type: "",
        grantee: String::new(),
        capability: String::new(),
        mode: "",
    };
    let mut rows: Vec<Row> = Vec::new();
    for (grantee, rule) in placed.rules.iter() {
        rows.extend(rule.iter().map(|(name, mode)| Row {
            grantee_type: grantee.kind.as_str(),
            grantee: people.label(grantee),
            capability: name.to_owned(),
            mode: mode.as_str(),
            ..row.clone()
        }));
    }
    if rows.is_empty() {
        rows.push(row);
    }
    rows
}

/// The form of an audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// CSV with a header.
    Csv,
    /// A JSON array of objects.
    Json,
}

/// Writes the rules of a site while they are read; returns how many rows there are.
pub async fn audit(
    site: &Site,
    tree: &Tree,
    people: &People,
    scan: &Scan,
    form: Form,
    out: &mut (dyn Write + Send),
) -> Result<u64> {
    let unwritable = |error: std::io::Error| Error::File {
        what: "the audit cannot be written".to_owned(),
        source: error,
    };
    let spots = spots(site, tree, scan).await?;
    let mut placed = std::pin::pin!(read(site, spots, scan.parallel));
    let mut written = 0;
    if form == Form::Csv {
        let header = csv_text(|csv| csv.write_record(HEADER));
        out.write_all(&header).map_err(unwritable)?;
    }
    while let Some(placed) = placed.next().await {
        for row in rows(&placed?, people) {
            let bytes = match form {
                Form::Csv => csv_text(|csv| csv.serialize(&row)),
                Form::Json => {
                    let text = serde_json::to_string(&row).expect("rows are plain texts");
                    let before = if written == 0 { "[\n" } else { ",\n" };
                    format!("{before}{text}").into_bytes()
                }
            };
            out.write_all(&bytes).map_err(unwritable)?;
            written += 1;
        }
    }
    if form == Form::Json {
        let end: &[u8] = if written == 0 { b"[]\n" } else { b"\n]\n" };
        out.write_all(end).map_err(unwritable)?;
    }
    out.flush().map_err(unwritable)?;
    Ok(written)
}

const HEADER: [&str; 10] = [
    "kind",
    "path",
    "id",
    "owner",
    "default_for",
    "locked_by",
    "grantee_type",
    "grantee",
    "capability",
    "mode",
];

fn csv_text(write: impl FnOnce(&mut csv::Writer<&mut Vec<u8>>) -> csv::Result<()>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut csv = csv::WriterBuilder::new()
        .has_headers(false)
        .from_writer(&mut bytes);
    write(&mut csv).expect("rows of texts can be written to memory");
    drop(csv);
    bytes
}
