//! `vivant pulse`: metrics of Tableau Pulse, who follows them, and insights.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use vivant_client::{InsightBundle, PulseView, Site};

use super::users;
use crate::input;
use crate::resource::{Action, Choice, Column, Kind, Resource, Work, column, find_luid, gathered, verb};

const DEFINITIONS: &[Column] = &[
    column("NAME", "metadata.name"),
    column("DATA SOURCE", "specification.datasource.id"),
    column("METRICS", "total_metrics"),
    column("ID", "metadata.id"),
];

const METRICS: &[Column] = &[
    column("DEFINITION", "definition_id"),
    column("DEFAULT", "is_default"),
    column("FOLLOWED", "is_followed"),
    column("ID", "id"),
];

const SUBSCRIPTIONS: &[Column] = &[
    column("METRIC", "metric_id"),
    column("FOLLOWER", "follower.user_id"),
    column("CREATED", "create_time"),
    column("ID", "id"),
];

static DEFINITION: Kind = Kind::unlisted("definition", DEFINITIONS);
static METRIC: Kind = Kind::unlisted("metric", METRICS);
static SUBSCRIPTION: Kind = Kind::unlisted("subscription", SUBSCRIPTIONS);

/// `vivant pulse`.
pub const RESOURCE: Resource = Resource {
    name: "pulse",
    aliases: &[],
    about: "Metrics of Tableau Pulse, who follows them, and insights",
    kind: &DEFINITION,
    verbs: &[
        verb::<Definitions>("definitions"),
        verb::<Metrics>("metrics"),
        verb::<Subscriptions>("subscriptions"),
        verb::<Insight>("insight"),
        verb::<Brief>("brief"),
    ],
};

/// How much comes with each definition.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Extent {
    /// The definition alone
    Basic,
    /// With its metrics
    Full,
    /// With its default metric
    Default,
}

/// List definitions of metrics
#[derive(Debug, Args)]
struct Definitions {
    /// Only these, by id
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// How much comes with each
    #[arg(long, value_enum, value_name = "EXTENT", default_value = "basic")]
    view: Extent,
    #[command(flatten)]
    choice: Choice,
}

impl Action for Definitions {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let view = match self.view {
            Extent::Basic => PulseView::Basic,
            Extent::Full => PulseView::Full,
            Extent::Default => PulseView::Default,
        };
        let rows = |site: &Site, _| {
            let (site, ids) = (site.clone(), self.ids.clone());
            gathered(async move {
                let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
                match ids.is_empty() {
                    true => site.pulse().definitions(view).await,
                    false => site.pulse().batch_get_definitions(&ids, view).await,
                }
            })
        };
        self.choice.show(work, &DEFINITION, rows).await
    }
}

/// List the metrics of a definition, or those of ids
#[derive(Debug, Args)]
struct Metrics {
    /// The definition's id
    #[arg(value_name = "DEFINITION", required_unless_present = "ids")]
    definition: Option<String>,
    /// A metric by its id; may be given several times
    #[arg(long = "id", value_name = "ID", conflicts_with = "definition")]
    ids: Vec<String>,
    #[command(flatten)]
    choice: Choice,
}

impl Action for Metrics {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let rows = |site: &Site, _| {
            let (site, ids, definition) = (site.clone(), self.ids.clone(), self.definition.clone());
            gathered(async move {
                let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
                match definition {
                    Some(definition) => site.pulse().metrics(&definition).await,
                    None => site.pulse().batch_get_metrics(&ids).await,
                }
            })
        };
        self.choice.show(work, &METRIC, rows).await
    }
}

/// List what a user follows
#[derive(Debug, Args)]
struct Subscriptions {
    /// By name or id; otherwise who is signed in
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    #[command(flatten)]
    choice: Choice,
}

impl Action for Subscriptions {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let user = match &self.user {
            Some(user) => find_luid(work.site, &users::KIND, user).await?,
            None => work.site.user_id(),
        };
        let rows = |site: &Site, _| {
            let site = site.clone();
            gathered(async move { site.pulse().subscriptions(user).await })
        };
        self.choice.show(work, &SUBSCRIPTION, rows).await
    }
}

/// Bundles of insights.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Bundle {
    /// The present value
    Ban,
    /// The value with the most important insight
    Springboard,
    /// A few insights
    Basic,
    /// All insights
    Detail,
}

/// Make a bundle of insights of a metric
#[derive(Debug, Args)]
struct Insight {
    /// Which bundle
    #[arg(value_enum, value_name = "BUNDLE")]
    bundle: Bundle,
    /// File with the bundle request as JSON, as Pulse describes it; `-` is stdin
    #[arg(value_name = "FILE")]
    request: PathBuf,
}

impl Action for Insight {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let bundle = match self.bundle {
            Bundle::Ban => InsightBundle::Ban,
            Bundle::Springboard => InsightBundle::Springboard,
            Bundle::Basic => InsightBundle::Basic,
            Bundle::Detail => InsightBundle::Detail,
        };
        let request = input::json(&self.request)?;
        // A file may hold the whole request or what is in it.
        let request = request.get("bundle_request").unwrap_or(&request);
        work.document(&work.site.pulse().insight_bundle(bundle, request).await?)
    }
}

/// Answer a question about metrics
#[derive(Debug, Args)]
struct Brief {
    /// File with the messages as JSON, as Pulse describes them; `-` is stdin
    #[arg(value_name = "FILE")]
    request: PathBuf,
}

impl Action for Brief {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let request = input::json(&self.request)?;
        work.document(&work.site.pulse().insight_brief(&request).await?)
    }
}
