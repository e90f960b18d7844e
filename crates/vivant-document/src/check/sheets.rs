//! Sheets: names, zones, windows, stories, actions, buttons.

use std::collections::{HashMap, HashSet};

use super::Findings;
use super::sources::suggestion;
use crate::error::shorten;
use crate::tree::NodeId;
use crate::view::{Workbook, Zone};

pub(super) fn check(findings: &mut Findings<'_>) {
    let Some(workbook) = findings.document.workbook() else {
        return;
    };
    if findings.document.tree().is_partial() {
        return;
    }
    let mut sheets: HashSet<String> = HashSet::new();
    let named: Vec<(String, NodeId)> = workbook
        .worksheets()
        .iter()
        .map(|sheet| (sheet.name().into_owned(), sheet.node()))
        .chain(
            workbook
                .dashboards()
                .iter()
                .map(|sheet| (sheet.name().into_owned(), sheet.node())),
        )
        .collect();
    for (name, node) in named {
        if name.is_empty() {
            findings.add("document.structure", node, "a sheet has no name".to_owned());
        } else if !sheets.insert(name.clone()) {
            findings.add(
                "document.duplicate-sheet",
                node,
                format!("a second sheet is named `{}`", shorten(&name)),
            );
        }
    }
    if !sheets.is_empty() && sheets.iter().all(|sheet| workbook.is_hidden(sheet)) {
        let root = findings.document.tree().root();
        findings.add(
            "document.no-sheet-shown",
            root,
            "every sheet is hidden".to_owned(),
        );
    }
    dashboards(findings, workbook, &sheets);
    others(findings, workbook, &sheets);
    identities(findings, workbook);
}

fn dashboards(findings: &mut Findings<'_>, workbook: Workbook<'_>, sheets: &HashSet<String>) {
    for dashboard in workbook.dashboards() {
        let zones = dashboard.zones();
        let mut ids: HashSet<String> = HashSet::new();
        for zone in &zones {
            if let Some(id) = zone.id()
                && !ids.insert(id.clone().into_owned())
            {
                findings.add(
                    "document.duplicate-id",
                    zone.node(),
                    format!("a second zone has the id {}", shorten(&id)),
                );
            }
        }
        let all = zones.iter().copied().chain(
            dashboard
                .device_layouts()
                .into_iter()
                .flat_map(|(_, zones)| zones),
        );
        let mut seen = HashSet::new();
        for zone in all {
            // Text zones and containers may have any name.
            let needs_sheet = zone.is_sheet()
                || matches!(
                    zone.kind().as_deref(),
                    Some("filter" | "color" | "size" | "shape" | "map" | "highlighter")
                );
            if let Some(name) = zone.name()
                && needs_sheet
                && !sheets.contains(&*name)
                && seen.insert(name.clone().into_owned())
            {
                let found = findings.add(
                    "document.unknown-sheet",
                    zone.node(),
                    format!("sheet `{}` is not there", shorten(&name)),
                );
                if let Some(found) = found {
                    found.hint = suggestion(&name, sheets.iter().cloned());
                }
            }
            buttons(findings, zone, &ids);
        }
        for point in dashboard.story_points() {
            if let Some(sheet) = point.sheet()
                && !sheets.contains(&*sheet)
            {
                findings.add(
                    "document.unknown-sheet",
                    point.node(),
                    format!(
                        "story point `{}` shows sheet `{}`, which is not there",
                        shorten(&point.caption().unwrap_or_default()),
                        shorten(&sheet)
                    ),
                );
            }
        }
    }
}

/// Buttons that show or hide zones name them by number: `zone-ids=[39]`.
fn buttons(findings: &mut Findings<'_>, zone: Zone<'_>, ids: &HashSet<String>) {
    let tree = zone.tree();
    for button in tree.named(zone.node(), "button") {
        let text = ["toggle-action"]
            .iter()
            .filter_map(|name| {
                tree.value(button, name)
                    .or_else(|| tree.child(button, name).map(|at| tree.text(at)))
            })
            .collect::<String>();
        let Some((_, list)) = text.split_once("zone-ids=[") else {
            continue;
        };
        let list = list.split(']').next().unwrap_or_default();
        for id in list.split(',').map(str::trim).filter(|id| !id.is_empty()) {
            if !ids.contains(id) {
                findings.add(
                    "document.unknown-zone",
                    zone.node(),
                    format!("zone {} of a button is not there", shorten(id)),
                );
            }
        }
    }
}

fn others(findings: &mut Findings<'_>, workbook: Workbook<'_>, sheets: &HashSet<String>) {
    let stale = |findings: &mut Findings<'_>, node: NodeId, name: &str| {
        findings.add(
            "document.stale-sheet",
            node,
            format!("sheet `{}` is not there any more", shorten(name)),
        );
    };
    let mut windows = HashSet::new();
    for window in workbook.windows() {
        let Some(name) = window.name() else { continue };
        if !sheets.contains(&*name) && matches!(window.class().as_deref(), Some("worksheet" | "dashboard")) {
            stale(findings, window.node(), &name);
        }
        if !windows.insert((
            window.class().unwrap_or_default().into_owned(),
            name.clone().into_owned(),
        )) {
            findings.add(
                "document.duplicate-id",
                window.node(),
                format!("a second window is for sheet `{}`", shorten(&name)),
            );
        }
    }
    for thumbnail in workbook.thumbnails() {
        if let Some(name) = thumbnail.name()
            && !sheets.contains(&*name)
        {
            stale(findings, thumbnail.node(), &name);
        }
    }
    for action in workbook.actions() {
        for name in action.sources().into_iter().chain(action.targets()) {
            if !sheets.contains(&*name) {
                stale(findings, action.node(), &name);
            }
        }
    }
}

/// Sheets and windows have ids that buttons and programs refer to.
fn identities(findings: &mut Findings<'_>, workbook: Workbook<'_>) {
    let tree = workbook.tree();
    let mut seen: HashMap<String, NodeId> = HashMap::new();
    for node in tree.descendants(workbook.node()) {
        if !tree.is(node, "simple-id") {
            continue;
        }
        let Some(uuid) = tree.value(node, "uuid") else {
            continue;
        };
        if seen.insert(uuid.clone().into_owned(), node).is_some() {
            findings.add(
                "document.duplicate-id",
                node,
                format!("id {} is used twice", shorten(&uuid)),
            );
        }
    }
}
