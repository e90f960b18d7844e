//! Changes of rules in many places: planned, then carried out.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use futures_util::{StreamExt, TryStreamExt, stream};
use vivant_client::{ApiVersion, Site};
use vivant_model::{Luid, ProjectId};

use super::changes::{Changes, Others};
use super::kind::{Kind, capability};
use super::rules::{Grantee, GranteeKind, Mode, Place, Rule, Rules};
use super::scan::{self, Placed, Scan, Spot};
use crate::error::{Context, Error, Result};
use crate::items::{self, Item};
use crate::people::People;
use crate::remote;
use crate::report::{Action, Line, Progress, Report, Watch};
use crate::tree::Tree;

/// Changes of rules in many places.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    changes: Vec<(Line, Place, Changes)>,
    /// What stays and why.
    pub notes: Vec<Line>,
}

impl Plan {
    /// What would be done.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.changes.iter().map(|(line, _, _)| line)
    }

    /// How many calls it takes.
    pub fn calls(&self) -> usize {
        self.changes.iter().map(|(_, _, changes)| changes.calls()).sum()
    }

    /// Returns whether everything is as it shall be.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Adds what has to change in a place, if anything.
    fn add(&mut self, spot: &Spot, changes: Changes, people: &People) {
        if changes.is_empty() {
            return;
        }
        if let Some(project) = &spot.locked_by {
            let why = format!("the project {project} keeps the rules; change its defaults, or unlock it");
            self.notes
                .push(Line::new(Action::Cannot, "permissions", spot.label(), why));
            return;
        }
        let line = Line::new(
            Action::Change,
            "permissions",
            spot.label(),
            describe(&changes, people),
        );
        self.changes.push((line, spot.place, changes));
    }
}

/// Says what changes do: `group Sales: +Read -Write`, where `!` stands before what is taken away.
pub fn describe(changes: &Changes, people: &People) -> String {
    let mut parts: BTreeMap<Grantee, Vec<String>> = BTreeMap::new();
    for removal in &changes.removals {
        let sign = match removal.mode {
            Mode::Allow => '+',
            Mode::Deny => '-',
        };
        let text = format!("!{sign}{}", removal.capability);
        parts.entry(removal.grantee).or_default().push(text);
    }
    for (grantee, rule) in changes.additions.iter() {
        parts.entry(grantee).or_default().push(rule.to_string());
    }
    let parts: Vec<String> = parts
        .into_iter()
        .map(|(grantee, parts)| {
            format!(
                "{} {}: {}",
                grantee.kind.as_str(),
                people.label(grantee),
                parts.join(" ")
            )
        })
        .collect();
    parts.join("; ")
}

/// Carries out a plan, several places at once. What fails is reported and does not hold up the rest.
pub async fn apply(site: &Site, plan: Plan, parallel: usize, watch: &Watch<'_>) -> Report {
    let total = plan.changes.len();
    let mut report = Report::default();
    let mut work = stream::iter(plan.changes)
        .map(async |(line, place, changes)| (line, remote::change_rules(site, place, &changes).await))
        .buffer_unordered(parallel.max(1));
    while let Some((line, outcome)) = work.next().await {
        report.add(line, outcome);
        watch(Progress {
            stage: "permissions",
            done: report.outcomes.len(),
            total,
            line: report.outcomes.last().map(|outcome| &outcome.line),
        });
    }
    report
}

/// Gives one grantee the rules that another has, everywhere.
///
/// With [`Others::Clear`] the second loses rules where the first has none.
pub async fn copy_grantee(
    site: &Site,
    tree: &Tree,
    people: &People,
    from: Grantee,
    to: Grantee,
    others: Others,
    scan: &Scan,
) -> Result<Plan> {
    let spots = scan::spots(site, tree, scan).await?;
    let mut placed = std::pin::pin!(scan::read(site, spots, scan.parallel));
    let mut plan = Plan::default();
    while let Some(placed) = placed.try_next().await? {
        let changes = match (placed.rules.get(from), others) {
            (Some(rule), _) => {
                let wanted: Rules = [(to, rule.settable())].into_iter().collect();
                Changes::between(&placed.rules, &wanted, Others::Keep)
            }
            (None, Others::Clear) => Changes::clear(&placed.rules, &[to]),
            (None, Others::Keep) => Changes::default(),
        };
        // Where a project keeps the rules, its own place is in the list as well.
        if placed.spot.locked_by.is_none() {
            plan.add(&placed.spot, changes, people);
        }
    }
    Ok(plan)
}

