//! tabcmd's command line: its commands, flags and defaults, those of tabcmd 2 and of the classic one.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::later::Later;

/// Takes one of some words in any case, as the words are written here.
fn one_of(words: &'static [&'static str]) -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(words).map(|given| {
        let found = words.iter().find(|word| word.eq_ignore_ascii_case(&given));
        found.map_or(given.clone(), |word| (*word).to_owned())
    })
}

/// Everything on a command line of tabcmd.
#[derive(Debug)]
pub struct Line {
    pub global: Global,
    pub command: Option<Command>,
}

/// What a command line begins with.
#[derive(Debug, Parser)]
#[command(
    name = "tabcmd",
    about = "tabcmd for any Tableau-compatible server",
    after_help = EXIT_CODES,
    infer_long_args = true,
    args_override_self = true,
    disable_help_subcommand = true,
    disable_version_flag = true,
    subcommand_value_name = "command",
    subcommand_help_heading = "List of commands"
)]
struct Head {
    #[command(flatten)]
    global: Global,
}

impl Line {
    /// Reads a command line without the program's name.
    pub fn read(words: &[OsString]) -> Result<Self, clap::Error> {
        let line = || std::iter::once(OsString::from("tabcmd")).chain(words.iter().cloned());
        // The flags of every command are described again for each: most of the time where all are there.
        // Whatever is wrong is told by all of them.
        let some = Self::described(|command| words.iter().any(|word| word == command.get_name()));
        if some.has_subcommands()
            && let Ok(matches) = some.try_get_matches_from(line())
        {
            return Self::from_matches(&matches);
        }
        Self::from_matches(&Self::command().try_get_matches_from(line())?)
    }

    /// The description of all command lines.
    pub fn command() -> clap::Command {
        Self::described(|_| true)
    }

    fn described(chosen: impl Fn(&clap::Command) -> bool) -> clap::Command {
        let all = Command::augment_subcommands(clap::Command::new("tabcmd"));
        Head::command().subcommands(all.get_subcommands().filter(|one| chosen(one)).cloned())
    }

    fn from_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
        let command = matches.subcommand().map(|_| Command::from_arg_matches(matches));
        Ok(Self {
            global: Head::from_arg_matches(matches)?.global,
            command: command.transpose()?,
        })
    }
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done; also when lines of a file of users failed, which are counted on the screen
  1  the server refused, something was not found, or signing in failed
  2  the command line cannot be used";

/// Flags of every command, before or after its name.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global connections")]
pub struct Global {
    /// Server; without a scheme https is meant, and whatever follows the host is cut off
    #[arg(short, long, global = true, value_name = "URL")]
    pub server: Option<String>,
    /// Site by its content URL; empty or `default` is the Default site
    #[arg(short = 't', long, global = true, value_name = "SITEID")]
    pub site: Option<String>,
    /// Sign in with the personal access token of this name
    #[arg(long, global = true, value_name = "TOKEN NAME")]
    pub token_name: Option<String>,
    /// Sign in as this user, with a password
    #[arg(short, long, global = true, value_name = "USER")]
    pub username: Option<String>,
    /// Value of the personal access token
    #[arg(long, global = true, value_name = "TOKEN VALUE")]
    pub token_value: Option<String>,
    /// Password
    #[arg(short, long, global = true, value_name = "PASSWORD")]
    pub password: Option<String>,
    /// File whose last line is the password
    #[arg(long, global = true, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// File whose last line is the value of the personal access token
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Fail where a password would be asked for
    #[arg(long, global = true)]
    pub no_prompt: bool,
    /// Show the server this client certificate; a file with certificate and key (PEM)
    #[arg(short = 'c', long = "use-certificate", global = true, value_name = "FILE")]
    pub certificate: Option<PathBuf>,
    /// Take any certificate of the server
    #[arg(short = 'D', long, global = true)]
    pub no_certcheck: bool,
    /// Keep no session: the file of the last one is removed
    #[arg(long, global = true)]
    pub no_cookie: bool,
    /// Keep the session for the next command, which is the default
    #[arg(long, global = true, hide = true)]
    pub cookie: bool,
    /// Proxy for all requests
    #[arg(short = 'x', long, global = true, value_name = "HOST:PORT")]
    pub proxy: Option<String>,
    /// Use no proxy, whatever the environment says
    #[arg(long, global = true)]
    pub no_proxy: bool,
    /// Seconds to wait for the server [default: no limit]
    #[arg(long, global = true, value_name = "SECONDS")]
    pub timeout: Option<String>,

