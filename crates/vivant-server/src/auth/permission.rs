//! May this caller do this to this item: the one place where handlers ask.

use vivant_model::permission::{Item, Subject, decide};
use vivant_model::{Capability, ContentKind, Luid, ProjectId};
use vivant_store::{Caller, Facts};
use vivant_wire::ErrorCode;

use crate::app::App;
use crate::auth::SiteUser;
use crate::errors::{Result, fail};

/// What is known of one item and its caller; answers for every capability without asking again.
pub struct Rights {
    facts: Facts,
    subject: (vivant_model::SiteRole, vivant_model::UserId),
}

impl Rights {
    /// Looks up an item of the caller's site; `None` where there is none of that id.
    pub async fn of(app: &App, who: &SiteUser, kind: ContentKind, id: Luid) -> Result<Option<Self>> {
        Self::of_caller(app, &who.caller, kind, id).await
    }

    /// The same for somebody who is not signed in, such as who began a job.
    pub async fn of_caller(app: &App, caller: &Caller, kind: ContentKind, id: Luid) -> Result<Option<Self>> {
        let facts = app.store.facts(caller, kind, id).await?;
        Ok(facts.map(|facts| Self {
            facts,
            subject: (caller.role, caller.user),
        }))
    }

    /// Returns whether the caller holds the capability.
    pub fn allow(&self, capability: Capability) -> bool {
        let (role, user) = self.subject;
        let subject = Subject {
            role,
            user,
            groups: &self.facts.groups,
        };
        let item = Item {
            owner: self.facts.owner,
            led: self.facts.led,
            rules: &self.facts.rules,
            locked: self.facts.locked,
        };
        decide(subject, item, capability).allowed
    }

    /// Demands the capability; `forbidden` is the code that the method answers without it.
    pub fn require(&self, capability: Capability, forbidden: ErrorCode, what: &str) -> Result<()> {
        if self.allow(capability) {
            return Ok(());
        }
        Err(fail(
            forbidden,
            format!("You lack the permission {} on this {what}.", capability.as_str()),
        ))
    }

    /// Returns whether the caller may give the item to another owner: administrators, project
    /// leaders, the owner.
    pub fn may_give_away(&self) -> bool {
        self.subject.0.is_admin() || self.facts.led || self.facts.owner == Some(self.subject.1)
    }

    /// Returns whether the item's rules are locked to a project.
    pub fn locked(&self) -> bool {
        self.facts.locked
    }

    /// The project that the item lies in; of a project its parent.
    pub fn project(&self) -> Option<ProjectId> {
        self.facts.project
    }

    /// Returns whether the caller administers the site or leads the item's project.
    pub fn leads(&self) -> bool {
        self.subject.0.is_admin() || self.facts.led
    }
}

/// Returns whether the caller may publish to a project; `None` where there is no such project.
pub async fn may_publish_to(app: &App, who: &SiteUser, project: ProjectId) -> Result<Option<bool>> {
    caller_may_publish_to(app, &who.caller, project).await
}

/// The same for somebody who is not signed in, such as who began a job.
pub async fn caller_may_publish_to(app: &App, caller: &Caller, project: ProjectId) -> Result<Option<bool>> {
    let rights = Rights::of_caller(app, caller, ContentKind::Project, project.0).await?;
    Ok(rights.map(|rights| caller.role.may_publish() && rights.allow(Capability::Write)))
}
