//! Publishing: receiving a file, reading its facts, handing both to the store.
//!
//! The API, the seed and the samples all publish through here.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use serde::{Deserialize, Serialize};
use vivant_document::{DatasourceFacts, FileKind, Inspected, Limits, SheetKind, WorkbookFacts};
use vivant_model::{ContentKind, Luid, ProjectId, SiteId};
use vivant_store::{
    Caller, ConnectionChanges, DatasourceField, Error as StoreError, Fence, Filter, FilterValue, ListQuery,
    NewConnection, NewJob, NewView, Op, PageRequest, PublishDatasource, PublishWorkbook, Published,
    PublishedDatasource, Secret, Spooled, UploadId, What,
};
use vivant_wire::query::MAX_PAGE_SIZE;
use vivant_wire::{ErrorCode, Node, types};

use crate::answers::previews;
use crate::app::App;
use crate::auth::SiteUser;
use crate::auth::permission::{Rights, caller_may_publish_to};
use crate::body::{FilePart, PartCodes, parse_document, read_parts};
use crate::call::Call;
use crate::errors::{ApiError, Result, bad_request, fail, internal, not_found};
use crate::jobs::{self, seal_extracts};
use crate::reply::Reply;
use crate::views::begun_view;

/// How a publishing method names and checks its files.
pub struct FileRules {
    /// The parameter that says the type of an uploaded file.
    pub type_parameter: &'static str,
    /// Code for a body that is not whole.
    pub malformed: ErrorCode,
    /// Code for a file name with another ending.
    pub bad_name: ErrorCode,
    /// Code for a missing or other type of an uploaded file.
    pub bad_type: ErrorCode,
    /// Code for neither a file nor an upload session.
    pub missing: ErrorCode,
    /// Code for both, or several files.
    pub unexpected: ErrorCode,
    /// The kinds that the method takes.
    pub accepts: fn(FileKind) -> bool,
    /// The endings, for people.
    pub endings: &'static str,
}

/// What a publishing request brought.
pub struct Upload {
    /// The request document.
    pub document: Node,
    /// The file.
    pub file: Spooled,
    /// Its kind, by name or parameter.
    pub kind: FileKind,
    /// The upload session that it came from.
    pub session: Session,
}

/// An upload session to be ended once its file is published.
pub struct Session(Option<UploadId>);

impl Session {
    /// Ends the session. Until then a failed publish can be repeated from the same upload.
    pub async fn done(self, call: &Call, who: &SiteUser) -> Result<()> {
        if let Some(id) = self.0 {
            call.app
                .store
                .finish_upload(&who.caller, &id, call.app.now())
                .await?;
        }
        Ok(())
    }
}

/// Codes for requests that do not bring one file.
pub struct BroughtCodes {
    /// Code for a body that is not whole.
    pub malformed: ErrorCode,
    /// Code for neither a file nor an upload session.
    pub missing: ErrorCode,
    /// Code for both, or several files.
    pub unexpected: ErrorCode,
}

/// What a publishing request brought, before anybody looked what kind of file it is.
pub struct Brought {
    /// The request document.
    pub document: Node,
    /// The file, or where it is.
    pub file: BroughtFile,
}

/// The file of a publishing request.
pub enum BroughtFile {
    /// It came along.
    Part(Box<FilePart>),
    /// It was uploaded before.
    Session(String),
}

impl BroughtFile {
    /// Takes the file, and the session to be ended once it is published.
    pub async fn take(self, call: &Call, who: &SiteUser) -> Result<(Spooled, Session)> {
        match self {
            Self::Part(part) => Ok((part.file, Session(None))),
            Self::Session(text) => {
                let id: UploadId = text
                    .parse()
                    .map_err(|_| not_found(ErrorCode::UploadNotFound, "Upload session", &text))?;
                let file = call
                    .app
                    .store
                    .take_upload(&who.caller, &id, call.app.now())
                    .await?;
                Ok((file, Session(Some(id))))
            }
        }
    }
}

