//! Publishing, the same for every kind of content: in one request, or through an upload session.

use vivant_wire::node::Read1;
use vivant_wire::paths::Method;
use vivant_wire::{Format, Out};

use crate::call::{Body, Call, Multipart};
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::site::Site;
use crate::source::{Pieces, Source};
use crate::upload;

/// What differs between kinds of content.
pub(crate) trait Publication {
    /// Address on the site.
    const PATH: &'static str;
    /// Name of the part that holds the content.
    const PART: &'static str;
    /// Parameter that says the file's type.
    const TYPE_PARAMETER: &'static str;
    /// Endings of the files.
    const ENDINGS: &'static [&'static str];
    /// What it is called.
    const NOUN: &'static str;

    /// Refuses options that cannot go together.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Writes the request's element; `stem` is the file's name without its ending.
    fn payload(&self, stem: &str, out: &mut Out);

    /// Adds the parameters.
    fn parameters(&self, call: Call) -> Call;

    /// What must not show up in errors.
    fn secrets(&self) -> Vec<Secret>;
}

/// Publishes content and reads the element that the server answers.
pub(crate) async fn publish<P: Publication, T: Read1>(
    site: &Site,
    options: &P,
    source: Source,
    as_job: bool,
    element: &str,
) -> Result<T> {
    options.check()?;
    let name = source.file_name()?;
    let (stem, ending) = split_name::<P>(&name)?;
    let mut pieces = Pieces::new(source).await?;
    let mut call = Call::new(Method::Post, site.path(P::PATH)).long();
    call = options.parameters(call).flag("asJob", as_job);
    call.secrets = options.secrets();
    let payload = Out::request(Format::Xml, |out| options.payload(stem, out));
    // Tableau: the type goes into the address of uploads only; TSC sends it always, which servers allow.
    let kind = Some((P::TYPE_PARAMETER, ending));
    send(site, call, payload, P::PART, &mut pieces, kind, element).await
}

/// Sends a publishing call with its content: in one request, or through an upload session.
pub(crate) async fn send<T: Read1>(
    site: &Site,
    mut call: Call,
    payload: String,
    part: &'static str,
    pieces: &mut Pieces,
    parameter: Option<(&'static str, String)>,
    element: &str,
) -> Result<T> {
    call.watched = pieces.watched(0);
    let client = &site.client().0;
    let whole = pieces
        .whole(client.single_limit, client.chunk_size.min(client.single_limit))
        .await?;
    let mut uploaded = None;
    let content = match whole {
        Some(piece) => Some((part, piece)),
        None => {
            let done = upload::upload(site, pieces).await?;
            call = call.query("uploadSessionId", &done.session);
            uploaded = Some(done);
            None
        }
    };
    if let Some((name, value)) = parameter {
        call = call.query(name, value);
    }
    call.body = Body::Multipart(Multipart::new(payload, content)?);
    let published = site.ask(&call, element).await?;
    if let Some(uploaded) = uploaded {
        uploaded.published();
    }
    Ok(published)
}

fn split_name<P: Publication>(name: &str) -> Result<(&str, String)> {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let ending = ending.to_ascii_lowercase();
    if stem.is_empty() || !P::ENDINGS.contains(&ending.as_str()) {
        return Err(Error::invalid(format!(
            "'{name}' is not {}: its name ends in none of {}",
            P::NOUN,
            P::ENDINGS
                .iter()
                .map(|e| format!(".{e}"))
                .collect::<Vec<_>>()
                .join(", ")
        )));
    }
    Ok((stem, ending))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoints::{PublishDatasource, PublishWorkbook};

    #[test]
    fn the_ending_says_what_a_file_is() {
        assert_eq!(
            split_name::<PublishWorkbook>("a.b.TWBX").expect("a workbook"),
            ("a.b", "twbx".to_owned())
        );
        for name in ["a.pdf", "a", ".twb", "a.tds"] {
            assert!(split_name::<PublishWorkbook>(name).is_err(), "{name}");
        }
        assert!(split_name::<PublishDatasource>("a.hyper").is_ok());
    }
}
