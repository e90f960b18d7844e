//! `vivant doc`: workbooks and data sources as files: read, checked, compared, edited. Asks no server.

mod coverage;
mod edit;
mod file;
mod folder;
mod show;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

/// Options of `vivant doc`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Say what is in a document: sheets, data sources, parameters
    #[command(visible_aliases = ["facts", "show"])]
    Info(show::Args),
    /// List the fields of data sources
    Fields(show::SourceArgs),
    /// List the calculations with what is wrong in them
    #[command(visible_alias = "calculations")]
    Formulas(show::SourceArgs),
    /// List the connections
    Connections(show::SourceArgs),
    /// List the parameters
    Parameters(show::Args),
    /// Print the elements of a document
    Tree(show::TreeArgs),
    /// Check a document; exits with 1 when there are errors
    Check(show::CheckArgs),
    /// Say what is not understood of documents, and which calculations do not parse
    Coverage(coverage::Args),
    /// Say what changed between two documents; exits with 1 when there is something
    Diff(show::DiffArgs),
    /// Write a document so that versions compare well line by line
    Fmt(show::FmtArgs),
    /// Write the files of a package into a new folder
    #[command(visible_alias = "extract")]
    Unpack(folder::UnpackArgs),
    /// Write a package from a folder
    Pack(folder::PackArgs),
    /// Make a data source from scratch
    New(Box<edit::NewArgs>),
    /// Set attributes of connections
    SetConnection(Box<edit::SetConnectionArgs>),
    /// Change a database or schema for another, in the names of tables too
    SwapDatabase(edit::SwapArgs),
    /// Set site and content URL of a published data source
    SetPublished(Box<edit::PublishedArgs>),
    /// Exchange a data source for another, with a mapping of fields
    Repoint(edit::RepointArgs),
    /// Change the name of a field everywhere
    RenameField(edit::RenameArgs),
    /// Change the caption of a field everywhere
    SetCaption(edit::CaptionArgs),
    /// Change type, role or visibility of a field
    SetColumn(edit::ColumnArgs),
    /// Set the fields of a hierarchy, or remove it
    SetHierarchy(edit::HierarchyArgs),
    /// Change the caption of a data source everywhere
    RenameDatasource(edit::RenameDatasourceArgs),
    /// Translate captions by a dictionary
    Translate(edit::TranslateArgs),
    /// Set the label of a value
    SetAlias(edit::AliasArgs),
    /// Add a filter to a data source or extract
    AddFilter(Box<edit::FilterArgs>),
    /// Remove the filters on a field
    RemoveFilter(edit::RemoveFilterArgs),
    /// Add a calculated field
    AddCalculation(edit::CalculationArgs),
    /// Change the formula of a calculated field
    SetFormula(edit::FormulaArgs),
    /// Remove a calculated field that nothing uses
    RemoveCalculation(edit::FieldArgs),
    /// Add, change or delete a parameter
    #[command(subcommand)]
    Parameter(edit::ParameterAction),
    /// Add a connection beside those of a data source
    AddConnection(Box<edit::AddConnectionArgs>),
    /// Read from another table, SQL or stored procedure
    SetTable(edit::SetTableArgs),
    /// Join a table to a data source
    AddJoin(Box<edit::JoinArgs>),
    /// Say from which column of which table a field comes
    MapColumn(edit::MapArgs),
    /// Set a value that is handed to a stored procedure
    SetProcedureValue(edit::ProcedureArgs),
    /// Add an extract to be filled by a refresh
    ExtractStub(edit::ExtractArgs),
    /// Set by which column refreshes of an extract add rows
    SetRefresh(edit::RefreshArgs),
    /// Hide sheets
    HideSheet(edit::SheetsArgs),
    /// Show hidden sheets
    ShowSheet(edit::SheetsArgs),
    /// Delete a sheet with what only it used
    DeleteSheet(edit::DeleteSheetArgs),
    /// Replace a file in a package
    ReplaceFile(edit::ReplaceArgs),
}

/// Where an edited document goes.
#[derive(Debug, Clone, clap::Args)]
pub struct Output {
    /// Write the result here; without it, to a new name beside the document
    #[arg(long, short, value_name = "FILE", conflicts_with = "in_place")]
    output: Option<PathBuf>,
    /// Write the result over the document
    #[arg(long)]
    in_place: bool,
    /// Say what would change, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Print a report as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::Info(args) => show::info(&args),
        Action::Fields(args) => show::fields(&args),
        Action::Formulas(args) => show::formulas(&args),
        Action::Connections(args) => show::connections(&args),
        Action::Parameters(args) => show::parameters(&args),
        Action::Tree(args) => show::tree(&args),
        Action::Check(args) => show::check(&args),
        Action::Coverage(args) => coverage::run(&args),
        Action::Diff(args) => show::diff(&args),
        Action::Fmt(args) => show::fmt(&args),
        Action::Unpack(args) => folder::unpack(&args),
        Action::Pack(args) => folder::pack(&args),
        Action::New(args) => edit::new(&args),
        Action::SetConnection(args) => edit::set_connection(&args),
        Action::SwapDatabase(args) => edit::swap_database(&args),
        Action::SetPublished(args) => edit::set_published(&args),
        Action::Repoint(args) => edit::repoint(&args),
        Action::RenameField(args) => edit::rename_field(&args),
        Action::SetCaption(args) => edit::set_caption(&args),
        Action::SetColumn(args) => edit::set_column(&args),
        Action::SetHierarchy(args) => edit::set_hierarchy(&args),
        Action::RenameDatasource(args) => edit::rename_datasource(&args),
        Action::Translate(args) => edit::translate(&args),
        Action::SetAlias(args) => edit::set_alias(&args),
        Action::AddFilter(args) => edit::add_filter(&args),
        Action::RemoveFilter(args) => edit::remove_filter(&args),
        Action::AddCalculation(args) => edit::add_calculation(&args),
        Action::SetFormula(args) => edit::set_formula(&args),
        Action::RemoveCalculation(args) => edit::remove_calculation(&args),
        Action::Parameter(action) => edit::parameter(&action),
        Action::AddConnection(args) => edit::add_connection(&args),
        Action::SetTable(args) => edit::set_table(&args),
        Action::AddJoin(args) => edit::add_join(&args),
        Action::MapColumn(args) => edit::map_column(&args),
        Action::SetProcedureValue(args) => edit::set_procedure_value(&args),
        Action::ExtractStub(args) => edit::extract_stub(&args),
        Action::SetRefresh(args) => edit::set_refresh(&args),
        Action::HideSheet(args) => edit::hide(&args, true),
        Action::ShowSheet(args) => edit::hide(&args, false),
        Action::DeleteSheet(args) => edit::delete_sheet(&args),
        Action::ReplaceFile(args) => edit::replace_file(&args),
    }
}
