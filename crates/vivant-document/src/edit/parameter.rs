//! Parameters: made, changed and deleted, with the copies that sheets and data sources hold.

use super::{COLUMN_ORDER, DATASOURCE_ORDER, Document, Literal, WORKBOOK_ORDER, same_attributes};
use crate::error::{Error, Result, shorten};
use crate::names::unquote;
use crate::tree::{Element, NodeId, Where};
use crate::view::Column;

/// Values that a parameter may have.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Domain {
    /// Any value.
    #[default]
    All,
    /// Values in a range.
    Range {
        /// Least value.
        min: Option<Literal>,
        /// Greatest value.
        max: Option<Literal>,
        /// Step.
        step: Option<Literal>,
        /// Unit of the step of dates, such as `day`.
        period: Option<String>,
    },
    /// Listed values with their labels.
    List(Vec<(Literal, Option<String>)>),
}

/// A parameter to add.
#[derive(Debug, Clone)]
pub struct NewParameter {
    /// Label.
    pub caption: String,
    /// `string`, `integer`, `real`, `boolean`, `date` or `datetime`.
    pub datatype: String,
    /// Current value; of a list, its first value if none is given.
    pub value: Option<Literal>,
    /// Values it may have.
    pub domain: Domain,
}

/// What to change in a parameter; what is not set stays.
#[derive(Debug, Clone, Default)]
pub struct ParameterChange {
    /// Label.
    pub caption: Option<String>,
    /// Current value, or the label of one in its list.
    pub value: Option<String>,
    /// Values it may have.
    pub domain: Option<Domain>,
}