/// Receives document and file of a publishing request; `may` is whether the caller may publish at all.
pub async fn bring(call: &mut Call, codes: &BroughtCodes, may: Result<()>) -> Result<Brought> {
    let body = call.take_body();
    let part_codes = PartCodes {
        malformed: codes.malformed,
        too_large: ErrorCode::PayloadTooLarge,
    };
    let parts = read_parts(&call.app.store, &call.headers, body, part_codes).await?;
    may?;
    let payload = parts.payload.unwrap_or_default();
    if payload.iter().all(u8::is_ascii_whitespace) {
        return Err(bad_request(
            "The request must hold a request_payload part with a tsRequest.",
        ));
    }
    // The part has a content type of its own, which clients set to text/xml throughout.
    let document = parse_document(&http::HeaderMap::new(), &payload)?;
    let session = call
        .query
        .get("uploadSessionId")
        .filter(|v| !v.is_empty())
        .map(str::to_owned);
    let file = match (session, parts.file, parts.files) {
        (_, _, 2..) => return Err(fail(codes.unexpected, "The request holds more than one file.")),
        (Some(_), Some(_), _) => {
            return Err(fail(
                codes.unexpected,
                "The request holds both an uploadSessionId and a file; send one of them.",
            ));
        }
        (None, None, _) => {
            return Err(fail(
                codes.missing,
                "The request holds neither a file nor an uploadSessionId.",
            ));
        }
        (None, Some(part), _) => BroughtFile::Part(Box::new(part)),
        (Some(text), None, _) => BroughtFile::Session(text),
    };
    Ok(Brought { document, file })
}

/// Receives document and file of a publishing request, and looks what kind of file it is.
pub async fn receive(call: &mut Call, who: &SiteUser, rules: &FileRules) -> Result<Upload> {
    let codes = BroughtCodes {
        malformed: rules.malformed,
        missing: rules.missing,
        unexpected: rules.unexpected,
    };
    let may = match who.role().may_publish() {
        true => Ok(()),
        false => Err(fail(
            ErrorCode::PublishForbidden,
            "Your site role does not allow publishing.",
        )),
    };
    let Brought { document, file } = bring(call, &codes, may).await?;
    let kind = match &file {
        BroughtFile::Part(part) => {
            let name = part.filename.as_deref().unwrap_or_default();
            let kind = kind_of(Path::new(name).extension().and_then(|e| e.to_str()), rules);
            kind.ok_or_else(|| {
                fail(
                    rules.bad_name,
                    format!("The file name '{name}' does not end in {}.", rules.endings),
                )
            })?
        }
        BroughtFile::Session(_) => {
            let given = call.query.get(rules.type_parameter);
            kind_of(given, rules).ok_or_else(|| {
                let detail = format!(
                    "With uploadSessionId, {} must be {}, without the dot.",
                    rules.type_parameter, rules.endings
                );
                fail(rules.bad_type, detail)
            })?
        }
    };
    let (file, session) = file.take(call, who).await?;
    Ok(Upload {
        document,
        file,
        kind,
        session,
    })
}

fn kind_of(extension: Option<&str>, rules: &FileRules) -> Option<FileKind> {
    FileKind::from_extension(extension?).filter(|kind| (rules.accepts)(*kind))
}

/// Reads `encryptExtracts`, which a site can rule out: nobody shall believe that an extract is encrypted when it is not.
pub async fn encryption(call: &Call, who: &SiteUser, asked: Option<&str>) -> Result<Option<bool>> {
    let asked = asked.map(|text| flag_text(text, "encryptExtracts")).transpose()?;
    if let Some(encrypt) = asked {
        allow_encryption(&call.app, who.site(), encrypt).await?;
    }
    Ok(asked)
}

/// Refuses what the mode of a site does not allow.
pub async fn allow_encryption(app: &App, site: SiteId, encrypt: bool) -> Result<()> {
    let mode = app.store.extract_encryption(site).await?;
    vivant_store::encryption::decide(mode, Some(encrypt), None)?;
    Ok(())
}

/// Refuses people who may change an item, but not whether its extracts are encrypted.
pub fn may_encrypt(rights: &Rights) -> Result<()> {
    match rights.may_give_away() {
        true => Ok(()),
        false => Err(fail(
            ErrorCode::UpdateForbidden,
            "Only administrators, leaders and the owner may have extracts encrypted or decrypted.",
        )),
    }
}

