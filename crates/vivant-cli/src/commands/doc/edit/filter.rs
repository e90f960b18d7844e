//! Filters of data sources and extracts.

use std::process::ExitCode;

use serde_json::json;
use vivant_document::Document;
use vivant_document::edit::{FilterScope, Literal, NewFilter, Period, RelativeDate};

use super::super::file::Depth;
use super::{FieldArgs, PeriodName, nothing, said};

/// Options of `add-filter`.
#[derive(Debug, clap::Args)]
pub struct FilterArgs {
    #[command(flatten)]
    of: FieldArgs,
    /// Filter what goes into the extract
    #[arg(long)]
    extract: bool,
    /// Member; may be given several times
    #[arg(long, value_name = "VALUE")]
    value: Vec<String>,
    /// Leave the members out rather than keeping them
    #[arg(long)]
    exclude: bool,
    /// Show the members as a custom list
    #[arg(long)]
    custom_list: bool,
    /// Least value
    #[arg(long, conflicts_with = "value")]
    min: Option<String>,
    /// Greatest value
    #[arg(long, conflicts_with = "value")]
    max: Option<String>,
    /// Keep rows without a value
    #[arg(long)]
    include_null: bool,
    /// Keep the last so many periods, the current one included
    #[arg(long, value_name = "COUNT", requires = "period", conflicts_with_all = ["value", "min", "max", "next", "previous"])]
    last: Option<u16>,
    /// Keep the next so many periods
    #[arg(long, value_name = "COUNT", requires = "period", conflicts_with_all = ["value", "min", "max", "previous"])]
    next: Option<u16>,
    /// Keep so many periods before the current one
    #[arg(long, value_name = "COUNT", requires = "period", conflicts_with_all = ["value", "min", "max"])]
    previous: Option<u16>,
    /// Unit of time; alone, the current period is kept
    #[arg(long)]
    period: Option<PeriodName>,
    /// Keep the current period up to now
    #[arg(long, requires = "period")]
    to_date: bool,
    /// Type of the values; taken from the field if it is not given
    #[arg(long)]
    datatype: Option<String>,
}

/// Runs `add-filter`.
pub fn add_filter(args: &FilterArgs) -> anyhow::Result<ExitCode> {
    args.of.source.edit(Depth::All, |document, source| {
        let datatype = match &args.datatype {
            Some(datatype) => datatype.clone(),
            None => datatype_of(document, source, &args.of.field)?,
        };
        let read = |text: &String| Literal::of_type(&datatype, text);
        let filter = if let Some(period) = args.period {
            let period = Period::from(period);
            NewFilter::RelativeDate(match (args.last, args.next, args.previous) {
                (Some(count), ..) => RelativeDate::last(period, count),
                (_, Some(count), _) => RelativeDate::next(period, count),
                (.., Some(count)) => RelativeDate::previous(period, count),
                _ if args.to_date => RelativeDate::to_date(period),
                _ => RelativeDate::current(period),
            })
        } else if args.min.is_some() || args.max.is_some() {
            NewFilter::Range {
                min: args.min.as_ref().map(read).transpose()?,
                max: args.max.as_ref().map(read).transpose()?,
                include_null: args.include_null,
            }
        } else {
            NewFilter::Members {
                values: args.value.iter().map(read).collect::<Result<_, _>>()?,
                exclude: args.exclude,
                custom_list: args.custom_list,
            }
        };
        document
            .add_filter(source, scope(args.extract), &args.of.field, &filter)
            .map(|()| nothing())
    })
}

fn scope(extract: bool) -> FilterScope {
    if extract {
        FilterScope::Extract
    } else {
        FilterScope::Datasource
    }
}

/// Returns the type of a field, as text if the document does not say.
fn datatype_of(document: &Document, source: &str, field: &str) -> vivant_document::Result<String> {
    let source = document.datasource(source)?;
    let quoted = vivant_document::quote(field);
    let datatype = source
        .column(field)
        .and_then(|column| column.datatype())
        .or_else(|| {
            let records = source.metadata_records();
            let record = records.iter().find(|record| {
                record.local_name().as_deref() == Some(&*quoted)
                    || record.remote_name().as_deref() == Some(field)
            })?;
            record.local_type()
        });
    Ok(datatype.map_or_else(|| "string".to_owned(), |datatype| datatype.into_owned()))
}

/// Options of `remove-filter`.
#[derive(Debug, clap::Args)]
pub struct RemoveFilterArgs {
    #[command(flatten)]
    of: FieldArgs,
    /// The filter of the extract
    #[arg(long)]
    extract: bool,
}

/// Runs `remove-filter`.
pub fn remove_filter(args: &RemoveFilterArgs) -> anyhow::Result<ExitCode> {
    args.of.source.edit(Depth::All, |document, source| {
        let count = document.remove_filter(source, scope(args.extract), &args.of.field)?;
        Ok(said(
            json!({ "removed": count }),
            format!("{count} filters removed"),
        ))
    })
}
