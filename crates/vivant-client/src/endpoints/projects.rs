//! Projects: list, create, change, delete.

use vivant_model::ProjectId;
use vivant_wire::paths::Method;
use vivant_wire::types::Project;

use crate::call::Call;
use crate::error::Result;
use crate::filters;
use crate::list::{List, ListOptions};

super::group! {
    /// Projects of a site.
    Projects
}

impl Projects {
    /// Lists the projects that the user may see.
    pub fn list(&self, options: ListOptions) -> List<Project> {
        List::new(
            self.site.clone(),
            self.site.path("/projects"),
            options,
            filters::PROJECTS,
        )
    }

    /// Gets one project.
    ///
    /// Tableau: there is no method for one project. An update that changes nothing answers it, as in
    /// the official client; it needs the right to change the project.
    pub async fn get(&self, id: ProjectId) -> Result<Project> {
        let call = self.change(id, &Project::default());
        self.site.ask(&call.repeatable(), "project").await
    }

    /// Creates a project: name, and what else is set (description, content permissions, parent).
    pub async fn create(&self, project: &Project) -> Result<Project> {
        let call =
            Call::new(Method::Post, self.site.path("/projects")).body(|out| out.child("project", project));
        self.site.ask(&call, "project").await
    }

    /// Changes a project: whatever is set in `changes`.
    pub async fn update(&self, id: ProjectId, changes: &Project) -> Result<Project> {
        self.site.ask(&self.change(id, changes), "project").await
    }

    /// Deletes a project with everything in it.
    pub async fn delete(&self, id: ProjectId) -> Result<()> {
        self.site
            .tell(&Call::new(
                Method::Delete,
                self.site.path(&format!("/projects/{id}")),
            ))
            .await
    }

    fn change(&self, id: ProjectId, changes: &Project) -> Call {
        Call::new(Method::Put, self.site.path(&format!("/projects/{id}")))
            .body(|out| out.child("project", changes))
    }
}
