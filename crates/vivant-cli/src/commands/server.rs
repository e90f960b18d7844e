//! `vivant server`: what a server is, sessions on it, and its reports.

use clap::Args;

use crate::exit::UsageError;
use crate::resource::{Action, Attempt, Column, Kind, Resource, Work, column, number, value, verb};

const INFO: &[Column] = &[
    column("VERSION", "productVersion.value"),
    column("BUILD", "productVersion.build"),
    column("API VERSION", "restApiVersion"),
];

const SESSION: &[Column] = &[
    column("SITE", "site.name"),
    column("USER", "user.name"),
    column("ID", "id"),
];

const ACCELERATION: &[Column] = &[
    column("SITE", "site"),
    column("SHEET", "sheetURI"),
    number("SESSIONS", "unacceleratedSessionCount"),
    column("SECONDS", "averageNonAcceleratedPLT"),
    number("ACCELERATED SESSIONS", "acceleratedSessionCount"),
    column("ACCELERATED SECONDS", "averageAcceleratedPLT"),
];

static KIND: Kind = Kind::unlisted("server", INFO);

/// `vivant server`.
pub const RESOURCE: Resource = Resource {
    name: "server",
    aliases: &[],
    about: "What a server is, sessions on it, and its reports",
    kind: &KIND,
    verbs: &[
        verb::<Info>("info"),
        verb::<Session>("session"),
        verb::<EndSession>("end-session"),
        verb::<RevokeTokens>("revoke-admin-tokens"),
        verb::<Acceleration>("acceleration-report"),
    ],
};

/// Show product version, build and API version
#[derive(Debug, Args)]
struct Info {}

impl Action for Info {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        work.item(INFO, &value(&work.site.server().info().await?));
        Ok(())
    }
}

/// Show site and user of the present session
#[derive(Debug, Args)]
struct Session {}

impl Action for Session {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        work.item(SESSION, &value(&work.site.server().session().await?));
        Ok(())
    }
}

/// End sessions by their ids; server administrators may end those of others
#[derive(Debug, Args)]
struct EndSession {
    /// Their ids
    #[arg(value_name = "SESSION", required = true)]
    ids: Vec<String>,
}

impl Action for EndSession {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        for id in &self.ids {
            let doing = async {
                work.site.server().delete_session(id).await?;
                Ok(None)
            };
            work.step(Attempt::new("end", "session", id), doing).await?;
        }
        Ok(())
    }
}

/// Make all personal access tokens of server administrators invalid
#[derive(Debug, Args)]
struct RevokeTokens {
    /// Yes, all of them
    #[arg(long)]
    yes: bool,
}

impl Action for RevokeTokens {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        if !self.yes && !work.dry_run() {
            let message =
                "scripts of all server administrators lose their tokens: --yes says that this is meant";
            return Err(UsageError(message.to_owned()).into());
        }
        let doing = async {
            work.site.revoke_all_server_admin_tokens().await?;
            Ok(None)
        };
        let attempt = Attempt::new("revoke", "tokens of", "all server administrators");
        work.step(attempt, doing).await?;
        Ok(())
    }
}

/// Show how much faster accelerated workbooks load
#[derive(Debug, Args)]
struct Acceleration {}

impl Action for Acceleration {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let report = work.site.data_acceleration_report().get().await?;
        let records: Vec<_> = report.comparison_record.iter().map(value).collect();
        work.list(ACCELERATION, &records, false);
        Ok(())
    }
}
