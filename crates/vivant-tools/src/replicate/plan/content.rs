//! Workbooks, data sources and views: what is published, what belongs to it, and its rules.

use std::collections::HashMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use vivant_client::Site;
use vivant_model::ViewId;
use vivant_wire::types::Connection;

use super::{Planner, Spot, Stage, Step, is_open, own_views};
use crate::error::{Context, Result};
use crate::journal::Entry;
use crate::permissions::{Grantee, Kind, Place};
use crate::replicate::snapshot::{Content, labels};
use crate::replicate::{Credential, Existing, Options, Part};
use crate::report::{Action, Line};
use crate::tree::Path;

impl Planner<'_> {
    pub(super) fn content(&mut self) {
        let mut hidden: HashMap<Path, Vec<String>> = HashMap::new();
        for (path, view) in self.source.views.values() {
            if let (Some(workbook), Some(true), Some(name)) = (path.parent(), view.hidden, &view.name) {
                hidden.entry(workbook).or_default().push(name.clone());
            }
        }
        for content in &self.source.content {
            let item = &content.item;
            let (stage, what) = match item.kind {
                Kind::Workbook => (Stage::Workbooks, "workbook"),
                _ => (Stage::Datasources, "data source"),
            };
            let name = item.path.to_string();
            let present = self.target.content_at(item.kind, &item.path);
            let entry = self
                .journal
                .and_then(|journal| journal.entry(item.kind.as_str(), &item.id.to_string()));
            let (publish, detail) = match (present, entry) {
                (None, _) => (true, ""),
                (Some(_), Some(Entry::Begun)) => (true, "an earlier run ended while it was published"),
                (Some(found), Some(Entry::Moved { stamp, id })) if *id == found.item.id.to_string() => {
                    (*stamp != content.stamp, "the source has changed since")
                }
                (Some(_), _) => (
                    self.options.existing == Existing::Replace,
                    "replaces what is there",
                ),
            };
            if publish {
                let action = if present.is_some() {
                    Action::Change
                } else {
                    Action::Create
                };
                let step = Step::Publish {
                    content: content.clone(),
                    hidden: hidden.get(&item.path).cloned().unwrap_or_default(),
                    connections: Vec::new(),
                };
                self.step(stage, Line::new(action, what, &name, detail), step);
            }
            self.details(content, present, what);
        }
        self.view_tags();
    }

    /// Owner, description, tags, certification.
    fn details(&mut self, content: &Content, present: Option<&Content>, what: &'static str) {
        let owner = content.item.owner.map(|id| Grantee::user(id.0));
        let there = present
            .and_then(|found| found.item.owner)
            .map(|id| Grantee::user(id.0));
        let mut words = Vec::new();
        if let Some(owner) = self.new_owner(owner, there, what, &content.item.path) {
            words.push(format!("owner {}", self.names.there(owner).unwrap_or_default()));
        }
        let tags = present.map(|found| &found.tags[..]).unwrap_or_default();
        if tags != content.tags {
            words.push(format!("tags {}", content.tags.join(", ")));
        }
        if present.map_or("", |found| found.description.as_str()) != content.description {
            words.push("description".to_owned());
        }
        let plain = Some((false, String::new()));
        let certified = present.map_or(&plain, |found| &found.certified);
        if content.certified.is_some() && *certified != content.certified {
            words.push("certification".to_owned());
        }
        let name = content.item.path.to_string();
        match words.is_empty() {
            true if present.is_some() => self.note(Action::Leave, what, name, ""),
            true => {}
            false => {
                let line = Line::new(Action::Change, what, name, words.join("; "));
                self.step(
                    Stage::Details,
                    line,
                    Step::Details {
                        content: content.clone(),
                    },
                );
            }
        }
    }

    fn view_tags(&mut self) {
        let there: HashMap<&Path, Vec<String>> = self
            .target
            .views
            .values()
            .map(|(path, view)| (path, labels(view.tags.as_ref())))
            .collect();
        let mut tagged: Vec<(&Path, Vec<String>)> = self
            .source
            .views
            .values()
            .map(|(path, view)| (path, labels(view.tags.as_ref())))
            .filter(|(path, tags)| {
                there
                    .get(path)
                    .map_or(!tags.is_empty(), |present| present != tags)
            })
            .collect();
        tagged.sort();
        for (path, tags) in tagged {
            let Some(workbook) = path.parent() else { continue };
            let line = Line::new(
                Action::Change,
                "view",
                path.to_string(),
                format!("tags {}", tags.join(", ")),
            );
            let name = path.name().to_owned();
            self.step(Stage::Details, line, Step::ViewTags { workbook, name, tags });
        }
    }

    pub(super) fn content_rules(&mut self) {
        if !self.options.has(Part::Content) {
            return;
        }
        for content in self
            .source
            .content
            .iter()
            .filter(|content| is_open(&self.source.tree, content))
        {
            let item = &content.item;
            let twin = self.target.content_at(item.kind, &item.path);
            let label = format!("{} {}", item.kind.as_str(), item.path);
            let at = Spot::Content(item.kind, item.path.clone());
            let place = Place::Item(item.kind, item.id);
            self.rules(
                Stage::ContentRules,
                place,
                twin.map(|found| Place::Item(item.kind, found.item.id)),
                at,
                label,
            );
        }
        self.view_rules();
    }

    fn view_rules(&mut self) {
        let (source, target) = (self.source, self.target);
        let twins: HashMap<&Path, ViewId> = target.views.iter().map(|(id, (path, _))| (path, *id)).collect();
        for (id, path, _) in own_views(source) {
            let Some(workbook) = path.parent() else { continue };
            let twin = twins.get(path).map(|id| Place::Item(Kind::View, id.0));
            let at = Spot::View(workbook, path.name().to_owned());
            self.rules(
                Stage::ContentRules,
                Place::Item(Kind::View, id.0),
                twin,
                at,
                format!("view {path}"),
            );
        }
    }
}

