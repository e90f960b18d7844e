//! `listdomains` and `editdomain`: the domains of the server's directory.

use vivant_client::types::Domain;

use super::args::{EditDomain, Global};
use super::console::Console;
use super::failure::Failure;
use super::session::Session;

/// Lists the domains.
pub async fn list(global: &Global, console: &Console) -> Result<(), Failure> {
    Session::with(global, console, async |session| {
        let domains = session.site.domains().list().await?;
        console.info("ID, NAME, NICKNAME");
        for domain in &domains {
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            console.info(format!(
                "{}, {}, {}",
                text(&domain.id),
                text(&domain.name),
                text(&domain.short_name)
            ));
        }
        console.info(format!("{} total domains", domains.len()));
        Ok(())
    })
    .await
}

/// Changes the name or nickname of a domain.
pub async fn edit(args: EditDomain, global: &Global, console: &Console) -> Result<(), Failure> {
    Session::with(global, console, async |session| {
        let changes = Domain {
            id: Some(args.id.clone()),
            name: args.name.clone(),
            short_name: args.nickname.clone(),
        };
        console.info(format!("Editing domain '{}' on the server...", args.id));
        session.site.domains().update(&changes).await?;
        console.info("Succeeded");
        Ok(())
    })
    .await
}
