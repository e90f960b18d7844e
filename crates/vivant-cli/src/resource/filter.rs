//! `--filter`, `--sort`, `--fields` and how much of a list: what the server can do it does, the rest is
//! done here, so that nothing asked for is left out.

use std::cmp::Ordering;

use clap::Args;
use futures_util::TryStreamExt;
use vivant_client::filters::{self, Operator};
use vivant_client::{ErrorKind, Filter, ListOptions, Site, Sort};

use super::show::{Column, column};
use super::value::{self, Rows, Value, has, text};
use super::{Kind, Work};
use crate::exit::UsageError;

/// How many rows a table shows when nobody says how many.
const SCREENFUL: usize = 100;

/// Which things of a list, and what of them.
#[derive(Clone, Debug, Default, Args)]
pub struct Choice {
    /// Condition: `name:eq:Sales`, `size:gte:10`, or shorter `name=Sales`, `size>=10`; several must all hold
    #[arg(short, long = "filter", value_name = "CONDITION")]
    filters: Vec<String>,
    /// Sort by these: `name`, `updatedAt:desc`
    #[arg(long, value_name = "FIELD[:desc]", value_delimiter = ',')]
    sort: Vec<String>,
    /// Show these instead: `name,owner.name,updatedAt`; `_all_` is everything
    #[arg(long, value_name = "FIELD", value_delimiter = ',')]
    fields: Vec<String>,
    /// Stop after so many
    #[arg(long, value_name = "N", conflicts_with = "all")]
    limit: Option<usize>,
    /// List everything, also as a table, which otherwise shows the first 100
    #[arg(long)]
    all: bool,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    field: String,
    operator: Operator,
    values: Vec<String>,
}

/// One key to sort by.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    field: String,
    descending: bool,
}

/// What goes to the server and what is done here.
struct Split {
    options: ListOptions,
    conditions: Vec<Condition>,
    keys: Vec<Key>,
}

impl Choice {
    /// The columns that were asked for, if any were.
    fn columns(&self, kind: &Kind, items: &[Value]) -> Option<Vec<Column>> {
        if self.fields.is_empty() {
            return None;
        }
        let mut columns: Vec<Column> = Vec::new();
        let mut add = |path: &str| {
            if columns.iter().any(|known| known.path == path) {
                return;
            }
            let known = kind.columns.iter().find(|column| column.path == path);
            columns.push(known.cloned().unwrap_or_else(|| Column {
                title: path.to_uppercase().into(),
                path: path.to_owned().into(),
                ..column("", "")
            }));
        };
        for field in &self.fields {
            match field.as_str() {
                "_all_" => items.iter().flat_map(value::leaves).for_each(|path| add(&path)),
                "_default_" => kind.columns.iter().for_each(|column| add(&column.path)),
                field => add(field),
            }
        }
        Some(columns)
    }

    /// Reads a list as it was asked for, and prints it.
    pub async fn show(
        &self,
        work: &Work<'_>,
        kind: &'static Kind,
        list: impl Fn(&Site, ListOptions) -> Rows,
    ) -> anyhow::Result<()> {
        let split = self.split(kind)?;
        let limit = match (self.limit, self.all || work.for_programs()) {
            (Some(limit), _) => Some(limit),
            (None, true) => None,
            (None, false) => Some(SCREENFUL),
        };
        let asked = self.asked().or(kind.ask.map(str::to_owned));
        let read = self.read(work, &split, limit, &list, asked.clone()).await;
        let (mut items, total) = match read {
            // Tableau: a server may know the parameter `fields` but not this field of it.
            Err(error) if asked.is_some() && is_refused(&error) => {
                tracing::info!(reason = %error, "asking without the fields");
                self.read(work, &split, limit, &list, None).await?
            }
            read => read?,
        };
        self.check_fields(kind, &split, &items)?;
        let mut total = total;
        if !split.conditions.is_empty() {
            items.retain(|item| split.conditions.iter().all(|condition| condition.holds(item)));
            total = Some(items.len() as u64);
        }
        if !split.keys.is_empty() {
            items.sort_by(|a, b| compare(a, b, &split.keys));
        }
        let cut = limit.is_some_and(|limit| items.len() > limit);
        if let Some(limit) = limit {
            items.truncate(limit);
        }
        let columns = self.columns(kind, &items);
        for column in columns.iter().flatten() {
            if !items.is_empty() && !items.iter().any(|item| has(item, &column.path)) {
                work.note(&format!("the server gives no {} of these", column.path));
            }
        }
        let chosen = columns.is_some();
        work.list(columns.as_deref().unwrap_or(kind.columns), &items, chosen);
        let more = total.is_some_and(|total| total > items.len() as u64);
        if (cut || more) && self.limit.is_none() {
            let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
            work.note(&format!("{}{of} shown; --all shows every one", items.len()));
        }
        Ok(())
    }

