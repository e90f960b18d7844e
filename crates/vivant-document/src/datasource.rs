//! Reads a `datasource` element: connections, fields, extracts, the published source it stands for.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;

use crate::error::{Diagnostics, Result};
use crate::facts::{
    ConnectionFacts, DatasourceFacts, ExtractFacts, FieldFacts, ParameterFacts, PublishedReference,
    RepositoryLocation,
};
use crate::xml::{Element, Xml};

/// Data source and, if it is the source of the parameters, what they are.
pub(crate) struct Parsed {
    pub facts: DatasourceFacts,
    pub parameters: Vec<ParameterFacts>,
}

/// Reads the `datasource` element that the reader just went into.
pub(crate) fn datasource<R: BufRead>(
    xml: &mut Xml<'_, R>,
    element: &Element,
    diagnostics: &mut Diagnostics,
) -> Result<Parsed> {
    let name = element.own("name");
    let mut facts = DatasourceFacts {
        is_parameters: name.as_deref() == Some("Parameters"),
        name: name.or_else(|| element.own("formatted-name")).unwrap_or_default(),
        caption: element.own("caption"),
        version: element.own("version"),
        source_build: element.own("source-build"),
        ..DatasourceFacts::default()
    };
    let mut physical = Physical::default();
    let mut columns = Vec::new();
    let mut parameters = Vec::new();
    let mut extracts = Vec::new();
    while let Some(child) = xml.child()? {
        match child.name.as_str() {
            "repository-location" => {
                facts.repository =
                    Some(repository_location(&child)).filter(|place| *place != Default::default());
                xml.skip()?;
            }
            "connection" => connection(xml, &child, None, &mut physical)?,
            "column" => {
                if let Some(parameter) = parameter(&child) {
                    keep(xml, &[&parameter.name, &parameter.datatype])?;
                    parameters.push(parameter);
                    xml.skip()?;
                } else {
                    columns.extend(column(xml, &child)?);
                }
            }
            "extract" => extracts.push(extract(xml, &child)?),
            _ => xml.skip()?,
        }
    }

    // Tableau: a data source that was saved with nothing but its extract has no live connection left;
    // then the extract's connection is the one that people see.
    let extract_only = physical.connections.is_empty() && !facts.is_parameters;
    let mut extract_records = Vec::new();
    for extract in extracts {
        if extract_only && facts.extracts.is_empty() {
            physical.connections.extend(extract.physical.connections);
        }
        if extract_records.is_empty() {
            extract_records = extract.physical.records;
        }
        facts.extracts.push(extract.facts);
    }
    if physical.connections.is_empty() && !facts.is_parameters {
        diagnostics.info(facts.label(), "the data source has no connection");
    }
    for text in physical.odd_ports {
        diagnostics.warn(
            facts.label(),
            format!(
                "port `{}` is not a number; left out",
                crate::error::shorten(&text)
            ),
        );
    }
    let records = match (physical.records.is_empty(), extract_records.is_empty()) {
        (false, _) => physical.records,
        (true, false) => extract_records,
        (true, true) => physical.relation_columns,
    };
    facts.has_extract = facts.extracts.iter().any(|extract| extract.enabled);
    facts.published = physical
        .published
        .map(|published| place_published(published, facts.repository.as_ref()));
    facts.connections = physical.connections;
    facts.fields = merge(records, columns);
    Ok(Parsed { facts, parameters })
}

/// Reads the attributes of a `repository-location` element.
pub(crate) fn repository_location(element: &Element) -> RepositoryLocation {
    RepositoryLocation {
        id: element.own("id"),
        path: element.own("path"),
        site: element.own("site"),
        revision: element.own("revision"),
        derived_from: element.own("derived-from"),
    }
}

/// Removes the brackets of a field name: `[a]]b]` is `a]b`. Other text stays as it is.
pub(crate) fn unbracket(name: &str) -> String {
    match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inside) => inside.replace("]]", "]"),
        None => name.to_owned(),
    }
}

/// Tells whether a name is one of Tableau's own, which people know by another or not at all.
pub(crate) fn is_internal(name: &str) -> bool {
    name.starts_with("[:") || name.starts_with("[__tableau_internal_object_id__]")
}

/// What the connections of a data source say.
#[derive(Default)]
struct Physical {
    connections: Vec<ConnectionFacts>,
    published: Option<PublishedReference>,
    records: Vec<FieldFacts>,
    /// Columns of file tables, for documents without metadata records.
    relation_columns: Vec<FieldFacts>,
    odd_ports: Vec<String>,
}

