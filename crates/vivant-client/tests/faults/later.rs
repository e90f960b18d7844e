//! The groups that later versions brought: where their requests go, what they hold, how answers are read.

use std::time::Duration;

use serde_json::{Map, Value, json};
use vivant_client::types::{
    Connection, CustomView, DataAlert, Database, ExtensionsServerSettings, ExtensionsSiteSettings,
    FlowOutputStep, FlowOutputSteps, FlowRunSpec, Metric, SafeExtension, Schedule, SiteOidcConfiguration,
    VirtualConnection,
};
use vivant_client::{
    ApiVersion, Client, ErrorKind, Filter, GroupSetLevel, ListOptions, NewQualityWarning, ProxyChoice,
    PublishCustomView, PublishFlow, PublishFlowMode, PublishMode, PublishVirtualConnection, PulseView,
    QualityWarningType, Result, RowFormat, SearchOptions, Secret, Site, Source, VersionChoice,
    VizqlConnection, VizqlDatasource, VizqlOptions,
};

use crate::fake::{Fake, Reply, Request, SITE, id, no_content, ok};
use crate::support::{password, quick};

const NEWEST: &str = "3.29";

async fn site_at(fake: &Fake, version: &str) -> Site {
    let version: ApiVersion = version.parse().expect("a version");
    let client = Client::builder(&fake.url)
        .proxy(ProxyChoice::None)
        .retry(quick())
        .version(VersionChoice::Fixed(version))
        .build()
        .expect("a client");
    client.sign_in(password()).await.expect("signed in")
}

fn of<T: std::str::FromStr<Err: std::fmt::Debug>>(n: u32) -> T {
    id(n).parse().expect("an id")
}

/// Makes a call of a server that answers everything alike, and returns the request and what was read.
async fn asked<T>(answer: Answer, call: impl AsyncFnOnce(&Site) -> Result<T>) -> (Request, T) {
    let fake = Fake::start(move |request, _| {
        let ours = !request.target.contains("/auth/") && !request.target.contains("serverInfo");
        ours.then(|| match &answer {
            Answer::Xml(inner) => ok(inner),
            Answer::Json(value) => json_reply(200, value),
            Answer::Nothing => no_content(),
        })
    })
    .await;
    let site = site_at(&fake, NEWEST).await;
    let read = call(&site).await.expect("a call that works");
    (fake.requests().pop().expect("a request"), read)
}

enum Answer {
    Xml(String),
    Json(Value),
    Nothing,
}

fn xml(inner: impl Into<String>) -> Answer {
    Answer::Xml(inner.into())
}

fn json_reply(status: u16, value: &Value) -> Reply {
    let kind = ("Content-Type", "application/json".to_owned());
    Reply::Answer(status, vec![kind], value.to_string().into_bytes())
}

/// The method, and the address behind that of the site.
fn line(request: &Request) -> String {
    let target = request.target.replace(&format!("/api/{NEWEST}/sites/{SITE}"), "");
    format!("{} {target}", request.method)
}

/// What stands within `tsRequest`.
fn body(request: &Request) -> String {
    let text = request.text();
    let from = text.find("<tsRequest>").map_or(text.len(), |at| at + 11);
    let to = text.find("</tsRequest>").unwrap_or(text.len());
    text[from..to.max(from)].to_owned()
}