    /// What exists already counts as created
    #[arg(long, global = true, help_heading = "Global behaviors")]
    pub continue_if_exists: bool,
    /// Country of the locale; for compatibility, goes with --language
    #[arg(
        long,
        global = true,
        ignore_case = true,
        value_name = "CODE",
        help_heading = "Global behaviors"
    )]
    pub country: Option<Language>,
    /// Language in which exported views are written
    #[arg(
        long,
        global = true,
        ignore_case = true,
        value_name = "CODE",
        help_heading = "Global behaviors"
    )]
    pub language: Option<Language>,
    /// How much to say
    #[arg(
        short,
        long,
        global = true,
        ignore_case = true,
        value_name = "LEVEL",
        default_value = "INFO",
        help_heading = "Global behaviors"
    )]
    pub logging_level: Level,
    /// Print the version
    #[arg(short = 'v', long, global = true, action = ArgAction::SetTrue, help_heading = "Global behaviors")]
    pub version: bool,
    /// Items on a page of a list, 1 to 1000
    #[arg(long, global = true, value_name = "PAGE SIZE", value_parser = clap::value_parser!(u32).range(1..=1000), help_heading = "Global behaviors")]
    pub query_page_size: Option<u32>,
}

impl Global {
    /// Returns two flags of the line that exclude each other.
    ///
    /// They may stand on either side of the command's name, where the parser does not see both.
    pub fn clash(&self) -> Option<(&'static str, &'static str)> {
        let groups: [&[(&'static str, bool)]; 4] = [
            &[
                ("--token-name", self.token_name.is_some()),
                ("--username", self.username.is_some()),
            ],
            &[
                ("--token-value", self.token_value.is_some()),
                ("--password", self.password.is_some()),
                ("--password-file", self.password_file.is_some()),
                ("--token-file", self.token_file.is_some()),
            ],
            &[
                ("--use-certificate", self.certificate.is_some()),
                ("--no-certcheck", self.no_certcheck),
            ],
            &[("--proxy", self.proxy.is_some()), ("--no-proxy", self.no_proxy)],
        ];
        groups.iter().find_map(|group| {
            let mut given = group.iter().filter(|(_, given)| *given).map(|(name, _)| *name);
            Some((given.next()?, given.next()?))
        })
    }
}

/// Languages that Tableau speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    De,
    En,
    Es,
    Fr,
    It,
    Ja,
    Ko,
    Pt,
    Sv,
    Zh,
}

impl Language {
    /// The code, as servers read it.
    pub fn code(self) -> &'static str {
        match self {
            Self::De => "de",
            Self::En => "en",
            Self::Es => "es",
            Self::Fr => "fr",
            Self::It => "it",
            Self::Ja => "ja",
            Self::Ko => "ko",
            Self::Pt => "pt",
            Self::Sv => "sv",
            Self::Zh => "zh",
        }
    }
}

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Level {
    /// Only what goes wrong
    #[value(name = "ERROR")]
    Error,
    /// What is being done
    #[value(name = "INFO")]
    Info,
    /// Every request
    #[value(name = "DEBUG")]
    Debug,
    /// The same as DEBUG
    #[value(name = "TRACE")]
    Trace,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add users to a group
    Addusers(Later<Members>),
    /// Create extracts for a published workbook or data source
    Createextracts(Later<CreateExtracts>),
    /// Create a local group
    Creategroup(Later<Named>),
    /// Create a project
    Createproject(Later<CreateProject>),
    /// Create a site
    Createsite(Later<CreateSite>),
    /// Create users on the current site
    Createsiteusers(Later<CreateUsers>),
    /// Create users on the server and add them to its site
    Createusers(Later<CreateUsers>),
    /// Decrypt the extracts of a site
    Decryptextracts(Later<SiteName>),
    /// Delete a workbook or data source
    Delete(Later<Delete>),
    /// Delete the extracts of a published workbook or data source
    Deleteextracts(Later<DeleteExtracts>),
    /// Delete a group
    Deletegroup(Later<Named>),
    /// Delete a project and what is in it
    Deleteproject(Later<DeleteProject>),
    /// Delete a site
    Deletesite(Later<SiteName>),
    /// Remove users from the current site
    Deletesiteusers(Later<DeleteUsers>),
    /// Remove users from all sites of the server
    Deleteusers(Later<DeleteUsers>),
    /// Change name or nickname of a directory's domain
    Editdomain(Later<EditDomain>),
    /// Change a site
    Editsite(Later<EditSite>),
    /// Encrypt the extracts of a site
    Encryptextracts(Later<SiteName>),
    /// Export a view or workbook as image, PDF or data
    Export(Later<Export>),
    /// Get a file: a view, a workbook or a data source by its address
    Get(Later<Get>),
    /// List the domains of the server's directory
    Listdomains,
    /// List the server's sites
    Listsites(Later<ListSites>),
    /// List content of one kind
    List(Later<List>),
    /// Sign in, and remember it for the next commands
    Login,
    /// Sign out, and forget what was remembered
    Logout,
    /// Publish workbooks and data sources
    Publish(Later<Box<Publish>>),
    /// Publish the sample workbooks into a project
    Publishsamples(Later<PublishSamples>),
    /// Encrypt the extracts of a site anew, with new keys
    Reencryptextracts(Later<SiteName>),
    /// Refresh the extracts of a workbook or data source
    Refreshextracts(Later<RefreshExtracts>),
    /// Take users out of a group
    Removeusers(Later<Members>),
    /// Run what hangs on a schedule
    Runschedule(Later<RunSchedule>),
    /// Create a group from a directory, or bring it up to date
    Syncgroup(Later<SyncGroup>),
    /// Print the version
    Version,
    /// Show this help, or that of a command
    Help(Later<HelpOf>),
    /// Not served: change a setting of the server
    Set(Later<Unserved>),
    /// Not served: create the first administrator of a new server
    Initialuser(Later<Unserved>),
    /// Not served: clear the OpenID subject of a user
    #[command(name = "reset_openid_sub")]
    ResetOpenidSub(Later<Unserved>),
    /// Not served: check the metadata of an identity provider
    Validateidpmetadata(Later<Unserved>),
    /// Not served: draw all thumbnails anew
    Upgradethumbnails(Later<Unserved>),
}