/// Gives one item the rules of another of the same kind; of a project its defaults, too.
pub async fn copy_item(
    site: &Site,
    tree: &Tree,
    people: &People,
    from: &Item,
    to: &Item,
    others: Others,
    scan: &Scan,
) -> Result<Plan> {
    if from.kind != to.kind {
        return Err(Error::input(format!(
            "rules of a {} do not fit a {}",
            from.kind.as_str(),
            to.kind.as_str()
        )));
    }
    let (from, to) =
        futures_util::future::try_join(rules_of(site, tree, from, scan), rules_of(site, tree, to, scan))
            .await?;
    let mut plan = Plan::default();
    for (source, target) in from.iter().zip(&to) {
        plan.add(
            &target.spot,
            Changes::between(&target.rules, &source.rules, others),
            people,
        );
    }
    Ok(plan)
}

/// Reads the rules of one item, and of a project its defaults.
pub async fn rules_of(site: &Site, tree: &Tree, item: &Item, scan: &Scan) -> Result<Vec<Placed>> {
    let version = site
        .api_version()
        .await
        .context(|| "the API version is not known".to_owned())?;
    let lock = item
        .project
        .and_then(|id| tree.lock(id))
        .and_then(|project| project.id);
    let lock = lock.filter(|id| item.kind != Kind::Project || item.project != Some(*id));
    let own = Spot {
        item: item.clone(),
        place: Place::Item(item.kind, item.id),
        locked_by: lock.and_then(|id| tree.path(id)).map(|path| path.to_string()),
    };
    let mut spots = vec![own.clone()];
    if item.kind == Kind::Project {
        let there = |kind: &&Kind| kind.defaults_since().is_some_and(|since| version >= since);
        spots.extend(scan.defaults.iter().filter(there).map(|kind| Spot {
            place: Place::Default(ProjectId(item.id), *kind),
            ..own.clone()
        }));
    }
    scan::read(site, spots, scan.parallel).try_collect().await
}

/// A site with what is needed to read its rules by name.
#[derive(Debug)]
pub struct Known<'s> {
    /// The session.
    pub site: &'s Site,
    /// Its projects.
    pub tree: &'s Tree,
    /// Its users and groups.
    pub people: &'s People,
}

/// Gives everything on one site the rules that the thing of the same path has on another.
pub async fn copy_site(from: Known<'_>, to: Known<'_>, others: Others, scan: &Scan) -> Result<Plan> {
    let (sources, targets) = futures_util::future::try_join(
        scan::spots(from.site, from.tree, scan),
        scan::spots(to.site, to.tree, scan),
    )
    .await?;
    let key = |spot: &Spot| {
        (
            spot.item.kind,
            spot.item.path.clone(),
            matches!(spot.place, Place::Default(..)),
            spot.place.kind(),
        )
    };
    let mut there: HashMap<_, Spot> = targets.into_iter().map(|spot| (key(&spot), spot)).collect();
    let mut plan = Plan::default();
    let mut pairs = Vec::new();
    for source in sources {
        match there.remove(&key(&source)) {
            Some(target) => pairs.push((source, target)),
            None => plan.notes.push(Line::new(
                Action::Leave,
                "permissions",
                source.label(),
                "is not on the other site",
            )),
        }
    }
    // Rules that a project keeps come along with the project.
    let open: Vec<(Spot, Spot)> = pairs
        .into_iter()
        .filter(|(_, target)| target.locked_by.is_none())
        .collect();
    let (sources, targets): (Vec<Spot>, Vec<Spot>) = open.into_iter().unzip();
    let mut both = std::pin::pin!(scan::read(from.site, sources, scan.parallel).zip(scan::read(
        to.site,
        targets,
        scan.parallel
    )));
    while let Some((source, target)) = both.next().await {
        let (source, target) = (source?, target?);
        let (wanted, missing) = from.people.rules_on(&source.rules, to.people);
        for name in missing {
            let why = format!("{name} is not on the other site");
            plan.notes
                .push(Line::new(Action::Cannot, "permissions", target.spot.label(), why));
        }
        plan.add(
            &target.spot,
            Changes::between(&target.rules, &wanted, others),
            to.people,
        );
    }
    Ok(plan)
}

