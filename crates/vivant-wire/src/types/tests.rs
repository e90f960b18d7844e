//! Every element is written and read back in both encodings.

use super::*;
use crate::out::Format;
use crate::version::V;

mod later;

fn check<T: Read1 + Write1 + PartialEq + fmt::Debug>(name: &str, value: &T) {
    for format in [Format::Xml, Format::Json] {
        let text = Out::response(format, V(3, 1), |out| out.child(name, value));
        let node = Node::parse(format, text.as_bytes()).expect("own output is well-formed");
        let back = T::read(node.child(name).expect("the element is there")).expect("own output is valid");
        assert_eq!(&back, value, "{format:?}: {text}");
    }
}

fn id<T: From<Luid>>(n: u8) -> T {
    Luid::from_random([n; 16]).into()
}

#[test]
fn workbooks_read_back() {
    check(
        "workbook",
        &Workbook {
            id: Some(id(1)),
            name: Some("Sales & <Profit> \"é\"\n2".into()),
            show_tabs: Some(false),
            size: Some(3),
            created_at: Timestamp::parse("2016-05-01T06:00:00Z"),
            project: Some(Project {
                id: Some(id(2)),
                name: Some("Default".into()),
                ..Project::default()
            }),
            owner: Some(User {
                id: Some(id(3)),
                ..User::default()
            }),
            tags: Some(Tags {
                tag: vec![
                    Tag {
                        label: Some("a b".into()),
                    },
                    Tag {
                        label: Some("c,d".into()),
                    },
                ],
            }),
            views: Some(Views::default()),
            ..Workbook::default()
        },
    );
}

#[test]
fn server_info_has_text_and_attributes() {
    let info = ServerInfo {
        product_version: Some(ProductVersion {
            build: Some("1".into()),
            value: Some("2026.2.0".into()),
        }),
        rest_api_version: Some("3.29".into()),
    };
    check("serverInfo", &info);
    let json = Out::response(Format::Json, V(3, 1), |out| out.child("serverInfo", &info));
    assert_eq!(
        json,
        r#"{"serverInfo":{"productVersion":{"build":"1","value":"2026.2.0"},"restApiVersion":"3.29"}}"#
    );
}

#[test]
fn lists_of_one_are_lists_in_json() {
    let users = Users {
        user: vec![User {
            name: Some("ada".into()),
            ..User::default()
        }],
    };
    check("users", &users);
    let json = Out::response(Format::Json, V(3, 1), |out| out.child("users", &users));
    assert_eq!(json, r#"{"users":{"user":[{"name":"ada"}]}}"#);
}

#[test]
fn bad_values_name_element_and_attribute() {
    let node = Node::parse(
        Format::Xml,
        b"<tsRequest><workbook showTabs='maybe'/></tsRequest>",
    )
    .expect("well-formed");
    let error = node
        .one::<Workbook>("workbook")
        .expect_err("not a boolean")
        .to_string();
    assert_eq!(error, "workbook/@showTabs 'maybe' must be true or false");
}

#[test]
fn unknown_parts_are_ignored() {
    let node = Node::parse(
        Format::Xml,
        b"<tsRequest><project name='P' shoeSize='12'><colour/><owner id='9a8b7c6d-5e4f-3a2b-1c0d-9e8f7a6b5c4d'/></project></tsRequest>",
    )
    .expect("well-formed");
    let project: Project = node.one("project").expect("valid").expect("there");
    assert_eq!(project.name.as_deref(), Some("P"));
    assert!(project.owner.is_some_and(|owner| owner.id.is_some()));
}

#[test]
fn jobs_read_back() {
    let at = Timestamp::parse("2018-04-17T23:00:15Z");
    check(
        "job",
        &Job {
            id: Some(id(1)),
            mode: Some("Asynchronous".into()),
            job_type: Some("RefreshExtract".into()),
            progress: Some(40),
            created_at: at,
            finish_code: Some(1),
            status_notes: Some(StatusNotes {
                status_note: vec![StatusNote {
                    note_type: Some("CountOfUsersProcessed".into()),
                    value: Some("3".into()),
                    text: Some("3 users were processed".into()),
                }],
            }),
            extract_refresh_job: Some(ExtractRefreshJob {
                notes: Some("4 rows & <more>\nread".into()),
                workbook: Some(Workbook {
                    id: Some(id(2)),
                    ..Workbook::default()
                }),
                datasource: None,
            }),
            ..Job::default()
        },
    );
    let job = BackgroundJob {
        id: Some(id(1)),
        status: Some("Failed".into()),
        created_at: at,
        ended_at: at,
        priority: Some(50),
        job_type: Some("refresh_extracts".into()),
        ..BackgroundJob::default()
    };
    check(
        "backgroundJobs",
        &BackgroundJobs {
            background_job: vec![job.clone(), job],
        },
    );
}
