//! Projects, and the rules of projects.

use vivant_model::project::DEFAULT_PROJECT;
use vivant_wire::types::Project;

use super::{Planner, Spot, Stage, Step, defaults, keeps_own};
use crate::permissions::{Grantee, Kind, Place};
use crate::report::{Action, Line};
use crate::tree::Path;

impl Planner<'_> {
    pub(super) fn projects(&mut self) {
        for (path, project) in self.source.tree.all() {
            let Some(id) = project.id else { continue };
            let own = keeps_own(&self.source.tree, id);
            let kept = project.content_permissions.clone().filter(|_| own);
            let description = project.description.clone().unwrap_or_default();
            let present = self.target.tree.find(&path);
            let mut changes = Project::default();
            let mut words = Vec::new();
            match present {
                None => {
                    let made = Project {
                        name: project.name.clone(),
                        description: Some(description.clone()).filter(|text| !text.is_empty()),
                        content_permissions: kept.clone(),
                        ..Project::default()
                    };
                    let detail = kept
                        .clone()
                        .filter(|kept| kept != "ManagedByOwner")
                        .unwrap_or_default();
                    let line = Line::new(Action::Create, "project", path.to_string(), detail);
                    let step = Step::CreateProject {
                        path: path.clone(),
                        project: made,
                    };
                    self.step(Stage::Projects(path.depth()), line, step);
                }
                Some(present) => {
                    if present.description.clone().unwrap_or_default() != description {
                        words.push("description".to_owned());
                        changes.description = Some(description);
                    }
                    if let Some(kept) = kept.filter(|kept| present.content_permissions.as_ref() != Some(kept))
                    {
                        words.push(format!("content permissions {kept}"));
                        changes.content_permissions = Some(kept);
                    }
                }
            }
            let owner = project
                .owner
                .as_ref()
                .and_then(|owner| owner.id)
                .map(|id| Grantee::user(id.0));
            let owner = self.new_owner(
                owner,
                present
                    .and_then(|project| project.owner.as_ref()?.id)
                    .map(|id| Grantee::user(id.0)),
                "project",
                &path,
            );
            if let Some(owner) = owner {
                words.push(format!("owner {}", self.names.there(owner).unwrap_or_default()));
            }
            if words.is_empty() {
                if present.is_some() {
                    self.note(Action::Leave, "project", path.to_string(), "");
                }
                continue;
            }
            let line = Line::new(Action::Change, "project", path.to_string(), words.join(", "));
            self.step(
                Stage::ProjectDetails,
                line,
                Step::ChangeProject { path, changes, owner },
            );
        }
    }

    /// The owner that something shall get, where it has another one; `present` is `None` for what is new.
    pub(super) fn new_owner(
        &mut self,
        wanted: Option<Grantee>,
        present: Option<Grantee>,
        what: &'static str,
        path: &Path,
    ) -> Option<Grantee> {
        let wanted = wanted?;
        match self.names.find(wanted, &self.target.people) {
            Some(there) if Some(there) == present => None,
            Some(there) if present.is_none() && there.id == self.target.myself.id?.0 => None,
            Some(_) => Some(wanted),
            None if self.coming.contains(&wanted) => Some(wanted),
            None => {
                // Server administrators own things without being users of the site: what belongs to who reads the
                // source belongs to who writes the target, and the Default project to the server's first account.
                let is_default = path.name().eq_ignore_ascii_case(DEFAULT_PROJECT) && path.depth() == 1;
                if is_default || self.source.myself.id.is_some_and(|id| id.0 == wanted.id) {
                    return None;
                }
                let name = self.source.people.label(wanted);
                self.note(
                    Action::Cannot,
                    what,
                    path.to_string(),
                    format!("its owner {name} is not on the target"),
                );
                None
            }
        }
    }

    pub(super) fn project_rules(&mut self) {
        for (path, project) in self.source.tree.all() {
            let Some(id) = project.id.filter(|id| keeps_own(&self.source.tree, *id)) else {
                continue;
            };
            let twin = self.target.tree.find(&path).and_then(|project| project.id);
            let own = (
                Place::Item(Kind::Project, id.0),
                twin.map(|id| Place::Item(Kind::Project, id.0)),
            );
            self.rules(
                Stage::ProjectRules,
                own.0,
                own.1,
                Spot::Project(path.clone()),
                format!("project {path}"),
            );
            for kind in defaults(self.source, self.target, self.options) {
                let places = (Place::Default(id, kind), twin.map(|id| Place::Default(id, kind)));
                let label = format!("project {path}, defaults for {}", kind.plural());
                self.rules(
                    Stage::ProjectRules,
                    places.0,
                    places.1,
                    Spot::Default(path.clone(), kind),
                    label,
                );
            }
        }
    }
}