/// One name.
#[derive(Debug, Args)]
pub struct Named {
    /// Its name
    pub name: String,
}

/// The name of a site.
#[derive(Debug, Args)]
pub struct SiteName {
    /// Name of the site
    #[arg(value_name = "site-name")]
    pub name: String,
}

/// What `help` is asked for.
#[derive(Debug, Args)]
pub struct HelpOf {
    /// A command
    pub command: Option<String>,
}

/// Anything behind a command that is not served.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Unserved {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    pub rest: Vec<String>,
}

/// Whether one bad line of a file stops everything.
#[derive(Clone, Copy, Debug, Args)]
pub struct Completeness {
    /// Do nothing unless every line is valid, which is the default
    #[arg(long, conflicts_with = "no_complete")]
    pub complete: bool,
    /// Do the valid lines
    #[arg(long)]
    pub no_complete: bool,
}

/// Flags of the classic program that change nothing here, since no job of the server does the work.
#[derive(Clone, Copy, Debug, Args)]
pub struct Waiting {
    /// No effect: the work is done when the command ends
    #[arg(long, alias = "no-wait")]
    pub nowait: bool,
    /// No effect: there is no progress bar
    #[arg(long)]
    pub silent_progress: bool,
}

/// Options of `addusers` and `removeusers`.
#[derive(Debug, Args)]
pub struct Members {
    /// The group
    pub name: String,
    /// CSV file whose first column names the users
    #[arg(long, value_name = "FILE")]
    pub users: PathBuf,
    #[command(flatten)]
    pub completeness: Completeness,
}

/// Options of `createsiteusers` and `createusers`.
#[derive(Debug, Args)]
pub struct CreateUsers {
    /// CSV file: name, password, full name, license, administrator, publisher, e-mail, sign-in
    #[arg(value_name = "filename.csv")]
    pub file: PathBuf,
    /// Site role for all users of the file
    #[arg(short, long, value_name = "SITE_ROLE", ignore_case = true, value_parser = one_of(&super::user_file::SITE_ROLES))]
    pub role: Option<String>,
    #[command(flatten)]
    pub completeness: Completeness,
    /// How all users of the file sign in
    #[arg(long, value_name = "TYPE", ignore_case = true, value_parser = one_of(&super::user_file::SIGN_INS))]
    pub auth_type: Option<String>,
    #[command(flatten)]
    pub waiting: Waiting,
}

/// Options of `deletesiteusers` and `deleteusers`.
#[derive(Debug, Args)]
pub struct DeleteUsers {
    /// CSV file whose first column names the users
    #[arg(value_name = "filename.csv")]
    pub file: PathBuf,
    #[command(flatten)]
    pub completeness: Completeness,
    #[command(flatten)]
    pub waiting: Waiting,
}