#[tokio::test]
async fn flows_are_published_run_and_put_on_schedules() {
    let flow = format!("<flow id='{}' name='f'><project id='{}'/></flow>", id(1), id(2));
    let options = PublishFlow {
        project_id: Some(of(2)),
        mode: PublishFlowMode::Overwrite,
        ..PublishFlow::default()
    };
    let (request, made) = asked(xml(&flow), async |site| {
        let source = Source::bytes("Clean up.tflx", "content");
        site.flows().publish(options, source).await
    })
    .await;
    assert_eq!(line(&request), "POST /flows?overwrite=true&flowType=tflx");
    assert_eq!(
        body(&request),
        format!("<flow name=\"Clean up\"><project id=\"{}\"/></flow>", id(2))
    );
    assert!(
        request.text().contains("name=\"tableau_flow\""),
        "{}",
        request.text()
    );
    assert_eq!(made.id, Some(of(1)));

    let job = format!(
        "<job id='{}' mode='Asynchronous' type='RunFlow'><runFlowJobType flowRunId='{}'/></job>",
        id(3),
        id(4)
    );
    let (request, run) = asked(xml(&job), async |site| site.flows().refresh(of(1)).await).await;
    assert_eq!(line(&request), format!("POST /flows/{}/run", id(1)));
    assert_eq!(run.job_type.as_deref(), Some("RunFlow"));
    let spec = FlowRunSpec {
        run_mode: Some("incremental".into()),
        flow_output_steps: Some(FlowOutputSteps {
            flow_output_step: vec![FlowOutputStep {
                id: Some("s".into()),
                name: None,
            }],
        }),
        ..FlowRunSpec::default()
    };
    let (request, _) = asked(xml(&job), async |site| site.flows().run(of(1), &spec).await).await;
    assert_eq!(
        body(&request),
        format!(
            "<flowRunSpec flowId=\"{}\" runMode=\"incremental\"><flowOutputSteps><flowOutputStep id=\"s\"/></flowOutputSteps></flowRunSpec>",
            id(1)
        )
    );

    let warned = "<task><flowRun/></task><warnings><warning message='suspended'/></warnings>";
    let (request, warnings) = asked(xml(warned), async |site| {
        site.flows().schedule_flow_run(of(5), of(1), None).await
    })
    .await;
    assert_eq!(line(&request), format!("PUT /schedules/{}/flows", id(5)));
    assert_eq!(
        body(&request),
        format!("<task><flowRun><flow id=\"{}\"/></flowRun></task>", id(1))
    );
    assert_eq!(warnings[0].message.as_deref(), Some("suspended"));

    let schedule = Schedule {
        frequency: Some("Daily".into()),
        ..Schedule::default()
    };
    let task = format!(
        "<task><flowRun id='{}' priority='50'><flow id='{}'/></flowRun></task><schedule frequency='Daily'/>",
        id(6),
        id(1)
    );
    let (request, task) = asked(xml(task), async |site| {
        site.flow_tasks().create(of(1), &schedule).await
    })
    .await;
    assert_eq!(line(&request), "POST /tasks/flows");
    assert_eq!(
        body(&request),
        format!(
            "<task><flowRun><flow id=\"{}\"/></flowRun></task><schedule frequency=\"Daily\"/>",
            id(1)
        )
    );
    assert_eq!(task.id, Some(of(6)));
    assert!(task.schedule.is_some());
}

#[tokio::test]
async fn runs_and_linked_tasks_are_read_under_either_name() {
    for element in ["flowRuns", "flowRun"] {
        let answer = format!(
            "<flowRuns><{element} id='{}' flowId='{}' status='Success' progress='100'/></flowRuns>",
            id(1),
            id(2)
        );
        let options = ListOptions::new().filter(Filter::eq("flowId", id(2)));
        let (request, runs) = asked(xml(answer), async |site| {
            site.flow_runs().list(options).all().await
        })
        .await;
        assert!(
            request.target.contains("/flows/runs?filter=flowId%3Aeq%3A"),
            "{}",
            request.target
        );
        assert_eq!(runs[0].progress, Some(100));
    }
    let task = format!("id='{}' numSteps='2'", id(3));
    for answer in [
        format!("<linkedTask {task}/>"),
        format!("<linkedTasks {task}/>"),
        format!("<linkedTasks><linkedTasks {task}/></linkedTasks>"),
    ] {
        let (request, read) = asked(xml(answer), async |site| site.linked_tasks().get(of(3)).await).await;
        assert_eq!(line(&request), format!("GET /tasks/linked/{}", id(3)));
        assert_eq!(read.num_steps, Some(2));
    }
    let answer = format!(
        "<linkedTaskJob id='{}' linkedTaskId='{}' status='Pending'/>",
        id(4),
        id(3)
    );
    let (request, job) = asked(xml(answer), async |site| site.linked_tasks().run_now(of(3)).await).await;
    assert_eq!(line(&request), format!("POST /tasks/linked/{}/runNow", id(3)));
    assert_eq!(job.linked_task_id, Some(of(3)));
}

