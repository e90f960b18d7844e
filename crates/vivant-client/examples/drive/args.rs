//! Arguments of calls.

use std::str::FromStr;

use serde_json::{Map, Value};
use vivant_client::filters::{Operator, Value as Compared};
use vivant_client::{Filter, ListOptions, Sort};
use vivant_wire::node::Read1;
use vivant_wire::{Format, Node};

/// Why a call was not answered.
pub enum Trouble {
    /// The line cannot be used.
    Usage(String),
    /// The client gave an error.
    Client(vivant_client::Error),
}

impl From<vivant_client::Error> for Trouble {
    fn from(error: vivant_client::Error) -> Self {
        Self::Client(error)
    }
}

/// A JSON object.
#[derive(Default)]
pub struct Args(Map<String, Value>);

impl Args {
    pub fn parse(line: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(line).map(Self)
    }

    /// An object inside; empty where there is none.
    pub fn sub(&self, name: &str) -> Self {
        Self(
            self.0
                .get(name)
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default(),
        )
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    pub fn maybe_text(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }

    pub fn text(&self, name: &str) -> Result<String, Trouble> {
        self.maybe_text(name)
            .ok_or_else(|| Trouble::Usage(format!("the argument {name} is missing")))
    }

    pub fn flag(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A value that reads itself from text: an id, a number.
    pub fn value<T: FromStr>(&self, name: &str) -> Result<T, Trouble> {
        let text = self.text(name)?;
        text.parse()
            .map_err(|_| Trouble::Usage(format!("the argument {name} cannot be '{text}'")))
    }

    pub fn maybe<T: FromStr>(&self, name: &str) -> Result<Option<T>, Trouble> {
        match self.has(name) {
            true => self.value(name).map(Some),
            false => Ok(None),
        }
    }

    /// A list of texts; empty where there is none.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let items = self.0.get(name).and_then(Value::as_array);
        items
            .into_iter()
            .flatten()
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect()
    }

    /// A list of values.
    pub fn values<T: FromStr>(&self, name: &str) -> Result<Vec<T>, Trouble> {
        let texts = self.texts(name);
        let parsed = texts.iter().map(|text| text.parse::<T>().ok()).collect();
        Option::ok_or_else(parsed, || {
            Trouble::Usage(format!("the argument {name} cannot be {texts:?}"))
        })
    }

    /// A list of objects.
    pub fn objects(&self, name: &str) -> Vec<Self> {
        let items = self.0.get(name).and_then(Value::as_array);
        items
            .into_iter()
            .flatten()
            .filter_map(|value| value.as_object().cloned().map(Self))
            .collect()
    }

    /// An element of the API, written as JSON.
    pub fn item<T: Read1>(&self, name: &str) -> Result<T, Trouble> {
        self.sub(name).read()
    }

    /// Reads the whole object as an element.
    pub fn read<T: Read1>(&self) -> Result<T, Trouble> {
        let text = Value::Object(self.0.clone()).to_string();
        Node::parse(Format::Json, text.as_bytes())
            .and_then(|node| T::read(&node))
            .map_err(|e| Trouble::Usage(e.to_string()))
    }

    /// `options`: filters, sort keys, fields, the size of pages.
    pub fn list_options(&self) -> Result<ListOptions, Trouble> {
        let options = self.sub("options");
        let mut list = ListOptions::new();
        for filter in options.objects("filters") {
            let operator = Operator::parse(&filter.text("operator")?)
                .ok_or_else(|| Trouble::Usage("there is no such operator".to_owned()))?;
            let values = match filter.0.get("value") {
                Some(Value::Array(_)) => filter.texts("value"),
                _ => vec![filter.text("value")?],
            };
            let made = Filter::new(
                filter.text("field")?,
                operator,
                values.into_iter().map(Compared::Text),
            );
            list = list.filter(match filter.flag("unchecked") {
                true => made.unchecked(),
                false => made,
            });
        }
        for key in options.objects("sort") {
            list = list.sort(match key.flag("descending") {
                true => Sort::desc(key.text("field")?),
                false => Sort::asc(key.text("field")?),
            });
        }
        if let Some(fields) = options.maybe_text("fields") {
            list = list.fields(fields);
        }
        if let Some(size) = options.maybe("page_size")? {
            list = list.page_size(size);
        }
        Ok(list)
    }
}

impl From<serde_json::Error> for Trouble {
    fn from(error: serde_json::Error) -> Self {
        Self::Usage(format!("the line is no JSON object: {error}"))
    }
}
