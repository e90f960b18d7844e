//! Parameters.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;
use vivant_document::edit::{Domain, Literal, NewParameter, ParameterChange, Period};

use super::super::file::{Depth, Report};
use super::{PeriodName, Target, nothing, said};

/// What to do with a parameter.
#[derive(Debug, Subcommand)]
pub enum ParameterAction {
    /// Add a parameter
    Add(Box<AddParameterArgs>),
    /// Change a parameter
    Set(Box<SetParameterArgs>),
    /// Delete a parameter
    Delete(DeleteParameterArgs),
}

/// Values that a parameter may have.
#[derive(Debug, clap::Args)]
struct Allowed {
    /// Any value
    #[arg(long, conflicts_with_all = ["min", "max", "step", "member"])]
    any: bool,
    /// Least value
    #[arg(long, conflicts_with = "member")]
    min: Option<String>,
    /// Greatest value
    #[arg(long, conflicts_with = "member")]
    max: Option<String>,
    /// Step
    #[arg(long, conflicts_with = "member")]
    step: Option<String>,
    /// Unit of the step of dates
    #[arg(long)]
    period: Option<PeriodName>,
    /// A value with its label if it has one; may be given several times
    #[arg(long, value_name = "VALUE[=LABEL]")]
    member: Vec<String>,
}

impl Allowed {
    fn domain(&self, datatype: &str) -> vivant_document::Result<Option<Domain>> {
        let read = |text: &Option<String>| {
            text.as_ref()
                .map(|text| Literal::of_type(datatype, text))
                .transpose()
        };
        if self.any {
            return Ok(Some(Domain::All));
        }
        if !self.member.is_empty() {
            let member = |text: &String| {
                let (value, label) = match text.split_once('=') {
                    Some((value, label)) => (value, Some(label.to_owned())),
                    None => (text.as_str(), None),
                };
                Ok((Literal::of_type(datatype, value)?, label))
            };
            let members = self
                .member
                .iter()
                .map(member)
                .collect::<vivant_document::Result<_>>()?;
            return Ok(Some(Domain::List(members)));
        }
        if self.min.is_none() && self.max.is_none() && self.step.is_none() {
            return Ok(None);
        }
        Ok(Some(Domain::Range {
            min: read(&self.min)?,
            max: read(&self.max)?,
            step: match &self.step {
                // The step of dates is a number of periods.
                Some(step) if matches!(datatype, "date" | "datetime") => {
                    Some(Literal::of_type("integer", step)?)
                }
                _ => read(&self.step)?,
            },
            period: self.period.map(|period| Period::from(period).as_str().to_owned()),
        }))
    }
}

/// Options of `parameter add`.
#[derive(Debug, clap::Args)]
pub struct AddParameterArgs {
    #[command(flatten)]
    target: Target,
    /// Caption
    caption: String,
    /// `string`, `integer`, `real`, `boolean`, `date` or `datetime`
    #[arg(long)]
    datatype: String,
    /// Current value
    #[arg(long)]
    value: Option<String>,
    #[command(flatten)]
    allowed: Allowed,
}

/// Options of `parameter set`.
#[derive(Debug, clap::Args)]
pub struct SetParameterArgs {
    #[command(flatten)]
    target: Target,
    /// Parameter, by caption or name
    name: String,
    /// Current value, or the label of one in its list
    #[arg(long)]
    value: Option<String>,
    /// New caption
    #[arg(long)]
    caption: Option<String>,
    #[command(flatten)]
    allowed: Allowed,
}

/// Options of `parameter delete`.
#[derive(Debug, clap::Args)]
pub struct DeleteParameterArgs {
    #[command(flatten)]
    target: Target,
    /// Parameter, by caption or name
    name: String,
    /// Delete it although it is used
    #[arg(long)]
    force: bool,
}

/// Runs `parameter`.
pub fn parameter(action: &ParameterAction) -> anyhow::Result<ExitCode> {
    match action {
        ParameterAction::Add(args) => args.target.edit(Depth::All, |document| {
            let value = args
                .value
                .as_ref()
                .map(|text| Literal::of_type(&args.datatype, text))
                .transpose()?;
            let name = document.add_parameter(&NewParameter {
                caption: args.caption.clone(),
                datatype: args.datatype.clone(),
                value,
                domain: args.allowed.domain(&args.datatype)?.unwrap_or_default(),
            })?;
            Ok(said(json!({ "name": name }), format!("internal name {name}")))
        }),
        ParameterAction::Set(args) => args.target.edit(Depth::All, |document| {
            let datatype = document
                .parameter(&args.name)?
                .datatype()
                .unwrap_or_default()
                .into_owned();
            let change = ParameterChange {
                caption: args.caption.clone(),
                value: args.value.clone(),
                domain: args.allowed.domain(&datatype)?,
            };
            document.change_parameter(&args.name, &change).map(|()| nothing())
        }),
        ParameterAction::Delete(args) => args.target.edit(Depth::All, |document| {
            let uses = document.delete_parameter(&args.name, args.force)?;
            Ok(Report {
                lines: uses.iter().map(|place| format!("was used in {place}")).collect(),
                json: json!({ "usedIn": uses }),
            })
        }),
    }
}