/// Whether the extracts of an item are to be encrypted, or decrypted, if that is asked for and not so: not noted, or
/// noted and still to be done because a job failed at it.
pub async fn change_encryption(
    call: &Call,
    who: &SiteUser,
    rights: &Rights,
    id: Luid,
    is_encrypted: bool,
    asked: Option<&str>,
) -> Result<Option<bool>> {
    let asked = asked.map(|text| flag_text(text, "encryptExtracts")).transpose()?;
    let Some(encrypt) = asked else {
        return Ok(None);
    };
    // Clients send back what they were told, also those of people who may not decide it.
    if encrypt == is_encrypted
        && !(rights.may_give_away() && call.app.store.needs_sealing(who.site(), id, encrypt).await?)
    {
        return Ok(None);
    }
    may_encrypt(rights)?;
    allow_encryption(&call.app, who.site(), encrypt).await?;
    Ok(Some(encrypt))
}

/// Finds the project to publish to and checks that the caller may.
pub async fn target_project(
    call: &Call,
    who: &SiteUser,
    asked: Option<&types::Project>,
) -> Result<ProjectId> {
    let id = match asked.and_then(|p| p.id) {
        Some(id) => id,
        None => call.app.store.default_project(who.site()).await?.id,
    };
    require_project(&call.app, &who.caller, id).await?;
    Ok(id)
}

/// Demands that a project is there and that the caller may publish to it.
pub async fn require_project(app: &App, caller: &Caller, project: ProjectId) -> Result<()> {
    match caller_may_publish_to(app, caller, project).await? {
        None => Err(not_found(ErrorCode::ProjectNotFound, "Project", project)),
        Some(true) => Ok(()),
        Some(false) => Err(fail(
            ErrorCode::PublishForbidden,
            "You may not publish to this project.",
        )),
    }
}

/// Asks for the items of a name, on every project.
pub fn named(name: &str) -> ListQuery {
    ListQuery {
        filters: vec![Filter {
            field: "name".to_owned(),
            op: Op::CiEq,
            values: vec![FilterValue::Text(name.to_owned())],
        }],
        page: PageRequest {
            number: 1,
            size: MAX_PAGE_SIZE,
        },
        ..ListQuery::default()
    }
}

/// The error of a name that is taken.
pub fn existing(what: What, id: Luid, name: &str) -> ApiError {
    StoreError::Conflict {
        what,
        id: Some(id),
        name: name.to_owned(),
    }
    .into()
}

/// Puts a publishing job into the queue and answers with it.
pub async fn begun(call: &Call, who: &SiteUser, job: NewJob, session: Session) -> Result<Reply> {
    let job = jobs::enqueue(&call.app, job).await?;
    session.done(call, who).await?;
    Ok(call.accepted("job", &begun_view(job)))
}

/// Gives a failed publish the codes that publishing has for a name that exists.
pub fn publishing_error(error: ApiError, exists: ErrorCode) -> ApiError {
    match error.code {
        ErrorCode::ContentNameConflict => ApiError {
            code: exists,
            detail: format!("{} Publish with overwrite=true to replace it.", error.detail),
            cause: error.cause,
        },
        _ => error,
    }
}

/// Credentials given for the connections of a file. Written down only where it is encrypted.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Credentials(Vec<Credential>);

#[derive(Clone, Serialize, Deserialize)]
struct Credential {
    /// `None` fits every connection.
    server: Option<String>,
    port: Option<i64>,
    /// `None` keeps the name in the file.
    name: Option<String>,
    #[serde(with = "revealed")]
    password: Option<Secret>,
    embed: bool,
}

/// Passwords on their way into and out of what is encrypted.
mod revealed {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use vivant_store::Secret;

    pub fn serialize<S: Serializer>(password: &Option<Secret>, to: S) -> Result<S::Ok, S::Error> {
        password.as_ref().map(Secret::reveal).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
        Ok(Option::<String>::deserialize(from)?.map(Secret::from))
    }
}