#[tokio::test]
async fn a_flow_run_is_waited_for() {
    for (status, kind) in [
        ("Success", None),
        ("Failed", Some(ErrorKind::JobFailed)),
        ("Cancelled", Some(ErrorKind::JobCancelled)),
    ] {
        let fake = Fake::start(move |request, before| {
            let end = match before {
                0 => "status='InProgress'".to_owned(),
                _ => format!("status='{status}' completedAt='2026-01-01T00:00:00Z'"),
            };
            let run = format!("<flowRun id='{}' {end}/>", id(1));
            request.is("GET", "/flows/runs/").then(|| ok(&run))
        })
        .await;
        let site = site_at(&fake, NEWEST).await;
        tokio::time::pause();
        let outcome = site
            .flow_runs()
            .wait_for_job(of(1), Some(Duration::from_secs(60)))
            .await;
        tokio::time::resume();
        assert_eq!(outcome.as_ref().err().map(vivant_client::Error::kind), kind);
        assert_eq!(fake.count("GET", "/flows/runs/"), 2);
    }
    let fake = Fake::start(|request, _| {
        let run = format!("<flowRun id='{}' status='Pending'/>", id(1));
        request.is("GET", "/flows/runs/").then(|| ok(&run))
    })
    .await;
    let site = site_at(&fake, NEWEST).await;
    let late = site.flow_runs().wait_for_job(of(1), Some(Duration::ZERO)).await;
    let late = late.expect_err("never ends");
    assert_eq!(late.kind(), ErrorKind::Timeout);
    assert!(late.to_string().contains("Pending"), "{late}");
}

#[tokio::test]
async fn the_catalog_is_described_and_warned_of() {
    let database = format!(
        "<database id='{}' name='db' type='DatabaseServer' hostName='h' port='1234' isEmbedded='false' isCertified='true'>\
         <contact id='{}'/></database>",
        id(1),
        id(2)
    );
    let changes = Database {
        is_certified: Some(true),
        certification_note: Some("by \"us\" & others".into()),
        ..Database::default()
    };
    let (request, read) = asked(xml(database), async |site| {
        site.databases().update(of(1), &changes).await
    })
    .await;
    assert_eq!(line(&request), format!("PUT /databases/{}", id(1)));
    assert_eq!(
        body(&request),
        "<database isCertified=\"true\" certificationNote=\"by &quot;us&quot; &amp; others\"/>"
    );
    assert_eq!(
        (read.port.as_deref(), read.host_name.as_deref()),
        (Some("1234"), Some("h"))
    );

    let columns = format!(
        "<pagination pageNumber='1' pageSize='1000' totalAvailable='1'/><columns><column id='{}' name='c' remoteType='I4'/></columns>",
        id(3)
    );
    let (request, columns) = asked(xml(columns), async |site| {
        site.tables().columns(of(1), ListOptions::new()).all().await
    })
    .await;
    assert_eq!(
        line(&request),
        format!("GET /tables/{}/columns?pageSize=1000&pageNumber=1", id(1))
    );
    assert_eq!(columns[0].remote_type.as_deref(), Some("I4"));

    let warning = NewQualityWarning {
        severe: true,
        ..NewQualityWarning::new(QualityWarningType::SensitiveData, "salaries")
    };
    let set = format!(
        "<dataQualityWarning id='{}' type='SENSITIVE_DATA' isActive='true'/>",
        id(4)
    );
    for answer in [
        set.clone(),
        format!("<dataQualityWarningList>{set}</dataQualityWarningList>"),
    ] {
        let (request, read) = asked(xml(answer), async |site| {
            site.datasources().add_dqw(of(5), &warning).await
        })
        .await;
        assert_eq!(
            line(&request),
            format!("POST /dataQualityWarnings/datasource/{}", id(5))
        );
        assert_eq!(
            body(&request),
            "<dataQualityWarning message=\"salaries\" type=\"SENSITIVE_DATA\" isActive=\"true\" isSevere=\"true\"/>"
        );
        assert_eq!(read.len(), 1);
    }
    let (_, none) = asked(xml("<dataQualityWarningList/>"), async |site| {
        site.tables().dqws(of(1)).await
    })
    .await;
    assert!(none.is_empty());
    let (request, ()) = asked(Answer::Nothing, async |site| site.flows().delete_dqw(of(1)).await).await;
    assert_eq!(
        line(&request),
        format!("DELETE /dataQualityWarnings/flow/{}", id(1))
    );
}