/// What a row says: a capability or role, and its mode, or that it shall be unspecified.
type Said = (String, Option<Mode>);

/// What a list wants of one place.
#[derive(Clone, Debug, Default)]
struct Wanted {
    line: u64,
    rules: BTreeMap<(GranteeKind, String), Vec<Said>>,
}

/// The rules that a list wants: in the form of an audit, of which `kind`, `path` or `id`, `default_for`,
/// `grantee_type`, `grantee`, `capability` and `mode` count.
///
/// A capability may be `role:` and the name of a role, or `all` for every capability that the kind has; what a row
/// says of a single one counts more. The mode may be `Unspecified`, for a grantee who shall have no rule.
#[derive(Clone, Debug, Default)]
pub struct List {
    wanted: BTreeMap<(Kind, String, Option<Kind>), Wanted>,
}

impl List {
    /// Reads a list.
    pub fn read(source: impl Read) -> Result<Self> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(source);
        let unreadable = |error: csv::Error| Error::input(format!("the list cannot be read: {error}"));
        let header = reader.headers().map_err(unreadable)?.clone();
        let column = |name: &str| {
            header
                .iter()
                .position(|found| found.trim_start_matches('\u{feff}') == name)
        };
        let needed = |name: &str| {
            column(name).ok_or_else(|| {
                Error::input(format!(
                    "the list has no column `{name}`; an audit shows the form"
                ))
            })
        };
        let kind = needed("kind")?;
        let (path, id) = (column("path"), column("id"));
        if path.is_none() && id.is_none() {
            return Err(Error::input(
                "the list has neither a column `path` nor a column `id`",
            ));
        }
        let (default_for, grantee_type) = (column("default_for"), needed("grantee_type")?);
        let (grantee, capability, mode) = (needed("grantee")?, needed("capability")?, needed("mode")?);
        let mut list = Self::default();
        for record in reader.records() {
            let record = record.map_err(unreadable)?;
            let line = record.position().map_or(0, csv::Position::line);
            let cell = |at: usize| record.get(at).unwrap_or_default();
            let place = |error: Error| Error::input(format!("line {line}: {error}"));
            // An audit has such a row for what has no rules.
            if cell(grantee).is_empty() {
                continue;
            }
            let item = [path, id]
                .into_iter()
                .flatten()
                .map(cell)
                .find(|text| !text.is_empty());
            let item = item.ok_or_else(|| place(Error::input("there is neither a path nor an id")))?;
            let of = match default_for.map(cell).filter(|text| !text.is_empty()) {
                Some(text) => Some(Kind::parse(text).map_err(place)?),
                None => None,
            };
            let key = (Kind::parse(cell(kind)).map_err(place)?, item.to_owned(), of);
            let held = match cell(mode) {
                text if text.eq_ignore_ascii_case("unspecified") => None,
                text => Some(Mode::parse(text).map_err(place)?),
            };
            let who = (
                GranteeKind::parse(cell(grantee_type)).map_err(place)?,
                cell(grantee).to_owned(),
            );
            let wanted = list.wanted.entry(key).or_default();
            wanted.line = wanted.line.max(line);
            wanted
                .rules
                .entry(who)
                .or_default()
                .push((cell(capability).to_owned(), held));
        }
        Ok(list)
    }
}

