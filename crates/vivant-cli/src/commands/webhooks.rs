//! `vivant webhooks`: addresses that are told of events.

use clap::Args;

use crate::resource::{
    Action, Attempt, Column, DELETE, Found, GET, Kind, LIST, Resource, Work, column, once, value, verb,
};

/// Webhooks.
pub static KIND: Kind = Kind {
    get: Some(|site, id| Box::pin(async move { Ok(value(&site.webhooks().get(&id).await?)) })),
    delete: Some(|site, id| Box::pin(async move { Ok(site.webhooks().delete(&id).await?) })),
    ..Kind::new("webhook", COLUMNS, &[], |site, _| {
        once(async move { site.webhooks().list().await })
    })
};

const COLUMNS: &[Column] = &[
    column("NAME", "name"),
    column("EVENT", "event"),
    column("URL", "webhook-destination.webhook-destination-http.url"),
    column("ENABLED", "isEnabled"),
    column("OWNER", "owner.name"),
    column("ID", "id"),
];

/// `vivant webhooks`.
pub const RESOURCE: Resource = Resource {
    name: "webhooks",
    aliases: &["webhook"],
    about: "Addresses that are told of events",
    kind: &KIND,
    verbs: &[LIST, GET, verb::<Create>("create"), verb::<Test>("test"), DELETE],
};

/// Create a webhook
#[derive(Debug, Args)]
struct Create {
    /// Its name
    name: String,
    /// What it tells of: workbook-created, datasource-refresh-failed and others
    #[arg(long, value_name = "EVENT")]
    event: String,
    /// The https:// address that is told
    #[arg(long, value_name = "URL")]
    url: String,
}

impl Action for Create {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let doing = async {
            let made = work
                .site
                .webhooks()
                .create(&self.name, &self.event, &self.url)
                .await?;
            Ok(Some(value(&made)))
        };
        let attempt = Attempt::new("create", "webhook", &self.name).detail(&self.event);
        work.step(attempt, doing).await?;
        Ok(())
    }
}

/// Let the server call a webhook's address, and show what that answers
#[derive(Debug, Args)]
struct Test {
    /// Names or ids
    #[arg(value_name = "WEBHOOK", required = true)]
    items: Vec<String>,
}

impl Action for Test {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let doing = async |found: &Found| Ok(Some(value(&work.site.webhooks().test(&found.id).await?)));
        work.each("test", "", &self.items, doing).await
    }
}