/// Options of `createproject`.
#[derive(Debug, Args)]
pub struct CreateProject {
    /// Its name
    #[arg(short, long)]
    pub name: String,
    /// Where it is created, such as A/B
    #[arg(long, value_name = "PATH")]
    pub parent_project_path: Option<String>,
    /// Its description
    #[arg(short, long)]
    pub description: Option<String>,
}

/// Options of `deleteproject`.
#[derive(Debug, Args)]
pub struct DeleteProject {
    /// Its name
    #[arg(value_name = "project-name")]
    pub name: String,
    /// Where it is, such as A/B
    #[arg(long, value_name = "PATH")]
    pub parent_project_path: Option<String>,
}

/// Options of `publishsamples`.
#[derive(Debug, Args)]
pub struct PublishSamples {
    /// The project
    #[arg(short, long)]
    pub name: String,
    /// Where the project is, such as A/B
    #[arg(long, value_name = "PATH")]
    pub parent_project_path: Option<String>,
}

/// Settings of a site, for `createsite` and `editsite`.
#[derive(Debug, Args)]
pub struct SiteSettings {
    /// The site's content URL
    #[arg(short = 'r', long, conflicts_with = "site_id")]
    pub url: Option<String>,
    /// The same as --url
    #[arg(long)]
    pub site_id: Option<String>,
    /// The most users
    #[arg(long, allow_negative_numbers = true)]
    pub user_quota: Option<i64>,
    /// Site administrators manage the site's users
    #[arg(long, conflicts_with = "no_site_mode")]
    pub site_mode: bool,
    /// Only server administrators manage the site's users
    #[arg(long)]
    pub no_site_mode: bool,
    /// The most storage, in megabytes
    #[arg(long, allow_negative_numbers = true)]
    pub storage_quota: Option<i64>,
    /// Whether extracts are encrypted
    #[arg(long, value_name = "MODE", ignore_case = true, value_parser = one_of(&["enforced", "enabled", "disabled"]))]
    pub extract_encryption_mode: Option<String>,
    /// Whether people may run schedules at once
    #[arg(long, value_name = "BOOL", value_parser = ["true", "false"])]
    pub run_now_enabled: Option<String>,
}

/// Options of `createsite`.
#[derive(Debug, Args)]
pub struct CreateSite {
    /// Its name
    #[arg(value_name = "site-name")]
    pub name: String,
    #[command(flatten)]
    pub settings: SiteSettings,
}

/// Options of `editsite`.
#[derive(Debug, Args)]
pub struct EditSite {
    /// Its name
    #[arg(value_name = "site-name")]
    pub name: String,
    /// Its new name
    #[arg(long, value_name = "NAME")]
    pub site_name: Option<String>,
    #[command(flatten)]
    pub settings: SiteSettings,
    /// ACTIVE or SUSPENDED
    #[arg(long, ignore_case = true, value_parser = one_of(&["ACTIVE", "SUSPENDED"]))]
    pub status: Option<String>,
}

/// Options of `listsites`.
#[derive(Debug, Args)]
pub struct ListSites {
    /// Show how each site encrypts its extracts
    #[arg(long)]
    pub get_extract_encryption_mode: bool,
}

/// What `list` lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Listing {
    /// Projects
    Projects,
    /// Workbooks
    Workbooks,
    /// Published data sources
    Datasources,
    /// Flows
    Flows,
}

/// Options of `list`.
#[derive(Debug, Args)]
pub struct List {
    /// What to list
    pub content: Listing,
    /// Write comma-separated values
    #[arg(long)]
    pub machine: bool,
    /// Show names
    #[arg(short, long)]
    pub name: bool,
    /// Show the owners' ids
    #[arg(short, long)]
    pub owner: bool,
    /// Show the views of workbooks
    #[arg(short, long)]
    pub details: bool,
    /// Show content URLs
    #[arg(short, long)]
    pub address: bool,
}

