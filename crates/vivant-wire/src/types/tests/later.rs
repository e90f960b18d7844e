//! What later versions brought: elements whose shapes are not plain.

use super::*;

fn read<T: Read1>(element: &str, format: Format, text: &str) -> T {
    let node = Node::parse(format, text.as_bytes()).expect(text);
    node.one(element).expect("valid").expect("there")
}

fn both<T: Read1 + Write1 + PartialEq + fmt::Debug>(element: &str, xml: &str, json: &str) -> T {
    let from_xml: T = read(element, Format::Xml, &format!("<tsResponse>{xml}</tsResponse>"));
    assert_eq!(from_xml, read(element, Format::Json, json));
    check(element, &from_xml);
    from_xml
}

#[test]
fn a_webhook_names_its_event_by_an_element() {
    let webhook: Webhook = both(
        "webhook",
        "<webhook id='w' name='n'><webhook-source><webhook-source-event-workbook-created/></webhook-source>\
         <webhook-destination><webhook-destination-http method='POST' url='https://x/?a=1&amp;b=2'/></webhook-destination>\
         </webhook>",
        r#"{"webhook":{"id":"w","name":"n","webhook-source":{"webhook-source-event-workbook-created":{}},
            "webhook-destination":{"webhook-destination-http":{"method":"POST","url":"https://x/?a=1&b=2"}}}}"#,
    );
    let event = webhook.webhook_source.and_then(|s| s.event).expect("an event");
    assert_eq!(event.to_string(), "workbook-created");
    assert_eq!(event.element(), "webhook-source-event-workbook-created");
    assert_eq!(WebhookEvent::new("workbook-created"), Some(event));
    let other = WebhookEvent::new("webhook-event-x").expect("an event");
    assert_eq!(other.element(), "webhook-event-x");
    for name in ["", "a b", "a><b/", "ü"] {
        assert_eq!(WebhookEvent::new(name), None, "{name}");
    }
}

#[test]
fn lists_of_texts_are_arrays_in_json() {
    let settings: ExtensionsServerSettings = both(
        "extensionsServerSettings",
        "<extensionsServerSettings><extensionsGloballyEnabled>true</extensionsGloballyEnabled>\
         <blockList>https://a &amp; b</blockList><blockList>https://c</blockList></extensionsServerSettings>",
        r#"{"extensionsServerSettings":{"extensionsGloballyEnabled":true,"blockList":["https://a & b","https://c"]}}"#,
    );
    assert_eq!(settings.block_list, ["https://a & b", "https://c"]);
    check(
        "extensionsServerSettings",
        &ExtensionsServerSettings {
            extensions_globally_enabled: Some(false),
            block_list: vec![],
        },
    );
}

#[test]
fn each_extension_of_a_site_is_a_list_of_its_own() {
    let settings: ExtensionsSiteSettings = both(
        "extensionsSiteSettings",
        "<extensionsSiteSettings><extensionsEnabled>true</extensionsEnabled><useDefaultSetting>false</useDefaultSetting>\
         <safeList><url>https://a</url><fullDataAllowed>true</fullDataAllowed><promptNeeded>false</promptNeeded></safeList>\
         <safeList><url>https://b</url></safeList></extensionsSiteSettings>",
        r#"{"extensionsSiteSettings":{"extensionsEnabled":true,"useDefaultSetting":false,"safeList":[
            {"url":"https://a","fullDataAllowed":true,"promptNeeded":false},{"url":"https://b"}]}}"#,
    );
    assert_eq!(settings.safe_list.len(), 2);
    assert_eq!(settings.safe_list[0].full_data_allowed, Some(true));
}

#[test]
fn steps_of_linked_tasks_stand_in_an_element_of_their_name() {
    let task: LinkedTask = both(
        "linkedTasks",
        "<linkedTasks id='01010101-0101-4101-8101-010101010101' numSteps='1'><linkedTaskSteps>\
         <linkedTaskSteps id='02020202-0202-4202-8202-020202020202' stepNumber='1' stopDownstreamTasksOnFailure='true'>\
         <task><flowRun id='03030303-0303-4303-8303-030303030303' priority='50' type='1'>\
         <flow id='04040404-0404-4404-8404-040404040404' name='f'/></flowRun></task></linkedTaskSteps></linkedTaskSteps>\
         <schedule frequency='Daily'/></linkedTasks>",
        r#"{"linkedTasks":{"id":"01010101-0101-4101-8101-010101010101","numSteps":"1","linkedTaskSteps":{"linkedTaskSteps":[
            {"id":"02020202-0202-4202-8202-020202020202","stepNumber":1,"stopDownstreamTasksOnFailure":true,
             "task":{"flowRun":{"id":"03030303-0303-4303-8303-030303030303","priority":50,"type":"1",
                "flow":{"id":"04040404-0404-4404-8404-040404040404","name":"f"}}}}]},
            "schedule":{"frequency":"Daily"}}}"#,
    );
    let step = &task.linked_task_steps.expect("steps").step[0];
    assert_eq!(step.stop_downstream_tasks_on_failure, Some(true));
    let run = step
        .task
        .as_ref()
        .and_then(|t| t.flow_run.as_ref())
        .expect("a run");
    assert_eq!(run.flow.as_ref().and_then(|f| f.name.as_deref()), Some("f"));
}