    /// The `fields` parameter that is needed, where the server would not give them by itself.
    fn asked(&self) -> Option<String> {
        if self.fields.iter().any(|field| field == "_all_") {
            return Some("_all_".to_owned());
        }
        let further: Vec<&str> = self
            .fields
            .iter()
            .map(String::as_str)
            .filter(|field| field.contains('.'))
            .collect();
        (!further.is_empty()).then(|| format!("_default_,{}", further.join(",")))
    }

    async fn read(
        &self,
        work: &Work<'_>,
        split: &Split,
        limit: Option<usize>,
        list: &impl Fn(&Site, ListOptions) -> Rows,
        fields: Option<String>,
    ) -> anyhow::Result<(Vec<Value>, Option<u64>)> {
        let mut options = split.options.clone();
        if let Some(fields) = fields {
            options = options.fields(fields);
        }
        // What is chosen or ordered here needs to be seen whole.
        let enough = match split.conditions.is_empty() && split.keys.is_empty() {
            true => limit,
            false => None,
        };
        if let Some(enough) = enough {
            options = options.page_size(u32::try_from(enough.clamp(1, 1000)).expect("at most 1000"));
        }
        let progress = work.progress();
        progress.phase("listing");
        let mut rows = list(work.site, options);
        let (mut items, mut total) = (Vec::new(), None);
        while let Some(chunk) = rows.try_next().await? {
            total = chunk.total.or(total);
            if let Some(total) = total {
                progress.total(enough.map_or(total, |enough| total.min(enough as u64)));
            }
            progress.add(chunk.items.len());
            items.extend(chunk.items);
            if enough.is_some_and(|enough| items.len() >= enough) {
                break;
            }
        }
        Ok((items, total))
    }

    /// Shares the work between the server and here.
    fn split(&self, kind: &Kind) -> Result<Split, UsageError> {
        let mut options = ListOptions::new();
        let (mut conditions, mut sent): (Vec<Condition>, Vec<Condition>) = (Vec::new(), Vec::new());
        for text in &self.filters {
            let condition = Condition::parse(text)?;
            let twice = sent
                .iter()
                .any(|other| other.field == condition.field && other.operator == condition.operator);
            match condition.for_server(kind.fields) && !twice {
                true => {
                    options = options.filter(condition.to_filter());
                    sent.push(condition);
                }
                false => conditions.push(condition),
            }
        }
        let keys: Vec<Key> = self
            .sort
            .iter()
            .map(|text| Key::parse(text))
            .collect::<Result<_, _>>()?;
        let on_server = keys
            .iter()
            .all(|key| kind.fields.iter().any(|field| field.name == key.field));
        if on_server {
            for key in &keys {
                options = options.sort(match key.descending {
                    true => Sort::desc(&key.field),
                    false => Sort::asc(&key.field),
                });
            }
        }
        Ok(Split {
            options,
            conditions,
            keys: if on_server { Vec::new() } else { keys },
        })
    }

    /// Refuses names that nothing has, of what is done here.
    fn check_fields(&self, kind: &Kind, split: &Split, items: &[Value]) -> Result<(), UsageError> {
        let used = split.conditions.iter().map(|condition| &condition.field);
        for field in used.chain(split.keys.iter().map(|key| &key.field)) {
            let known = kind.columns.iter().any(|column| column.path == *field)
                || items.iter().any(|item| has(item, field));
            if !known && !items.is_empty() {
                let mut names: Vec<String> = kind.fields.iter().map(|field| field.name.to_owned()).collect();
                let shown = kind.columns.iter().map(|column| column.path.to_string());
                for name in shown.chain(value::leaves(&items[0])) {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
                return Err(UsageError(format!(
                    "{}s cannot be chosen or sorted by '{field}', only by {}",
                    kind.noun,
                    names.join(", ")
                )));
            }
        }
        Ok(())
    }
}

fn is_refused(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<vivant_client::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::Rejected)
}