#[tokio::test]
async fn alerts_and_metrics_are_changed() {
    let alert = format!(
        "<dataAlert id='{}' subject='s' public='true'><owner id='{}' name='o'/><view id='{}'><workbook id='{}'/></view>\
         <recipients><recipient id='{}' name='r' lastSent='2026-01-01T00:00:00Z'/></recipients></dataAlert>",
        id(1),
        id(2),
        id(3),
        id(4),
        id(5)
    );
    let changes = DataAlert {
        frequency: Some("Daily".into()),
        public: Some(true),
        ..DataAlert::default()
    };
    let (request, read) = asked(xml(alert), async |site| {
        site.data_alerts().update(of(1), &changes).await
    })
    .await;
    assert_eq!(line(&request), format!("PUT /dataAlerts/{}", id(1)));
    assert_eq!(body(&request), "<dataAlert frequency=\"daily\" public=\"true\"/>");
    assert_eq!(read.recipients.expect("recipients").recipient[0].id, Some(of(5)));
    let user = format!("<user id='{}' name='r'/>", id(5));
    let (request, _) = asked(xml(user), async |site| {
        site.data_alerts().add_user_to_alert(of(1), of(5)).await
    })
    .await;
    assert_eq!(line(&request), format!("POST /dataAlerts/{}/users", id(1)));
    assert_eq!(body(&request), format!("<user id=\"{}\"/>", id(5)));

    let metric = format!(
        "<metric id='{}' name='m' suspended='true'><underlyingView id='{}'/></metric>",
        id(6),
        id(3)
    );
    let changes = Metric {
        suspended: Some(true),
        ..Metric::default()
    };
    let (request, read) = asked(xml(metric), async |site| {
        site.metrics().update(of(6), &changes).await
    })
    .await;
    assert_eq!(line(&request), format!("PUT /metrics/{}", id(6)));
    assert_eq!(read.underlying_view.and_then(|v| v.id), Some(of(3)));
}

#[tokio::test]
async fn webhooks_take_events_in_every_spelling() {
    let webhook = "<webhook id='w/1' name='n'><webhook-source><webhook-source-event-view-deleted/></webhook-source></webhook>";
    for event in ["view-deleted", "webhook-source-event-view-deleted"] {
        let (request, made) = asked(xml(webhook), async |site| {
            site.webhooks().create("n", event, "https://x/?a=1&b=2").await
        })
        .await;
        assert_eq!(line(&request), "POST /webhooks");
        assert_eq!(
            body(&request),
            "<webhook name=\"n\"><webhook-source><webhook-source-event-view-deleted/></webhook-source>\
             <webhook-destination><webhook-destination-http method=\"POST\" url=\"https://x/?a=1&amp;b=2\"/></webhook-destination></webhook>"
        );
        assert_eq!(made.id.as_deref(), Some("w/1"));
    }
    let (request, tested) = asked(
        xml("<webhookTestResult id='w/1' status='200'><body>fine</body></webhookTestResult>"),
        async |site| site.webhooks().test("w/1").await,
    )
    .await;
    assert_eq!(line(&request), "GET /webhooks/w%2F1/test");
    assert_eq!((tested.status, tested.body.as_deref()), (Some(200), Some("fine")));

    let fake = Fake::start(|_, _| None).await;
    let site = site_at(&fake, NEWEST).await;
    let before = fake.requests().len();
    let error = site.webhooks().create("n", "view><deleted", "https://x").await;
    assert_eq!(error.expect_err("no event").kind(), ErrorKind::InvalidInput);
    assert_eq!(fake.requests().len(), before);
}