impl Document {
    /// Finds a parameter by caption or internal name.
    pub fn parameter(&self, name: &str) -> Result<Column<'_>> {
        let all = self.parameters();
        let quoted = crate::names::quote(name);
        all.iter()
            .find(|parameter| parameter.label() == name)
            .or_else(|| all.iter().find(|parameter| parameter.name() == quoted))
            .copied()
            .ok_or_else(|| {
                let known: Vec<_> = all
                    .iter()
                    .map(|one| format!("`{}`", shorten(&one.label())))
                    .collect();
                Error::edit(format!(
                    "there is no parameter `{}`; there are {}",
                    shorten(name),
                    if known.is_empty() {
                        "none".to_owned()
                    } else {
                        known.join(", ")
                    }
                ))
            })
    }

    /// Adds a parameter and returns its internal name. The pseudo data source for parameters is made if it is
    /// not there.
    pub fn add_parameter(&mut self, new: &NewParameter) -> Result<String> {
        if self.workbook().is_none() {
            return Err(Error::edit("only workbooks have parameters"));
        }
        if new.caption.trim().is_empty() {
            return Err(Error::edit("a parameter needs a caption"));
        }
        if self
            .parameters()
            .iter()
            .any(|parameter| parameter.label() == new.caption)
        {
            return Err(Error::edit(format!(
                "there is a parameter `{}` already",
                shorten(&new.caption)
            )));
        }
        check_domain(&new.datatype, &new.domain)?;
        let value = match (&new.value, &new.domain) {
            (Some(value), _) => value.clone(),
            (None, Domain::List(values)) => values.first().map_or(Literal::Null, |(value, _)| value.clone()),
            (None, Domain::Range { min: Some(min), .. }) => min.clone(),
            _ => return Err(Error::edit("a parameter needs a current value")),
        };
        check_value(&new.datatype, &value)?;
        check_in_domain(&value, &new.domain)?;
        let holder = self.parameters_node()?;
        let taken: Vec<String> = self
            .parameters()
            .iter()
            .map(|one| one.name().into_owned())
            .collect();
        let name = (1..)
            .map(|number| format!("[Parameter {number}]"))
            .find(|name| !taken.contains(name))
            .expect("there are more numbers than parameters");
        let written = value.to_string();
        let label = label_of(&value, &new.domain);
        let column = Element::new("column")
            .with_some("alias", label)
            .with("caption", new.caption.as_str())
            .with("datatype", new.datatype.as_str())
            .with("name", name.as_str())
            .with("param-domain-type", domain_name(&new.domain))
            .with("role", "measure")
            .with("type", kind_of(&new.datatype))
            .with("value", written.as_str())
            .child(
                Element::new("calculation")
                    .with("class", "tableau")
                    .with("formula", written.as_str()),
            )
            .children(domain_elements(&new.domain));
        self.tree.insert_ordered(holder, &column, &DATASOURCE_ORDER)?;
        Ok(name)
    }

    /// Changes a parameter, and the copies of it.
    pub fn change_parameter(&mut self, name: &str, change: &ParameterChange) -> Result<()> {
        let parameter = self.parameter(name)?;
        let node = parameter.node();
        let datatype = parameter.datatype().unwrap_or_default().into_owned();
        let internal = parameter.name().into_owned();
        let old_domain = domain_of(parameter);
        let old_value = parameter.value().map(|value| Literal::parse(&value));
        if let Some(caption) = &change.caption {
            let taken = self
                .parameters()
                .iter()
                .any(|other| other.node() != node && other.label() == *caption);
            if taken || caption.trim().is_empty() {
                return Err(Error::edit(format!(
                    "a parameter cannot be called `{}`: the name is empty or taken",
                    shorten(caption)
                )));
            }
        }
        let domain = change.domain.as_ref().unwrap_or(&old_domain);
        check_domain(&datatype, domain)?;
        let value = match &change.value {
            Some(text) => {
                let by_label = match domain {
                    Domain::List(values) => values
                        .iter()
                        .find(|(value, label)| label.as_deref() == Some(text) || value.plain() == *text)
                        .map(|(value, _)| value.clone()),
                    _ => None,
                };
                Some(match by_label {
                    Some(value) => value,
                    None => Literal::of_type(&datatype, text)?,
                })
            }
            None => old_value,
        };
        if let Some(value) = &value
            && (change.value.is_some() || change.domain.is_some())
        {
            check_in_domain(value, domain)?;
        }
        let mut nodes = vec![node];
        nodes.extend(self.column_copies("Parameters", &internal));
        for (index, &column) in nodes.iter().enumerate() {
            if let Some(caption) = &change.caption {
                self.tree.set(column, "caption", caption)?;
            }
            if change.value.is_some()
                && let Some(value) = &value
            {
                let written = value.to_string();
                self.tree.set(column, "value", &written)?;
                let calculations: Vec<_> = self.tree.all_named(column, "calculation").collect();
                for calculation in calculations {
                    self.tree.set(calculation, "formula", &written)?;
                }
            }
            if let Some(domain) = &change.domain {
                self.set_domain(column, domain)?;
            }
            if change.value.is_some() || change.domain.is_some() {
                let label = value.as_ref().and_then(|value| label_of(value, domain));
                self.tree.set_or_remove(column, "alias", label.as_deref())?;
            }
            if index > 0 {
                same_attributes(&mut self.tree, node, column, &["param-domain-type"])?;
            }
        }
        Ok(())
    }

    /// Deletes a parameter that nothing uses; with `force`, one that is used too. Returns the places that use it.
    pub fn delete_parameter(&mut self, name: &str, force: bool) -> Result<Vec<String>> {
        let parameter = self.parameter(name)?;
        let node = parameter.node();
        let internal = parameter.name().into_owned();
        let uses = self.uses("Parameters", &unquote(&internal));
        if let Some(first) = uses.first().filter(|_| !force) {
            return Err(Error::edit(format!(
                "parameter `{}` is used in {} places, first in {first}",
                shorten(name),
                uses.len()
            )));
        }
        for copy in self.column_copies("Parameters", &internal) {
            self.tree.remove(copy)?;
        }
        let holder = self.tree.parent(node);
        self.tree.remove(node)?;
        if let Some(holder) = holder
            && self.tree.all_named(holder, "column").next().is_none()
        {
            self.tree.remove(holder)?;
        }
        Ok(uses)
    }

    /// Returns the pseudo data source for parameters, making it first if need be.
    fn parameters_node(&mut self) -> Result<NodeId> {
        if let Some(found) = self
            .all_datasources()
            .into_iter()
            .find(|source| source.is_parameters())
        {
            return Ok(found.node());
        }
        let root = self.tree.root();
        let version = self
            .tree
            .value(root, "version")
            .map_or("18.1".to_owned(), |version| version.into_owned());
        let element = Element::new("datasource")
            .with("hasconnection", "false")
            .with("inline", "true")
            .with("name", "Parameters")
            .with("version", version)
            .child(Element::new("aliases").with("enabled", "yes"));
        let sources = self.tree.child(root, "datasources");
        match sources {
            // Tableau: the parameters come first.
            Some(sources) => self.tree.insert(Where::First(sources), &element),
            None => {
                let holder = Element::new("datasources");
                let holder = self.tree.insert_ordered(root, &holder, &WORKBOOK_ORDER)?;
                self.tree.insert(Where::First(holder), &element)
            }
        }
    }

    fn set_domain(&mut self, column: NodeId, domain: &Domain) -> Result<()> {
        let old: Vec<NodeId> = self
            .tree
            .all_children(column)
            .filter(|&child| matches!(self.tree.plain_name(child), "range" | "members" | "aliases"))
            .collect();
        for node in old {
            self.tree.remove(node)?;
        }
        self.tree.set(column, "param-domain-type", domain_name(domain))?;
        for element in domain_elements(domain) {
            self.tree.insert_ordered(column, &element, &COLUMN_ORDER)?;
        }
        Ok(())
    }
}

fn kind_of(datatype: &str) -> &'static str {
    match datatype {
        "string" | "boolean" => "nominal",
        _ => "quantitative",
    }
}

fn domain_name(domain: &Domain) -> &'static str {
    match domain {
        Domain::All => "any",
        Domain::Range { .. } => "range",
        Domain::List(_) => "list",
    }
}