/// Looks for passwords that connections of the content hold: one call for each that is to be published.
pub(super) async fn connections(
    from: &Site,
    steps: &mut [(Stage, Line, Step)],
    notes: &mut Vec<Line>,
    options: &Options,
) -> Result<()> {
    let wanted: Vec<(usize, Content)> = steps
        .iter()
        .enumerate()
        .filter_map(|(at, (_, _, step))| match step {
            Step::Publish { content, .. } => Some((at, content.clone())),
            _ => None,
        })
        .collect();
    let found: Vec<(usize, Path, Vec<Connection>)> = stream::iter(wanted)
        .map(async |(at, content)| {
            let item = content.item;
            let found = match item.kind {
                Kind::Workbook => from.workbooks().connections(item.id.into()).await,
                _ => from.datasources().connections(item.id.into()).await,
            };
            let found = found.context(|| format!("the connections of {} cannot be listed", item.path))?;
            Ok::<_, crate::Error>((at, item.path, found))
        })
        .buffered(options.parallel.max(1))
        .try_collect()
        .await?;
    for (at, path, found) in found {
        let holding: Vec<Connection> = found
            .into_iter()
            .filter(|connection| connection.embed_password == Some(true))
            .collect();
        for connection in &holding {
            if credential(options, connection).is_none() {
                let server = connection.server_address.as_deref().unwrap_or_default();
                let user = connection.user_name.as_deref().unwrap_or_default();
                let why = format!(
                    "the password of `{user}` at `{server}` cannot be read: give it as a credential, or set it on the target"
                );
                notes.push(Line::new(Action::Cannot, "password", path.to_string(), why));
            }
        }
        if let Step::Publish { connections, .. } = &mut steps[at].2 {
            *connections = holding;
        }
    }
    Ok(())
}

/// The password for a connection, if one was given.
pub(in crate::replicate) fn credential<'o>(
    options: &'o Options,
    connection: &Connection,
) -> Option<&'o Credential> {
    options.credentials.iter().find(|credential| {
        Some(&credential.server) == connection.server_address.as_ref()
            && Some(&credential.user) == connection.user_name.as_ref()
    })
}
