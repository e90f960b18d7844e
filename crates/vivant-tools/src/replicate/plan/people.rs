//! Users, groups and who is in them.

use vivant_model::SiteRole;
use vivant_model::project::ALL_USERS;
use vivant_wire::types::{Group, User};

use super::{Planner, Stage, Step};
use crate::people::is_local;
use crate::permissions::Grantee;
use crate::report::{Action, Line};

impl Planner<'_> {
    pub(super) fn users(&mut self) {
        let mut added = 0;
        for user in self.source.people.users() {
            let Some(grantee) = user.id.map(|id| Grantee::user(id.0)) else {
                continue;
            };
            let name = self.names.there(grantee).unwrap_or_default();
            let role = user.site_role.as_deref().and_then(SiteRole::parse);
            match self
                .names
                .find(grantee, &self.target.people)
                .and_then(|found| self.target.people.user(found.id.into()))
            {
                Some(present) => self.change_user(&name, user, role, present),
                None if role == Some(SiteRole::Guest) => {
                    self.note(
                        Action::Leave,
                        "user",
                        name,
                        "stands for visitors, and belongs to the target",
                    );
                }
                None => {
                    let role = self.role_there(role.unwrap_or(SiteRole::Unlicensed), &name);
                    let changes = User {
                        full_name: user
                            .full_name
                            .clone()
                            .filter(|full| !full.is_empty() && *full != name),
                        email: user.email.clone().filter(|email| !email.is_empty()),
                        auth_setting: user.auth_setting.clone(),
                        ..User::default()
                    };
                    self.coming.insert(grantee);
                    added += 1;
                    let line = Line::new(Action::Create, "user", &name, role.as_str());
                    self.step(Stage::Users, line, Step::AddUser { name, role, changes });
                }
            }
        }
        if added > 0 {
            let why = "no server gives passwords away: set new ones, unless the users sign in through a directory or an identity provider";
            self.note(Action::Cannot, "passwords", format!("{added} users"), why);
        }
    }

    /// Tableau: nobody is made a server administrator by the REST API.
    fn role_there(&mut self, role: SiteRole, name: &str) -> SiteRole {
        if role != SiteRole::ServerAdministrator {
            return role;
        }
        let why = "a server administrator here becomes a site administrator there; the API cannot make more of somebody";
        self.note(Action::Cannot, "role", name, why);
        SiteRole::SiteAdministratorCreator
    }

    fn change_user(&mut self, name: &str, user: &User, role: Option<SiteRole>, present: &User) {
        let mut words = Vec::new();
        let mut changes = User::default();
        let present_role = present.site_role.as_deref().and_then(SiteRole::parse);
        let is_admin = |role: Option<SiteRole>| {
            role.is_some_and(|role| matches!(role, SiteRole::ServerAdministrator | SiteRole::Guest))
        };
        let spared = present.id == self.target.myself.id || is_admin(present_role) || is_admin(role);
        if let Some(role) = role.filter(|role| Some(*role) != present_role && !spared) {
            words.push(format!(
                "site role {} to {}",
                present_role.map_or("", SiteRole::as_str),
                role.as_str()
            ));
            changes.site_role = Some(role.as_str().to_owned());
        }
        let differs = |here: &Option<String>, there: &Option<String>| {
            here.clone()
                .filter(|here| !here.is_empty() && Some(here) != there.as_ref())
        };
        // An account of the target's own administrator is not the source's to describe.
        if !spared {
            changes.full_name = differs(&user.full_name, &present.full_name).filter(|full| full != name);
            changes.email = differs(&user.email, &present.email);
        }
        if let Some(full_name) = &changes.full_name {
            words.push(format!("full name `{full_name}`"));
        }
        if let Some(email) = &changes.email {
            words.push(format!("e-mail address `{email}`"));
        }
        match words.is_empty() {
            true => self.note(Action::Leave, "user", name, ""),
            false => {
                let line = Line::new(Action::Change, "user", name, words.join(", "));
                self.step(
                    Stage::Users,
                    line,
                    Step::ChangeUser {
                        name: name.to_owned(),
                        changes,
                    },
                );
            }
        }
    }

    pub(super) fn groups(&mut self) {
        for group in self.source.people.groups() {
            let Some(id) = group.id else { continue };
            let grantee = Grantee::group(id.0);
            let name = self.names.there(grantee).unwrap_or_default();
            if group.name.as_deref() == Some(ALL_USERS) {
                continue;
            }
            let found = self.names.find(grantee, &self.target.people);
            let domain = group.domain.as_ref().and_then(|domain| domain.name.clone());
            let from_directory = domain.as_deref().is_some_and(|domain| !is_local(domain));
            if found.is_none() && from_directory {
                let why = "comes from the directory; import it on the target, then run again";
                self.note(Action::Cannot, "group", &name, why);
                continue;
            }
            match found {
                Some(_) => self.note(Action::Leave, "group", &name, ""),
                None => {
                    self.coming.insert(grantee);
                    let made = Group {
                        name: Some(name.clone()),
                        minimum_site_role: group.minimum_site_role.clone(),
                        ephemeral_users_enabled: group.ephemeral_users_enabled,
                        ..Group::default()
                    };
                    let line = Line::new(Action::Create, "group", &name, "");
                    self.step(Stage::Groups, line, Step::CreateGroup { group: made });
                }
            }
            if from_directory {
                continue;
            }
            let there = found.and_then(|found| self.target.members.get(&found.id.into()));
            let mut members: Vec<_> = self
                .source
                .members
                .get(&id)
                .into_iter()
                .flatten()
                .copied()
                .collect();
            members.sort();
            for user in members {
                let user = Grantee::user(user.0);
                let twin = self.names.find(user, &self.target.people);
                if twin.is_some_and(|twin| there.is_some_and(|there| there.contains(&twin.id.into()))) {
                    continue;
                }
                let Some(user) = self.names.there(user) else {
                    continue;
                };
                let line = Line::new(Action::Create, "membership", format!("{user} in {name}"), "");
                let step = Step::AddMember {
                    group: name.clone(),
                    user,
                };
                self.step(Stage::Memberships, line, step);
            }
        }
    }
}
