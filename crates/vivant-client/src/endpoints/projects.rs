//! Projects: list, create, change, delete.

use vivant_model::ProjectId;
use vivant_wire::paths::Method;
use vivant_wire::types::Project;

use crate::call::Call;
use crate::error::Result;
use crate::filters;
use crate::find;
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

    /// Gets a project by its path, the names of the projects above it and its own (`["Finance", "Reports"]`);
    /// `None` where there is none.
    pub async fn get_by_path<T: AsRef<str>>(&self, path: &[T]) -> Result<Option<Project>> {
        let path: Vec<String> = path.iter().map(|name| name.as_ref().to_owned()).collect();
        find::project_at(&self.site, &path).await
    }

    /// Creates a project with the server's samples in it.
    pub async fn create_with_samples(&self, project: &Project) -> Result<Project> {
        let call = Call::new(Method::Post, self.site.path("/projects"))
            .query("publishSamples", "true")
            .body(|out| out.child("project", project));
        self.site.ask(&call, "project").await
    }

    /// Publishes the server's samples into a project.
    pub async fn publish_samples(&self, id: ProjectId) -> Result<Project> {
        let call = self
            .change(id, &Project::default())
            .query("publishSamples", "true");
        self.site.ask(&call, "project").await
    }

    /// Changes a project: whatever is set in `changes`.
    pub async fn update(&self, id: ProjectId, changes: &Project) -> Result<Project> {
        self.site.ask(&self.change(id, changes), "project").await
    }

    /// Deletes a project with everything in it.
    pub async fn delete(&self, id: ProjectId) -> Result<()> {
        self.site.delete(self.path(id, "")).await
    }

    fn change(&self, id: ProjectId, changes: &Project) -> Call {
        Call::new(Method::Put, self.path(id, "")).body(|out| out.child("project", changes))
    }

    pub(super) fn path(&self, id: ProjectId, rest: &str) -> String {
        self.site.path(&format!("/projects/{id}{rest}"))
    }
}