#[tokio::test]
async fn custom_views_travel_as_files() {
    let view = format!("<customView id='{}' name='c' shared='true'/>", id(1));
    let options = PublishCustomView {
        name: "c".into(),
        shared: true,
        owner_id: of(2),
        workbook_id: of(3),
    };
    let (request, _) = asked(xml(&view), async |site| {
        site.custom_views()
            .publish(&options, Source::bytes("c.json", "[]"))
            .await
    })
    .await;
    assert_eq!(line(&request), format!("POST /api/exp/sites/{SITE}/customviews"));
    assert_eq!(
        body(&request),
        format!(
            "<customView name=\"c\" shared=\"true\"><workbook id=\"{}\"/><owner id=\"{}\"/></customView>",
            id(3),
            id(2)
        )
    );
    assert!(
        request
            .text()
            .contains("name=\"tableau_customview\"; filename=\"c.json\"")
    );
    let folder = tempfile::tempdir().expect("a folder");
    let to = folder.path().join("view.json");
    let (request, got) = asked(Answer::Json(json!([1])), async |site| {
        site.custom_views().download(of(1), to.as_path()).await
    })
    .await;
    assert_eq!(
        line(&request),
        format!("GET /api/exp/sites/{SITE}/customviews/{}/content", id(1))
    );
    assert_eq!(
        (got.bytes, std::fs::read(&to).expect("there")),
        (3, b"[1]".to_vec())
    );
    let changes = CustomView {
        name: Some("d".into()),
        ..CustomView::default()
    };
    let (request, _) = asked(xml(&view), async |site| {
        site.custom_views().update(of(1), &changes).await
    })
    .await;
    assert_eq!(line(&request), format!("PUT /customviews/{}", id(1)));
    assert_eq!(body(&request), "<customView name=\"d\"/>");
}