struct Extract {
    facts: ExtractFacts,
    physical: Physical,
}

/// Name and label of a named connection.
struct Named {
    id: Option<String>,
    caption: Option<String>,
}

fn connection<R: BufRead>(
    xml: &mut Xml<'_, R>,
    element: &Element,
    named: Option<Named>,
    physical: &mut Physical,
) -> Result<()> {
    let class = element.own_or_empty("class");
    // Tableau: `federated` only holds the others, since 10.0; before, the attributes stand right here.
    if class != "federated" {
        let facts = connection_facts(element, class, named, &mut physical.odd_ports);
        keep(
            xml,
            &[
                &facts.class,
                facts.dbname.as_deref().unwrap_or(""),
                facts.server.as_deref().unwrap_or(""),
            ],
        )?;
        if facts.class == "sqlproxy" {
            physical
                .published
                .get_or_insert_with(|| published(element, &facts));
        }
        physical.connections.push(facts);
    }
    while let Some(child) = xml.child()? {
        match child.name.as_str() {
            "named-connections" => named_connections(xml, physical)?,
            "metadata-records" => metadata_records(xml, &mut physical.records)?,
            "relation" => relation(xml, &mut physical.relation_columns)?,
            _ => xml.skip()?,
        }
    }
    Ok(())
}

fn named_connections<R: BufRead>(xml: &mut Xml<'_, R>, physical: &mut Physical) -> Result<()> {
    while let Some(named) = xml.child()? {
        if named.name != "named-connection" {
            xml.skip()?;
            continue;
        }
        while let Some(child) = xml.child()? {
            if child.name == "connection" {
                let name = Named {
                    id: named.own("name"),
                    caption: named.own("caption"),
                };
                connection(xml, &child, Some(name), physical)?;
            } else {
                xml.skip()?;
            }
        }
    }
    Ok(())
}

fn connection_facts(
    element: &Element,
    class: String,
    named: Option<Named>,
    odd_ports: &mut Vec<String>,
) -> ConnectionFacts {
    let named = named.unwrap_or(Named {
        id: None,
        caption: None,
    });
    ConnectionFacts {
        id: named.id,
        caption: named.caption,
        class,
        server: element.own("server"),
        port: port(element, odd_ports),
        dbname: element.own("dbname"),
        schema: element.own("schema"),
        username: element.own("username"),
        authentication: element.own("authentication"),
        has_embedded_credentials: element.get("password").is_some(),
        filename: element.own("filename"),
        directory: element.own("directory"),
        is_extract: false,
    }
}

/// Tableau: file connections carry `port='0'` or `port=''`.
fn port(element: &Element, odd: &mut Vec<String>) -> Option<u16> {
    let text = element.get("port")?;
    match text.trim().parse() {
        Ok(0) => None,
        Ok(port) => Some(port),
        Err(_) => {
            odd.push(text.to_owned());
            None
        }
    }
}

fn published(element: &Element, connection: &ConnectionFacts) -> PublishedReference {
    PublishedReference {
        content_url: connection.dbname.clone().unwrap_or_default(),
        server: connection.server.clone(),
        port: connection.port,
        channel: element.own("channel"),
        label: element.own("server-ds-friendly-name"),
        ..PublishedReference::default()
    }
}

/// Adds what only `repository-location` says, and the content URL if the connection does not have it.
fn place_published(
    mut published: PublishedReference,
    place: Option<&RepositoryLocation>,
) -> PublishedReference {
    let Some(place) = place else { return published };
    if published.content_url.is_empty() {
        published.content_url = place.id.clone().unwrap_or_default();
    }
    // Tableau: `/t/<site>/datasources`, and `/datasources` for the default site.
    let from_path = || {
        place
            .path
            .as_deref()?
            .strip_prefix("/t/")?
            .split('/')
            .next()
            .map(str::to_owned)
    };
    published.site = place.site.clone().or_else(from_path);
    published.path = place.path.clone();
    published.revision = place.revision.clone();
    published
}