impl Condition {
    /// Reads `field:operator:value` or one of the short forms.
    fn parse(text: &str) -> Result<Self, UsageError> {
        let unusable = || {
            UsageError(format!(
                "--filter '{text}' is no condition: write FIELD:OPERATOR:VALUE with one of eq, gt, gte, lt, lte, in, \
                 has, cieq, or FIELD=VALUE, FIELD>=VALUE and so on"
            ))
        };
        let end = text
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '_' | '-')))
            .ok_or_else(unusable)?;
        let (field, rest) = text.split_at(end);
        if field.is_empty() {
            return Err(unusable());
        }
        let (operator, value) = match rest.strip_prefix(':') {
            Some(rest) => {
                let (name, value) = rest.split_once(':').ok_or_else(unusable)?;
                let operator = [
                    Operator::Eq,
                    Operator::Gt,
                    Operator::Gte,
                    Operator::Lt,
                    Operator::Lte,
                    Operator::In,
                    Operator::CiEq,
                    Operator::Has,
                ]
                .into_iter()
                .find(|operator| operator.as_str().eq_ignore_ascii_case(name))
                .ok_or_else(unusable)?;
                (operator, value)
            }
            None => [
                (">=", Operator::Gte),
                ("<=", Operator::Lte),
                ("==", Operator::Eq),
                (">", Operator::Gt),
                ("<", Operator::Lt),
                ("=", Operator::Eq),
            ]
            .into_iter()
            .find_map(|(sign, operator)| Some((operator, rest.strip_prefix(sign)?)))
            .ok_or_else(unusable)?,
        };
        let values = match operator {
            Operator::In => {
                let inside = value.strip_prefix('[').and_then(|value| value.strip_suffix(']'));
                inside.unwrap_or(value).split(',').map(str::to_owned).collect()
            }
            _ => vec![value.to_owned()],
        };
        Ok(Self {
            field: field.to_owned(),
            operator,
            values,
        })
    }

    /// Whether the server knows the field and the operator, and its grammar can hold the value.
    fn for_server(&self, fields: &[filters::Field]) -> bool {
        let awkward = |value: &String| value.contains([',', '[', ']']);
        fields
            .iter()
            .any(|field| field.name == self.field && field.operators().contains(&self.operator))
            && !self.values.iter().any(awkward)
    }

    fn to_filter(&self) -> Filter {
        Filter::new(
            &self.field,
            self.operator,
            self.values.iter().map(|value| value.as_str().into()),
        )
    }

    fn holds(&self, item: &Value) -> bool {
        let found = text(item, &self.field);
        let first = self.values.first().map(String::as_str).unwrap_or_default();
        match self.operator {
            Operator::Eq => found == first,
            Operator::CiEq => found.to_lowercase() == first.to_lowercase(),
            Operator::In => self.values.contains(&found),
            Operator::Has => found.contains(first),
            _ if found.is_empty() => false,
            Operator::Gt => order(&found, first).is_gt(),
            Operator::Gte => order(&found, first).is_ge(),
            Operator::Lt => order(&found, first).is_lt(),
            Operator::Lte => order(&found, first).is_le(),
        }
    }
}

impl Key {
    fn parse(text: &str) -> Result<Self, UsageError> {
        let (field, way) = text.split_once(':').unwrap_or((text, "asc"));
        let descending = match way {
            "asc" => false,
            "desc" => true,
            _ => {
                return Err(UsageError(format!(
                    "--sort '{text}' is no key: write FIELD, FIELD:asc or FIELD:desc"
                )));
            }
        };
        if field.is_empty() {
            return Err(UsageError("--sort has an empty key".to_owned()));
        }
        Ok(Self {
            field: field.to_owned(),
            descending,
        })
    }
}

fn compare(a: &Value, b: &Value, keys: &[Key]) -> Ordering {
    keys.iter()
        .map(|key| {
            let order = order(&text(a, &key.field), &text(b, &key.field));
            if key.descending { order.reverse() } else { order }
        })
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Numbers by their size, everything else as text.
fn order(a: &str, b: &str) -> Ordering {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        _ => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(text: &str) -> Condition {
        Condition::parse(text).expect("a condition")
    }

    #[test]
    fn conditions_are_read_in_both_spellings() {
        for (text, field, operator, value) in [
            ("name:eq:a:b=c", "name", Operator::Eq, "a:b=c"),
            ("name=a:b=c", "name", Operator::Eq, "a:b=c"),
            ("owner.name=ann", "owner.name", Operator::Eq, "ann"),
            ("size>=10", "size", Operator::Gte, "10"),
            ("size<10", "size", Operator::Lt, "10"),
            (
                "updatedAt:gt:2026-01-01T00:00:00Z",
                "updatedAt",
                Operator::Gt,
                "2026-01-01T00:00:00Z",
            ),
        ] {
            let read = parse(text);
            assert_eq!((read.field.as_str(), read.operator), (field, operator), "{text}");
            assert_eq!(read.values, [value], "{text}");
        }
        assert_eq!(parse("name:in:[a,b c]").values, ["a", "b c"]);
        for bad in ["", "name", "=x", "name:like:x", "name:eq"] {
            assert!(Condition::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_the_server_cannot_do_is_done_here() {
        let check = |text: &str, expected| {
            assert_eq!(parse(text).for_server(filters::WORKBOOKS), expected, "{text}");
        };
        check("name=Sales + Ops / ü", true);
        check("name=Smith, John", false);
        check("name>a", false);
        check("owner.name=ann", false);
        check("size>=3", true);
    }

    #[test]
    fn conditions_hold_of_numbers_and_texts() {
        let item = json!({"name": "b", "size": 9, "owner": {"name": "Ann"}});
        let check = |text: &str, expected| assert_eq!(parse(text).holds(&item), expected, "{text}");
        check("size<10", true);
        check("size>10", false);
        check("owner.name:cieq:ann", true);
        check("owner.name=ann", false);
        check("name:in:[a,b]", true);
        check("nothing<1", false);
        let keys = [
            Key::parse("size:desc").expect("a key"),
            Key::parse("name").expect("a key"),
        ];
        assert!(compare(&item, &json!({"size": 10}), &keys).is_gt());
        assert!(Key::parse("name:up").is_err());
    }
}