/// Reads the credentials of a publishing request, in the form of 2.8 (one for each connection) or
/// the older one.
pub fn credentials(
    connections: Option<&types::Connections>,
    single: Option<&types::ConnectionCredentials>,
) -> Result<Credentials> {
    let mut list = Vec::new();
    if let Some(single) = single {
        list.push(credential(None, None, single)?);
    }
    for connection in connections.iter().flat_map(|c| &c.connection) {
        if let Some(given) = &connection.connection_credentials {
            let port = connection.server_port.as_deref().map(port).transpose()?.flatten();
            list.push(credential(connection.server_address.clone(), port, given)?);
        }
    }
    Ok(Credentials(list))
}

fn credential(
    server: Option<String>,
    port: Option<i64>,
    given: &types::ConnectionCredentials,
) -> Result<Credential> {
    let embed = given
        .embed
        .as_deref()
        .map(|text| flag_text(text, "embed"))
        .transpose()?
        .unwrap_or(false);
    Ok(Credential {
        server: server.filter(|s| !s.is_empty()),
        port,
        name: given.name.clone(),
        password: given.password.clone().filter(|p| !p.is_empty()).map(Secret::from),
        embed,
    })
}

/// Reads a boolean that has an error of its own.
fn flag_text(text: &str, name: &str) -> Result<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Ok(true),
        _ if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(fail(
            ErrorCode::InvalidParameterValue,
            format!("{name} must be true or false, not '{text}'."),
        )),
    }
}

fn port(text: &str) -> Result<Option<i64>> {
    match text.trim() {
        "" => Ok(None),
        text => match text.parse::<u16>() {
            Ok(port) => Ok(Some(i64::from(port))),
            Err(_) => Err(bad_request(format!(
                "serverPort must be a number from 0 to 65535, not '{text}'."
            ))),
        },
    }
}

/// Reads what an update of a connection changes.
pub fn connection_changes(asked: &types::Connection) -> Result<ConnectionChanges> {
    let given = asked.connection_credentials.as_ref();
    let embed = given
        .and_then(|c| c.embed.as_deref())
        .map(|text| flag_text(text, "embed"))
        .transpose()?;
    Ok(ConnectionChanges {
        server: asked.server_address.clone(),
        port: asked.server_port.as_deref().map(port).transpose()?,
        username: asked
            .user_name
            .clone()
            .or_else(|| given.and_then(|c| c.name.clone())),
        password: asked
            .password
            .clone()
            .or_else(|| given.and_then(|c| c.password.clone()))
            .map(Secret::from),
        embed: asked.embed_password.or(embed),
        authentication: asked.authentication_type.clone(),
        query_tagging: asked.query_tagging_enabled,
    })
}

/// A workbook to be published.
pub struct WorkbookOrder<'a> {
    /// Who publishes, and owns it then.
    pub caller: &'a Caller,
    /// Where to.
    pub project: ProjectId,
    /// Its name.
    pub name: String,
    /// Its description; `None` leaves an existing one.
    pub description: Option<String>,
    /// Whether views are shown as tabs.
    pub show_tabs: bool,
    /// Whether an existing workbook of the name is replaced.
    pub overwrite: bool,
    /// Whether its extracts are to be encrypted; `None` leaves that as it was.
    pub encrypt_extracts: Option<bool>,
    /// Lower-cased names of views to hide.
    pub hidden_views: Vec<String>,
    /// Credentials for its connections.
    pub credentials: Credentials,
}