fn extract<R: BufRead>(xml: &mut Xml<'_, R>, element: &Element) -> Result<Extract> {
    let mut physical = Physical::default();
    let mut facts = ExtractFacts {
        enabled: !element
            .get("enabled")
            .is_some_and(|enabled| enabled.eq_ignore_ascii_case("false")),
        ..ExtractFacts::default()
    };
    while let Some(child) = xml.child()? {
        if child.name != "connection" {
            xml.skip()?;
            continue;
        }
        facts.update_time = child.own("update-time");
        extract_connection(xml, &child, &mut physical, &mut facts)?;
    }
    if let Some(connection) = physical.connections.first() {
        facts.class = connection.class.clone();
        facts.path = connection.path();
    }
    Ok(Extract { facts, physical })
}

/// Like [`connection`], with the refresh settings that only an extract has.
fn extract_connection<R: BufRead>(
    xml: &mut Xml<'_, R>,
    element: &Element,
    physical: &mut Physical,
    facts: &mut ExtractFacts,
) -> Result<()> {
    let class = element.own_or_empty("class");
    let mut connection = connection_facts(element, class, None, &mut physical.odd_ports);
    connection.is_extract = true;
    keep(
        xml,
        &[&connection.class, connection.dbname.as_deref().unwrap_or("")],
    )?;
    physical.connections.push(connection);
    while let Some(child) = xml.child()? {
        match child.name.as_str() {
            "metadata-records" => metadata_records(xml, &mut physical.records)?,
            "refresh" => {
                if child.get("incremental-updates") == Some("true") {
                    facts.increment_key = child.get("increment-key").map(unbracket);
                }
                xml.skip()?;
            }
            _ => xml.skip()?,
        }
    }
    Ok(())
}

fn metadata_records<R: BufRead>(xml: &mut Xml<'_, R>, records: &mut Vec<FieldFacts>) -> Result<()> {
    while let Some(record) = xml.child()? {
        // Other classes describe the table, not a field: `capability`, `unique-constraint`.
        if record.name == "metadata-record" && matches!(record.get("class"), Some("column" | "measure")) {
            records.extend(metadata_record(xml)?);
        } else {
            xml.skip()?;
        }
    }
    Ok(())
}

fn metadata_record<R: BufRead>(xml: &mut Xml<'_, R>) -> Result<Option<FieldFacts>> {
    let mut local_name = String::new();
    let mut remote_type = String::new();
    let mut field = FieldFacts::default();
    while let Some(child) = xml.child()? {
        match child.name.as_str() {
            "local-name" => local_name = xml.text()?,
            "remote-name" => field.remote_name = some(xml.text()?),
            "parent-name" => field.table = some(unbracket(&xml.text()?)),
            "remote-type" => remote_type = xml.text()?,
            "local-type" => field.datatype = xml.text()?,
            "aggregation" => field.aggregation = some(xml.text()?),
            _ => xml.skip()?,
        }
    }
    if local_name.is_empty() || is_internal(&local_name) {
        return Ok(None);
    }
    field.name = unbracket(&local_name);
    if field.datatype.is_empty() {
        field.datatype = datatype_of(&remote_type).to_owned();
    }
    with_default_role(&mut field);
    keep_field(xml, &field)?;
    Ok(Some(field))
}

/// Data type by the OLE DB code of the physical column, for records that name no other.
fn datatype_of(remote_type: &str) -> &'static str {
    match remote_type.trim() {
        "2" | "3" | "16" | "17" | "18" | "19" | "20" | "21" => "integer",
        "4" | "5" | "131" => "real",
        "11" => "boolean",
        "133" => "date",
        "7" | "134" | "135" => "datetime",
        "8" | "128" => "spatial",
        // 72, 129 and 130 are text; what else there is reads as text.
        _ => "string",
    }
}

/// Gathers the columns of file tables in a tree of relations.
fn relation<R: BufRead>(xml: &mut Xml<'_, R>, columns: &mut Vec<FieldFacts>) -> Result<()> {
    while let Some(child) = xml.child()? {
        match child.name.as_str() {
            "relation" => relation(xml, columns)?,
            "columns" => {
                while let Some(column) = xml.child()? {
                    if let (Some(name), Some(datatype)) = (column.get("name"), column.get("datatype")) {
                        let mut field = FieldFacts {
                            name: unbracket(name),
                            datatype: datatype.to_owned(),
                            remote_name: Some(unbracket(name)),
                            ..FieldFacts::default()
                        };
                        with_default_role(&mut field);
                        keep_field(xml, &field)?;
                        columns.push(field);
                    }
                    xml.skip()?;
                }
            }
            _ => xml.skip()?,
        }
    }
    Ok(())
}