#[tokio::test]
async fn virtual_connections_are_published_and_reached_otherwise() {
    let answer = format!(
        "<virtualConnection id='{}' name='v'><content>{{\"a\": 1}}</content></virtualConnection>",
        id(1)
    );
    let options = PublishVirtualConnection {
        name: "v".into(),
        project_id: of(2),
        owner_id: of(3),
        mode: PublishMode::Overwrite,
        as_draft: false,
    };
    let (request, _) = asked(xml(&answer), async |site| {
        site.virtual_connections()
            .publish(&options, "{\"a\": \"<&\"}")
            .await
    })
    .await;
    assert_eq!(
        line(&request),
        "POST /virtualConnections?overwrite=true&publishAsDraft=false"
    );
    assert_eq!(
        body(&request),
        format!(
            "<virtualConnection name=\"v\"><project id=\"{}\"/><owner id=\"{}\"/><content>{{&quot;a&quot;: &quot;&lt;&amp;&quot;}}</content></virtualConnection>",
            id(2),
            id(3)
        )
    );
    let (_, definition) = asked(xml(&answer), async |site| {
        site.virtual_connections().download(of(1)).await
    })
    .await;
    assert_eq!(definition, "{\"a\": 1}");
    let (request, _) = asked(xml(&answer), async |site| {
        site.virtual_connections().download_revision(of(1), 7).await
    })
    .await;
    assert_eq!(
        line(&request),
        format!("GET /virtualConnections/{}/revisions/7", id(1))
    );

    let changes = Connection {
        server_address: Some("S".into()),
        password: Some("pass-word".into()),
        ..Connection::default()
    };
    for element in ["connection", "virtualConnectionSourceConnection"] {
        let answer = format!("<{element} connectionId='{}' server='s' port='1'/>", id(4));
        let (request, read) = asked(xml(answer), async |site| {
            site.virtual_connections()
                .update_connection_db_connection(of(1), of(4), &changes)
                .await
        })
        .await;
        assert_eq!(
            line(&request),
            format!("PUT /virtualConnections/{}/connections/{}/modify", id(1), id(4))
        );
        assert_eq!(
            body(&request),
            "<connection serverAddress=\"S\" password=\"pass-word\"/>"
        );
        assert_eq!(read.server_port.as_deref(), Some("1"));
    }
    let changes = VirtualConnection {
        is_certified: Some(false),
        ..VirtualConnection::default()
    };
    let (request, _) = asked(xml(&answer), async |site| {
        site.virtual_connections().update(of(1), &changes).await
    })
    .await;
    assert_eq!(body(&request), "<virtualConnection isCertified=\"false\"/>");

    let fake = Fake::start(|_, _| None).await;
    let site = site_at(&fake, NEWEST).await;
    let error = site.virtual_connections().publish(&options, "not JSON").await;
    assert_eq!(error.expect_err("no JSON").kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn sets_of_groups_take_groups_in_and_out() {
    let set = format!(
        "<groupSet id='{}' name='s' groupCount='1'><group id='{}'/></groupSet>",
        id(1),
        id(2)
    );
    let (request, made) = asked(xml(&set), async |site| site.group_sets().create("s").await).await;
    assert_eq!(
        (line(&request).as_str(), body(&request).as_str()),
        ("POST /groupsets", "<groupSet name=\"s\"/>")
    );
    assert_eq!(made.group[0].id, Some(of(2)));
    let list = format!("<groupSets>{set}</groupSets>");
    let (request, _) = asked(xml(list), async |site| {
        let options = ListOptions::new().filter(Filter::eq("name", "s"));
        site.group_sets()
            .list_with(GroupSetLevel::Local, options)
            .all()
            .await
    })
    .await;
    assert_eq!(
        line(&request),
        "GET /groupsets?filter=name%3Aeq%3As&resultlevel=local&pageSize=1000&pageNumber=1"
    );
    let (request, ()) = asked(Answer::Nothing, async |site| {
        site.group_sets().add_group(of(1), of(2)).await
    })
    .await;
    assert_eq!(
        line(&request),
        format!("PUT /groupsets/{}/groups/{}", id(1), id(2))
    );
    let (request, ()) = asked(Answer::Nothing, async |site| {
        site.group_sets().remove_group(of(1), of(2)).await
    })
    .await;
    assert_eq!(
        line(&request),
        format!("DELETE /groupsets/{}/groups/{}", id(1), id(2))
    );
}

#[tokio::test]
async fn settings_of_sites_are_replaced_whole() {
    let some = |text: &str| Some(text.to_owned());
    let configuration = SiteOidcConfiguration {
        enabled: Some(true),
        idp_configuration_id: some("given in the address"),
        idp_configuration_name: some("n"),
        client_id: some("c"),
        client_secret: some("very-secret"),
        authorization_endpoint: some("https://a"),
        token_endpoint: some("https://t"),
        userinfo_endpoint: some("https://u"),
        jwks_uri: some("https://j"),
        ..SiteOidcConfiguration::default()
    };
    let answer =
        "<siteOIDCConfiguration idpConfigurationId='x' idpConfigurationName='n' clientSecret='*****'/>";
    let (request, read) = asked(xml(answer), async |site| {
        site.oidc().update("x", &configuration).await
    })
    .await;
    assert_eq!(line(&request), "PUT /site-oidc-configuration/x");
    assert_eq!(
        body(&request),
        "<siteOIDCConfiguration enabled=\"true\" name=\"n\" clientId=\"c\" clientSecret=\"very-secret\" \
         authorizationEndpoint=\"https://a\" tokenEndpoint=\"https://t\" userInfoEndpoint=\"https://u\" jwksUri=\"https://j\"/>"
    );
    assert_eq!(read.idp_configuration_name.as_deref(), Some("n"));
    let (request, ()) = asked(Answer::Nothing, async |site| {
        site.oidc().delete_configuration("x y").await
    })
    .await;
    assert_eq!(
        line(&request),
        "PUT /disable-site-oidc-configuration?idpConfigurationId=x%20y"
    );

    let settings = ExtensionsSiteSettings {
        extensions_enabled: Some(true),
        use_default_setting: Some(false),
        safe_list: vec![SafeExtension {
            url: some("https://e"),
            full_data_allowed: Some(true),
            prompt_needed: None,
        }],
        ..ExtensionsSiteSettings::default()
    };
    let inner = "<extensionsEnabled>true</extensionsEnabled><useDefaultSetting>false</useDefaultSetting>\
                 <safeList><url>https://e</url><fullDataAllowed>true</fullDataAllowed></safeList>";
    let document = format!("<extensionsSiteSettings>{inner}</extensionsSiteSettings>");
    let (request, read) = asked(xml(&document), async |site| {
        site.extensions().update(&settings).await
    })
    .await;
    assert_eq!(
        (line(&request), body(&request)),
        ("PUT /settings/extensions".to_owned(), document)
    );
    assert_eq!(read, settings);
    let answer = "<extensionsServerSettings><extensionsGloballyEnabled>true</extensionsGloballyEnabled></extensionsServerSettings>";
    let (request, _) = asked(xml(answer), async |site| {
        site.extensions().get_server_settings().await
    })
    .await;
    assert_eq!(line(&request), format!("GET /api/{NEWEST}/settings/extensions"));

    let fake = Fake::start(|_, _| None).await;
    let site = site_at(&fake, NEWEST).await;
    let before = fake.requests().len();
    let unsaid = ExtensionsServerSettings::default();
    let error = site.extensions().update_server_settings(&unsaid).await;
    assert_eq!(error.expect_err("unsaid").kind(), ErrorKind::InvalidInput);
    let error = site.oidc().create(&SiteOidcConfiguration::default()).await;
    assert_eq!(error.expect_err("empty").kind(), ErrorKind::InvalidInput);
    assert_eq!(fake.requests().len(), before);

    let report = "<dataAccelerationReport><comparisonRecord site='s' sheetURI='a/b' acceleratedSessionCount='2' \
                  averageAcceleratedPLT='0.5'/></dataAccelerationReport>";
    let (_, report) = asked(xml(report), async |site| {
        site.data_acceleration_report().get().await
    })
    .await;
    assert_eq!(
        report.comparison_record[0].average_accelerated_plt.as_deref(),
        Some("0.5")
    );
}

#[tokio::test]
async fn metadata_is_asked_page_by_page() {
    let query = "query q($first: Int, $afterToken: String) { tables { nodes { id } pageInfo { hasNextPage endCursor } } }";
    let fake = Fake::start(|request, _| {
        let body: Value = serde_json::from_slice(&request.body).ok()?;
        let page = match body["variables"]["afterToken"].as_str() {
            None => json!({"data": {"tables": {"nodes": [1, 2], "pageInfo": {"hasNextPage": true, "endCursor": "c1"}}}}),
            Some("c1") => json!({"data": {"tables": {"nodes": [3], "pageInfo": {"hasNextPage": false, "endCursor": null}}}}),
            Some(_) => json!({"data": {"tables": {"pageInfo": {"hasNextPage": true, "endCursor": "stuck"}}}}),
        };
        request.is("POST", "/api/metadata/graphql").then(|| json_reply(200, &page))
    })
    .await;
    let site = site_at(&fake, NEWEST).await;
    let pages = site
        .metadata()
        .paginated_query(query, Map::new())
        .await
        .expect("pages");
    assert_eq!(pages.len(), 2);
    assert_eq!(pages[1].data()["tables"]["nodes"], json!([3]));
    let first = fake
        .requests()
        .into_iter()
        .rfind(|r| r.text().contains("null"))
        .expect("a first page");
    let sent: Value = serde_json::from_slice(&first.body).expect("JSON");
    assert_eq!(sent["variables"], json!({"first": 100, "afterToken": null}));
    assert_eq!(first.header("content-type"), Some("application/json"));

    let stuck = Map::from_iter([("afterToken".to_owned(), json!("stuck"))]);
    let error = site
        .metadata()
        .paginated_query(query, stuck)
        .await
        .expect_err("for ever");
    assert_eq!(error.kind(), ErrorKind::UnexpectedAnswer);
    let error = site.metadata().paginated_query("{ tables }", Map::new()).await;
    assert_eq!(error.expect_err("no pages").kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn services_with_json_of_their_own_are_asked() {
    let datasource = VizqlDatasource {
        id: of(1),
        connections: vec![VizqlConnection {
            id: Some(of(2)),
            user_name: "u".into(),
            password: Secret::new("data-password"),
        }],
    };
    let query = json!({"fields": [{"fieldCaption": "Sales", "function": "SUM"}]});
    let options = VizqlOptions {
        row_format: RowFormat::Arrays,
        ..VizqlOptions::default()
    };
    let (request, rows) = asked(Answer::Json(json!({"data": [[1.5], [2]]})), async |site| {
        site.vizql_data()
            .query_datasource(&datasource, query.clone(), options)
            .await
    })
    .await;
    assert_eq!(line(&request), "POST /api/v1/vizql-data-service/query-datasource");
    let sent: Value = serde_json::from_slice(&request.body).expect("JSON");
    assert_eq!(
        sent,
        json!({
            "datasource": {
                "datasourceLuid": id(1),
                "connections": [{"connectionLuid": id(2), "connectionUsername": "u", "connectionPassword": "data-password"}],
            },
            "query": query,
            "options": {"returnFormat": "ARRAYS", "disaggregate": false, "debug": false},
        })
    );
    assert_eq!(rows, [json!([1.5]), json!([2])]);

    let fake = Fake::start(|request, _| {
        let refusal = json!({"errorCode": "400803", "message": "no field for data-password"});
        request
            .is("POST", "/read-metadata")
            .then(|| json_reply(400, &refusal))
    })
    .await;
    let error = site_at(&fake, NEWEST)
        .await
        .vizql_data()
        .read_metadata(&datasource)
        .await;
    let error = error.expect_err("refused");
    assert_eq!(
        (error.code(), error.summary()),
        (Some("400803"), Some("no field for ***"))
    );
    let old = site_at(&fake, "3.20")
        .await
        .vizql_data()
        .read_metadata(&datasource)
        .await;
    assert_eq!(old.expect_err("too old").kind(), ErrorKind::Unsupported);

    let fake = Fake::start(|request, before| {
        let page = match before {
            0 => json!({"definitions": [1], "next_page_token": "t 1"}),
            _ => json!({"definitions": [2], "next_page_token": ""}),
        };
        request
            .is("GET", "/api/-/pulse/definitions")
            .then(|| json_reply(200, &page))
    })
    .await;
    let definitions = site_at(&fake, NEWEST)
        .await
        .pulse()
        .definitions(PulseView::Full)
        .await;
    assert_eq!(definitions.expect("definitions"), [json!(1), json!(2)]);
    let last = fake.requests().pop().expect("a request").target;
    assert_eq!(
        last,
        "/api/-/pulse/definitions?view=DEFINITION_VIEW_FULL&page_token=t%201"
    );
    let (request, _) = asked(Answer::Json(json!({"metrics": []})), async |site| {
        site.pulse().batch_get_metrics(&["a", "b"]).await
    })
    .await;
    assert_eq!(line(&request), "POST /api/-/pulse/metrics:batchGet");
    assert_eq!(request.text(), r#"{"metric_ids":["a","b"]}"#);

    let found = json!({"hits": {"total": "3", "next": "/api/-/search?page=1", "items": [{"uri": "u"}]}});
    let (request, page) = asked(Answer::Json(found), async |site| {
        let options = SearchOptions {
            terms: Some("sales & more".into()),
            limit: Some(1),
            ..SearchOptions::default()
        };
        site.content_exploration().search(&options).await
    })
    .await;
    assert_eq!(
        line(&request),
        "GET /api/-/search?terms=sales%20%26%20more&limit=1"
    );
    assert_eq!((page.total, page.items.len(), page.more), (Some(3), 1, true));
}

#[tokio::test]
async fn what_the_version_lacks_is_not_sent() {
    let fake = Fake::start(|_, _| None).await;
    let site = site_at(&fake, "3.1").await;
    let before = fake.requests().len();
    let outcomes = [
        ("3.3", site.flows().get(of(1)).await.err()),
        ("3.10", site.flow_runs().get(of(1)).await.err()),
        ("3.15", site.linked_tasks().get(of(1)).await.err()),
        ("3.5", site.databases().get(of(1)).await.err()),
        ("3.5", site.metadata().query("{ x }", Map::new()).await.err()),
        ("3.9", site.metadata().backfill_status().await.err()),
        ("3.2", site.data_alerts().get(of(1)).await.err()),
        ("3.6", site.webhooks().list().await.err()),
        ("3.9", site.metrics().get(of(1)).await.err()),
        ("3.8", site.data_acceleration_report().get().await.err()),
        ("3.18", site.custom_views().get(of(1)).await.err()),
        (
            "3.21",
            site.custom_views()
                .download(of(1), std::env::temp_dir())
                .await
                .err(),
        ),
        ("3.23", site.virtual_connections().get(of(1)).await.err()),
        ("3.22", site.group_sets().get(of(1)).await.err()),
        ("3.24", site.oidc().get("x").await.err()),
        ("3.21", site.extensions().get().await.err()),
        ("3.21", site.pulse().metrics("x").await.err()),
    ];
    for (needed, error) in outcomes {
        let error = error.expect(needed);
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(
            error
                .to_string()
                .contains(&format!("needs API version {needed},")),
            "{error}"
        );
    }
    assert_eq!(fake.requests().len(), before);
}