/// Reads a workbook file and publishes it, and with it settles the job that it belongs to.
pub async fn workbook(
    app: &App,
    order: WorkbookOrder<'_>,
    kind: FileKind,
    file: Spooled,
    fence: Fence<'_>,
) -> Result<Published> {
    let Inspected::Workbook(facts) = inspect(kind, &file).await? else {
        return Err(fail(ErrorCode::PublishingError, "The file is not a workbook."));
    };
    let sheets = sheets(&facts, &order.hidden_views);
    let connections = connections(&facts.datasources, &order.credentials);
    let publish = PublishWorkbook {
        caller: order.caller,
        project: order.project,
        name: order.name,
        owner: order.caller.user,
        description: order.description,
        show_tabs: order.show_tabs,
        overwrite: order.overwrite,
        file,
        file_type: kind.extension().to_owned(),
        has_extracts: facts.has_extract,
        encrypt_extracts: order.encrypt_extracts,
        sheets,
        connections,
        default_view: None,
    };
    let (site, by, asked) = (order.caller.site, order.caller.user, order.encrypt_extracts);
    let published = app
        .store
        .publish_workbook_with(publish, Vec::new(), fence, app.now())
        .await?;
    let workbook = &published.workbook;
    previews::want(app, site, workbook.id, false);
    if asked.is_some() && !published.created {
        let (kind, encrypt) = (ContentKind::Workbook, workbook.encrypt_extracts);
        seal_extracts::after_publishing(app, site, kind, workbook.id.0, &workbook.name, encrypt, by).await;
    }
    Ok(published)
}

/// A data source to be published.
pub struct DatasourceOrder<'a> {
    /// Who publishes, and owns it then.
    pub caller: &'a Caller,
    /// Where to.
    pub project: ProjectId,
    /// Its name.
    pub name: String,
    /// Its description; `None` leaves an existing one.
    pub description: Option<String>,
    /// Whether an existing data source of the name is replaced.
    pub overwrite: bool,
    /// Whether its extracts are to be encrypted; `None` leaves that as it was.
    pub encrypt_extracts: Option<bool>,
    /// Whether Tableau Bridge refreshes it.
    pub use_remote_query_agent: bool,
    /// Credentials for its connections.
    pub credentials: Credentials,
}

/// Reads a data source file and publishes it, and with it settles the job that it belongs to.
pub async fn datasource(
    app: &App,
    order: DatasourceOrder<'_>,
    kind: FileKind,
    file: Spooled,
    fence: Fence<'_>,
) -> Result<PublishedDatasource> {
    let (connections, fields, tables, has_extracts) = match inspect(kind, &file).await? {
        Inspected::Datasource(facts) => {
            let has_extract = facts.has_extract;
            let fields = fields(&facts);
            let tables = facts
                .fields
                .iter()
                .filter_map(|f| f.table.clone())
                .collect::<std::collections::BTreeSet<_>>();
            (
                connections(&[facts], &order.credentials),
                fields,
                tables.into_iter().collect(),
                has_extract,
            )
        }
        Inspected::Extract => (
            vec![extract_connection(kind, &order.name)],
            Vec::new(),
            Vec::new(),
            true,
        ),
        _ => return Err(fail(ErrorCode::PublishingError, "The file is not a data source.")),
    };
    let publish = PublishDatasource {
        caller: order.caller,
        project: order.project,
        name: order.name,
        owner: order.caller.user,
        description: order.description,
        overwrite: order.overwrite,
        file,
        file_type: kind.extension().to_owned(),
        has_extracts,
        encrypt_extracts: order.encrypt_extracts,
        use_remote_query_agent: order.use_remote_query_agent,
        connections,
        fields,
        tables,
    };
    let (site, by, asked) = (order.caller.site, order.caller.user, order.encrypt_extracts);
    let published = app
        .store
        .publish_datasource_with(publish, Vec::new(), fence, app.now());
    let published = published.await?;
    let source = &published.datasource;
    if !published.created {
        previews::want_readers(app, site, source.id).await;
    }
    if asked.is_some() && !published.created {
        let (kind, encrypt) = (ContentKind::Datasource, source.encrypt_extracts);
        seal_extracts::after_publishing(app, site, kind, source.id.0, &source.name, encrypt, by).await;
    }
    Ok(published)
}