/// Sets role and kind of a field without a `column` element.
///
/// Tableau: the default aggregation decides; without one, the data type does.
fn with_default_role(field: &mut FieldFacts) {
    let (role, kind) = match (field.datatype.as_str(), field.aggregation.as_deref()) {
        ("integer" | "real", Some("Count" | "None")) => ("dimension", "ordinal"),
        ("integer" | "real", _) => ("measure", "quantitative"),
        ("date" | "datetime", _) => ("dimension", "ordinal"),
        ("spatial", _) => ("measure", "nominal"),
        _ => ("dimension", "nominal"),
    };
    field.role = role.to_owned();
    field.kind = kind.to_owned();
}

fn parameter(element: &Element) -> Option<ParameterFacts> {
    Some(ParameterFacts {
        domain: element.own("param-domain-type")?,
        name: unbracket(element.get("name")?),
        caption: element.own("caption"),
        datatype: element.own_or_empty("datatype"),
        value: element.own("value"),
    })
}

fn column<R: BufRead>(xml: &mut Xml<'_, R>, element: &Element) -> Result<Option<FieldFacts>> {
    let name = element.get("name").filter(|name| !is_internal(name));
    let Some(name) = name.filter(|_| element.get("datatype") != Some("table")) else {
        xml.skip()?;
        return Ok(None);
    };
    let mut field = FieldFacts {
        name: unbracket(name),
        caption: element.own("caption"),
        datatype: element.own_or_empty("datatype"),
        role: element.own_or_empty("role"),
        kind: element.own_or_empty("type"),
        hidden: element.get("hidden") == Some("true"),
        aggregation: element.own("aggregation"),
        semantic_role: element.own("semantic-role"),
        ..FieldFacts::default()
    };
    while let Some(child) = xml.child()? {
        match child.name.as_str() {
            "calculation" => {
                let class = child.own("class");
                field.is_calculated = class.as_deref() == Some("tableau");
                field.formula = child.get("formula").map(|formula| formula.replace("\r\n", "\n"));
                field.calculation_class = class;
                xml.skip()?;
            }
            "desc" => field.description = some(xml.formatted_text()?.trim().to_owned()),
            _ => xml.skip()?,
        }
    }
    keep_field(xml, &field)?;
    Ok(Some(field))
}

/// Lays the `column` elements over the physical columns.
fn merge(records: Vec<FieldFacts>, columns: Vec<FieldFacts>) -> Vec<FieldFacts> {
    let mut by_name: HashMap<String, FieldFacts> = HashMap::with_capacity(columns.len());
    let mut order = Vec::with_capacity(columns.len());
    for column in columns {
        if !by_name.contains_key(&column.name) {
            order.push(column.name.clone());
            by_name.insert(column.name.clone(), column);
        }
    }
    let mut fields = Vec::with_capacity(records.len() + order.len());
    let mut seen = HashSet::with_capacity(records.len());
    for record in records {
        // Tableau: a table on both sides of a join may be described twice.
        if !seen.insert(record.name.clone()) {
            continue;
        }
        fields.push(match by_name.remove(&record.name) {
            None => record,
            Some(column) => FieldFacts {
                datatype: if column.datatype.is_empty() {
                    record.datatype
                } else {
                    column.datatype.clone()
                },
                role: if column.role.is_empty() {
                    record.role
                } else {
                    column.role.clone()
                },
                kind: if column.kind.is_empty() {
                    record.kind
                } else {
                    column.kind.clone()
                },
                aggregation: column.aggregation.clone().or(record.aggregation),
                remote_name: record.remote_name,
                table: record.table,
                ..column
            },
        });
    }
    fields.extend(order.iter().filter_map(|name| by_name.remove(name)));
    fields
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// Counts strings that are kept, with what a record of them costs besides.
fn keep<R: BufRead>(xml: &mut Xml<'_, R>, strings: &[&str]) -> Result<()> {
    const RECORD: usize = 256;
    xml.keep(RECORD + strings.iter().map(|text| text.len()).sum::<usize>())
}

fn keep_field<R: BufRead>(xml: &mut Xml<'_, R>, field: &FieldFacts) -> Result<()> {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let long =
        text(&field.formula) + text(&field.description) + text(&field.caption) + text(&field.remote_name);
    xml.keep(long)?;
    keep(xml, &[&field.name, field.table.as_deref().unwrap_or("")])
}
