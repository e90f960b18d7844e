//! `vivant subscriptions`: views and workbooks that are sent by mail.

use clap::Args;
use vivant_client::model::SubscriptionId;
use vivant_client::types::{Subscription, SubscriptionContent, SubscriptionSchedule};

use super::{content, schedules, users, views, workbooks};
use crate::resource::{
    Action, Attempt, Column, DELETE, Found, GET, Kind, LIST, Resource, Work, column, find_as, pages, value,
    verb,
};

/// Subscriptions.
pub static KIND: Kind = Kind {
    name: "subject",
    get: Some(|site, id| {
        Box::pin(async move {
            Ok(value(
                &site.subscriptions().get(id.parse::<SubscriptionId>()?).await?,
            ))
        })
    }),
    delete: Some(|site, id| {
        Box::pin(async move { Ok(site.subscriptions().delete(id.parse::<SubscriptionId>()?).await?) })
    }),
    ..Kind::new("subscription", COLUMNS, &[], |site, options| {
        pages(site.subscriptions().list(options))
    })
};

const COLUMNS: &[Column] = &[
    column("SUBJECT", "subject"),
    column("USER", "user.name"),
    column("TYPE", "content.type"),
    column("CONTENT", "content.name"),
    column("SCHEDULE", "schedule.name"),
    column("SUSPENDED", "suspended"),
    column("ID", "id"),
];

/// What can be sent.
struct Sent {
    kind: &'static Kind,
    name: &'static str,
}

const SENT: &[Sent] = &[
    Sent {
        kind: &workbooks::KIND,
        name: "Workbook",
    },
    Sent {
        kind: &views::KIND,
        name: "View",
    },
];

/// `vivant subscriptions`.
pub const RESOURCE: Resource = Resource {
    name: "subscriptions",
    aliases: &["subscription"],
    about: "Views and workbooks that are sent by mail",
    kind: &KIND,
    verbs: &[
        LIST,
        GET,
        verb::<Create>("create"),
        verb::<Update>("update"),
        DELETE,
    ],
};

/// How the mail is.
#[derive(Debug, Args)]
struct Mail {
    /// What the mail says besides
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    /// Whether an image is in it
    #[arg(long, value_name = "BOOL")]
    attach_image: Option<bool>,
    /// Whether a PDF is in it
    #[arg(long, value_name = "BOOL")]
    attach_pdf: Option<bool>,
    /// Portrait or Landscape
    #[arg(long, value_name = "ORIENTATION")]
    page_orientation: Option<String>,
    /// The PDF's paper, such as A4
    #[arg(long, value_name = "SIZE")]
    page_size: Option<String>,
}

impl Mail {
    fn subscription(&self) -> Subscription {
        Subscription {
            message: self.message.clone(),
            attach_image: self.attach_image,
            attach_pdf: self.attach_pdf,
            page_orientation: self.page_orientation.clone(),
            page_size_option: self.page_size.clone(),
            ..Subscription::default()
        }
    }
}

/// Subscribe a user to a workbook or view
#[derive(Debug, Args)]
struct Create {
    #[command(flatten)]
    of: content::Of,
    /// The mail's subject
    #[arg(long, value_name = "TEXT")]
    subject: String,
    /// When it is sent, by the schedule's name or id
    #[arg(long, value_name = "SCHEDULE")]
    schedule: String,
    /// Who gets it, by name or id; otherwise who is signed in
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Send it also when the view is empty
    #[arg(long, value_name = "BOOL")]
    send_if_empty: Option<bool>,
    #[command(flatten)]
    mail: Mail,
}

impl Action for Create {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let sent = content::aspect(SENT, |one| one.kind, &self.of.kind)?;
        let found = work.find_of(sent.kind, &self.of.item).await?;
        let schedule = work.find_of(&schedules::KIND, &self.schedule).await?;
        let user = match &self.user {
            Some(user) => users::owner(work.site, Some(user)).await?,
            None => users::by_id(Some(work.site.user_id())),
        };
        let subscription = Subscription {
            subject: Some(self.subject.clone()),
            content: Some(SubscriptionContent {
                id: Some(found.id.clone()),
                kind: Some(sent.name.to_owned()),
                send_if_view_empty: self.send_if_empty,
                ..SubscriptionContent::default()
            }),
            schedule: Some(SubscriptionSchedule {
                id: Some(schedule.id.clone()),
                ..SubscriptionSchedule::default()
            }),
            user,
            ..self.mail.subscription()
        };
        let doing = async {
            Ok(Some(value(
                &work.site.subscriptions().create(&subscription).await?,
            )))
        };
        let detail = format!("{} {} on {}", sent.kind.noun, found.label, schedule.label);
        work.step(
            Attempt::new("create", "subscription", &self.subject).detail(detail),
            doing,
        )
        .await?;
        Ok(())
    }
}

/// Change subscriptions
#[derive(Debug, Args)]
struct Update {
    /// Subjects or ids
    #[arg(value_name = "SUBSCRIPTION", required = true)]
    items: Vec<String>,
    /// The new subject
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// The new schedule, by name or id
    #[arg(long, value_name = "SCHEDULE")]
    schedule: Option<String>,
    /// Whether nothing is sent for now
    #[arg(long, value_name = "BOOL")]
    suspended: Option<bool>,
    #[command(flatten)]
    mail: Mail,
}

impl Action for Update {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let schedule: Option<String> = find_as(work.site, &schedules::KIND, self.schedule.as_deref()).await?;
        let changes = Subscription {
            subject: self.subject,
            suspended: self.suspended,
            schedule: schedule.map(|id| SubscriptionSchedule {
                id: Some(id),
                ..SubscriptionSchedule::default()
            }),
            ..self.mail.subscription()
        };
        super::refuse_nothing(changes == Subscription::default())?;
        let doing = async |found: &Found| {
            let id: SubscriptionId = found.luid()?;
            Ok(Some(value(
                &work.site.subscriptions().update(id, &changes).await?,
            )))
        };
        work.each("update", &super::changes(&value(&changes)), &self.items, doing)
            .await
    }
}