fn domain_elements(domain: &Domain) -> Vec<Element> {
    match domain {
        Domain::All => Vec::new(),
        Domain::Range {
            min,
            max,
            step,
            period,
        } => {
            let text = |value: &Option<Literal>| value.as_ref().map(Literal::to_string);
            vec![
                Element::new("range")
                    .with_some("granularity", text(step))
                    .with_some("max", text(max))
                    .with_some("min", text(min))
                    .with_some("period-type-v2", period.clone()),
            ]
        }
        Domain::List(values) => {
            let labelled: Vec<_> = values
                .iter()
                .filter_map(|(value, label)| Some((value.to_string(), label.clone()?)))
                .collect();
            let mut elements = Vec::new();
            if !labelled.is_empty() {
                let alias = |(key, value): &(String, String)| {
                    Element::new("alias")
                        .with("key", key.as_str())
                        .with("value", value.as_str())
                };
                elements.push(Element::new("aliases").children(labelled.iter().map(alias)));
            }
            let member = |(value, label): &(Literal, Option<String>)| {
                Element::new("member")
                    .with_some("alias", label.clone())
                    .with("value", value.to_string())
            };
            elements.push(Element::new("members").children(values.iter().map(member)));
            elements
        }
    }
}

/// Reads the values a parameter may have.
pub(crate) fn domain_of(parameter: Column<'_>) -> Domain {
    match parameter.domain().as_deref() {
        Some("list") => Domain::List(
            parameter
                .members()
                .into_iter()
                .map(|member| {
                    let label = (member.value != member.key).then_some(member.value);
                    (Literal::parse(&member.key), label)
                })
                .collect(),
        ),
        Some("range") => {
            let [min, max, step] = parameter.range().unwrap_or_default();
            let read = |text: Option<String>| text.map(|text| Literal::parse(&text));
            Domain::Range {
                min: read(min),
                max: read(max),
                step: read(step),
                period: None,
            }
        }
        _ => Domain::All,
    }
}

fn label_of(value: &Literal, domain: &Domain) -> Option<String> {
    match domain {
        Domain::List(values) => values
            .iter()
            .find(|(known, _)| same(known, value))
            .and_then(|(_, label)| label.clone()),
        _ => None,
    }
}

fn same(a: &Literal, b: &Literal) -> bool {
    match (a, b) {
        (Literal::Integer(a), Literal::Real(b)) | (Literal::Real(b), Literal::Integer(a)) => *a as f64 == *b,
        _ => a == b,
    }
}

fn check_domain(datatype: &str, domain: &Domain) -> Result<()> {
    if !matches!(
        datatype,
        "string" | "integer" | "real" | "boolean" | "date" | "datetime"
    ) {
        return Err(Error::edit(format!("there is no type `{}`", shorten(datatype))));
    }
    match domain {
        Domain::All => Ok(()),
        Domain::Range { .. } if matches!(datatype, "string" | "boolean") => Err(Error::edit(format!(
            "a parameter of type {datatype} has no range; use a list"
        ))),
        Domain::Range { min, max, .. } => {
            for value in [min, max].into_iter().flatten() {
                check_value(datatype, value)?;
            }
            match (min, max) {
                (Some(min), Some(max)) if less(max, min) => Err(Error::edit(format!(
                    "the range ends ({max}) before it begins ({min})"
                ))),
                _ => Ok(()),
            }
        }
        Domain::List(values) if values.is_empty() => Err(Error::edit("the list of values is empty")),
        Domain::List(values) => {
            for (index, (value, _)) in values.iter().enumerate() {
                check_value(datatype, value)?;
                if values[..index].iter().any(|(other, _)| same(other, value)) {
                    return Err(Error::edit(format!("value {value} is in the list twice")));
                }
            }
            Ok(())
        }
    }
}

fn check_value(datatype: &str, value: &Literal) -> Result<()> {
    let fits = matches!(
        (datatype, value),
        ("string", Literal::Text(_))
            | ("integer", Literal::Integer(_))
            | ("real", Literal::Integer(_) | Literal::Real(_))
            | ("boolean", Literal::Boolean(_))
            | ("date" | "datetime", Literal::Date(_))
    );
    if fits {
        Ok(())
    } else {
        Err(Error::edit(format!("value {value} is no {datatype}")))
    }
}

fn check_in_domain(value: &Literal, domain: &Domain) -> Result<()> {
    let inside = match domain {
        Domain::All => true,
        Domain::Range { min, max, .. } => {
            min.as_ref().is_none_or(|min| !less(value, min))
                && max.as_ref().is_none_or(|max| !less(max, value))
        }
        Domain::List(values) => values.iter().any(|(known, _)| same(known, value)),
    };
    if inside {
        Ok(())
    } else {
        Err(Error::edit(format!(
            "value {value} is none that the parameter may have"
        )))
    }
}

fn less(a: &Literal, b: &Literal) -> bool {
    let number = |value: &Literal| match value {
        Literal::Integer(number) => Some(*number as f64),
        Literal::Real(number) => Some(*number),
        _ => None,
    };
    match (a, b) {
        (Literal::Date(a), Literal::Date(b)) => a < b,
        _ => match (number(a), number(b)) {
            (Some(a), Some(b)) => a < b,
            _ => false,
        },
    }
}