/// Compares a list with a site. Everything that the list names is looked up before anything is planned.
pub async fn compare(
    site: &Site,
    tree: &Tree,
    people: &People,
    list: &List,
    others: Others,
    parallel: usize,
) -> Result<Plan> {
    let version = site
        .api_version()
        .await
        .context(|| "the API version is not known".to_owned())?;
    let finder = Finder::new(site, tree, list).await?;
    let mut wanted = Vec::new();
    for ((kind, text, of), rules) in &list.wanted {
        let line = |error: Error| Error::input(format!("line {}: {error}", rules.line));
        let item = finder.find(*kind, text).map_err(line)?;
        if of.is_some() && *kind != Kind::Project {
            return Err(line(Error::input("only projects have defaults")));
        }
        let place = match of {
            Some(of) => Place::Default(ProjectId(item.id), *of),
            None => Place::Item(*kind, item.id),
        };
        let lock = item
            .project
            .and_then(|id| tree.lock(id))
            .and_then(|project| project.id);
        let lock = lock.filter(|id| item.kind != Kind::Project || item.project != Some(*id));
        let spot = Spot {
            locked_by: lock.and_then(|id| tree.path(id)).map(|path| path.to_string()),
            item,
            place,
        };
        wanted.push((
            spot,
            wanted_rules(place.kind(), version, people, rules).map_err(line)?,
        ));
    }
    let (spots, wanted): (Vec<Spot>, Vec<_>) = wanted.into_iter().unzip();
    let mut plan = Plan::default();
    let placed: Vec<Placed> = scan::read(site, spots, parallel).try_collect().await?;
    for (placed, (rules, cleared)) in placed.iter().zip(wanted) {
        let mut changes = Changes::between(&placed.rules, &rules, others);
        if others == Others::Keep {
            changes
                .removals
                .extend(Changes::clear(&placed.rules, &cleared).removals);
        }
        plan.add(&placed.spot, changes, people);
    }
    Ok(plan)
}

/// Whether a row speaks of every capability.
fn is_all(text: &str) -> bool {
    text.eq_ignore_ascii_case("all")
}

/// The rules of a place, and who shall have none.
fn wanted_rules(
    kind: Kind,
    version: ApiVersion,
    people: &People,
    wanted: &Wanted,
) -> Result<(Rules, Vec<Grantee>)> {
    // What a row says of one capability counts more than a role.
    let mut from_roles: BTreeMap<Grantee, BTreeMap<String, Mode>> = BTreeMap::new();
    let mut single: BTreeMap<Grantee, Rule> = BTreeMap::new();
    for ((grantee_kind, name), parts) in &wanted.rules {
        let grantee = people.find(*grantee_kind, name)?;
        let roles = from_roles.entry(grantee).or_default();
        let rule = single.entry(grantee).or_default();
        for (text, mode) in parts {
            match (text.strip_prefix("role:"), mode) {
                (Some(role), Some(Mode::Allow)) => {
                    let role = Rule::role(kind, version, role.trim())?;
                    roles.extend(role.iter().map(|(name, mode)| (name.to_owned(), mode)));
                }
                (Some(_), _) => return Err(Error::input("a role can only be allowed")),
                (None, Some(mode)) if is_all(text) => {
                    let all = Rule::all(kind, version, *mode);
                    roles.extend(all.iter().map(|(name, mode)| (name.to_owned(), mode)));
                }
                (None, Some(_)) if text == super::kind::READ_ONLY => {}
                (None, Some(mode)) => rule.set(kind, version, text, *mode)?,
                (None, None) if text.is_empty() => {}
                (None, None) if is_all(text) => roles.clear(),
                (None, None) => {
                    roles.remove(capability(kind, version, text)?);
                }
            }
        }
    }
    let (mut rules, mut cleared) = (Rules::new(), Vec::new());
    for (grantee, mut capabilities) in from_roles {
        let rule = single.remove(&grantee).unwrap_or_default();
        capabilities.extend(rule.iter().map(|(name, mode)| (name.to_owned(), mode)));
        match capabilities.is_empty() {
            true => cleared.push(grantee),
            false => rules.set(grantee, capabilities.into_iter().collect()),
        }
    }
    Ok((rules, cleared))
}

/// Items by path and id: few are asked for one by one, many are listed at once.
struct Finder {
    items: HashMap<(Kind, String), Vec<Item>>,
}

