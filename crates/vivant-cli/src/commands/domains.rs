//! `vivant domains`: domains of the directory behind a server.

use clap::Args;
use vivant_client::types::Domain;

use crate::exit::Unclear;
use crate::resource::{
    Action, Attempt, Column, Found, GET, Kind, LIST, Resource, Work, column, once, value, verb,
};

/// Domains.
pub static KIND: Kind = Kind::new("domain", COLUMNS, &[], |site, _| {
    once(async move { site.domains().list().await })
});

const COLUMNS: &[Column] = &[
    column("NAME", "name"),
    column("NICKNAME", "shortName"),
    column("ID", "id"),
];

/// `vivant domains`.
pub const RESOURCE: Resource = Resource {
    name: "domains",
    aliases: &["domain"],
    about: "Domains of the directory behind a server",
    kind: &KIND,
    verbs: &[LIST, GET, verb::<Update>("update")],
};

/// Change the name or the nickname of a domain
#[derive(Debug, Args)]
struct Update {
    /// Name or id
    item: String,
    /// Its new name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Its new nickname, such as EXAMPLE
    #[arg(long, value_name = "NAME")]
    nickname: Option<String>,
}

impl Action for Update {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        super::refuse_nothing(self.name.is_none() && self.nickname.is_none())?;
        // The ids of domains are numbers on some servers, so that they look like names.
        let all = work.site.domains().list().await?;
        let meant = all.iter().find(|domain| {
            [&domain.id, &domain.name, &domain.short_name]
                .into_iter()
                .any(|one| one.as_ref() == Some(&self.item))
        });
        let Some(domain) = meant else {
            return Err(Unclear::missing(format!("there is no domain '{}'", self.item)).into());
        };
        let found = Found {
            id: domain.id.clone().unwrap_or_default(),
            label: domain.name.clone().unwrap_or_default(),
            item: Some(value(domain)),
        };
        let changes = Domain {
            id: Some(found.id.clone()),
            name: self.name,
            short_name: self.nickname,
        };
        let detail = super::changes(&value(&Domain {
            id: None,
            ..changes.clone()
        }));
        let doing = async { Ok(Some(value(&work.site.domains().update(&changes).await?))) };
        work.step(Attempt::on("update", "domain", &found).detail(detail), doing)
            .await?;
        Ok(())
    }
}
