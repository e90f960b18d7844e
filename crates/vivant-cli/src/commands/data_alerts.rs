//! `vivant data-alerts`: who is told when data passes a threshold.

use clap::Args;
use vivant_client::filters;
use vivant_client::types::DataAlert;

use super::users;
use crate::resource::{
    Action, Attempt, Column, DELETE, Found, GET, Kind, LIST, Resource, Work, column, pages, value, verb,
};

/// Data-driven alerts.
pub static KIND: Kind = Kind {
    name: "subject",
    get: Some(|site, id| Box::pin(async move { Ok(value(&site.data_alerts().get(id.parse()?).await?)) })),
    delete: Some(|site, id| Box::pin(async move { Ok(site.data_alerts().delete(id.parse()?).await?) })),
    ..Kind::new("data alert", COLUMNS, filters::DATA_ALERTS, |site, options| {
        pages(site.data_alerts().list(options))
    })
};

const COLUMNS: &[Column] = &[
    column("SUBJECT", "subject"),
    column("VIEW", "view.name"),
    column("OWNER", "owner.name"),
    column("CONDITION", "alertCondition"),
    column("THRESHOLD", "alertThreshold"),
    column("FREQUENCY", "frequency"),
    column("PUBLIC", "public"),
    column("ID", "id"),
];

/// `vivant data-alerts`.
pub const RESOURCE: Resource = Resource {
    name: "data-alerts",
    aliases: &["data-alert"],
    about: "Who is told when data passes a threshold",
    kind: &KIND,
    verbs: &[
        LIST,
        GET,
        verb::<Update>("update"),
        DELETE,
        verb::<AddUsers>("add-users"),
        verb::<RemoveUsers>("remove-users"),
    ],
};

/// Change alerts
#[derive(Debug, Args)]
struct Update {
    /// Subjects or ids
    #[arg(value_name = "ALERT", required = true)]
    items: Vec<String>,
    /// The new subject
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// Once, Frequently, Hourly, Daily or Weekly
    #[arg(long, value_name = "FREQUENCY")]
    frequency: Option<String>,
    /// The new owner, by name or id
    #[arg(long, value_name = "USER")]
    owner: Option<String>,
    /// Whether others may add themselves
    #[arg(long, value_name = "BOOL")]
    public: Option<bool>,
}

impl Action for Update {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let changes = DataAlert {
            subject: self.subject,
            frequency: self.frequency,
            owner: users::owner(work.site, self.owner.as_deref()).await?,
            public: self.public,
            ..DataAlert::default()
        };
        super::refuse_nothing(changes == DataAlert::default())?;
        let doing = async |found: &Found| {
            Ok(Some(value(
                &work.site.data_alerts().update(found.luid()?, &changes).await?,
            )))
        };
        work.each("update", &super::changes(&value(&changes)), &self.items, doing)
            .await
    }
}

/// Add recipients to an alert
#[derive(Debug, Args)]
struct AddUsers {
    /// Subject or id
    alert: String,
    /// Names or ids
    #[arg(value_name = "USER", required = true)]
    users: Vec<String>,
}

impl Action for AddUsers {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let alert = work.find(&self.alert).await?;
        users::each(work, "add", &self.users, async |user| {
            let doing = async {
                work.site
                    .data_alerts()
                    .add_user_to_alert(alert.luid()?, user.luid()?)
                    .await?;
                Ok(None)
            };
            let attempt = Attempt::on("add", "user", user).detail(format!("to data alert {}", alert.label));
            work.step(attempt, doing).await.map(|_| ())
        })
        .await
    }
}

/// Take recipients off an alert
#[derive(Debug, Args)]
struct RemoveUsers {
    /// Subject or id
    alert: String,
    /// Names or ids
    #[arg(value_name = "USER", required = true)]
    users: Vec<String>,
}

impl Action for RemoveUsers {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let alert = work.find(&self.alert).await?;
        users::each(work, "remove", &self.users, async |user| {
            let doing = async {
                work.site
                    .data_alerts()
                    .delete_user_from_alert(alert.luid()?, user.luid()?)
                    .await?;
                Ok(None)
            };
            let attempt =
                Attempt::on("remove", "user", user).detail(format!("from data alert {}", alert.label));
            work.step(attempt, doing).await.map(|_| ())
        })
        .await
    }
}