impl Finder {
    async fn new(site: &Site, tree: &Tree, list: &List) -> Result<Self> {
        const FEW: usize = 5;
        let mut by_kind: BTreeMap<Kind, Vec<&str>> = BTreeMap::new();
        for (kind, text, _) in list.wanted.keys() {
            by_kind.entry(*kind).or_default().push(text);
        }
        let mut items: HashMap<(Kind, String), Vec<Item>> = HashMap::new();
        for (kind, texts) in by_kind {
            let found = if kind == Kind::Project || texts.len() > FEW {
                items::list(site, tree, &[kind]).await?
            } else {
                let mut found = Vec::new();
                for text in texts {
                    found.push(items::find(site, tree, kind, text).await?);
                }
                found
            };
            for item in found {
                for key in [item.path.to_string(), item.id.to_string()] {
                    items.entry((kind, key)).or_default().push(item.clone());
                }
            }
        }
        Ok(Self { items })
    }

    fn find(&self, kind: Kind, text: &str) -> Result<Item> {
        let key = match text.parse::<Luid>() {
            Ok(id) => id.to_string(),
            Err(_) => crate::Path::parse(text)?.to_string(),
        };
        let mut found = self.items.get(&(kind, key)).cloned().unwrap_or_default();
        found.dedup();
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => Err(Error::NotFound(format!("there is no {} `{text}`", kind.as_str()))),
            _ => Err(Error::input(format!(
                "there are several {} `{text}`; give the id",
                kind.plural()
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use vivant_wire::types::Group;
    use vivant_wire::version::V;

    use super::*;

    fn people() -> People {
        let group = Group {
            id: Some(Luid::from_random([1; 16]).into()),
            name: Some("Sales".to_owned()),
            ..Group::default()
        };
        People::new(Vec::new(), vec![group])
    }

    fn rules(text: &str) -> Result<String> {
        let list = List::read(text.as_bytes())?;
        let (key, wanted) = list.wanted.first_key_value().expect("a place");
        let kind = key.2.unwrap_or(key.0);
        let (rules, cleared) = wanted_rules(kind, V(3, 1), &people(), wanted)?;
        let rule = rules
            .iter()
            .map(|(_, rule)| rule.to_string())
            .collect::<Vec<_>>()
            .join(";");
        Ok(format!("{rule} ({} cleared)", cleared.len()))
    }

    #[test]
    fn lists_name_capabilities_roles_and_nothing() {
        let check = |rows: &str, expected: &str| {
            let text = format!("kind,path,grantee_type,grantee,capability,mode\n{rows}");
            assert_eq!(rules(&text).expect("rules"), expected);
        };
        check(
            "datasource,/a/b,group,Sales,role:Connector,Allow\ndatasource,/a/b,group,sales,Write,Deny\n",
            "+Connect +Read -Write (0 cleared)",
        );
        check(
            "workbook,/a/b,group,Sales,Download Full Data,deny\n",
            "-ViewUnderlyingData (0 cleared)",
        );
        check("workbook,/a/b,group,Sales,,Unspecified\n", " (1 cleared)");
        check("workbook,/a/b,group,Sales,all,Unspecified\n", " (1 cleared)");
        check(
            "datasource,/a/b,group,Sales,Connect,Deny\ndatasource,/a/b,group,Sales,ALL,Allow\n",
            "+ChangePermissions -Connect +Delete +ExportXml +Read +Write (0 cleared)",
        );
        // Leading a project cannot be denied.
        check("project,/a,group,Sales,all,Deny\n", "-Read -Write (0 cleared)");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let check = |text: &str, part: &str| {
            let error = rules(text).expect_err(part).to_string();
            assert!(error.contains(part), "{error}");
        };
        check("kind,path\nworkbook,/a\n", "no column `grantee_type`");
        let header = "kind,path,grantee_type,grantee,capability,mode\n";
        check(
            &format!("{header}workbuch,/a,group,Sales,Read,Allow\n"),
            "line 2: `workbuch` is no kind",
        );
        check(
            &format!("{header}workbook,/a,group,Sales,Read,Maybe\n"),
            "neither Allow nor Deny",
        );
        check(
            &format!("{header}workbook,/a,group,Ops,Read,Allow\n"),
            "there is no group `Ops`",
        );
        check(
            &format!("{header}workbook,/a,group,Sales,role:King,Allow\n"),
            "no role for a workbook",
        );
    }
}