#[test]
fn databases_behind_virtual_connections_have_two_spellings() {
    let own: DatabaseConnection = both(
        "connection",
        "<connection connectionId='01010101-0101-4101-8101-010101010101' dbClass='snowflake' server='s' port='443' username='u'/>",
        r#"{"connection":{"connectionId":"01010101-0101-4101-8101-010101010101","dbClass":"snowflake","server":"s","port":443,"username":"u"}}"#,
    );
    let usual: DatabaseConnection = read(
        "connection",
        Format::Xml,
        "<tsResponse><connection id='01010101-0101-4101-8101-010101010101' type='snowflake' serverAddress='s' \
         serverPort='443' userName='u'/></tsResponse>",
    );
    assert_eq!(own, usual);
}

#[test]
fn requests_of_openid_connect_name_two_parts_otherwise() {
    let configuration = SiteOidcConfiguration {
        enabled: Some(true),
        idp_configuration_name: Some("n".into()),
        userinfo_endpoint: Some("https://u".into()),
        ..SiteOidcConfiguration::default()
    };
    check("siteOIDCConfiguration", &configuration);
    let request = Out::request(Format::Xml, |out| {
        out.element("siteOIDCConfiguration", |out| configuration.write_request(out));
    });
    assert!(
        request
            .contains("<siteOIDCConfiguration enabled=\"true\" name=\"n\" userInfoEndpoint=\"https://u\"/>"),
        "{request}"
    );
    let read: SiteOidcConfiguration = read("siteOIDCConfiguration", Format::Xml, &request);
    assert_eq!(read, configuration);
}

#[test]
fn flows_and_their_runs_read_back() {
    check(
        "flow",
        &Flow {
            id: Some(id(1)),
            name: Some("A & B".into()),
            parameters: Some(FlowParameters {
                parameter: vec![FlowParameter {
                    id: Some("p".into()),
                    is_required: Some(true),
                    domain: Some(FlowParameterDomain {
                        domain_type: Some("list".into()),
                        values: Some(FlowParameterValues {
                            value: vec!["x".into(), "y z".into()],
                        }),
                        ..FlowParameterDomain::default()
                    }),
                    ..FlowParameter::default()
                }],
            }),
            ..Flow::default()
        },
    );
    check(
        "flowRun",
        &FlowRun {
            id: Some(id(2)),
            flow_id: Some(id(1)),
            status: Some("Success".into()),
            progress: Some(100),
            completed_at: Timestamp::parse("2026-01-02T03:04:05Z"),
            ..FlowRun::default()
        },
    );
    check(
        "flowRunSpec",
        &FlowRunSpec {
            flow_id: Some(id(1)),
            run_mode: Some("full".into()),
            flow_output_steps: Some(FlowOutputSteps {
                flow_output_step: vec![FlowOutputStep {
                    id: Some("s".into()),
                    name: None,
                }],
            }),
            flow_parameter_specs: Some(FlowParameterSpecs {
                flow_parameter_spec: vec![FlowParameterSpec {
                    parameter_id: Some("p".into()),
                    override_value: Some("v".into()),
                }],
            }),
        },
    );
}

#[test]
fn the_catalog_reads_back() {
    check(
        "table",
        &Table {
            id: Some(id(1)),
            name: Some("orders".into()),
            schema: Some("public".into()),
            is_certified: Some(true),
            contact: Some(User {
                id: Some(id(2)),
                ..User::default()
            }),
            location: Some(Location {
                id: Some(id(3)),
                location_type: Some("Project".into()),
                name: Some("P".into()),
            }),
            ..Table::default()
        },
    );
    check(
        "groupSet",
        &GroupSet {
            id: Some(id(4)),
            group_count: Some(1),
            group: vec![Group {
                id: Some(id(5)),
                name: Some("g".into()),
                ..Group::default()
            }],
            ..GroupSet::default()
        },
    );
}
