//! Columns: type, role and kind of a field, and whether people see it.

use super::{Document, field_name};
use crate::error::{Error, Result, shorten};

/// What to change in a field; what is not set stays. For the label see [`Document::set_caption`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnChange {
    /// Type of the values: `string`, `integer`, `real`, `boolean`, `date`, `datetime` or `spatial`.
    pub datatype: Option<String>,
    /// `dimension` or `measure`.
    pub role: Option<String>,
    /// `nominal`, `ordinal` or `quantitative`.
    pub kind: Option<String>,
    /// How the field is aggregated when it is put on a shelf, such as `Sum` or `Avg`.
    pub aggregation: Option<String>,
    /// Geographic role, such as `[Country].[Name]`; an empty one removes it.
    pub semantic_role: Option<String>,
    /// Whether people see the field.
    pub hidden: Option<bool>,
}

const DATATYPES: [&str; 7] = [
    "string", "integer", "real", "boolean", "date", "datetime", "spatial",
];
const ROLES: [&str; 2] = ["dimension", "measure"];
const KINDS: [&str; 3] = ["nominal", "ordinal", "quantitative"];

impl Document {
    /// Changes a field in its data source and in the copies that sheets hold. A field that is known only from
    /// the database gets a column of its own. Shelves keep the instances that they have.
    pub fn change_column(&mut self, datasource: &str, field: &str, change: &ColumnChange) -> Result<()> {
        let source = self.source_node(datasource)?;
        let name = field_name(self.source_at(source), field)?;
        one_of("type", change.datatype.as_deref(), &DATATYPES)?;
        one_of("role", change.role.as_deref(), &ROLES)?;
        one_of("kind of field", change.kind.as_deref(), &KINDS)?;
        let column = self.source_at(source).column(&name);
        let will_be = |new: &Option<String>, old: Option<String>| new.clone().or(old);
        let datatype = will_be(
            &change.datatype,
            column.and_then(|one| Some(one.datatype()?.into_owned())),
        );
        let kind = will_be(
            &change.kind,
            column.and_then(|one| Some(one.kind()?.into_owned())),
        );
        // Tableau: text and truth values have no axis.
        if let (Some("string" | "boolean"), Some("quantitative")) = (datatype.as_deref(), kind.as_deref()) {
            return Err(Error::edit(format!(
                "field `{}` cannot be quantitative and of type {}",
                shorten(field),
                datatype.unwrap_or_default()
            )));
        }
        for node in self.column_everywhere(source, &name)? {
            for (attribute, value) in [
                ("datatype", &change.datatype),
                ("role", &change.role),
                ("type", &change.kind),
                ("aggregation", &change.aggregation),
            ] {
                if let Some(value) = value {
                    self.tree.set(node, attribute, value)?;
                }
            }
            if let Some(role) = &change.semantic_role {
                let value = Some(role.as_str()).filter(|role| !role.is_empty());
                self.tree.set_or_remove(node, "semantic-role", value)?;
            }
            if let Some(hidden) = change.hidden {
                self.tree
                    .set_or_remove(node, "hidden", hidden.then_some("true"))?;
            }
        }
        Ok(())
    }
}

fn one_of(what: &str, value: Option<&str>, allowed: &[&str]) -> Result<()> {
    match value {
        Some(value) if !allowed.contains(&value) => Err(Error::edit(format!(
            "there is no {what} `{}`; choose one of {}",
            shorten(value),
            allowed.join(", ")
        ))),
        _ => Ok(()),
    }
}