/// Options of `publish`.
#[derive(Debug, Args)]
pub struct Publish {
    /// File to publish, or a folder whose files are published with the same options
    #[arg(value_name = "filename.twbx|tdsx|hyper")]
    pub file: PathBuf,
    /// Of a folder only files of this type, such as twbx, or of this pattern, such as `Sales*.twb`
    #[arg(long, value_name = "TYPE")]
    pub filetype: Option<String>,
    /// Look into the folders of a folder too: true or false
    #[arg(long, value_name = "BOOL")]
    pub recursive: Option<String>,
    /// Name on the server [default: the file's, without its ending]
    #[arg(short, long)]
    pub name: Option<String>,
    /// User name at all databases, as saved on the server with OAuth
    #[arg(long, value_name = "NAME", conflicts_with = "db_username")]
    pub oauth_username: Option<String>,
    /// User name at all databases
    #[arg(long, value_name = "NAME")]
    pub db_username: Option<String>,
    /// Embed the OAuth credentials of --oauth-username
    #[arg(long)]
    pub save_oauth: bool,
    /// Password at all databases
    #[arg(long, value_name = "PASSWORD")]
    pub db_password: Option<String>,
    /// Let the server keep the password
    #[arg(long)]
    pub save_db_password: bool,
    /// Show the sheets as tabs
    #[arg(long)]
    pub tabbed: bool,
    /// No effect, as in tabcmd 2
    #[arg(long)]
    pub disable_uploader: bool,
    /// No effect, as in tabcmd 2
    #[arg(long)]
    pub restart: Option<String>,
    /// Let the server encrypt the extracts
    #[arg(long)]
    pub encrypt_extracts: bool,
    /// Do not try the connections of a workbook
    #[arg(long)]
    pub skip_connection_check: bool,
    /// Draw thumbnails as this user sees them
    #[arg(long, value_name = "USER", conflicts_with = "thumbnail_group")]
    pub thumbnail_username: Option<String>,
    /// Draw thumbnails as this group sees them
    #[arg(long, value_name = "GROUP")]
    pub thumbnail_group: Option<String>,
    /// Reach the data through Tableau Bridge
    #[arg(long)]
    pub use_tableau_bridge: bool,
    /// The project [default: Default]
    #[arg(short = 'r', long, value_name = "NAME")]
    pub project: Option<String>,
    /// Replace what has the name already
    #[arg(short, long, conflicts_with_all = ["append", "replace"])]
    pub overwrite: bool,
    /// Add the rows to the data source of the name
    #[arg(long, conflicts_with = "replace")]
    pub append: bool,
    /// Replace the rows of the data source of the name
    #[arg(long)]
    pub replace: bool,
    /// Where the project is, such as A/B
    #[arg(long, value_name = "PATH")]
    pub parent_project_path: Option<String>,
}

/// Options of `delete`.
#[derive(Debug, Args)]
pub struct Delete {
    /// Its name
    pub name: String,
    /// It is a data source
    #[arg(short, long, conflicts_with = "workbook")]
    pub datasource: bool,
    /// It is a workbook
    #[arg(short, long)]
    pub workbook: bool,
    /// Its project [default: Default]
    #[arg(short = 'r', long, value_name = "NAME")]
    pub project: Option<String>,
    /// Where the project is, such as A/B
    #[arg(long, value_name = "PATH")]
    pub parent_project_path: Option<String>,
}

/// The workbook or data source whose extracts are meant.
#[derive(Debug, Args)]
pub struct ExtractOwner {
    /// Name of a data source
    #[arg(short, long, value_name = "NAME", required_unless_present_any = ["workbook", "url"], conflicts_with_all = ["workbook", "url"])]
    pub datasource: Option<String>,
    /// Name of a workbook
    #[arg(short, long, value_name = "NAME", conflicts_with = "url")]
    pub workbook: Option<String>,
    /// Content URL of a workbook
    #[arg(long)]
    pub url: Option<String>,
    /// Its project [default: Default]
    #[arg(long, value_name = "NAME")]
    pub project: Option<String>,
    /// Where the project is, such as A/B
    #[arg(long, value_name = "PATH")]
    pub parent_project_path: Option<String>,
}

/// Which data sources in a workbook are meant.
#[derive(Debug, Args)]
pub struct Embedded {
    /// Names or ids of data sources in the workbook, with commas between them
    #[arg(long, value_name = "NAMES", conflicts_with = "include_all")]
    pub embedded_datasources: Option<String>,
    /// All data sources in the workbook
    #[arg(long)]
    pub include_all: bool,
}

/// Options of `createextracts`.
#[derive(Debug, Args)]
pub struct CreateExtracts {
    #[command(flatten)]
    pub owner: ExtractOwner,
    #[command(flatten)]
    pub embedded: Embedded,
    /// Encrypt the extracts
    #[arg(long)]
    pub encrypt: bool,
}

