//! Differences are told in words, and canonical text stays the same document.

use vivant_document::edit::{ConnectionChange, ConnectionMatch, Literal};
use vivant_document::{CanonicalOptions, Document, Error, Limits, canonical, diff};

use crate::lossless::documents;
use crate::support::sample;

fn parse(text: &str) -> Document {
    Document::parse(text, &Limits::default()).unwrap()
}

#[track_caller]
fn tells<T>(edit: impl FnOnce(&mut Document) -> Result<T, Error>, expected: &[&str]) {
    let before = parse(&sample());
    let mut after = before.clone();
    edit(&mut after).unwrap();
    let told: Vec<String> = diff(&before, &after).iter().map(ToString::to_string).collect();
    assert_eq!(told, expected);
}

#[test]
fn changes_are_told_in_words() {
    tells(|_| Ok(()), &[]);
    tells(
        |document| {
            let change = ConnectionChange {
                server: Some("prod".to_owned()),
                ..ConnectionChange::default()
            };
            let which = ConnectionMatch {
                class: Some("postgres".to_owned()),
                ..ConnectionMatch::default()
            };
            document.change_connections(&which, &change)
        },
        &["changed: data source 'Ferry trips' / connection 'db' / server: db.example.org -> prod"],
    );
    tells(
        |document| document.set_formula("Ferry trips", "Margin", "AVG([Fare])"),
        &[
            "changed: data source 'Ferry trips' / field 'Margin' / formula: SUM([Ticket price])  / 2 -> AVG([Ticket price])",
        ],
    );
    tells(
        |document| document.set_sheet_hidden("Fares", true),
        &[
            "changed: order of the tabs: All, Tale, Fares -> All, Tale",
            "added: worksheet 'Fares' / hidden: yes",
        ],
    );
    tells(
        |document| document.delete_sheet("Secret", false),
        &[
            "removed: worksheet 'Secret'",
            "removed: dashboard 'All' / sheet zone 3 'Secret'",
        ],
    );
    tells(
        |document| document.set_alias("Ferry trips", "Margin", &Literal::Integer(1), Some("one")),
        &["added: data source 'Ferry trips' / field 'Margin' / alias of 1: one"],
    );
    tells(
        |document| {
            let style = document
                .tree()
                .descendants(document.tree().root())
                .find(|&node| document.tree().is(node, "style"));
            document.tree_mut().set(style.unwrap(), "odd", "1")
        },
        &["changed: worksheet 'Fares' / other details"],
    );
}

#[test]
fn canonical_text_of_real_documents_is_the_same_document() {
    for (name, bytes) in documents() {
        // Without optimisation the few large ones take longer than all others.
        if bytes.len() > 1 << 20 {
            continue;
        }
        let document = Document::parse(bytes, &Limits::default()).unwrap();
        let text = canonical(&document, &CanonicalOptions::default());
        let again = parse(&text);
        assert!(canonical(&again, &CanonicalOptions::default()) == text, "{name}");
        let changes = diff(&document, &again);
        assert!(changes.is_empty(), "{name}: {}", changes[0]);
    }
}
