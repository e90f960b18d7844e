//! `vivant request`: a request of one's own making, with the session, repeats and errors of all others.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use vivant_client::{Method, Request, Site};

use crate::connection::Connection;
use crate::exit::{self, UsageError};
use crate::input;
use crate::output::{self, Destination};

/// Options of `vivant request`.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
pub struct Args {
    /// GET, POST, PUT, PATCH or DELETE
    #[arg(value_name = "METHOD", value_parser = method)]
    method: Method,
    /// What is asked: below the session's site, `/workbooks?pageSize=10`; with --api below `/api/{version}`, with
    /// --root below the server's address
    #[arg(value_name = "PATH")]
    path: String,
    /// The path stands below `/api/{version}`
    #[arg(long, conflicts_with = "root")]
    api: bool,
    /// The path stands below the server's address
    #[arg(long)]
    root: bool,
    /// File with the document to send, XML or JSON as it begins; `-` is stdin
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// The media type of the body, where it is neither XML nor JSON
    #[arg(long, value_name = "TYPE", requires = "body")]
    content_type: Option<String>,
    /// A parameter of the query, which is encoded; may be given several times
    #[arg(long = "query", value_name = "NAME=VALUE")]
    query: Vec<String>,
    /// A header; may be given several times
    #[arg(long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// Send it again, too, where nobody knows whether it was done
    #[arg(long)]
    repeatable: bool,
    /// Write the answer to this file; `-` is stdout
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// Write status and headers of the answer to stderr
    #[arg(short, long)]
    include: bool,
    /// Say what would be sent, and send nothing but a GET
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    connection: Connection,
}

fn method(text: &str) -> Result<Method, String> {
    [
        Method::Get,
        Method::Post,
        Method::Put,
        Method::Patch,
        Method::Delete,
    ]
    .into_iter()
    .find(|method| method.to_string().eq_ignore_ascii_case(text))
    .ok_or_else(|| "it is GET, POST, PUT, PATCH or DELETE".to_owned())
}

impl Args {
    fn request(&self) -> Result<Request, UsageError> {
        let (method, path) = (self.method, self.path.as_str());
        let mut request = match (self.api, self.root) {
            (true, _) => Request::on_api(method, path),
            (_, true) => Request::on_server(method, path),
            _ => Request::on_site(method, path),
        };
        for given in &self.query {
            let (name, value) = given
                .split_once('=')
                .ok_or_else(|| UsageError(format!("--query '{given}' is not NAME=VALUE")))?;
            request = request.query(name, value);
        }
        for given in &self.headers {
            let (name, value) = given
                .split_once(':')
                .ok_or_else(|| UsageError(format!("--header '{given}' is not NAME: VALUE")))?;
            request = request.header(name.trim(), value.trim());
        }
        if self.repeatable {
            request = request.repeatable();
        }
        let Some(file) = &self.body else {
            return Ok(request);
        };
        Ok(match &self.content_type {
            Some(kind) => request.bytes(kind, bytes(file)?),
            None => {
                let text = input::text(file)?;
                match text.trim_start().trim_start_matches('\u{feff}').chars().next() {
                    Some('<') => request.xml(text),
                    Some('{' | '[') => request.json(text),
                    _ => {
                        return Err(UsageError(format!(
                            "{} begins neither as XML nor as JSON; say what it is by --content-type",
                            file.display()
                        )));
                    }
                }
            }
        })
    }
}

fn bytes(file: &Path) -> Result<Vec<u8>, UsageError> {
    use std::io::Read;
    let mut bytes = Vec::new();
    let read = match file == Path::new("-") {
        true => std::io::stdin().read_to_end(&mut bytes).map(|_| ()),
        false => std::fs::read(file).map(|read| bytes = read),
    };
    read.map_err(|error| UsageError(format!("{} cannot be read: {error}", file.display())))?;
    Ok(bytes)
}

/// Sends it.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let request = args.request()?;
    if args.dry_run && args.method != Method::Get {
        output::stdout(format!("would send {} {}\n", args.method, args.path).as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let destination = Destination::open(&args.output)?;
    let answer = args
        .connection
        .session(async |site: &Site| Ok(site.request(request).await?))
        .await?;
    if args.include {
        eprintln!("{}", answer.status);
        for (name, value) in &answer.headers {
            eprintln!("{name}: {value}");
        }
    }
    destination.write(&answer.body)?;
    Ok(ExitCode::SUCCESS)
}
