//! `vivant engine`: the program behind `.hyper` files, fetched from its maker and looked for.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use serde_json::{Value, json};
use vivant::HyperEngine;
use vivant::hyper::install::{self, Wheel};

use crate::exit::UsageError;
use crate::output;
use crate::progress::Progress;

/// The most bytes of the index's answer and of a wheel.
const MOST_INDEX: u64 = 16 << 20;
const MOST_WHEEL: u64 = 1 << 30;

/// Options of `vivant engine`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Fetch hyperd, which its maker publishes as part of a Python package, and put it into the data folder
    Install(InstallArgs),
    /// Say which hyperd is used
    Status(StatusArgs),
}

#[derive(Debug, clap::Args)]
struct InstallArgs {
    #[command(flatten)]
    place: Place,
    /// Package index that says where the wheel is
    #[arg(long, env = "VIVANT_ENGINE_INDEX", value_name = "URL", default_value = install::INDEX)]
    index: String,
    /// Wheel that is here already; nothing is fetched
    #[arg(long, value_name = "FILE", requires = "sha256")]
    wheel: Option<PathBuf>,
    /// Checksum that the wheel has to have, in hexadecimal; that of the index if it is not given
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,
    /// Print what was installed as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct StatusArgs {
    #[command(flatten)]
    place: Place,
    /// hyperd program or its folder
    #[arg(long, env = "HYPERD_PATH", value_name = "FILE")]
    hyperd_path: Option<PathBuf>,
    /// Print what is there as JSON
    #[arg(long)]
    json: bool,
}

/// Where the program is put and looked for.
#[derive(Debug, Clone, clap::Args)]
pub struct Place {
    /// Folder of the installation
    #[arg(
        long,
        env = "VIVANT_DATA_DIR",
        value_name = "FOLDER",
        default_value = "vivant-data"
    )]
    data_dir: PathBuf,
}

impl Place {
    /// Finds the program.
    pub fn find(&self, hyperd_path: Option<&Path>) -> Option<HyperEngine> {
        HyperEngine::find(hyperd_path, std::slice::from_ref(&self.data_dir))
    }
}

/// Runs the command.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::Install(args) => install(args).await,
        Action::Status(args) => status(&args),
    }
}

async fn install(args: InstallArgs) -> anyhow::Result<ExitCode> {
    let folder = args.place.data_dir;
    let (file, about) = match &args.wheel {
        Some(path) => {
            let file = File::open(path)
                .map_err(|error| UsageError(format!("{} cannot be read: {error}", path.display())))?;
            (file, named(path, args.sha256.unwrap_or_default()))
        }
        None => fetch(&args.index, args.sha256, args.json).await?,
    };
    let progress = Progress::new(args.json);
    progress.phase("unpacking");
    let version = about.version.clone();
    let target = folder.clone();
    let program = tokio::task::spawn_blocking(move || install::install(file, &about, &target))
        .await
        .context("unpacking broke off")??;
    drop(progress);
    // A folder that is not the default has to be named to the server, too.
    let program = program.canonicalize().unwrap_or(program);
    if args.json {
        let value = json!({ "program": program.display().to_string(), "version": version });
        output::stdout(format!("{value:#}\n").as_bytes())?;
    } else {
        output::stdout(format!("hyperd {version} is installed: {}\n", program.display()).as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What the name of a wheel says of it: `tableauhyperapi-VERSION-…`.
fn named(path: &Path, sha256: String) -> Wheel {
    let file = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    Wheel {
        version: file.split('-').nth(1).unwrap_or("unknown").to_owned(),
        url: String::new(),
        size: 0,
        sha256,
        file,
    }
}

/// Asks the index for the wheel of this machine and fetches it.
async fn fetch(index: &str, sha256: Option<String>, quiet: bool) -> anyhow::Result<(File, Wheel)> {
    let mut answer = Vec::new();
    vivant_client::fetch(index, MOST_INDEX, |piece, _| {
        answer.extend_from_slice(piece);
        Ok(())
    })
    .await?;
    let answer = with_addresses(answer, index);
    let mut wheel = install::pick(&answer, std::env::consts::OS, std::env::consts::ARCH)?;
    if let Some(sha256) = sha256 {
        wheel.sha256 = sha256;
    }
    let progress = Progress::new(quiet);
    progress.phase("fetching");
    let mut file = tempfile::tempfile().context("no temporary file can be made")?;
    let mut known = false;
    vivant_client::fetch(&wheel.url, MOST_WHEEL, |piece, whole| {
        if let Some(whole) = whole.filter(|_| !std::mem::replace(&mut known, true)) {
            progress.total(whole);
        }
        progress.add(piece.len());
        file.write_all(piece)
    })
    .await?;
    file.seek(SeekFrom::Start(0))?;
    Ok((file, wheel))
}

/// Makes links in the index's answer whole: copies of the index give them from where they stand.
fn with_addresses(answer: Vec<u8>, index: &str) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice::<Value>(&answer) else {
        return answer;
    };
    let files = value.get_mut("urls").and_then(Value::as_array_mut);
    for file in files.into_iter().flatten() {
        let whole = file
            .get("url")
            .and_then(Value::as_str)
            .and_then(|link| vivant_client::resolve(index, link));
        if let Some(whole) = whole {
            file["url"] = whole.into();
        }
    }
    value.to_string().into_bytes()
}

fn status(args: &StatusArgs) -> anyhow::Result<ExitCode> {
    let found = args.place.find(args.hyperd_path.as_deref());
    let program = found
        .as_ref()
        .map(|engine| engine.program().display().to_string());
    let version = found
        .as_ref()
        .and_then(|engine| std::fs::read_to_string(engine.program().parent()?.join("VERSION")).ok())
        .map(|version| version.trim().to_owned());
    if args.json {
        let value = json!({ "program": program, "version": version });
        output::stdout(format!("{value:#}\n").as_bytes())?;
    } else {
        let line = match (&program, version) {
            (Some(program), Some(version)) => format!("hyperd {version}: {program}\n"),
            (Some(program), None) => format!("hyperd: {program}\n"),
            (None, _) => "there is no hyperd; `vivant engine install` fetches it\n".to_owned(),
        };
        output::stdout(line.as_bytes())?;
    }
    Ok(match program {
        Some(_) => ExitCode::SUCCESS,
        None => crate::exit::Exit::NotFound.into(),
    })
}