/// Reads the facts of a file, away from the threads that answer requests.
async fn inspect(kind: FileKind, file: &Spooled) -> Result<Inspected> {
    let path = file.path().to_owned();
    let read = tokio::task::spawn_blocking(move || {
        let source = BufReader::with_capacity(256 * 1024, File::open(&path)?);
        vivant_document::inspect(kind, source, &Limits::default())
    });
    match read.await.map_err(internal)? {
        Ok(facts) => {
            for diagnostic in facts.diagnostics() {
                tracing::debug!(place = diagnostic.place, "{}", diagnostic.message);
            }
            Ok(facts)
        }
        Err(vivant_document::Error::Io(error)) => {
            Err(internal(anyhow::anyhow!("reading the spooled file: {error}")))
        }
        Err(error) => Err(fail(
            ErrorCode::PublishingError,
            format!("The file cannot be published: {error}."),
        )),
    }
}

fn sheets(facts: &WorkbookFacts, hidden: &[String]) -> Vec<NewView> {
    let view = |sheet: &vivant_document::SheetFacts| NewView {
        name: sheet.name.clone(),
        kind: match sheet.kind {
            SheetKind::Worksheet => "view",
            SheetKind::Dashboard => "dashboard",
            SheetKind::Story => "story",
        }
        .to_owned(),
        hidden: sheet.hidden || hidden.contains(&sheet.name.to_lowercase()),
        title: sheet.title.clone(),
        caption: None,
        fields: sheet.fields.iter().map(|f| f.field.clone()).collect(),
        thumbnail: sheet.thumbnail.clone(),
    };
    facts.sheets.iter().map(view).collect()
}

fn fields(facts: &DatasourceFacts) -> Vec<DatasourceField> {
    let field = |f: &vivant_document::FieldFacts| DatasourceField {
        name: f.name.clone(),
        caption: f.caption.clone(),
        datatype: f.datatype.clone(),
        role: f.role.clone(),
        formula: f.formula.clone(),
    };
    facts.fields.iter().map(field).collect()
}

fn connections(datasources: &[DatasourceFacts], credentials: &Credentials) -> Vec<NewConnection> {
    let mut list = Vec::new();
    for source in datasources.iter().filter(|d| !d.is_parameters) {
        for connection in &source.connections {
            let server = connection
                .server
                .clone()
                .or_else(|| connection.path())
                .unwrap_or_default();
            let mut new = NewConnection {
                class: connection.class.clone(),
                server,
                port: connection.port.map(i64::from),
                username: connection.username.clone().unwrap_or_default(),
                dbname: connection.dbname.clone().unwrap_or_default(),
                authentication: connection.authentication.clone().unwrap_or_default(),
                embed: connection.has_embedded_credentials,
                datasource_name: source.name.clone(),
                datasource_caption: source.label().to_owned(),
                published_content_url: source.published.as_ref().map(|p| p.content_url.clone()),
                caption: connection.caption.clone().unwrap_or_default(),
                ..NewConnection::default()
            };
            credentials.apply(&mut new);
            list.push(new);
        }
    }
    list
}

impl Credentials {
    fn apply(&self, connection: &mut NewConnection) {
        let fits = |c: &&Credential| {
            let server = c
                .server
                .as_deref()
                .is_none_or(|s| s.eq_ignore_ascii_case(&connection.server));
            let port = c.port.is_none() || connection.port.is_none() || c.port == connection.port;
            server && port
        };
        // A credential for the very server wins over one for all.
        let best = self
            .0
            .iter()
            .filter(fits)
            // tableau-api-lib fills in the whole form, with nulls, when it is told nothing.
            .filter(|c| c.name.is_some() || c.password.is_some())
            .max_by_key(|c| (c.server.is_some(), c.port.is_some()));
        if let Some(credential) = best {
            if let Some(name) = &credential.name {
                connection.username = name.clone();
            }
            connection.embed = credential.embed;
            // Without embed the password is for this publish alone and is not kept.
            connection.password = credential.password.clone().filter(|_| credential.embed);
        }
    }
}

/// The one connection of a bare extract.
fn extract_connection(kind: FileKind, name: &str) -> NewConnection {
    NewConnection {
        class: if kind == FileKind::Tde {
            "dataengine"
        } else {
            kind.extension()
        }
        .to_owned(),
        server: format!("{name}.{}", kind.extension()),
        datasource_name: name.to_owned(),
        datasource_caption: name.to_owned(),
        ..NewConnection::default()
    }
}
