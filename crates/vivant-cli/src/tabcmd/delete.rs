//! `delete`: a workbook or data source.

use super::args::{Delete, Global};
use super::console::Console;
use super::content::Kind;
use super::failure::Failure;
use super::lookup;
use super::session::Session;

/// Deletes a workbook or data source; without a switch whichever has the name, workbooks first.
pub async fn delete(args: Delete, global: &Global, console: &Console) -> Result<(), Failure> {
    Session::with(global, console, async |session| {
        let site = &session.site;
        let project =
            lookup::project(site, args.project.as_deref(), args.parent_project_path.as_deref()).await?;
        let shown = format!("{}/{}", project.name.as_deref().unwrap_or_default(), args.name);
        let what = match (args.workbook, args.datasource) {
            (_, true) => Kind::Datasource.noun(),
            (true, _) => Kind::Workbook.noun(),
            _ => "workbook or data source",
        };
        console.info(format!("Removing {what} '{shown}' from the server..."));
        if !args.datasource
            && let Some(found) = lookup::workbook(site, &args.name, &project).await?
        {
            let id = found.id.ok_or_else(|| lookup::nameless("workbook"))?;
            site.workbooks().delete(id).await?;
        } else if !args.workbook
            && let Some(found) = lookup::datasource(site, &args.name, &project).await?
        {
            let id = found.id.ok_or_else(|| lookup::nameless("data source"))?;
            site.datasources().delete(id).await?;
        } else {
            return Err(Failure::not_found(what, &shown));
        }
        console.info("Succeeded");
        Ok(())
    })
    .await
}