/// Options of `deleteextracts`.
#[derive(Debug, Args)]
pub struct DeleteExtracts {
    #[command(flatten)]
    pub owner: ExtractOwner,
    #[command(flatten)]
    pub embedded: Embedded,
}

/// Options of `refreshextracts`.
#[derive(Debug, Args)]
pub struct RefreshExtracts {
    #[command(flatten)]
    pub owner: ExtractOwner,
    /// Fetch only what is new
    #[arg(long)]
    pub incremental: bool,
    /// No effect, as in tabcmd 2
    #[arg(long, conflicts_with = "removecalculations")]
    pub addcalculations: bool,
    /// No effect, as in tabcmd 2
    #[arg(long)]
    pub removecalculations: bool,
    /// Wait for the end, and fail if the refresh fails
    #[arg(long)]
    pub synchronous: bool,
}

/// Options of `export`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("format").required(true))]
pub struct Export {
    /// workbook/view, with `?Field=value` and options of tabcmd behind it
    pub url: String,
    /// The view as PDF
    #[arg(long, group = "format")]
    pub pdf: bool,
    /// The whole workbook as PDF
    #[arg(long, group = "format")]
    pub fullpdf: bool,
    /// The view as image
    #[arg(long, group = "format")]
    pub png: bool,
    /// The view's data
    #[arg(long, group = "format")]
    pub csv: bool,
    /// Orientation of PDF pages
    #[arg(long, value_name = "LAYOUT", ignore_case = true, value_parser = one_of(&["landscape", "portrait"]))]
    pub pagelayout: Option<String>,
    /// Size of PDF pages
    #[arg(long, value_name = "SIZE", ignore_case = true, default_value = "letter", value_parser = one_of(&PAGE_SIZES))]
    pub pagesize: String,
    /// Width in pixels [default: 800]
    #[arg(long)]
    pub width: Option<u32>,
    /// File to write [default: the name of what is exported]
    #[arg(short, long, value_name = "FILE")]
    pub filename: Option<PathBuf>,
    /// Height in pixels [default: 600]
    #[arg(long)]
    pub height: Option<u32>,
    /// Filters on the view, such as `Region=West&Year=2024`
    #[arg(long, value_name = "COLUMN=VALUE")]
    pub filter: Option<String>,
    /// Resolution of images
    #[arg(long, value_name = "RESOLUTION", ignore_case = true, value_parser = one_of(&["high", "standard"]))]
    pub resolution: Option<String>,
}

/// Sizes of PDF pages.
const PAGE_SIZES: [&str; 14] = [
    "a3",
    "a4",
    "a5",
    "b4",
    "b5",
    "executive",
    "folio",
    "ledger",
    "legal",
    "letter",
    "note",
    "quarto",
    "tabloid",
    "unspecified",
];

/// Options of `get`.
#[derive(Debug, Args)]
pub struct Get {
    /// views/workbook/view.pdf, workbooks/workbook.twbx or datasources/source.tdsx
    pub url: String,
    /// File to write [default: the name of what is got]
    #[arg(short, long, value_name = "FILE")]
    pub filename: Option<PathBuf>,
}

/// Options of `runschedule`.
#[derive(Debug, Args)]
pub struct RunSchedule {
    /// Its name
    #[arg(value_name = "schedule-name")]
    pub name: String,
}

/// Options of `syncgroup`.
#[derive(Debug, Args)]
pub struct SyncGroup {
    /// The group, as `domain\name` or as a name of the server's own domain
    pub name: String,
    /// The least site role of its users
    #[arg(short, long, value_name = "SITE_ROLE", ignore_case = true, value_parser = one_of(&super::user_file::SITE_ROLES))]
    pub role: Option<String>,
    /// When the role is given: to everybody at once, or to each at the next sign-in
    #[arg(long, value_name = "MODE", ignore_case = true, value_parser = one_of(&["on-login", "on-sync"]))]
    pub grant_license_mode: Option<String>,
    /// Not served: no method of the API lowers roles
    #[arg(long)]
    pub overwritesiterole: bool,
    #[command(flatten)]
    pub waiting: Waiting,
}

/// Options of `editdomain`.
#[derive(Debug, Args)]
pub struct EditDomain {
    /// Id of the domain, as `listdomains` shows it
    #[arg(long)]
    pub id: String,
    /// New name
    #[arg(long, required_unless_present = "nickname")]
    pub name: Option<String>,
    /// New nickname
    #[arg(long)]
    pub nickname: Option<String>,
}
